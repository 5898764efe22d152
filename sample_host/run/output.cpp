#include "run/output.hpp"

#include "terminal/durations.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace host {
OutputLog::OutputLog(std::filesystem::path path, bool has_times)
    : path_(std::move(path)), has_times_(has_times) {}

void OutputLog::fail(const char* operation, int error_number) {
  error_ = std::string(operation) + " " + path_.string() + ": " + study::open_problem(error_number);
}

void OutputLog::append(std::string_view bytes, OutputStream stream) {
  if (bytes.empty() || !error_.empty()) return;
  if (has_times_) {
    write(with_times(bytes, stream));
  } else {
    write(bytes);
  }
}

std::string OutputLog::with_times(std::string_view bytes, OutputStream stream) {
  const std::string beginning =
      log_time_text(study::now()) + (stream == OutputStream::out ? " out | " : " err | ");
  std::string text;
  if (!is_at_line_start_ && last_stream_ != stream) {
    text += '\n';
    is_at_line_start_ = true;
  }
  last_stream_ = stream;
  while (!bytes.empty()) {
    if (is_at_line_start_) text += beginning;
    const std::size_t newline = bytes.find('\n');
    is_at_line_start_ = newline != std::string_view::npos;
    const std::size_t length = is_at_line_start_ ? newline + 1 : bytes.size();
    text += bytes.substr(0, length);
    bytes.remove_prefix(length);
  }
  return text;
}

void OutputLog::write(std::string_view bytes) {
  if (!file_) {
    file_ = study::open_regular_file(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND);
    if (!file_) return fail("open", errno);
  }
  const int error_number = study::write_all(file_.get(), bytes);
  if (error_number == 0) return;
  fail("write", error_number);
  say_that_it_is_cut(error_number);
}

/// In the place of the last bytes, since there is room for none behind them. Whoever reads the log
/// later would take what is there for all.
void OutputLog::say_that_it_is_cut(int error_number) {
  const std::string note =
      "\n[study-host: the log is cut here: " + std::generic_category().message(error_number) +
      "]\n";
  const off_t size = ::lseek(file_.get(), 0, SEEK_END);
  const auto length = static_cast<off_t>(note.size());
  if (size < length || ::ftruncate(file_.get(), size - length) != 0) return;
  static_cast<void>(study::write_all(file_.get(), note));
}

void KeptOutput::append(std::string_view bytes) {
  if (text_.size() + bytes.size() > 2 * max_bytes_) {
    is_whole_ = false;
    bytes.remove_prefix(bytes.size() - std::min(bytes.size(), max_bytes_));
    const std::size_t kept = std::min(text_.size(), max_bytes_ - bytes.size());
    text_.erase(0, text_.size() - kept);
  }
  text_ += bytes;
}

std::string KeptOutput::take() {
  if (!is_whole_ && text_.size() > max_bytes_) text_.erase(0, text_.size() - max_bytes_);
  return std::exchange(text_, {});
}

}  // namespace host
