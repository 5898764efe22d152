/// The state of a study, as text for people and as JSON for programs.
#pragma once

#include <study/manifest.hpp>
#include <study/study_lock.hpp>

#include <cstddef>
#include <string>

namespace host {

/// What there is to tell: all that the functions below know.
struct StudyView {
  const study::StudyManifest& manifest;
  study::WriterStatus writer;
  study::Timestamp now;
  std::string study_dir;  ///< as a command names it; empty if it is not on this machine
  /// Where it is not: the host that wrote last and the directory there, as far as they are known.
  std::string host{};
  std::string directory_there{};
  std::size_t namesakes = 0;  ///< other studies of its name, where one was asked for by name
};

/// Whether nobody works on it any more: it has ended and nobody is about to resume it, or its
/// writer is gone.
[[nodiscard]] bool is_over(const StudyView& view);

/// Whether it has ended, and its writer has still to close what it has open.
[[nodiscard]] bool is_being_left(const StudyView& view);

/// Name and state, a bar, counters (those of the entries), times, an estimate of what is left, what
/// is running since when, what failed and why. No line is longer than `width` columns, except a
/// command to copy. Every line ends with a newline; there are no escape codes.
[[nodiscard]] std::string status_text(const StudyView& view, std::size_t width);

/// The state in one word: `running`, `completed`, `failed` or `interrupted`, or the word of another
/// framework. Interrupted is also what its writer has left without saying so; `running?` what may
/// be so, where that can't be told.
[[nodiscard]] std::string status_word(const StudyView& view);

/// The state and the counters on one line, without a newline. It changes only when they do.
[[nodiscard]] std::string status_line(const StudyView& view);

/// `{"manifest": {…}, "writer": "alive" | "gone" | "none" | "unknown", "eta_seconds": number |
/// null, "host": …, "study_dir": …, "namesakes": number}`, the manifest with counters that are
/// those of its entries; host and directory are null where they aren't known. Further keys may
/// come. Ends with a newline.
[[nodiscard]] std::string status_json(const StudyView& view);

}  // namespace host
