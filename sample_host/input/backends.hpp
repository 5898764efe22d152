/// What a study says of its backends. For sweep.cpp.
#pragma once

#include "input/sweep.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace host {

/// Absent: the experiment's `backend` stays as the fields have it.
using Backend = std::optional<std::string>;
using BackendNames = std::set<std::string, std::less<>>;

/// All that count as backends: the known ones, the runners', and the values of `backend`.
[[nodiscard]] BackendNames backend_names(const SweepSpec& spec);

/// The backends that a field `backend` asks for; nothing where it is absent, null, or a mapping,
/// which is a field like any other. Throws `study::InputError`.
[[nodiscard]] std::vector<Backend> backends_of(const boost::json::value* field,
                                               const std::string& where);

/// The backend that a dotted key is for; empty where its first part is none.
[[nodiscard]] std::string scope_of(const Setting& setting, const BackendNames& backends);

/// Refuses dotted keys whose first part is nearly a backend, but no field of the study.
void check_prefixes(const SweepSpec& spec, const BackendNames& backends);

}  // namespace host
