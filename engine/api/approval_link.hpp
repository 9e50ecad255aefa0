#pragma once

#include <string>
#include <string_view>

#include "journal/keys.hpp"

namespace millrace {

/// The key that lets whoever has it see and answer what one run asks: 128 bits in hex, made from the run and the
/// project's token, so it holds over restarts and until the token is another.
std::string approval_key(std::string_view token, RunKey run);

/// Whether `given` is that key, in a time that tells nothing about it. Without a token no key is right.
bool is_approval_key(std::string_view given, std::string_view token, RunKey run);

/// What the addresses are made of at which people answer what runs ask.
struct ApprovalLinks {
  std::string url;    ///< of the service as people reach it: "http://127.0.0.1:8710"
  std::string token;  ///< of the project

  /// "http://127.0.0.1:8710/approve/r06f8w3k2q1m9s?key=..."; empty where the address or the token is not known.
  std::string to(RunKey run) const;
};

}  // namespace millrace
