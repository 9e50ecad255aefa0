#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace millrace {

/// What tells one state of a file from another without reading it.
struct FileStamp {
  explicit FileStamp(const struct stat& about)
      : device(about.st_dev),
        number(about.st_ino),
        size(about.st_size),
        changed_seconds(about.st_ctim.tv_sec),
        changed_nanos(about.st_ctim.tv_nsec) {}
  dev_t device;
  ino_t number;
  off_t size;
  std::int64_t changed_seconds, changed_nanos;
  bool operator==(const FileStamp&) const = default;
};

/// Of what the path leads to; nothing where there is nothing.
inline std::optional<FileStamp> stamp_of(const std::filesystem::path& path) {
  struct stat about = {};
  return ::stat(path.c_str(), &about) == 0 ? std::optional(FileStamp(about)) : std::nullopt;
}

}  // namespace millrace
