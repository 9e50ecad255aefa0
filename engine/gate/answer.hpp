#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "gate/sender.hpp"
#include "gate/shipment.hpp"
#include "secret/secrets.hpp"
#include "value/value.hpp"

namespace millrace {

/// What an action gives for what came back: the output, or an error in words for the person who wrote the workflow,
/// with its cure. Both are free of secrets. `summary` says what a write was to do ("create tag vip").
Result<Value> read_answer(const Shipment& shipment, const Delivery& delivery, const std::string& summary,
                          const Secrets& secrets);

/// How a write ended, for a ledger: its output, or the error after which it may be sent again. Nothing where nobody
/// knows whether it happened, or where it did and its output cannot be told.
std::optional<Result<Value>> settled(const Shipment& shipment, const Delivery& delivery, const Result<Value>& output,
                                     const std::string& summary, const Secrets& secrets);

/// True where a write surely happened.
bool happened(const Shipment& shipment, const Delivery& delivery);

/// True where a write happened, or may have happened. What the far side says it did not do did not.
bool may_have_happened(const Delivery& delivery);

}  // namespace millrace
