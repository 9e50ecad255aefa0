#include "cage/filter.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "cage/cage.hpp"

namespace millrace {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
#error "the cage knows the system calls of x86-64 and of 64-bit ARM"
#endif

/// Ways out, each with its words. The number goes through the kernel to the handler and becomes a bit.
enum Way : std::uint16_t { network, program, process, file, kernel, view };
constexpr std::array words = {"open a network connection",
                              "start another program",
                              "reach another process",
                              "write or make a file",
                              "use a kernel interface that it has no right to",
                              "change how it sees the system"};

std::atomic<std::uint32_t> tried = 0;

// What programs do with themselves; the most frequent first.
constexpr long allowed[] = {
    SYS_read,
    SYS_write,
    SYS_futex,
    SYS_clock_gettime,
    SYS_munmap,
    SYS_mprotect,
    SYS_madvise,
    SYS_brk,
    SYS_mremap,
    SYS_close,
    SYS_fstat,
    SYS_newfstatat,
    SYS_lseek,
    SYS_pread64,
    SYS_readv,
    SYS_writev,
    SYS_getdents64,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigtimedwait,
    SYS_rt_sigpending,
    SYS_rt_sigsuspend,
    SYS_sigaltstack,
    SYS_nanosleep,
    SYS_clock_nanosleep,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_getrandom,
    SYS_getpid,
    SYS_gettid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_getcpu,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_membarrier,
    SYS_exit,
    SYS_exit_group,
    SYS_restart_syscall,
    SYS_uname,
    SYS_sysinfo,
    SYS_getrusage,
    SYS_times,
    SYS_ppoll,
    SYS_pselect6,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_eventfd2,
    SYS_pipe2,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
#if defined(__x86_64__)
    SYS_poll,
    SYS_select,
    SYS_epoll_wait,
    SYS_time,
    SYS_arch_prctl,
    SYS_access,
    SYS_stat,
    SYS_lstat,
#endif
    SYS_faccessat,
};

struct Out {
  long call;
  Way way;
};
constexpr Out out[] = {
    {SYS_socket, network},
    {SYS_socketpair, network},
    {SYS_connect, network},
    {SYS_bind, network},
    {SYS_listen, network},
    {SYS_accept, network},
    {SYS_accept4, network},
    {SYS_sendto, network},
    {SYS_sendmsg, network},
    {SYS_sendmmsg, network},
    {SYS_recvfrom, network},
    {SYS_recvmsg, network},
    {SYS_execve, program},
    {SYS_execveat, program},
    {SYS_ptrace, process},
    {SYS_process_vm_readv, process},
    {SYS_process_vm_writev, process},
    {SYS_tkill, process},
    {SYS_rt_sigqueueinfo, process},
    {SYS_rt_tgsigqueueinfo, process},
    {SYS_pidfd_open, process},
    {SYS_pidfd_getfd, process},
    {SYS_pidfd_send_signal, process},
    {SYS_kcmp, process},
    {SYS_shmget, process},
    {SYS_msgget, process},
    {SYS_semget, process},
    {SYS_mq_open, process},
    {SYS_truncate, file},
    {SYS_ftruncate, file},
    {SYS_mkdirat, file},
    {SYS_unlinkat, file},
    {SYS_renameat2, file},
    {SYS_linkat, file},
    {SYS_symlinkat, file},
    {SYS_mknodat, file},
    {SYS_fchmodat, file},
    {SYS_fchownat, file},
    {SYS_fchmod, file},
    {SYS_fchown, file},
    {SYS_memfd_create, file},
    {SYS_utimensat, file},
    {SYS_setxattr, file},
    {SYS_open_by_handle_at, file},
    {SYS_name_to_handle_at, file},
    {SYS_io_uring_setup, kernel},
    {SYS_io_uring_enter, kernel},
    {SYS_io_uring_register, kernel},
    {SYS_bpf, kernel},
    {SYS_perf_event_open, kernel},
    {SYS_userfaultfd, kernel},
    {SYS_keyctl, kernel},
    {SYS_add_key, kernel},
    {SYS_request_key, kernel},
    {SYS_init_module, kernel},
    {SYS_finit_module, kernel},
    {SYS_kexec_load, kernel},
    {SYS_reboot, kernel},
    {SYS_syslog, kernel},
    {SYS_seccomp, kernel},
    {SYS_mount, view},
    {SYS_umount2, view},
    {SYS_pivot_root, view},
    {SYS_chroot, view},
    {SYS_chdir, view},
    {SYS_fchdir, view},
    {SYS_unshare, view},
    {SYS_setns, view},
    {SYS_setuid, view},
    {SYS_setgid, view},
    {SYS_setresuid, view},
    {SYS_setresgid, view},
    {SYS_capset, view},
    {SYS_setrlimit, view},
    {SYS_personality, view},
    {SYS_open_tree, view},
    {SYS_move_mount, view},
    {SYS_fsopen, view},
#if defined(__x86_64__)
    {SYS_fork, program},
    {SYS_vfork, program},
    {SYS_creat, file},
    {SYS_mkdir, file},
    {SYS_rmdir, file},
    {SYS_unlink, file},
    {SYS_rename, file},
    {SYS_renameat, file},
    {SYS_link, file},
    {SYS_symlink, file},
    {SYS_mknod, file},
    {SYS_chmod, file},
    {SYS_chown, file},
    {SYS_lchown, file},
    {SYS_utime, file},
    {SYS_utimes, file},
#endif
};

constexpr auto offset_of_argument(int number) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                    sizeof(std::uint64_t) * static_cast<unsigned>(number));
}
constexpr std::uint32_t refuse(int error) { return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error); }
constexpr std::uint32_t trap(Way way) { return SECCOMP_RET_TRAP | way; }

