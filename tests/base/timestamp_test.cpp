#include <study/timestamp.hpp>

#include <cstdint>
#include <limits>

#include <boost/test/unit_test.hpp>

namespace {

using std::chrono::microseconds;
using study::Timestamp;

/// 2026-02-27T16:30:00Z
constexpr Timestamp kStart{microseconds(1'772'209'800'000'000)};

BOOST_AUTO_TEST_SUITE(timestamp)

BOOST_AUTO_TEST_CASE(a_whole_second_has_no_fraction) {
  BOOST_TEST(study::format_timestamp(kStart) == "2026-02-27T16:30:00Z");
  BOOST_TEST(study::format_timestamp(Timestamp()) == "1970-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(a_fraction_has_six_digits) {
  BOOST_TEST(study::format_timestamp(kStart + microseconds(1'000'003)) ==
             "2026-02-27T16:30:01.000003Z");
  BOOST_TEST(study::format_timestamp(kStart + microseconds(10'500'000)) ==
             "2026-02-27T16:30:10.500000Z");
}

BOOST_AUTO_TEST_CASE(times_before_the_epoch_round_down) {
  BOOST_TEST(study::format_timestamp(Timestamp(microseconds(-1))) == "1969-12-31T23:59:59.999999Z");
  BOOST_TEST(study::file_name_timestamp(Timestamp(microseconds(-1))) == "1969-12-31T23-59-59");
}

BOOST_AUTO_TEST_CASE(what_was_formatted_is_parsed_to_the_same_time) {
  for (const std::int64_t us : {0LL, -1LL, 1LL, 1'772'209'801'000'003LL, -62'167'219'200'000'000LL,
                                253'402'300'799'999'999LL, 951'782'400'000'000LL}) {
    const Timestamp time{microseconds(us)};
    BOOST_TEST((study::parse_timestamp(study::format_timestamp(time)) == time), us);
  }
}

BOOST_AUTO_TEST_CASE(offsets_are_taken_off) {
  BOOST_TEST((study::parse_timestamp("2026-02-27T18:00:00+01:30") == kStart));
  BOOST_TEST((study::parse_timestamp("2026-02-27T08:30:00-08:00") == kStart));
  BOOST_TEST((study::parse_timestamp("2026-02-27T16:30:00+00:00") == kStart));
  BOOST_TEST((study::parse_timestamp("2026-02-28T00:00:00+07:30") == kStart));
}

BOOST_AUTO_TEST_CASE(any_number_of_fraction_digits_is_read_and_cut_off_beyond_six) {
  BOOST_TEST((study::parse_timestamp("2026-02-27T16:30:00.5Z") == kStart + microseconds(500'000)));
  BOOST_TEST((study::parse_timestamp("2026-02-27T16:30:00.1234567890123456789012345Z") ==
              kStart + microseconds(123'456)));
  BOOST_TEST((study::parse_timestamp("2026-02-27t16:30:00.000z") == kStart));
}

BOOST_AUTO_TEST_CASE(anything_else_is_not_a_timestamp) {
  for (const char* text : {"",
                           "2026",
                           "2026-02-27",
                           "2026-02-27T16:30:00",
                           "2026-02-27 16:30:00Z",
                           "2026-02-27T16:30Z",
                           "2026-02-29T00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "2026-02-27T24:00:00Z",
                           "2026-02-27T23:60:00Z",
                           "2026-02-27T23:59:60Z",
                           "2026-02-27T16:30:00.Z",
                           "2026-02-27T16:30:00Z ",
                           " 2026-02-27T16:30:00Z",
                           "2026-02-27T16:30:00+0100",
                           "2026-02-27T16:30:00+24:00",
                           "2026-02-27T16:30:00+01:60",
                           "2026-2-27T16:30:00Z",
                           "+2026-02-27T16:30:00Z",
                           "0000-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "2026-02-27T16:30:00ZZ"}) {
    BOOST_TEST(!study::parse_timestamp(text).has_value(), text);
  }
  BOOST_TEST(study::parse_timestamp("2024-02-29T00:00:00Z").has_value());
}

BOOST_AUTO_TEST_CASE(a_time_beyond_four_digits_of_a_year_is_still_legible) {
  constexpr Timestamp kLast{microseconds(std::numeric_limits<std::int64_t>::max())};
  constexpr Timestamp kFirst{microseconds(std::numeric_limits<std::int64_t>::min())};
  BOOST_TEST(study::format_timestamp(kLast) == "9999-12-31T23:59:59.999999Z");
  BOOST_TEST(study::format_timestamp(kFirst) == "0000-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(a_file_name_has_no_colon) {
  BOOST_TEST(study::file_name_timestamp(kStart + microseconds(999'999)) == "2026-02-27T16-30-00");
}

BOOST_AUTO_TEST_CASE(now_is_after_this_was_written) {
  BOOST_TEST((study::now() > Timestamp()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
