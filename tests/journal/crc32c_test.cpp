#include "journal/journal_line.hpp"

#include <random>
#include <string>

#include <boost/test/unit_test.hpp>

using study::journal::crc32c;
using study::journal::crc32c_by_table;

namespace {

std::string ascending(int from, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(from + i * step);
  return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_checksum_has_the_values_of_rfc_3720) {
  BOOST_TEST(crc32c("123456789") == 0xe3069283U);
  BOOST_TEST(crc32c("") == 0U);
  BOOST_TEST(crc32c(std::string(32, '\0')) == 0x8a9136aaU);
  BOOST_TEST(crc32c(std::string(32, '\xff')) == 0x62a8ab43U);
  BOOST_TEST(crc32c(ascending(0, 1)) == 0x46dd794eU);
  BOOST_TEST(crc32c(ascending(31, -1)) == 0x113fdb5cU);
}

BOOST_AUTO_TEST_CASE(a_processor_without_the_instruction_gets_the_same_checksum) {
  BOOST_TEST(crc32c_by_table("123456789") == 0xe3069283U);
  std::mt19937 random(7);
  std::string bytes;
  for (int size = 0; size < 200; ++size) {
    BOOST_TEST_REQUIRE(crc32c(bytes) == crc32c_by_table(bytes));
    bytes += static_cast<char>(random());
  }
}