/// Rules one after the other; each leaves the number of the call where the next one looks at it.
class Rules {
 public:
  Rules() {
    load(offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
    give(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
    add(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);  // the other ABI of x86-64
    give(refuse(ENOSYS));
  }
  void rule(long call, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
    give(verdict);
  }
  /// Allowed where the argument's bits under `mask` are `wanted`.
  void rule(long call, int argument, std::uint32_t mask, std::uint32_t wanted, std::uint32_t otherwise) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 5);
    load(offset_of_argument(argument));
    add(BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, wanted, 0, 1);
    give(SECCOMP_RET_ALLOW);
    give(otherwise);
  }
  /// Allowed where the argument is a null pointer: the rule above looks at the lower half of it alone, which is all
  /// that the kernel takes of a number.
  void rule_of_null(long call, int argument, std::uint32_t otherwise) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 6);
    load(offset_of_argument(argument));
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
    load(offset_of_argument(argument) + sizeof(std::uint32_t));
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
    give(SECCOMP_RET_ALLOW);
    give(otherwise);
  }
  /// Allowed unless the argument's bits under `mask` are `refused`.
  void except(long call, int argument, std::uint32_t mask, std::uint32_t refused, std::uint32_t verdict) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 5);
    load(offset_of_argument(argument));
    add(BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, refused, 0, 1);
    give(verdict);
    give(SECCOMP_RET_ALLOW);
  }
  /// Allowed unless all bits of one of the masks are there.
  void except_bits(long call, int argument, std::initializer_list<std::uint32_t> masks, std::uint32_t verdict) {
    constexpr std::size_t length = 4;  // of what is done for a mask
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0,
        static_cast<std::uint8_t>(masks.size() * length + 1));
    for (const std::uint32_t mask : masks) {
      load(offset_of_argument(argument));
      add(BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
      add(BPF_JMP | BPF_JEQ | BPF_K, mask, 0, 1);
      give(verdict);
    }
    give(SECCOMP_RET_ALLOW);
  }
  void give(std::uint32_t verdict) { add(BPF_RET | BPF_K, verdict, 0, 0); }
  sock_fprog program() { return {static_cast<unsigned short>(code_.size()), code_.data()}; }

 private:
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset), 0, 0); }
  void add(int code, std::uint32_t value, std::uint8_t if_so, std::uint8_t if_not) {
    code_.push_back({static_cast<std::uint16_t>(code), if_so, if_not, value});
  }
  std::vector<sock_filter> code_;
};

/// Calls that are allowed with some arguments.
void add_conditions(Rules& rules) {
  constexpr std::uint32_t everything = 0xffffffff;
  constexpr std::uint32_t writing = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
  constexpr std::uint32_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                   CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE | CLONE_PARENT;
  const auto self = static_cast<std::uint32_t>(getpid());
  rules.rule(SYS_openat, 2, writing, O_RDONLY, trap(file));
#if defined(__x86_64__)
  rules.rule(SYS_open, 1, writing, O_RDONLY, trap(file));
#endif
  rules.rule(SYS_clone, 0, CLONE_THREAD | CLONE_VM | spaces, CLONE_THREAD | CLONE_VM, trap(program));
  rules.rule(SYS_kill, 0, everything, self, trap(process));
  rules.rule(SYS_tgkill, 0, everything, self, trap(process));
  rules.rule(SYS_prctl, 0, everything, PR_SET_NAME, refuse(EINVAL));
  rules.rule(SYS_fcntl, 1, ~std::uint32_t{F_GETFL}, 0, refuse(EPERM));   // up to F_GETFL; whom it signals comes later
  rules.except(SYS_rt_sigaction, 0, everything, SIGSYS, refuse(EPERM));  // which tells us what is tried
  rules.rule_of_null(SYS_prlimit64, 2, trap(view));  // the new limit: asking is allowed, setting is not
  // Memory to share and stacks that grow count as no data, so that no limit would reach them.
  rules.except_bits(SYS_mmap, 3, {MAP_SHARED | MAP_ANONYMOUS, MAP_GROWSDOWN}, refuse(ENOMEM));
}

void remember(int, siginfo_t* about, void* context) {
  tried.fetch_or(1u << (static_cast<unsigned>(about->si_errno) & 31u), std::memory_order_relaxed);
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  registers.gregs[REG_RAX] = -EPERM;
#else
  registers.regs[0] = static_cast<unsigned long long>(-EPERM);
#endif
}

}  // namespace

std::string filter_calls() {
  struct sigaction handler = {};
  handler.sa_sigaction = remember;
  handler.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
  sigaction(SIGSYS, &handler, nullptr);
  Rules rules;
  for (const long call : allowed) rules.rule(call, SECCOMP_RET_ALLOW);
  add_conditions(rules);
  for (const auto& [call, way] : out) rules.rule(call, trap(way));
  rules.give(refuse(ENOSYS));
  const sock_fprog program = rules.program();
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0) return {};
  const int error = errno;
  if (error == ENOSYS || error == EINVAL) return "this kernel has no filter for system calls (seccomp)";
  if (error == EPERM) return "the service manager forbids the filter for system calls: its own has to allow seccomp";
  return std::string("the filter for system calls does not work: ") + std::strerror(error);
}

std::string take_tried() {
  const std::uint32_t bits = tried.exchange(0, std::memory_order_relaxed);
  std::string told;
  for (std::size_t way = 0; way < words.size(); ++way) {
    if ((bits & 1u << way) != 0) told += (told.empty() ? "" : ", ") + std::string(words[way]);
  }
  return told;
}

}  // namespace millrace
