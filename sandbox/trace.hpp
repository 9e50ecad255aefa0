#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "value/value.hpp"

namespace millrace::sandbox {

/// A number that looks random and is the same for the same text everywhere.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed = 0) noexcept;

/// What an answer names itself by, in the form of a UUID: always the same for the same request.
std::string trace_id(const Value& request);

}  // namespace millrace::sandbox
