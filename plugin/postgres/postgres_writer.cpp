// The entry file of postgres_writer.so: options in, observer out.
#include "checkpoint/checkpoint_observer.hpp"
#include "checkpoint/options.hpp"
#include "postgres/postgres_sink.hpp"

#include <study/export_observer.hpp>

#include <boost/json/object.hpp>

namespace study::postgres {
namespace {

constexpr std::chrono::seconds kStartWait{10};

[[nodiscard]] PostgresOptions read_options(const boost::json::object& options) {
  PostgresOptions result;
  if (const auto* value = options.if_contains("connection")) result.connection = value->as_string();
  if (const auto* value = options.if_contains("schema")) result.schema = value->as_string();
  if (const auto* value = options.if_contains("wait_milliseconds")) {
    result.wait = std::chrono::milliseconds(value->to_number<int>());
  }
  if (const auto* value = options.if_contains("connect_timeout_seconds")) {
    result.connect_timeout_seconds = value->to_number<int>();
  }
  result.start_wait = checkpoint::seconds_of(options, "start_wait_seconds", kStartWait);
  return result;
}

class PostgresWriter final : public checkpoint::SharedStoreObserver {
 public:
  PostgresWriter(PluginHost host, const boost::json::object& options)
      : SharedStoreObserver(
            std::make_unique<PostgresSink>(read_options(options), checkpoint::log_to(host)),
            checkpoint::log_to(host), {},
            checkpoint::seconds_of(options, "end_wait_seconds", std::chrono::seconds(10))) {}
};

}  // namespace
}  // namespace study::postgres

STUDY_EXPORT_OBSERVER(
    study::postgres::PostgresWriter, .name = "postgres_writer", .version = STUDY_VERSION,
    .description = "Keeps the checkpoints of many hosts in one PostgreSQL database.",
    .options_schema = R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "connection": {
      "type": "string",
      "writeOnly": true,
      "default": "",
      "description": "The database, as a libpq connection string or URI. What it leaves out comes from the PG* environment; a password is best kept in ~/.pgpass."
    },
    "schema": {
      "type": "string",
      "minLength": 1,
      "default": "study_checkpoint",
      "description": "The schema that holds the tables, and the channel of the notifications."
    },
    "wait_milliseconds": {
      "type": "integer",
      "minimum": 0,
      "maximum": 3600000,
      "default": 300,
      "description": "How long a transition waits at most for the server. While the server is away it does not wait at all."
    },
    "start_wait_seconds": {
      "type": "number",
      "minimum": 0,
      "maximum": 86400,
      "default": 10,
      "description": "How long the start of the study waits for a server that can't be reached, starts, or has no connection left."
    },
    "end_wait_seconds": {
      "type": "number",
      "minimum": 0,
      "maximum": 3600,
      "default": 10,
      "description": "How long the end of the study waits at most for the server."
    },
    "connect_timeout_seconds": {
      "type": "integer",
      "minimum": 2,
      "maximum": 600,
      "default": 5,
      "description": "How long one host of the connection may take to answer, unless the connection says it."
    }
  }
})json")
