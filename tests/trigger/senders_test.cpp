#include <doctest/doctest.h>

#include <map>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "trigger/proof_bench.hpp"
#include "trigger/signed_text.hpp"

using namespace millrace;
using test::delivery;
using test::KnownSecrets;
using test::outcome;
using test::present;
using test::verifier;

TEST_SUITE_BEGIN("trigger");

TEST_CASE("a time that is proved is refused when it is older than ids are remembered, whatever form it has") {
  KnownSecrets secrets;
  secrets.known["secret:s"] = "the secret";
  const Verifier timed = verifier("{hmac: {secret: \"secret:s\", header: x-sig, timestamp: x-time}}");
  const auto sent = [&](const std::string& time) {
    return outcome(timed, delivery("{}", {{"x-sig", hex(hmac_sha256("the secret", time + ".{}"))}, {"x-time", time}}),
                   secrets);
  };
  const auto at = [](std::int64_t after) { return std::to_string(present().seconds + after); };
  CHECK(sent(at(0)).starts_with("accepted sha256:"));
  CHECK(sent(at(0) + "123").starts_with("accepted sha256:"));  // in milliseconds
  CHECK(sent("2026-09-01T11:00:00+01:00").starts_with("accepted sha256:"));
  CHECK(sent(at(-7200)).starts_with("accepted sha256:"));
  CHECK(sent(at(-29 * 86'400)).starts_with("accepted sha256:"));
  for (const std::string& old : {at(-30 * 86'400), at(-40 * 86'400), at(-40 * 86'400) + "000",
                                 std::string("1000000000"), std::string("2001-01-01T00:00:00Z"), std::string("0")}) {
    CAPTURE(old);
    CHECK(sent(old).starts_with("denied: the time that is signed (x-time) is older than the 30 days"));
  }
  CHECK(
      sent(at(301)).starts_with("denied: the time that is signed (x-time) lies more than five minutes in the future"));
  for (const char* none : {"yesterday", "-5", "1e9", "99999999999999999999", "0x10"})
    CHECK(sent(none) == "denied: the time that is signed (x-time) is none");
  CHECK(outcome(timed, delivery("{}", {{"x-sig", "00"}}), secrets) ==
        "denied: the time that is signed (x-time) is missing");
}

TEST_CASE("Standard Webhooks: a time of years ago is refused, under Svix's names, too") {
  KnownSecrets secrets;
  secrets.known["secret:hook"] = "whsec_" + encode_base64("key");
  const Verifier standard = verifier("{standard_webhooks: \"secret:hook\"}");
  const auto sent = [&](const std::string& name, std::int64_t seconds) {
    const std::string time = std::to_string(seconds);
    return outcome(
        standard,
        delivery("{}", {{name + "id", "m"},
                        {name + "timestamp", time},
                        {name + "signature", "v1," + encode_base64(hmac_sha256("key", "m." + time + ".{}"))}}),
        secrets);
  };
  for (const char* name : {"webhook-", "Svix-"}) {
    CHECK(sent(name, present().seconds) == "accepted m");
    CHECK(sent(name, 1'000'000'000).starts_with("denied: webhook-timestamp is older than the 30 days"));
    CHECK(sent(name, present().seconds - 31 * 86'400).starts_with("denied: webhook-timestamp is older"));
  }
}

TEST_CASE("a secret is one key, whatever characters it has") {
  KnownSecrets secrets;
  const std::string secret = "correct horse battery";
  secrets.known["secret:s"] = secret;
  const auto signed_with = [&](const std::string& key) {
    return outcome(verifier("{hmac: {secret: \"secret:s\", header: x-sig}}"),
                   delivery("body", {{"x-sig", hex(hmac_sha256(key, "body"))}}), secrets);
  };
  CHECK(signed_with(secret) == "accepted ");
  const auto shown = [&](const std::string& token) {
    return outcome(verifier("{bearer: \"secret:s\"}"), delivery("", {{"Authorization", "Bearer " + token}}), secrets);
  };
  CHECK(shown(secret) == "accepted ");
  const auto called = [&](const std::string& segment) {
    IncomingRequest request = delivery("", {});
    request.path = "/hooks/flow/" + segment;
    return outcome(verifier("{secret_path: \"secret:s\"}"), request, secrets);
  };
  CHECK(called("correct%20horse%20battery") == "accepted ");
  for (const char* part : {"correct", "horse", "battery", "correct horse", "correct  horse battery", ""}) {
    CAPTURE(part);
    CHECK(signed_with(part).starts_with("denied: "));
    CHECK(shown(part).starts_with("denied: "));
    CHECK(called(part).starts_with("denied: "));
  }
  secrets.known["secret:s"] = "whsec_" + encode_base64("one") + " whsec_" + encode_base64("two");
  const std::string time = std::to_string(present().seconds);
  for (const char* key : {"one", "two"}) {
    CHECK(outcome(verifier("{standard_webhooks: \"secret:s\"}"),
                  delivery("{}", {{"webhook-id", "m"},
                                  {"webhook-timestamp", time},
                                  {"webhook-signature", "v1," + encode_base64(hmac_sha256(key, "m." + time + ".{}"))}}),
                  secrets)
              .starts_with("denied: "));
  }
}

TEST_CASE("of several secrets each is valid, and one that is not there yet keeps nobody out") {
  KnownSecrets secrets;
  const Verifier several = verifier(R"({bearer: ["secret:old", "secret:new"]})");
  const auto shown = [&](const char* token) {
    return outcome(several, delivery("", {{"Authorization", std::string("Bearer ") + token}}), secrets);
  };
  CHECK(shown("a") == "unavailable: there is no secret:old");
  secrets.known["secret:new"] = "b";
  CHECK(shown("b") == "accepted ");
  CHECK(shown("a") == "denied: the bearer token is not the right one");
  secrets.known["secret:old"] = "a";
  CHECK(shown("a") == "accepted ");
  CHECK(shown("b") == "accepted ");
  CHECK(shown("a b") == "denied: the bearer token is not the right one");
}

TEST_CASE("senders that are known by name are proved as they sign") {
  KnownSecrets secrets;
  secrets.known["secret:s"] = "whsec_the secret";
  const std::string time = std::to_string(present().seconds), body = R"({"a":1})";
  const auto proof = [&](const std::string& text) { return hex(hmac_sha256("whsec_the secret", text)); };
  const auto told = [&](const std::string& verify, std::initializer_list<std::pair<std::string, std::string>> headers) {
    return outcome(verifier(verify), delivery(body, headers), secrets);
  };
  const std::string slack = proof("v0:" + time + ":" + body), stripe = proof(time + "." + body);
  for (const char* verify : {"{slack: \"secret:s\"}", "{hmac: {secret: \"secret:s\", header: X-Slack-Signature}}"}) {
    CHECK(told(verify, {{"X-Slack-Signature", "v0=" + slack}, {"X-Slack-Request-Timestamp", time}})
              .starts_with("accepted sha256:"));
    CHECK(told(verify, {{"X-Slack-Signature", "V0=" + slack}, {"X-Slack-Request-Timestamp", time}})
              .starts_with("accepted sha256:"));
    CHECK(told(verify, {{"X-Slack-Signature", "v0=" + proof(body)}, {"X-Slack-Request-Timestamp", time}}) ==
          "denied: the signature in x-slack-signature does not match the body");
    CHECK(told(verify, {{"X-Slack-Signature", "v0=" + slack}, {"X-Slack-Request-Timestamp", time + "1"}}) ==
          "denied: the signature in x-slack-signature does not match the body");
    CHECK(told(verify, {{"X-Slack-Signature", "v1=" + slack}, {"X-Slack-Request-Timestamp", time}}) ==
          "denied: the signature in x-slack-signature does not match the body");
    CHECK(told(verify, {{"X-Slack-Signature", "v0=" + slack}}) ==
          "denied: the time that is signed (x-slack-request-timestamp) is missing");
  }
  const std::string wrong = std::string(64, '0');
  CHECK(told("{stripe: \"secret:s\"}", {{"Stripe-Signature", "t=" + time + ",v1=" + stripe + ",v0=" + wrong}})
            .starts_with("accepted sha256:"));
  CHECK(told("{stripe: \"secret:s\"}", {{"Stripe-Signature", "t=" + time + ", v1=" + wrong + ", v1=" + stripe}})
            .starts_with("accepted sha256:"));
  CHECK(told("{stripe: \"secret:s\"}", {{"Stripe-Signature", "t=" + time + ",v0=" + stripe}}) ==
        "denied: the signature in stripe-signature does not match the body");
  CHECK(told("{stripe: \"secret:s\"}", {{"Stripe-Signature", "v1=" + stripe}}) ==
        "denied: the time that is signed (t) is missing");
  CHECK(told("{github: \"secret:s\"}", {{"X-Hub-Signature-256", "sha256=" + proof(body)}}) == "accepted ");
  CHECK(told("{shopify: \"secret:s\"}",
             {{"X-Shopify-Hmac-Sha256", encode_base64(hmac_sha256("whsec_the secret", body))}}) == "accepted ");
  CHECK(told("{hmac: {secret: \"secret:s\", header: Paddle-Signature}}",
             {{"Paddle-Signature", "ts=" + time + ";h1=" + proof(time + ":" + body)}})
            .starts_with("accepted sha256:"));
  CHECK(told(R"({hmac: {secret: "secret:s", header: Revolut-Signature, field: v1, timestamp: Revolut-Request-Timestamp,
      signs: "v1.{timestamp}.{body}"}})",
             {{"Revolut-Request-Timestamp", time + "789"},
              {"Revolut-Signature", "v1=" + wrong + ",v1=" + proof("v1." + time + "789." + body)}})
            .starts_with("accepted sha256:"));
}

TEST_CASE("the same signed time and body are one delivery, and the next time is another") {
  KnownSecrets secrets;
  secrets.known["secret:s"] = "s";
  const auto sent = [&](std::int64_t after, const std::string& body) {
    const std::string time = std::to_string(present().seconds + after);
    return outcome(
        verifier("{stripe: \"secret:s\"}"),
        delivery(body, {{"Stripe-Signature", "t=" + time + ",v1=" + hex(hmac_sha256("s", time + "." + body))}}),
        secrets);
  };
  CHECK(sent(0, "{}") == sent(0, "{}"));
  CHECK(sent(0, "{}") != sent(1, "{}"));
  CHECK(sent(0, "{}") != sent(0, "[]"));
}

TEST_CASE("the hash is the trigger's, under its name in small and in capital letters, and no sender chooses another") {
  KnownSecrets secrets;
  secrets.known["secret:s"] = "key";
  const std::map<std::string, Hash> hashes = {{"sha1", Hash::sha1}, {"sha256", Hash::sha256}, {"sha512", Hash::sha512}};
  const std::map<std::string, std::string> capitals = {{"sha1", "SHA1"}, {"sha256", "Sha256"}, {"sha512", "SHA512"}};
  for (const auto& [wanted, hash] : hashes) {
    const Verifier by_hex = verifier("{hmac: {secret: \"secret:s\", header: x-sig, algorithm: " + wanted + "}}");
    const Verifier by_base64 =
        verifier("{hmac: {secret: \"secret:s\", header: x-sig, encoding: base64, algorithm: " + wanted + "}}");
    for (const auto& [named, other] : hashes) {
      const std::string made = hmac(other, "key", "body");
      for (const std::string& name : {named, capitals.at(named)}) {
        CAPTURE(wanted);
        CAPTURE(name);
        CHECK(outcome(by_hex, delivery("body", {{"x-sig", name + "=" + hex(made)}}), secrets).starts_with("accepted") ==
              (hash == other));
        CHECK(outcome(by_base64, delivery("body", {{"x-sig", name + "=" + encode_base64(made)}}), secrets)
                  .starts_with("accepted") == (hash == other));
      }
      CHECK(outcome(by_hex, delivery("body", {{"x-sig", hex(made)}}), secrets).starts_with("accepted") ==
            (hash == other));
    }
  }
  const Verifier legacy = verifier("{hmac: {secret: \"secret:s\", header: X-Hub-Signature}}");
  CHECK(outcome(legacy, delivery("body", {{"X-Hub-Signature", "sha1=" + hex(hmac(Hash::sha1, "key", "body"))}}),
                secrets) == "accepted ");
}

TEST_CASE("a header of thousands of signatures costs no more than one of a few") {
  KnownSecrets secrets;
  secrets.known["secret:s"] = "whsec_" + encode_base64("key");
  std::string many = "v1,AAAA", fields = "t=1";
  for (int i = 0; i < 4000; ++i) many += " v1,AAAA";
  for (int i = 0; i < 4000; ++i) fields += ",v1=00";
  const KeyedHash keyed = verifier("{stripe: \"secret:s\"}").keyed;
  CHECK(read_signed_header(keyed, fields).signatures.size() == most_signatures);
  const std::string time = std::to_string(present().seconds);
  const std::string good = "v1," + encode_base64(hmac_sha256("key", "m." + time + ".{}"));
  const auto with = [&](const std::string& signatures) {
    return outcome(
        verifier("{standard_webhooks: \"secret:s\"}"),
        delivery("{}", {{"webhook-id", "m"}, {"webhook-timestamp", time}, {"webhook-signature", signatures}}), secrets);
  };
  CHECK(with(good + " " + many) == "accepted m");
  CHECK(with(many + " " + good) == "denied: webhook-signature does not match the delivery");
}

TEST_SUITE_END();
