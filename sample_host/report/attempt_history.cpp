#include "report/attempt_history.hpp"

#include "base/json_fields.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/posix.hpp>

#include <algorithm>
#include <array>
#include <unordered_set>

#include <fcntl.h>
#include <unistd.h>

namespace host {
namespace {

constexpr const char* kJournalFileName = "journal.jsonl";
/// More than a line of a transition can have; of one that begins a study this is enough.
constexpr std::size_t kMaxLineBytes = std::size_t{256} << 10;

/// The lines of a file; what a line has beyond `kMaxLineBytes` is left out.
class Lines {
 public:
  explicit Lines(int fd) : fd_(fd) {}

  /// False at the end; a line without an end is none.
  bool next(std::string& line) {
    line.clear();
    for (;;) {
      if (at_ == size_ && !fill()) return false;
      const std::string_view rest(piece_.data() + at_, size_ - at_);
      const std::size_t end = rest.find('\n');
      const std::string_view part = rest.substr(0, end);
      line.append(part.substr(0, kMaxLineBytes - std::min(kMaxLineBytes, line.size())));
      at_ += part.size();
      if (end == std::string_view::npos) continue;
      ++at_;
      return true;
    }
  }

 private:
  bool fill() {
    const auto count =
        study::retry_if_interrupted([&] { return ::read(fd_, piece_.data(), piece_.size()); });
    at_ = 0;
    size_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    return size_ > 0;
  }

  int fd_;
  std::array<char, 65536> piece_;
  std::size_t at_ = 0;
  std::size_t size_ = 0;
};

struct Refusal {
  void operator()(std::string_view key, const std::string& what) const {
    throw study::InputError(std::string(key) + " " + what);
  }
};
using Fields = study::JsonFields<Refusal>;

std::int32_t slot_of(const Fields& fields) {
  constexpr std::int64_t kMostSlots = 100'000;
  const boost::json::value* const attributes = fields.optional("attributes");
  const auto* const object = attributes == nullptr ? nullptr : attributes->if_object();
  const auto* const slot = object == nullptr ? nullptr : object->if_contains("slot");
  const bool fits = slot != nullptr && slot->is_int64() && slot->get_int64() >= 0 &&
                    slot->get_int64() < kMostSlots;
  return fits ? static_cast<std::int32_t>(slot->get_int64()) : -1;
}

class Replay {
 public:
  explicit Replay(AttemptHistory& history) : history_(history) {}

  /// Throws `study::Error` for a line that is none.
  void take(std::string_view line) {
    // Of the manifest in a line that begins a study nothing is wanted, and it is cut off anyway.
    const std::size_t manifest = line.find(",\"manifest\":");
    const bool begins = line.substr(0, manifest).find("\"event\":\"study\"") != line.npos;
    const std::string head =
        begins ? std::string(line.substr(0, manifest)) + "}" : std::string(line);
    const boost::json::value event = study::parse_json(head, kJournalFileName);
    if (!event.is_object()) throw study::InputError("a line is no object");
    const Refusal refuse;
    const Fields fields(event.get_object(), refuse);
    const std::string_view kind = fields.text("event");
    if (kind == "study") interrupt_all();  // at the last time that was heard of them
    last_time_ = fields.time("time");
    if (kind == "state") move(fields);
  }

  /// What is still running has not been told to have ended.
  void finish() {
    for (Attempt* const attempt : running()) attempt->ended_at = last_time_;
  }

 private:
  void move(const Fields& fields) {
    const std::string key =
        run_key(fields.text("config_hash"), static_cast<std::int32_t>(fields.integer("cycle")));
    const std::string_view state = fields.text("state");
    if (state == "running") {
      history_.runs[key].push_back({last_time_, last_time_, AttemptEnd::none, slot_of(fields)});
      running_.insert(key);
      return;
    }
    if (running_.erase(key) == 0) return;  // it could not be started, or its result was there
    Attempt& attempt = history_.runs[key].back();
    attempt.ended_at = last_time_;
    attempt.end = state == "completed" ? AttemptEnd::completed
                  : state == "failed"  ? AttemptEnd::failed
                                       : AttemptEnd::interrupted;
  }

  std::vector<Attempt*> running() {
    std::vector<Attempt*> attempts;
    for (const std::string& key : running_) attempts.push_back(&history_.runs[key].back());
    return attempts;
  }

  /// Whoever had them running is gone.
  void interrupt_all() {
    for (Attempt* const attempt : running()) {
      attempt->end = AttemptEnd::interrupted;
      attempt->ended_at = last_time_;
    }
    running_.clear();
  }

  AttemptHistory& history_;
  std::unordered_set<std::string> running_;
  study::Timestamp last_time_;
};

}  // namespace

std::string run_key(std::string_view config_hash, std::int32_t cycle) {
  return std::string(config_hash) + "." + std::to_string(cycle);
}

std::optional<AttemptHistory> read_attempt_history(const std::filesystem::path& study_dir) {
  const study::UniqueFd file =
      study::open_regular_file((study_dir / kJournalFileName).c_str(), O_RDONLY);
  if (!file) return std::nullopt;
  AttemptHistory history;
  Replay replay(history);
  Lines lines(file.get());
  try {
    for (std::string line; lines.next(line);) replay.take(line);
  } catch (const study::Error&) {
    history.is_cut = true;
  }
  replay.finish();
  return history;
}

}  // namespace host
