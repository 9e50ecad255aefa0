#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace millrace {

/// Looks whether a project's files have changed: by name, size, time and identity, without reading them.
class FolderWatch {
 public:
  explicit FolderWatch(std::filesystem::path folder);

  bool changed();          ///< a workflow file, since the last time
  bool project_changed();  ///< millrace.yaml, or what is said of plugins/, since the last time

 private:
  struct Stamp {
    ino_t number = 0;
    off_t size = 0;
    std::int64_t seconds = 0, nanos = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::map<std::string, Stamp>;
  static void look(const std::filesystem::path& file, Stamps& stamps);
  Stamps workflows() const;
  Stamps project() const;

  std::filesystem::path folder_;
  Stamps workflows_, project_;
};

}  // namespace millrace
