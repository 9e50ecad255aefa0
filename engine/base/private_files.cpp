#include "base/private_files.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.hpp"

namespace millrace {

namespace {

constexpr mode_t owner_only = 0700;
constexpr mode_t of_others = 0077;
constexpr mode_t writing_of_others = 0022;

Error cannot(const char* doing, const std::string& file) {
  const int reason = errno;
  const bool denied = reason == EACCES || reason == EPERM;
  return {denied ? ErrorCode::denied : ErrorCode::unavailable,
          "cannot " + std::string(doing) + " " + file + ": " + std::strerror(reason)};
}

std::string folder_of(const std::string& file) {
  const std::size_t name = file.rfind('/');
  if (name == std::string::npos) return ".";
  return name == 0 ? "/" : file.substr(0, name);
}

/// Root looks after the files of others, such as a service's; what lies there is its owner's business.
bool is_trusted(uid_t owner, const std::string& file) {
  if (owner == ::geteuid() || owner == 0) return true;
  struct stat folder = {};
  return ::geteuid() == 0 && ::stat(folder_of(file).c_str(), &folder) == 0 && folder.st_uid == owner;
}

Status judge(const std::string& file, const struct stat& about) {
  if (S_ISLNK(about.st_mode))
    return Error{ErrorCode::denied,
                 file + " is a link, and what it leads to is not looked at: put the file itself there"};
  if (!S_ISREG(about.st_mode)) return Error{ErrorCode::denied, file + " is no ordinary file: remove it"};
  if (is_trusted(about.st_uid, file)) return Done{};
  return Error{ErrorCode::denied, file + " belongs to " + name_of_user(about.st_uid) +
                                      ", and only what is this user's own is believed: remove it, or run \"chown " +
                                      name_of_user(::geteuid()) + " " + file + "\" if it is yours"};
}

Status judge_mode(const std::string& file, mode_t mode, Others others) {
  const mode_t forbidden = others == Others::may_not_read ? of_others : writing_of_others;
  if (others == Others::anything || (mode & forbidden) == 0) return Done{};
  const bool written = others == Others::may_read;
  return Error{ErrorCode::denied, file + (written ? " can be written by others" : " can be read by others") +
                                      ": run \"chmod " + (written ? "go-w " : "600 ") + file + "\""};
}

}  // namespace

std::string name_of_user(uid_t user) {
  const passwd* known = ::getpwuid(user);
  return known != nullptr ? known->pw_name : "user " + std::to_string(user);
}

Status make_private_folder(const std::string& folder) {
  if (folder.empty() || ::mkdir(folder.c_str(), owner_only) == 0 || errno == EEXIST) {
    struct stat about = {};
    if (folder.empty() || (::stat(folder.c_str(), &about) == 0 && S_ISDIR(about.st_mode))) return Done{};
    errno = ENOTDIR;
    return cannot("make", folder);
  }
  if (errno != ENOENT || folder_of(folder) == folder) return cannot("make", folder);
  TRY(make_private_folder(folder_of(folder)));
  if (::mkdir(folder.c_str(), owner_only) != 0 && errno != EEXIST) return cannot("make", folder);
  return Done{};
}

Status keep_folder_private(const std::string& folder) {
  TRY(make_private_folder(folder));
  struct stat about = {};
  if (::lstat(folder.c_str(), &about) != 0) return cannot("look into", folder);
  if (!S_ISDIR(about.st_mode) || about.st_uid != ::geteuid() || (about.st_mode & of_others) == 0) return Done{};
  if (::chmod(folder.c_str(), owner_only) != 0) return cannot("close", folder);
  return Done{};
}

Status check_private_file(const std::string& file) {
  struct stat about = {};
  if (::lstat(file.c_str(), &about) == 0) return judge(file, about);
  if (errno == ENOENT || errno == ENOTDIR) return Done{};
  return cannot("read", file);
}

Status check_private_file(const std::string& file, int descriptor) {
  struct stat about = {};
  if (::fstat(descriptor, &about) != 0) return cannot("read", file);
  return judge(file, about);
}

Result<std::optional<std::string>> read_private_file(const std::string& file, Others others, std::size_t most,
                                                     struct stat* about) {
  const int links = others == Others::anything ? 0 : O_NOFOLLOW;
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | links));
  if (!opened) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    if (errno == ELOOP) TRY(check_private_file(file));
    return cannot("read", file);
  }
  struct stat found = {};
  if (::fstat(opened.number(), &found) != 0) return cannot("read", file);
  if (about != nullptr) *about = found;
  if (others != Others::anything) TRY(judge(file, found));
  if (!S_ISREG(found.st_mode)) return Error{ErrorCode::denied, file + " is no ordinary file"};
  TRY(judge_mode(file, found.st_mode, others));
  std::string text;
  char part[4096];
  for (;;) {
    const ssize_t got = ::read(opened.number(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read", file);
    if (got == 0) break;
    text.append(part, static_cast<std::size_t>(got));
    if (text.size() > most)
      return Error{ErrorCode::limited,
                   file + " is larger than the " + std::to_string(most) + " bytes that are read of it"};
  }
  ::explicit_bzero(part, sizeof part);
  return std::optional<std::string>(std::move(text));
}

}  // namespace millrace
