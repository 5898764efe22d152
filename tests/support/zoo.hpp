/// The zoo's animals, and what a host says to them.
#pragma once

#include <study/observer_library.hpp>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

namespace study_test {

[[nodiscard]] inline std::filesystem::path zoo_file(const std::string& animal) {
  return std::filesystem::path(STUDY_BUILD_DIR) / "tests" / "zoo" / (animal + ".so");
}

struct LogEntry {
  study::LogSeverity severity;
  std::string channel;
  std::string text;
};

/// Keeps what plugins log. Outlives the observers that log to it.
class LogBook {
 public:
  [[nodiscard]] study::HostServices services() {
    return {"test host", "1.2.3",
            [this](study::LogSeverity severity, std::string_view channel, std::string_view text) {
              const std::lock_guard lock(mutex_);
              entries_.push_back({severity, std::string(channel), std::string(text)});
            }};
  }
  [[nodiscard]] std::vector<LogEntry> entries() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<LogEntry> entries_;
};

[[nodiscard]] inline study::HostServices quiet_services() {
  return {"test host", "1.2.3",
          [](study::LogSeverity, std::string_view, std::string_view) noexcept {}};
}

inline std::unique_ptr<study::StudyObserver> make_observer(
    const std::filesystem::path& file, const boost::json::object& options = {}) {
  return study::ObserverLibrary::load(file).create(quiet_services(), options);
}

/// The message of the `Exception` that `function` throws; empty, and an error, if it throws none.
template <class Exception, class Function>
std::string message_of(Function&& function) {
  try {
    function();
  } catch (const Exception& exception) {
    return exception.what();
  }
  BOOST_ERROR("nothing was thrown");
  return {};
}

/// Checks that `text` contains `part`, and shows both if not.
inline void check_contains(std::string_view text, std::string_view part) {
  BOOST_CHECK_MESSAGE(text.find(part) != std::string_view::npos,
                      "\"" << text << "\" does not contain \"" << part << "\"");
}

}  // namespace study_test
