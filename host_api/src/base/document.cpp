#include "base/document.hpp"

#include "base/document_builder.hpp"
#include "base/format.hpp"

#include <study/atomic_file.hpp>
#include <study/error.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cerrno>
#include <type_traits>
#include <utility>

#include <boost/json/array.hpp>

namespace study {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

int line_of(std::string_view text, std::size_t offset) {
  return 1 +
         static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(offset), '\n'));
}

[[noreturn]] void fail_at(const std::string& source, std::string_view text, std::size_t offset,
                          const std::string& what) {
  throw InputError(study::format("{}:{}: {}", source, line_of(text, offset), what));
}

std::string hex_byte(char byte) {
  return study::format("0x{:02X}", static_cast<unsigned char>(byte));
}

bool is_utf16(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return true;
  // Every other byte of what is ASCII there.
  return text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0');
}

void check_text(const std::string& source, std::string_view text) {
  if (is_utf16(text)) fail_at(source, text, 0, "the text is UTF-16; save it as UTF-8");
  const auto control = std::find_if(text.begin(), text.end(), [](char byte) {
    return static_cast<unsigned char>(byte) < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
  });
  if (control != text.end()) {
    fail_at(source, text, static_cast<std::size_t>(control - text.begin()),
            "there is a control character (" + hex_byte(*control) + ") in the text");
  }
  if (is_valid_utf8(text)) return;
  const std::string valid = to_valid_utf8(text);
  const auto first = std::mismatch(text.begin(), text.end(), valid.begin(), valid.end()).first;
  fail_at(
      source, text, static_cast<std::size_t>(first - text.begin()),
      "the text is not UTF-8 (byte " + hex_byte(first == text.end() ? text.back() : *first) + ")");
}

}  // namespace

std::string read_document_text(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw InputError(path.string() + ": is a directory, not a file");
  }
  const std::uintmax_t size = std::filesystem::file_size(path, ignored);
  if (!ignored && size > kMaxDocumentBytes) {
    throw InputError(study::format("{}: has {} bytes; at most {} are read", path.string(), size,
                                   kMaxDocumentBytes));
  }
  try {
    return read_file(path, kMaxDocumentBytes);
  } catch (const FileError& error) {
    if (error.code().value() == ENOENT) {
      throw InputError(path.string() + ": there is no such file");
    }
    throw InputError(path.string() + ": cannot be read: " + error.code().message());
  }
}

std::string_view checked_document_text(const std::string& source, std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  check_text(source, text);
  return text;
}

Document parse_json_document(std::string text, std::string source, JsonDialect dialect) {
  Node root = build_from_json(checked_document_text(source, text), source, dialect);
  return {std::move(source), std::move(root), std::move(text)};
}

Document load_json_document(const std::filesystem::path& path, JsonDialect dialect) {
  return parse_json_document(read_document_text(path), path.string(), dialect);
}

void refuse_input(std::string_view message) {
  throw InputError(visible(message));
}

boost::json::object to_json(const Node::Mapping& mapping) {
  boost::json::object out;
  out.reserve(mapping.size());
  for (const Member& member : mapping) out[member.key] = to_json(member.value);
  return out;
}

boost::json::value to_json(const Node& node) {
  return std::visit(
      [](const auto& value) -> boost::json::value {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, Node::Sequence>) {
          boost::json::array out;
          out.reserve(value.size());
          for (const Node& element : value) out.push_back(to_json(element));
          return out;
        } else if constexpr (std::is_same_v<Value, Node::Mapping>) {
          return to_json(value);
        } else if constexpr (std::is_same_v<Value, std::string>) {
          return boost::json::string(value);
        } else {
          return value;
        }
      },
      node.value);
}

}  // namespace study
