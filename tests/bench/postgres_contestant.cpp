// The statement of postgres_writer, prepared, executed and waited for, and nothing around it.
#include "bench/contestant.hpp"
#include "postgres/schema.hpp"
#include "postgres/study_store.hpp"
#include "postgres/writer_session.hpp"

#include <stdexcept>

#include <libpq-fe.h>

namespace study_bench {
namespace {

using namespace study::postgres;

constexpr const char* kSchema = "checkpoint_bench_floor";

class PostgresRoundTrip final : public Contestant {
 public:
  explicit PostgresRoundTrip(const std::string& connection)
      : settings_(connection, 5), session_(nullptr, &PQfinish) {}
  ~PostgresRoundTrip() override {
    if (session_) run(in_schema("DROP SCHEMA {s} CASCADE", kSchema));
  }
  [[nodiscard]] std::string name() const override { return "floor/postgres"; }

  void start(const BenchStudy& study, const std::filesystem::path& dir) override {
    store_study_of(study, dir);
    attempts_.assign(study.manifest.experiments.size(), 0);
    session_.reset(PQconnectdbParams(settings_.keywords().data(), settings_.values().data(), 0));
    PQsetNoticeReceiver(
        session_.get(), [](void*, const PGresult*) {}, nullptr);
    check(PQprepare(session_.get(), "store", in_schema(kStoreAttemptSql, kSchema).c_str(), 0,
                    nullptr));
  }

  void store(const BenchTransition& transition) override {
    const bool starts = transition.details.state == study::ExperimentState::running;
    if (starts) ++attempts_[transition.entry];
    const Parameters row(study_id_, transition.entry, attempts_[transition.entry],
                         study::to_string(transition.details.state), transition.details.time,
                         starts ? std::nullopt : std::optional(transition.details.time),
                         std::nullopt, transition.details.error_type,
                         transition.details.error_message, std::nullopt, kSchema,
                         R"({"study": 1, "entry": 1000, "state": "running", "sequence": 1000})");
    check(PQexecPrepared(session_.get(), "store", row.size(), row.values().data(), nullptr, nullptr,
                         0));
  }

 private:
  void store_study_of(const BenchStudy& study, const std::filesystem::path& dir) {
    Connection connection(settings_);
    const Deadline deadline = Clock::now() + std::chrono::minutes(1);
    prepare_session(connection, deadline);
    make_tables(connection, kSchema, deadline);
    WriterLock lock{
        .schema = kSchema, .directory = {.token = random_token()}, .study_dir = dir.string()};
    study::checkpoint::EntryTable table(study.manifest);
    static_cast<void>(store_study(connection, lock, opened_study(table, false), deadline));
    study_id_ = lock.study_id;
  }

  void run(const std::string& sql) { check(PQexec(session_.get(), sql.c_str())); }
  void check(PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
      throw std::runtime_error(PQerrorMessage(session_.get()));
    }
  }

  ConnectionSettings settings_;
  std::unique_ptr<PGconn, decltype(&PQfinish)> session_;
  std::int64_t study_id_ = 0;
  std::vector<std::int32_t> attempts_;
};

}  // namespace

std::unique_ptr<Contestant> postgres_floor(const std::string& connection) {
  return std::make_unique<PostgresRoundTrip>(connection);
}

}  // namespace study_bench
