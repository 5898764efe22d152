// Any bytes as a host config or as a study's record. The first byte chooses.
#include "fuzz/fuzz.hpp"
#include "input/host_config.hpp"
#include "resume/study_record.hpp"

#include <study/error.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool is_record = data[0] % 2 != 0;
  const std::filesystem::path file =
      study_fuzz::scratch() / (is_record ? host::kRecordFileName : host::kHostConfigFileName);
  study_fuzz::write(file, study_fuzz::text_of(data + 1, size - 1));
  try {
    if (!is_record) {
      const host::HostConfig config = host::load_host_config(file, {});
      study_fuzz::expect(config.jobs >= 1 && config.jobs <= host::kMaxJobs, "jobs are in bounds");
      return 0;
    }
    const auto record = host::read_study_record(study_fuzz::scratch());
    study_fuzz::expect(record.has_value(), "a record that is there is read");
    study_fuzz::expect(record->copies.study.parent_path() == study_fuzz::scratch(),
                       "a copy lies beside its record");
  } catch (const study::InputError&) {
    study_fuzz::expect(!is_record, "a record's errors are of a study");
  } catch (const study::StudyError&) {
    study_fuzz::expect(is_record, "a config's errors are of an input");
  }
  return 0;
}
