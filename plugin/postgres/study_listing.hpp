/// All studies of a database, whichever hosts have written them.
#pragma once

#include "postgres/connection.hpp"

#include <study/observer.hpp>

#include <string>

namespace study::postgres {

/// Hands each study of that name, or all where it is empty, to `take`, in the order in which they
/// began; false where the schema has no tables. A study's counters are from one moment, those of
/// two may be from different ones. A writer is alive as long as its session has the study's lock;
/// one that has just lost its connection is gone until it is back.
[[nodiscard]] bool list_stored_studies(Connection& connection, const std::string& schema,
                                       const std::string& study_name, const TakeStudy& take);

}  // namespace study::postgres
