#pragma once

#include <optional>
#include <string>

#include "base/duration.hpp"

namespace millrace {

/// Tells systemd how the service does, where systemd started it; otherwise it says nothing to nobody.
class Notifier {
 public:
  Notifier();
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Lines such as "READY=1" or "STATUS=3 running".
  void say(const std::string& lines) const;
  /// A reload has begun: systemd wants to know since when.
  void say_reloading() const;
  /// How often "WATCHDOG=1" must be said at least; nothing: never.
  std::optional<Duration> watchdog() const noexcept { return watchdog_; }

 private:
  int socket_ = -1;
  std::string address_;
  std::optional<Duration> watchdog_;
};

/// The listening socket that systemd handed over; nothing: there is none.
std::optional<int> handed_over_socket();

}  // namespace millrace
