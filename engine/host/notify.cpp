#include "host/notify.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

namespace millrace {

namespace {

std::string variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

std::optional<std::int64_t> number_in(const std::string& text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A variable meant for a process that is not this one was inherited by accident.
bool meant_for_us(const char* pid_variable) {
  const auto pid = number_in(variable(pid_variable));
  return !pid || *pid == getpid();
}

}  // namespace

Notifier::Notifier() : address_(variable("NOTIFY_SOCKET")) {
  const auto microseconds = number_in(variable("WATCHDOG_USEC"));
  if (microseconds && *microseconds > 0 && meant_for_us("WATCHDOG_PID"))
    watchdog_ = std::chrono::microseconds(*microseconds);
  if (address_.empty() || address_.size() >= sizeof(sockaddr_un::sun_path)) return;
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

Notifier::~Notifier() {
  if (socket_ >= 0) ::close(socket_);
}

void Notifier::say(const std::string& lines) const {
  if (socket_ < 0) return;
  sockaddr_un to = {};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // a name that is no file
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  // Nobody listens: nothing to be done about it, and nothing depends on it.
  [[maybe_unused]] const ssize_t sent =
      ::sendto(socket_, lines.data(), lines.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size);
}

void Notifier::say_reloading() const {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  say("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

std::optional<int> handed_over_socket() {
  constexpr int first = 3;  // systemd's protocol: descriptors begin behind stderr
  const auto count = number_in(variable("LISTEN_FDS"));
  const bool ours = count && *count >= 1 && !variable("LISTEN_PID").empty() && meant_for_us("LISTEN_PID");
  ::unsetenv("LISTEN_PID");
  ::unsetenv("LISTEN_FDS");
  ::unsetenv("LISTEN_FDNAMES");
  if (!ours) return std::nullopt;
  ::fcntl(first, F_SETFD, FD_CLOEXEC);
  return first;
}

}  // namespace millrace
