#include "cage/cage.hpp"

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "support/temporary_folder.hpp"

using namespace millrace;

TEST_SUITE_BEGIN("cage");

namespace {

/// What a child in the cage tells: it has no way to but its end of a pipe.
std::string in_cage(const CageRules& rules, const std::function<std::string()>& what) {
  int ends[2] = {};
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (dup2(ends[1], 3) != 3) _exit(3);
    const CageReport report = put_cage_on(rules);
    const std::string told = report.refusal.empty() ? what() : "refused: " + report.refusal;
    _exit(write(3, told.data(), told.size()) == static_cast<ssize_t>(told.size()) ? 0 : 4);
  }
  close(ends[1]);
  std::string told;
  char piece[4096];
  for (ssize_t got = 0; (got = read(ends[0], piece, sizeof piece)) > 0;)
    told.append(piece, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) told += "died of signal " + std::to_string(WTERMSIG(status));
  return told;
}

struct Way {
  const char* name;
  std::function<long()> go;  ///< below zero: it was refused
};

long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0) { return syscall(number, a, b, c, d); }
long address(const void* pointer) { return reinterpret_cast<long>(pointer); }

/// Everything here would be a way out. `secret` is a file outside, `parent` the process outside.
std::vector<Way> ways(const std::string& secret, const std::string& folder, pid_t parent) {
  const char* path = secret.c_str();
  const std::string made = folder + "/made";
  std::vector<Way> list;
  for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG, AF_CAN, AF_BLUETOOTH})
    list.push_back({"socket", [family] { return raw(SYS_socket, family, SOCK_STREAM, 0); }});
  list.push_back({"multipath TCP", [] { return raw(SYS_socket, AF_INET, SOCK_STREAM, 262); }});
  list.push_back({"socketpair", [] {
                    static int pair[2];
                    return raw(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, address(pair));
                  }});
  for (const int descriptor : {5, 6, 7, 10, 63})
    list.push_back({"a guessed descriptor", [descriptor] { return raw(SYS_fcntl, descriptor, F_GETFD); }});
  list.push_back({"io_uring", [] { return raw(SYS_io_uring_setup, 8, address(std::array<char, 256>().data())); }});
  list.push_back({"bpf", [] { return raw(SYS_bpf, 0, 0, 0); }});
  list.push_back({"perf", [] { return raw(SYS_perf_event_open, 0, 0, -1, -1); }});
  list.push_back({"userfaultfd", [] { return raw(SYS_userfaultfd, 0); }});
  list.push_back({"keys", [] { return raw(SYS_keyctl, 0, -3, 1); }});
  list.push_back({"fork", [] { return raw(SYS_clone, SIGCHLD); }});
  list.push_back({"clone3", [] {
                    static std::array<std::uint64_t, 11> arguments{};
                    return raw(SYS_clone3, address(arguments.data()), 88);
                  }});
  list.push_back({"vfork with shared memory", [] { return raw(SYS_clone, CLONE_VM | SIGCHLD, 0); }});
  list.push_back({"a thread in other namespaces",
                  [] { return raw(SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_NEWUSER); }});
  list.push_back({"execve", [] {
                    char* none[] = {nullptr};
                    return raw(SYS_execve, address("/bin/true"), address(none), address(none));
                  }});
  list.push_back({"execveat", [] { return raw(SYS_execveat, AT_FDCWD, address("/bin/true"), 0, 0); }});
  list.push_back({"ptrace", [parent] { return raw(SYS_ptrace, PTRACE_ATTACH, parent); }});
  list.push_back({"memory of the parent", [parent] { return raw(SYS_process_vm_readv, parent, 0, 0, 0); }});
  list.push_back({"pidfd", [parent] { return raw(SYS_pidfd_open, parent, 0); }});
  list.push_back({"kill the parent", [parent] { return raw(SYS_kill, parent, SIGTERM); }});
  list.push_back({"kill the group", [] { return raw(SYS_kill, 0, 0); }});
  list.push_back({"kill everybody", [] { return raw(SYS_kill, -1, 0); }});
  list.push_back({"tgkill", [parent] { return raw(SYS_tgkill, parent, parent, SIGTERM); }});
  list.push_back({"tkill", [parent] { return raw(SYS_tkill, parent, SIGTERM); }});
  list.push_back({"sigqueue", [parent] { return raw(SYS_rt_sigqueueinfo, parent, SIGTERM, 0); }});
  list.push_back({"signals by descriptor", [parent] { return raw(SYS_fcntl, 3, F_SETOWN, parent); }});
  list.push_back({"a shared segment", [] { return raw(SYS_shmget, 1, 4096, IPC_CREAT | 0600); }});
  list.push_back({"a message queue", [] { return raw(SYS_mq_open, address("/a"), O_CREAT, 0600, 0); }});
  list.push_back({"read a file", [path] { return raw(SYS_openat, AT_FDCWD, address(path), O_RDONLY); }});
  list.push_back({"read a password list", [] { return raw(SYS_openat, AT_FDCWD, address("/etc/passwd"), O_RDONLY); }});
  list.push_back({"list a folder", [] { return raw(SYS_openat, AT_FDCWD, address("/tmp"), O_RDONLY | O_DIRECTORY); }});
  list.push_back({"environment of the parent", [parent] {
                    const std::string file = "/proc/" + std::to_string(parent) + "/environ";
                    return raw(SYS_openat, AT_FDCWD, address(file.c_str()), O_RDONLY);
                  }});
  list.push_back({"descriptors of the parent", [parent] {
                    const std::string file = "/proc/" + std::to_string(parent) + "/fd/0";
                    return raw(SYS_openat, AT_FDCWD, address(file.c_str()), O_RDONLY);
                  }});
  list.push_back(
      {"its own environment", [] { return raw(SYS_openat, AT_FDCWD, address("/proc/self/environ"), O_RDONLY); }});
  list.push_back({"openat2", [path] {
                    static std::array<std::uint64_t, 3> how{};
                    return raw(SYS_openat2, AT_FDCWD, address(path), address(how.data()), 24);
                  }});
  list.push_back({"a handle of a file", [path] { return raw(SYS_name_to_handle_at, AT_FDCWD, address(path), 0, 0); }});
  for (const int mode :
       {O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC, O_WRONLY | O_APPEND, O_RDWR | O_TMPFILE})
    list.push_back(
        {"open to write", [made, mode] { return raw(SYS_openat, AT_FDCWD, address(made.c_str()), mode, 0600); }});
  list.push_back({"truncate", [path] { return raw(SYS_truncate, address(path), 0); }});
  list.push_back({"unlink", [path] { return raw(SYS_unlinkat, AT_FDCWD, address(path), 0); }});
  list.push_back({"rename", [path, made] {
                    return raw(SYS_renameat2, AT_FDCWD, address(path), AT_FDCWD, address(made.c_str()));
                  }});
  list.push_back(
      {"link", [path, made] { return raw(SYS_linkat, AT_FDCWD, address(path), AT_FDCWD, address(made.c_str())); }});
  list.push_back(
      {"symlink", [path, made] { return raw(SYS_symlinkat, address(path), AT_FDCWD, address(made.c_str())); }});
  list.push_back({"mkdir", [made] { return raw(SYS_mkdirat, AT_FDCWD, address(made.c_str()), 0700); }});
  list.push_back({"mknod", [made] { return raw(SYS_mknodat, AT_FDCWD, address(made.c_str()), S_IFIFO | 0600, 0); }});
  list.push_back({"chmod", [path] { return raw(SYS_fchmodat, AT_FDCWD, address(path), 0777); }});
  list.push_back({"chown", [path] { return raw(SYS_fchownat, AT_FDCWD, address(path), 0, 0); }});
  list.push_back({"mount", [] { return raw(SYS_mount, address("none"), address("/tmp"), address("tmpfs"), 0); }});
  list.push_back({"chroot", [] { return raw(SYS_chroot, address("/")); }});
  list.push_back({"chdir", [] { return raw(SYS_chdir, address("/")); }});
  list.push_back({"namespaces", [] { return raw(SYS_unshare, CLONE_NEWUSER); }});
  list.push_back({"join namespaces", [] { return raw(SYS_setns, 0, 0); }});
  list.push_back({"another user", [] { return raw(SYS_setuid, 0); }});
  list.push_back({"higher limits", [] {
                    static const std::array<std::uint64_t, 2> limit = {1u << 20, 1u << 20};
                    return raw(SYS_prlimit64, 0, 7, address(limit.data()), 0);
                  }});
  list.push_back({"limits for the engine", [parent] {
                    // Where the kernel wants a pointer, all of it counts: the lower half of this one is zero.
                    void* const place = mmap(reinterpret_cast<void*>(0x1'0000'0000), 4096, PROT_READ | PROT_WRITE,
                                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
                    if (place == MAP_FAILED) return 0L;
                    *static_cast<std::array<std::uint64_t, 2>*>(place) = {3, 3};
                    const long own = raw(SYS_prlimit64, 0, RLIMIT_NOFILE, address(place), 0);
                    const long others = raw(SYS_prlimit64, parent, RLIMIT_NOFILE, address(place), 0);
                    return std::max(own, others);
                  }});
  list.push_back({"memory that no limit counts", [] {
                    return syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
                  }});
  list.push_back({"a stack that grows beside the limits", [] {
                    return syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);
                  }});
  list.push_back({"be dumpable", [] { return raw(SYS_prctl, 4, 1); }});
  list.push_back({"outlive the engine", [] { return raw(SYS_prctl, 1, 0); }});
  list.push_back({"hear of what is refused",
                  [] { return raw(SYS_rt_sigaction, SIGSYS, address(std::array<char, 64>().data()), 0); }});
  list.push_back({"memory as a file", [] { return raw(SYS_memfd_create, address("a"), 0); }});
  list.push_back({"the kernel's log", [] { return raw(SYS_syslog, 3, 0, 0); }});
  list.push_back({"reboot", [] { return raw(SYS_reboot, 0, 0, 0, 0); }});
  return list;
}

