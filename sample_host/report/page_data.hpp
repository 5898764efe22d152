/// The data of a report's page: FORMAT.md.
#pragma once

#include "report/report_data.hpp"

#include <functional>
#include <string>
#include <vector>

namespace host {

/// Appends a part of a page, once, behind the parts before it.
using PagePart = std::function<void(std::string& page)>;

/// The elements that hold it, in order: `data`, and `log-K` for each thousand runs of which any has
/// one. `data` must outlive the parts. No part is larger than a column of it for all runs.
[[nodiscard]] std::vector<PagePart> page_data_parts(const ReportData& data);

}  // namespace host
