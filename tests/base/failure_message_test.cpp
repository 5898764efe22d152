#include <study/text.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace {

using study::failure_message;

const std::string kTraceback =
    "Traceback (most recent call last):\n"
    "  File \"bench.py\", line 12, in <module>\n"
    "    main()\n"
    "    ~~~~^^\n"
    "  File \"bench.py\", line 8, in main\n"
    "    load(model)\n"
    "  [Previous line repeated 996 more times]\n"
    "ValueError: no such model\n";

BOOST_AUTO_TEST_SUITE(failure_messages)

BOOST_AUTO_TEST_CASE(plain_text_stays_as_it_is) {
  for (const char* text : {"", "exit 1", "CUDA out of memory:\n  2 GiB\n\n  at (0, 1)", "tab\there",
                           "File \"x\", line 3 is wrong"}) {
    BOOST_TEST(failure_message(text) == text);
  }
}

BOOST_AUTO_TEST_CASE(blank_ends_are_taken_off) {
  BOOST_TEST(failure_message("\n\n  exit 1 \r\n\n") == "  exit 1");
}

BOOST_AUTO_TEST_CASE(of_a_traceback_only_the_exception_is_kept) {
  BOOST_TEST(failure_message(kTraceback) == "ValueError: no such model");
  BOOST_TEST(failure_message(kTraceback.substr(0, kTraceback.size() - 1)) ==
             "ValueError: no such model");
}

BOOST_AUTO_TEST_CASE(lines_of_the_exceptions_message_are_kept) {
  BOOST_TEST(failure_message(kTraceback + "known are:\n  gpt2\n\n  llama\n") ==
             "ValueError: no such model\nknown are:\n  gpt2\n\n  llama");
}

BOOST_AUTO_TEST_CASE(what_was_said_before_a_traceback_is_kept) {
  BOOST_TEST(failure_message("loading\n" + kTraceback) == "loading\nValueError: no such model");
}

BOOST_AUTO_TEST_CASE(a_syntax_error_shows_no_source) {
  BOOST_TEST(failure_message("Traceback (most recent call last):\n"
                             "  File \"x.py\", line 1\n    foo(\n       ^\n"
                             "SyntaxError: '(' was never closed") ==
             "SyntaxError: '(' was never closed");
}

BOOST_AUTO_TEST_CASE(of_chained_tracebacks_each_exception_is_kept) {
  const std::string expected = "ValueError: no such model\nRuntimeError: worse";
  const std::string second =
      "\nTraceback (most recent call last):\n  File \"b.py\", line 1, in f\n    g()\n"
      "RuntimeError: worse\n";
  BOOST_TEST(
      failure_message(kTraceback +
                      "\nDuring handling of the above exception, another exception occurred:\n" +
                      second) == expected);
  BOOST_TEST(
      failure_message(kTraceback +
                      "\nThe above exception was the direct cause of the following exception:\n" +
                      second) == expected);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_log_that_begins_within_a_traceback_has_no_frames) {
  BOOST_TEST(
      failure_message("    load(model)\n  File \"b.py\", line 1, in f\n    g()\nKeyError: 3") ==
      "KeyError: 3");
  BOOST_TEST(failure_message("  File \"b.py\", line 1 in f\nstopped") == "stopped");
}

BOOST_AUTO_TEST_CASE(a_prefix_of_each_line_does_not_hide_a_traceback) {
  BOOST_TEST(failure_message("[rank0]: Traceback (most recent call last):\n"
                             "[rank0]:   File \"b.py\", line 1, in f\n"
                             "[rank0]:     g()\n"
                             "[rank0]: torch.OutOfMemoryError: CUDA out of memory\n"
                             "[rank0]:\n") == "torch.OutOfMemoryError: CUDA out of memory");
  BOOST_TEST(failure_message("ERROR:root:Traceback (most recent call last):\n"
                             "  File \"b.py\", line 1, in f\n    g()\nKeyError: 3") ==
             "KeyError: 3");
}

