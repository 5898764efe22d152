/// Writes what is made from the command line's description: manual pages, and what shells complete
/// by. `write_documents DIRECTORY`, which is made anew.
#include "commands/commands.hpp"
#include "help/help_page.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>

namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

void write_manual_pages(const fs::path& folder, const host::HelpPage& page) {
  std::string name = page.name;
  std::replace(name.begin(), name.end(), ' ', '-');
  write(folder / (name + ".1"), host::manual_page(page, STUDY_HOST_VERSION));
  for (const host::HelpPage& command : page.commands) write_manual_pages(folder, command);
}

void write_documents(const fs::path& folder) {
  CLI::App app;
  host::AllOptions options;
  host::set_up_study_host(app, options);
  const host::HelpPage page = host::help_page(app, app.get_name());
  fs::remove_all(folder);  // or the page of a command that is gone would stay
  write_manual_pages(folder / "man1", page);
  write(folder / "bash/study-host", host::bash_completion(page));
  write(folder / "zsh/_study-host", host::zsh_completion(page));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_documents DIRECTORY\n";
    return 2;
  }
  try {
    write_documents(argv[1]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "write_documents: " << error.what() << "\n";
    return 1;
  }
}
