#include "report/page_data.hpp"

#include "report/page_text.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace host {
namespace {

using study::ManifestEntry;

constexpr int kFormat = 1;
constexpr std::uint32_t kLogsInChunk = 1000;
constexpr std::chrono::microseconds kExactDuration{1'000'000};

/// JSON as it comes: each function appends one thing, and the comma before it where one is due.
class Json {
 public:
  /// All that follows is appended to `out`.
  void write_to(std::string& out) { out_ = &out; }

  Json& key(std::string_view name) {
    separate();
    out_->append("\"").append(name).append("\":");
    is_first_ = true;
    return *this;
  }
  Json& open(char bracket) {
    separate();
    *out_ += bracket;
    is_first_ = true;
    return *this;
  }
  Json& close(char bracket) {
    *out_ += bracket;
    is_first_ = false;
    return *this;
  }
  Json& text(std::string_view value) {
    separate();
    append_script_text(*out_, value);
    return *this;
  }
  Json& number(std::int64_t value) {
    separate();
    append_number(*out_, value);
    return *this;
  }
  Json& short_number(double value) {
    separate();
    append_short_number(*out_, value);
    return *this;
  }
  /// What is JSON already, and has nothing in it that a script element would obey.
  Json& raw(std::string_view value) {
    separate();
    *out_ += value;
    return *this;
  }

  /// A list of what `append` appends of each.
  template <class List, class Append>
  Json& list(std::string_view name, const List& values, const Append& append) {
    key(name).open('[');
    for (const auto& value : values) append(value);
    return close(']');
  }

 private:
  void separate() {
    if (!is_first_) *out_ += ',';
    is_first_ = false;
  }

  std::string* out_ = nullptr;
  bool is_first_ = true;
};

std::int64_t milliseconds(std::chrono::microseconds time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).count();
}

class PageData {
 public:
  explicit PageData(const ReportData& data) : data_(data), origin_(data.manifest.head.started_at) {}

  /// `self` is this.
  static std::vector<PagePart> parts(const std::shared_ptr<PageData>& self) {
    std::vector<PagePart> parts;
    const auto add = [&](auto append) {
      parts.push_back([self, append](std::string& page) {
        self->json_.write_to(page);
        append(*self);
      });
    };
    add([](PageData& page) { page.append_head(); });
    add([](PageData& page) { page.append_swept(); });
    add([](PageData& page) { page.append_runs(); });
    add([](PageData& page) { page.append_attempts(); });
    add([](PageData& page) { page.append_errors(); });
    add([](PageData& page) { page.json_.key("metrics").open('['); });
    for (const ResultColumns::Numbers& column : self->data_.results.numbers()) {
      add([&column](PageData& page) { page.append_numbers(column); });
    }
    add([](PageData& page) { page.json_.close(']').key("texts").open('['); });
    for (const ResultColumns::Texts& column : self->data_.results.texts()) {
      add([&column](PageData& page) { page.append_texts(column); });
    }
    add([](PageData& page) { page.json_.close(']'); });
    add([](PageData& page) { page.append_files(); });
    add([](PageData& page) { page.append_notes(); });
    return parts;
  }

 private:
  void append_head() {
    json_.open('{').key("format").number(kFormat);
    append_study();
  }

  void append_notes() {
    json_.list("notes", data_.notes, [&](const auto& note) { json_.text(note); });
    json_.close('}');
  }

  void append_study() {
    const study::ManifestHead& head = data_.manifest.head;
    json_.key("study").open('{');
    json_.key("name").text(head.study_name).key("status").text(data_.status);
    json_.key("over").raw(data_.is_over ? "true" : "false");
    json_.key("started_ms").number(milliseconds(origin_.time_since_epoch()));
    json_.key("until_ms").number(milliseconds(data_.until.time_since_epoch()));
    json_.key("made_ms").number(milliseconds(data_.made_at.time_since_epoch()));
    json_.key("design_hash").text(head.study_design_hash);
    json_.key("version").text(head.framework_version);
    json_.key("cycles").number(data_.cycles).close('}');
  }

