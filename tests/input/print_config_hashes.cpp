// The hash of each configuration of a study file, one a line, for comparison with other programs.
#include "input/study_file.hpp"

#include <study/identity.hpp>

#include <exception>
#include <iostream>

int main(int, char** argv) {
  try {
    for (const boost::json::object& config : host::load_study_file(argv[1]).configs) {
      std::cout << study::config_hash(config) << '\n';
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
