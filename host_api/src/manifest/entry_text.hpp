/// How an entry of the manifest is laid out, for who writes it and who reads it back.
#pragma once

#include <cstddef>
#include <string_view>

namespace study::entry_text {

inline constexpr std::string_view kIndentation = "    ";
// What stands before each value.
inline constexpr std::string_view kConfigHash = "{\n      \"config_hash\": ";
inline constexpr std::string_view kConfigSummary = ",\n      \"config_summary\": ";
inline constexpr std::string_view kCycle = ",\n      \"cycle\": ";
inline constexpr std::string_view kStatus = ",\n      \"status\": ";
inline constexpr std::string_view kResultFile = ",\n      \"result_file\": ";
inline constexpr std::string_view kErrorType = ",\n      \"error_type\": ";
inline constexpr std::string_view kErrorMessage = ",\n      \"error_message\": ";
inline constexpr std::string_view kStartedAt = ",\n      \"started_at\": ";
inline constexpr std::string_view kCompletedAt = ",\n      \"completed_at\": ";
inline constexpr std::string_view kEnd = "\n    }";
inline constexpr std::string_view kNull = "null";

/// Of every entry: of the shortest one nearly all.
inline constexpr std::size_t kFixedBytes = kConfigHash.size() + kConfigSummary.size() +
                                           kCycle.size() + kStatus.size() + kResultFile.size() +
                                           kErrorType.size() + kErrorMessage.size() +
                                           kStartedAt.size() + kCompletedAt.size() + kEnd.size();

}  // namespace study::entry_text
