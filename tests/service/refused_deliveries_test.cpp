#include <doctest/doctest.h>

#include "base/files.hpp"
#include "base/percent.hpp"
#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "service_bench.hpp"
#include "trigger/packed_body.hpp"
#include "value/json.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::contains;
using test::ServiceBench;

namespace {

std::map<std::string, std::string> flow_begun_by(const std::string& trigger) {
  return {{"flow", "mode: live\ntriggers:\n  - " + trigger + "\nactions:\n  - {set: {seen: true}}\n"}};
}

const std::string signed_hook =
    "{webhook: flow, verify: {hmac: {secret: \"secret:s\", header: x-sig}}, dedupe: event.id}";

void give_secret(ServiceBench& bench, const std::string& secret = "the-key") {
  bench.stop();
  const auto file = bench.folder.path() / "state/secrets.json";
  std::filesystem::remove(file);
  bench.folder.write("state/secrets.json", encode_json(Value::object({{"s", secret}})));
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  bench.secrets = open_secrets(bench.folder.path());
  bench.start();
}

OutgoingResponse send(ServiceBench& bench, const std::string& body, const std::map<std::string, std::string>& headers) {
  IncomingRequest request{"POST", "/hooks/flow", "", {}, body};
  for (const auto& [name, value] : headers) request.headers.add(name, value);
  return test::ask(bench.loop, bench.service->hook(std::move(request)));
}

OutgoingResponse send_signed(ServiceBench& bench, const std::string& body) {
  return send(bench, body, {{"X-Sig", hex(hmac_sha256("the-key", body))}});
}

std::string tallied(const ServiceBench& bench, const std::string& key) {
  const auto all = bench.service->status().tallies;
  const auto found = all.find(key);
  return found == all.end() ? "none" : std::to_string(found->second.count) + " " + found->second.reason;
}

}  // namespace

TEST_SUITE_BEGIN("service");

TEST_CASE(
    "refused deliveries are counted with their last reason, told by status, metrics and why, and after a restart") {
  ServiceBench bench(flow_begun_by(signed_hook));
  give_secret(bench);
  CHECK(send(bench, "{}", {}).status == 401);
  CHECK(send(bench, "{}", {{"X-Sig", "00"}}).status == 401);
  CHECK(send_signed(bench, "{").status == 400);
  CHECK(tallied(bench, "refused/hook:flow").starts_with("3 400: the body: "));
  CHECK(bench.metrics.series("millrace_deliveries_refused_total", {{"source", "hook:flow"}}).value() == 3);
  bench.pass(1s);
  CHECK(contains(bench.why_of("flow"), "3 times a delivery to hook:flow was refused, the last "));
  CHECK(contains(bench.why_of("flow"), " with 400: the body: "));
  bench.restart();
  CHECK(tallied(bench, "refused/hook:flow").starts_with("3 "));
  CHECK(send(bench, "{}", {{"X-Sig", "00"}}).status == 401);
  CHECK(tallied(bench, "refused/hook:flow") == "4 401: the signature in x-sig does not match the body");
  CHECK(bench.outcomes().empty());
}

TEST_CASE("however many are refused, the store is written to a few times") {
  ServiceBench bench(flow_begun_by("{webhook: flow, verify: public}"));
  const auto entries = [&bench] { return bench.facts().bytes; };
  const auto before = entries();
  for (int i = 0; i < 2000; ++i) CHECK(bench.deliver("flow", "{").status == 400);
  bench.pass(1s);
  CHECK(tallied(bench, "refused/hook:flow").starts_with("2000 "));
  CHECK(entries() - before < 64 * 1024);
}

TEST_CASE("a refusal tells neither a secret nor what would harm whoever reads it") {
  ServiceBench bench(flow_begun_by("{webhook: flow, verify: public, dedupe: event.id}"));
  give_secret(bench);
  CHECK(bench.deliver("flow", "{\"the-key\x1b[31m\": }").status == 400);
  CHECK_FALSE(contains(tallied(bench, "refused/hook:flow"), "\x1b"));
  REQUIRE(bench.secrets->find("secret:s"));
  bench.deliver("flow", "{\"the-key\": }");
  CHECK_FALSE(contains(tallied(bench, "refused/hook:flow"), "the-key"));
}

