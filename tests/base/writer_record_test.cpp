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
  BOOST_TEST(study::network_file_system_name(0x19830326) == "BeeGFS");
  BOOST_TEST(study::network_file_system_name(0x47504653) == "GPFS");
  for (const unsigned long local : {0xEF53UL, 0x58465342UL, 0x9123683EUL, 0x01021994UL}) {
    BOOST_TEST(study::network_file_system_name(local) == "");
  }
}

BOOST_AUTO_TEST_CASE(locks_that_are_a_machine_s_alone_are_known_by_how_the_disk_is_mounted) {
  constexpr const char* kMounts =
      "28 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw,nolock\n"
      "90 28 0:52 / /home rw shared:9 - nfs4 nas:/home rw,vers=4.2,local_lock=none,addr=1.2.3.4\n"
      "91 28 0:53 / /data rw shared:9 - nfs nas:/data rw,vers=3,nolock,local_lock=all\n"
      "92 28 0:54 / /l rw - lustre m@tcp:/l rw,localflock";
  BOOST_TEST(study::local_lock_option(kMounts, 0, 52) == "");
  BOOST_TEST(study::local_lock_option(kMounts, 0, 53) == "nolock");
  BOOST_TEST(study::local_lock_option(kMounts, 0, 54) == "localflock");
  BOOST_TEST(study::local_lock_option(kMounts, 0, 5) == "");
  BOOST_TEST(study::local_lock_option("", 0, 53) == "");
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
