#pragma once

#include <optional>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "value/value.hpp"

namespace millrace {

/// The action's probe; nothing where it has none, or where this input has nothing that the probe could be asked with.
const Probe* probe_for(const Action& action, const Value& input);

/// What the probe is asked with, of the write's `input`.
Value question_of(const Probe& probe, const Value& input);

/// What a probe's `answer` has that the write with this `input` can have made. `unsure`, as below, where it cannot be
/// searched. `since`: the write was not made before that; what is older is none of its.
Result<Value::List> found_by(const Probe& probe, const Value& input, const Result<Value>& answer, Timestamp since);

/// What a probe's `answer` tells about the write with this `input`: the write's output where it happened, nothing where
/// it did not. `unsure`, with a sentence for a person, where the answer does not tell: asking failed, the answer cannot
/// be searched, or several things in it can be what the write made.
Result<std::optional<Value>> told_by(const Probe& probe, const Value& input, const Result<Value>& answer,
                                     Timestamp since);

}  // namespace millrace
