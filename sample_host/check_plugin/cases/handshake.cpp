// What a plugin says of itself before it makes anything, and which options it takes.
#include "base/format.hpp"
#include "check_plugin/rehearsal.hpp"

#include <study/error.hpp>
#include <study/json.hpp>
#include <study/options_schema.hpp>
#include <study/text.hpp>

#include <array>

#include <boost/json/serialize.hpp>

namespace host {
namespace {

namespace json = boost::json;

/// Nothing is left to do: every case's process begins with it.
void load(const CaseContext&) {}

void export_one_symbol(const CaseContext& context) {
  const auto symbols = exported_symbols(context.plugin.path());
  if (!symbols) throw CaseSkipped("it is no 64-bit ELF file with a table of its symbols");
  std::string others;
  std::size_t count = 0;
  for (const std::string& symbol : *symbols) {
    if (symbol == STUDY_OBSERVER_ENTRY_POINT) continue;
    if (++count <= 3) others += (others.empty() ? "" : ", ") + symbol;
  }
  if (count == 0) return;
  if (count > 3) others += study::format(" and {} more", count - 3);
  throw CaseFailed(study::format(
      "it also exports {}; link it with a version script, as study_add_observer() does", others));
}

/// A later minor version may be refused, though it only adds; a table must be one all the same.
void answer_other_versions(const CaseContext& context) {
  context.step("the entry point");
  for (const auto& [major, minor] : {std::pair{STUDY_ABI_MAJOR, STUDY_ABI_MINOR + 7},
                                     std::pair{STUDY_ABI_MAJOR + 1, 0U}, std::pair{0U, 0U}}) {
    const study_observer_plugin* table = context.plugin.table_for(major, minor);
    if (table == nullptr || table->magic == STUDY_OBSERVER_MAGIC) continue;
    throw CaseFailed(
        study::format("it hands a host of version {}.{} something that is no table", major, minor));
  }
}

void check_text(const std::string& what, study_string text) {
  if (const std::string found = objection_to(what, text); !found.empty()) throw CaseFailed(found);
}

void describe_itself(const CaseContext& context) {
  const study_observer_plugin& table = context.plugin.table();
  check_text("its name", table.name);
  if (table.name.size == 0) throw CaseFailed("its name is empty");
  check_text("its version", table.version);
  check_text("its description", table.description);
}

std::string_view schema_of(const PluginFile& plugin) {
  const study_string text = plugin.table().options_schema;
  if (text.size != 0 && text.data == nullptr) {
    throw CaseFailed("its options schema has a size but no data");
  }
  return {text.data, text.size};
}

json::object parsed_schema(const PluginFile& plugin) {
  const std::string_view schema = schema_of(plugin);
  if (schema.empty()) return {};
  return study::parse_json(schema, "its options schema").as_object();
}

json::object given_options(const CaseContext& context) {
  return study::parse_json(context.options, "--options").as_object();
}

/// A value that the schema does not allow for the option; null if it allows all.
json::value forbidden_value(json::object schema, std::string_view option) {
  static const std::array<json::value, 5> values = {json::value("no such value"), json::value(-1.5),
                                                    json::value(true), json::array{},
                                                    json::object{}};
  schema.erase("required");  // the option is tried alone
  const std::string rules = json::serialize(schema);
  for (const json::value& value : values) {
    try {
      study::check_options("it", rules, {{option, value}});
    } catch (const study::InputError&) {
      return value;
    }
  }
  return nullptr;
}

void have_a_schema(const CaseContext& context) {
  const std::string_view schema = schema_of(context.plugin);
  if (study::to_valid_utf8(schema) != schema) {
    throw CaseFailed("its options schema is not UTF-8");
  }
  static_cast<void>(study::describe_options(schema));
  static_cast<void>(parsed_schema(context.plugin));  // throws for a key that appears twice, too
}

void make_an_observer(const CaseContext& context) {
  try {
    study::check_options("it", schema_of(context.plugin), given_options(context));
  } catch (const study::InputError& error) {
    throw CaseFailed(std::string(error.what()) + "; give options that fit with --options");
  }
  PluginObserver observer(context);
  const Answer answer = observer.create(context.options);
  if (answer.status == STUDY_BAD_OPTIONS) {
    // The options are not shown: there may be a password among them.
    throw CaseFailed(answer.text() +
                     "; its schema allows these options, others can be given with --options");
  }
  answer.expect_ok();
}

/// `where` begins what is said of a plugin that takes it.
void refuse_value(const CaseContext& context, std::string_view option, const json::value& value,
                  std::string_view where = {}) {
  json::object options = given_options(context);
  options[option] = value;
  PluginObserver observer(context);
  const Answer answer = observer.create(json::serialize(options));
  if (answer.status == STUDY_BAD_OPTIONS) return;
  throw CaseFailed(
      study::format("{}it should answer with STUDY_BAD_OPTIONS, but {}", where, answer.text()));
}

void refuse_unknown_options(const CaseContext& context) {
  const json::object schema = parsed_schema(context.plugin);
  const json::value* others = schema.if_contains("additionalProperties");
  if (others == nullptr || *others != json::value(false)) {
    throw CaseSkipped("its schema doesn't forbid them with `\"additionalProperties\": false`");
  }
  refuse_value(context, "no_such_option_of_any_plugin", 1);
}

void refuse_wrong_values(const CaseContext& context) {
  const json::object schema = parsed_schema(context.plugin);
  const json::value* properties = schema.if_contains("properties");
  if (properties == nullptr || !properties->is_object()) throw CaseSkipped("it has no options");
  int tried = 0;
  for (const auto& property : properties->get_object()) {
    const std::string_view option(property.key().data(), property.key().size());
    const json::value wrong = forbidden_value(schema, option);
    if (wrong.is_null()) continue;
    refuse_value(context, option, wrong,
                 study::format(R"(for {{"{}": {}}} )", option, json::serialize(wrong)));
    ++tried;
  }
  if (tried == 0) throw CaseSkipped("it has no option with a type");
}

void survive_bad_json(const CaseContext& context) {
  for (const char* options : {"{", "[1]", "\xff", "null", "{\"a\": 1, \"a\": 2}", " "}) {
    PluginObserver observer(context);
    static_cast<void>(observer.create(options));
  }
}

}  // namespace

std::vector<Case> handshake_cases() {
  constexpr std::string_view kGroup = "handshake";
  return {{kGroup, "it loads and shakes hands", &load, true},
          {kGroup, "it exports its entry point alone", &export_one_symbol},
          {kGroup, "it answers hosts of other versions", &answer_other_versions},
          {kGroup, "its name, version and description are text", &describe_itself}};
}

std::vector<Case> option_cases() {
  constexpr std::string_view kGroup = "options";
  return {{kGroup, "its options schema is a JSON object", &have_a_schema, true},
          {kGroup, "it makes an observer and destroys it", &make_an_observer, true},
          {kGroup, "it refuses an unknown option", &refuse_unknown_options},
          {kGroup, "it refuses a value of a wrong type", &refuse_wrong_values},
          {kGroup, "it survives options that are no JSON object", &survive_bad_json}};
}

}  // namespace host
