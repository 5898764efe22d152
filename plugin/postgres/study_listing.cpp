#include "postgres/study_listing.hpp"

#include "postgres/schema.hpp"
#include "postgres/writer_lock.hpp"

#include <algorithm>
#include <vector>

namespace study::postgres {
namespace {

/// Counting them all takes as long as it takes, each so many of them no longer than this.
constexpr std::chrono::seconds kPageTime{60};
constexpr int kStudiesAtOnce = 100;

/// The next behind $1, of the name $2, if it is one.
constexpr const char* kSelectStudies =
    "SELECT s.study_id, s.directory_id, s.directory_inode, s.study_name, s.study_dir, "
    "s.study_design_hash, s.status, s.started_at_us, s.completed_at_us, n.completed, n.failed, "
    "n.pending, n.running, s.writer_host, s.writer_pid, s.writer_since_us FROM {s}.studies AS s "
    "CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE e.status = 'completed') AS completed, "
    "count(*) FILTER (WHERE e.status = 'failed') AS failed, count(*) FILTER (WHERE e.status IN "
    "('pending', 'running')) AS pending, count(*) FILTER (WHERE e.status = 'running') AS running "
    "FROM {s}.entry_states AS e WHERE e.study_id = s.study_id) AS n WHERE s.study_id > $1::bigint "
    "AND ($2::text = '' OR s.study_name = $2::text) ORDER BY s.study_id LIMIT $3::integer";

/// A study of a page, and by which lock it is known whether somebody writes to it.
struct Listed {
  StoredStudy study;
  std::int64_t key;
};

/// The tables allow no other states.
[[nodiscard]] Listed study_of(const Rows& rows, int row, const std::string& schema) {
  StoredStudy study{
      .study_name = rows.text(row, 3),
      .study_dir = rows.text(row, 4),
      .study_design_hash = rows.text(row, 5),
      .status = *parse_study_status(rows.text(row, 6)),
      .started_at = rows.time(row, 7),
      .completed_at = rows.optional_time(row, 8),
      .counters = {rows.integer(row, 9), rows.integer(row, 10), rows.integer(row, 11)},
      .running = rows.integer(row, 12),
      .writer = {}};
  study.writer.writer = Writer{.pid = rows.integer(row, 14),
                               .host = rows.text(row, 13),
                               .boot_id = {},
                               .started_at = rows.time(row, 15)};
  return {std::move(study), lock_key(schema, {rows.text(row, 1), rows.integer(row, 2)})};
}

[[nodiscard]] bool looks_abandoned(const Listed& listed) {
  return listed.study.status == StudyStatus::running &&
         listed.study.writer.state == WriterState::gone;
}

/// By what is held before the rows were read: a study that is read as running while its writer
/// lives is not one whose writer has died. Of one that has begun since, the locks of afterwards
/// tell.
void tell_writers(Connection& connection, std::vector<Listed>& page,
                  const std::optional<std::set<std::int64_t>>& held_before, Deadline deadline) {
  if (!held_before) return;
  for (Listed& listed : page) {
    listed.study.writer.state =
        held_before->contains(listed.key) ? WriterState::alive : WriterState::gone;
  }
  if (std::none_of(page.begin(), page.end(), &looks_abandoned)) return;
  const auto held_now = held_locks(connection, deadline);
  for (Listed& listed : page) {
    if (looks_abandoned(listed) && held_now && held_now->contains(listed.key)) {
      listed.study.writer.state = WriterState::alive;
    }
  }
}

}  // namespace

bool list_stored_studies(Connection& connection, const std::string& schema,
                         const std::string& study_name, const TakeStudy& take) {
  if (!has_tables(connection, schema, Clock::now() + kPageTime)) return false;
  const std::string select = in_schema(kSelectStudies, schema);
  std::int64_t last = 0;
  for (int count = kStudiesAtOnce; count == kStudiesAtOnce;) {
    const Deadline deadline = Clock::now() + kPageTime;
    const auto held = held_locks(connection, deadline);
    const Rows rows =
        connection.run(select, Parameters(last, study_name, kStudiesAtOnce), deadline);
    count = rows.size();
    std::vector<Listed> page;
    page.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) page.push_back(study_of(rows, i, schema));
    if (count > 0) last = rows.integer(count - 1, 0);
    tell_writers(connection, page, held, deadline);
    for (const Listed& listed : page) take(listed.study);
  }
  return true;
}

}  // namespace study::postgres
