#include "file_store.hpp"
#include "sink_under_test.hpp"

#include <study/json.hpp>

#include <cstdint>
#include <fstream>
#include <map>
#include <utility>

#include <boost/json/object.hpp>

namespace {

/// Those of the last line of each attempt.
std::vector<std::string> attributes_of_attempts(const std::filesystem::path& study_dir) {
  std::map<std::pair<std::string, std::int64_t>, std::string> found;
  std::ifstream lines(study_dir / "journal.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const boost::json::object fields = study::parse_json(line, "line").as_object();
    if (fields.at("event") != "state") continue;
    const auto* const attributes = fields.if_contains("attributes");
    std::string text;
    if (attributes != nullptr) study::append_json(text, *attributes);
    found[{std::string(fields.at("config_hash").as_string()), fields.at("attempt").as_int64()}] =
        text;
  }
  std::vector<std::string> result;
  for (const auto& [attempt, attributes] : found) result.push_back(attributes);
  return result;
}

}  // namespace

const study_test::SinkUnderTest& study_test::sink_under_test() {
  static const SinkUnderTest sink{.name = "journal_writer",
                                  .plugin = "journal_writer.so",
                                  .attributes = attributes_of_attempts,
                                  .break_store = break_files,
                                  .mend_store = mend_files};
  return sink;
}
