#include "gate/output_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/text.hpp"

namespace millrace {

namespace {

Error system_error(const std::string& name, const std::string& doing = "write") {
  const int number = errno;
  const bool leads_elsewhere = number == ELOOP || number == ENOTDIR;
  const char* reason = leads_elsewhere ? "a part of it is a file or a symbolic link" : std::strerror(number);
  ErrorCode code = ErrorCode::unavailable;
  if (doing == "read" && number == ENOENT) code = ErrorCode::not_found;
  if (doing == "read" && leads_elsewhere) code = ErrorCode::denied;
  return {code, "cannot " + doing + " file \"" + name + "\": " + reason};
}

/// The folder that the file is to lie in, opened step by step from `root` without following a link.
Result<Descriptor> open_parent(const std::filesystem::path& root, const std::vector<std::string>& parts,
                               const std::string& name) {
  std::error_code problem;
  std::filesystem::create_directories(root, problem);
  Descriptor here(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!here) return system_error(name);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (::mkdirat(here.number(), parts[i].c_str(), 0777) != 0 && errno != EEXIST) return system_error(name);
    here = Descriptor(::openat(here.number(), parts[i].c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!here) return system_error(name);
  }
  return here;
}

bool write_all(int file, const std::string& content) {
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t wrote = ::write(file, content.data() + done, content.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  return ::fsync(file) == 0;
}

/// A new file beside `last`, of a name that nobody else has.
Descriptor open_temporary(int folder, const std::string& last, std::string& temporary) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    temporary = "." + last + "." + std::to_string(::getpid()) + "-" + std::to_string(attempt);
    Descriptor file(::openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (file || errno != EEXIST) return file;
  }
  return Descriptor();
}

}  // namespace

Status check_place(const std::filesystem::path& folder, const std::string& name) {
  TRY(check_file_name(name));
  const std::vector<std::string> parts = split(name, '/');
  Descriptor here(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (std::size_t i = 0; here && i + 1 < parts.size(); ++i)
    here = Descriptor(::openat(here.number(), parts[i].c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!here && errno == ENOENT) return Done{};  // the folders in between will be made
  if (!here) return system_error(name);
  struct stat found = {};
  if (::fstatat(here.number(), parts.back().c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(found.st_mode))
    return Done{};
  errno = EISDIR;
  return system_error(name);
}

namespace {

/// The file as it lies there, opened for reading.
struct OpenedFile {
  Descriptor descriptor;
  std::size_t size = 0;
};

Result<OpenedFile> open_below(const std::filesystem::path& folder, const std::string& name) {
  TRY(check_file_name(name, "read"));
  const std::vector<std::string> parts = split(name, '/');
  Descriptor here(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (std::size_t i = 0; here && i + 1 < parts.size(); ++i)
    here = Descriptor(::openat(here.number(), parts[i].c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!here) return system_error(name, "read");
  // Without O_NONBLOCK a pipe would be waited for until somebody writes.
  Descriptor file(::openat(here.number(), parts.back().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat found = {};
  if (!file || ::fstat(file.number(), &found) != 0) return system_error(name, "read");
  if (!S_ISREG(found.st_mode))
    return Error{ErrorCode::denied, "cannot read file \"" + name + "\": it is a folder, a pipe or a device"};
  return OpenedFile{std::move(file), static_cast<std::size_t>(found.st_size)};
}

}  // namespace

Result<std::size_t> size_below(const std::filesystem::path& folder, const std::string& name) {
  return TRY(open_below(folder, name)).size;
}

Result<std::string> read_below(const std::filesystem::path& folder, const std::string& name, std::size_t most) {
  const OpenedFile file = TRY(open_below(folder, name));
  std::string content;
  char piece[64 * 1024];
  // To its end, whatever its size was a moment ago.
  for (;;) {
    const ssize_t count = ::read(file.descriptor.number(), piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(name, "read");
    if (count == 0) return content;
    if (static_cast<std::size_t>(count) > most - content.size())
      return Error{ErrorCode::limited, "cannot read file \"" + name + "\": it is too large"};
    content.append(piece, static_cast<std::size_t>(count));
  }
}

Status write_below(const std::filesystem::path& folder, const std::string& name, const std::string& content) {
  TRY(check_file_name(name));
  const std::vector<std::string> parts = split(name, '/');
  const std::string& last = parts.back();
  const Descriptor parent = TRY(open_parent(folder, parts, name));
  std::string temporary;
  const Descriptor file = open_temporary(parent.number(), last, temporary);
  if (!file) return system_error(name);
  const bool written = write_all(file.number(), content);
  if (!written || ::renameat(parent.number(), temporary.c_str(), parent.number(), last.c_str()) != 0) {
    Error error = system_error(name);
    ::unlinkat(parent.number(), temporary.c_str(), 0);
    return error;
  }
  ::fsync(
      parent.number());  // the name, too, is to survive a power cut; where it cannot be told, the file is there anyway
  return Done{};
}

}  // namespace millrace
