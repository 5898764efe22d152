// Texts come back as they were told.
#include "kept_study.hpp"

#include <study/text.hpp>

#include <random>

#include <boost/test/unit_test.hpp>

using namespace study;
using enum study::ExperimentState;
using study_test::KeptStudy;
using study_test::OwnedEvent;

namespace {

using namespace std::string_literals;

const std::string kTexts[] = {
    "\"",
    "\\",
    "'",
    "\\\"",
    "a\0b"s,
    "\0"s,
    "\0\0x\0"s,
    "\x01\x02\x1b[31m\x1f\x7f",
    "tab\tcr\rline\nline",
    "é漢“😀\U0010FFFF",
    "\u2028\u2029\ufeff\uffff",
    "\xff\xfe broken \xed\xa0\x80 utf-8 \xf0\x9f",
    "'; DROP TABLE studies; --",
    "$1 %s %d {0} \\u0000 \\N \\x41",
    "null",
    "}]}\n{\"seq\":1}",
    " leading and trailing ",
    "NaN",
    "/../../etc/passwd",
};

}  // namespace

BOOST_AUTO_TEST_SUITE(texts)

BOOST_AUTO_TEST_CASE(an_error_message_may_be_any_text) {
  KeptStudy study(study_test::sample_study(static_cast<int>(std::size(kTexts))));
  study.start();
  for (std::size_t i = 0; i < std::size(kTexts); ++i) {
    OwnedEvent event = study.event(i, failed, 1);
    event.error_message = kTexts[i];
    event.error_type = kTexts[i];
    study.tell(event);
    BOOST_TEST(study.is_stored(), "text " << i);
  }
  study.end(StudyOutcome::completed, 2);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(a_result_file_may_have_any_name) {
  KeptStudy study(study_test::sample_study(static_cast<int>(std::size(kTexts)) + 1));
  study.start();
  for (std::size_t i = 0; i <= std::size(kTexts); ++i) {
    study.tell(i, running, 1);
    OwnedEvent event = study.event(i, completed, 1);
    // Unlike a message, a name that is not UTF-8 is refused.
    event.result_file = i < std::size(kTexts) ? to_valid_utf8(kTexts[i]) : std::string(255, 'n');
    study.tell(event);
    BOOST_TEST(study.is_stored(), "text " << i);
  }
}

BOOST_AUTO_TEST_CASE(a_study_and_its_configurations_may_have_any_texts) {
  StudyConfig config = study_test::sample_study(3);
  config.study_name = "Étude 'no. 1' \"漢\" \\ 😀";
  config.framework_version = "1.0\n\x01\"";
  config.experiments[1].config["batch_size"] = "\"'\\\t😀";
  config.experiments[2].config_hash = "A-host-s-own-hash";
  KeptStudy study(std::move(config));
  study.start();
  BOOST_TEST(study.is_stored());
  study.tell(1, running, 1);
  study.tell(2, running, 1);
  BOOST_TEST(study.is_stored());
}

BOOST_AUTO_TEST_CASE(a_message_of_ten_thousand_bytes_is_cut_where_the_reference_cuts_it) {
  KeptStudy study;
  study.start();
  std::size_t entry = 0;
  for (const std::string character : {"x", "é", "漢", "😀", "\"", "\x01", "\n"}) {
    OwnedEvent event = study.event(entry++, failed, 1);
    event.error_message.clear();
    while (event.error_message.size() < 10'000) event.error_message += character;
    study.tell(event);
    BOOST_TEST(study.is_stored(), "of " << character);
  }
  BOOST_TEST((study.stored()->experiments[0].error_message == std::string(2000, 'x')));
}

BOOST_AUTO_TEST_CASE(random_texts_of_all_of_unicode_come_back) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  KeptStudy study;
  study.start();
  for (int i = 0; i < 60; ++i) {
    study.tell(static_cast<std::size_t>(i % 8), running, i);
    OwnedEvent event = study.event(static_cast<std::size_t>(i % 8), failed, i);
    event.error_message = study_test::random_text(random, 400);
    study.tell(event);
    BOOST_TEST_REQUIRE(study.is_stored(), "step " << i << ", seed " << seed);
  }
}

BOOST_AUTO_TEST_SUITE_END()
