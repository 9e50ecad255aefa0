#include "base/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/private_files.hpp"

namespace millrace {

namespace {

/// Of the open file, as the lock of all of it is: the other kind ends with any descriptor of the process.
struct flock lock_of(std::int64_t place) {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = place;
  lock.l_len = 1;
  return lock;
}

}  // namespace

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Result<FileLock> FileLock::open(const std::filesystem::path& file) {
  FileLock lock;
  lock.descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  const int reason = errno;
  if (lock.descriptor_ < 0) {
    TRY(check_private_file(file.string()));
    return Error{ErrorCode::unavailable, "cannot open " + file.string() + ": " + std::strerror(reason)};
  }
  TRY(check_private_file(file.string(), lock.descriptor_));
  return lock;
}

void FileLock::lock() {
  while (flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
  }
}

bool FileLock::try_lock() { return flock(descriptor_, LOCK_EX | LOCK_NB) == 0; }

void FileLock::unlock() { flock(descriptor_, LOCK_UN); }

bool FileLock::try_lock(std::int64_t place) {
  struct flock lock = lock_of(place);
  return fcntl(descriptor_, F_OFD_SETLK, &lock) == 0;
}

Result<bool> FileLock::is_locked(std::int64_t place) const {
  struct flock lock = lock_of(place);
  if (fcntl(descriptor_, F_OFD_GETLK, &lock) == 0) return lock.l_type != F_UNLCK;
  return Error{ErrorCode::unavailable, std::string("cannot see who has a lock: ") + std::strerror(errno)};
}

std::string FileLock::note() const {
  std::array<char, 4096> text = {};
  const ssize_t size = pread(descriptor_, text.data(), text.size(), 0);
  return std::string(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
}

void FileLock::set_note(const std::string& text) {
  // Only for people: where it cannot be written, the lock holds all the same.
  if (ftruncate(descriptor_, 0) != 0) return;
  if (pwrite(descriptor_, text.data(), text.size(), 0) < 0) return;
}

}  // namespace millrace
