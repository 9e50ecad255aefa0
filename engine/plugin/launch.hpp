#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace millrace {

/// How a plugin's program is started.
struct Launch {
  std::filesystem::path program;
  std::string name;              ///< empty: it loads nothing, and tells of its cage in words
  std::filesystem::path folder;  ///< the plugin's own, which it may read
  int library = -1;              ///< descriptor of what it loads
  std::uint64_t data_bytes = std::uint64_t{256} << 20;
  bool files_unguarded = false;
  int most_landlock = 1000;  ///< for tests
};

/// A program that was started, and our end of the socket to it.
struct Launched {
  pid_t process = -1;
  int socket = -1;
};

/// `millrace-plugin`, as it was installed with this program.
std::filesystem::path program_beside_this();

/// Starts the program with nothing of ours but its end of a socket and the library: no environment, no descriptors.
/// REQUIRES: the calling thread lives as long as the program shall.
Result<Launched> launch(const Launch& order);

/// Ends the process, where it has not ended, and tells how it did: "crashed (signal 11)", "ended by itself (86)". Empty
/// where it was ended by this.
std::string reap(pid_t process);

}  // namespace millrace
