#pragma once

#include <optional>

#include "openapi/operation.hpp"
#include "openapi/overlay.hpp"

namespace millrace {

/// What is known of an operation that lists, when its request is written.
struct Listing {
  const Operation& operation;
  Spot answer;         ///< the one schema of its answers
  bool link = false;   ///< its answers have a Link header
  const Map& request;  ///< as a manifest has it
  const Value& input;  ///< the same: the schema of its inputs
};

/// How its pages go on (a manifest's `pages`), by what says it, in this order: the overlay, an extension of the
/// operation (x-ms-pageable, x-speakeasy-pagination, x-fern-pagination), the answer's Link header, what the answer
/// tells (the next page's address or cursor) and the parameters that take it, a page's number or an offset among the
/// parameters. Nothing where none of them does; what is said and cannot be used is told.
std::optional<Map> find_pages(Documents& documents, const Listing& listing, const Said& said);

}  // namespace millrace
