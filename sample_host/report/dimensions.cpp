#include "report/dimensions.hpp"

#include "input/study_file.hpp"
#include "plan/prepared_study.hpp"
#include "resume/study_record.hpp"
#include "session/experiment_list.hpp"
#include "study/run_identity.hpp"

#include <study/error.hpp>
#include <study/flatten.hpp>
#include <study/json.hpp>
#include <study/text.hpp>

#include <algorithm>
#include <cstdlib>

namespace host {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::size_t kMaxValueBytes = 200;
/// More different fields than this are passed over: each costs a number for each configuration.
constexpr std::size_t kMaxFields = 1000;
/// Beyond this a double is not the integer any more.
constexpr std::int64_t kMaxExactInteger = std::int64_t{1} << 53;

bool is_plain_number(const json::value& value) {
  if (value.is_double()) return true;
  return value.is_int64() && std::llabs(value.get_int64()) <= kMaxExactInteger;
}

std::string cut(std::string_view text) {
  if (text.size() <= kMaxValueBytes) return std::string(text);
  return std::string(study::truncate_utf8(text, kMaxValueBytes)) + "…";
}

/// A value for people: a text as it is, everything else as JSON.
std::string value_text(const json::value& value, const std::string& json_text) {
  return cut(value.is_string() ? study::to_valid_utf8(std::string_view(value.get_string()))
                               : json_text);
}

/// The fields of all configurations, each as a column.
class FieldTable {
 public:
  explicit FieldTable(std::size_t configurations) : configurations_(configurations) {}

  void take(std::uint32_t configuration, const json::object& fields) {
    study::flatten(fields, [&](std::string_view key, const json::value& value) {
      if (Column* const column = column_of(key)) column->take(configuration, value);
    });
  }

  void describe(SweptFields& swept) {
    for (Column& column : columns_) {
      Dimension& dimension = column.dimension;
      const auto& of = dimension.of;
      const bool varies =
          dimension.values.size() > 1 || std::find(of.begin(), of.end(), -1) != of.end();
      if (!varies && swept.fixed.size() < kMaxFixedFields) {
        swept.fixed.emplace_back(dimension.key, dimension.values.front());
      }
      if (!varies) continue;
      if (swept.dimensions.size() < kMaxDimensions) {
        swept.dimensions.push_back(std::move(dimension));
      } else {
        ++swept.left_out;
      }
    }
  }

 private:
  struct Column {
    Dimension dimension;
    std::unordered_map<std::string, std::int32_t> known{};  ///< by JSON text

    void take(std::uint32_t configuration, const json::value& value) {
      std::string text;
      study::append_json(text, value);
      const auto next = static_cast<std::int32_t>(dimension.values.size());
      const auto [place, is_new] = known.emplace(std::move(text), next);
      if (is_new) {
        dimension.values.push_back(value_text(value, place->first));
        dimension.is_number = dimension.is_number && is_plain_number(value);
      }
      dimension.of[configuration] = place->second;
    }
  };

  /// Null for one of too many.
  Column* column_of(std::string_view key) {
    const auto found = places_.find(std::string(key));
    if (found != places_.end()) return &columns_[found->second];
    if (columns_.size() == kMaxFields) return nullptr;
    places_.emplace(key, columns_.size());
    columns_.push_back({{study::to_valid_utf8(key), true, {}, {}}});
    columns_.back().dimension.of.assign(configurations_, -1);
    return &columns_.back();
  }

  std::size_t configurations_;
  std::vector<Column> columns_;
  std::unordered_map<std::string, std::size_t> places_;
};

/// Empty where the directory has none.
std::optional<study::StudyConfig> read_experiments(const fs::path& study_dir, int cycles) {
  if (const auto record = read_study_record(study_dir)) {
    return make_config(load_study_copies(record->study_file, record->copies));
  }
  auto list = study::read_experiment_list(study_dir);
  if (!list) return std::nullopt;
  study::StudyConfig config;
  config.study_name = list->study_name;
  config.n_cycles = cycles;
  config.experiments = std::move(list->experiments);
  return config;
}

FileNames file_names(const json::object& fields, const study::PlannedConfiguration& planned) {
  FileNames names;
  names.digits = planned.full_hash_in_file_name
                     ? planned.config_hash.size()
                     : std::min(study::kShortHashDigits, planned.config_hash.size());
  names.has_cycle = planned.n_cycles > 1;
  const std::string stem = study::result_stem(fields, planned, 1);
  const std::size_t behind = names.digits + (names.has_cycle ? 3 : 0);  // `_c1`
  names.prefix = stem.substr(0, stem.size() - behind);
  return names;
}

/// Of neighbouring configurations most have the same.
std::int32_t place_of(std::vector<FileNames>& list, FileNames names) {
  const auto found = std::find(list.rbegin(), list.rend(), names);
  if (found != list.rend()) return static_cast<std::int32_t>(list.rend() - found) - 1;
  list.push_back(std::move(names));
  return static_cast<std::int32_t>(list.size()) - 1;
}

SweptFields describe(const study::StudyConfig& config, const ConfigurationNumbers& numbers) {
  SweptFields swept;
  swept.names_of.assign(numbers.size(), -1);
  FieldTable table(numbers.size());
  const study::StudyPlan plan = study::make_plan(config);
  for (const study::PlannedConfiguration& planned : plan.configurations) {
    const auto number = numbers.find(planned.config_hash);
    if (number == numbers.end()) continue;  // the checkpoint doesn't know it
    const study::AllFields fields(config.experiments[planned.experiment_index]);
    table.take(number->second, *fields);
    swept.names_of[number->second] = place_of(swept.file_names, file_names(*fields, planned));
  }
  table.describe(swept);
  return swept;
}

}  // namespace

std::optional<SweptFields> read_swept_fields(const fs::path& study_dir,
                                             const ConfigurationNumbers& numbers, int cycles,
                                             HostLog& log) {
  try {
    if (const auto config = read_experiments(study_dir, cycles)) {
      return describe(*config, numbers);
    }
  } catch (const study::Error& error) {
    log.warning(std::string("the report doesn't know the fields of the configurations: ") +
                error.what());
  }
  return std::nullopt;
}

std::string file_stem(const FileNames& names, std::string_view config_hash, std::int32_t cycle) {
  std::string stem = names.prefix;
  stem += config_hash.substr(0, names.digits);
  if (names.has_cycle) stem += "_c" + std::to_string(cycle);
  return stem;
}

}  // namespace host
