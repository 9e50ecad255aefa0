#include "cage/landlock.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace millrace {
namespace {

/// Younger than the kernel headers that this is built with.
constexpr std::uint64_t access_truncate = 1ULL << 14, access_device_control = 1ULL << 15;
constexpr std::uint64_t access_tcp = 3, scopes = 3;
struct Ruleset {
  std::uint64_t files = 0, network = 0, scoped = 0;
};

constexpr std::uint64_t may_read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t for_files = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::array library_folders = {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"};
constexpr std::array font_folders = {"/etc/fonts", "/usr/share/fontconfig", "/usr/share/fonts",
                                     "/usr/local/share/fonts", "/var/cache/fontconfig"};
constexpr std::array library_lists = {"/etc/ld.so.cache"};

long create_ruleset(const Ruleset* rules, std::size_t size, std::uint32_t flags) {
  return syscall(SYS_landlock_create_ruleset, rules, size, flags);
}

/// All that the version knows, so that all of it is refused but what is allowed by name.
Ruleset all_of(int version) {
  Ruleset rules;
  rules.files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (version >= 2) rules.files |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) rules.files |= access_truncate;
  if (version >= 4) rules.network = access_tcp;
  if (version >= 5) rules.files |= access_device_control;
  if (version >= 6) rules.scoped = scopes;
  return rules;
}

std::size_t size_of(int version) { return sizeof(std::uint64_t) * (version >= 6 ? 3 : version >= 4 ? 2 : 1); }

/// What is not there needs no rule.
bool allow(int ruleset, const char* path, std::uint64_t access) {
  const int opened = open(path, O_PATH | O_CLOEXEC);
  if (opened < 0) return errno == ENOENT;
  struct stat about = {};
  landlock_path_beneath_attr beneath = {};
  beneath.parent_fd = opened;
  beneath.allowed_access = fstat(opened, &about) == 0 && S_ISDIR(about.st_mode) ? access : access & for_files;
  const bool added = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
  close(opened);
  return added;
}

bool allow_all(int ruleset, const CageRules& rules) {
  bool good = true;
  for (const char* folder : library_folders)
    good = good && allow(ruleset, folder, may_read | LANDLOCK_ACCESS_FS_EXECUTE);
  for (const char* folder : font_folders) good = good && allow(ruleset, folder, may_read);
  for (const char* file : library_lists) good = good && allow(ruleset, file, may_read);
  for (const std::string& path : rules.readable) good = good && allow(ruleset, path.c_str(), may_read);
  return good;
}

/// Whoever can change it is not the same in each case.
std::string why_not(int error) {
  switch (error) {
    case ENOSYS:
      return "this kernel has no Landlock";
    case EOPNOTSUPP:
      return "Landlock is not switched on: the kernel's \"lsm=\" does not name it";
    case EPERM:
      return "the service manager forbids Landlock: its filter has to allow landlock_create_ruleset, landlock_add_rule "
             "and landlock_restrict_self";
    default:
      return std::string("Landlock does not work: ") + std::strerror(error);
  }
}

}  // namespace

CageReport guard_files(const CageRules& rules) {
  CageReport report;
  const long known = rules.most_landlock > 0 ? create_ruleset(nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) : -1;
  if (known < 1) {
    report.unguarded = why_not(rules.most_landlock > 0 ? errno : ENOSYS);
    if (!rules.files_unguarded) report.refusal = report.unguarded;
    return report;
  }
  const int version = std::min(static_cast<int>(known), std::min(rules.most_landlock, 6));
  const Ruleset all = all_of(version);
  const int ruleset = static_cast<int>(create_ruleset(&all, size_of(version), 0));
  const bool on = ruleset >= 0 && allow_all(ruleset, rules) && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  if (!on) report.refusal = why_not(errno);
  if (on) report.landlock = version;
  if (ruleset >= 0) close(ruleset);
  return report;
}

}  // namespace millrace
