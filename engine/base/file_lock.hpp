#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace millrace {

/// A lock between processes on a file of its own, which the kernel releases when its holder ends, however it ends.
class FileLock {
 public:
  FileLock() = default;
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Makes the file where it is not there; readable by its owner only.
  static Result<FileLock> open(const std::filesystem::path& file);

  void lock();      ///< waits for its turn
  bool try_lock();  ///< false where somebody else has it
  void unlock();
  /// The same for a place in the file, of which each is locked for itself and the file as a whole is not.
  bool try_lock(std::int64_t place);
  Result<bool> is_locked(std::int64_t place) const;  ///< by somebody else
  /// What the holder left in the file, and leaving something: who it is.
  std::string note() const;
  void set_note(const std::string& text);

 private:
  int descriptor_ = -1;
};

}  // namespace millrace
