#pragma once

namespace millrace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MILLRACE_SANITIZED  // Clang's way to say it
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MILLRACE_SANITIZED  // GCC's
#endif

/// This is compiled with a sanitizer, which needs far more memory than a program has, and looks at the process from a
/// second one.
#if defined(MILLRACE_SANITIZED)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace millrace
