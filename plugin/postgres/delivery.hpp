/// Brings the rows of attempts to the server, and keeps them while it is away.
#pragma once

#include "postgres/writer_session.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>

namespace study::postgres {

/// What the server has not acknowledged yet, bounded by the number of entries however long an
/// outage lasts: entries that were added, and attempts in the order of their transitions. Of each
/// entry it has the first unacknowledged attempt and the last one, each as it was last.
///
/// The first is kept beside the last because the store may have it as running; without its end it
/// would stay so. Attempts between them, made and ended while the server was away, are left out
/// (unless they were sent once, so that the store may have them, too).
class Unacknowledged {
 public:
  /// Adds one. Complexity: logarithmic.
  void add(AttemptRow row);
  void add(EntryRow row) { entries_.push_back(std::move(row)); }

  /// Takes out at most `max` of the oldest, to be sent; attempts only when there are no more
  /// entries, since they may be theirs.
  [[nodiscard]] Batch take(std::size_t max);

  /// Puts back what has been sent and was not acknowledged.
  void put_back(Batch batch);

  [[nodiscard]] bool empty() const { return entries_.empty() && rows_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size() + rows_.size(); }

  [[nodiscard]] Batch all() const;

 private:
  struct Kept {
    AttemptRow row;
    bool sent;
  };

  void insert(Kept kept);
  /// Leaves out of an entry's rows what need not be kept.
  void condense(checkpoint::EntryIndex entry);

  std::deque<EntryRow> entries_;        ///< in the order in which they were added
  std::map<std::uint64_t, Kept> rows_;  ///< by sequence
  /// The sequences of each entry that has rows, in order.
  std::unordered_map<checkpoint::EntryIndex, std::vector<std::uint64_t>> of_entry_;
};

/// How long to wait before the server is tried again: before the first attempt not at all, then
/// longer and longer up to ten seconds, or a quarter of a second if somebody waits for the end of
/// the study. Of each pause a random half is left out, so that the hosts that lost the same server
/// don't all come back at the same moment.
[[nodiscard]] std::chrono::milliseconds reconnect_pause(int failures, bool hurried,
                                                        std::mt19937& random);

/// While the server answers, the thread that hands a row over sends it and waits for the
/// acknowledgement itself: passing it to another thread would double the cost of a transition. When
/// it doesn't, a thread of its own takes the connection over, waits for the acknowledgement,
/// reconnects with growing pauses and sends what has been kept, without waiting for anybody. That
/// thread blocks all signals: they are the host's.
///
/// deliver(), finish() and the destructor are not to be called at once.
class Delivery {
 public:
  /// Connects, and gets the right to write back; throws `ServerError`, `TakenOver` where it is
  /// lost. Called in the delivery's thread.
  using Reconnect = std::function<std::unique_ptr<WriterSession>()>;

  struct Waits {
    std::chrono::milliseconds delivery;  ///< of deliver(), at most
    std::chrono::milliseconds answer;    ///< then a connection is given up
  };

  /// All sessions must heed `interrupt`, which the destructor asks for. Without a session the
  /// server is away because of `problem`, and tried as soon as there is something to send.
  Delivery(std::unique_ptr<WriterSession> session, Reconnect reconnect, Waits waits,
           const Interrupt& interrupt, std::string problem = {});
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  /// Stops. What is unsent stays so.
  ~Delivery();

  /// Returns when the row, and all before it, are stored. Throws `ServerError` if that could not
  /// be had in time: they are kept, and sent when it can. Throws `TakenOver` where they never will
  /// be. Doesn't wait at all while it is known that the server is away.
  void deliver(AttemptRow row);
  /// The same of entries that were added.
  void deliver(std::vector<EntryRow> rows);

  /// Stores what is unsent and the ending, waiting until `deadline`. Throws `ServerError` if that
  /// was too short; it goes on trying, and finish() may be called again to see whether it has
  /// succeeded.
  void finish(const Ending& ending, Deadline deadline);

  /// What is not known to be stored.
  [[nodiscard]] Batch unsent() const;

 private:
  enum class State {
    ready,    ///< nothing unsent; the session may be used with the mutex held
    working,  ///< the session is the thread's
    lost,     ///< nothing will be sent any more
  };

  /// Sends what is unacknowledged, and waits for it as deliver() says.
  void send_and_wait(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] bool all_sent() const;
  /// Takes the next transaction out of what is unacknowledged and sends it.
  void send_next();
  void note_sent();
  void note_failure(const std::string& problem);
  /// Sends all with the mutex held; false if the thread has to go on.
  bool send_here(Deadline deadline);
  [[noreturn]] void fail() const;

  void work();
  void reconnect(std::unique_lock<std::mutex>& lock);
  void send_there(std::unique_lock<std::mutex>& lock);

  const Reconnect reconnect_;
  const Waits waits_;
  const Interrupt& interrupt_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;  ///< anything below
  State state_ = State::ready;
  std::unique_ptr<WriterSession> session_;
  Unacknowledged unacknowledged_;
  Batch in_flight_;               ///< sent, not acknowledged
  bool is_in_flight_ = false;     ///< an ending alone may be
  std::optional<Ending> ending_;  ///< from finish() on
  bool ending_in_flight_ = false;
  bool ended_ = false;
  bool away_ = false;    ///< the server is known to be: nobody waits
  std::string problem_;  ///< why
  int failures_ = 0;     ///< to connect or to store, since the last acknowledgement
  bool stop_ = false;
  std::mt19937 random_;
  std::thread thread_;
};

}  // namespace study::postgres
