#include "crypto/random.hpp"

#include <sys/random.h>

namespace millrace {

Result<std::string> random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t more = getrandom(bytes.data() + filled, count - filled, 0);
    if (more <= 0) return Error{ErrorCode::unavailable, "the system gives no random numbers"};
    filled += static_cast<std::size_t>(more);
  }
  return bytes;
}

}  // namespace millrace
