/// What a host hands over, checked and made C++: the plugin's side.
#pragma once

#include "boundary/abi_text.hpp"

#include <study/abi.h>
#include <study/error.hpp>
#include <study/observer.hpp>

#include <filesystem>
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
[[nodiscard]] const Struct& checked(const Struct* object, Member Struct::*last,
                                    const std::string& what) {
  if (object == nullptr) throw BadEvent(what + " is NULL");
  if (!covers(*object, last)) {
    throw BadEvent(what + ": struct_size " + std::to_string(object->struct_size) +
                   " is too small for version 1.0 of the interface");
  }
  return *object;
}

/// The bytes. Throws `BadEvent` naming `member` if they can't be there.
[[nodiscard]] std::string_view text_of(study_string text, const std::string& member);

/// `study_start_event` with everything that its parsed texts came to. Not movable: the
/// view refers to it.
class StartEvent {
 public:
  /// Throws `BadEvent`.
  explicit StartEvent(const study_start_event& event);
  StartEvent(const StartEvent&) = delete;
  StartEvent& operator=(const StartEvent&) = delete;

  [[nodiscard]] StudyStart view() const {
    return {config_, study_dir_, time_, resume_from_ ? &*resume_from_ : nullptr};
  }

 private:
  std::filesystem::path study_dir_;
  StudyConfig config_;
  Timestamp time_;
  std::optional<StudyManifest> resume_from_;
};

/// `study_experiment_event`. What a failed process said is rarely worth losing the failure over, so
/// ill-formed UTF-8 in the error's texts is repaired, while anywhere else it is refused.
class TransitionEvent {
 public:
  /// Throws `BadEvent`.
  explicit TransitionEvent(const study_experiment_event& event);
  TransitionEvent(const TransitionEvent&) = delete;
  TransitionEvent& operator=(const TransitionEvent&) = delete;

  [[nodiscard]] const ExperimentEvent& view() const { return event_; }

 private:
  std::string repaired_type_;  ///< what `event_` refers to where the text that came was ill-formed
  std::string repaired_message_;
  ExperimentEvent event_;
};

/// Both throw `BadEvent`.
[[nodiscard]] StudyEnd to_study_end(const study_end_event& event);
[[nodiscard]] CheckpointQuery to_query(const study_checkpoint_query& query);

}  // namespace study
