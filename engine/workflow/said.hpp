#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/url.hpp"
#include "catalog/catalog.hpp"
#include "expr/template.hpp"

namespace millrace {

/// What a step's `with` says of an input before any run.
struct SaidText {
  bool given = false;  ///< the input is there
  bool whole = false;  ///< and is this text; else the text is its beginning, as far as it is known
  std::string text = {};

  /// Of an address: the host to which it leads is known.
  bool names_host() const noexcept { return is_absolute_url(text) && (whole || !rest_of(text).empty()); }
  bool is(std::string_view wanted) const { return whole && text == wanted; }
  bool may_be(std::string_view wanted) const { return is(wanted) || (given && !whole && wanted.starts_with(text)); }
};

SaidText said_text(const Template& with, const std::string& input);

/// The input that names the output file which the action writes, itself or with what it reads; empty where it writes
/// none.
std::string written_file_input(const Action& action);

/// What of an action's inputs is known before any run; the others that the step gives are unknown.
Value known_input(const Template& with, const Action& action);

/// Whether the manifest says which of the action's inputs name the files of the project that it reads
/// ("x-project-file").
bool names_its_files(const Action& action);
/// What the step says of those that it gives, but for what is no file's name.
std::vector<SaidText> said_files(const Template& with, const Action& action);

}  // namespace millrace
