// One prepared UPDATE in WAL mode, synchronous NORMAL.
#include "bench/contestant.hpp"

#include <stdexcept>

#include <sqlite3.h>

namespace study_bench {
namespace {

class SqliteUpdate final : public Contestant {
 public:
  ~SqliteUpdate() override {
    sqlite3_finalize(update_);
    sqlite3_close(database_);
  }
  [[nodiscard]] std::string name() const override { return "sqlite"; }

  void start(const BenchStudy& study, const std::filesystem::path& dir) override {
    check(sqlite3_open((dir / "studies.db").c_str(), &database_));
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "CREATE TABLE entries (id INTEGER PRIMARY KEY, config_hash TEXT, cycle INTEGER, status "
        "TEXT,"
        " started_at INTEGER, error_type TEXT, error_message TEXT); BEGIN");
    sqlite3_stmt* insert = nullptr;
    check(sqlite3_prepare_v2(database_,
                             "INSERT INTO entries VALUES (?, ?, ?, 'pending', NULL, NULL, NULL)",
                             -1, &insert, nullptr));
    for (std::size_t i = 0; i < study.manifest.experiments.size(); ++i) {
      const auto& entry = study.manifest.experiments[i];
      sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(i));
      bind(insert, 2, entry.config_hash);
      sqlite3_bind_int(insert, 3, entry.cycle);
      step(insert);
    }
    sqlite3_finalize(insert);
    run("COMMIT");
    check(sqlite3_prepare_v2(
        database_,
        "UPDATE entries SET status = ?, started_at = ?, error_type = ?, error_message = ?"
        " WHERE id = ?",
        -1, &update_, nullptr));
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
  void check(int result) {
    if (result != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(database_));
  }
  void run(const char* sql) { check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }
  void step(sqlite3_stmt* statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(database_));
    sqlite3_reset(statement);
  }
  static void bind(sqlite3_stmt* statement, int index, std::string_view text) {
    sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* update_ = nullptr;
};

}  // namespace

std::unique_ptr<Contestant> sqlite_update() {
  return std::make_unique<SqliteUpdate>();
}

}  // namespace study_bench
