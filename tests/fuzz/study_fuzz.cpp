// Any bytes as a study file: a plan or `InputError`. The first byte chooses between YAML and JSON.
#include "fuzz/fuzz.hpp"
#include "plan/prepared_study.hpp"

#include <study/error.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool is_json = data[0] % 2 != 0;
  try {
    static_cast<void>(host::plan_text(std::string(study_fuzz::text_of(data + 1, size - 1)),
                                      study_fuzz::scratch() / (is_json ? "s.json" : "s.yaml")));
  } catch (const study::InputError&) {
  }
  return 0;
}
