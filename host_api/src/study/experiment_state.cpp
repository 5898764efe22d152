#include <study/experiment_state.hpp>

#include <array>
#include <cstddef>

namespace study {
namespace {

constexpr std::array<std::string_view, 4> kStateNames = {"pending", "running", "completed",
                                                         "failed"};
constexpr std::array<std::string_view, 4> kStatusNames = {"running", "completed", "interrupted",
                                                          "failed"};

/// The values of both enumerations count from zero in the order of their names.
template <typename Enum>
std::optional<Enum> parse_name(const std::array<std::string_view, 4>& names,
                               std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(ExperimentState state) {
  return kStateNames.at(static_cast<std::size_t>(state));
}

std::string_view to_string(StudyStatus status) {
  return kStatusNames.at(static_cast<std::size_t>(status));
}

StudyStatus to_status(StudyOutcome outcome) {
  if (outcome == StudyOutcome::completed) return StudyStatus::completed;
  return outcome == StudyOutcome::interrupted ? StudyStatus::interrupted : StudyStatus::failed;
}

std::optional<ExperimentState> parse_experiment_state(std::string_view text) {
  return parse_name<ExperimentState>(kStateNames, text);
}

std::optional<StudyStatus> parse_study_status(std::string_view text) {
  return parse_name<StudyStatus>(kStatusNames, text);
}

}  // namespace study
