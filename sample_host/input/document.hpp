/// A study file as a tree: YAML beside the JSON that host_api reads.
#pragma once

#include "base/document.hpp"
#include "base/field_reader.hpp"

#include <filesystem>
#include <string>

namespace host {

using study::Document;
using study::FieldReader;
using study::find_given;
using study::JsonDialect;
using study::Member;
using study::Node;
using study::refuse_input;

/// Reads a file: one ending in `.json` as strict JSON, everything else as YAML, which is held to
/// the same: UTF-8 (a byte order mark is skipped), one document, not empty, without duplicate keys,
/// NaN, infinities or integers beyond 64 bits.
///
/// Throws `study::InputError`: `study.yaml:12: what is wrong`.
[[nodiscard]] Document load_document(const std::filesystem::path& path);

/// The same for text; `source` is what messages call it. YAML's text is read as libyaml and PyYAML
/// do; scalars resolve by the core schema of YAML 1.2.2, section 10.3; anchors, aliases and the
/// merge key `<<` are understood.
[[nodiscard]] Document parse_yaml(std::string text, std::string source);

}  // namespace host