  void append_swept() {
    json_.list("dims", data_.swept.dimensions, [&](const Dimension& dimension) {
      json_.open('{').key("key").text(dimension.key);
      json_.key("kind").raw(dimension.is_number ? "\"number\"" : "\"text\"");
      json_.list("values", dimension.values, [&](const std::string& value) {
        dimension.is_number ? json_.raw(value) : json_.text(value);
      });
      json_.list("of", dimension.of, [&](std::int32_t value) { json_.number(value); });
      json_.close('}');
    });
    json_.list("fixed", data_.swept.fixed, [&](const auto& field) {
      json_.open('[').text(field.first).text(field.second).close(']');
    });
    json_.key("configs").open('{');
    json_.list("hash", data_.hashes, [&](std::string_view hash) { json_.text(hash); });
    json_.close('}');
  }

  void append_start(const std::optional<study::Timestamp>& time) {
    time ? json_.number(milliseconds(*time - origin_)) : json_.raw("null");
  }
  void append_duration(std::chrono::microseconds time) {
    if (time < kExactDuration) {
      json_.short_number(static_cast<double>(std::max<std::int64_t>(time.count(), 0)) / 1000);
    } else {
      json_.number(milliseconds(time));
    }
  }

  void append_runs() {
    const auto& runs = data_.runs;
    json_.key("runs").open('{');
    json_.list("config", runs, [&](const ReportRun& run) { json_.number(run.configuration); });
    json_.list("cycle", data_.manifest.experiments,
               [&](const ManifestEntry& entry) { json_.number(entry.cycle); });
    std::string states;
    for (const ReportRun& run : runs) states += static_cast<char>(run.state);
    json_.key("status").text(states);
    json_.list("start", runs, [&](const ReportRun& run) { append_start(run.started_at); });
    json_.list("duration", runs, [&](const ReportRun& run) {
      if (run.started_at && run.ended_at) {
        append_duration(*run.ended_at - *run.started_at);
      } else {
        json_.raw("null");
      }
    });
    json_.list("slot", runs, [&](const ReportRun& run) { json_.number(run.slot); });
    json_.close('}');
  }

  void append_attempts() {
    const auto& earlier = data_.earlier;
    json_.key("attempts").open('{');
    json_.list("run", earlier, [&](const auto& one) { json_.number(one.run); });
    json_.list("start", earlier, [&](const auto& one) { append_start(one.attempt.started_at); });
    json_.list("duration", earlier, [&](const auto& one) {
      append_duration(one.attempt.ended_at - one.attempt.started_at);
    });
    json_.list("slot", earlier, [&](const auto& one) { json_.number(one.attempt.slot); });
    std::string states;
    for (const EarlierAttempt& one : earlier) states += static_cast<char>(one.attempt.end);
    json_.key("status").text(states).close('}');
  }

  void append_errors() {
    const auto& entries = data_.manifest.experiments;
    std::vector<std::uint32_t> failed;
    for (std::uint32_t run = 0; run < data_.runs.size(); ++run) {
      if (data_.runs[run].state == RunState::failed) failed.push_back(run);
    }
    std::vector<std::string> types;
    std::vector<std::uint32_t> type_of;
    std::unordered_map<std::string, std::uint32_t> known;
    for (const std::uint32_t run : failed) {
      const std::string type = entries[run].error_type.value_or("Error");
      const auto [place, is_new] = known.emplace(type, static_cast<std::uint32_t>(types.size()));
      if (is_new) types.push_back(type);
      type_of.push_back(place->second);
    }
    json_.key("errors").open('{');
    json_.list("types", types, [&](const std::string& type) { json_.text(type); });
    json_.list("of", failed, [&](std::uint32_t run) { json_.number(run); });
    json_.list("type", type_of, [&](std::uint32_t type) { json_.number(type); });
    json_.list("message", failed,
               [&](std::uint32_t run) { json_.text(entries[run].error_message.value_or("")); });
    json_.close('}');
  }

