// The entry file of manifest_writer.so: options in, observer out.
#include "checkpoint/checkpoint_observer.hpp"
#include "checkpoint/options.hpp"
#include "manifest/manifest_sink.hpp"

#include <study/export_observer.hpp>

#include <memory>

#include <boost/json/object.hpp>

namespace study::manifest {
namespace {

[[nodiscard]] ManifestOptions read_options(const boost::json::object& options) {
  ManifestOptions result;
  if (const auto* engine = options.if_contains("engine")) {
    if (engine->as_string() == "swap") result.engine = EngineChoice::swap;
    if (engine->as_string() == "replace") result.engine = EngineChoice::replace;
  }
  result.durability = checkpoint::durability_of(options);
  return result;
}

class ManifestWriter final : public checkpoint::CheckpointObserver {
 public:
  ManifestWriter(PluginHost host, const boost::json::object& options)
      : CheckpointObserver(
            std::make_unique<ManifestSink>(read_options(options), checkpoint::log_to(host)),
            checkpoint::log_to(host), {},
            checkpoint::seconds_of(options, "end_wait_seconds", kEndWait)) {}
};

}  // namespace
}  // namespace study::manifest

STUDY_EXPORT_OBSERVER(
    study::manifest::ManifestWriter, .name = "manifest_writer", .version = STUDY_VERSION,
    .description = "Keeps manifest.json, replaced atomically after every transition.",
    .options_schema = R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "engine": {
      "enum": ["auto", "swap", "replace"],
      "default": "auto",
      "description": "How a transition is published: swap costs the same whatever the size of the study and needs Linux on ext4, xfs, btrfs, tmpfs or f2fs; replace writes a whole new file; auto takes swap where it can."
    },
    "durability": {
      "enum": ["process", "power"],
      "default": "process",
      "description": "What a transition survives once it is stored: the death of the process, or a power loss."
    },
    "end_wait_seconds": {
      "type": "number",
      "minimum": 0,
      "default": 1,
      "description": "How long the end of the study is tried again when the final checkpoint can't be written; it takes no longer than that, as long as the file system answers."
    }
  }
})json")