int landlock_here() {
  return static_cast<int>(
      std::max(0L, syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION)));
}

/// The ways that were no way, apart from those that are named.
std::string open_ways(const CageRules& rules) {
  const test::TemporaryFolder outside;
  const std::string secret = outside.write("secret", "a secret").string();
  const std::string folder = outside.path().string();
  const pid_t parent = getpid();
  return in_cage(rules, [&] {
    std::string open;
    int count = 0;
    for (const Way& way : ways(secret, folder, parent)) {
      ++count;
      if (way.go() >= 0) open += std::string(way.name) + "; ";
    }
    return count >= 60 ? open : "only " + std::to_string(count) + " ways";
  });
}

}  // namespace

TEST_CASE("none of sixty ways leads out, whichever version of Landlock there is") {
  for (int version = 1; version <= landlock_here(); ++version) {
    CAPTURE(version);
    CageRules rules;
    rules.most_landlock = version;
    CHECK(open_ways(rules) == "");
  }
}

TEST_CASE("without Landlock the cage is not put on, unless that is allowed: then files can be read, and no more") {
  CageRules rules;
  rules.most_landlock = 0;
  CHECK(open_ways(rules) == "refused: this kernel has no Landlock");
  rules.files_unguarded = true;
  CHECK(open_ways(rules) == "read a file; read a password list; list a folder; its own environment; ");
}

