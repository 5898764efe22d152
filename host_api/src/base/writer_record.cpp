#include "base/writer_record.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/json.hpp>
#include <study/text.hpp>

#include <array>

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <unistd.h>

namespace study {
namespace {

std::string boot_id() {
  try {
    std::string text = read_file("/proc/sys/kernel/random/boot_id");
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  } catch (const FileError&) {
    return {};  // a sandbox without /proc
  }
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return to_valid_utf8(name.data());
}

Writer this_writer() {
  return {.pid = ::getpid(), .host = host_name(), .boot_id = boot_id(), .started_at = now()};
}

std::string render_writer(const Writer& writer) {
  std::string text;
  append_json(text, boost::json::object{{"pid", writer.pid},
                                        {"host", writer.host},
                                        {"boot_id", writer.boot_id},
                                        {"started_at", format_timestamp(writer.started_at)}});
  return text + "\n";
}

std::optional<Writer> parse_writer(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;  // being written, or cut off
  try {
    const boost::json::value document = parse_json(text.substr(0, end), kLockFileName);
    const boost::json::object& fields = document.as_object();
    const auto started_at = parse_timestamp(fields.at("started_at").as_string());
    if (!started_at) return std::nullopt;
    return Writer{.pid = fields.at("pid").as_int64(),
                  .host = std::string(fields.at("host").as_string()),
                  .boot_id = std::string(fields.at("boot_id").as_string()),
                  .started_at = *started_at};
  } catch (const std::exception&) {  // InputError, or what Boost.JSON throws for another type
    return std::nullopt;
  }
}

WriterState unlocked_state(bool on_network, const std::optional<Writer>& recorded,
                           std::string_view this_host) {
  if (!on_network) return WriterState::gone;
  return recorded && recorded->host == this_host ? WriterState::gone : WriterState::unknown;
}

}  // namespace study
