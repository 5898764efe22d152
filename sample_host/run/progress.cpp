#include "run/progress.hpp"

#include "terminal/durations.hpp"

#include <study/experiment_state.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace host {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using study::ExperimentState;

Progress::Progress(Console& console, std::size_t total, int jobs,
                   std::vector<Clock::duration> pauses, Clock::time_point now)
    : console_(console),
      total_(total),
      jobs_(jobs),
      pauses_(std::move(pauses)),
      started_(now),
      pauses_left_(std::accumulate(pauses_.begin(), pauses_.end(), Clock::duration{})) {}

void Progress::begin_at(std::size_t completed, std::size_t failed) {
  completed_ = completed;
  failed_ = failed;
}

void Progress::note(const ProgressStep& step, Clock::time_point now) {
  count(step, now);
  if (!has_line() || step.state == ExperimentState::failed) {
    console_.write_line(transition_line(step));
  }
  refresh(now);
}

void Progress::begin_next() {
  if (begun_ < pauses_.size()) pauses_left_ -= pauses_[begun_];
  ++begun_;
}

void Progress::count(const ProgressStep& step, Clock::time_point now) {
  if (step.state == ExperimentState::running) {
    running_.push_back({step.run, now, study::visible(step.title)});
    if (step.is_retry) {
      --failed_;
    } else {
      begin_next();
    }
    return;
  }
  const auto was_running =
      std::erase_if(running_, [&](const Running& running) { return running.run == step.run; });
  if (step.state == ExperimentState::pending) return;
  ++(step.state == ExperimentState::completed ? completed_ : failed_);
  if (step.state == ExperimentState::completed) {
    last_completed_ = study::visible(step.title) + " (" + elapsed_text(step.ran) + ")";
  }
  if (was_running > 0) {
    ++ended_.timed;
    ended_.spent += duration_cast<microseconds>(step.ran);
    last_end_ = now;
  } else {
    begin_next();
  }
}

std::string Progress::transition_line(const ProgressStep& step) const {
  const std::string total = std::to_string(total_);
  std::string done = std::to_string(completed_ + failed_);
  done.insert(0, total.size() - std::min(total.size(), done.size()), ' ');
  std::string line = "[" + done + "/" + total + "] ";
  line += step.state == ExperimentState::pending ? "interrupted" : to_string(step.state);
  line.append(" ").append(study::visible(step.title));
  if (step.state != ExperimentState::running && step.ran > Clock::duration::zero()) {
    line += " (" + elapsed_text(step.ran) + ")";
  }
  if (step.failure != nullptr) {
    line += ": " + step.failure->type + ": " + study::visible(step.failure->message);
  }
  return line;
}

std::string Progress::status_line(Clock::time_point now) const {
  std::string line = std::to_string(completed_ + failed_) + "/" + std::to_string(total_) + " done";
  if (failed_ > 0) line += ", " + std::to_string(failed_) + " failed";
  line += ", " + std::to_string(running_.size()) + " running";
  line += ", " + elapsed_text(now - started_) + " elapsed";
  if (const auto left = estimate(now)) line += ", about " + left_text(*left) + " left";
  for (const Running& running : running_) {
    line += (&running == &running_.front() ? ": " : ", ") + running.title;
  }
  if (!last_completed_.empty()) line += "; completed last: " + last_completed_;
  return line;
}

std::optional<Progress::Clock::duration> Progress::estimate(Clock::time_point now) const {
  ExperimentTimes times = ended_;
  times.unfinished = total_ - completed_ - failed_;
  for (const Running& running : running_) {
    times.running_for.push_back(duration_cast<microseconds>(now - running.since));
  }
  const auto work = times.estimate(static_cast<std::size_t>(jobs_));
  if (!work) return std::nullopt;
  Clock::duration pauses = pauses_left_;
  if (running_.empty() && begun_ < pauses_.size()) {  // one of them is passing
    pauses -= std::min(pauses_[begun_], now - last_end_);
  }
  return *work + pauses;
}

void Progress::refresh(Clock::time_point now) {
  if (has_line()) {
    console_.set_progress(status_line(now));
  } else {
    console_.catch_up();
  }
}

void Progress::finish(Clock::time_point now) {
  console_.set_progress({});
  console_.write_line(summary(now));
}

std::string Progress::summary(Clock::time_point now) const {
  const std::size_t pending = total_ - completed_ - failed_;
  return std::to_string(completed_) + " completed, " + std::to_string(failed_) + " failed, " +
         std::to_string(pending) + " pending of " + std::to_string(total_) + " in " +
         elapsed_text(now - started_);
}

}  // namespace host
