#include "crypto/random.hpp"

#include <sys/random.h>

#include "crypto/base64.hpp"

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

Result<std::string> unguessable_text() {
  constexpr std::size_t enough = 32;
  return encode_base64_url(TRY(random_bytes(enough)));
}

}  // namespace millrace
