#pragma once

#include <string>
#include <string_view>

#include "expr/template.hpp"

namespace millrace {

/// What a step's `with` says of an input before any run.
struct SaidText {
  bool given = false;  ///< the input is there
  bool whole = false;  ///< and is this text; else the text is its beginning, as far as it is known
  std::string text = {};

  bool is(std::string_view wanted) const { return whole && text == wanted; }
  bool may_be(std::string_view wanted) const { return is(wanted) || (given && !whole && wanted.starts_with(text)); }
};

SaidText said_text(const Template& with, const std::string& input);

}  // namespace millrace
