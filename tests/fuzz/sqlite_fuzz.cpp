// Any bytes as a database: a study, none, or `CheckpointError`.
#include "fuzz/fuzz.hpp"
#include "sqlite/study_reader.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>

using namespace study;

namespace {

void check(const std::filesystem::path& file, const CheckpointQuery& query) {
  try {
    const auto manifest = sqlite::read_stored_checkpoint(file, std::chrono::milliseconds(0), query);
    if (manifest) static_cast<void>(render_manifest(*manifest));
    const auto take = [](const StudyAttempt& attempt) {
      std::string text;
      try {
        append_attempt(text, attempt);
      } catch (const InputError&) {  // attributes that are no JSON
      }
    };
    static_cast<void>(
        sqlite::read_stored_attempts(file, std::chrono::milliseconds(0), query, take));
    const auto take_study = [](const StoredStudy& study) {
      std::string text;
      append_stored_study(text, study);
    };
    static_cast<void>(sqlite::list_stored_studies(file, std::chrono::milliseconds(0),
                                                  query.study_name, take_study));
  } catch (const CheckpointError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::filesystem::path file = study_fuzz::scratch() / "studies.db";
  study_fuzz::write(file, study_fuzz::text_of(data, size));
  for (const char* const ending : {"-wal", "-shm", "-journal"}) {
    ::unlink((file.string() + ending).c_str());
  }
  check(file, {study_fuzz::scratch() / "study", {}, study_fuzz::scratch()});
  check(file, {{}, "sample", study_fuzz::scratch()});
  return 0;
}
