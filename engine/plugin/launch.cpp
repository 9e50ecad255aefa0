#include "plugin/launch.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "abi/frames.hpp"

namespace millrace {
namespace {

/// Above those that the program gets, so that putting one in its place overwrites none of the others.
constexpr int out_of_the_way = 16;

Error not_started(const std::string& what, int error) {
  return {.code = ErrorCode::unavailable, .message = "it cannot be started: " + what + ": " + std::strerror(error)};
}

/// What becomes of descriptors on the way to the program.
class Actions {
 public:
  Actions() { posix_spawn_file_actions_init(&actions_); }
  ~Actions() {
    posix_spawn_file_actions_destroy(&actions_);
    for (const int copy : copies_) ::close(copy);
  }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;

  bool give(int descriptor, int as) {
    const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, out_of_the_way);
    if (copy < 0) return false;
    copies_.push_back(copy);
    return posix_spawn_file_actions_adddup2(&actions_, copy, as) == 0;
  }
  bool close_others(int from) { return posix_spawn_file_actions_addclosefrom_np(&actions_, from) == 0; }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
  std::vector<int> copies_;
};

int spawn(const Launch& order, int socket, pid_t& process) {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return errno;
  Actions actions;
  bool ready = true;
  for (const int standard : {0, 1, 2}) ready = ready && actions.give(nothing, standard);
  ready = ready && actions.give(socket, frames::socket_descriptor) &&
          actions.give(order.library, frames::library_descriptor) &&
          actions.close_others(frames::library_descriptor + 1);
  ::close(nothing);
  if (!ready) return errno;
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  // A group of its own: Ctrl-C is for the engine, which ends its plugins when it does.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::array<std::string, 7> words = {order.program.string(),
                                      order.name,
                                      std::filesystem::absolute(order.folder).string(),
                                      std::to_string(getpid()),
                                      std::to_string(order.data_bytes),
                                      order.files_unguarded ? "1" : "0",
                                      std::to_string(order.most_landlock)};
  std::array<char*, 8> arguments = {};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  char* no_environment[] = {nullptr};
  const int failed =
      posix_spawn(&process, order.program.c_str(), actions.get(), &attributes, arguments.data(), no_environment);
  posix_spawnattr_destroy(&attributes);
  return failed;
}

}  // namespace

std::filesystem::path program_beside_this() {
  std::error_code failed;
  return std::filesystem::read_symlink("/proc/self/exe", failed).parent_path() / "millrace-plugin";
}

Result<Launched> launch(const Launch& order) {
  std::array<int, 2> ends = {};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return not_started("no socket", errno);
  Launched launched;
  launched.socket = ends[0];
  const int failed = spawn(order, ends[1], launched.process);
  ::close(ends[1]);
  if (failed == 0) return launched;
  ::close(ends[0]);
  return not_started(order.program.string(), failed);
}

std::string reap(pid_t process) {
  ::kill(process, SIGKILL);  // where it dies already, that stays its reason
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return "ended by itself (" + std::to_string(WEXITSTATUS(status)) + ")";
  if (WTERMSIG(status) == SIGKILL) return {};
  return "crashed (signal " + std::to_string(WTERMSIG(status)) + ")";
}

}  // namespace millrace
