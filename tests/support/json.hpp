#pragma once

#include <string>

#include "value/json.hpp"

namespace millrace::test {

/// The value that a test writes as JSON. REQUIRES: it is JSON.
inline Value json(const std::string& text) { return *parse_marked_json(text); }

}  // namespace millrace::test
