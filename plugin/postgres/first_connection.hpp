/// The connection that a study begins with, or a reader asks over: to a server that may not have
/// room for it yet, or may not be one at all but a pooler.
#pragma once

#include "checkpoint/sink.hpp"
#include "postgres/connection.hpp"

#include <chrono>
#include <string>

namespace study::postgres {

/// Whether a server that refused a connection so may take it later: no code at all is a network's
/// refusal, or nobody there; 53 is what has run out, such as connections; 57 a server that starts
/// or stops; 08 a pooler that is full.
[[nodiscard]] bool may_pass(const std::string& sqlstate);

/// Connects. What may pass is waited for, `wait` at most, and told once; then throws `StoreAway`
/// that says what to do, for anything else at once `StudyError`.
[[nodiscard]] Connection connect_first(const ConnectionSettings& settings,
                                       const Interrupt& interrupt, std::chrono::milliseconds wait,
                                       const checkpoint::Log& log);

/// Throws `StudyError` if `connection` leads to a pooler that gives each transaction another
/// session of the server: there neither the lock nor what is set or prepared stays the study's.
/// Sets nothing in any session. One round trip where there is no pooler; with one, a second
/// connection for a moment.
void refuse_transaction_pooler(Connection& connection, const ConnectionSettings& settings,
                               const Interrupt& interrupt, Deadline deadline);

}  // namespace study::postgres
