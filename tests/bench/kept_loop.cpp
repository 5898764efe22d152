#include "bench/kept_loop.hpp"

#include "bench/spawned.hpp"

#include <study/atomic_file.hpp>
#include <study/observer_library.hpp>

#include <stdexcept>
#include <string_view>
#include <utility>

#include <boost/json/object.hpp>
#include <sys/wait.h>

namespace study_bench {
namespace {

namespace fs = std::filesystem;

[[nodiscard]] std::string all_of(const study::UniqueFd& fd) {
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t n = 0; (n = ::read(fd.get(), piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(n));
  }
  return text;
}

}  // namespace

KeptLoop::KeptLoop(fs::path dir, int experiments) : dir_(std::move(dir)) {
  config_.study_name = "kept";
  config_.framework_version = "1";
  for (int i = 0; i < experiments; ++i) {
    config_.experiments.push_back({.config = {{"number", i}}, .config_hash = {}});
  }
  plan_ = study::make_plan(config_);
  observer_ = study::ObserverLibrary::load(STUDY_OBSERVER_DIR "/manifest_writer.so")
                  .create({"checkpoint_bench", "1",
                           [](study::LogSeverity, std::string_view, std::string_view) {}},
                          {});
  fs::create_directories(dir_);
  observer_->on_study_start({config_, dir_, study::now(), nullptr});
  ::posix_spawnattr_init(&attributes_);
  ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID);
}

KeptLoop::~KeptLoop() {
  observer_->on_study_end({study::StudyOutcome::completed, study::now()});
  ::posix_spawnattr_destroy(&attributes_);
  fs::remove_all(dir_);
}

void KeptLoop::begin(const std::vector<std::string>& command, std::size_t number) {
  Run run{.number = number};
  tell(run, {.state = study::ExperimentState::running});
  FileActions actions;
  std::array<study::UniqueFd, 2> theirs;
  for (std::size_t stream = 0; stream < 2; ++stream) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    run.output[stream] = study::UniqueFd(ends[0]);
    theirs[stream] = study::UniqueFd(ends[1]);
    actions.to(ends[1], static_cast<int>(stream) + 1);
  }
  const pid_t child = spawn(command, actions, &attributes_);
  running_.emplace(child, std::move(run));
}

void KeptLoop::end_one(bool has_result) {
  const auto node = running_.extract(::waitpid(-1, nullptr, 0));
  const Run& run = node.mapped();
  const std::string out = all_of(run.output[0]);
  static_cast<void>(all_of(run.output[1]));
  if (!has_result) {
    return tell(run, {.state = study::ExperimentState::failed,
                      .error_type = "MissingResult",
                      .error_message = "no result"});
  }
  const std::string name = "result_" + std::to_string(run.number) + ".json";
  study::replace_file(dir_ / name, out, study::Durability::process);
  tell(run, {.state = study::ExperimentState::completed, .result_file = name});
}

void KeptLoop::tell(const Run& run, study::ExperimentEvent event) {
  event.config_hash = plan_.configurations[run.number].config_hash;
  event.time = study::now();
  observer_->on_experiment_state(event);
}

}  // namespace study_bench
