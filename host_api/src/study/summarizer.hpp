/// What varies among the configurations of a study, as they come.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace study {

/// Makes the summaries of config_summary.hpp. What it keeps doesn't grow with the number of
/// configurations, but with that of their keys and models, and refers to none of them.
class Summarizer {
 public:
  /// One more configuration of the study.
  void see(const boost::json::object& config);

  /// The summary of a configuration that has been seen, by what varies among all that have been.
  [[nodiscard]] std::string summarize(const boost::json::object& config);

 private:
  /// A flattened key that appears in some configuration.
  struct Key {
    std::string name;  ///< dotted
    boost::json::value first_value;
    std::size_t last_config;   ///< that had it
    std::size_t config_count;  ///< how many had it
    bool differs = false;      ///< another configuration has another value
    bool varies = false;
    std::string_view label{};  ///< what it is shown as: a part of `name`
  };

  void see_leaf(std::string_view name, const boost::json::value& leaf);
  void see_model(const boost::json::object& config);
  void choose_labels();
  /// Whether `append` appended anything, which then has a separator before it.
  template <typename Append>
  bool append_segment(const Append& append);
  /// A well-known field; nothing where it is absent.
  void append_field(const boost::json::object& config, std::string_view name);
  void append_what_varies(const boost::json::object& config);
  void append_model(const boost::json::object& config);

  std::size_t config_count_ = 0;
  std::deque<Key> keys_;  ///< in order of first appearance; they never move
  std::unordered_map<std::string_view, std::size_t> index_;     ///< by name
  std::map<std::string, std::string, std::less<>> models_;      ///< by their last part
  std::set<std::string> own_segments_{"backend", "precision"};  ///< keys shown by themselves
  std::set<std::string> model_keys_{"model"};
  bool whole_models_ = false;  ///< two models have the same one
  bool is_labelled_ = false;   ///< by all that has been seen
  std::string text_;           ///< of summarize()
  std::string path_;           ///< of flatten(): empty between calls
  std::vector<std::pair<std::size_t, const boost::json::value*>> varying_;
};

}  // namespace study
