#include "postgres/delivery.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <pthread.h>
#include <signal.h>

namespace study::postgres {
namespace {

/// Rows in one transaction: large enough that an outage is made up for quickly, small enough
/// that not all is lost when the connection fails again.
constexpr std::size_t kTransactionSize = 500;

/// In the place of condition_variable::wait(), the one symbol of ours that manylinux_2_34 hasn't
/// got (GLIBCXX_3.4.30). Whoever waits looks again after it, and waits on.
constexpr std::chrono::hours kLongWait{1};

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

void Unacknowledged::add(AttemptRow row) {
  const checkpoint::EntryIndex entry = row.entry;
  insert({std::move(row), false});
  condense(entry);
}

void Unacknowledged::put_back(Batch batch) {
  entries_.insert(entries_.begin(), std::make_move_iterator(batch.entries.begin()),
                  std::make_move_iterator(batch.entries.end()));
  // All of them first: one by one, what came meanwhile would pass for attempts in between.
  std::vector<checkpoint::EntryIndex> entries;
  for (AttemptRow& row : batch.attempts) {
    entries.push_back(row.entry);
    insert({std::move(row), true});
  }
  for (const checkpoint::EntryIndex entry : entries) condense(entry);
}

void Unacknowledged::insert(Kept kept) {
  auto& sequences = of_entry_[kept.row.entry];
  const std::uint64_t sequence = kept.row.sequence;
  sequences.insert(std::upper_bound(sequences.begin(), sequences.end(), sequence), sequence);
  rows_.emplace(sequence, std::move(kept));
}

void Unacknowledged::condense(checkpoint::EntryIndex entry) {
  auto& sequences = of_entry_.at(entry);
  // A later state of the same attempt takes the place of an earlier one; the last attempt that of
  // those between it and the first.
  for (std::size_t i = 1; i < sequences.size();) {
    Kept& earlier = rows_.at(sequences[i - 1]);
    Kept& later = rows_.at(sequences[i]);
    const bool same_attempt = earlier.row.attempt == later.row.attempt;
    if (same_attempt || (i >= 2 && !earlier.sent)) {
      if (same_attempt) later.sent = later.sent || earlier.sent;
      rows_.erase(sequences[i - 1]);
      sequences.erase(sequences.begin() + static_cast<std::ptrdiff_t>(i - 1));
      if (i > 1) --i;
    } else {
      ++i;
    }
  }
}

Batch Unacknowledged::take(std::size_t max) {
  Batch taken;
  while (!entries_.empty() && taken.entries.size() < max) {
    taken.entries.push_back(std::move(entries_.front()));
    entries_.pop_front();
  }
  while (!rows_.empty() && taken.entries.size() + taken.attempts.size() < max) {
    const auto first = rows_.begin();
    auto& sequences = of_entry_.at(first->second.row.entry);
    sequences.erase(sequences.begin());
    if (sequences.empty()) of_entry_.erase(first->second.row.entry);
    taken.attempts.push_back(std::move(first->second.row));
    rows_.erase(first);
  }
  return taken;
}

Batch Unacknowledged::all() const {
  Batch result;
  result.entries.assign(entries_.begin(), entries_.end());
  result.attempts.reserve(rows_.size());
  for (const auto& [sequence, kept] : rows_) result.attempts.push_back(kept.row);
  return result;
}

std::chrono::milliseconds reconnect_pause(int failures, bool hurried, std::mt19937& random) {
  using std::chrono::milliseconds;
  constexpr milliseconds kFirst{50};
  constexpr milliseconds kLongest{10'000};
  constexpr milliseconds kLongestHurried{250};
  if (failures == 0) return milliseconds(0);
  const milliseconds pause =
      std::min(hurried ? kLongestHurried : kLongest, kFirst * (1 << std::min(failures - 1, 10)));
  return milliseconds(std::uniform_int_distribution(pause.count() / 2, pause.count())(random));
}

Delivery::Delivery(std::unique_ptr<WriterSession> session, Reconnect reconnect, Waits waits,
                   const Interrupt& interrupt, std::string problem)
    : reconnect_(std::move(reconnect)),
      waits_(waits),
      interrupt_(interrupt),
      state_(session ? State::ready : State::working),
      session_(std::move(session)),
      away_(!session_),
      problem_(std::move(problem)),
      random_(std::random_device{}()),
      thread_(start_without_signals([this] { work(); })) {}

Delivery::~Delivery() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  interrupt_.request();
  changed_.notify_all();
  thread_.join();
}

void Delivery::deliver(AttemptRow row) {
  std::unique_lock lock(mutex_);
  unacknowledged_.add(std::move(row));
  send_and_wait(lock);
}

void Delivery::deliver(std::vector<EntryRow> rows) {
  std::unique_lock lock(mutex_);
  for (EntryRow& row : rows) unacknowledged_.add(std::move(row));
  send_and_wait(lock);
}

void Delivery::send_and_wait(std::unique_lock<std::mutex>& lock) {
  const Deadline deadline = Clock::now() + waits_.delivery;
  if (state_ == State::ready && send_here(deadline)) return;
  changed_.notify_all();
  changed_.wait_until(lock, deadline, [this] { return state_ != State::working || away_; });
  if (state_ == State::ready) return;
  if (!away_) problem_ = "no answer within " + std::to_string(waits_.delivery.count()) + " ms";
  away_ = true;
  fail();
}

void Delivery::finish(const Ending& ending, Deadline deadline) {
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

Batch Delivery::unsent() const {
  const std::scoped_lock lock(mutex_);
  Unacknowledged all = unacknowledged_;
  all.put_back(in_flight_);
  return all.all();
}

bool Delivery::all_sent() const {
  return unacknowledged_.empty() && !is_in_flight_ && (!ending_ || ended_);
}

void Delivery::send_next() {
  in_flight_ = unacknowledged_.take(kTransactionSize);
  is_in_flight_ = true;
  ending_in_flight_ = ending_ && unacknowledged_.empty();
  session_->send(in_flight_, ending_in_flight_ ? ending_ : std::nullopt);
}

void Delivery::note_sent() {
  in_flight_ = {};
  is_in_flight_ = false;
  ended_ = ended_ || ending_in_flight_;
}

void Delivery::note_failure(const std::string& problem) {
  problem_ = problem;
  session_.reset();
  unacknowledged_.put_back(std::exchange(in_flight_, {}));
  is_in_flight_ = false;
}

bool Delivery::send_here(Deadline deadline) {
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

void Delivery::fail() const {
  if (state_ == State::lost) throw TakenOver(problem_);
  throw ServerError(problem_);
}

void Delivery::work() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    const auto has_work = [this] { return state_ == State::working && (session_ || !all_sent()); };
    if (!has_work()) {
      changed_.wait_for(lock, kLongWait, [&] { return stop_ || has_work(); });
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

void Delivery::reconnect(std::unique_lock<std::mutex>& lock) {
  const bool ending = ending_.has_value();
  const auto hurried = [&] { return stop_ || ending_.has_value() != ending; };
  changed_.wait_for(lock, reconnect_pause(failures_, ending, random_), hurried);
  if (stop_) return;
  std::unique_ptr<WriterSession> session;
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

void Delivery::send_there(std::unique_lock<std::mutex>& lock) {
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
