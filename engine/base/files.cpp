#include "base/files.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>

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

/// "folder/.name.0123456789abcdef": hidden, so that nobody who watches the folder takes it for a file of its own, and a
/// name that nobody can be waiting under.
std::string beside(const std::string& file) {
  const std::size_t name = file.rfind('/') + 1;  // npos + 1 is 0
  std::uint64_t chance = 0;
  (void)!::getrandom(&chance, sizeof chance, 0);  // where it gave none, O_EXCL holds all the same
  const std::string digits = hex({reinterpret_cast<const char*>(&chance), sizeof chance});
  return file.substr(0, name) + "." + file.substr(name) + "." + digits;
}

}  // namespace

Result<std::string> read_input(const std::string& file) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(nullptr, [](std::FILE* f) { return std::fclose(f); });
  std::FILE* from = stdin;
  if (file != "-") {
    opened.reset(std::fopen(file.c_str(), "rb"));
    from = opened.get();
  }
  if (from == nullptr) return Error{ErrorCode::not_found, "cannot read " + file + ": " + std::strerror(errno)};
  std::string text;
  char part[16384];
  std::size_t got = 0;
  while ((got = std::fread(part, 1, sizeof part, from)) > 0) text.append(part, got);
  if (std::ferror(from) != 0) return Error{ErrorCode::unavailable, "cannot read " + file + ": " + std::strerror(errno)};
  return text;
}

namespace {

/// Writes `content` beside `file`, on the disk, has `place` give it the name, and leaves nothing behind where that
/// failed. `own` gives the open file to somebody else.
template <class Place, class Own>
Status put_in_place(const std::string& file, std::string_view content, unsigned mode, Place place, Own own) {
  const std::string fresh = beside(file);
  const Descriptor opened(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!opened) return cannot_write(file);
  own(opened.number());  // before the permissions, which a change of the owner can take away
  const bool written =
      ::fchmod(opened.number(), mode) == 0 && write_all(opened.number(), content) && ::fsync(opened.number()) == 0;
  if (written && place(fresh.c_str())) return Done{};
  Error error = cannot_write(file);
  ::unlink(fresh.c_str());
  return error;
}

constexpr auto as_ours = [](int) {};

Status replace_ordinary(const std::string& file, std::string_view content, unsigned mode, const struct stat* like) {
  const auto rename = [&](const char* fresh) { return ::rename(fresh, file.c_str()) == 0; };
  if (like == nullptr) return put_in_place(file, content, mode, rename, as_ours);
  return put_in_place(file, content, mode, rename, [like](int opened) {
    (void)!::fchown(opened, like->st_uid, like->st_gid);  // for who may not, the file becomes their own
  });
}

}  // namespace

Result<bool> put_new_file(const std::string& file, std::string_view content, unsigned mode) {
  bool there = false;
  TRY(put_in_place(
      file, content, mode,
      [&](const char* fresh) {
        const bool linked = ::link(fresh, file.c_str()) == 0;
        there = !linked && errno == EEXIST;
        return (linked || there) && ::unlink(fresh) == 0;
      },
      as_ours));
  return !there;
}

Status replace_file(const std::string& file, std::string_view content, unsigned mode) {
  struct stat there = {};
  if (::lstat(file.c_str(), &there) == 0 && !S_ISREG(there.st_mode))
    return Error{ErrorCode::denied, "cannot write " + file + ": this is no ordinary file"};
  return replace_ordinary(file, content, mode, nullptr);
}

Status rewrite_file(const std::string& file, std::string_view content) {
  struct stat there = {};
  if (::lstat(file.c_str(), &there) != 0) return cannot_write(file);
  if (!S_ISREG(there.st_mode)) return Error{ErrorCode::denied, "cannot write " + file + ": this is no ordinary file"};
  return replace_ordinary(file, content, there.st_mode & 0777, &there);
}

}  // namespace millrace
