#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

/// What a program that runs a stranger's code may still do. Everything else is taken from it for good.
struct CageRules {
  std::vector<std::string> readable;        ///< folders and files, beside those of the system's libraries and fonts
  std::uint64_t data_bytes = 256ULL << 20;  ///< what it may have in memory of its own
  bool files_unguarded = false;             ///< go on where the kernel does not guard files; nothing is written even so
  int most_landlock = 1000;                 ///< for tests: use no younger version than this
};

struct CageReport {
  std::string refusal;  ///< why the cage could not be put on, as a sentence: nothing may be run then. Empty: it is on
  int landlock = 0;     ///< the version that guards files; 0: none, because `files_unguarded` lets that be
  std::string unguarded = {};  ///< why it is none
};

/// What the cage holds, what the kernel lacks for it and what stands in its place, in one sentence.
std::string described(const CageReport& report);

/// Puts the cage on this process: limits, no new rights, Landlock over files, and a filter over system calls that knows
/// what is allowed. Descriptors above 4 are closed. Once, from the only thread; there is no way back.
///
/// What means "out" (a socket, another program, another process, a file to write, an interface of the kernel) answers
/// EPERM and is remembered for `take_tried`; what is merely not known answers ENOSYS, so that a younger C library falls
/// back to what it did before.
CageReport put_cage_on(const CageRules& rules);

/// What was tried since the last time and refused, in words: "open a network connection, start another program".
/// Any thread.
std::string take_tried();

}  // namespace millrace
