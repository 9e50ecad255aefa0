#pragma once

#include "catalog/catalog.hpp"
#include "value/value.hpp"

namespace millrace {

/// One entry of `catalog --json` and /api/v1/catalog: {"name","plugin","kind","effect","scope","method","path",
/// "summary"}; nulls where a thing has none.
Value encode_entry(const Action& action);
Value encode_entry(const Trigger& trigger);

/// {"entries":[...]}: everything, triggers first.
Value encode_catalog(const Catalog& catalog);

/// {"routes":[{"method","path","opened_by","does","query","body","status","answers","refuses"}]}: all that the service
/// answers; nulls where a route has none.
Value encode_routes();

}  // namespace millrace
