// The entry file of sqlite_writer.so: options in, observer out.
#include "checkpoint/checkpoint_observer.hpp"
#include "sqlite/sqlite_sink.hpp"

#include <study/export_observer.hpp>

#include <algorithm>

#include <boost/json/object.hpp>

namespace study::sqlite {
namespace {

[[nodiscard]] SqliteOptions read_options(const boost::json::object& options) {
  SqliteOptions result;
  if (const auto* path = options.if_contains("path")) result.path = std::string(path->as_string());
  if (const auto* durability = options.if_contains("durability")) {
    if (durability->as_string() == "power") result.durability = Durability::power;
  }
  if (const auto* timeout = options.if_contains("busy_timeout_seconds")) {
    constexpr double kMostSeconds = 1e6;
    const double seconds = std::min(timeout->to_number<double>(), kMostSeconds);
    result.busy_timeout = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  }
  return result;
}

class SqliteWriter final : public checkpoint::CheckpointObserver {
 public:
  SqliteWriter(PluginHost host, const boost::json::object& options)
      : CheckpointObserver(
            std::make_unique<SqliteSink>(read_options(options), checkpoint::log_to(host)),
            checkpoint::log_to(host)) {}
};

}  // namespace
}  // namespace study::sqlite

STUDY_EXPORT_OBSERVER(
    study::sqlite::SqliteWriter, .name = "sqlite_writer", .version = "1.0.0",
    .description = "Keeps all studies of a results directory in one SQLite database.",
    .options_schema = R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "path": {
      "type": "string",
      "minLength": 1,
      "default": "studies.db",
      "description": "The database file, relative to the results directory."
    },
    "durability": {
      "enum": ["process", "power"],
      "default": "process",
      "description": "What a transition survives once it is stored: the death of the process, or a power loss."
    },
    "busy_timeout_seconds": {
      "type": "number",
      "minimum": 0,
      "default": 10,
      "description": "How long a write waits while another process writes."
    }
  }
})json")
