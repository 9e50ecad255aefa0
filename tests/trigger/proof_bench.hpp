#pragma once

#include <string>

#include "trigger/trigger_bench.hpp"
#include "trigger/verification.hpp"

namespace millrace::test {

inline const Timestamp& present() {
  static const Timestamp time = time_of("2026-09-01T10:00:05Z");
  return time;
}

inline Verifier verifier(const std::string& verify) {
  const auto read = verifier_of(trigger_of("{webhook: a, verify: " + verify + "}"));
  REQUIRE(read);
  return *read;
}

/// "accepted" with the id, or the code and the reason.
inline std::string outcome(const Verifier& verifier, const IncomingRequest& request, Secrets& secrets) {
  const auto verified = verify(verifier, request, secrets, present());
  if (verified) return "accepted " + verified->id;
  return std::string(name_of(verified.error().code)) + ": " + verified.error().message;
}

}  // namespace millrace::test
