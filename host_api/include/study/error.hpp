/// The exceptions of this project. Each message names the file, line, key or library it is about,
/// says what is wrong and, where there is something to do, what to do.
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>

namespace study {

/// Base of everything that this project throws.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A study cannot start: its directory, its lock or a plugin. `study-host` exits with 3.
class StudyError : public Error {
 public:
  using Error::Error;
};

/// A file or an option that a person wrote is wrong. `study-host` exits with 2.
class InputError : public Error {
 public:
  using Error::Error;
};

/// A library that is not a plugin, speaks another ABI, or failed in a callback.
class PluginError : public StudyError {
 public:
  using StudyError::StudyError;
};

/// An event that changes nothing: it is no legal transition, or of no experiment of the study.
class EventIgnored : public Error {
 public:
  using Error::Error;
};

/// From `on_study_start`: the observer has started, but its store can't be reached now. It keeps
/// what it is told, and stores it when it can. Only for a study that another observer keeps.
class StoreAway : public StudyError {
 public:
  using StudyError::StudyError;
};

/// A file operation failed. `what()` names the operation, the path and the reason.
class FileError : public Error {
 public:
  FileError(const std::string& operation_and_path, int error_number)
      : Error(operation_and_path + ": " + std::generic_category().message(error_number)),
        code_(error_number, std::generic_category()) {}

  [[nodiscard]] const std::error_code& code() const noexcept { return code_; }

 private:
  std::error_code code_;
};

/// A checkpoint that is there but cannot be used. One that is not there is no error: functions that
/// read a checkpoint return an empty optional for it.
class CheckpointError : public Error {
 public:
  enum class Kind {
    corrupt,  ///< not what a sink of this format writes: truncated, damaged, or something else
    newer_version,  ///< written by a version of the format that this one does not know
  };

  CheckpointError(Kind kind, const std::string& message) : Error(message), kind_(kind) {}

  [[nodiscard]] Kind kind() const noexcept { return kind_; }

 private:
  Kind kind_;
};

}  // namespace study