TEST_CASE("what the cage holds is told for each version of Landlock, and without it") {
  const std::string on = "strangers' plugins are kept in a cage: seccomp is on, and Landlock ";
  const auto told = [](int version, const char* unguarded = "") { return described({"", version, unguarded}); };
  CHECK(told(1) == on +
                       "1; Landlock 1 does not know of moving files, cutting files, TCP, devices, signals and abstract "
                       "sockets, which seccomp refuses in its place");
  CHECK(told(3) == on + "3; Landlock 3 does not know of TCP, devices, signals and abstract sockets, which seccomp "
                        "refuses in its place");
  CHECK(told(6) == on + "6");
  CHECK(told(0, "this kernel has no Landlock").find("Landlock is not, because this kernel has no Landlock") !=
        std::string::npos);
  CHECK(described({"this kernel has no filter for system calls (seccomp)", 6, ""}) ==
        "strangers' plugins are not loaded here: this kernel has no filter for system calls (seccomp)");
  for (int version = 0; version <= landlock_here(); ++version) {
    int ends[2] = {};
    REQUIRE(pipe(ends) == 0);
    CageRules rules;
    rules.most_landlock = version;
    rules.files_unguarded = true;
    const pid_t child = fork();
    if (child == 0) {
      if (dup2(ends[1], 3) != 3) _exit(3);
      const CageReport report = put_cage_on(rules);
      _exit(report.refusal.empty() && report.landlock == std::min(version, 6) &&
                    report.unguarded.empty() == (version > 0)
                ? 0
                : 4);
    }
    close(ends[0]);
    close(ends[1]);
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
  }
}

TEST_CASE("what was tried is told in words, once") {
  CHECK(in_cage({}, [] {
          raw(SYS_socket, AF_INET, SOCK_STREAM, 0);
          raw(SYS_execve, 0, 0, 0);
          const std::string first = take_tried();
          return first + "|" + take_tried();
        }) == "open a network connection, start another program|");
}

TEST_CASE("an ordinary program works inside: memory, threads, its own signals, the system's libraries, its folder") {
  const test::TemporaryFolder own;
  own.write("notes", "hello");
  CageRules rules;
  rules.readable = {own.path().string()};
  CHECK(in_cage(rules, [&own] {
          std::string told;
          std::thread([&told] { told += "thread "; }).join();
          std::vector<char> much(std::size_t{64} << 20, 'a');
          told += much.back() == 'a' ? "memory " : "";
          std::ifstream notes(own.path() / "notes");
          std::string text;
          notes >> text;
          told += text + " ";
          told += dlopen("libm.so.6", RTLD_NOW) != nullptr ? "library " : dlerror();
          signal(SIGUSR1, [](int) {});
          told += raise(SIGUSR1) == 0 ? "signal " : "";
          told += take_tried();
          return told;
        }) == "thread memory hello library signal ");
}

TEST_CASE("memory has an end, and what passes it is that program's trouble") {
  CageRules rules;
  rules.data_bytes = std::uint64_t{32} << 20;
  CHECK(in_cage(rules, [] {
          void* much = std::malloc(std::size_t{64} << 20);
          return std::string(much == nullptr ? "refused" : "given");
        }) == "refused");
}

TEST_CASE("a call that nobody knows is answered as by an older kernel, so that a younger C library falls back") {
  CHECK(in_cage({}, [] {
          const long answer = syscall(9999);
          return std::to_string(answer) + " " + (errno == ENOSYS ? "not there" : "something else");
        }) == "-1 not there");
}

TEST_SUITE_END();
