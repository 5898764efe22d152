#include "file_store.hpp"
#include "sink_under_test.hpp"
#include "sqlite/database.hpp"

namespace {

std::vector<std::string> attributes_of_attempts(const std::filesystem::path& study_dir) {
  study::sqlite::Database database(study_dir.parent_path() / "studies.db",
                                   study::sqlite::Access::read, std::chrono::seconds(5));
  study::sqlite::Statement row(
      database, "SELECT coalesce(attributes, '') FROM attempts ORDER BY position, attempt");
  std::vector<std::string> result;
  while (row.next()) result.push_back(row.text(0));
  return result;
}

}  // namespace

const study_test::SinkUnderTest& study_test::sink_under_test() {
  static const SinkUnderTest sink{.name = "sqlite_writer",
                                  .plugin = "sqlite_writer.so",
                                  .attributes = attributes_of_attempts,
                                  .lists_studies = true,
                                  .break_store = break_files,
                                  .mend_store = mend_files};
  return sink;
}
