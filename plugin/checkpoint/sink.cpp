#include "checkpoint/sink.hpp"

#include "base/format.hpp"

namespace study::checkpoint {

StudyError occupied(const std::string& what, const std::string& way_out) {
  return StudyError(study::format(
      "{}. A new study never replaces one: resume it, or give the new study a directory of its own"
      "{}{}",
      what, way_out.empty() ? "" : ", or ", way_out));
}

std::string describe_study(const ManifestHead& head, const ManifestCounters& counters) {
  return study::format("the study {}, which began at {}: {} of {} completed, {}", head.study_name,
                       format_timestamp(head.started_at), counters.completed,
                       counters.completed + counters.failed + counters.pending,
                       to_string(head.status));
}

}  // namespace study::checkpoint
