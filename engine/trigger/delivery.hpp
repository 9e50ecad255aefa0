#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "http/http_server.hpp"
#include "trigger/verification.hpp"
#include "value/value.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// Why the body is surely none of the kind that the trigger reads (`parse`), although it could be read as one: a form
/// reads everything. Empty where it may be.
std::string why_wrong_kind(const TriggerSpec& trigger, const IncomingRequest& request);

/// The body of a delivery as the trigger's definition reads it (`parse`), whatever Content-Type says: JSON unless said,
/// a form, a form with files, text or bytes. Limits of the border hold; errors are `invalid` and name the place in the
/// body. REQUIRES: why_wrong_kind says nothing.
Result<Value> read_delivery(const TriggerSpec& trigger, const IncomingRequest& request);

/// What a trigger makes of a delivery.
struct Received {
  Value event;           ///< as expressions see it; where it starts nothing: what is kept of it
  std::string left_out;  ///< why it starts nothing; empty where it may
  bool faulty = false;   ///< it starts nothing because it lacks what the trigger's events must have
};

/// Of a plain webhook the event is the body itself. Of a plugin's trigger, the manifest says which deliveries are its
/// own (`accepts`), makes the event (`map`) and says what it must have (`event`). Unknown is not empty: what does not
/// fit starts nothing.
Result<Received> receive(const TriggerSpec& trigger, const Catalog& catalog, const Value& body);

/// What is kept of a body that starts nothing, with the reason.
Received left_out(const Value& body, std::string why, bool faulty);

/// Why a delivery that the store has as this event started nothing; empty where it could.
std::string left_out_because(const Value& event);

/// The id under which duplicates are recognised: by `dedupe` where it is given (an expression over `event` and
/// `delivery`, `body`: a hash of it, `none`), else the verifier's, else empty. An expression that gives null or a blank
/// leaves it to the verifier's, else to the hash of the body.
Result<std::string> dedupe_id(const TriggerSpec& trigger, const Verified& verified, const IncomingRequest& request,
                              const Value& event, const Value& delivery = {});

/// The body as nothing of it is lost in reading, where something is and `dedupe` may ask for it: a number beyond what
/// can be kept is its digits, for example.
std::optional<Value> read_whole(const TriggerSpec& trigger, const IncomingRequest& request);
/// As dedupe_id, of such a body: what was lost may be what tells one delivery from another. Where `dedupe` cannot be
/// asked so, only the same bytes are the same delivery.
std::string whole_id(const TriggerSpec& trigger, const Catalog& catalog, const Verified& verified,
                     const IncomingRequest& request, const Value& whole, const Value& delivery);

/// What the trigger's `challenge` makes of a request: what a sender wants to hear that checks the address. An error
/// says why it is no such check: there is no challenge, it gives null or an empty text, or it fails. A challenge that
/// takes a keyed hash gives one only where there are `secrets`: of a request whose sender is proved, for it signs what
/// it is asked to.
Result<Value> challenge_in(const TriggerSpec& trigger, const Value& event, const Value& delivery,
                           Secrets* secrets = nullptr);

}  // namespace millrace
