#include "base/files.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>

#include "base/descriptor.hpp"
#include "base/text.hpp"

namespace millrace {

namespace {

Error cannot_write(const std::string& file) {
  const int reason = errno;
  const bool denied = reason == EACCES || reason == EPERM || reason == EROFS;
  return {denied ? ErrorCode::denied : ErrorCode::unavailable, "cannot write " + file + ": " + std::strerror(reason)};
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

constexpr std::size_t chance_digits = 16;

/// With the "/" at its end; empty where it is the current one.
std::string folder_part_of(const std::string& file) { return file.substr(0, file.rfind('/') + 1); }  // npos + 1 is 0

std::string name_beside(const std::string& file) { return "." + file.substr(file.rfind('/') + 1) + "."; }

/// "folder/.name.0123456789abcdef": hidden, so that nobody who watches the folder takes it for a file of its own, and a
/// name that nobody can be waiting under.
std::string beside(const std::string& file) {
  std::uint64_t chance = 0;
  (void)!::getrandom(&chance, sizeof chance, 0);  // where it gave none, O_EXCL holds all the same
  return folder_part_of(file) + name_beside(file) + hex({reinterpret_cast<const char*>(&chance), sizeof chance});
}

/// The name, too, is to survive a power cut. Where that cannot be told, the file is there anyway.
void flush_folder_of(const std::string& file) {
  const std::string folder = folder_part_of(file);
  const Descriptor opened(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened) ::fsync(opened.number());
}

}  // namespace

namespace {

constexpr std::size_t largest_input = 1u << 30;  // as large as a plan may be

Error cannot_read(const std::string& file, ErrorCode code, const std::string& why) {
  return {code, "cannot read " + file + ": " + why};
}

/// An ordinary file. What holds for ever whoever opens it (a FIFO) or never comes to its end (a device) is none.
Result<Descriptor> open_ordinary(const std::string& file) {
  Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat about = {};
  if (!opened || ::fstat(opened.number(), &about) != 0)
    return cannot_read(file, ErrorCode::not_found, std::strerror(errno));
  if (S_ISREG(about.st_mode)) return opened;
  return cannot_read(file, ErrorCode::denied,
                     S_ISDIR(about.st_mode) ? "this is a folder, not a file" : "this is not a file that can be read");
}

/// "/dev/fd/63", as a shell writes <(command): whoever started the program writes into it.
bool is_handed_over(const std::string& file) { return file == "/dev/stdin" || file.starts_with("/dev/fd/"); }

Result<Descriptor> open_handed_over(const std::string& file) {
  Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) return cannot_read(file, ErrorCode::not_found, std::strerror(errno));
  return opened;
}

Result<std::string> read_all(const std::string& file, int descriptor) {
  std::string text;
  struct stat about = {};
  if (::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode))  // else it would be moved as often as it grows
    text.reserve(std::min(static_cast<std::size_t>(about.st_size), largest_input));
  char part[16384];
  for (;;) {
    const ssize_t got = ::read(descriptor, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(file, ErrorCode::unavailable, std::strerror(errno));
    if (got == 0) return text;
    text.append(part, static_cast<std::size_t>(got));
    if (text.size() > largest_input) return cannot_read(file, ErrorCode::limited, "it is larger than 1 GiB");
  }
}

}  // namespace

Result<std::string> read_input(const std::string& file) {
  if (file == "-") return read_all("stdin", STDIN_FILENO);
  const Descriptor opened = TRY(is_handed_over(file) ? open_handed_over(file) : open_ordinary(file));
  return read_all(file, opened.number());
}

namespace {

Error cannot_place(const std::string& file, const std::string& fresh) {
  Error error = cannot_write(file);
  ::unlink(fresh.c_str());
  return error;
}

/// Writes `content` into a file of its own beside `file`, on the disk, and gives its name; leaves nothing behind where
/// that failed. `like`: whose owner it gets where that is allowed; nullptr: it is ours.
Result<std::string> write_beside(const std::string& file, std::string_view content, unsigned mode,
                                 const struct stat* like) {
  std::string fresh = beside(file);
  const Descriptor opened(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!opened) return cannot_write(file);
  // Before the permissions, which a change of the owner can take away.
  if (like != nullptr) (void)!::fchown(opened.number(), like->st_uid, like->st_gid);
  if (::fchmod(opened.number(), mode) == 0 && write_all(opened.number(), content) && ::fsync(opened.number()) == 0)
    return fresh;
  return cannot_place(file, fresh);
}

Status replace_ordinary(const std::string& file, std::string_view content, unsigned mode, const struct stat* like) {
  const std::string fresh = TRY(write_beside(file, content, mode, like));
  if (::rename(fresh.c_str(), file.c_str()) != 0) return cannot_place(file, fresh);
  flush_folder_of(file);
  return Done{};
}

Error there_by_now(const std::string& file) {
  return {ErrorCode::conflict, file + " is there by now, so it was not written: do it again"};
}

/// The state of an ordinary file; `denied` where something else has the name.
Result<struct stat> state_of_ordinary(const std::string& file) {
  struct stat there = {};
  if (::lstat(file.c_str(), &there) != 0) return cannot_write(file);
  if (S_ISREG(there.st_mode)) return there;
  return Error{ErrorCode::denied, "cannot write " + file + ": this is no ordinary file"};
}

}  // namespace

Result<bool> put_new_file(const std::string& file, std::string_view content, unsigned mode) {
  const std::string fresh = TRY(write_beside(file, content, mode, nullptr));
  const bool placed = ::link(fresh.c_str(), file.c_str()) == 0;
  if (!placed && errno != EEXIST) return cannot_place(file, fresh);
  if (::unlink(fresh.c_str()) != 0) return cannot_write(file);
  if (placed) flush_folder_of(file);
  return placed;
}

void remove_unfinished(const std::string& file) {
  const std::string folder = folder_part_of(file), begins = name_beside(file);
  std::error_code failed;
  for (const auto& each : std::filesystem::directory_iterator(folder.empty() ? "." : folder, failed)) {
    const std::string name = each.path().filename().string();
    const bool ours = name.starts_with(begins) && name.size() == begins.size() + chance_digits &&
                      name.find_first_not_of("0123456789abcdef", begins.size()) == std::string::npos;
    if (ours) ::unlink(each.path().c_str());
  }
}

Status replace_file(const std::string& file, std::string_view content, unsigned mode) {
  struct stat there = {};
  if (::lstat(file.c_str(), &there) == 0) TRY(state_of_ordinary(file));
  return replace_ordinary(file, content, mode, nullptr);
}

Status check_unchanged(const std::string& file, const std::optional<std::string>& was) {
  std::error_code failed;
  if (!was && !std::filesystem::exists(std::filesystem::symlink_status(file, failed))) return Done{};
  if (!was) return there_by_now(file);
  const auto now = read_input(file);
  if (now && *now == *was) return Done{};
  return Error{ErrorCode::conflict, file + " has changed since it was read, so it was not written: do it again"};
}

Status rewrite_file(const std::string& file, const std::optional<std::string>& was, std::string_view content) {
  constexpr unsigned for_all_to_read = 0644;
  if (!was) {
    if (TRY(put_new_file(file, content, for_all_to_read))) return Done{};
    return there_by_now(file);
  }
  std::error_code failed;
  const std::string led_to = std::filesystem::weakly_canonical(file, failed).string();
  const std::string& own = failed ? file : led_to;
  const struct stat there = TRY(state_of_ordinary(own));
  TRY(check_unchanged(own, was));
  return replace_ordinary(own, content, there.st_mode & 0777, &there);
}

}  // namespace millrace
