#include "report/page_assets.hpp"

extern "C" {
extern const char study_page_script_begin[];
extern const char study_page_script_end[];
extern const char study_page_style_begin[];
extern const char study_page_style_end[];
extern const char study_page_body_begin[];
extern const char study_page_body_end[];
}

namespace host {

std::string_view page_script() {
  return {study_page_script_begin, study_page_script_end};
}

std::string_view page_style() {
  return {study_page_style_begin, study_page_style_end};
}

std::string_view page_body() {
  return {study_page_body_begin, study_page_body_end};
}

}  // namespace host
