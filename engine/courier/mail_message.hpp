#pragma once

#include <string>
#include <vector>

#include "base/mail_address.hpp"
#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// A file that goes along with a mail.
struct MailAttachment {
  std::string name;  ///< without a path, in UTF-8
  std::string content;
};

/// A mail as a person thinks of it.
struct MailMessage {
  MailAddress from;
  std::vector<MailAddress> to, cc, bcc, reply_to;
  std::string subject;
  std::string text, html;  ///< either may be empty; with both the reader's program chooses
  std::vector<MailAttachment> attachments;
  std::string id;  ///< of Message-ID, without its brackets: "1f...@example.com"
  Timestamp date;

  /// Everybody who gets it, each once.
  std::vector<std::string> recipients() const;
};

/// Reads {to, cc, bcc, reply_to, subject, text, html}, as the request of an action that mails has it. Addresses are
/// one text or a list; who gets it are 1 to 100. What would be a line of its own among the headers is refused.
Result<MailMessage> read_mail(const Value& body);

/// The mail as it goes over the wire (RFC 5322, MIME): lines ended by CRLF, bytes below 128 alone. Whoever gets it
/// blindly is not named. The same mail gives the same bytes. REQUIRES: read_mail made it, but for from, attachments, id
/// and date.
std::string render_mail(const MailMessage& mail);

}  // namespace millrace
