// Whoever listens learns of every transition, without asking.
#include "written_study.hpp"

#include <boost/test/unit_test.hpp>
#include <poll.h>

using namespace study;
using namespace study_test;
using enum study::ExperimentState;

namespace {

/// A watcher of one channel.
class Listener {
 public:
  explicit Listener(const std::string& channel)
      : session_(::PQconnectdb(server().connection().c_str()), &::PQfinish) {
    ::PQclear(::PQexec(session_.get(), ("LISTEN " + channel).c_str()));
  }

  /// The next payload, however long it takes.
  std::string next() {
    for (;;) {
      ::PQconsumeInput(session_.get());
      if (PGnotify* const found = ::PQnotifies(session_.get())) {
        std::string payload = found->extra;
        ::PQfreemem(found);
        return payload;
      }
      pollfd waiting{::PQsocket(session_.get()), POLLIN, 0};
      if (::poll(&waiting, 1, 60'000) != 1) return "nothing came";
    }
  }

 private:
  std::unique_ptr<PGconn, decltype(&::PQfinish)> session_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(notifications)

BOOST_AUTO_TEST_CASE(each_transition_is_told_to_whoever_listens) {
  const auto options = fresh_options();
  Listener listener(options.schema);
  const TempDir dir;
  WrittenStudy study(options, dir.path());
  study.set(2, running, 1);
  study.set(2, failed, 2, std::string(2000, 'x'));
  study.set(1, running, 3);
  study.set(1, pending, 4);
  study.end(StudyOutcome::interrupted);
  BOOST_TEST(listener.next() == R"({"study": 1, "status": "running"})");
  BOOST_TEST(listener.next() == R"({"study": 1, "entry": 2, "state": "running", "sequence": 1})");
  BOOST_TEST(listener.next() == R"({"study": 1, "entry": 2, "state": "failed", "sequence": 2})");
  BOOST_TEST(listener.next() == R"({"study": 1, "entry": 1, "state": "running", "sequence": 3})");
  BOOST_TEST(listener.next() == R"({"study": 1, "entry": 1, "state": "pending", "sequence": 4})");
  BOOST_TEST(listener.next() == R"({"study": 1, "status": "interrupted"})");
}

BOOST_AUTO_TEST_SUITE_END()
