#include "courier/mail_message.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "courier/mail_text.hpp"
#include "crypto/digest.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_recipients = 100;
constexpr std::size_t longest_subject = 500;

/// "Fri, 27 Nov 2026 09:00:00 +0000".
std::string mail_date(Timestamp time) {
  const auto civil = civil_time(time, "UTC");
  if (!civil) return "";
  char text[64];
  std::snprintf(text, sizeof text, "%.3s, %d %.3s %lld %02d:%02d:%02d +0000", weekday_name(civil->weekday).data(),
                civil->day, month_name(civil->month).data(), static_cast<long long>(civil->year), civil->hour,
                civil->minute, civil->second);
  return text;
}

Result<std::vector<MailAddress>> addresses_in(const Value& body, std::string_view name) {
  std::vector<MailAddress> found;
  const Value* said = body.find(name);
  if (said == nullptr || said->is_null()) return found;
  const Value::List one = {*said};
  for (const Value& each : said->is_list() ? said->list() : one) {
    if (!each.is_text()) return Error{ErrorCode::invalid, "\"" + std::string(name) + "\" holds what is no text"};
    auto address = parse_mail_address(each.text());
    if (!address) return address.error().within("\"" + std::string(name) + "\"");
    found.push_back(std::move(*address));
  }
  return found;
}

/// A part of a mail: its headers, and what stands below them.
struct MailPart {
  std::string headers, content;

  std::string whole() const { return headers + "\r\n" + content; }
};

MailPart text_part(const std::string& type, const std::string& text) {
  return {"Content-Type: " + type + "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n",
          quoted_printable(text)};
}

/// What programs that read mail make of a file goes by its name's end.
std::string type_of_file(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const std::string end = dot == std::string_view::npos ? "" : lower(name.substr(dot + 1));
  constexpr std::pair<std::string_view, const char*> known[] = {
      {"pdf", "application/pdf"},
      {"html", "text/html; charset=utf-8"},
      {"csv", "text/csv; charset=utf-8"},
      {"txt", "text/plain; charset=utf-8"},
      {"json", "application/json"},
      {"png", "image/png"},
      {"jpg", "image/jpeg"},
      {"jpeg", "image/jpeg"},
      {"svg", "image/svg+xml"},
      {"zip", "application/zip"},
      {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
  };
  for (const auto& [ending, type] : known) {
    if (end == ending) return type;
  }
  return "application/octet-stream";
}

MailPart attached_part(const MailAttachment& file) {
  return {"Content-Type: " + type_of_file(file.name) + "\r\nContent-Transfer-Encoding: base64\r\n" +
              "Content-Disposition: attachment; " + file_name_parameter(file.name) + "\r\n",
          base64_lines(file.content)};
}

MailPart together(const char* kind, const std::string& boundary, const std::vector<MailPart>& parts) {
  MailPart all;
  all.headers = std::string("Content-Type: multipart/") + kind + "; boundary=\"" + boundary + "\"\r\n";
  for (const MailPart& part : parts) all.content += "--" + boundary + "\r\n" + part.whole() + "\r\n";
  all.content += "--" + boundary + "--\r\n";
  return all;
}

MailPart content_of(const MailMessage& mail) {
  // "=_" stands in nothing that quoted-printable or base64 write.
  const std::string boundary = "=_" + fingerprint(mail.id).substr(0, 32);
  MailPart body;
  if (!mail.html.empty() && !mail.text.empty()) {
    body = together("alternative", boundary + "a",
                    {text_part("text/plain", mail.text), text_part("text/html", mail.html)});
  } else if (!mail.html.empty()) {
    body = text_part("text/html", mail.html);
  } else {
    body = text_part("text/plain", mail.text);
  }
  if (mail.attachments.empty()) return body;
  std::vector<MailPart> parts = {std::move(body)};
  for (const MailAttachment& file : mail.attachments) parts.push_back(attached_part(file));
  return together("mixed", boundary, parts);
}

}  // namespace

std::vector<std::string> MailMessage::recipients() const {
  std::vector<std::string> all;
  for (const auto* list : {&to, &cc, &bcc}) {
    for (const MailAddress& each : *list) {
      if (std::find(all.begin(), all.end(), each.address) == all.end()) all.push_back(each.address);
    }
  }
  return all;
}

Result<MailMessage> read_mail(const Value& body) {
  MailMessage mail;
  mail.to = TRY(addresses_in(body, "to"));
  mail.cc = TRY(addresses_in(body, "cc"));
  mail.bcc = TRY(addresses_in(body, "bcc"));
  mail.reply_to = TRY(addresses_in(body, "reply_to"));
  const std::size_t count = mail.recipients().size();
  if (count == 0) return Error{ErrorCode::invalid, "nobody gets the mail: \"to\" is empty"};
  if (count > most_recipients)
    return Error{ErrorCode::invalid, "the mail has " + std::to_string(count) + " recipients; 100 are the most"};
  mail.subject = body.text_or("subject");
  if (mail.subject.size() > longest_subject || !valid_utf8(mail.subject))
    return Error{ErrorCode::invalid, "the subject is no text, or longer than 500 bytes"};
  if (printable(mail.subject) != mail.subject)
    return Error{ErrorCode::invalid, "the subject holds a line end, or another character that nobody sees: \"" +
                                         printable(mail.subject) + "\""};
  mail.text = body.text_or("text");
  mail.html = body.text_or("html");
  return mail;
}

std::string render_mail(const MailMessage& mail) {
  std::string headers = "Date: " + mail_date(mail.date) + "\r\n";
  headers += "From: " + address_list({mail.from}) + "\r\n";
  if (!mail.to.empty()) headers += "To: " + address_list(mail.to) + "\r\n";
  if (!mail.cc.empty()) headers += "Cc: " + address_list(mail.cc) + "\r\n";
  if (!mail.reply_to.empty()) headers += "Reply-To: " + address_list(mail.reply_to) + "\r\n";
  headers += "Subject: " + encoded_words(mail.subject) + "\r\n";
  headers += "Message-ID: <" + mail.id + ">\r\n";
  // Programs that are away do not answer it.
  headers += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
  return headers + content_of(mail).whole();
}

}  // namespace millrace
