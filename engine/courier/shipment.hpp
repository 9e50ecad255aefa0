#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "catalog/request.hpp"
#include "courier/call_site.hpp"
#include "courier/connections.hpp"
#include "courier/mail_message.hpp"
#include "value/value.hpp"

namespace millrace {

/// A request with all that is known about it, before it is sent.
struct Shipment {
  const Action* action = nullptr;
  Effect effect = Effect::update;  ///< what this call does: of the action, or what its `effect_input` says
  Value input;                     ///< with `location_id`, where the run has one
  RequestParts parts;
  Destination to;
  CallSite site;
  std::string location;                                      ///< the one that is meant: the input's, else the run's
  std::string summary;                                       ///< of a write, for people: "create tag vip"
  bool known = true;                                         ///< no part of the request is unknown
  std::vector<MailAttachment> attachments = {};              ///< of a mail, once the gate has read them
  bool of_library = false;                                   ///< a library built the request, and judges the answer
  std::function<Status(const Destination&)> may_go_to = {};  ///< asked before a redirect is followed; nothing: it may

  bool is_mail() const { return !of_library && action->mails(); }
  /// The output is {status, headers, body}: as the manifest says, and always of what a library asks for.
  bool gives_whole_response() const;
  /// The status is no failure: 2xx and, of a whole response, "not modified" and what the step accepts.
  bool takes(int status) const;
  /// The step takes any status for an answer.
  bool takes_any() const;
  /// The step names this very status as one that it accepts.
  bool takes_by_name(int status) const;
  /// Whether the answer may be a text: the output says so, or says nothing of itself.
  bool may_give_text() const;
  /// Whether the output is a text and nothing else.
  bool gives_text() const;
  /// The output file that takes the body; empty for none.
  std::string save_as() const;

  /// Sent twice it does no more than sent once.
  bool repeatable() const;
  /// The name and value of the header that carries the idempotency key; an empty name for none.
  std::string key_header() const;
};

/// Fills the action's mapping, and checks what can be checked without asking the far side.
Result<Shipment> prepared(const Connections& connections, const Action& action, Value input, CallSite site);
/// The same for a request that a library built.
Result<Shipment> prepared(const Connections& connections, const Action& action, RequestParts parts, Value input,
                          CallSite site);

/// The same question as `page` put to another address (RequestParts::path) of the same far side.
Result<Shipment> prepared_at(const Connections& connections, const Shipment& page, std::string address);

/// A shipment that reads: by GET or HEAD, or by POST where the manifest says that this operation asks so, or has the
/// file say it. There is no way to make one from any other, so that nothing that is merely called a read can change
/// anything from a plan, a watch or a trigger. The refusal (`denied`) says what it would have sent.
class ReadShipment {
 public:
  static Result<ReadShipment> of(Shipment shipment);
  const Shipment& shipment() const noexcept { return shipment_; }

 private:
  explicit ReadShipment(Shipment shipment) : shipment_(std::move(shipment)) {}
  Shipment shipment_;
};

}  // namespace millrace
