/// A report as one HTML file that needs nothing else.
#pragma once

#include "report/report_data.hpp"

#include <string>
#include <string_view>

namespace host {

/// What each report begins with, so that one can be told from anybody's own file.
inline constexpr std::string_view kReportBeginning =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"generator\" content=\"study-host report\">";

/// The whole page. A browser that opens it runs our script and no other, and asks nobody for
/// anything: the page says so itself, in its content security policy.
[[nodiscard]] std::string render_report(const ReportData& data);

}  // namespace host
