#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace millrace {

/// A descriptor that is held for the moment in which there are no others: let go, it makes room for one connection,
/// which can be told so.
class SpareDescriptor {
 public:
  SpareDescriptor() { take_back(); }
  ~SpareDescriptor() { let_go(); }
  SpareDescriptor(const SpareDescriptor&) = delete;
  SpareDescriptor& operator=(const SpareDescriptor&) = delete;

  /// False where it is not there.
  bool let_go() noexcept {
    const bool held = number_ >= 0;
    if (held) ::close(number_);
    number_ = -1;
    return held;
  }
  void take_back() noexcept {
    if (number_ < 0) number_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }

 private:
  int number_ = -1;
};

}  // namespace millrace
