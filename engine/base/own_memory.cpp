#include "base/own_memory.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace millrace {

void keep_memory_private() noexcept {
  const rlimit none = {0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which look at the process from a second one
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace millrace
