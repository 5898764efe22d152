/// Says what a JSON value has against a JSON Schema.
#pragma once

#include <memory>
#include <string>

#include <boost/json/value.hpp>

namespace valijson {
class Schema;
}

namespace study_test {

/// A schema of the keywords that mean the same in JSON Schema's draft 7, which valijson enforces,
/// and in 2020-12. A `date-time` has to be in UTC and upper case, as every writer here has it.
/// Several threads may share one.
class JsonSchema {
 public:
  /// Throws `std::runtime_error` for a keyword or a format that would be passed over, and for a
  /// reference to another document.
  explicit JsonSchema(boost::json::value schema);
  ~JsonSchema();
  JsonSchema(const JsonSchema&) = delete;
  JsonSchema& operator=(const JsonSchema&) = delete;

  /// The first place where `value` isn't as the schema demands, and why, in valijson's words; empty
  /// where it is valid.
  [[nodiscard]] std::string violation(const boost::json::value& value) const;

 private:
  std::unique_ptr<valijson::Schema> compiled_;
};

}  // namespace study_test
