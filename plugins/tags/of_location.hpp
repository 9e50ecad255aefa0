#pragma once

#include <string>

#include "../support/job.hpp"

namespace millrace::tags {

/// Throws where a thing in the answer of `action` says that it belongs to another location: who carries what here
/// cannot be told from what is there.
inline void must_be_of(const std::string& location, const job::Json& thing, const char* action, const char* things) {
  const std::string other = job::text_of(thing, "locationId");
  if (other.empty() || other == location) return;
  throw job::Failure{"unavailable", std::string(action) + " was asked for the " + things + " of location " + location +
                                        " and gave some of location " + other +
                                        ", so nothing can be told from them; try again later, and where it stays so, "
                                        "look which location the connection's token is of"};
}

}  // namespace millrace::tags
