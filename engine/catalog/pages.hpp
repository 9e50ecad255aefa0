#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/manifest_checks.hpp"
#include "expr/expression.hpp"
#include "value/value.hpp"

namespace millrace {

/// The input of each action that lists by pages: true for the things of all of them.
inline constexpr std::string_view all_pages_input = "all_pages";

/// How a list that comes by pages goes on.
struct Pages {
  std::string list;  ///< where a page's list stands in the output: "results.tags"; empty: it is the output
  std::string id;    ///< what tells things apart that move from page to page; empty: nothing is known to
  /// Over `output` and `asked` (the page's inputs), `link` (where its Link header says the next one is, or null),
  /// `on_page` and `so_far` (how many things were on it, and how many there are until now): a mapping of inputs that
  /// take the place of those asked, or the next page's address, or null behind the last one. A mapping in which
  /// something is null or empty is none.
  Expression next;
  /// Over `output` and `asked` of the first page: how many things all pages have together. What is no number, or not
  /// said, promises nothing.
  std::optional<Expression> total = std::nullopt;
};

/// A request's `pages`, which has the right shape; null where its expression cannot be read, which is noted.
std::shared_ptr<const Pages> decode_pages(const Value& written, const std::string& here,
                                          std::vector<ManifestProblem>& problems);

/// What is wrong with the pages of `action`, at `here`.
void check_pages(const Action& action, const std::string& here, std::vector<ManifestProblem>& problems);

/// The input's schema as users meet it: closed unless it says otherwise, with the location that the run gives where
/// the plugin's things belong to some, and with `all_pages` where it lists by pages.
Value grown_input(const Value& action, bool located);

/// Whether all pages are asked for. Where that is not known, nothing is known of what will be asked.
bool asks_all_pages(const Action& action, const Value& input);

}  // namespace millrace
