/// The four sinks, for tests that every one of them passes.
#pragma once

#include "support/postgres_server.hpp"

#include <study/json.hpp>
#include <study/observer_library.hpp>
#include <study/session.hpp>

#include <filesystem>
#include <iostream>
#include <string>

namespace study_test {

inline const std::vector<std::string> kEachSink = {"manifest_writer", "journal_writer",
                                                   "sqlite_writer", "postgres_writer"};

/// Says that a test of a sink is skipped where its server isn't there.
inline bool is_available(const std::string& sink) {
  if (sink != "postgres_writer" || !postgres_programs().empty()) return true;
  std::cout << "SKIPPED: there is no PostgreSQL server here\n";
  return false;
}

inline PostgresServer& server() {
  static PostgresServer instance;
  return instance;
}

inline std::string options_json(const std::string& sink) {
  if (sink != "postgres_writer") return "{}";
  return "{\"connection\": \"" + server().connection() + "\"}";
}

inline std::string observer_json(const std::string& sink) {
  return "{\"plugin\":\"" + sink + "\",\"options\":" + options_json(sink) + "}";
}

inline study::ObserverConfig observer_config(const std::string& sink) {
  return {.plugin = sink, .options = study::parse_json(options_json(sink), "options").get_object()};
}

/// The one study directory in a folder, beside which a database may lie.
inline std::filesystem::path only_study_in(const std::filesystem::path& results_dir) {
  for (const auto& entry : std::filesystem::directory_iterator(results_dir)) {
    if (entry.is_directory()) return entry.path();
  }
  return {};
}

/// What the sink has stored of the study, asked by a new observer of the same process or another.
inline study::StudyManifest checkpoint_in(const std::string& sink,
                                          const std::filesystem::path& study_dir) {
  const auto library =
      study::ObserverLibrary::load(std::string(STUDY_OBSERVER_DIR) + "/" + sink + ".so");
  const auto observer =
      library.create({"test", "1", [](auto, auto, auto) {}}, observer_config(sink).options);
  return observer->read_checkpoint({study_dir, {}, study_dir.parent_path()}).value();
}

}  // namespace study_test
