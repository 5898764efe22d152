#include "bench/start_bench.hpp"

#include "bench/measured_child.hpp"

#include <study/observer_library.hpp>
#include <study/session.hpp>

#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/json/object.hpp>

namespace study_bench {
namespace {

namespace fs = std::filesystem;

/// Of a study that is resumed, every tenth run has completed.
constexpr std::uint64_t kCompleted = 10;

struct StartFigures {
  Cost start;
  Cost end;
};

[[nodiscard]] StartFigures start_and_end(const BenchStudy& study, const fs::path& dir) {
  const auto observer = study::ObserverLibrary::load(STUDY_OBSERVER_DIR "/manifest_writer.so")
                            .create({"checkpoint_bench", "1",
                                     [](study::LogSeverity, std::string_view, std::string_view) {}},
                                    {});
  const double config_mib =
      static_cast<double>(study::to_json(study.config).size()) / (1024.0 * 1024.0);
  StartFigures figures;
  figures.start = cost_of([&] {
    observer->on_study_start({study.config, dir, study::now(), nullptr});
  });
  figures.start.peak_mib -= config_mib;
  figures.end = cost_of([&] {
    observer->on_study_end({study::StudyOutcome::completed, study::now()});
  });
  return figures;
}

[[nodiscard]] study::SessionOptions options_of(const BenchStudy& study, const fs::path& dir) {
  study::SessionOptions options;
  options.study_name = study.config.study_name;
  options.experiments = study.config.experiments;
  options.results_dir = dir;
  options.search.plugin_path = {STUDY_OBSERVER_DIR};
  options.keeps_experiments = false;
  options.results_are_checked = true;
  return options;
}

[[nodiscard]] Cost interrupt(const BenchStudy& study, const fs::path& dir) {
  return cost_of([&] {
    study::Session session = study::Session::open(options_of(study, dir));
    for (study::RunNumber run = 0; run < session.size(); run += kCompleted) {
      session.running(run);
      session.completed(run, {.bytes = "{\"loss\": 0.5}"});
    }
    session.end();
  });
}

[[nodiscard]] Cost resume(const BenchStudy& study, const fs::path& dir) {
  study::SessionOptions options = options_of(study, dir);
  std::optional<study::Session> session;
  return cost_of([&] {
    session.emplace(study::Session::open(std::move(options)));
    if (!session->is_resumed()) throw std::runtime_error("there is nothing to resume");
  });
}

}  // namespace

void measure_start(const BenchStudy& study, const fs::path& dir, std::vector<Result>& results) {
  const std::size_t entries = study.manifest.experiments.size();
  const auto add = [&](const char* name, double figure) {
    results.push_back(summarize(name, entries, {figure}));
  };
  fs::create_directories(dir / "start");
  const auto [start, end] =
      in_child<StartFigures>([&] { return start_and_end(study, dir / "start"); });
  add("start", start.us);
  add("start_cpu", start.cpu_us);
  add("start_peak_mib", start.peak_mib);
  add("final", end.us);
  static_cast<void>(in_child<Cost>([&] { return interrupt(study, dir / "resumed"); }));
  const Cost resumed = in_child<Cost>([&] { return resume(study, dir / "resumed"); });
  add("resume", resumed.us);
  add("resume_cpu", resumed.cpu_us);
  add("resume_peak_mib", resumed.peak_mib);
}

}  // namespace study_bench
