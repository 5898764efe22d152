// What a session and the boundary promise for every sink: threads, forks, growth, one writer.
#define BOOST_TEST_MODULE session_each_sink
#include "each_sink.hpp"

#include "opened_study.hpp"
#include "support/child.hpp"
#include "support/test_data.hpp"

#include <study/error.hpp>

#include <atomic>
#include <optional>
#include <thread>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace study;
using study_test::checkpoint_in;
using study_test::experiments;
using study_test::kEachSink;
using study_test::run_in_child;
using study_test::StudyOnDisk;
namespace data = boost::unit_test::data;
namespace fs = std::filesystem;

namespace {

SessionOptions options_of(StudyOnDisk& study, const std::string& sink) {
  SessionOptions options = study.options();
  options.observers = {study_test::observer_config(sink)};
  return options;
}

/// A loaded observer of the sink, as a host without a session has one.
std::unique_ptr<StudyObserver> raw_observer(const std::string& sink) {
  const auto library = ObserverLibrary::load(std::string(STUDY_OBSERVER_DIR) + "/" + sink + ".so");
  return library.create({"test", "1", [](auto, auto, auto) {}},
                        study_test::observer_config(sink).options);
}

}  // namespace

BOOST_DATA_TEST_CASE(eight_threads_use_one_session, data::make(kEachSink), sink) {
  if (!study_test::is_available(sink)) return;
  constexpr int kThreads = 8;
  constexpr int kRunsEach = 25;
  StudyOnDisk study(kThreads * kRunsEach);
  Session session = Session::open(options_of(study, sink));
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRunsEach; ++i) {
        const auto run = static_cast<RunNumber>(t * kRunsEach + i);
        StudyOnDisk::complete(session, run);
        try {
          session.running(run);
        } catch (const EventIgnored&) {
          ++refused;
        }
        static_cast<void>(session.manifest());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(session.counters().completed == kThreads * kRunsEach);
  BOOST_TEST(refused == kThreads * kRunsEach);
  const StudyManifest expected = session.manifest();
  const fs::path directory = session.directory();
  BOOST_TEST((checkpoint_in(sink, directory).experiments == expected.experiments));
  session.end();
}

