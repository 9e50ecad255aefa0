#include "courier/post.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "courier/mail_message.hpp"
#include "crypto/digest.hpp"
#include "secret/redacted.hpp"

namespace millrace {

namespace {

constexpr Duration mail_timeout = std::chrono::minutes(2);

/// The same for each attempt of the effect, so that whoever gets the mail twice knows it by that.
std::string message_id(const Shipment& shipment, const MailAddress& from) {
  return fingerprint(shipment.site.key).substr(0, 32) + from.address.substr(from.address.rfind('@'));
}

Result<MailMessage> message_of(const Shipment& shipment) {
  MailMessage mail = TRY(read_mail(shipment.parts.body));
  mail.from = TRY(parse_mail_address(shipment.to.connection->from));
  mail.attachments = shipment.attachments;
  mail.id = message_id(shipment, mail.from);
  mail.date = shipment.site.now;
  return mail;
}

/// "(550 5.1.1 no such user)".
std::string in_brackets(int status, const std::string& words) {
  return "(" + std::to_string(status) + (words.empty() ? "" : " " + words) + ")";
}

bool for_now(int status) noexcept { return status >= 400 && status < 500; }

bool about_login(int status) noexcept { return status == 530 || status == 534 || status == 535 || status == 538; }

/// Nobody got it.
Error refused_mail(const Shipment& shipment, const MailAnswer& answer) {
  std::string why = " " + in_brackets(answer.status, answer.words);
  bool later = for_now(answer.status);
  if (!answer.refused.empty()) {
    std::vector<std::string> each;
    for (const MailAnswer::Refusal& one : answer.refused) {
      later = later || for_now(one.status);
      each.push_back(one.recipient + " " + in_brackets(one.status, one.words));
    }
    why = ": " + join(each, ", ");
  }
  const std::string& name = shipment.to.name;
  if (about_login(answer.status))
    return {ErrorCode::denied, name + " does not take user and password of connection \"" + name + "\"" + why +
                                   ": set them in its auth: {basic: {user, password}}"};
  if (later)
    return {ErrorCode::unavailable,
            name + " does not take the mail now" + why + "; \"retry\" hands it over again later"};
  return {ErrorCode::denied, name + " refused the mail" + why};
}

Value output_of(const Shipment& shipment, const MailMessage& mail, const MailAnswer& answer) {
  Value::List accepted, refused;
  for (const std::string& address : mail.recipients()) {
    const auto found = std::find_if(answer.refused.begin(), answer.refused.end(),
                                    [&address](const auto& one) { return one.recipient == address; });
    if (found == answer.refused.end()) {
      accepted.emplace_back(address);
    } else {
      refused.push_back(Value::object({{"address", address}, {"status", found->status}, {"answer", found->words}}));
    }
  }
  return Value::object({{"message_id", "<" + message_id(shipment, mail.from) + ">"},
                        {"accepted", std::move(accepted)},
                        {"refused", std::move(refused)},
                        {"answer", std::to_string(answer.status) + " " + answer.words}});
}

Answer read_mail_answer(const Shipment& shipment, const MailMessage& mail, const MailAnswer& said) {
  const bool taken = said.status >= 200 && said.status < 300;
  Answer answer{taken ? Result<Value>(output_of(shipment, mail, said)) : refused_mail(shipment, said)};
  answer.settled = answer.output;
  answer.left = true;
  answer.happened = answer.may_have_happened = taken;
  return answer;
}

Answer read_mail_failure(const Shipment& shipment, Error error) {
  const bool lost = error.code == ErrorCode::unsure;
  if (lost) {
    error.message +=
        ": it is not known whether this was done: " + shipment.summary + "; look there before you do it again";
  } else if (error.code == ErrorCode::unavailable) {
    error.message +=
        ": check the network, and the base_url of connection \"" + shipment.to.name + "\" in millrace.yaml";
  }
  Answer answer{std::move(error)};
  if (!lost) answer.settled = answer.output;
  answer.left = answer.may_have_happened = lost;
  return answer;
}

}  // namespace

std::string not_sent_to(const Value& output) {
  std::vector<std::string> each;
  const Value* refused = output.is_map() ? output.find("refused") : nullptr;
  for (const Value& one : refused != nullptr && refused->is_list() ? refused->list() : Value::List()) {
    const Value* status = one.is_map() ? one.find("status") : nullptr;
    if (status == nullptr || !status->is(Kind::integer)) return "";  // an answer of something else
    each.push_back(one.text_or("address") + " " +
                   in_brackets(static_cast<int>(status->integer()), one.text_or("answer")));
  }
  return join(each, ", ");
}

Status Post::add_credentials(const Destination& to, OutgoingMail& mail) const {
  if (!to.connection->shown) return Done{};
  const ShownSecret& basic = *to.connection->shown;
  mail.user = is_secret_handle(basic.name) ? TRY(secrets_.find(basic.name)).reveal() : basic.name;
  mail.password = TRY(secrets_.find(basic.secret)).reveal();
  return Done{};
}

Result<OutgoingMail> Post::outgoing(const Shipment& shipment) const {
  const MailMessage message = TRY(message_of(shipment));
  OutgoingMail mail;
  mail.url = shipment.to.url;
  mail.encrypted = !shipment.to.loopback;
  const auto shown = add_credentials(shipment.to, mail);
  if (!shown) return shown.error().within("connection \"" + shipment.to.name + "\"");
  mail.from = message.from.address;
  mail.recipients = message.recipients();
  mail.message = render_mail(message);
  mail.deadline = shipment.site.deadline.earlier(Deadline::in(mail_timeout));
  mail.rights = Connections::rights_at(shipment.to);
  return mail;
}

Task<Answer> Post::send(Shipment shipment) {
  auto mail = outgoing(shipment);
  if (mail && client_ == nullptr) mail = Error{ErrorCode::internal, "nothing is mailed from here"};
  if (!mail) co_return read_mail_failure(shipment, redacted(secrets_, mail.error()));
  const auto said = co_await client_->send(std::move(*mail));
  const auto message = message_of(shipment);
  Answer answer = said ? read_mail_answer(shipment, *message, *said) : read_mail_failure(shipment, said.error());
  answer.output = answer.output ? Result<Value>(redacted(secrets_, *answer.output))
                                : Result<Value>(redacted(secrets_, answer.output.error()));
  if (answer.settled) answer.settled = answer.output;
  co_return answer;
}

}  // namespace millrace
