#include "run/run_attempt.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace host {

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
      timeout_(spec.process.timeout),
      out_of_memory_(out_of_memory),
      timer_(io) {}

void RunAttempt::interrupt() {
  is_interrupted_ = true;
  process_->stop();
  // Its failure is waiting to be told from an interruption, and is one.
  if (end_ && !placement_) conclude({});
}

void RunAttempt::kill() {
  is_interrupted_ = true;
  process_->kill();
  if (end_) conclude({});
}

void RunAttempt::on_end(ProcessEnd end) {
  ended_at_ = Clock::now();
  end_ = std::move(end);
  const std::optional<Failure> failure = failure_of(*end_, timeout_);
  if (!failure) return place();
  if (is_interrupted_ && !end_->timed_out) return conclude({});
  if (!end_->timed_out && ended_as_if_told(*end_)) return wait_for_interrupt();
  conclude_failed(*failure, false);
}

void RunAttempt::wait_for_interrupt() {
  timer_.expires_after(kInterruptWindow);
  timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
    const auto attempt = self.lock();
    if (!attempt || error || !attempt->on_verdict_) return;
    attempt->conclude_failed(*failure_of(*attempt->end_, attempt->timeout_), false);
  });
}

void RunAttempt::place() {
  if (!on_verdict_) return;
  // Who is told to end and prints its progress as JSON has not printed a result by that.
  if (!placement_) placement_.emplace(*end_, files_, !is_interrupted_, durability_);
  switch (placement_->step()) {
    case ResultPlacement::Step::placed:
      return conclude({.state = ExperimentState::completed});
    case ResultPlacement::Step::fault:
      return try_again();
    case ResultPlacement::Step::none:
      if (is_interrupted_) return conclude({});
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
  const bool is_killed = end_->signal == SIGKILL || end_->exit_code == 128 + SIGKILL;
  if (is_killed && !end_->timed_out) {
    if (const std::string sentence = out_of_memory_.news(); !sentence.empty()) {
      failure = with_sentence(failure, sentence);
    }
  }
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
  verdict.log_error = end_->log_error;
  verdict.left = end_->left;
  verdict.beyond = end_->beyond;
  verdict.ran = end_->duration;
  verdict.ended_at = ended_at_;
  boost::asio::post(io_, [on_verdict = std::exchange(on_verdict_, nullptr),
                          verdict = std::move(verdict)] { on_verdict(verdict); });
}

}  // namespace host
