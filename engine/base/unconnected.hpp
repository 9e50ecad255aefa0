#pragma once

#include "base/error.hpp"

namespace millrace {

/// One more ErrorCode: nothing was done, because a person has to connect to the far side first. It stands apart so that
/// only those who park, wait and go on need to know of it; to everybody else it is a failure that trying again does not
/// cure. Stored as a number, as they are.
inline constexpr ErrorCode unconnected = static_cast<ErrorCode>(static_cast<int>(ErrorCode::internal) + 1);

}  // namespace millrace
