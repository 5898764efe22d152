#include "run/result.hpp"

#include <study/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
/// What is read in one step: a parser does some hundred MiB a second.
constexpr int kPiecesPerStep = 4;
/// What is written to the disk in one step.
constexpr std::int64_t kSyncedPieceBytes = std::int64_t{8} << 20;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

/// Whether what a call of the host's own has failed with may be over in a moment: no room, no
/// descriptor, a disk or a server that didn't answer.
bool may_pass(int error_number) {
  constexpr std::array kPassing = {ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM,   EIO,
                                   EAGAIN, ESTALE, ENOLCK, EBUSY,  ETIMEDOUT};
  return std::find(kPassing.begin(), kPassing.end(), error_number) != kPassing.end();
}

/// Whether there is something in it that an experiment has made.
bool has_content(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return false;
  std::error_code ignored;
  if (S_ISDIR(status.st_mode)) return !fs::is_empty(path, ignored);
  return S_ISREG(status.st_mode) && status.st_size > 0;
}

}  // namespace

ResultFiles result_files(const fs::path& study_dir, const std::string& stem, int attempt) {
  const std::string folder = study_dir.native() + "/";
  const std::string number = "." + std::to_string(attempt);
  return {folder + "." + stem + number + ".result", folder + stem + number + ".rejected.json",
          folder + stem + ".json"};
}

std::string_view json_of_output(std::string_view out, bool is_whole) {
  const std::string_view whole = trimmed(out);
  if (is_whole && (whole.empty() || study::json_problem(whole).empty())) return whole;
  const std::size_t newline = whole.rfind('\n');
  if (newline == std::string_view::npos) return {};
  const std::string_view last = trimmed(whole.substr(newline + 1));
  return last.front() == '{' && study::json_problem(last).empty() ? last : std::string_view();
}

std::string keep_rejected(const ResultFiles& files) noexcept {
  if (files.written.empty()) return {};
  try {
    std::error_code ignored;
    if (!has_content(files.written)) {
      fs::remove(files.written, ignored);
      return {};
    }
    const bool is_kept = ::rename(files.written.c_str(), files.rejected.c_str()) == 0;
    return fs::path(is_kept ? files.rejected : files.written).filename().string();
  } catch (const std::exception&) {
    return {};  // no memory for a name: it stays where it is
  }
}

ResultPlacement::ResultPlacement(const ProcessEnd& end, ResultFiles files, bool lines_count,
                                 study::Durability durability)
    : end_(end), files_(std::move(files)), lines_count_(lines_count), durability_(durability) {}

ResultPlacement::Step ResultPlacement::step() {
  switch (stage_) {
    case Stage::find:
      return find();
    case Stage::check:
      return check();
    case Stage::sync:
      return sync();
    case Stage::place:
      break;
  }
  return place();
}

ResultPlacement::Step ResultPlacement::find() {
  struct stat status {};
  if (files_.written.empty()) return place_printed();
  if (::lstat(files_.written.c_str(), &status) != 0) {
    return errno == ENOENT ? place_printed() : fail("stat " + files_.written, errno);
  }
  // A FIFO would block, a link may lead out of the study directory.
  if (!S_ISREG(status.st_mode)) return refuse("the result file is no regular file");
  file_ = study::open_file(files_.written.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file_) return fail("open " + files_.written, errno);
  stage_ = Stage::check;
  return check();
}

ResultPlacement::Step ResultPlacement::check() {
  buffer_.resize(kPieceBytes);
  for (int i = 0; i < kPiecesPerStep; ++i) {
    const ssize_t size = study::retry_if_interrupted(
        [&] { return ::read(file_.get(), buffer_.data(), buffer_.size()); });
    if (size < 0) return fail("read " + files_.written, errno);
    size_bytes_ += size;
    if (size > 0 && json_.read({buffer_.data(), static_cast<std::size_t>(size)})) continue;
    if (const std::string problem = json_.finish(); !problem.empty()) {
      return refuse("the result file is no JSON: " + problem);
    }
    stage_ = Stage::sync;
    return sync();
  }
  return Step::more;
}

/// Most of what fsync(2) has to do, which takes as long as the disk does, in steps. What it reports
/// itself counts, but an error is reported once.
ResultPlacement::Step ResultPlacement::sync() {
  if (durability_ == study::Durability::power && synced_bytes_ < size_bytes_) {
    constexpr unsigned kWritten =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    if (::sync_file_range(file_.get(), synced_bytes_, kSyncedPieceBytes, kWritten) != 0 &&
        may_pass(errno)) {
      return fail("sync " + files_.written, errno);
    }
    synced_bytes_ += kSyncedPieceBytes;
    return Step::more;
  }
  stage_ = Stage::place;
  return place();
}

/// Renamed only now: `final` is a whole result from the first moment it exists.
ResultPlacement::Step ResultPlacement::place() {
  const bool is_synced = durability_ == study::Durability::power;
  if (is_synced && ::fsync(file_.get()) != 0) return fail("sync " + files_.written, errno);
  // Or a power loss would take results that have completed half a minute ago.
  if (!is_synced) static_cast<void>(::sync_file_range(file_.get(), 0, 0, SYNC_FILE_RANGE_WRITE));
  if (::rename(files_.written.c_str(), files_.final.c_str()) != 0) {
    return fail("rename to " + files_.final, errno);
  }
  if (!is_synced) return Step::placed;
  const fs::path folder = fs::path(files_.final).parent_path();
  const study::UniqueFd directory = study::open_file(folder.c_str(), O_RDONLY | O_DIRECTORY);
  // In place it is; a power loss may still bring the hidden name back, and with it another attempt.
  if (directory) static_cast<void>(::fsync(directory.get()));
  return Step::placed;
}

ResultPlacement::Step ResultPlacement::place_printed() {
  const std::string_view printed = trimmed(end_.out);
  const std::string_view json = json_of_output(end_.out, end_.out_is_whole);
  const bool is_line = json.size() < printed.size();
  if (json.empty() || (is_line && !lines_count_)) {
    if (!end_.out_is_whole) {
      return refuse("no result file, and more than " + std::to_string(kMaxKeptOutputBytes >> 20) +
                    " MiB on stdout, whose last line is no JSON object");
    }
    const std::string place = files_.written.empty() ? "" : "no result file was written, and ";
    return refuse(place + (printed.empty() ? "nothing was printed to stdout"
                                           : "stdout is no JSON: " + study::json_problem(printed)));
  }
  try {
    study::place_file(files_.final, std::string(json) + "\n", durability_);
    return Step::placed;
  } catch (const study::FileError& error) {
    failure_ = make_failure("FileError", error.what());
    return may_pass(error.code().value()) ? Step::fault : Step::none;
  }
}

ResultPlacement::Step ResultPlacement::refuse(const std::string& message) {
  failure_ = no_result(end_, message);
  return Step::none;
}

ResultPlacement::Step ResultPlacement::fail(const std::string& operation, int error_number) {
  failure_ = make_failure("FileError", study::FileError(operation, error_number).what());
  return may_pass(error_number) ? Step::fault : Step::none;
}

}  // namespace host
