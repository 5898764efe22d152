#include "postgres/postgres_sink.hpp"

#include "base/format.hpp"
#include "postgres/first_connection.hpp"
#include "postgres/schema.hpp"
#include "postgres/study_listing.hpp"

#include <set>
#include <utility>

namespace study::postgres {
namespace {

/// For what is done at the start of a study or for a reader: an answer to it may be megabytes.
constexpr std::chrono::seconds kLongAnswer{60};
/// For the steps of a reconnection.
constexpr std::chrono::seconds kShortAnswer{10};

/// The same whichever way leads to the directory on this host.
[[nodiscard]] std::string shown_path(const std::filesystem::path& study_dir) {
  std::error_code error;
  const auto canonical = std::filesystem::weakly_canonical(study_dir, error);
  return error ? study_dir.string() : canonical.string();
}

/// Runs `body`, in which the server may refuse something that no other message is made for.
template <class Body>
auto described(const std::string& what, Body&& body) {
  try {
    return body();
  } catch (const ServerError& error) {
    throw StudyError(what + ": " + error.what() +
                     (error.sqlstate() == "42501" ? ". Give the user the right to" : ""));
  }
}

[[nodiscard]] std::string counted(std::size_t count, std::string_view what) {
  return study::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// `3 transitions of 2 experiments could not be sent: d34979b3cbf93e3f cycle 1 (completed), …`
[[nodiscard]] std::string describe(const std::vector<AttemptRow>& rows,
                                   const checkpoint::EntryTable& table) {
  constexpr std::size_t kNamed = 5;
  std::set<checkpoint::EntryIndex> entries;
  std::string names;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (!entries.insert(row->entry).second || entries.size() > kNamed) continue;
    const ManifestEntryView entry = table.entry(row->entry);
    names += study::format("{}{} cycle {} ({})", names.empty() ? "" : ", ", entry.config_hash,
                           entry.cycle, to_string(entry.status));
  }
  if (entries.size() > kNamed) names += " and " + std::to_string(entries.size() - kNamed) + " more";
  return study::format("{} of {} could not be sent: {}", counted(rows.size(), "transition"),
                       counted(entries.size(), "experiment"), names);
}

[[nodiscard]] std::string describe(const Batch& unsent, const checkpoint::EntryTable& table) {
  if (!unsent.attempts.empty()) return describe(unsent.attempts, table);
  if (unsent.entries.empty()) return "The end of the study could not be sent";
  return counted(unsent.entries.size(), "added experiment") + " could not be sent";
}

}  // namespace

PostgresSink::PostgresSink(PostgresOptions options, checkpoint::Log log)
    : options_(std::move(options)),
      log_(std::move(log)),
      settings_(options_.connection, options_.connect_timeout_seconds) {
  check_schema_name(options_.schema);
}

void PostgresSink::begin(const StudyStart& event) {
  lock_ = {.schema = options_.schema,
           .directory = {},
           .study_dir = shown_path(event.study_dir),
           .writer = this_writer(),
           .token = random_token()};
  lock_.directory = make_directory_id(event.study_dir, lock_.token);
}

void PostgresSink::open(checkpoint::EntryTable& table, const StudyStart& event) {
  OpenedStudy study = opened_study(table, event.resume_from != nullptr);
  const Delivery::Waits waits{options_.wait, options_.answer_timeout};
  try {
    Connection connection = connect_first(settings_, interrupt_, options_.start_wait, log_);
    described(connection.description() + " can't keep the study", [&] {
      refuse_transaction_pooler(connection, settings_, interrupt_, Clock::now() + kLongAnswer);
      begin(event);
      auto session = store_whole(std::move(connection), study);
      for (const auto& [entry, count] : std::exchange(earlier_attempts_, {})) {
        table.set_attempts(entry, count);
      }
      delivery_.emplace(
          std::move(session), [this] { return reconnect(); }, waits, interrupt_);
    });
  } catch (const StoreAway& away) {
    begin(event);
    unstored_ = std::move(study);
    delivery_.emplace(
        nullptr, [this] { return reconnect(); }, waits, interrupt_, away.what());
    throw;
  }
}

std::unique_ptr<WriterSession> PostgresSink::store_whole(Connection connection,
                                                         const OpenedStudy& study) {
  const Deadline deadline = Clock::now() + kLongAnswer;
  prepare_session(connection, deadline);
  make_tables(connection, options_.schema, deadline);
  acquire(connection, lock_, deadline);
  earlier_attempts_ = store_study(connection, lock_, study, deadline);
  return std::make_unique<WriterSession>(std::move(connection), lock_, deadline);
}

/// What would have refused the study at its start is final now, too.
std::unique_ptr<WriterSession> PostgresSink::store_late(Connection connection) {
  try {
    refuse_transaction_pooler(connection, settings_, interrupt_, Clock::now() + kShortAnswer);
    auto session = store_whole(std::move(connection), *unstored_);
    unstored_.reset();
    return session;
  } catch (const ServerError&) {
    // The answer to its COMMIT may have got lost: a study that is there is then this one.
    if (lock_.study_id != 0) unstored_->is_resumed = true;
    throw;
  } catch (const Error& error) {
    throw TakenOver(error.what());
  }
}

std::unique_ptr<WriterSession> PostgresSink::reconnect() {
  Connection connection(settings_, &interrupt_);
  std::unique_ptr<WriterSession> session;
  if (unstored_) {
    session = store_late(std::move(connection));
  } else {
    const Deadline deadline = Clock::now() + kShortAnswer;
    prepare_session(connection, deadline);
    reacquire(connection, lock_, deadline);
    session = std::make_unique<WriterSession>(std::move(connection), lock_, deadline);
  }
  session->count_from(earlier_attempts_);
  return session;
}

void PostgresSink::commit(checkpoint::EntryTable& /*table*/,
                          const checkpoint::Transition& transition) {
  deliver(rows_.after(transition));
}

void PostgresSink::add(checkpoint::EntryTable& table, checkpoint::EntryIndex first,
                       Timestamp /*time*/) {
  std::vector<EntryRow> rows;
  for (checkpoint::EntryIndex i = first; i < table.size(); ++i) {
    const ManifestEntryView entry = table.entry(i);
    rows.push_back({.entry = i,
                    .config_hash = std::string(entry.config_hash),
                    .cycle = entry.cycle,
                    .config_summary = std::string(entry.config_summary),
                    .study_design_hash = table.head().study_design_hash});
  }
  deliver(std::move(rows));
}

template <class Row>
void PostgresSink::deliver(Row row) {
  try {
    delivery_->deliver(std::move(row));
  } catch (const TakenOver&) {
    throw;
  } catch (const ServerError& error) {
    throw ServerError(study::format(
        "PostgreSQL: {}; what changes is kept, and sent when the server takes it again",
        error.what()));
  }
}

void PostgresSink::close(checkpoint::EntryTable& table, Deadline deadline) {
  const Ending ending{table.head().status, table.head().completed_at};
  try {
    delivery_->finish(ending, deadline);
  } catch (const TakenOver&) {
    throw;
  } catch (const ServerError& error) {
    throw ServerError(study::format(
        "PostgreSQL: {}. {}. A study that is resumed sends it, from the checkpoint of another sink "
        "or from the results that are there",
        error.what(), describe(delivery_->unsent(), table)));
  }
  delivery_.reset();
}

std::optional<StudyManifest> PostgresSink::read_checkpoint(const CheckpointQuery& query) {
  std::optional<StudyManifest> manifest;
  read(query, [&](Connection& connection, const auto& directory, Deadline deadline) {
    manifest = read_latest(connection, options_.schema, directory, query.study_name, deadline);
  });
  return manifest;
}

bool PostgresSink::read_attempts(const CheckpointQuery& query, const TakeAttempt& take) {
  bool is_known = false;
  read(query, [&](Connection& connection, const auto& directory, Deadline deadline) {
    is_known = read_latest_attempts(connection, options_.schema, directory, query.study_name, take,
                                    deadline);
  });
  return is_known;
}

bool PostgresSink::list_studies(const StudiesQuery& query, const TakeStudy& take) {
  bool is_known = false;
  read({}, [&](Connection& connection, const auto& /*directory*/, Deadline /*deadline*/) {
    is_known = list_stored_studies(connection, options_.schema, query.study_name, take);
  });
  return is_known;
}

/// A directory that no study was ever stored of is not asked for.
template <class Body>
void PostgresSink::read(const CheckpointQuery& query, const Body& body) const {
  std::optional<DirectoryId> directory;
  if (!query.study_dir.empty()) {
    directory = read_directory_id(query.study_dir);
    if (!directory) return;
  }
  Connection connection = connect_first(settings_, interrupt_, std::chrono::milliseconds(0), log_);
  const Deadline deadline = Clock::now() + kLongAnswer;
  described(connection.description() + " can't be read", [&] {
    prepare_session(connection, deadline);
    body(connection, directory, deadline);
  });
}

}  // namespace study::postgres
