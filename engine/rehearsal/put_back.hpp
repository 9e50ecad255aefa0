#pragma once

#include <string>

#include "catalog/catalog.hpp"
#include "rehearsal/made_changes.hpp"
#include "value/value.hpp"

namespace millrace {

/// Why what a change took away is not known, in words.
std::string why_not_known(const MadeChange& change, const Error& why);

/// What of the thing does not come to be as it was before, where `back` gets `input`, in words; empty for nothing. A
/// manifest that says itself what is lost has said it.
std::string not_put_back(const MadeChange& change, const Action& back, const Value& input);

/// Whether an update would change nothing, because nothing is known that it could put back.
bool puts_nothing_back(const Action& back, const Value& input);

}  // namespace millrace
