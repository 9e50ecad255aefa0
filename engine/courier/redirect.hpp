#pragma once

#include <string>

#include "base/result.hpp"
#include "base/url.hpp"
#include "courier/shipment.hpp"
#include "http/http_client.hpp"

namespace millrace {

/// RFC 3986, 5.2: what an address means that was said in the answer of `base`.
Result<std::string> resolved(const Url& base, std::string location);

/// Whether an answer only says where to ask instead, and the shipment is one that may: a read by GET or HEAD, whole
/// response wanted, that status not accepted by name.
bool is_to_follow(const Shipment& shipment, const IncomingResponse& response);

/// The same question to the address that the answer names. Outside of the connection's address (without one: at another
/// origin) nothing accompanies it that was meant for this one: no connection with its token and headers, none of the
/// step's own headers, no right to private addresses. The error says why the address is not asked:
/// `denied`, where the shipment may not go there.
Result<Shipment> sent_on(Shipment shipment, const IncomingResponse& response);

}  // namespace millrace
