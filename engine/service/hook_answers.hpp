#pragma once

#include "base/error.hpp"
#include "http/http_server.hpp"
#include "journal/journal.hpp"
#include "service/endings.hpp"
#include "trigger/packed_body.hpp"
#include "value/value.hpp"

namespace millrace {

// What senders of deliveries hear.

/// A sender hears that it is not known (401), that what it sent cannot be read, or to come back: whatever else fails
/// here is ours to mend.
Refusal refusal_of(const Error& error);

/// {"event":"...","runs":["..."]}, with "dry_run":true where it is one.
OutgoingResponse receipt(const Committed& committed, bool dry_run);

/// What a sender hears that checks the address, as it wants to hear it: text bare, everything else as JSON. A browser
/// shall not take what somebody put into an address for a page.
OutgoingResponse to_check(const Value& challenge);

/// What a sender hears of the run it waited for. One that was left out, by a pause for example, has no output, and one
/// that went through the motions may have one that nobody knows.
OutgoingResponse told(RunKey run, const RunEnd& end, const Committed& committed, bool dry_run);

}  // namespace millrace
