// SQLite with nothing around it: the plainest use of it, and the least that sqlite_writer can cost.
#include "bench/contestant.hpp"
#include "sqlite/study_writer.hpp"

#include <stdexcept>
#include <string_view>
#include <vector>

#include <sqlite3.h>

namespace study_bench {
namespace {

class SqliteContestant : public Contestant {
 public:
  ~SqliteContestant() override {
    for (sqlite3_stmt* statement : statements_) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }

 protected:
  void open(const std::filesystem::path& path, int extra_flags = 0) {
    check(sqlite3_open_v2(path.c_str(), &database_,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | extra_flags, nullptr));
  }
  void run(const char* sql) { check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }

  [[nodiscard]] sqlite3_stmt* prepare(std::string_view sql) {
    sqlite3_stmt*& statement = statements_.emplace_back();
    check(sqlite3_prepare_v2(database_, sql.data(), static_cast<int>(sql.size()), &statement,
                             nullptr));
    return statement;
  }
  static void bind(sqlite3_stmt* statement, int index, std::string_view text) {
    sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  void step(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(database_));
    sqlite3_reset(statement);
  }

 private:
  void check(int result) {
    if (result != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(database_));
  }

  sqlite3* database_ = nullptr;
  std::vector<sqlite3_stmt*> statements_;
};

/// One prepared UPDATE in WAL mode, synchronous NORMAL.
class SqliteUpdate final : public SqliteContestant {
 public:
  [[nodiscard]] std::string name() const override { return "sqlite"; }

  void start(const BenchStudy& study, const std::filesystem::path& dir) override {
    open(dir / "studies.db");
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "CREATE TABLE entries (id INTEGER PRIMARY KEY, config_hash TEXT, cycle INTEGER, status "
        "TEXT,"
        " started_at INTEGER, error_type TEXT, error_message TEXT); BEGIN");
    sqlite3_stmt* const insert =
        prepare("INSERT INTO entries VALUES (?, ?, ?, 'pending', NULL, NULL, NULL)");
    for (std::size_t i = 0; i < study.manifest.experiments.size(); ++i) {
      const auto& entry = study.manifest.experiments[i];
      sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(i));
      bind(insert, 2, entry.config_hash);
      sqlite3_bind_int(insert, 3, entry.cycle);
      step(insert);
    }
    run("COMMIT");
    update_ = prepare(
        "UPDATE entries SET status = ?, started_at = ?, error_type = ?, error_message = ?"
        " WHERE id = ?");
  }

  void store(const BenchTransition& transition) override {
    bind(update_, 1, study::to_string(transition.details.state));
    sqlite3_bind_int64(update_, 2, transition.details.time.time_since_epoch().count());
    bind(update_, 3, transition.details.error_type);
    bind(update_, 4, transition.details.error_message);
    sqlite3_bind_int64(update_, 5, static_cast<sqlite3_int64>(transition.entry));
    step(update_);
  }

 private:
  sqlite3_stmt* update_ = nullptr;
};

/// The statements of sqlite_writer, prepared and executed on its tables.
class SqliteFloor final : public SqliteContestant {
 public:
  [[nodiscard]] std::string name() const override { return "floor/sqlite"; }

  void start(const BenchStudy& study, const std::filesystem::path& dir) override {
    const std::filesystem::path path = dir / "studies.db";
    attempts_.assign(study.manifest.experiments.size(), 0);
    study::sqlite::StudyWriter(path, {}).start("bench",
                                               study::checkpoint::EntryTable(study.manifest));
    open(path, SQLITE_OPEN_NOMUTEX);  // as sqlite_writer does
    run("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
    store_ = prepare(study::sqlite::kStoreAttempt);
    end_ = prepare(study::sqlite::kEndAttempt);
  }

  void store(const BenchTransition& transition) override {
    const auto time = transition.details.time.time_since_epoch().count();
    const auto entry = static_cast<sqlite3_int64>(transition.entry);
    if (transition.details.state == study::ExperimentState::running) {
      sqlite3_bind_int64(store_, 1, 1);
      sqlite3_bind_int64(store_, 2, entry);
      sqlite3_bind_int64(store_, 3, ++attempts_[transition.entry]);
      bind(store_, 4, "running");
      sqlite3_bind_int64(store_, 5, time);
      step(store_);
      return;
    }
    bind(end_, 1, study::to_string(transition.details.state));
    sqlite3_bind_int64(end_, 2, time);
    bind(end_, 4, transition.details.error_type);
    bind(end_, 5, transition.details.error_message);
    sqlite3_bind_int64(end_, 7, 1);
    sqlite3_bind_int64(end_, 8, entry);
    sqlite3_bind_int64(end_, 9, attempts_[transition.entry]);
    step(end_);
  }

 private:
  sqlite3_stmt* store_ = nullptr;
  sqlite3_stmt* end_ = nullptr;
  std::vector<std::int64_t> attempts_;
};

}  // namespace

std::unique_ptr<Contestant> sqlite_update() {
  return std::make_unique<SqliteUpdate>();
}

std::unique_ptr<Contestant> sqlite_floor() {
  return std::make_unique<SqliteFloor>();
}

}  // namespace study_bench
