#include "terminal/host_log.hpp"

#include "terminal/durations.hpp"

#include <study/posix.hpp>
#include <study/text.hpp>
#include <study/timestamp.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include <boost/log/attributes/attribute_name.hpp>
#include <boost/log/attributes/attribute_value_impl.hpp>
#include <boost/log/attributes/value_extraction.hpp>
#include <boost/log/core/core.hpp>
#include <boost/log/sinks/basic_sink_backend.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/sources/severity_channel_logger.hpp>
#include <boost/smart_ptr/make_shared.hpp>
#include <fcntl.h>

namespace host {
namespace {

using study::LogSeverity;
namespace logging = boost::log;

constexpr std::array<std::string_view, 5> kSeverityNames = {"trace", "debug", "info", "warning",
                                                            "error"};

/// Each name is looked up in a table that all threads share, so once.
struct AttributeNames {
  logging::attribute_name severity{"Severity"};
  logging::attribute_name channel{"Channel"};
  logging::attribute_name message{"Message"};
};

const AttributeNames& names() {
  static const AttributeNames known;
  return known;
}

LogSeverity severity_of(const logging::attribute_value_set& values) {
  return logging::extract_or_default<LogSeverity>(names().severity, values, LogSeverity::info);
}

struct Message {
  LogSeverity severity;
  std::string channel;
  std::string text;
};

Message message_of(const logging::record_view& record) {
  const auto text = [&record](logging::attribute_name name) {
    const auto found = logging::extract<std::string>(name, record);
    return found ? study::visible(*found) : std::string();
  };
  return {severity_of(record.attribute_values()), text(names().channel), text(names().message)};
}

class ConsoleBackend
    : public logging::sinks::basic_sink_backend<logging::sinks::synchronized_feeding> {
 public:
  explicit ConsoleBackend(Console& console) : console_(console) {}

  void consume(const logging::record_view& record) {
    const Message message = message_of(record);
    std::string line = message.channel;
    line.append(": ").append(to_string(message.severity)).append(": ").append(message.text);
    console_.write_line(line);
  }

 private:
  Console& console_;
};

/// Keeps the first messages until there is a file for them.
class FileBackend
    : public logging::sinks::basic_sink_backend<logging::sinks::synchronized_feeding> {
 public:
  explicit FileBackend(Console& console) : console_(console) {}

  void open(const std::filesystem::path& path) {
    path_ = path;
    file_ = study::open_regular_file(path.c_str(), O_WRONLY | O_CREAT | O_APPEND);
    opened_ = true;
    if (!file_) complain("open", errno);
    write(std::exchange(early_, {}));
  }

  void consume(const logging::record_view& record) {
    const Message message = message_of(record);
    std::string line = log_time_text(study::now());
    line.append(" [").append(to_string(message.severity)).append("] [");
    line.append(message.channel).append("] ").append(message.text).append("\n");
    if (opened_) {
      write(line);
    } else if (early_.size() < kMaxEarlyBytes) {
      early_ += line;
    }
  }

 private:
  static constexpr std::size_t kMaxEarlyBytes = std::size_t{1} << 20;

  void write(std::string_view bytes) {
    if (!file_ || bytes.empty()) return;
    const int error_number = study::write_all(file_.get(), bytes);
    if (error_number != 0) return complain("write", error_number);
    complained_ = false;
  }

  /// To the console itself: a message about the log can't go through the log.
  void complain(const char* operation, int error_number) {
    if (std::exchange(complained_, true)) return;
    console_.write_line(std::string(kHostChannel) + ": warning: cannot " + operation + " " +
                        path_.string() + ": " + study::open_problem(error_number));
  }

  Console& console_;
  std::filesystem::path path_;
  study::UniqueFd file_;
  bool opened_ = false;
  bool complained_ = false;
  std::string early_;
};

}  // namespace

struct HostLog::Sinks {
  using Logger = logging::sources::severity_channel_logger_mt<LogSeverity, std::string>;

  boost::shared_ptr<logging::sinks::synchronous_sink<ConsoleBackend>> console;
  boost::shared_ptr<logging::sinks::synchronous_sink<FileBackend>> file;
  Logger logger;
};

HostLog::HostLog(Console& console, LogSeverity console_severity)
    : sinks_(std::make_unique<Sinks>()) {
  const auto at_least = [](LogSeverity least) {
    return [least](const logging::attribute_value_set& values) {
      return severity_of(values) >= least;
    };
  };
  sinks_->console = boost::make_shared<logging::sinks::synchronous_sink<ConsoleBackend>>(
      boost::make_shared<ConsoleBackend>(console));
  sinks_->console->set_filter(at_least(console_severity));
  sinks_->file = boost::make_shared<logging::sinks::synchronous_sink<FileBackend>>(
      boost::make_shared<FileBackend>(console));
  sinks_->file->set_filter(at_least(LogSeverity::info));
  logging::core::get()->add_sink(sinks_->console);
  logging::core::get()->add_sink(sinks_->file);
}

HostLog::~HostLog() {
  logging::core::get()->remove_sink(sinks_->console);
  logging::core::get()->remove_sink(sinks_->file);
}

void HostLog::open_file(const std::filesystem::path& study_dir) {
  sinks_->file->locked_backend()->open(study_dir / kStudyLogFileName);
}

void HostLog::write(LogSeverity severity, std::string_view channel,
                    std::string_view text) noexcept {
  try {
    auto record = sinks_->logger.open_record((logging::keywords::channel = std::string(channel),
                                              logging::keywords::severity = severity));
    if (!record) return;
    // Not by way of a stream, whose locale alone costs more than all the rest.
    record.attribute_values().insert(names().message,
                                     logging::attributes::make_attribute_value(std::string(text)));
    sinks_->logger.push_record(std::move(record));
  } catch (...) {
    // Out of memory: a message is lost, the study is not.
  }
}

study::HostServices HostLog::services() {
  return {std::string(kHostChannel), STUDY_HOST_VERSION,
          [this](LogSeverity severity, std::string_view channel, std::string_view text) {
            write(severity, channel.empty() ? kHostChannel : channel, text);
          }};
}

std::string_view to_string(LogSeverity severity) {
  const auto index = static_cast<std::size_t>(severity);
  return index < kSeverityNames.size() ? kSeverityNames[index] : "error";
}

std::optional<LogSeverity> parse_log_severity(std::string_view text) {
  for (std::size_t i = 0; i < kSeverityNames.size(); ++i) {
    if (kSeverityNames[i] == text) return static_cast<LogSeverity>(i);
  }
  return std::nullopt;
}

}  // namespace host