  /// A value for each run, `missing` where the column has none.
  template <class Values, class Append>
  void append_column(std::string_view name, const Values& values, std::string_view missing,
                     const Append& append) {
    json_.key(name).open('[');
    auto next = values.begin();
    for (std::uint32_t run = 0; run < data_.runs.size(); ++run) {
      if (next != values.end() && next->first == run) {
        append((next++)->second);
      } else {
        json_.raw(missing);
      }
    }
    json_.close(']');
  }

  void append_numbers(const ResultColumns::Numbers& column) {
    json_.open('{').key("key").text(column.key);
    json_.key("kind").raw(column.is_boolean ? "\"boolean\"" : "\"number\"");
    append_column("values", column.values, "null",
                  [&](double value) { json_.short_number(value); });
    json_.close('}');
  }

  void append_texts(const ResultColumns::Texts& column) {
    json_.open('{').key("key").text(column.key);
    json_.list("values", column.values, [&](const std::string& value) { json_.text(value); });
    append_column("of", column.of, "-1", [&](std::uint32_t value) { json_.number(value); });
    json_.close('}');
  }

  void append_files() {
    json_.key("files").open('{');
    json_.list("kinds", data_.swept.file_names, [&](const FileNames& names) {
      json_.open('[').text(names.prefix).number(static_cast<std::int64_t>(names.digits));
      json_.number(names.has_cycle ? 1 : 0).close(']');
    });
    json_.list("of", data_.swept.names_of, [&](std::int32_t names) { json_.number(names); });
    json_.key("results").open('{');
    const auto& entries = data_.manifest.experiments;
    std::vector<std::uint32_t> others;
    for (std::uint32_t run = 0; run < entries.size(); ++run) {
      if (data_.runs[run].state != RunState::completed) continue;
      const std::string usual = data_.swept.names_of[data_.runs[run].configuration] < 0
                                    ? std::string()
                                    : stem_of(data_, run) + ".json";
      if (entries[run].result_file.value_or("") != usual) others.push_back(run);
    }
    json_.list("run", others, [&](std::uint32_t run) { json_.number(run); });
    json_.list("name", others,
               [&](std::uint32_t run) { json_.text(entries[run].result_file.value_or("")); });
    json_.close('}').close('}');
    std::string has_log;
    for (const ReportRun& run : data_.runs) has_log += run.has_log ? '1' : '0';
    json_.key("logs").open('{').key("chunk").number(kLogsInChunk).key("there").text(has_log);
    json_.close('}');
  }

  const ReportData& data_;
  const study::Timestamp origin_;
  Json json_;
};

constexpr std::string_view kElement = "<script type=\"application/json\" id=\"";

/// The logs from `first` to `end`, all of one thousand runs.
void append_logs(std::string& page, const ReportData& data, std::size_t first, std::size_t end) {
  const std::uint32_t chunk = data.logs[first].run / kLogsInChunk;
  page.append(kElement).append("log-").append(std::to_string(chunk)).append("\">");
  Json json;
  json.write_to(page);
  json.open('[');
  for (std::size_t i = first; i < end; ++i) {
    const LogTail& log = data.logs[i];
    json.open('[').number(log.run).text(log.text);
    json.number(static_cast<std::int64_t>(log.size_bytes));
    json.number(log.is_whole ? 1 : 0).close(']');
  }
  json.close(']');
  page += "</script>\n";
}

}  // namespace

std::vector<PagePart> page_data_parts(const ReportData& data) {
  std::vector<PagePart> parts = PageData::parts(std::make_shared<PageData>(data));
  parts.insert(parts.begin(), [](std::string& page) { page.append(kElement).append("data\">"); });
  parts.push_back([](std::string& page) { page += "</script>\n"; });
  for (std::size_t first = 0; first < data.logs.size();) {
    const std::uint32_t chunk = data.logs[first].run / kLogsInChunk;
    std::size_t end = first + 1;
    while (end < data.logs.size() && data.logs[end].run / kLogsInChunk == chunk) ++end;
    parts.push_back(
        [&data, first, end](std::string& page) { append_logs(page, data, first, end); });
    first = end;
  }
  return parts;
}

}  // namespace host
