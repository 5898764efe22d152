/// The data of a report's page: FORMAT.md.
#pragma once

#include "report/report_data.hpp"

#include <string>

namespace host {

/// Appends the elements that hold it: `data`, and `log-K` for each thousand runs of which any has
/// one.
void append_page_data(std::string& page, const ReportData& data);

}  // namespace host