BOOST_AUTO_TEST_CASE(of_an_exception_group_all_exceptions_are_kept) {
  BOOST_TEST(failure_message("  + Exception Group Traceback (most recent call last):\n"
                             "  |   File \"<stdin>\", line 1, in <module>\n"
                             "  | ExceptionGroup: two (2 sub-exceptions)\n"
                             "  +-+---------------- 1 ----------------\n"
                             "    | Traceback (most recent call last):\n"
                             "    |   File \"<stdin>\", line 3, in <module>\n"
                             "    | ValueError: one\n"
                             "    +---------------- 2 ----------------\n"
                             "    | TypeError: two\n"
                             "    +------------------------------------\n") ==
             "ExceptionGroup: two (2 sub-exceptions)\nValueError: one\nTypeError: two");
}

BOOST_AUTO_TEST_CASE(windows_line_ends_do_not_hide_a_traceback) {
  BOOST_TEST(
      failure_message("Traceback (most recent call last):\r\n  File \"b.py\", line 1, in f\r\n"
                      "    g()\r\nKeyError: 3\r\n") == "KeyError: 3");
}

BOOST_AUTO_TEST_CASE(a_message_is_cut_at_2000_bytes_between_code_points) {
  BOOST_TEST(failure_message(std::string(5000, 'x')) == std::string(2000, 'x'));
  std::string text(1999, 'x');
  text += "\xC3\xA9 and more";
  BOOST_TEST(failure_message(text) == std::string(1999, 'x'));
}

BOOST_AUTO_TEST_CASE(a_message_is_valid_utf8) {
  BOOST_TEST(failure_message("bad \xFF byte") == "bad \xEF\xBF\xBD byte");
}

BOOST_AUTO_TEST_CASE(cutting_does_not_make_a_header) {
  const std::string header = "Traceback (most recent call last):";
  const std::string text = std::string(1999 - header.size(), '\n') + "first\n" + header + " no";
  const std::string once = failure_message("x" + text);
  BOOST_TEST(failure_message(once) == once);
  const std::string line = std::string(2000 - header.size(), 'y') + header + " no";
  BOOST_TEST(failure_message(failure_message(line)) == failure_message(line));
}

BOOST_AUTO_TEST_CASE(cleaning_twice_changes_nothing) {
  const std::vector<std::string> lines = {
      "Traceback (most recent call last):",
      "[r]: Traceback (most recent call last):",
      "  + Exception Group Traceback (most recent call last):",
      "  File \"b.py\", line 1, in f",
      "[r]:   File \"b.py\", line 1, in f",
      "    g()",
      "KeyError: 3",
      "[r]: KeyError: 4",
      "",
      "  ",
      "  | ValueError",
      "  +-- 1 --",
      "\xFF",
      "During handling of the above exception, another exception occurred:",
      "plain \r"};
  const auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto n = random() % 12; n > 0; --n) {
      text += lines[random() % lines.size()];
      text += random() % 8 == 0 ? "" : "\n";
    }
    const std::string once = failure_message(text);
    BOOST_REQUIRE_MESSAGE(failure_message(once) == once, "seed " << seed << ": " << text);
    BOOST_REQUIRE_MESSAGE(once.find("\n  File \"b.py\"") == std::string::npos, text);
  }
}

BOOST_AUTO_TEST_CASE(a_message_is_cut_where_its_json_text_gets_too_long) {
  constexpr std::size_t kLimit = study::kMaxEscapedErrorMessageBytes;
  for (const auto& [character, escaped_bytes] :
       {std::pair('\x01', 6), {'"', 2}, {'\\', 2}, {'\b', 2}}) {
    const auto fitting = kLimit / static_cast<std::size_t>(escaped_bytes);
    for (const std::size_t size : {fitting - 1, fitting, fitting + 1, 2 * fitting}) {
      BOOST_TEST(failure_message(std::string(size, character)).size() == std::min(size, fitting));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
