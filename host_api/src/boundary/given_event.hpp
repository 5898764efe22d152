/// What a host hands over the boundary, checked and turned into the values of observer.hpp: the one
/// place where a plugin doesn't trust its host.
#pragma once

#include "base/format.hpp"
#include "boundary/abi_text.hpp"

#include <study/abi.h>
#include <study/error.hpp>
#include <study/manifest.hpp>
#include <study/observer.hpp>
#include <study/study_config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace study {

/// What the host handed over breaks the contract. Nothing has changed when it is thrown.
class BadEvent : public Error {
 public:
  using Error::Error;
};

/// The struct behind a pointer of the host, known to have all members up to `last`.
template <class Struct, class Member>
const Struct& checked(const Struct* object, Member Struct::*last, std::string_view what) {
  if (object == nullptr) throw BadEvent(study::format("{} is NULL", what));
  if (!covers(*object, last)) {
    throw BadEvent(study::format("{}: struct_size {} is too small for version 1.0 of the interface",
                                 what, object->struct_size));
  }
  return *object;
}

// Each throws `BadEvent` that names the member. Views are the host's.

[[nodiscard]] std::string_view text_of(study_string text, std::string_view member);
[[nodiscard]] Timestamp time_of(std::int64_t time_us);
[[nodiscard]] StudyConfig config_of(const study_start_event& event);
/// Empty for a new study.
[[nodiscard]] std::optional<StudyManifest> manifest_of(const study_start_event& event);
[[nodiscard]] AddedExperiments experiments_of(const study_experiments_event& event);
[[nodiscard]] StudyEnd end_of(const study_end_event& event);
/// `function` is the one that was called.
[[nodiscard]] CheckpointQuery query_of(const study_checkpoint_query* query,
                                       std::string_view function);
/// Of `list_studies`.
[[nodiscard]] StudiesQuery studies_query_of(const study_checkpoint_query* query);
/// Whose `receive` is there.
[[nodiscard]] const study_text_receiver& receiver_of(const study_text_receiver* receiver);

/// What a transition refers to where the text that came was ill-formed.
struct RepairedTexts {
  std::string error_type;
  std::string error_message;
};

/// What a failed process said is rarely worth losing the failure over, so ill-formed UTF-8 in the
/// error's texts is repaired, while anywhere else it is refused.
[[nodiscard]] ExperimentEvent transition_of(const study_experiment_event& event,
                                            RepairedTexts& repaired);

}  // namespace study
