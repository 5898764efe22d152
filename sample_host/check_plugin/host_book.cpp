#include "check_plugin/host_book.hpp"

#include <study/text.hpp>

#include <cstdint>

namespace plugin_check {
namespace {

constexpr std::string_view kHostName = "study-host check-plugin";

/// What is wrong with a text of a message; empty if nothing is.
std::string objection_to(const std::string& what, study_string text) {
  if (text.size == 0) return {};
  if (text.data == nullptr) return what + " has a size but no data";
  const std::string_view view(text.data, text.size);
  const std::string valid = study::to_valid_utf8(view);
  if (valid != view) return what + " is not UTF-8: " + valid;
  if (view.back() == '\n')
    return what + " ends with a newline: " + valid.substr(0, valid.size() - 1);
  return {};
}

}  // namespace

HostBook::HostBook(std::string_view tail) : memory_(Lending::scrambled_later) {
  const study_string name = memory_.lend(kHostName);
  const study_string version = memory_.lend(STUDY_HOST_VERSION);
  const study_host host{sizeof(study_host), STUDY_ABI_MAJOR, STUDY_ABI_MINOR, name, version, this,
                        &HostBook::take};
  host_ = memory_.lend_struct(host, tail);
}

std::string HostBook::objection() const {
  const std::lock_guard lock(mutex_);
  return objection_;
}

void HostBook::take(void* context, std::int32_t severity, study_string channel, study_string text) {
  static_cast<HostBook*>(context)->note(severity, channel, text);
}

void HostBook::note(std::int32_t severity, study_string channel, study_string text) {
  ++messages_;
  std::string found;
  if (!is_open_) {
    found = "a message came after destroy had returned";
  } else if (severity < STUDY_LOG_TRACE || severity > STUDY_LOG_ERROR) {
    found = "a message has the severity " + std::to_string(severity) + ", which doesn't exist";
  } else if (found = objection_to("the channel of a message", channel); found.empty()) {
    found = objection_to("a message", text);
  }
  if (found.empty()) return;
  const std::lock_guard lock(mutex_);
  if (objection_.empty()) objection_ = found;
}

}  // namespace plugin_check
