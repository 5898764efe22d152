#include "postgres/courier.hpp"

#include "postgres/reconnect_pause.hpp"

#include <utility>

#include <pthread.h>
#include <signal.h>

namespace study::postgres {
namespace {

/// Changes in one transaction: large enough that an outage is made up for quickly, small enough
/// that not all is lost when the connection fails again.
constexpr std::size_t kTransactionSize = 500;

/// A thread that gets no signals: a host's handlers run in its own threads.
[[nodiscard]] std::thread start_without_signals(const std::function<void()>& body) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  try {
    thread = std::thread(body);
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::pthread_setname_np(thread.native_handle(), "postgres_writer");  // for whoever looks at the host
  return thread;
}

}  // namespace

Courier::Courier(std::unique_ptr<Session> session, Reconnect reconnect, Waits waits,
                 const Interrupt& interrupt)
    : reconnect_(std::move(reconnect)),
      waits_(waits),
      interrupt_(interrupt),
      session_(std::move(session)),
      random_(std::random_device{}()),
      thread_(start_without_signals([this] { work(); })) {}

Courier::~Courier() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  interrupt_.request();
  changed_.notify_all();
  thread_.join();
}

void Courier::deliver(Change change) {
  std::unique_lock lock(mutex_);
  backlog_.add(std::move(change));
  const Deadline deadline = Clock::now() + waits_.delivery;
  if (state_ == State::ready && send_here(deadline)) return;
  changed_.wait_until(lock, deadline, [this] { return state_ != State::working || away_; });
  if (state_ == State::ready) return;
  if (!away_) problem_ = "no answer within " + std::to_string(waits_.delivery.count()) + " ms";
  away_ = true;
  fail();
}

void Courier::finish(const Ending& ending, Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (!ending_) {
    ending_ = ending;
    failures_ = 0;
  }
  if (state_ == State::ready && send_here(deadline)) return;
  changed_.notify_all();
  changed_.wait_until(lock, deadline, [this] { return ended_ || state_ == State::lost; });
  if (!ended_) fail();
}

std::vector<Change> Courier::unsent() const {
  const std::scoped_lock lock(mutex_);
  Backlog all = backlog_;
  all.put_back(in_flight_);
  return all.all();
}

bool Courier::all_sent() const {
  return backlog_.empty() && !is_in_flight_ && (!ending_ || ended_);
}

void Courier::send_next() {
  in_flight_ = backlog_.take(kTransactionSize);
  is_in_flight_ = true;
  ending_in_flight_ = ending_ && backlog_.empty();
  session_->send(in_flight_, ending_in_flight_ ? ending_ : std::nullopt);
}

void Courier::note_sent() {
  in_flight_.clear();
  is_in_flight_ = false;
  ended_ = ended_ || ending_in_flight_;
}

void Courier::note_failure(const std::string& problem) {
  problem_ = problem;
  session_.reset();
  backlog_.put_back(std::exchange(in_flight_, {}));
  is_in_flight_ = false;
}

bool Courier::send_here(Deadline deadline) {
  try {
    while (!all_sent()) {
      send_next();
      if (!session_->await(deadline)) break;
      note_sent();
    }
  } catch (const ServerError& error) {
    note_failure(error.what());
  }
  if (all_sent()) return true;
  state_ = State::working;
  failures_ = 0;
  changed_.notify_all();
  return false;
}

void Courier::fail() const {
  if (state_ == State::lost) throw TakenOver(problem_);
  throw ServerError(problem_);
}

void Courier::work() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (state_ != State::working) {
      changed_.wait(lock, [this] { return stop_ || state_ == State::working; });
    } else if (!session_) {
      reconnect(lock);
    } else if (all_sent()) {
      state_ = State::ready;
      changed_.notify_all();
    } else {
      send_there(lock);
    }
  }
}

void Courier::reconnect(std::unique_lock<std::mutex>& lock) {
  const bool ending = ending_.has_value();
  const auto hurried = [&] { return stop_ || ending_.has_value() != ending; };
  changed_.wait_for(lock, reconnect_pause(failures_, ending, random_), hurried);
  if (stop_) return;
  std::unique_ptr<Session> session;
  std::string problem;
  bool lost = false;
  lock.unlock();
  try {
    session = reconnect_();
  } catch (const TakenOver& error) {
    problem = error.what();
    lost = true;
  } catch (const std::exception& error) {
    problem = error.what();
  }
  lock.lock();
  session_ = std::move(session);
  // A server that lets us in may still refuse what is sent, again and again: failures end with an
  // acknowledgement.
  if (!session_) ++failures_;
  away_ = !session_;
  if (session_) return;
  problem_ = problem;
  if (lost) state_ = State::lost;
  changed_.notify_all();
}

void Courier::send_there(std::unique_lock<std::mutex>& lock) {
  // send_next() never waits: the connection buffers what the network doesn't take.
  std::string problem;
  bool acknowledged = false;
  try {
    if (!is_in_flight_) send_next();
    lock.unlock();
    acknowledged = session_->await(Clock::now() + waits_.answer);
    if (!acknowledged) problem = "the server does not answer";
  } catch (const std::exception& error) {
    problem = error.what();
  }
  if (!lock.owns_lock()) lock.lock();
  if (acknowledged) {
    note_sent();
    failures_ = 0;
    away_ = false;
  } else {
    note_failure(problem);
    away_ = true;
    ++failures_;
  }
  changed_.notify_all();
}

}  // namespace study::postgres
