// What experiments print, and what the host prints to somebody who doesn't read it.
#include "run/output.hpp"

#include "support/file_size_limit.hpp"
#include "support/study_folder.hpp"
#include "terminal/unblocked_output.hpp"

#include <regex>
#include <string>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace study_test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A pipe with a name and room for one page, which is read only by `read`.
class LazyReader {
 public:
  explicit LazyReader(const std::filesystem::path& path) {
    BOOST_TEST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    fd_.reset(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    BOOST_TEST_REQUIRE(::fcntl(fd_.get(), F_SETPIPE_SZ, 4096) == 4096);
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  std::string read() const {
    std::string text(65536, '\0');
    const ssize_t size = ::read(fd_.get(), text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
  }

 private:
  study::UniqueFd fd_;
};

/// study-host whose stderr is `fifo`.
std::vector<std::string> with_stderr(const StudyFolder& folder, const std::filesystem::path& fifo) {
  std::vector<std::string> command = folder.command();
  command.insert(command.begin(), {"sh", "-c", "exec \"$@\" 2> " + fifo.string(), "sh"});
  return command;
}

json::array numbered(int count) {
  json::array fields;
  for (int n = 1; n <= count; ++n) fields.push_back(json::object{{"n", n}});
  return fields;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(output)

BOOST_AUTO_TEST_CASE(a_reader_of_stderr_that_stops_reading_stops_no_study) {
  StudyFolder folder;
  const LazyReader reader(folder / "stderr");
  folder.study("echo $1", numbered(100));
  const ProgramResult result = run_program(with_stderr(folder, folder / "stderr"));
  BOOST_TEST(result.exit_code == 0);
  BOOST_TEST(contains(folder.content("study.log"), "100 completed, 0 failed"));
  BOOST_TEST(!reader.read().empty());
}

BOOST_AUTO_TEST_CASE(nor_does_it_keep_a_signal_from_being_heard) {
  StudyFolder folder;
  const LazyReader reader(folder / "stderr");
  folder.study("test $1 = 99 && : > " + (folder / "running").string() + " && sleep 1000; echo $1",
               numbered(100));
  Program host(with_stderr(folder, folder / "stderr"));
  wait_for_file(folder / "running");
  host.send(SIGTERM);
  BOOST_TEST(host.wait().exit_code == 143);
}

BOOST_AUTO_TEST_CASE(what_a_slow_reader_has_missed_is_counted) {
  const TempDir dir;
  const LazyReader reader(dir / "pipe");
  host::UnblockedOutput output(reader.fd());
  const std::string line = std::string(99, 'x') + "\n";
  for (int i = 0; i < 2000; ++i) output.write(line);
  BOOST_TEST(output.is_behind());
  std::string read;
  for (std::string piece = reader.read(); !piece.empty(); piece = reader.read()) {
    read += piece;
    output.catch_up();
  }
  BOOST_TEST(!output.is_behind());
  BOOST_TEST(contains(read, " lines are missing here, since nobody read them"));
  BOOST_TEST(read.starts_with(line));
  BOOST_TEST(read.size() < 2000 * line.size());
}

BOOST_AUTO_TEST_CASE(a_terminal_that_was_stopped_with_ctrl_s_stops_nothing) {
  const study::UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  BOOST_TEST_REQUIRE((::grantpt(master.get()) == 0 && ::unlockpt(master.get()) == 0));
  const study::UniqueFd terminal(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  host::UnblockedOutput output(terminal.get());
  BOOST_TEST_REQUIRE(::write(master.get(), "\x13", 1) == 1);  // Ctrl-S
  for (int i = 0; i < 1000; ++i) output.write("a line that nobody sees at the moment\n");
  BOOST_TEST(output.is_behind());
  BOOST_TEST_REQUIRE(::write(master.get(), "\x11", 1) == 1);  // Ctrl-Q
  std::string seen;
  wait_until("the lines", [&] {
    char buffer[4096];
    output.catch_up();
    const ssize_t size = ::read(master.get(), buffer, sizeof buffer);
    seen.append(buffer, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return !output.is_behind();
  });
  BOOST_TEST(contains(seen, "a line that nobody sees"));
}

BOOST_AUTO_TEST_CASE(a_file_is_written_at_the_place_that_it_is_shared_at) {
  const TempDir dir;
  const study::UniqueFd file(::open((dir / "file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  host::UnblockedOutput output(file.get());
  output.write("one\n");
  BOOST_TEST(::write(file.get(), "two\n", 4) == 4);
  output.write("three\n");
  BOOST_TEST(read_text(dir / "file") == "one\ntwo\nthree\n");
}

BOOST_AUTO_TEST_CASE(a_log_that_is_cut_says_so) {
  const TempDir dir;
  host::OutputLog log(dir / "run.log");
  {
    const FileSizeLimit limit(4096);
    log.append(std::string(5000, 'x'), host::OutputStream::out);
    log.append("more", host::OutputStream::out);
  }
  const std::string text = read_text(dir / "run.log");
  BOOST_TEST(text.size() == 4096u);
  BOOST_TEST(text.ends_with("\n[study-host: the log is cut here: File too large]\n"), text);
  BOOST_TEST(contains(log.error(), "File too large"));
}

BOOST_AUTO_TEST_CASE(a_log_over_the_limit_of_file_sizes_does_not_end_the_host) {
  StudyFolder folder;
  folder.study("head -c 3000000 /dev/zero | tr '\\0' x >&2; echo $1", {{{"n", 1}}, {{"n", 2}}});
  std::vector<std::string> command = folder.command();
  command.insert(command.begin(), {"sh", "-c", "ulimit -f 1000; exec \"$@\"", "sh"});
  const ProgramResult result = run_program(command);
  BOOST_TEST(result.exit_code == 0, result.err);
  BOOST_TEST(contains(result.err, "what experiments print is not kept: write "), result.err);
  BOOST_TEST(contains(result.err, "2 completed"), result.err);
}

BOOST_AUTO_TEST_CASE(the_end_of_much_output_is_kept) {
  host::KeptOutput kept(10);
  kept.append("0123456789");
  BOOST_TEST(kept.is_whole());
  kept.append("abcdefghij");
  BOOST_TEST(kept.is_whole());
  kept.append("k");
  BOOST_TEST(!kept.is_whole());
  kept.append("lm");
  BOOST_TEST(kept.take() == "defghijklm");
  kept.append(std::string(50, 'x') + "end");
  BOOST_TEST(kept.take().ends_with("xxxend"));
}

// What is in both pipes when the host gets to look: it is stopped meanwhile.
BOOST_AUTO_TEST_CASE(what_was_printed_first_comes_first_in_the_log_whatever_its_stream) {
  for (const std::string end : {"exec sleep 1000", "exit 1"}) {
    StudyFolder folder;
    const auto file = [&](const char* name) { return (folder / name).string(); };
    folder.study(": > " + file("up") + "; echo up; until test -e " + file("go") +
                 "; do sleep 0.01; done; echo a >&2; echo b; : > " + file("printed") + "; " + end);
    Program host(folder.command());
    wait_for_file(file("up"));
    wait_until("the first line", [&] { return folder.content(".log") == "up\n"; });
    host.send(SIGSTOP);
    folder.write("go", "");
    wait_for_file(file("printed"));
    host.send(SIGCONT);
    wait_until("the lines", [&] { return folder.content(".log") == "up\na\nb\n"; });
  }
}

BOOST_AUTO_TEST_CASE(lines_of_a_log_begin_with_their_times_where_that_is_asked_for) {
  StudyFolder folder;
  folder.host({}, {{"log_times", true}});
  folder.study("printf '{\"n\":\\n1}'");
  BOOST_TEST(folder.run().exit_code == 0);
  const std::regex lines(R"re(2\S{22}Z out \| \{"n":\n2\S{22}Z out \| 1\})re");
  BOOST_TEST(std::regex_match(folder.content(".log"), lines), folder.content(".log"));
  BOOST_TEST(folder.content(".json") == "{\"n\":\n1}\n");
}

BOOST_AUTO_TEST_CASE(a_line_that_the_other_stream_cuts_short_goes_on_in_another) {
  const TempDir dir;
  host::OutputLog log(dir / "run.log", true);
  log.append("first\nsec", host::OutputStream::out);
  log.append("ond\nthi", host::OutputStream::out);
  log.append("error\n", host::OutputStream::err);
  log.append("rd\n\n", host::OutputStream::out);
  std::string text = read_text(dir / "run.log");
  const std::regex time(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)");
  BOOST_TEST(std::regex_replace(text, time, "T") ==
             "T out | first\nT out | second\nT out | thi\nT err | error\nT out | rd\nT out | \n");
}

BOOST_AUTO_TEST_SUITE_END()
