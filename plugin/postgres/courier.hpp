/// Brings changes to the server, and keeps them while it is away.
#pragma once

#include "postgres/backlog.hpp"
#include "postgres/session.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace study::postgres {

/// While the server answers, the thread that hands a change over sends it and waits for the
/// acknowledgement itself: passing it to another thread would double the cost of a transition. When
/// it doesn't, a thread of the courier's own takes the connection over, waits for the
/// acknowledgement, reconnects with growing pauses and sends what has been kept, without waiting
/// for anybody. That thread blocks all signals: they are the host's.
///
/// deliver(), finish() and the destructor are not to be called at once.
class Courier {
 public:
  /// Connects, and gets the right to write back; throws `ServerError`, `TakenOver` where it is
  /// lost. Called in the courier's thread.
  using Reconnect = std::function<std::unique_ptr<Session>()>;

  struct Waits {
    std::chrono::milliseconds delivery;  ///< of deliver(), at most
    std::chrono::milliseconds answer;    ///< then a connection is given up
  };

  /// All sessions must heed `interrupt`, which the destructor asks for.
  Courier(std::unique_ptr<Session> session, Reconnect reconnect, Waits waits,
          const Interrupt& interrupt);
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;
  /// Stops. What is unsent stays so.
  ~Courier();

  /// Returns when the change, and all before it, are stored. Throws `ServerError` if that could not
  /// be had in time: they are kept, and sent when it can. Throws `TakenOver` where they never will
  /// be. Doesn't wait at all while it is known that the server is away.
  void deliver(Change change);

  /// Stores what is unsent and the ending, waiting until `deadline`. Throws `ServerError` if that
  /// was too short; it goes on trying, and finish() may be called again to see whether it has
  /// succeeded.
  void finish(const Ending& ending, Deadline deadline);

  /// What is not known to be stored.
  [[nodiscard]] std::vector<Change> unsent() const;

 private:
  enum class State {
    ready,    ///< nothing unsent; the session may be used with the mutex held
    working,  ///< the session is the thread's
    lost,     ///< nothing will be sent any more
  };

  [[nodiscard]] bool all_sent() const;
  /// Takes the next transaction out of the backlog and sends it.
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
  std::unique_ptr<Session> session_;
  Backlog backlog_;
  std::vector<Change> in_flight_;  ///< sent, not acknowledged
  bool is_in_flight_ = false;      ///< an ending alone may be
  std::optional<Ending> ending_;   ///< from finish() on
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
