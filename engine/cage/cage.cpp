#include "cage/cage.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "cage/filter.hpp"
#include "cage/landlock.hpp"

namespace millrace {
namespace {

constexpr unsigned first_foreign_descriptor = 5;
constexpr rlim_t most_descriptors = 64;
constexpr rlim_t most_file_bytes = 64ULL << 20;

bool limit(int what, rlim_t most) {
  const rlimit both = {most, most};
  return setrlimit(static_cast<__rlimit_resource_t>(what), &both) == 0;
}

/// Memory is limited by what is written to, not by addresses: sound programs reserve far more of these than they use.
bool set_limits(const CageRules& rules) {
  return limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, most_descriptors) && limit(RLIMIT_FSIZE, most_file_bytes) &&
         limit(RLIMIT_DATA, rules.data_bytes) && limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_MSGQUEUE, 0);
}

/// Whoever runs the engine as root does not give that to a stranger. Who has none need not be allowed to drop them.
bool drop_capabilities() {
  __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> held = {}, none = {};
  const bool known = syscall(SYS_capget, &head, held.data()) == 0;
  if (known && std::memcmp(&held, &none, sizeof none) == 0) return true;
  return syscall(SYS_capset, &head, none.data()) == 0;
}

CageReport refused(const std::string& what) {
  CageReport report;
  report.refusal = what + " does not work: " + std::strerror(errno);
  return report;
}

}  // namespace

std::string described(const CageReport& report) {
  if (!report.refusal.empty()) return "strangers' plugins are not loaded here: " + report.refusal;
  if (report.landlock == 0) {
    return "strangers' plugins are loaded only where plugins: {files_unguarded: [NAME]} says so: seccomp is on and "
           "refuses to write files, to open connections and to start programs; Landlock is not, because " +
           report.unguarded + ", so nothing keeps them from reading files";
  }
  struct Part {
    int since;
    const char* what;
  };
  constexpr Part parts[] = {
      {2, "moving files"}, {3, "cutting files"}, {4, "TCP"}, {5, "devices"}, {6, "signals and abstract sockets"}};
  std::string missing;
  for (const Part& part : parts) {
    if (part.since > report.landlock) missing += (missing.empty() ? "" : ", ") + std::string(part.what);
  }
  const std::string version = "Landlock " + std::to_string(report.landlock);
  const std::string instead =
      missing.empty() ? "" : "; " + version + " does not know of " + missing + ", which seccomp refuses in its place";
  return "strangers' plugins are kept in a cage: seccomp is on, and " + version + instead;
}

CageReport put_cage_on(const CageRules& rules) {
  if (syscall(SYS_close_range, first_foreign_descriptor, ~0u, 0) != 0) return refused("closing descriptors");
  if (!set_limits(rules)) return refused("setting limits");
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return refused("being no core dump");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("taking no new rights");
  if (!drop_capabilities()) return refused("dropping capabilities");
  CageReport report = guard_files(rules);
  if (report.refusal.empty()) report.refusal = filter_calls();
  return report;
}

}  // namespace millrace
