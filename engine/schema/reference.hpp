#pragma once

#include <string>
#include <string_view>

#include "value/value.hpp"

namespace millrace {

/// What a local reference such as "#/definitions/step" points to in `root`; nullptr where nothing is there, or where
/// the reference leaves the document.
const Value* referred(const Value& root, std::string_view reference);

/// `here`, or what its `$ref` leads to in the end; nullptr where a reference leads nowhere or in a circle.
const Value* followed(const Value& root, const Value& here);

/// `key` as one more step of a JSON pointer: "/a~1b".
std::string pointer_step(std::string_view key);

/// The key that a step stands for, without the slash before it: "a/b" of "a~1b".
std::string pointer_key(std::string_view step);

}  // namespace millrace
