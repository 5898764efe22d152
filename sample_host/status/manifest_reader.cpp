#include "status/manifest_reader.hpp"

#include <study/error.hpp>

#include <chrono>
#include <utility>

namespace host {
namespace {

using study::StudyStatus;
using study::WriterState;

/// Two changes within a tick of the kernel's clock give the same modification time, so a young one
/// proves nothing.
constexpr std::chrono::seconds kTrustedAge{1};

}  // namespace

ManifestReader::ManifestReader(std::filesystem::path study_dir)
    : study_dir_(std::move(study_dir)), manifest_path_(study_dir_ / study::kManifestFileName) {
  if (!std::filesystem::is_directory(study_dir_)) {
    throw study::InputError(study_dir_.string() + ": no such directory");
  }
}

StudyView ManifestReader::read() {
  // The writer first: a manifest that is read while its writer lives is up to date; read the other
  // way round, one that ends properly in between would look as if it had died.
  study::WriterStatus writer = study::read_writer(study_dir_);
  const auto version = present_version();
  if (!version || version != version_ || writer.state == WriterState::gone) {
    read_manifest(writer);
    const bool settled = version && study::now() - version->modified > kTrustedAge;
    version_ = settled ? version : std::nullopt;
  }
  if (writer.state == WriterState::gone && manifest_.head.status == StudyStatus::running) {
    writer = study::read_writer(study_dir_);  // perhaps a new one has begun in between
  }
  return {manifest_, std::move(writer), study::now(), study_dir_.string()};
}

std::optional<ManifestReader::Version> ManifestReader::present_version() const {
  struct stat info {};
  if (::stat(manifest_path_.c_str(), &info) != 0) return std::nullopt;
  const auto modified =
      std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec);
  return Version{info.st_dev, info.st_ino, info.st_size,
                 study::Timestamp(std::chrono::floor<std::chrono::microseconds>(modified))};
}

void ManifestReader::read_manifest(const study::WriterStatus& writer) {
  auto manifest = study::read_manifest_file(manifest_path_);
  if (!manifest) {
    const std::string hint = writer.state == WriterState::none
                                 ? "; is it a study directory?"
                                 : "; its study has not begun, or other observers keep its "
                                   "checkpoint: --config names them";
    throw study::InputError(study_dir_.string() + ": no " + std::string(study::kManifestFileName) +
                            " there" + hint);
  }
  manifest_ = *std::move(manifest);
}

}  // namespace host
