// The entry file of sqlite_writer.so: options in, observer out.
#include "checkpoint/checkpoint_observer.hpp"
#include "checkpoint/options.hpp"
#include "sqlite/sqlite_sink.hpp"

#include <study/export_observer.hpp>

#include <chrono>

#include <boost/json/object.hpp>

namespace study::sqlite {
namespace {

[[nodiscard]] SqliteOptions read_options(const boost::json::object& options) {
  SqliteOptions result;
  if (const auto* path = options.if_contains("path")) result.path = std::string(path->as_string());
  result.durability = checkpoint::durability_of(options);
  result.busy_timeout =
      checkpoint::seconds_of(options, "busy_timeout_seconds", result.busy_timeout);
  return result;
}

/// Long enough for a lock that is waited for as long as any.
[[nodiscard]] std::chrono::milliseconds end_wait(const boost::json::object& options) {
  return checkpoint::seconds_of(options, "end_wait_seconds",
                                read_options(options).busy_timeout + std::chrono::seconds(1));
}

class SqliteWriter final : public checkpoint::SharedStoreObserver {
 public:
  SqliteWriter(PluginHost host, const boost::json::object& options)
      : SharedStoreObserver(
            std::make_unique<SqliteSink>(read_options(options), checkpoint::log_to(host)),
            checkpoint::log_to(host), {}, end_wait(options)) {}
};

}  // namespace
}  // namespace study::sqlite

STUDY_EXPORT_OBSERVER(
    study::sqlite::SqliteWriter, .name = "sqlite_writer", .version = STUDY_VERSION,
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
    },
    "end_wait_seconds": {
      "type": "number",
      "minimum": 0,
      "description": "How long the end of the study waits at most for other processes and is tried again; without it, busy_timeout_seconds and one second more."
    }
  }
})json")
