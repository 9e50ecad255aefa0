#pragma once

#include <sys/stat.h>

#include <filesystem>

namespace millrace::test {

/// Who may do what with a file; 0: there is none.
inline unsigned mode(const std::filesystem::path& file) {
  struct stat about = {};
  return ::stat(file.c_str(), &about) == 0 ? about.st_mode & 07777u : 0;
}

}  // namespace millrace::test
