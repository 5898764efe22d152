#include "input/trust.hpp"

#include "base/format.hpp"

#include <study/error.hpp>
#include <study/observer_search.hpp>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace host {
namespace {

namespace fs = std::filesystem;

struct User {
  std::string name;
  gid_t group;
};

std::optional<User> user_of(uid_t uid) {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return User{entry.pw_name, entry.pw_gid};
}

std::string name_of(uid_t uid) {
  const auto user = user_of(uid);
  return user ? user->name : "the user " + std::to_string(uid);
}

/// Whether the group is the one that a user has alone (`USERGROUPS_ENAB` in login.defs(5)): of the
/// same name, the user's first, and with no other member.
bool is_own_group(uid_t owner, gid_t group) {
  const auto user = user_of(owner);
  if (!user || user->group != group) return false;
  std::vector<char> buffer(65536);
  struct ::group entry {};
  struct ::group* found = nullptr;
  if (::getgrgid_r(group, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return false;  // a group of very many members, too
  }
  if (user->name != entry.gr_name) return false;
  for (char** member = entry.gr_mem; *member != nullptr; ++member) {
    if (user->name != *member) return false;
  }
  return true;
}

/// The same for one file or folder, whoever can exchange it.
std::string who_else_owns_or_writes(const fs::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    return errno == ENOENT ? std::string() : "nobody knows whose " + path.string() + " is";
  }
  if (found.st_uid != 0 && found.st_uid != ::geteuid()) {
    return path.string() + " belongs to " + name_of(found.st_uid);
  }
  if (S_ISLNK(found.st_mode)) return {};  // it has no permissions of its own
  const bool by_group = (found.st_mode & S_IWGRP) != 0 && !is_own_group(found.st_uid, found.st_gid);
  const bool by_all = (found.st_mode & S_IWOTH) != 0;
  // In a folder such as /tmp nobody can exchange another's files.
  const bool is_guarded = S_ISDIR(found.st_mode) && (found.st_mode & S_ISVTX) != 0;
  if ((!by_group && !by_all) || is_guarded) return {};
  return "others can write to " + path.string();
}

std::string who_else_on_the_way(const fs::path& path) {
  fs::path part;
  for (const fs::path& name : path) {
    part /= name;
    if (std::string who = who_else_owns_or_writes(part); !who.empty()) return who;
  }
  return {};
}

void check(const fs::path& file, std::string_view what) {
  const std::string who = who_else_can_change(file);
  if (who.empty()) return;
  throw study::StudyError(study::format(
      "the {} {} was found and not asked for, and {}: what somebody else may have put there isn't "
      "loaded; if you trust it, name the host config with --config",
      what, file.string(), who));
}

bool is_path(std::string_view plugin) {
  return plugin.find('/') != std::string_view::npos || plugin.ends_with(".so");
}

}  // namespace

std::string who_else_can_change(const fs::path& file) {
  const fs::path named = fs::absolute(file).lexically_normal();
  if (std::string who = who_else_on_the_way(named); !who.empty()) return who;
  std::error_code error;
  const fs::path real = fs::canonical(named, error);
  return error || real == named ? std::string() : who_else_on_the_way(real);
}

void check_found_config(const HostConfig& config) {
  if (config.file.empty()) return;
  check(config.file, "host config");
  for (const fs::path& folder : config.search.plugin_path) {
    check(folder, "plugin folder");
    std::error_code unreadable;
    for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
      if (entry.path().extension() == ".so") check(entry.path(), "plugin");
    }
  }
  for (const study::ObserverConfig& observer : config.observers) {
    if (!observer.enabled || !is_path(observer.plugin)) continue;
    check(study::find_observer(observer.plugin, config.search), "plugin");
  }
}

}  // namespace host
