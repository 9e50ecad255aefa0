#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "workflow/account.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// One thing in which two texts of a workflow do not mean the same.
struct Difference {
  enum class Kind : std::uint8_t {
    wider,     ///< it may do more: what a person should look at
    narrower,  ///< it may do less
    added,     ///< something is new
    removed,   ///< something is gone
    changed,   ///< something is said otherwise
    moved,     ///< a step stands elsewhere
  };
  Kind kind = Kind::changed;
  std::string text;
  SourceMark at = {};  ///< in the newer text, or in the older where it is gone; line 0: nowhere
};

std::string_view name_of(Difference::Kind kind) noexcept;

/// What `now` does otherwise than `before`: first what it may do more, then what less, then the rest in the order of
/// the file. How the files are laid out, their comments and the order of their keys do not count; expressions are
/// compared as trees. Steps belong together by their ids, else by what they do. Empty: nothing changed in meaning.
/// Pure.
std::vector<Difference> compare(const Account& before, const Account& now, const Catalog& catalog,
                                const Project& project);

/// As programs see them: [{"kind","text","file","line"}], nulls where something stands nowhere.
Value encode_differences(const std::vector<Difference>& differences);

/// In one line: the most important ones and how many more there are; "nothing changed in meaning" where there are none.
std::string in_short(const std::vector<Difference>& differences);

}  // namespace millrace
