/// What earlier attempts at the runs of a study have left in its directory.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace host {

/// The files of one run's attempts:
///
///   {stem}.log                  what the latest has printed
///   {stem}.N.log                what an earlier one has
///   {stem}.N.rejected.json      what one had written that doesn't count
///   .{stem}.N.result            what one is writing, or a killed host's had written
///
/// The directory is listed once, when this is made: the host alone gives these names, and looking
/// for each of them before each run would be most of what a new study takes from its experiments.
class EarlierAttempts {
 public:
  /// Throws `std::filesystem::filesystem_error` where the directory can't be listed.
  explicit EarlierAttempts(std::filesystem::path study_dir);

  /// The number of the next attempt at the run: one that no file of an earlier attempt has, and at
  /// least `least`, which is more than 1 if this host has made one. From here on `{stem}.log` is
  /// the new attempt's: an earlier one's gets a number. What a killed host's attempt had written is
  /// kept as `rejected`.
  [[nodiscard]] int next(const std::string& stem, int least);

 private:
  struct Files {
    bool has_log = false;
    std::vector<int> logs;
    std::vector<int> results;
    int last = 0;  ///< the greatest number that any file has
  };

  void note(std::string_view name);
  void put_log_aside(const std::string& stem, Files& files) const;

  std::filesystem::path study_dir_;
  std::unordered_map<std::string, Files> files_;  ///< by stem
};

}  // namespace host
