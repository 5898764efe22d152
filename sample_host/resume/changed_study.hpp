/// A study that is no longer the one that its checkpoint is of.
#pragma once

#include "plan/preflight.hpp"
#include "resume/resume.hpp"
#include "terminal/host_log.hpp"

#include <study/error.hpp>
#include <study/manifest.hpp>

#include <string>
#include <utility>

namespace host {

/// The study is no longer the one that began.
class DesignChanged : public study::InputError {
 public:
  DesignChanged(const std::string& message, std::string account)
      : InputError(message), account_(std::move(account)) {}

  /// How, in lines: see `describe_design_change`.
  [[nodiscard]] const std::string& account() const { return account_; }

 private:
  std::string account_;
};

/// Throws `DesignChanged` if the design of `study` is not the checkpoint's; with `force` that is a
/// warning, and the account goes to the log.
void check_design(const ResumeOptions& options, const study::StudyManifest& checkpoint,
                  const PreparedStudy& study, HostLog& log);

}  // namespace host
