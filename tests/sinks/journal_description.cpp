#include "file_store.hpp"
#include "sink_under_test.hpp"

const study_test::SinkUnderTest& study_test::sink_under_test() {
  static const SinkUnderTest sink{.name = "journal_writer",
                                  .plugin = "journal_writer.so",
                                  .break_store = break_files,
                                  .mend_store = mend_files};
  return sink;
}
