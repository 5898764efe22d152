#include "run/earlier_attempts.hpp"

#include "run/result.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLog = ".log";
constexpr std::string_view kRejected = ".rejected.json";
constexpr std::string_view kResult = ".result";

/// Cuts `.N` off the end of `name`, and gives N; 0 where there is none.
int take_number(std::string_view& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return 0;
  const std::string_view digits = name.substr(dot + 1);
  int number = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (result.ec != std::errc() || result.ptr != digits.data() + digits.size() || number < 1) {
    return 0;
  }
  name = name.substr(0, dot);
  return number;
}

bool take_end(std::string_view& name, std::string_view end) {
  if (!name.ends_with(end)) return false;
  name.remove_suffix(end.size());
  return true;
}

}  // namespace

EarlierAttempts::EarlierAttempts(fs::path study_dir) : study_dir_(std::move(study_dir)) {
  for (const auto& entry : fs::directory_iterator(study_dir_)) {
    note(entry.path().filename().string());
  }
}

void EarlierAttempts::note(std::string_view name) {
  const bool is_log = take_end(name, kLog);
  const bool is_result = !is_log && name.starts_with('.') && take_end(name, kResult);
  if (!is_log && !is_result && !take_end(name, kRejected)) return;
  if (is_result) name.remove_prefix(1);
  const int number = take_number(name);
  if (number == 0 && !is_log) return;
  Files& files = files_[std::string(name)];
  files.last = std::max(files.last, number);
  if (is_result) files.results.push_back(number);
  if (!is_log) return;
  if (number == 0) {
    files.has_log = true;
  } else {
    files.logs.push_back(number);
  }
}

int EarlierAttempts::next(const std::string& stem, int least) {
  const auto found = files_.find(stem);
  if (found == files_.end() && least <= 1) return 1;
  Files& files = found == files_.end() ? files_[stem] : found->second;
  for (const int number : std::exchange(files.results, {})) {
    static_cast<void>(keep_rejected(result_files(study_dir_, stem, number)));
  }
  if (files.has_log || least > 1) put_log_aside(stem, files);
  return std::max(least, files.last + 1);
}

/// As the log of the first attempt that has none; where that can't be done, the new attempt follows
/// in the same file: nothing is lost.
void EarlierAttempts::put_log_aside(const std::string& stem, Files& files) const {
  std::error_code error;
  const fs::path path = study_dir_ / (stem + std::string(kLog));
  files.has_log = false;
  if (fs::symlink_status(path, error).type() != fs::file_type::regular) return;
  int number = 1;
  while (std::find(files.logs.begin(), files.logs.end(), number) != files.logs.end()) ++number;
  const fs::path aside = study_dir_ / (stem + "." + std::to_string(number) + std::string(kLog));
  fs::rename(path, aside, error);
  files.logs.push_back(number);
  files.last = std::max(files.last, number);
}

}  // namespace host
