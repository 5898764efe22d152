// Any bytes as what a report reads beside the checkpoint: a result or a log. The first byte
// chooses.
#include "fuzz/fuzz.hpp"
#include "report/log_tails.hpp"
#include "report/page_text.hpp"
#include "report/result_columns.hpp"

#include <study/posix.hpp>
#include <study/text.hpp>

#include <boost/json/parse.hpp>
#include <fcntl.h>

namespace {

/// Nothing in it ends a script element, and a browser reads it as JSON.
void expect_safe(std::string_view text) {
  std::string json;
  host::append_script_text(json, text);
  study_fuzz::expect(json.find_first_of("<>&") == std::string::npos, "nothing leads out");
  study_fuzz::expect(boost::json::parse(json).is_string(), "it is a text");
}

void read_result(int fd) {
  host::ResultColumns columns;
  const auto reading = columns.add(0, fd);
  const bool has_fields = !columns.numbers().empty() || !columns.texts().empty();
  study_fuzz::expect(!has_fields || reading == host::ResultColumns::Reading::taken,
                     "of a text that isn't JSON nothing is taken");
  for (const auto& column : columns.numbers()) {
    expect_safe(column.key);
    study_fuzz::expect(column.values.size() == 1, "a run has one value");
  }
  for (const auto& column : columns.texts()) expect_safe(column.values.at(0));
}

void read_log(int fd, std::size_t size) {
  const host::LogTail tail = host::read_log_tail(0, fd, 16);
  study_fuzz::expect(study::is_valid_utf8(tail.text), "a tail is UTF-8");
  study_fuzz::expect(tail.size_bytes == size && tail.is_whole == (size <= 16), "its size is told");
  expect_safe(tail.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::filesystem::path file = study_fuzz::scratch() / "file";
  study_fuzz::write(file, study_fuzz::text_of(data + 1, size - 1));
  const study::UniqueFd fd = study::open_regular_file(file.c_str(), O_RDONLY);
  switch (data[0] % 2) {
    case 0:
      read_result(fd.get());
      break;
    default:
      read_log(fd.get(), size - 1);
  }
  return 0;
}
