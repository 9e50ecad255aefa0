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

std::string FileLock::note() const {
  std::array<char, 128> text = {};
  const ssize_t size = pread(descriptor_, text.data(), text.size(), 0);
  return std::string(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
}

void FileLock::set_note(const std::string& text) {
  // Only for people: where it cannot be written, the lock holds all the same.
  if (ftruncate(descriptor_, 0) != 0) return;
  if (pwrite(descriptor_, text.data(), text.size(), 0) < 0) return;
}

}  // namespace millrace
