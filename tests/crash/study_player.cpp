// study_player PLUGIN OPTIONS DIR ENTRIES SEED|grow
//
// Loads a plugin, starts the sample study in DIR and plays its history, or one in which it grows,
// until it is killed. Each
// time a call has returned, a byte goes to standard output: the first for on_study_start, then one
// a transition.
#include "support/growth.hpp"
#include "support/history.hpp"

#include <study/observer_library.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include <boost/json/parse.hpp>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  try {
    const std::filesystem::path dir = argv[3];
    const int entries = std::atoi(argv[4]);
    const auto library = study::ObserverLibrary::load(argv[1]);
    const auto observer = library.create(
        {"study_player", "1", [](study::LogSeverity, std::string_view, std::string_view) {}},
        boost::json::parse(argv[2]).as_object());
    const auto acknowledge = [] {
      if (::write(STDOUT_FILENO, "+", 1) != 1) std::exit(1);
    };
    const bool grows = argv[5] == std::string_view("grow");
    const study::StudyConfig config =
        grows ? study_test::Growth::study(entries) : study_test::sample_study(entries);
    // A directory in which another one was killed is gone on with, from the beginning.
    const study::StudyManifest initial =
        study::initial_manifest(config, study::make_plan(config), study_test::at(0));
    const bool resumed = observer->read_checkpoint({dir, "", dir.parent_path()}).has_value();
    observer->on_study_start({config, dir, study_test::at(0), resumed ? &initial : nullptr});
    acknowledge();
    for (study_test::Growth growth(entries); grows;) {
      growth.advance(observer.get());
      acknowledge();
    }
    for (study_test::History history(entries, static_cast<unsigned>(std::atoi(argv[5])));;) {
      observer->on_experiment_state(history.advance().first.view());
      acknowledge();
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
