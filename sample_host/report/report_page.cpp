#include "report/report_page.hpp"

#include "report/page_assets.hpp"
#include "report/page_data.hpp"
#include "report/page_text.hpp"
#include "terminal/durations.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace host {
namespace {

constexpr std::size_t kMaxListedErrors = 20;

/// All of its files share this scope and leave nothing in the window but what it puts there.
std::string script_text() {
  std::string text = "'use strict';\n(() => {\n";
  text += page_script();
  text += "})();\n";
  return text;
}

std::string policy(std::string_view script) {
  return "default-src 'none'; script-src '" + policy_hash(script) + "'; style-src '" +
         policy_hash(page_style()) + "'; base-uri 'none'; form-action 'none'";
}

std::string with_thousands(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

struct StateCount {
  RunState state;
  std::string_view name;
  std::size_t runs = 0;
};

std::array<StateCount, 5> count_states(const ReportData& data) {
  std::array<StateCount, 5> counts{{{RunState::completed, "completed"},
                                    {RunState::failed, "failed"},
                                    {RunState::running, "running"},
                                    {RunState::interrupted, "interrupted"},
                                    {RunState::pending, "pending"}}};
  for (const ReportRun& run : data.runs) {
    for (StateCount& count : counts) count.runs += count.state == run.state ? 1 : 0;
  }
  return counts;
}

void append_row(std::string& page, std::string_view name, std::size_t runs) {
  page += "<tr><td>";
  append_html(page, name);
  page.append("</td><td>").append(with_thousands(runs)).append("</td></tr>");
}

/// The commonest first.
std::vector<std::pair<std::size_t, std::string>> count_errors(const ReportData& data) {
  std::map<std::string, std::size_t> counts;
  for (const study::ManifestEntry& entry : data.manifest.experiments) {
    if (entry.status == study::ExperimentState::failed)
      ++counts[entry.error_type.value_or("Error")];
  }
  std::vector<std::pair<std::size_t, std::string>> errors;
  errors.reserve(counts.size());
  for (const auto& [type, runs] : counts) errors.emplace_back(runs, type);
  std::stable_sort(errors.begin(), errors.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (errors.size() > kMaxListedErrors) errors.resize(kMaxListedErrors);
  return errors;
}

/// What there is to see where scripts don't run.
void append_static_tables(std::string& page, const ReportData& data) {
  page += "<section class=\"card static\"><table><tr><th>state</th><th>runs</th></tr>";
  for (const StateCount& count : count_states(data)) {
    if (count.runs > 0) append_row(page, count.name, count.runs);
  }
  page += "</table>";
  if (const auto errors = count_errors(data); !errors.empty()) {
    page += "<table><tr><th>error</th><th>runs</th></tr>";
    for (const auto& [runs, type] : errors) append_row(page, type, runs);
    page += "</table>";
  }
  page +=
      "<p class=\"soft\">Charts, table and logs need JavaScript; none of it comes from the "
      "network.</p></section>\n";
}

void append_heading(std::string& page, const ReportData& data) {
  const study::ManifestHead& head = data.manifest.head;
  page += "<header class=\"top\"><div><h1><bdi>";
  append_html(page, head.study_name);
  page += "</bdi></h1><div class=\"soft small\">";
  append_html(page, data.status + " · started " + time_text(head.started_at) + " · " +
                        with_thousands(data.runs.size()) +
                        (data.runs.size() == 1 ? " run" : " runs") +
                        (data.cycles > 1 ? " in " + std::to_string(data.cycles) + " cycles" : "") +
                        " · version " + head.framework_version + " · design " +
                        head.study_design_hash + " · this page: " + time_text(data.made_at));
  page +=
      "</div></div><button class=\"plain noprint\" id=\"theme\" type=\"button\" "
      "title=\"light or dark (t)\">◐ auto</button></header>\n<main>\n";
}

/// All that is before the data.
void append_beginning(std::string& page, const ReportData& data, std::string_view script) {
  page += kReportBeginning;
  page += "<meta http-equiv=\"Content-Security-Policy\" content=\"";
  append_html(page, policy(script));
  page +=
      "\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<meta name=\"referrer\" content=\"no-referrer\"><title>";
  append_html(page, data.manifest.head.study_name);
  page.append("</title>\n<style>").append(page_style()).append("</style></head>\n<body>\n");
  append_heading(page, data);
  append_static_tables(page, data);
  page += page_body();
}

}  // namespace

std::vector<PagePart> report_parts(const ReportData& data) {
  const std::string script = script_text();
  std::vector<PagePart> parts = page_data_parts(data);
  parts.insert(parts.begin(),
               [&data, script](std::string& page) { append_beginning(page, data, script); });
  parts.push_back([script](std::string& page) {
    page.append("<script>").append(script).append("</script>\n</body></html>\n");
  });
  return parts;
}

}  // namespace host
