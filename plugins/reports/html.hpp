#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "table.hpp"

namespace millrace::reports {

/// What stands above the table.
struct Heading {
  std::string title;
  std::vector<std::string> details;  ///< when it was made, for which location, ...
  std::string_view summary;          ///< the JSON of an object of figures; empty for none
};

/// One page that needs nothing but itself: no script, no outside assets, readable in light and dark and on paper.
std::string html(std::string_view rows, Columns columns, const Heading& heading, const LocalTimes& times,
                 TableNotes& notes);

}  // namespace millrace::reports
