// What is kept of what a failed experiment said.
//
// A Python traceback is a header, frames (indented), and the exception: a line at the margin, and
// behind it whatever lines its message has. Chained exceptions are several of them with a sentence
// between. Met in the wild, and understood: a prefix on each line (`[rank0]: `), the margins of
// exception groups (`  | `), and the end of a log that begins in the middle of a traceback.
#include <study/text.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace study {
namespace {

constexpr std::string_view kHeader = "Traceback (most recent call last):";
constexpr std::size_t kLongestEscapeBytes = std::string_view("\\u001b").size();
constexpr std::string_view kBlanks = " \t\r\n\f\v";

std::string_view trim_left(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}

std::string_view trim_right(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

bool is_indented(std::string_view line) {
  return !line.empty() && (line.front() == ' ' || line.front() == '\t');
}

/// `  File "train.py", line 3, in main`
bool is_frame(std::string_view line) {
  const std::string_view rest = trim_left(line);
  return is_indented(line) && rest.starts_with("File \"") &&
         rest.find("\", line ") != std::string_view::npos;
}

/// What Python writes between two exceptions of a chain.
bool is_chain_sentence(std::string_view line) {
  return line == "During handling of the above exception, another exception occurred:" ||
         line == "The above exception was the direct cause of the following exception:";
}

class TracebackFilter {
 public:
  void take(std::string_view raw_line) {
    const std::string_view whole_line = trim_right(raw_line);
    const std::string_view line = without_margin(whole_line);
    if (line.ends_with(kHeader)) {
      if (line.size() == whole_line.size()) set_margin(line);
      return enter_frames();
    }
    if (is_frame(line)) {
      // The end of a log: what came so far was a frame's source line, its `File` line cut off.
      if (place_ == Place::outside && only_indented_) kept_.clear();
      return enter_frames();
    }
    if (line.empty()) {
      blank_lines_ = whole_line.empty() ? blank_lines_ + 1 : 0;  // a bare margin is nothing at all
      return;
    }
    if (place_ == Place::frames && is_indented(line)) return;
    if (place_ == Place::exception && is_chain_sentence(line)) return drop_blank_lines();
    if (place_ == Place::frames) {
      drop_blank_lines();
      place_ = Place::exception;
    }
    keep(line);
  }

  [[nodiscard]] std::string& kept() { return kept_; }

 private:
  enum class Place { outside, frames, exception };

  /// Learns from a traceback's header what begins its other lines.
  void set_margin(std::string_view line) {
    line.remove_suffix(kHeader.size());
    in_group_ = trim_left(line).starts_with("+ Exception Group");
    prefix_ = in_group_ ? std::string_view() : line;
  }

  void enter_frames() {
    place_ = Place::frames;
    drop_blank_lines();
  }

  [[nodiscard]] std::string_view without_margin(std::string_view line) const {
    if (!prefix_.empty() && line.starts_with(prefix_)) return line.substr(prefix_.size());
    if (prefix_.size() > 0 && line == trim_right(prefix_)) return {};
    if (!in_group_) return line;
    std::string_view inner = trim_left(line);
    if (inner.starts_with("+-")) return {};
    if (!inner.starts_with("|")) return line;
    inner.remove_prefix(1);
    if (inner.starts_with(" ")) inner.remove_prefix(1);
    return inner;
  }

  void keep(std::string_view line) {
    if (!kept_.empty()) kept_.append(blank_lines_ + 1, '\n');
    only_indented_ = only_indented_ && is_indented(line);
    kept_ += line;
    blank_lines_ = 0;
  }

  void drop_blank_lines() { blank_lines_ = 0; }

  std::string kept_;
  std::string_view prefix_;  ///< of the traceback's header, to be taken off its other lines
  std::size_t blank_lines_ = 0;
  bool in_group_ = false;
  bool only_indented_ = true;  ///< what was kept so far
  Place place_ = Place::outside;
};

/// The longest prefix that both limits of a message allow. `text` must be UTF-8.
std::string_view truncate_message(std::string_view text) {
  text = truncate_utf8(text, kMaxErrorMessageBytes);
  if (kLongestEscapeBytes * text.size() <= kMaxEscapedErrorMessageBytes) return text;
  std::size_t escaped_bytes = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool has_short_escape =
        std::string_view("\"\\\b\f\n\r\t").find(c) != std::string_view::npos;
    const bool is_control = static_cast<unsigned char>(c) < 0x20;
    escaped_bytes += has_short_escape ? 2 : is_control ? kLongestEscapeBytes : 1;
    if (escaped_bytes > kMaxEscapedErrorMessageBytes) return truncate_utf8(text, i);
  }
  return text;
}

std::string clean(std::string_view text) {
  TracebackFilter filter;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    filter.take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::string& kept = filter.kept();
  kept.resize(trim_right(truncate_message(kept)).size());
  return std::move(kept);
}

}  // namespace

std::string failure_message(std::string_view raw) {
  // Cutting and taking off a prefix can leave a line that looks like a header where there was none.
  // Each pass only ever deletes, so this ends, and what it ends with stays as it is.
  std::string message = clean(to_valid_utf8(raw));
  for (;;) {
    std::string again = clean(message);
    if (again.size() == message.size()) return message;
    message = std::move(again);
  }
}

}  // namespace study
