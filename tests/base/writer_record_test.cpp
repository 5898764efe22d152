#include "base/writer_record.hpp"

#include <optional>

#include <boost/test/unit_test.hpp>

namespace {

using study::WriterState;

BOOST_AUTO_TEST_SUITE(writer_record)

BOOST_AUTO_TEST_CASE(the_rest_of_a_longer_record_does_not_count) {
  const study::Writer writer = study::this_writer();
  const auto read = study::parse_writer(study::render_writer(writer) + "of an older one\"}\n");
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(read->pid == writer.pid);
  BOOST_TEST((read->started_at == writer.started_at));
}

BOOST_AUTO_TEST_CASE(network_file_systems_are_known_by_their_number) {
  BOOST_TEST(study::network_file_system_name(0x6969) == "NFS");
  BOOST_TEST(study::network_file_system_name(static_cast<unsigned long>(-11317950L)) == "SMB");
  BOOST_TEST(study::network_file_system_name(0x01021997) == "9p");
  BOOST_TEST(study::network_file_system_name(0x65735546) == "FUSE");
  for (const unsigned long local : {0xEF53UL, 0x58465342UL, 0x9123683EUL, 0x01021994UL}) {
    BOOST_TEST(study::network_file_system_name(local) == "");
  }
}

BOOST_AUTO_TEST_CASE(on_a_network_an_unlocked_study_of_another_machine_may_still_be_written) {
  const study::Writer writer{.pid = 1, .host = "here"};
  const auto state = [&](bool on_network, bool recorded, const char* this_host) {
    return study::unlocked_state(on_network, recorded ? std::optional(writer) : std::nullopt,
                                 this_host);
  };
  BOOST_TEST((state(false, true, "there") == WriterState::gone));
  BOOST_TEST((state(false, false, "there") == WriterState::gone));
  BOOST_TEST((state(true, true, "here") == WriterState::gone));
  BOOST_TEST((state(true, true, "there") == WriterState::unknown));
  BOOST_TEST((state(true, false, "here") == WriterState::unknown));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
