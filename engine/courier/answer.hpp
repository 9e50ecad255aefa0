#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// What came of a shipment. All of it is free of secrets.
struct Answer {
  /// What its action gives: the output, or an error in words for the person who wrote the workflow, with its cure.
  Result<Value> output;
  /// How a write ended, for a ledger: its output, or the error after which it may be sent again. Nothing where nobody
  /// knows whether it happened, or where it did and its output cannot be told.
  std::optional<Result<Value>> settled = {};
  bool left = false;               ///< at least one attempt reached the far side, or may have
  bool happened = false;           ///< the write surely did
  bool refused_openly = false;     ///< the far side refused it, and is known to do such things all the same
  std::int64_t further = 0;        ///< pages behind the first that were asked for, too
  bool may_have_happened = false;  ///< it did, or may have: what the far side says it did not do did not
};

}  // namespace millrace
