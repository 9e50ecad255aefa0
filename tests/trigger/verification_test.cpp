#include <doctest/doctest.h>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "trigger/ed25519_signer.hpp"
#include "trigger/proof_bench.hpp"

using namespace millrace;
using test::delivery;
using test::HighLevelKey;
using test::KnownSecrets;
using test::outcome;
using test::present;
using test::Signer;
using test::verifier;

namespace {

std::string pem(const std::string& key) {
  const std::string der = std::string("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12) + key;
  return "-----BEGIN PUBLIC KEY-----\n" + encode_base64(der) + "\n-----END PUBLIC KEY-----\n";
}

}  // namespace

TEST_SUITE_BEGIN("trigger");

TEST_CASE("HighLevel's signature covers the raw bytes, and the delivery's own id comes with it") {
  const Signer signer('a');
  const HighLevelKey key(encode_base64(signer.public_key()));
  KnownSecrets none;
  const Verifier highlevel = verifier("highlevel");
  const std::string body = R"({"type": "ContactTagUpdate",  "webhookId": "w-1"})";
  const std::string signature = signer.sign(body);
  CHECK(outcome(highlevel, delivery(body, {{"x-ghl-signature", signature}}), none) == "accepted w-1");
  CHECK(outcome(highlevel, delivery(body, {{"X-GHL-Signature", signature}, {"X-WH-Signature", "N/A"}}), none) ==
        "accepted w-1");
  const std::string same = R"({"type":"ContactTagUpdate","webhookId":"w-1"})";  // the same JSON, other bytes
  for (const std::string& other : {same, body + " ", std::string()}) {
    CHECK(outcome(highlevel, delivery(other, {{"X-GHL-Signature", signature}}), none) ==
          "denied: X-GHL-Signature does not match the body");
  }
  for (const char* wrong : {"not base64!", "AAAA", "N/A ."}) {
    CHECK(outcome(highlevel, delivery(body, {{"X-GHL-Signature", wrong}}), none) ==
          "denied: X-GHL-Signature does not match the body");
  }
  CHECK(outcome(highlevel, delivery(body, {{"X-GHL-Signature", Signer('b').sign(body)}}), none) ==
        "denied: X-GHL-Signature does not match the body");
}

TEST_CASE("HighLevel's delivery of a time for which ids are no longer remembered is refused") {
  const Signer signer('a');
  const HighLevelKey key(encode_base64(signer.public_key()));
  KnownSecrets none;
  const auto sent = [&](const std::string& time) {
    const std::string body = R"({"webhookId": "w-1", "timestamp": )" + time + "}";
    return outcome(verifier("highlevel"), delivery(body, {{"X-GHL-Signature", signer.sign(body)}}), none);
  };
  for (const char* kept : {"\"2026-09-01T09:00:00Z\"", "\"2026-08-03T10:00:00.123Z\"", "\"2027-01-01T00:00:00Z\"",
                           "\"some day\"", "7", "null"}) {
    CAPTURE(kept);
    CHECK(sent(kept) == "accepted w-1");
  }
  CHECK(sent("\"2026-08-01T10:00:00Z\"").starts_with("denied: its timestamp is older than the 30 days"));
}

TEST_CASE("HighLevel's delivery of any time is taken where no id was ever forgotten") {
  const Signer signer('a');
  const HighLevelKey key(encode_base64(signer.public_key()));
  KnownSecrets none;
  const std::string body = R"({"webhookId": "w-1", "timestamp": "2001-08-01T10:00:00Z"})";
  const auto request = delivery(body, {{"X-GHL-Signature", signer.sign(body)}});
  CHECK(verify(verifier("highlevel"), request, none, present(), true));
  CHECK_FALSE(verify(verifier("highlevel"), request, none, present(), false));
}

TEST_CASE("without HighLevel's signature the reason is said, and the ended RSA scheme is named") {
  KnownSecrets none;
  CHECK(outcome(verifier("highlevel"), delivery("{}", {}), none) == "denied: the header X-GHL-Signature is missing");
  CHECK(outcome(verifier("highlevel"), delivery("{}", {{"X-GHL-Signature", "N/A"}}), none) ==
        "denied: the header X-GHL-Signature is missing");
  const std::string legacy = outcome(verifier("highlevel"), delivery("{}", {{"X-WH-Signature", "abc="}}), none);
  CHECK(legacy.starts_with("denied: only the legacy RSA signature"));
}

TEST_CASE("a HighLevel delivery without an id is known by its bytes") {
  const Signer signer('a');
  const HighLevelKey key(pem(signer.public_key()));
  KnownSecrets none;
  const std::string body = R"({"tags":[]})";
  const auto request = delivery(body, {{"X-GHL-Signature", signer.sign(body)}});
  CHECK(outcome(verifier("highlevel"), request, none) == "accepted sha256:" + hex(sha256(body)));
}

TEST_CASE("two HighLevel keys are valid while they rotate, and a broken one lets nobody in") {
  const Signer before('a');
  const Signer after('b');
  KnownSecrets none;
  const std::string body = R"({"webhookId":"w"})";
  {
    const HighLevelKey both(pem(before.public_key()) + pem(after.public_key()));
    for (const Signer* signer : {&before, &after}) {
      CHECK(outcome(verifier("highlevel"), delivery(body, {{"X-GHL-Signature", signer->sign(body)}}), none) ==
            "accepted w");
    }
  }
  const HighLevelKey broken("AAAA");
  CHECK(outcome(verifier("highlevel"), delivery(body, {{"X-GHL-Signature", before.sign(body)}}), none) ==
        "unavailable: MILLRACE_HIGHLEVEL_WEBHOOK_KEY holds no Ed25519 public key");
}

TEST_CASE("Standard Webhooks: id, time and body are signed, late is accepted and the far future is not") {
  KnownSecrets secrets;
  const std::string key = "a key of thirty-two bytes, sirs!";
  secrets.known["secret:hook"] = "whsec_" + encode_base64(key);
  const Verifier standard = verifier("{standard_webhooks: \"secret:hook\"}");
  const auto signed_at = [&](const std::string& id, const std::string& time, const std::string& body) {
    return delivery(body,
                    {{"webhook-id", id},
                     {"webhook-timestamp", time},
                     {"webhook-signature", "v1," + encode_base64(hmac_sha256(key, id + "." + time + "." + body))}});
  };
  const auto at = [](std::int64_t after) { return std::to_string(present().seconds + after); };
  CHECK(outcome(standard, signed_at("msg_1", at(0), "{}"), secrets) == "accepted msg_1");
  CHECK(outcome(standard, signed_at("msg_1", at(-29 * 86'400), "{}"), secrets) == "accepted msg_1");
  CHECK(outcome(standard, signed_at("msg_1", at(299), "{}"), secrets) == "accepted msg_1");
  CHECK(
      outcome(standard, signed_at("msg_1", at(301), "{}"), secrets).starts_with("denied: webhook-timestamp lies more"));
  CHECK(outcome(standard, signed_at("", at(0), "{}"), secrets) == "denied: the header webhook-id is missing");
  CHECK(outcome(standard, signed_at("msg_1", "1e9", "{}"), secrets) ==
        "denied: webhook-timestamp is not a number of seconds");
  for (const char* header : {"webhook-id", "webhook-timestamp"}) {
    IncomingRequest request = signed_at("msg_1", at(0), "{}");
    request.headers.set(header, header == std::string("webhook-id") ? "msg_2" : at(1));
    CHECK(outcome(standard, request, secrets) == "denied: webhook-signature does not match the delivery");
  }
}

TEST_CASE("Standard Webhooks: several signatures and several keys, of both kinds") {
  KnownSecrets secrets;
  const Signer signer('c');
  secrets.known["secret:old"] = "whsec_" + encode_base64("old key");
  secrets.known["secret:new"] = "whsec_" + encode_base64("new key");
  secrets.known["secret:public"] = "whpk_" + encode_base64(signer.public_key());
  const Verifier standard = verifier(R"({standard_webhooks: ["secret:old", "secret:new", "secret:public"]})");
  const std::string time = std::to_string(present().seconds);
  const std::string content = "m." + time + ".{}";
  const auto with = [&](const std::string& signatures) {
    return outcome(
        standard, delivery("{}", {{"webhook-id", "m"}, {"webhook-timestamp", time}, {"webhook-signature", signatures}}),
        secrets);
  };
  const std::string good = "v1," + encode_base64(hmac_sha256("new key", content));
  const std::string bad = "v1," + encode_base64(hmac_sha256("no key", content));
  CHECK(with(good) == "accepted m");
  CHECK(with(bad + " " + good) == "accepted m");
  CHECK(with("v1," + encode_base64(hmac_sha256("old key", content))) == "accepted m");
  CHECK(with(bad + " v1a," + signer.sign(content)) == "accepted m");
  const std::string refusal = "denied: webhook-signature does not match the delivery";
  CHECK(with(bad) == refusal);
  CHECK(with("v1a," + encode_base64(hmac_sha256("new key", content))) == refusal);
  CHECK(with("v1," + signer.sign(content)) == refusal);
  // Who knows the public key must not be able to sign with it as if it were a secret.
  CHECK(with("v1," + encode_base64(hmac_sha256(signer.public_key(), content))) == refusal);
  CHECK(with("") == refusal);
  CHECK(with("v2,AAAA v1") == refusal);
}

TEST_CASE("a keyed hash in a header of any name: hex or base64, with or without its prefix, two keys") {
  KnownSecrets secrets;
  secrets.known["secret:h"] = "first";
  secrets.known["secret:i"] = "second";
  const Verifier as_hex = verifier(R"({hmac: {secret: ["secret:h", "secret:i"], header: X-Hub-Signature-256}})");
  const Verifier as_base64 = verifier(R"({hmac: {secret: ["secret:h", "secret:i"], header: x-sig, encoding: base64}})");
  const std::string good = hmac_sha256("second", "body");
  CHECK(outcome(as_hex, delivery("body", {{"x-hub-signature-256", "sha256=" + hex(good)}}), secrets) == "accepted ");
  CHECK(outcome(as_hex, delivery("body", {{"X-Hub-Signature-256", hex(hmac_sha256("first", "body"))}}), secrets) ==
        "accepted ");
  CHECK(outcome(as_base64, delivery("body", {{"X-Sig", encode_base64(good)}}), secrets) == "accepted ");
  CHECK(outcome(as_base64, delivery("body", {{"X-Sig", hex(good)}}), secrets) ==
        "denied: the signature in x-sig does not match the body");
  CHECK(outcome(as_hex, delivery("bodz", {{"x-hub-signature-256", hex(good)}}), secrets) ==
        "denied: the signature in x-hub-signature-256 does not match the body");
  CHECK(outcome(as_hex, delivery("body", {}), secrets) == "denied: the header x-hub-signature-256 is missing");
}

TEST_CASE("a bearer token, a secret path, and an open door") {
  KnownSecrets secrets;
  secrets.known["secret:t"] = "correct-horse";
  const Verifier bearer = verifier("{bearer: \"secret:t\"}");
  CHECK(outcome(bearer, delivery("", {{"Authorization", "Bearer correct-horse"}}), secrets) == "accepted ");
  CHECK(outcome(bearer, delivery("", {{"Authorization", "bearer  correct-horse "}}), secrets) == "accepted ");
  CHECK(outcome(bearer, delivery("", {{"Authorization", "Bearer correct"}}), secrets) ==
        "denied: the bearer token is not the right one");
  CHECK(outcome(bearer, delivery("", {{"Authorization", "Basic x"}}), secrets) ==
        "denied: the header Authorization: Bearer is missing");
  const Verifier path = verifier("{secret_path: \"secret:t\"}");
  IncomingRequest request = delivery("", {});
  request.path = "/hooks/flow/correct-horse";
  CHECK(outcome(path, request, secrets) == "accepted ");
  request.path = "/hooks/flow/correct%2Dhorse";
  CHECK(outcome(path, request, secrets) == "accepted ");
  for (const char* wrong : {"/hooks/flow", "/hooks/flow/", "/hooks/flow/correct-hors", "/hooks/correct-horse/x"}) {
    request.path = wrong;
    CHECK(outcome(path, request, secrets) == "denied: the secret part of the address is not the right one");
  }
  CHECK(outcome(verifier("public"), delivery("anything", {}), secrets) == "accepted ");
}

TEST_CASE("a header of the sender's own holds the secret itself") {
  KnownSecrets secrets;
  for (const char* name : {"X-Gitlab-Token", "X-Telegram-Bot-Api-Secret-Token", "Shop"}) {
    CAPTURE(name);
    const Verifier header =
        verifier(std::string("{header: {name: ") + name + ", secret: [\"secret:old\", \"secret:new\"]}}");
    CHECK(proved_by_head(header));
    secrets.known.clear();
    const auto shown = [&](const std::string& value) {
      return outcome(header, delivery("", {{name, value}}), secrets);
    };
    CHECK(shown("correct horse") == "unavailable: there is no secret:old");
    secrets.known["secret:new"] = "correct horse";
    CHECK(shown("correct horse") == "accepted ");
    CHECK(outcome(header, delivery("", {{lower(name), "correct horse"}}), secrets) == "accepted ");
    secrets.known["secret:old"] = "battery";
    CHECK(shown("correct horse") == "accepted ");
    CHECK(shown("battery") == "accepted ");
    for (const char* wrong : {"", "correct", "correct  horse", "Correct horse", "battery correct horse", "secret:old"})
      CHECK(shown(wrong) == "denied: the secret in " + lower(name) + " is not the right one");
    CHECK(outcome(header, delivery("", {{"Authorization", "Bearer battery"}}), secrets) ==
          "denied: the header " + lower(name) + " is missing");
  }
}

TEST_CASE("where the secret cannot be had nobody comes in, and no reason tells a secret") {
  KnownSecrets secrets;
  const IncomingRequest request = delivery("", {{"Authorization", "Bearer "}});
  const Verifier bearer = verifier("{bearer: \"secret:t\"}");
  CHECK(outcome(bearer, request, secrets) == "unavailable: there is no secret:t");
  secrets.known["secret:t"] = " \n";
  CHECK(outcome(bearer, request, secrets).starts_with("unavailable: secret:t is empty, "));
  secrets.known["secret:t"] = "very-secret";
  CHECK(outcome(bearer, request, secrets).find("very-secret") == std::string::npos);
}

TEST_CASE("what comes of a secret that is missing or blank is said as it is") {
  KnownSecrets secrets;
  const TriggerSpec two = test::trigger_of("{webhook: a, verify: {github: [\"secret:new\", \"secret:old\"]}}");
  CHECK(missing_secrets(two, secrets) == std::vector<std::string>{"nobody can be proved here: there is no secret:new",
                                                                  "nobody can be proved here: there is no secret:old"});
  secrets.known["secret:old"] = "battery";
  CHECK(missing_secrets(two, secrets) ==
        std::vector<std::string>{"nobody can be proved by one of the secrets: there is no secret:new"});
  secrets.known["secret:new"] = "  ";
  REQUIRE(missing_secrets(two, secrets).size() == 1);
  CHECK(
      missing_secrets(two, secrets)[0].starts_with("nobody can be proved by one of the secrets: secret:new is empty"));
  secrets.known["secret:new"] = "horse";
  CHECK(missing_secrets(two, secrets).empty());
  const TriggerSpec checked = test::trigger_of(
      "{webhook: a, verify: {bearer: \"secret:old\"}, challenge: {hmac: {secret: \"secret:zoom\", over: event.a}, "
      "answer: hmac}}");
  CHECK(missing_secrets(checked, secrets) ==
        std::vector<std::string>{"no check of the address is answered: there is no secret:zoom"});
}

TEST_CASE("HighLevel's own triggers take its signature; nothing else is open by default") {
  TriggerSpec spec;
  spec.kind = "plugin";
  spec.settings = Map();
  spec.name = "highlevel.contact_tags.updated";
  const auto highlevel = verifier_of(spec);
  REQUIRE(highlevel);
  CHECK(highlevel->kind == Verifier::Kind::highlevel);
  spec.name = "sightmill.tags.changed";
  CHECK_FALSE(verifier_of(spec));
  spec.kind = "webhook";
  CHECK_FALSE(verifier_of(spec));
}

TEST_SUITE_END();
