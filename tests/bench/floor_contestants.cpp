// The least that a way of storing can cost, and the plainest way of doing it.
#include "bench/contestant.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>

#include <cerrno>
#include <sstream>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace study_bench {
namespace {

namespace json = boost::json;

void require(bool success, const char* operation) {
  if (!success) throw study::FileError(operation, errno);
}

void replace(const std::filesystem::path& temporary, const std::filesystem::path& path,
             std::string_view bytes) {
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  require(fd >= 0, "open");
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    require(written > 0, "write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  require(::close(fd) == 0, "close");
  require(::rename(temporary.c_str(), path.c_str()) == 0, "rename");
}

/// open, write, close, rename of bytes that were rendered beforehand.
class ReplaceFloor final : public Contestant {
 public:
  [[nodiscard]] std::string name() const override { return "floor/replace"; }
  void start(const BenchStudy& study, const std::filesystem::path& dir) override {
    bytes_ = study::render_manifest(study.manifest);
    path_ = dir / "manifest.json";
    temporary_ = dir / "manifest.json.tmp";
  }
  void store(const BenchTransition& /*transition*/) override { replace(temporary_, path_, bytes_); }

 private:
  std::string bytes_;
  std::filesystem::path path_;
  std::filesystem::path temporary_;
};

/// One write(2) of a line of a journal's usual length.
class AppendFloor final : public Contestant {
 public:
  ~AppendFloor() override {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] std::string name() const override { return "floor/append"; }
  void start(const BenchStudy& /*study*/, const std::filesystem::path& dir) override {
    fd_ = ::open((dir / "journal").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    require(fd_ >= 0, "open");
  }
  void store(const BenchTransition& /*transition*/) override {
    require(::write(fd_, line_.data(), line_.size()) > 0, "write");
  }

 private:
  int fd_ = -1;
  std::string line_ = std::string(199, 'x') + "\n";
};

/// The whole document as a json::value, pretty-printed and replaced.
class NaiveBoostJson final : public Contestant {
 public:
  [[nodiscard]] std::string name() const override { return "naive/boost_json"; }
  void start(const BenchStudy& study, const std::filesystem::path& dir) override {
    document_ =
        json::object{{"schema_version", "2.0"}, {"study_name", study.manifest.head.study_name}};
    json::array& entries = document_.as_object()["experiments"].emplace_array();
    for (const auto& entry : study.manifest.experiments) {
      entries.push_back(json::object{{"config_hash", entry.config_hash},
                                     {"config_summary", entry.config_summary},
                                     {"cycle", entry.cycle},
                                     {"status", "pending"},
                                     {"result_file", nullptr},
                                     {"error_type", nullptr},
                                     {"error_message", nullptr},
                                     {"started_at", nullptr},
                                     {"completed_at", nullptr}});
    }
    path_ = dir / "manifest.json";
    temporary_ = dir / "manifest.json.tmp";
  }
  void store(const BenchTransition& transition) override {
    json::object& entry =
        document_.as_object()["experiments"].as_array()[transition.entry].as_object();
    entry["status"] = study::to_string(transition.details.state);
    entry["started_at"] = study::format_timestamp(transition.details.time);
    text_.clear();
    print(document_, 0);
    replace(temporary_, path_, text_);
  }

 private:
  void print(const json::value& value, std::size_t indent) {
    if (const auto* object = value.if_object()) {
      print_items(*object, '{', '}', indent, [&](const auto& item) {
        text_ += json::serialize(json::string(item.key()));
        text_ += ": ";
        print(item.value(), indent + 2);
      });
    } else if (const auto* array = value.if_array()) {
      print_items(*array, '[', ']', indent, [&](const auto& item) { print(item, indent + 2); });
    } else {
      text_ += json::serialize(value);
    }
  }
  template <class Items, class Print>
  void print_items(const Items& items, char open, char close, std::size_t indent,
                   Print print_item) {
    text_ += open;
    const char* separator = "\n";
    for (const auto& item : items) {
      text_ += separator;
      text_.append(indent + 2, ' ');
      print_item(item);
      separator = ",\n";
    }
    text_ += '\n';
    text_.append(indent, ' ');
    text_ += close;
  }

  json::value document_;
  std::string text_;
  std::filesystem::path path_;
  std::filesystem::path temporary_;
};

}  // namespace

std::unique_ptr<Contestant> replace_floor() {
  return std::make_unique<ReplaceFloor>();
}
std::unique_ptr<Contestant> append_floor() {
  return std::make_unique<AppendFloor>();
}
std::unique_ptr<Contestant> naive_boost_json() {
  return std::make_unique<NaiveBoostJson>();
}

}  // namespace study_bench
