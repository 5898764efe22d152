// The entry file of journal_writer.so: options in, observer out.
#include "checkpoint/checkpoint_observer.hpp"
#include "checkpoint/options.hpp"
#include "journal/journal_sink.hpp"

#include <study/export_observer.hpp>

#include <memory>

#include <boost/json/object.hpp>

namespace study::journal {
namespace {

[[nodiscard]] JournalOptions read_options(const boost::json::object& options) {
  JournalOptions result;
  result.durability = checkpoint::durability_of(options);
  return result;
}

class JournalWriter final : public checkpoint::HistoryObserver {
 public:
  JournalWriter(PluginHost host, const boost::json::object& options)
      : HistoryObserver(
            std::make_unique<JournalSink>(read_options(options), checkpoint::log_to(host)),
            checkpoint::log_to(host), {},
            checkpoint::seconds_of(options, "end_wait_seconds", kEndWait)) {}
};

}  // namespace
}  // namespace study::journal

STUDY_EXPORT_OBSERVER(
    study::journal::JournalWriter, .name = "journal_writer", .version = STUDY_VERSION,
    .description =
        "Appends one line to journal.jsonl for every transition, and keeps all attempts.",
    .options_schema = R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "durability": {
      "enum": ["process", "power"],
      "default": "process",
      "description": "What a transition survives once it is stored: the death of the process, or a power loss."
    },
    "end_wait_seconds": {
      "type": "number",
      "minimum": 0,
      "default": 1,
      "description": "How long the end of the study is tried again when its last lines can't be written; it takes no longer than that, as long as the file system answers."
    }
  }
})json")
