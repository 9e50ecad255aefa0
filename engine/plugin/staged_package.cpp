#include "plugin/staged_package.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/files.hpp"
#include "crypto/digest.hpp"
#include "plugin/binary.hpp"

namespace millrace {
namespace {

constexpr std::string_view stage_prefix = ".adding-";

Error cannot(const std::string& what) { return {ErrorCode::denied, "cannot " + what + ": " + std::strerror(errno)}; }

/// Nobody else stages beside us while it is open.
Result<Descriptor> guard(const std::filesystem::path& plugins) {
  std::error_code failed;
  std::filesystem::create_directories(plugins, failed);
  Descriptor opened(::open(plugins.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return cannot("use " + plugins.string());
  if (::flock(opened.number(), LOCK_EX | LOCK_NB) != 0)
    return Error{ErrorCode::conflict, "another plugin is being added to " + plugins.string()};
  return opened;
}

/// What somebody left behind who was killed. REQUIRES: nobody stages.
void clear(const std::filesystem::path& plugins) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(plugins, failed)) {
    std::error_code ignored;
    if (entry.path().filename().string().starts_with(stage_prefix)) std::filesystem::remove_all(entry.path(), ignored);
  }
}

Status write_files(const std::filesystem::path& folder, const Package& package) {
  if (::mkdir(folder.c_str(), 0755) != 0 || ::chmod(folder.c_str(), 0755) != 0)
    return cannot("make " + folder.string());
  const auto put = [&folder](const std::string& name, const std::string& content) -> Status {
    TRY(put_new_file((folder / name).string(), content, 0644));
    return Done{};
  };
  TRY(put(package.name + ".json", package.manifest));
  if (package.library) TRY(put(package.name + ".so", *package.library));
  TRY(put("SHA256SUMS", package.sums));
  if (package.signature) TRY(put("SHA256SUMS.minisig", *package.signature));
  return Done{};
}

}  // namespace

StagedPackage::StagedPackage(Descriptor guard, std::filesystem::path stage, std::filesystem::path target)
    : guard_(std::move(guard)), stage_(std::move(stage)), target_(std::move(target)) {}

StagedPackage::~StagedPackage() {
  std::error_code ignored;
  if (!stage_.empty()) std::filesystem::remove_all(stage_, ignored);
}

Result<StagedPackage> StagedPackage::write(const std::filesystem::path& plugins, const Package& package) {
  Descriptor alone = TRY(guard(plugins));
  clear(plugins);
  std::string stage = (plugins / (std::string(stage_prefix) + "XXXXXX")).string();
  if (::mkdtemp(stage.data()) == nullptr) return cannot("make a folder in " + plugins.string());
  StagedPackage staged(std::move(alone), stage, plugins / package.name);
  const std::filesystem::path folder = staged.stage_ / package.name;
  TRY(write_files(folder, package));
  staged.manifest_ = TRY(load_manifest(folder));
  if (!package.library) return staged;
  if (!staged.manifest_.library)
    return Error{ErrorCode::invalid, "the package has a library of which its manifest does not tell"};
  staged.library_ = fingerprint(*package.library);
  const Binary binary = TRY(Binary::read(staged.manifest_));
  if (!binary.company().empty()) return Error{ErrorCode::denied, binary.company()};
  return staged;
}

Status StagedPackage::exchange() {
  const std::filesystem::path ours = stage_ / target_.filename();
  std::error_code failed;
  const auto there = std::filesystem::symlink_status(target_, failed);
  const bool here = std::filesystem::exists(std::filesystem::symlink_status(ours, failed));
  if (std::filesystem::exists(there) && !std::filesystem::is_directory(there))
    return Error{ErrorCode::conflict, target_.string() + " is no folder"};
  const bool both = std::filesystem::exists(there) && here;
  const auto& from = here ? ours : target_;
  const auto& to = here ? target_ : ours;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), both ? RENAME_EXCHANGE : RENAME_NOREPLACE) != 0)
    return cannot("put " + target_.string() + " in its place");
  return Done{};
}

}  // namespace millrace
