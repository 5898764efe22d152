// Any bytes across the C boundary into a plugin: calls in any order, with any sizes, texts and
// numbers that a host's memory can hold. No call may do anything but return a status.
#include "checkpoint/checkpoint_observer.hpp"
#include "fuzz/fuzz.hpp"

#include <study/export_observer.hpp>

#include <array>

using namespace study;

namespace {

/// Keeps the last state in memory; refuses nothing.
class MemorySink final : public checkpoint::Sink {
 public:
  void open(checkpoint::EntryTable& table, const StudyStart&) override { check(table); }
  void commit(checkpoint::EntryTable& table, const checkpoint::Transition&) override {
    check(table);
  }
  void add(checkpoint::EntryTable& table, checkpoint::EntryIndex, Timestamp) override {
    check(table);
  }
  void close(checkpoint::EntryTable& table, std::chrono::steady_clock::time_point) override {
    check(table);
  }
  std::optional<StudyManifest> read_checkpoint(const CheckpointQuery&) override {
    return std::nullopt;
  }

 private:
  static void check(const checkpoint::EntryTable& table) {
    if (table.size() > 50) return;  // the rest is the same
    const StudyManifest manifest = table.manifest();
    study_fuzz::expect(parse_manifest(render_manifest(manifest), "rendered") == manifest,
                       "every state of a study is a manifest");
  }
};

class Observer final : public checkpoint::CheckpointObserver {
 public:
  Observer(PluginHost host, const boost::json::object&)
      : CheckpointObserver(std::make_unique<MemorySink>(), checkpoint::log_to(host),
                           [](std::chrono::milliseconds) {}) {}
};

STUDY_EXPORT_OBSERVER(Observer, .name = "fuzzed", .version = "1", .description = "In memory.",
                      .options_schema = R"({"properties": {"n": {"type": "integer"}}})")

void take_log(void*, std::int32_t, study_string channel, study_string text) {
  study_fuzz::expect(channel.size == 0 || channel.data != nullptr, "a channel has data");
  study_fuzz::expect(text.size == 0 || text.data != nullptr, "a message has data");
}

/// One call's texts, each a copy of its own size, so that a read behind its end is seen.
class Texts {
 public:
  explicit Texts(study_fuzz::Bytes& bytes) : bytes_(bytes) {}
  [[nodiscard]] study_string next() {
    std::string text = bytes_.text();
    if (text == "NULL") return {nullptr, 3};
    if (text.empty()) return {nullptr, 0};
    held_[count_] = std::make_unique<char[]>(text.size());
    std::memcpy(held_[count_].get(), text.data(), text.size());
    return {held_[count_++].get(), text.size()};
  }

 private:
  study_fuzz::Bytes& bytes_;
  std::array<std::unique_ptr<char[]>, 8> held_;
  std::size_t count_ = 0;
};

/// Mostly the right one.
[[nodiscard]] std::uint32_t size_from(study_fuzz::Bytes& bytes, std::size_t right) {
  const auto choice = bytes.take<std::uint8_t>();
  return static_cast<std::uint32_t>(choice < 240 ? right : choice - 240);
}

class Calls {
 public:
  explicit Calls(std::string_view input) : bytes_(input) {}

  void run() {
    const auto& plugin = *study_observer_plugin_v1(STUDY_ABI_MAJOR, STUDY_ABI_MINOR);
    study_host host{size_from(bytes_, sizeof(study_host)),
                    1,
                    bytes_.take<std::uint8_t>(),
                    {"fuzzer", 6},
                    {"1", 1},
                    nullptr,
                    &take_log};
    void* observer = nullptr;
    {
      Texts texts(bytes_);
      if (check(plugin.create(&host, texts.next(), &observer, error())) != STUDY_OK) return;
    }
    for (int i = 0; i < 200 && !bytes_.is_empty(); ++i) call(plugin, observer);
    plugin.destroy(observer);
  }

 private:
  void call(const study_observer_plugin& plugin, void* observer) {
    Texts texts(bytes_);
    switch (bytes_.take<std::uint8_t>() % 5) {
      case 0: {
        study_start_event event{size_from(bytes_, sizeof event), bytes_.take<std::int64_t>(),
                                texts.next(), texts.next(), texts.next()};
        check(plugin.on_study_start(observer, &event, error()));
        break;
      }
      case 1: {
        study_experiment_event event{size_from(bytes_, sizeof event),
                                     bytes_.take<std::int8_t>(),
                                     bytes_.take<std::int32_t>(),
                                     bytes_.take<std::int64_t>(),
                                     texts.next(),
                                     texts.next(),
                                     texts.next(),
                                     texts.next(),
                                     texts.next()};
        check(plugin.on_experiment_state(observer, &event, error()));
        break;
      }
      case 2: {
        study_experiments_event event{size_from(bytes_, sizeof event), bytes_.take<std::int64_t>(),
                                      texts.next()};
        check(plugin.on_experiments_added(observer, &event, error()));
        break;
      }
      case 3: {
        study_end_event event{size_from(bytes_, sizeof event), bytes_.take<std::int8_t>(),
                              bytes_.take<std::int64_t>()};
        check(plugin.on_study_end(observer, &event, error()));
        break;
      }
      default: {
        study_checkpoint_query query{size_from(bytes_, sizeof query), texts.next(), texts.next(),
                                     texts.next()};
        const study_text_receiver receiver{sizeof receiver, nullptr, [](void*, study_string) {}};
        check(plugin.read_checkpoint(observer, &query, &receiver, error()));
      }
    }
  }

  /// Of any capacity; what is behind it must stay.
  study_error* error() {
    message_.fill('#');
    capacity_ = bytes_.take<std::uint8_t>() % message_.size();
    error_ = {sizeof error_, message_.data(), capacity_, 0};
    return &error_;
  }

  std::int32_t check(std::int32_t status) const {
    study_fuzz::expect(status >= STUDY_OK && status <= STUDY_STORE_AWAY, "a status is one");
    study_fuzz::expect(error_.size <= capacity_, "a message fits its buffer");
    for (std::size_t i = capacity_; i < message_.size(); ++i) {
      study_fuzz::expect(message_[i] == '#', "nothing is written behind a buffer");
    }
    return status;
  }

  study_fuzz::Bytes bytes_;
  std::array<char, 200> message_{};
  std::size_t capacity_ = 0;
  study_error error_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Calls(study_fuzz::text_of(data, size)).run();
  return 0;
}
