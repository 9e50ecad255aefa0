#include "base/own_memory.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/sanitized.hpp"

namespace millrace {

void keep_memory_private() noexcept {
  const rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  if constexpr (!sanitized) ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace millrace
