#pragma once

#include "async/task.hpp"
#include "courier/answer.hpp"
#include "courier/shipment.hpp"
#include "http/mail_client.hpp"
#include "secret/secrets.hpp"

namespace millrace {

/// "bob@example.com (450 4.7.1 come back later)": who has not got the mail that was sent, of the output of Post::send;
/// empty where all have it.
std::string not_sent_to(const Value& output);

/// Hands the mails of actions to the servers of their connections, each once: what a server refuses for now is tried
/// again where the step says so (`retry`). Loop thread only.
class Post {
 public:
  /// REQUIRES: both outlive it. `client` may be null where nothing is mailed.
  Post(Secrets& secrets, MailClient* client) : secrets_(secrets), client_(client) {}

  /// The output is {message_id, accepted, refused, answer}: recipients that the server refuses are named, and the
  /// others have the mail. Errors: `unavailable` where the server takes it later, `denied` where it never does,
  /// `unsure` where it got all of it and did not answer. REQUIRES: shipment.known, shipment.is_mail().
  Task<Answer> send(Shipment shipment);

 private:
  Result<OutgoingMail> outgoing(const Shipment& shipment) const;
  Status add_credentials(const Destination& to, OutgoingMail& mail) const;

  Secrets& secrets_;
  MailClient* client_;
};

}  // namespace millrace