TEST_CASE("what a sender hears is the same whether it has guessed a secret or not, and what is kept holds none") {
  ServiceBench bench(
      {{"flow", R"(mode: live
triggers:
  - webhook: flow
    verify: public
    challenge: '{"query": delivery.query.q, "header": delivery.headers["x-note"]}'
actions:
  - {set: {seen: true}}
)"},
       {"ids",
        "mode: live\ntriggers:\n  - {webhook: ids, verify: public, dedupe: event.id}\n"
        "actions:\n  - {id: seen, set: {id: \"${{ event.id }}\"}}\n"},
       {"sums",
        "mode: live\ntriggers:\n  - {webhook: sums, verify: public, dedupe: int(event.id)}\n"
        "actions:\n  - {set: {seen: true}}\n"},
       {"heads",
        "mode: live\ntriggers:\n  - {webhook: heads, verify: public, dedupe: 'delivery.headers[\"x-note\"]'}\n"
        "actions:\n  - {set: {seen: true}}\n"}});
  give_secret(bench);
  REQUIRE(bench.secrets->find("secret:s"));

  IncomingRequest check{"GET", "/hooks/flow", "q=the-key", {}, ""};
  check.headers.add("X-Note", "Bearer the-key");
  const auto told = bench.service->challenge(check);
  REQUIRE(told);
  CHECK(told->body == R"({"query":"the-key","header":"Bearer the-key"})");

  CHECK(contains(bench.deliver("sums", R"({"id": "the-key"})").body, "the-key"));
  CHECK_FALSE(contains(tallied(bench, "refused/hook:sums"), "the-key"));

  CHECK(bench.delivered("ids", R"({"id": "the-key"})") != bench.delivered("ids", R"({"id": "secret:s"})"));
  CHECK(bench.delivered("ids", R"({"id": "the-key"})") == bench.delivered("ids", R"({"id": "the-key", "n": 2})"));
  const auto by_header = [&bench](const std::string& note) {
    IncomingRequest request{"POST", "/hooks/heads", "", {}, "{}"};
    request.headers.add("X-Note", note);
    return test::ask(bench.loop, bench.service->hook(std::move(request))).body;
  };
  CHECK(by_header("the-key") != by_header("secret:s"));
  CHECK(by_header("the-key") == by_header("the-key"));
  bench.stop();
  for (const auto& file : std::filesystem::recursive_directory_iterator(bench.folder.path() / "state")) {
    if (!file.is_regular_file() || file.path().filename() == "secrets.json") continue;
    CAPTURE(file.path().string());
    CHECK_FALSE(contains(*read_input(file.path().string()), "the-key"));
  }
}

TEST_CASE("the same id with another body is answered as the first was, and told") {
  ServiceBench bench(flow_begun_by("{webhook: flow, verify: public, dedupe: event.id}"));
  const std::string first = bench.deliver("flow", R"({"id": "a", "n": 1})").body;
  CHECK(bench.deliver("flow", R"({"n": 1, "id": "a"})").body == first);
  CHECK(tallied(bench, "other_body/hook:flow") == "none");
  CHECK(bench.deliver("flow", R"({"id": "a", "n": 2})").body == first);
  CHECK(
      tallied(bench, "other_body/hook:flow").starts_with("1 the id \"a\" had come before with another body (event e"));
  bench.pass(1s);
  CHECK(contains(bench.why_of("flow"),
                 "1 time a delivery to hook:flow was taken for a repeated one although its body was another"));
  bench.restart();
  CHECK(bench.deliver("flow", R"({"id": "a", "n": 3})").body == first);
  CHECK(tallied(bench, "other_body/hook:flow").starts_with("2 "));
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 1}});
}

TEST_CASE("a signed time makes one run of a delivery that is sent again, and two of equal bodies at two times") {
  ServiceBench bench(flow_begun_by("{webhook: flow, verify: {stripe: \"secret:s\"}}"));
  give_secret(bench);
  const auto sent = [&](std::int64_t before, const std::string& body) {
    const std::string time = std::to_string(bench.clock->now().seconds - before);
    return send(bench, body,
                {{"Stripe-Signature", "t=" + time + ",v1=" + hex(hmac_sha256("the-key", time + "." + body))}});
  };
  const OutgoingResponse first = sent(5, "{}");
  CHECK(first.status == 202);
  for (int i = 0; i < 3; ++i) CHECK(sent(5, "{}").body == first.body);
  CHECK(sent(4, "{}").status == 202);
  CHECK(sent(31 * 86'400, "{}").status == 401);
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 2}});
}

TEST_CASE("a hook whose secret is missing is an alarm from the start on, until it is there") {
  ServiceBench bench(flow_begun_by(signed_hook));
  bench.pass(10s);
  CHECK(contains(bench.alarms(), "secret of hook:flow: nobody can be proved here: there is no secret:s"));
  give_secret(bench);
  bench.pass(10s);
  CHECK(bench.alarms().empty());
}

