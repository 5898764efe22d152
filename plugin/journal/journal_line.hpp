/// The lines of a journal: text that carries its own checksum. FORMAT.md has the grammar.
#pragma once

#include "checkpoint/entry_table.hpp"

#include <study/manifest.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace study::journal {

inline constexpr std::string_view kJournalFileName = "journal.jsonl";

/// What `format` of a study line says. Whatever changes that makes a reader of this version
/// misunderstand a journal gets the next number. Earlier ones are read, too.
inline constexpr std::int64_t kFormatVersion = 2;

// Each appends one whole line, newline included. `number` is the line's number in the file, from 1.

/// The study as it is when it starts or goes on. `manifest` must have no running entry.
void append_study_line(std::string& out, std::uint64_t number, Timestamp time, bool resumed,
                       const StudyManifest& manifest);

/// A transition of `entry`; `attempt` is counted over all of the journal. Allocates nothing where
/// `out` has room.
void append_state_line(std::string& out, std::uint64_t number, const ManifestEntryView& entry,
                       std::uint32_t attempt, const checkpoint::Transition& transition);

/// The entries of `table` from `first` on, which have been added, and its design hash.
void append_added_line(std::string& out, std::uint64_t number, Timestamp time,
                       const checkpoint::EntryTable& table, checkpoint::EntryIndex first);

/// The end of the study.
void append_end_line(std::string& out, std::uint64_t number, const ManifestHead& head);

/// CRC-32C, the checksum of RFC 3720 (iSCSI), ext4 and others: polynomial 0x1EDC6F41, reflected,
/// starting from and inverted with 0xFFFFFFFF. Its check value, that of `123456789`, is E3069283.
/// By the processor's instruction where it has one.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

/// The same on any processor.
[[nodiscard]] std::uint32_t crc32c_by_table(std::string_view bytes);

/// Whether `line`, without its newline, ends with the checksum of what is before it.
[[nodiscard]] bool is_whole(std::string_view line);

/// What event a whole line tells of, without parsing all of it; empty for one that no version
/// writes.
[[nodiscard]] std::string_view line_event(std::string_view line);

/// When a whole line was written; empty for one that no version writes.
[[nodiscard]] std::optional<Timestamp> line_time(std::string_view line);

}  // namespace study::journal
