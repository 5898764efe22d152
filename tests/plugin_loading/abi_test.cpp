// abi.h means the same in C11 and in C++20. Most of it is checked by abi_layout.h when this is
// compiled.
#include "abi_layout.h"

#include <study/experiment_state.hpp>
#include <study/log.hpp>

#include <cstring>
#include <string_view>

#include <boost/test/unit_test.hpp>

extern "C" uint64_t abi_magic_in_c(void);

BOOST_AUTO_TEST_CASE(the_magic_number_reads_studyobs_in_memory) {
  const uint64_t magic = abi_magic_in_c();
  BOOST_TEST(magic == STUDY_OBSERVER_MAGIC);
  char bytes[sizeof magic];
  std::memcpy(bytes, &magic, sizeof magic);
  BOOST_TEST(std::string_view(bytes, sizeof bytes) == "STUDYOBS");
}

BOOST_AUTO_TEST_CASE(the_enumerations_of_cpp_have_the_values_of_c) {
  using study::ExperimentState, study::StudyOutcome, study::LogSeverity;
  static_assert(static_cast<int>(ExperimentState::pending) == STUDY_PENDING);
  static_assert(static_cast<int>(ExperimentState::running) == STUDY_RUNNING);
  static_assert(static_cast<int>(ExperimentState::completed) == STUDY_COMPLETED);
  static_assert(static_cast<int>(ExperimentState::failed) == STUDY_EXPERIMENT_FAILED);
  static_assert(static_cast<int>(StudyOutcome::completed) == STUDY_OUTCOME_COMPLETED);
  static_assert(static_cast<int>(StudyOutcome::interrupted) == STUDY_OUTCOME_INTERRUPTED);
  static_assert(static_cast<int>(StudyOutcome::failed) == STUDY_OUTCOME_FAILED);
  static_assert(static_cast<int>(LogSeverity::trace) == STUDY_LOG_TRACE);
  static_assert(static_cast<int>(LogSeverity::debug) == STUDY_LOG_DEBUG);
  static_assert(static_cast<int>(LogSeverity::info) == STUDY_LOG_INFO);
  static_assert(static_cast<int>(LogSeverity::warning) == STUDY_LOG_WARNING);
  static_assert(static_cast<int>(LogSeverity::error) == STUDY_LOG_ERROR);
  BOOST_TEST(STUDY_LOG_ERROR == static_cast<int>(LogSeverity::error));
}
