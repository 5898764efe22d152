/// A report as one HTML file that needs nothing else.
#pragma once

#include "report/page_data.hpp"
#include "report/report_data.hpp"

#include <string_view>
#include <vector>

namespace host {

/// What each report begins with, so that one can be told from anybody's own file.
inline constexpr std::string_view kReportBeginning =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"generator\" content=\"study-host report\">";

/// The whole page, in parts that follow each other, so that nobody has to hold all of it. A browser
/// that opens it runs our script and no other, and asks nobody for anything: the page says so
/// itself, in its content security policy. `data` must outlive the parts.
[[nodiscard]] std::vector<PagePart> report_parts(const ReportData& data);

}  // namespace host
