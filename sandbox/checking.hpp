#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/schema.hpp"
#include "value/value.hpp"

namespace millrace::sandbox {

/// A schema that stands in our own source; a malformed one is our own mistake and ends the program.
std::shared_ptr<const Schema> schema_of(std::string_view json);

/// Everything wrong with `value`, each with its place: "tagIds/0: expected text, found a number".
std::vector<std::string> problems_of(const Schema& schema, const Value& value);

/// A number that its schema calls an integer: JSON may write it as 7 or as 7.0.
std::int64_t whole_number(const Value& value);

/// The problems in one line.
std::string listed(const std::vector<std::string>& problems);

}  // namespace millrace::sandbox
