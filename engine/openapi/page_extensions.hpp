#pragma once

#include <optional>
#include <string>
#include <vector>

#include "openapi/documents.hpp"

namespace millrace {

/// What an extension of the document says of an operation's pages, each by the API's own names; empty for nothing.
struct SaidPages {
  std::vector<std::string> list;     ///< where the page's list stands in the answer
  std::vector<std::string> address;  ///< where the next page's address does
  std::vector<std::string> cursor;   ///< or what asks for it
  std::string cursor_parameter, page_parameter, offset_parameter;

  bool any() const {
    return !address.empty() || (!cursor.empty() && !cursor_parameter.empty()) || !page_parameter.empty() ||
           !offset_parameter.empty();
  }
};

/// Reads x-ms-pageable, x-speakeasy-pagination and x-fern-pagination. One that cannot be used is told.
std::optional<SaidPages> read_page_extension(Documents& documents, const Spot& operation);

}  // namespace millrace
