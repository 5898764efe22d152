#include "bench/report.hpp"

#include "bench/host_bench.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <map>
#include <numeric>
#include <optional>
#include <sstream>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <linux/magic.h>
#include <sys/vfs.h>

namespace study_bench {
namespace {

[[nodiscard]] const Result* find(const std::vector<Result>& results, const std::string& name,
                                 std::size_t entries) {
  const auto found = std::find_if(results.begin(), results.end(), [&](const Result& result) {
    return result.name == name && result.entries == entries;
  });
  return found == results.end() ? nullptr : &*found;
}

void print_figure(std::ostringstream& out, const std::string& label, double figure) {
  out << "  " << std::left << std::setw(66) << label << std::right << std::setw(9)
      << std::setprecision(4) << figure << '\n';
}

void print_ratio(std::ostringstream& out, const std::vector<Result>& results,
                 const std::string& one, std::size_t one_entries, const std::string& other,
                 std::size_t other_entries) {
  const Result* dividend = find(results, one, one_entries);
  const Result* divisor = find(results, other, other_entries);
  if (dividend == nullptr || divisor == nullptr || divisor->median_us == 0) return;
  const auto label = [](const std::string& name, std::size_t entries) {
    return entries == 0 ? name : name + " at " + std::to_string(entries);
  };
  print_figure(out, label(one, one_entries) + " / " + label(other, other_entries),
               dividend->median_us / divisor->median_us);
}

void print_difference(std::ostringstream& out, const std::vector<Result>& results,
                      const std::string& one, const std::string& other, std::size_t entries) {
  const Result* minuend = find(results, one, entries);
  const Result* subtrahend = find(results, other, entries);
  if (minuend == nullptr || subtrahend == nullptr) return;
  print_figure(out, one + " - " + other + " at " + std::to_string(entries),
               minuend->median_us - subtrahend->median_us);
}

}  // namespace

Result summarize(std::string name, std::size_t entries, std::vector<double> samples_us) {
  Result result{.name = std::move(name), .entries = entries, .samples = samples_us.size()};
  if (samples_us.empty()) return result;
  std::sort(samples_us.begin(), samples_us.end());
  result.median_us = samples_us[samples_us.size() / 2];
  result.mean_us = std::accumulate(samples_us.begin(), samples_us.end(), 0.0) /
                   static_cast<double>(samples_us.size());
  result.p99_us = samples_us[samples_us.size() * 99 / 100];
  return result;
}

std::string file_system_name(const std::filesystem::path& dir) {
  struct statfs found {};
  if (::statfs(dir.c_str(), &found) != 0) return "unknown";
  switch (static_cast<unsigned long>(found.f_type)) {
    case EXT4_SUPER_MAGIC:
      return "ext4";
    case TMPFS_MAGIC:
      return "tmpfs";
    case BTRFS_SUPER_MAGIC:
      return "btrfs";
    case OVERLAYFS_SUPER_MAGIC:
      return "overlayfs";
    case 0x58465342UL:
      return "xfs";
    default: {
      std::ostringstream out;
      out << "0x" << std::hex << found.f_type;
      return out.str();
    }
  }
}

std::string to_json(const std::string& file_system, const std::vector<Result>& results) {
  namespace json = boost::json;
  json::array list;
  for (const Result& result : results) {
    list.push_back(json::object{{"name", result.name},
                                {"entries", result.entries},
                                {"median_us", result.median_us},
                                {"mean_us", result.mean_us},
                                {"p99_us", result.p99_us},
                                {"samples", result.samples}});
  }
  return json::serialize(json::object{{"file_system", file_system}, {"results", std::move(list)}});
}

std::string to_table(const std::string& file_system, const std::vector<Result>& results) {
  std::ostringstream out;
  out << "file system: " << file_system << "; microseconds\n\n  " << std::left << std::setw(28)
      << "name" << std::right << std::setw(9) << "entries" << std::setw(13) << "median"
      << std::setw(13) << "mean" << std::setw(13) << "p99" << std::setw(9) << "samples" << '\n'
      << std::fixed;
  for (const Result& result : results) {
    const int digits = result.median_us < 1 ? 4 : result.median_us < 1000 ? 2 : 0;
    out << "  " << std::left << std::setw(28) << result.name << std::right << std::setw(9);
    if (result.entries > 0) {
      out << result.entries;
    } else {
      out << "";
    }
    out << std::setprecision(digits) << std::setw(13) << result.median_us << std::setw(13)
        << result.mean_us << std::setw(13) << result.p99_us << std::setw(9) << result.samples
        << '\n';
  }
  std::map<std::size_t, bool> sizes;
  for (const Result& result : results) {
    if (result.name == "manifest_writer/swap") sizes[result.entries];
  }
  out << "\nratios of medians\n" << std::defaultfloat;
  if (!sizes.empty()) {
    print_ratio(out, results, "manifest_writer/swap", sizes.rbegin()->first, "manifest_writer/swap",
                sizes.begin()->first);
  }
  for (const auto& [size, unused] : sizes) {
    print_ratio(out, results, "manifest_writer/swap", size, "floor/replace", size);
    print_ratio(out, results, "manifest_writer/swap", size, "sqlite", size);
    print_ratio(out, results, "sqlite_writer", size, "floor/sqlite", size);
    print_ratio(out, results, "postgres_writer", size, "floor/postgres", size);
  }
  for (const Result& result : results) {
    print_ratio(out, results, result.name, result.entries, result.name + "/run", result.entries);
  }
  for (const int jobs : kHostJobs) {
    const std::string at_once = jobs_suffix(jobs);
    print_ratio(out, results, "host/true" + at_once, 0, "floor/spawn" + at_once, 0);
    print_ratio(out, results, "host/line" + at_once, 0, "floor/line" + at_once, 0);
    print_ratio(out, results, "host/true" + at_once, 0, "floor/kept" + at_once, 0);
    print_ratio(out, results, "host/line" + at_once, 0, "floor/kept_line" + at_once, 0);
  }
  out << "\ndifferences of medians, microseconds\n";
  for (const auto& [size, unused] : sizes) {
    print_difference(out, results, "journal_writer", "floor/append", size);
  }
  return out.str();
}

}  // namespace study_bench
