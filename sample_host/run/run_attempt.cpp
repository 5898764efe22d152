#include "run/run_attempt.hpp"

#include <system_error>
#include <utility>

#include <boost/asio/post.hpp>

namespace host {
namespace {

/// What a launcher that has left no status says itself.
std::string launcher_problem(const ProcessEnd& end) {
  const std::string how = end.signal != 0 ? "was killed by " + signal_name(end.signal)
                                          : "ended with code " + std::to_string(end.exit_code);
  return with_last_lines("LauncherFailure", "it " + how + ", and the experiment has left no status",
                         end.error_tail)
      .message;
}

std::string lost_output(std::uint64_t arrived, std::uint64_t printed) {
  return "of the " + std::to_string(printed) + " bytes that the experiment printed " +
         std::to_string(arrived) + " have arrived";
}

bool wrote_result(const ResultFiles& files) {
  std::error_code ignored;
  return !files.written.empty() && std::filesystem::exists(files.written, ignored);
}

}  // namespace

using study::ExperimentState;
using Clock = std::chrono::steady_clock;

std::shared_ptr<RunAttempt> RunAttempt::start(boost::asio::io_context& io, Descendants& descendants,
                                              OutOfMemoryKills& out_of_memory,
                                              const AttemptSpec& spec, OnVerdict on_verdict) {
  std::shared_ptr<RunAttempt> started(
      new RunAttempt(io, out_of_memory, spec, std::move(on_verdict)));
  started->process_ = ExperimentProcess::start(io, descendants, spec.process,
                                               [self = started->weak_from_this()](ProcessEnd end) {
                                                 if (const auto attempt = self.lock())
                                                   attempt->on_end(std::move(end));
                                               });
  return started;
}

RunAttempt::RunAttempt(boost::asio::io_context& io, OutOfMemoryKills& out_of_memory,
                       const AttemptSpec& spec, OnVerdict on_verdict)
    : io_(io),
      on_verdict_(std::move(on_verdict)),
      files_(spec.files),
      durability_(spec.durability),
      timeout_(spec.timeout),
      out_of_memory_(out_of_memory),
      timer_(io),
      status_file_(spec.status_file) {}

void RunAttempt::interrupt() {
  is_interrupted_ = true;
  process_->stop();
  // Its failure is waiting to be told from an interruption, and is one.
  const bool is_known = status_file_.empty() || status_;
  if (end_ && is_known && !placement_) conclude({});
}

void RunAttempt::kill() {
  is_interrupted_ = true;
  process_->kill();
  if (end_) conclude({});
}

void RunAttempt::on_end(ProcessEnd end) {
  ended_at_ = Clock::now();
  end_ = std::move(end);
  if (status_file_.empty()) return judge();
  look_for_status();
}

void RunAttempt::look_for_status() {
  if (!on_verdict_) return;
  if (std::optional<LeafStatus> status = read_leaf_status(status_file_)) {
    return on_status(*std::move(status));
  }
  if (++looks_ == kStatusLooks) {
    return conclude({.launcher_problem = is_interrupted_ ? "" : launcher_problem(*end_)});
  }
  timer_.expires_after(kStatusPause);
  timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
    if (const auto attempt = self.lock(); attempt && !error) attempt->look_for_status();
  });
}

/// The launcher's word counts for nothing but what has come through it.
void RunAttempt::on_status(LeafStatus status) {
  std::error_code ignored;
  std::filesystem::remove(status_file_, ignored);
  arrived_bytes_ = end_->out_bytes;
  status.end.out = std::move(end_->out);
  status.end.out_is_whole = end_->out_is_whole;
  status.end.log_error = std::move(end_->log_error);
  end_ = std::move(status.end);
  status_ = std::move(status);
  judge();
}

void RunAttempt::judge() {
  if (status_ && status_->not_started) return conclude_failed(*status_->not_started, false);
  const std::optional<Failure> failure = failure_of(*end_, timeout_);
  if (!failure) return place();
  if (is_interrupted_ && !end_->timed_out) return conclude({});
  // Slurm tells the steps of a job and study-host to end at nearly the same time.
  if (!end_->timed_out && (end_->interrupted || ended_as_if_told(*end_)))
    return wait_for_interrupt();
  conclude_failed(*failure, false);
}

