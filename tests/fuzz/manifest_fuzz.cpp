// Any bytes as a manifest: a manifest or `CheckpointError`; what is read is written, and that is
// read and written the same. What it was read from may have words that aren't written.
#include "fuzz/fuzz.hpp"
#include "manifest/manifest_reader.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/manifest.hpp>

#include <string>

using namespace study;

namespace {

void check(std::string_view text) {
  try {
    const StudyManifest manifest = parse_manifest(text, "manifest.json");
    const std::string rendered = render_manifest(manifest);
    study_fuzz::expect(render_manifest(parse_manifest(rendered, "rendered")) == rendered,
                       "there is one text for a manifest");
    std::string compact;
    append_json(compact, parse_json(text, "manifest.json"));
    study_fuzz::expect(parse_manifest(compact, "compact") == manifest,
                       "the layout of the text does not matter");
    static_cast<void>(count_entries(manifest));
  } catch (const CheckpointError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = study_fuzz::text_of(data, size);
  check(text);
  if (const auto recovered = manifest::without_lost_end(text)) check(*recovered);
  return 0;
}
