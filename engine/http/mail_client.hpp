#pragma once

#include <memory>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "base/result.hpp"
#include "http/egress_rights.hpp"

namespace millrace {

/// One mail on its way to a server that takes it further.
struct OutgoingMail {
  std::string url;        ///< "smtps://mail.example.com:465" or "smtp://mail.example.com:587"
  bool encrypted = true;  ///< of smtp: STARTTLS or nothing; else where it is offered, and whoever answers is believed
  std::string user = {};  ///< with `password`, where the server wants to know who sends; empty: nothing is shown
  std::string password = {};
  std::string from;                     ///< the bare address, and so are the recipients
  std::vector<std::string> recipients;  ///< at least one
  std::string message;                  ///< headers and body (RFC 5322), lines ended by CRLF, bytes below 128 alone
  Deadline deadline;
  EgressRights rights;
};

/// What the server said.
struct MailAnswer {
  struct Refusal {
    std::string recipient;
    int status = 0;
    std::string words;
  };
  int status = 0;     ///< 250: it has taken the mail over; 4xx: not now; 5xx: never
  std::string words;  ///< behind the status, on one line
  std::vector<Refusal> refused =
      {};  ///< recipients that it does not take; the others get the mail where `status` is 250
};

/// Hands mails to servers over SMTP, several at once, each over a connection of its own. TLS is verified where it has
/// to be; netrc and proxy variables are ignored. Loop thread only.
class MailClient {
 public:
  virtual ~MailClient() = default;
  /// An answer of any status is a success here. Errors: `unavailable` (nothing was handed over: could not connect, or
  /// the connection ended before the mail was whole), `unsure` (all of it was handed over, and no answer came),
  /// `denied` (egress rule, TLS, no STARTTLS), `cancelled`. Messages name the host and what happened, and no
  /// credentials.
  virtual Task<Result<MailAnswer>> send(OutgoingMail mail) = 0;
};

/// REQUIRES: `loop` outlives the client.
std::unique_ptr<MailClient> open_mail_client(Loop& loop);

}  // namespace millrace
