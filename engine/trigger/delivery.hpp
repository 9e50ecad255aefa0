#pragma once

#include <string>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "http/http_server.hpp"
#include "trigger/verification.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// The path below /hooks/ on which a webhook or a plugin's webhook trigger listens; `secret_path` not included.
std::string hook_path(const Workflow& workflow, const TriggerSpec& trigger);

/// The body of a delivery as the trigger's definition reads it: JSON, whatever Content-Type says; a form only where the
/// trigger's settings say so. Limits of the border hold; errors are `invalid` and name the place in the body.
Result<Value> read_delivery(const TriggerSpec& trigger, const IncomingRequest& request);

/// What expressions see under `event`: of a plain webhook the body itself, of a plugin's trigger what its manifest's
/// `map` makes of it.
Result<Value> event_of_delivery(const TriggerSpec& trigger, const Catalog& catalog, const Value& body);

/// The id under which duplicates are recognised: by `dedupe` where it is given (an expression over `event`, `body`: a
/// hash of it, `none`), else the verifier's, else empty.
Result<std::string> dedupe_id(const TriggerSpec& trigger, const Verified& verified, const IncomingRequest& request,
                              const Value& event);

}  // namespace millrace
