#include "run/leaf_status.hpp"

#include "base/format.hpp"

#include <study/atomic_file.hpp>
#include <study/posix.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <vector>

#include <boost/json.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kMaxStatusBytes = std::size_t{1} << 20;

/// Empty where there is none. Whoever shares the directory may have put anything under the name.
std::string text_in(const fs::path& file) {
  const study::UniqueFd fd = study::open_regular_file(file.c_str(), O_RDONLY);
  std::string text(kMaxStatusBytes, '\0');
  const ssize_t size = fd ? study::retry_if_interrupted(
                                [&] { return ::pread(fd.get(), text.data(), text.size(), 0); })
                          : -1;
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return text;
}

json::array array_of(const std::vector<std::string>& names) {
  json::array array;
  for (const std::string& name : names) array.emplace_back(study::to_valid_utf8(name));
  return array;
}

std::string text_of(const json::value& value) {
  return {value.as_string().data(), value.as_string().size()};
}

std::vector<std::string> names_of(const json::value& value) {
  std::vector<std::string> names;
  for (const json::value& name : value.as_array()) names.push_back(text_of(name));
  return names;
}

ProcessEnd end_of(const json::object& object) {
  ProcessEnd end;
  end.exit_code = object.at("exit_code").to_number<int>();
  end.signal = object.at("signal").to_number<int>();
  end.timed_out = object.at("timed_out").as_bool();
  end.interrupted = object.at("interrupted").as_bool();
  end.out_bytes = object.at("stdout_bytes").to_number<std::uint64_t>();
  end.error_tail = text_of(object.at("stderr_tail"));
  end.left = names_of(object.at("left"));
  end.beyond = names_of(object.at("beyond"));
  end.duration = std::chrono::microseconds(object.at("duration_us").to_number<std::int64_t>());
  return end;
}

}  // namespace

std::string own_place() {
  std::array<char, 256> name{};
  std::string place = ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "somewhere";
  const char* const job = std::getenv("SLURM_JOB_ID");
  const char* const step = std::getenv("SLURM_STEP_ID");
  if (job != nullptr && step != nullptr) {
    place += study::format(" (Slurm job {}, step {})", job, step);
  }
  return study::to_valid_utf8(place);
}

fs::path leaf_status_file(const fs::path& study_dir, const std::string& stem, int attempt) {
  return study_dir / study::format(".{}.{}.status", stem, attempt);
}

void write_leaf_status(const fs::path& file, const LeafStatus& status) {
  const ProcessEnd& end = status.end;
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(end.duration);
  json::object object{{"place", status.place},
                      {"exit_code", end.exit_code},
                      {"signal", end.signal},
                      {"timed_out", end.timed_out},
                      {"interrupted", end.interrupted},
                      {"duration_us", duration.count()},
                      {"stdout_bytes", end.out_bytes},
                      {"stderr_tail", study::to_valid_utf8(end.error_tail)},
                      {"left", array_of(end.left)},
                      {"beyond", array_of(end.beyond)},
                      {"out_of_memory", status.out_of_memory},
                      {"has_no_line", status.has_no_line}};
  if (status.not_started) {
    object["not_started"] = {{"type", status.not_started->type},
                             {"message", status.not_started->message}};
  }
  study::replace_file(file, json::serialize(object) + "\n", study::Durability::process);
}

std::optional<LeafStatus> read_leaf_status(const fs::path& file) {
  try {
    const json::object object = json::parse(text_in(file)).as_object();
    LeafStatus status;
    status.end = end_of(object);
    status.place = text_of(object.at("place"));
    status.out_of_memory = text_of(object.at("out_of_memory"));
    status.has_no_line = object.at("has_no_line").as_bool();
    if (const json::value* const failure = object.if_contains("not_started")) {
      status.not_started =
          make_failure(text_of(failure->at("type")), text_of(failure->at("message")));
    }
    return status;
  } catch (const std::exception&) {  // nothing, or nothing that a leaf has written
    return std::nullopt;
  }
}

}  // namespace host
