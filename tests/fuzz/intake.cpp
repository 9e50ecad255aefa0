// Deliveries: packed bodies, forms, forms with files, JSON, texts. What is unpacked keeps its limit, what is read can
// be written, and files lead nowhere.
#include <array>
#include <string>

#include "base/http_token.hpp"
#include "base/text.hpp"
#include "fuzz.hpp"
#include "secret/secrets.hpp"
#include "trigger/delivery.hpp"
#include "trigger/delivery_facts.hpp"
#include "trigger/multipart.hpp"
#include "trigger/packed_body.hpp"
#include "value/json.hpp"

using namespace millrace;

namespace {

class NoSecrets final : public Secrets {
 public:
  Result<Secret> find(std::string_view) override { return Secret("known-to-the-verifier"); }
  void redact_in_place(std::string&) const override {}
};

TriggerSpec trigger_that_reads(std::string_view parse) {
  TriggerSpec trigger;
  trigger.kind = "webhook";
  trigger.name = "fuzz";
  trigger.settings = Value::object({{"webhook", "fuzz"}, {"verify", "public"}, {"parse", parse}});
  return trigger;
}

/// Method, query and headers in lines, a blank line, the body.
IncomingRequest request_in(fuzz::Input& input) {
  IncomingRequest request;
  request.method = "POST";
  request.path = "/hooks/fuzz";
  request.query = input.line();
  for (std::string_view line = input.line(); !line.empty(); line = input.line()) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view name = line.substr(0, colon);
    if (is_http_token(name))
      request.headers.add(std::string(name), std::string(trim(line.substr(std::min(colon + 1, line.size())))));
  }
  request.body = input.rest();
  return request;
}

void check_files(const Value& event) {
  if (!event.is_map()) return;
  for (const auto& [field, value] : event.map()) {
    const Value* content = value.find("content");
    const std::string name = value.text_or("name");
    if (content == nullptr || !content->is(Kind::bytes)) continue;
    fuzz::require(name.find_first_of("/\\") == std::string::npos && name != "..", "the name of a file leads nowhere");
  }
}

void check_proofs(const IncomingRequest& request) {
  NoSecrets secrets;
  static const std::array<Verifier, 5> verifiers = {
      Verifier{}, Verifier{Verifier::Kind::standard_webhooks, {"secret:a"}},
      Verifier{Verifier::Kind::hmac,
               {"secret:a"},
               {.header = "stripe-signature", .field = "v1", .time = "t", .signs = "{timestamp}.{body}"}},
      Verifier{Verifier::Kind::bearer, {"secret:a"}}, Verifier{Verifier::Kind::highlevel}};
  for (const Verifier& verifier : verifiers) {
    const auto verified = verify(verifier, request, secrets, Timestamp{1'700'000'000, 0});
    const bool proves = verifier.kind != Verifier::Kind::open && verifier.kind != Verifier::Kind::bearer;
    fuzz::require(!verified || !proves, "nobody makes up a signature");
    const Value facts = delivery_facts(request, "fuzz", verifier);
    fuzz::require(static_cast<bool>(parse_json(encode_json(facts))), "how it came can be written");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<TriggerSpec, 5> triggers = {trigger_that_reads("json"), trigger_that_reads("form"),
                                                      trigger_that_reads("multipart"), trigger_that_reads("text"),
                                                      trigger_that_reads("bytes")};
  fuzz::Input input(data, size);
  const TriggerSpec& trigger = triggers[input.choice(triggers.size())];
  IncomingRequest request = request_in(input);
  const std::size_t room = std::min<std::size_t>(room_before_proof(request), 64u << 10);
  if (unpack(request, room)) return 0;
  fuzz::require(!comes_packed(request) || request.body.size() <= room, "what is unpacked keeps its limit");
  check_proofs(request);
  if (!why_wrong_kind(trigger, request).empty()) return 0;
  const auto event = read_delivery(trigger, request);
  if (!event) {
    fuzz::require(!event.error().message.empty(), "a refusal has a reason");
    return 0;
  }
  check_files(*event);
  fuzz::require(!event->contains_unknown(), "what comes from outside is data");
  fuzz::require(static_cast<bool>(parse_json(encode_json(*event))), "what is read can be written");
  return 0;
}
