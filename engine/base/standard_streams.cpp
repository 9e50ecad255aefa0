#include "base/standard_streams.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace millrace {

namespace {

constexpr int killed_by_pipe = 128 + SIGPIPE;

/// True where stdout is a pipe or connection that nobody reads any more.
bool nobody_reads() noexcept {
  pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

void secure_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest number that is free is the one that is closed. Writing to what can only be read fails and is told.
    if (::fcntl(stream, F_GETFD) < 0 && errno == EBADF)
      (void)::open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY);
  }
  std::signal(SIGPIPE, SIG_IGN);
}

std::string unwritten_output() {
  errno = 0;
  const bool failed_now = std::fflush(stdout) != 0;
  const int reason = errno;
  if ((!failed_now && std::ferror(stdout) == 0) || reason == EPIPE || nobody_reads()) return "";
  if (failed_now) return std::strerror(reason);
  // Why an earlier part was refused is not remembered: a line end more does no harm to what is broken anyway.
  return ::write(STDOUT_FILENO, "\n", 1) == 1 ? "an earlier part of it was refused" : std::strerror(errno);
}

int code_after_output(int code) {
  const std::string why = unwritten_output();
  if (!why.empty()) std::fprintf(stderr, "error: the output could not be written: %s\n", why.c_str());
  if (code != 0 || std::ferror(stdout) == 0) return code;
  return why.empty() ? killed_by_pipe : 1;
}

}  // namespace millrace