BOOST_DATA_TEST_CASE(eight_threads_use_one_observer, data::make(kEachSink), sink) {
  if (!study_test::is_available(sink)) return;
  constexpr int kThreads = 8;
  constexpr int kRunsEach = 20;
  const study_test::TempDir dir(study_test::memory_directory());
  // The C++ wrapper belongs to one thread; each thread has one of its own to the same library.
  const auto library = ObserverLibrary::load(std::string(STUDY_OBSERVER_DIR) + "/" + sink + ".so");
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      try {
        const fs::path study_dir = dir / std::to_string(t);
        fs::create_directory(study_dir);
        const auto observer = raw_observer(sink);
        StudyConfig config{
            .study_name = "s", .framework_version = "1", .experiments = experiments(kRunsEach)};
        observer->on_study_start({config, study_dir, now()});
        for (const PlannedConfiguration& planned : make_plan(config).configurations) {
          for (const auto state : {ExperimentState::running, ExperimentState::completed}) {
            observer->on_experiment_state(
                {.config_hash = planned.config_hash, .cycle = 1, .state = state, .time = now()});
          }
        }
        observer->on_study_end({StudyOutcome::completed, now()});
      } catch (const std::exception& error) {
        ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(failures == 0);
  for (int t = 0; t < kThreads; ++t) {
    BOOST_TEST(count_entries(checkpoint_in(sink, dir / std::to_string(t))).completed == kRunsEach);
  }
}

BOOST_DATA_TEST_CASE(a_forked_child_neither_writes_nor_harms_nor_hangs, data::make(kEachSink),
                     sink) {
  if (!study_test::is_available(sink)) return;
  StudyOnDisk study(40);
  std::optional<Session> session(Session::open(options_of(study, sink)));
  StudyOnDisk::complete(*session, 0);
  for (int worker = 0; worker < 4; ++worker) {
    const int status = run_in_child([&] {
      int refused = 0;
      const auto is_refused = [&](const std::function<void()>& call) {
        try {
          call();
        } catch (const StudyError& error) {
          if (std::string(error.what()).find("forked") != std::string::npos) ++refused;
        }
      };
      is_refused([&] { session->running(1); });
      is_refused([&] { session->end(); });
      is_refused([&] { static_cast<void>(session->pending()); });
      session.reset();  // with all that is in it
      return refused;
    });
    BOOST_TEST(status == 3);
  }
  StudyOnDisk::complete(*session, 1);
  BOOST_TEST(count_entries(checkpoint_in(sink, session->directory())).completed == 2);
  session->end();
}

BOOST_DATA_TEST_CASE(a_forked_child_of_a_host_without_a_session_is_refused, data::make(kEachSink),
                     sink) {
  if (!study_test::is_available(sink)) return;
  const study_test::TempDir dir(study_test::memory_directory());
  const fs::path study_dir = dir / "study";
  fs::create_directory(study_dir);
  std::unique_ptr<StudyObserver> observer = raw_observer(sink);
  const StudyConfig config{
      .study_name = "s", .framework_version = "1", .experiments = experiments(2)};
  const StudyPlan plan = make_plan(config);
  observer->on_study_start({config, study_dir, now()});
  const auto tell = [&](std::size_t i, ExperimentState state) {
    observer->on_experiment_state({.config_hash = plan.configurations[i].config_hash,
                                   .cycle = 1,
                                   .state = state,
                                   .time = now()});
  };
  tell(0, ExperimentState::running);
  const int status = run_in_child([&] {
    int refused = 0;
    const auto is_refused = [&](const std::function<void()>& call) {
      try {
        call();
      } catch (const PluginError& error) {
        if (std::string(error.what()).find("forked") != std::string::npos) ++refused;
      }
    };
    is_refused([&] { tell(0, ExperimentState::completed); });
    is_refused([&] { observer->on_study_end({StudyOutcome::completed, now()}); });
    observer.reset();
    return refused;
  });
  BOOST_TEST(status == 2);
  tell(0, ExperimentState::completed);
  tell(1, ExperimentState::running);
  tell(1, ExperimentState::completed);
  observer->on_study_end({StudyOutcome::completed, now()});
  const StudyManifest manifest = checkpoint_in(sink, study_dir);
  BOOST_TEST(count_entries(manifest).completed == 2);
  BOOST_TEST((manifest.head.status == StudyStatus::completed));
}

BOOST_DATA_TEST_CASE(a_new_study_over_an_old_one_is_refused, data::make(kEachSink), sink) {
  if (!study_test::is_available(sink)) return;
  StudyOnDisk study(2);
  fs::path directory;
  {
    Session session = Session::open(options_of(study, sink));
    directory = session.directory();
    StudyOnDisk::complete(session, 0);
  }
  const StudyManifest before = checkpoint_in(sink, directory);
  const StudyConfig config{
      .study_name = "sweep", .framework_version = "1", .experiments = experiments(2)};
  BOOST_CHECK_EXCEPTION(raw_observer(sink)->on_study_start({config, directory, now()}), PluginError,
                        study_test::says("A new study never replaces one"));
  // Nor does one go on from a checkpoint that isn't of it.
  const StudyConfig other{
      .study_name = "sweep", .framework_version = "1", .experiments = experiments(3)};
  BOOST_CHECK_EXCEPTION(raw_observer(sink)->on_study_start({other, directory, now(), &before}),
                        PluginError, study_test::says("is missing in it"));
  BOOST_TEST((checkpoint_in(sink, directory) == before));
}

BOOST_DATA_TEST_CASE(two_processes_do_not_share_a_study, data::make(kEachSink), sink) {
  if (!study_test::is_available(sink)) return;
  StudyOnDisk study(2);
  Session session = Session::open(options_of(study, sink));
  BOOST_TEST(run_in_child([&] {
               try {
                 static_cast<void>(Session::open(options_of(study, sink)));
                 return 0;
               } catch (const StudyError& error) {
                 return std::string(error.what()).find("writes here") != std::string::npos ? 1 : 2;
               }
             }) == 1);
  for (const RunNumber run : session.pending()) StudyOnDisk::complete(session, run);
  session.end();
  BOOST_TEST((checkpoint_in(sink, session.directory()).head.status == StudyStatus::completed));
}

BOOST_DATA_TEST_CASE(a_study_that_grows_is_resumed_with_all_that_it_had, data::make(kEachSink),
                     sink) {
  if (!study_test::is_available(sink)) return;
  StudyOnDisk study(0);
  const auto open = [&] {
    SessionOptions options = options_of(study, sink);
    options.is_open_ended = true;
    return Session::open(std::move(options));
  };
  const int status = run_in_child([&] {
    Session session = open();
    for (int i = 0; i < 30; ++i) {
      const RunNumber run = session.add(experiments(1, i)).front();
      if (i % 2 == 0) StudyOnDisk::complete(session, run);
    }
    ::kill(::getpid(), SIGKILL);
    return 0;
  });
  BOOST_TEST(status == 102);
  const fs::path directory = study_test::only_study_in(study / "results");
  const StudyManifest killed = checkpoint_in(sink, directory);
  BOOST_TEST(killed.experiments.size() == 30U);
  BOOST_TEST(count_entries(killed).completed == 15);
  BOOST_TEST(killed.head.study_design_hash ==
             make_plan({.study_name = "s", .experiments = experiments(30)}).study_design_hash);
  {
    Session session = open();
    BOOST_TEST(session.pending().size() == 15U);
    session.add(experiments(1, 30));
    for (const RunNumber run : session.pending()) StudyOnDisk::complete(session, run);
    session.end(StudyOutcome::completed);
  }
  const StudyManifest ended = checkpoint_in(sink, directory);
  BOOST_TEST(count_entries(ended).completed == 31);
  BOOST_TEST((ended.head.status == StudyStatus::completed));
}