void RunAttempt::wait_for_interrupt() {
  timer_.expires_after(kInterruptWindow);
  timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
    const auto attempt = self.lock();
    if (!attempt || error || !attempt->on_verdict_) return;
    if (attempt->is_ended_by_others()) return attempt->conclude_ended_by_others();
    attempt->conclude_failed(*failure_of(*attempt->end_, attempt->timeout_), false);
  });
}

bool RunAttempt::is_ended_by_others() const {
  return status_ && end_->interrupted && !end_->timed_out && !is_interrupted_ &&
         !status_->has_no_line;
}

void RunAttempt::conclude_ended_by_others() {
  conclude({.launcher_problem = "it was told to end on " + status_->place +
                                ", and not by study-host: its job there was preempted, cancelled "
                                "or out of time, or the launcher has ended before it"});
}

void RunAttempt::place() {
  if (!on_verdict_) return;
  if (!placement_ && status_ && arrived_bytes_ != end_->out_bytes && !wrote_result(files_)) {
    return conclude({.launcher_problem = lost_output(arrived_bytes_, end_->out_bytes)});
  }
  // Who is told to end and prints its progress as JSON has not printed a result by that.
  const bool is_told = is_interrupted_ || is_ended_by_others();
  if (!placement_) placement_.emplace(*end_, files_, !is_told, durability_);
  switch (placement_->step()) {
    case ResultPlacement::Step::placed:
      return conclude({.state = ExperimentState::completed});
    case ResultPlacement::Step::fault:
      return try_again();
    case ResultPlacement::Step::none:
      if (is_interrupted_) return conclude({});
      if (is_ended_by_others()) return conclude_ended_by_others();
      return conclude_failed(placement_->failure(), placement_->failure().type == "FileError");
    case ResultPlacement::Step::more:
      break;
  }
  boost::asio::post(io_, [self = weak_from_this()] {
    if (const auto attempt = self.lock()) attempt->place();
  });
}

void RunAttempt::try_again() {
  if (faults_ == kFaultTries) return conclude_failed(placement_->failure(), true);
  timer_.expires_after(kFaultPause * (1 << faults_++));
  timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
    if (const auto attempt = self.lock(); attempt && !error) attempt->place();
  });
}

void RunAttempt::conclude_failed(Failure failure, bool is_own_fault) {
  if (was_killed(*end_) && !end_->timed_out) {
    const std::string sentence = status_ ? status_->out_of_memory : out_of_memory_.news();
    if (!sentence.empty()) {
      failure = with_sentence(failure, sentence);
    }
  }
  if (status_ && status_->has_no_line) {
    failure = with_sentence(failure,
                            "its standard input had ended before study-host said anything there: "
                            "does the launcher pass it on?");
  }
  if (status_) failure = with_sentence(failure, "it ran on " + status_->place);
  conclude({.state = ExperimentState::failed,
            .failure = std::move(failure),
            .is_own_fault = is_own_fault});
}

void RunAttempt::conclude(Verdict verdict) {
  if (!on_verdict_) return;
  timer_.cancel();
  if (verdict.state != ExperimentState::completed) verdict.kept = keep_rejected(files_);
  if (verdict.failure && !verdict.kept.empty()) {
    verdict.failure = with_sentence(*verdict.failure, "what it wrote is kept as " + verdict.kept);
  }
  if (verdict.failure && !end_->beyond.empty()) {
    verdict.failure =
        with_sentence(*verdict.failure,
                      "still at work, and not to be ended by study-host: " + joined(end_->beyond));
  }
  verdict.is_launched = status_.has_value() && verdict.launcher_problem.empty();
  verdict.log_error = end_->log_error;
  verdict.left = end_->left;
  verdict.beyond = end_->beyond;
  verdict.ran = end_->duration;
  verdict.ended_at = ended_at_;
  boost::asio::post(io_, [on_verdict = std::exchange(on_verdict_, nullptr),
                          verdict = std::move(verdict)] { on_verdict(verdict); });
}

}  // namespace host
