/// One attempt at a run: its process, and what is made of the end of that.
#pragma once

#include "run/experiment_process.hpp"
#include "run/failure.hpp"
#include "run/leaf_status.hpp"
#include "run/out_of_memory.hpp"
#include "run/result.hpp"

#include <study/atomic_file.hpp>
#include <study/experiment_state.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace host {

/// So often what the host itself has failed in is tried again, at first after this time, then after
/// twice as long each.
inline constexpr int kFaultTries = 5;
inline constexpr std::chrono::milliseconds kFaultPause{100};
/// So often it is looked for what a launcher's leaf has written elsewhere, which a file system of a
/// network shows a moment later.
inline constexpr int kStatusLooks = 12;
inline constexpr std::chrono::milliseconds kStatusPause{250};

struct AttemptSpec {
  ProcessSpec process;
  ResultFiles files;
  study::Durability durability = study::Durability::process;
  /// Of what a launcher has started; empty: it runs here.
  std::filesystem::path status_file{};
  std::optional<std::chrono::milliseconds> timeout;  ///< of the command, here or there
};

/// What an attempt has come to.
struct Verdict {
  study::ExperimentState state = study::ExperimentState::pending;
  std::optional<Failure> failure;  ///< failed
  bool is_own_fault = false;       ///< failed, and not the experiment's fault
  /// Pending, since what was to start the experiment has failed: what is known of that.
  std::string launcher_problem{};
  bool is_launched = false;  ///< by a launcher that has done its part
  std::string kept;  ///< the name under which what it wrote is kept; empty: completed, or nothing
  std::string log_error;
  std::vector<std::string> left;
  std::vector<std::string> beyond;
  std::chrono::steady_clock::duration ran{};
  std::chrono::steady_clock::time_point ended_at;
};

/// Everything happens on the thread that runs the `io_context`, which outlives this object.
///
/// Nothing that the experiment has made is thrown away: what doesn't count is kept beside its log.
/// A fault of the host's own is tried again. An experiment that was interrupted and yet exits with
/// 0 and a whole result has completed; one that was interrupted and fails has not failed, be it
/// that it was told to end before the host was.
///
/// What a launcher has started is known by its leaf's status alone (leaf_status.hpp), and where
/// there is none, the launcher has failed, not the experiment.
class RunAttempt : public std::enable_shared_from_this<RunAttempt> {
 public:
  using OnVerdict = std::function<void(const Verdict& verdict)>;

  /// Starts the process. `on_verdict` is called once, from the event loop. Throws `SpawnError`;
  /// then it is not called.
  [[nodiscard]] static std::shared_ptr<RunAttempt> start(boost::asio::io_context& io,
                                                         Descendants& descendants,
                                                         OutOfMemoryKills& out_of_memory,
                                                         const AttemptSpec& spec,
                                                         OnVerdict on_verdict);
  RunAttempt(const RunAttempt&) = delete;
  RunAttempt& operator=(const RunAttempt&) = delete;
  ~RunAttempt() = default;

  /// To be called whenever SIGCHLD arrived.
  void check() { process_->check(); }
  /// The host was interrupted: ends the process gently.
  void interrupt();
  /// A second time: ends it at once, and doesn't wait for a result to be looked at.
  void kill();
  void suspend() { process_->suspend(); }
  void go_on() { process_->go_on(); }

 private:
  RunAttempt(boost::asio::io_context& io, OutOfMemoryKills& out_of_memory, const AttemptSpec& spec,
             OnVerdict on_verdict);
  void on_end(ProcessEnd end);
  void judge();
  void look_for_status();
  void on_status(LeafStatus status);
  void wait_for_interrupt();
  /// Whether the leaf was told to end by somebody else, which says nothing of the experiment.
  [[nodiscard]] bool is_ended_by_others() const;
  void conclude_ended_by_others();
  void place();
  void try_again();
  void conclude_failed(Failure failure, bool is_own_fault);
  void conclude(Verdict verdict);

  boost::asio::io_context& io_;
  OnVerdict on_verdict_;  ///< empty when it has been called
  ResultFiles files_;
  study::Durability durability_;
  std::optional<std::chrono::milliseconds> timeout_;
  OutOfMemoryKills& out_of_memory_;
  std::shared_ptr<ExperimentProcess> process_;
  boost::asio::steady_timer timer_;
  std::optional<ProcessEnd> end_;
  std::chrono::steady_clock::time_point ended_at_;
  std::optional<ResultPlacement> placement_;
  std::optional<LeafStatus> status_;
  std::filesystem::path status_file_;
  std::uint64_t arrived_bytes_ = 0;  ///< of stdout
  int looks_ = 0;
  int faults_ = 0;
  bool is_interrupted_ = false;
};

}  // namespace host
