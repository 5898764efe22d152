#include "session/design_change.hpp"

#include <study/identity.hpp>

#include <deque>
#include <string>
#include <utility>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

namespace {

std::string change_text(const study::Design& before, const study::Design& now) {
  std::string text;
  for (const std::string& line : study::describe_design_change(before, now)) text += line + "\n";
  return text;
}

struct Made {
  std::deque<study::Experiment> experiments;
  study::Design design;

  void add(boost::json::object fields, std::string summary) {
    experiments.push_back({.config = std::move(fields)});
    design.push_back(
        {study::config_hash(experiments.back().config), std::move(summary), &experiments.back()});
  }
};

/// One configuration for each text, which is also its summary.
Made made(std::initializer_list<const char*> texts) {
  Made result;
  for (const char* text : texts) {
    result.add(boost::json::parse(text).as_object(), text);
  }
  return result;
}

std::string account(std::initializer_list<const char*> before,
                    std::initializer_list<const char*> now) {
  const Made a = made(before);
  const Made b = made(now);
  return change_text(a.design, b.design);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(design_change)

BOOST_AUTO_TEST_CASE(new_and_gone_configurations_are_named) {
  BOOST_TEST(account({R"({"a":1})", R"({"a":2})"}, {R"({"a":2})", R"({"b":3,"c":4})"}) ==
             "  new:       {\"b\":3,\"c\":4}\n"
             "  gone:      {\"a\":1}\n"
             "  fields:    a: 1 → absent\n"
             "             b: absent → 3\n"
             "             c: absent → 4\n"
             "  unchanged: 1 configuration\n");
}

BOOST_AUTO_TEST_CASE(fields_with_other_values_are_shown) {
  BOOST_TEST(account({R"({"m":"x","p":{"n":1,"k":2},"q":true})"},
                     {R"({"m":"x","p":{"n":8,"k":2},"z":"y"})"}) ==
             "  new:       {\"m\":\"x\",\"p\":{\"n\":8,\"k\":2},\"z\":\"y\"}\n"
             "  gone:      {\"m\":\"x\",\"p\":{\"n\":1,\"k\":2},\"q\":true}\n"
             "  fields:    p.n: 1 → 8\n"
             "             q: true → absent\n"
             "             z: absent → \"y\"\n");
}

BOOST_AUTO_TEST_CASE(the_same_change_in_several_configurations_is_told_once) {
  BOOST_TEST(account({R"({"m":"x","n":1})", R"({"m":"x","n":2})"},
                     {R"({"m":"x","n":1,"s":"t"})", R"({"m":"x","n":2,"s":"t"})"}) ==
             "  new:       {\"m\":\"x\",\"n\":1,\"s\":\"t\"}\n"
             "             {\"m\":\"x\",\"n\":2,\"s\":\"t\"}\n"
             "  gone:      {\"m\":\"x\",\"n\":1}\n"
             "             {\"m\":\"x\",\"n\":2}\n"
             "  fields:    s: absent → \"t\"\n");
}

BOOST_AUTO_TEST_CASE(values_that_stay_with_some_are_not_shown_and_of_many_the_first) {
  Made before;
  Made now;
  for (int i = 0; i < 12; ++i) {
    before.add({{"n", i}, {"kept", i}}, "b");
    now.add({{"n", i + 100}, {"kept", i}}, "b");
  }
  const std::string text = change_text(before.design, now.design);
  BOOST_TEST(text.ends_with("  fields:    n: 0, 1, 2, 3, 4, … → 100, 101, 102, 103, 104, …\n"),
             text);
}

BOOST_AUTO_TEST_CASE(another_order_is_told_as_such) {
  BOOST_TEST(account({R"({"a":1})", R"({"a":2})"}, {R"({"a":2})", R"({"a":1})"}) ==
             "  the same 2 configurations, in another order\n");
}

BOOST_AUTO_TEST_CASE(the_same_order_with_another_hash_is_told_as_such) {
  BOOST_TEST(account({R"({"a":1})", R"({"a":2})"}, {R"({"a":1})", R"({"a":2})"}) ==
             "  the same 2 configurations, in the same order: only the design hash differs\n");
}

BOOST_AUTO_TEST_CASE(configurations_of_one_name_have_changed) {
  const Made now = made({R"({"m":"x","n":1})"});
  const study::DesignedConfiguration old{"0123456789abcdef", R"({"m":"x","n":1})", nullptr};
  BOOST_TEST(change_text({old}, now.design) == "  changed:   {\"m\":\"x\",\"n\":1}\n");
  const study::DesignedConfiguration other{"fedcba9876543210", old.summary, nullptr};
  BOOST_TEST(change_text({old, other}, now.design) ==
             "  changed:   {\"m\":\"x\",\"n\":1}\n"
             "  gone:      {\"m\":\"x\",\"n\":1}\n");
}

BOOST_AUTO_TEST_CASE(a_field_that_thousands_get_is_told_once_also_if_one_of_them_is_gone) {
  constexpr int kMany = 5000;
  Made before;
  Made now;
  for (int i = 0; i < kMany; ++i) {
    before.add({{"model", "x"}, {"n", i}}, "n=" + std::to_string(i));
    if (i != 3) now.add({{"model", "x"}, {"n", i}, {"new", true}}, "n=" + std::to_string(i));
  }
  std::string expected = "  changed:   n=0\n";
  for (const int i : {1, 2, 4, 5, 6, 7, 8, 9, 10}) {
    expected += "             n=" + std::to_string(i) + "\n";
  }
  BOOST_TEST(change_text(before.design, now.design) == expected +
                                                           "             and 4989 more\n"
                                                           "  gone:      n=3\n"
                                                           "  fields:    new: absent → true\n");
}

BOOST_AUTO_TEST_CASE(of_many_the_first_are_named) {
  Made now;
  std::string expected;
  for (int i = 0; i < 12; ++i) {
    const std::string name = "n=" + std::to_string(i);
    now.add({{"n", i}}, name);
    if (i < 10) expected += (i == 0 ? "  new:       " : "             ") + name + "\n";
  }
  BOOST_TEST(change_text({}, now.design) == expected + "             and 2 more\n");
}

BOOST_AUTO_TEST_CASE(without_the_old_fields_there_are_only_names) {
  const Made now = made({R"({"m":"x","n":1})"});
  BOOST_TEST(change_text({{"0123456789abcdef", "old\nname", nullptr}}, now.design) ==
             "  new:       {\"m\":\"x\",\"n\":1}\n"
             "  gone:      old\\nname\n");
}

BOOST_AUTO_TEST_SUITE_END()