TEST_CASE("a delivery that comes packed is proved by what was packed or by what was unpacked, and read") {
  ServiceBench bench(flow_begun_by(signed_hook));
  give_secret(bench);
  const std::string body = R"({"id": 1})";
  const std::string packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\xca\x4c\x51\xb2\x52\x30\xac\x05\x00\x85\x40\xd4\x56\x09\x00\x00"
      "\x00",
      29);  // gzip
  const std::string half = packed.substr(0, 10);
  const auto sent = [&](const std::string& what, const std::string& signs) {
    return send(bench, what, {{"Content-Encoding", "gzip"}, {"X-Sig", hex(hmac_sha256("the-key", signs))}}).status;
  };
  CHECK(sent(packed, packed) == 202);
  CHECK(sent(packed, body) == 202);
  CHECK(sent(packed, "{}") == 401);
  CHECK(sent(half, half) == 400);
  CHECK(sent(half, body) == 401);
  CHECK(send(bench, packed, {{"Content-Encoding", "gzip"}, {"X-Sig", "00"}}).status == 401);
  CHECK(send(bench, body, {{"Content-Encoding", "br"}, {"X-Sig", hex(hmac_sha256("the-key", body))}}).status == 415);
}

TEST_CASE("a body that grows too far to be compared with its signature is refused with the true reason") {
  ServiceBench bench(flow_begun_by(signed_hook));
  give_secret(bench);
  const std::string body = "{\"id\": 1, \"a\": \"" + std::string(100'000, 'x') + "\"}";
  const std::string packed = *decode_base64(  // gzip
      "H4sIAAAAAAACA+3FoQ3AIBQFwFV+"
      "nq7Bsg1JTTdoQtgdxkDcmZv53vRqT2Wc8wMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADXytqyMidNsoYBAA==");
  REQUIRE(packed.size() * 20 + (64u << 10) < body.size());
  const auto sent = [&](const std::string& signs, const std::string& coding = "gzip") {
    return send(bench, packed, {{"Content-Encoding", coding}, {"X-Sig", hex(hmac_sha256("the-key", signs))}});
  };
  CHECK(sent(packed).status == 202);
  const OutgoingResponse refused = sent(body);
  CHECK(refused.status == 401);
  CHECK(contains(refused.body, "it grows more than twenty-fold"));
  CHECK(contains(tallied(bench, "refused/hook:flow"), "does not match the body as it came"));
  CHECK(contains(sent(body, "br").body, "packed in a way that is not read here"));
}

TEST_CASE("a secret part of an address may hold any character, once it is encoded") {
  ServiceBench bench(flow_begun_by("{webhook: a/b, verify: {secret_path: \"secret:s\"}, dedupe: none}"));
  for (const std::string secret : {"a/b", "/", "50%", "a b", "a/b/c?d#e"}) {
    CAPTURE(secret);
    give_secret(bench, secret);
    const auto sent = [&bench](const std::string& path) {
      return test::ask(bench.loop, bench.service->hook({"POST", "/hooks/" + path, "", {}, "{}"})).status;
    };
    CHECK(sent("a/b/" + percent_encode(secret)) == 202);
    CHECK(sent("a%2Fb/" + percent_encode(secret)) == 202);
    CHECK(sent("a/b/" + percent_encode(secret + "x")) == 401);
    CHECK(sent("a/b") == 401);
  }
}

TEST_CASE("a delivery whose id is empty does not start the same once more") {
  ServiceBench bench(flow_begun_by(signed_hook));
  give_secret(bench);
  for (const char* body : {R"({"id": ""})", R"({"id": null})", R"({"id": " "})"}) {
    const OutgoingResponse first = send_signed(bench, body);
    CHECK(first.status == 202);
    CHECK(send_signed(bench, body).body == first.body);
  }
  bench.settle();
  CHECK(bench.outcomes() == std::map<std::string, int>{{"completed", 3}});
}

TEST_CASE("what a stranger packs is not unpacked further than people's bodies shrink") {
  IncomingRequest request{"POST", "/hooks/flow", "", {}, std::string(1000, 'x')};
  CHECK(room_before_proof(request) == (64u << 10) + 20'000);
  request.body.assign(largest_delivery, 'x');
  CHECK(room_before_proof(request) == largest_delivery);
}

TEST_CASE("a form that is JSON is refused with the reason, 415") {
  ServiceBench bench(flow_begun_by("{webhook: flow, verify: public, parse: form}"));
  CHECK(bench.deliver("flow", R"({"a": 1})").status == 415);
  CHECK(contains(bench.deliver("flow", R"({"a": 1})").body, "parse: json reads it"));
  CHECK(send(bench, "a=1", {{"Content-Type", "application/x-www-form-urlencoded"}}).status == 202);
  CHECK(bench.deliver("flow", "a=1").status == 415);
}

TEST_SUITE_END();
