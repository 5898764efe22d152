#include "check_plugin/check_case.hpp"

namespace plugin_check {

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  add_handshake_cases(cases);
  add_option_cases(cases);
  add_lifecycle_cases(cases);
  add_failure_cases(cases);
  add_text_cases(cases);
  add_hostile_cases(cases);
  add_thread_cases(cases);
  add_log_cases(cases);
  add_borrowed_cases(cases);
  add_checkpoint_cases(cases);
  add_resume_cases(cases);
  add_speed_cases(cases);
  return cases;
}

}  // namespace plugin_check
