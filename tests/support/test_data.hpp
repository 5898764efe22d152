/// The files of tests/data.
#pragma once

#include <study/atomic_file.hpp>
#include <study/json.hpp>

#include <filesystem>
#include <string>

#include <boost/json/value.hpp>

namespace study_test {

[[nodiscard]] inline std::string read_test_data(const std::string& name) {
  return study::read_file(std::filesystem::path(STUDY_TEST_DATA_DIR) / name);
}

[[nodiscard]] inline boost::json::value parse_test_data(const std::string& name) {
  return study::parse_json(read_test_data(name), name);
}

[[nodiscard]] inline boost::json::object json_object(std::string_view text) {
  return study::parse_json(text, "test").as_object();
}

/// Whether an exception's message contains `part`: for BOOST_CHECK_EXCEPTION.
[[nodiscard]] inline auto says(std::string part) {
  return [part](const std::exception& error) {
    return std::string_view(error.what()).find(part) != std::string_view::npos;
  };
}

}  // namespace study_test
