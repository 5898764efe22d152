#include "run/processes.hpp"

#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;

/// The rest of a file of /proc, whose size nobody knows before.
std::string read_all(const study::UniqueFd& file) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t size = study::retry_if_interrupted(
        [&] { return ::read(file.get(), buffer.data(), buffer.size()); });
    if (size <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

/// Empty where it can't be read.
std::string read_proc_file(const std::string& path) {
  const study::UniqueFd file = study::open_file(path.c_str(), O_RDONLY);
  return file ? read_all(file) : std::string();
}

std::string proc(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

/// Cuts the word at the front off.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \n"));
  text.remove_prefix(word.size());
  return word;
}

void append_numbers(std::vector<pid_t>& numbers, std::string_view text) {
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    if (pid_t pid = -1; parse(word, pid)) numbers.push_back(pid);
  }
}

/// The names in a folder of /proc that are numbers.
std::vector<pid_t> numbered_entries(const std::string& folder) {
  std::vector<pid_t> numbers;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (pid_t pid = -1; parse(entry.path().filename().string(), pid)) numbers.push_back(pid);
  }
  return numbers;
}

bool lists_children() {
  static const bool result =
      ::access(("/proc/self/task/" + std::to_string(::getpid()) + "/children").c_str(), R_OK) == 0;
  return result;
}

std::vector<pid_t> children_among_all(pid_t pid) {
  std::vector<pid_t> children;
  for (const pid_t other : all_processes()) {
    const auto facts = read_process(other);
    if (facts && facts->parent == pid) children.push_back(other);
  }
  return children;
}

}  // namespace

std::optional<ProcessFacts> read_process(pid_t pid) {
  const std::string text = read_proc_file(proc(pid) + "/stat");
  // Behind the program's name, which may have blanks and brackets itself.
  const std::size_t bracket = text.rfind(')');
  if (bracket == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(text).substr(bracket + 1);
  ProcessFacts facts;
  facts.id.pid = pid;
  const std::string_view state = take_word(rest);
  facts.has_ended = state == "Z" || state == "X";
  if (!parse(take_word(rest), facts.parent) || !parse(take_word(rest), facts.group) ||
      !parse(take_word(rest), facts.session)) {
    return std::nullopt;
  }
  constexpr int kBetweenSessionAndStartTime = 15;
  for (int i = 0; i < kBetweenSessionAndStartTime; ++i) take_word(rest);
  if (!parse(take_word(rest), facts.id.start_time)) return std::nullopt;
  return facts;
}

std::vector<pid_t> children_of(pid_t pid) {
  if (!lists_children()) return children_among_all(pid);
  std::vector<pid_t> children;
  const std::string threads = proc(pid) + "/task";
  for (const pid_t thread : numbered_entries(threads)) {
    append_numbers(children, read_proc_file(threads + "/" + std::to_string(thread) + "/children"));
  }
  return children;
}

OwnChildren::OwnChildren()
    : self_(::getpid()),
      file_(study::open_file(("/proc/self/task/" + std::to_string(self_) + "/children").c_str(),
                             O_RDONLY)) {}

std::vector<pid_t> OwnChildren::list() const {
  if (!file_ || ::lseek(file_.get(), 0, SEEK_SET) != 0) return children_among_all(self_);
  std::vector<pid_t> children;
  append_numbers(children, read_all(file_));
  return children;
}

std::vector<ProcessFacts> with_descendants(const std::vector<pid_t>& roots) {
  std::vector<ProcessFacts> found;
  const auto add = [&found](pid_t pid) {
    const auto facts = read_process(pid);
    if (!facts || facts->has_ended) return;
    const bool is_known = std::any_of(found.begin(), found.end(),
                                      [pid](const auto& other) { return other.id.pid == pid; });
    if (!is_known) found.push_back(*facts);
  };
  for (const pid_t root : roots) add(root);
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const pid_t child : children_of(found[i].id.pid)) add(child);
  }
  return found;
}

std::vector<pid_t> all_processes() {
  return numbered_entries("/proc");
}

std::string environment_value(pid_t pid, std::string_view name) {
  const std::string text = read_proc_file(proc(pid) + "/environ");
  const std::string mark = std::string(name) + "=";
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view variable = rest.substr(0, rest.find('\0'));
    if (variable.starts_with(mark)) return std::string(variable.substr(mark.size()));
    rest.remove_prefix(std::min(variable.size() + 1, rest.size()));
  }
  return {};
}

std::uint64_t process_mark(pid_t pid) {
  constexpr std::string_view kLine = "Max realtime timeout";
  const std::string text = read_proc_file(proc(pid) + "/limits");
  const std::size_t place = text.find(kLine);
  if (place == std::string::npos) return 0;
  std::string_view rest = std::string_view(text).substr(place + kLine.size());
  std::uint64_t mark = 0;
  return parse(take_word(rest), mark) && mark >= kLeastMark ? mark : 0;
}

std::string process_name(pid_t pid) {
  std::string name = read_proc_file(proc(pid) + "/comm");
  if (name.ends_with('\n')) name.pop_back();
  if (name.empty()) name = "a process";
  return study::visible(name) + " (pid " + std::to_string(pid) + ")";
}

int send_signal(const ProcessId& process, int signal) {
  const study::UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!handle) return errno;
  // Looked at now that the number can't pass to another process.
  const auto facts = read_process(process.pid);
  if (facts && facts->id != process) return ESRCH;
  return ::syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0) == 0 ? 0 : errno;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace host
