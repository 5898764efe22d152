#include "file_store.hpp"
#include "sink_under_test.hpp"

const study_test::SinkUnderTest& study_test::sink_under_test() {
  static const SinkUnderTest sink{
      .name = "manifest_writer with the replace engine",
      .plugin = "manifest_writer.so",
      .options = [](const std::filesystem::path&) { return R"({"engine": "replace"})"; },
      .break_store = break_files,
      .mend_store = mend_files};
  return sink;
}
