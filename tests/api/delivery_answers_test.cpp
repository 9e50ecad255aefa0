#include <doctest/doctest.h>

#include <algorithm>
#include <regex>
#include <vector>

#include "routes_bench.hpp"
#include "secret/secrets.hpp"

using namespace millrace;
using namespace std::chrono_literals;
using test::OneSecret;
using test::request;
using test::RoutesBench;

// What senders of deliveries are told, to the letter: programs that we do not know read it.

namespace {

const std::string open_hook = "triggers:\n  - {webhook: flow, verify: public}\n";
const std::string waiting_hook = "triggers:\n  - {webhook: flow, verify: public, respond: wait}\n";
const std::string sum = "actions:\n  - {id: sum, set: {sum: \"${{ event.a + 1 }}\"}}\n";

std::map<std::string, std::string> flow_of(const std::string& text) { return {{"flow", text}}; }

/// The status, the headers in the order of their names, and the body; keys are shown as E and R.
std::string shown(const OutgoingResponse& answer) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : answer.headers) lines.push_back(name + ": " + value + "\n");
  std::sort(lines.begin(), lines.end());
  std::string text = std::to_string(answer.status) + "\n";
  for (const std::string& line : lines) text += line;
  text += "\n" + answer.body;
  text = std::regex_replace(text, std::regex("\"e[0-9a-z]{13}\""), "\"E\"");
  return std::regex_replace(text, std::regex("\"r[0-9a-z]{13}\""), "\"R\"");
}

std::string told_sender(RoutesBench& bench, IncomingRequest asked) { return shown(bench.asked(std::move(asked))); }
std::string told_sender(RoutesBench& bench, const std::string& body) {
  return told_sender(bench, request("POST /hooks/flow", body));
}

const std::string json_type = "Content-Type: application/json\n";
const std::string dry = json_type + "Millrace-Dry-Run: true\n";
/// What the service as a whole says, before anybody looks at the delivery.
const std::string guarded = "Cache-Control: no-store\nContent-Type: application/json\n";

std::string error(const std::string& code, const std::string& message) {
  return "{\"error\":{\"code\":\"" + code + "\",\"message\":\"" + message + "\"}}";
}

/// The service starts again with the secret that senders are to prove.
void give_secret(RoutesBench& bench) {
  bench.stop();
  bench.folder.write("state/secrets.json", R"({"sender": "the-right-one"})");
  std::filesystem::permissions(bench.folder.path() / "state/secrets.json", std::filesystem::perms::owner_read);
  bench.secrets = open_secrets(bench.folder.path());
  bench.start();
  bench.routes = bench.routes_before(*bench.service);
}

}  // namespace

TEST_SUITE_BEGIN("api");

TEST_CASE("a delivery that is accepted, and one that comes again, are answered with the same receipt") {
  RoutesBench bench(flow_of("mode: live\ntriggers:\n  - {webhook: flow, verify: public, dedupe: event.a}\n" + sum));
  const OutgoingResponse first = bench.asked(request("POST /hooks/flow", R"({"a":1})"));
  CHECK(shown(first) == "202\n" + json_type + "\n{\"event\":\"E\",\"runs\":[\"R\"]}");
  bench.settle();
  const OutgoingResponse again = bench.asked(request("POST /hooks/flow?again=1", R"({"a":1})"));
  CHECK(shown(again) == shown(first));
  CHECK(again.body == first.body);
}

TEST_CASE("a delivery that meets nobody's condition gets a receipt without runs") {
  RoutesBench bench(flow_of("mode: live\ntriggers:\n  - {webhook: flow, verify: public, if: event.a > 1}\n" + sum));
  CHECK(told_sender(bench, R"({"a":1})") == "202\n" + json_type + "\n{\"event\":\"E\",\"runs\":[]}");
}

TEST_CASE("the answer to a delivery of which nothing is written says that it was a dry run") {
  const std::string plain = "202\n" + dry + "\n{\"event\":\"E\",\"runs\":[\"R\"],\"dry_run\":true}";
  RoutesBench bench(flow_of("mode: dry_run\ntriggers:\n  - {webhook: flow, verify: public, dedupe: event.a}\n" + sum));
  CHECK(told_sender(bench, R"({"a":1})") == plain);
  bench.settle();
  CHECK(told_sender(bench, R"({"a":1})") == plain);
  RoutesBench waited(flow_of("mode: dry_run\n" + waiting_hook + sum));
  CHECK(told_sender(waited, R"({"a":1})") == "200\n" + dry + "\n{\"sum\":2}");
  RoutesBench failed(
      flow_of("mode: dry_run\n" + waiting_hook + "actions:\n  - stop: {outcome: failed, message: not today}\n"));
  CHECK(told_sender(failed, "{}") ==
        "500\n" + dry +
            "\n{\"error\":{\"code\":\"invalid\",\"message\":\"not today\"},\"run\":\"R\",\"dry_run\":true}");
}

TEST_CASE("of a live run and a dry one, a sender that waits hears the live one, and never what is not known") {
  const std::string live = "mode: live\n" + waiting_hook + sum;
  const std::string unknown = "mode: dry_run\n" + waiting_hook + "actions:\n  - {action: shop.make, with: {op: a}}\n";
  const std::string paused = "mode: paused\n" + waiting_hook + sum;
  RoutesBench both({{"a", unknown}, {"b", live}});
  CHECK(told_sender(both, R"({"a":1})") == "200\n" + json_type + "\n{\"sum\":2}");
  RoutesBench dry_alone(flow_of(unknown));
  CHECK(told_sender(dry_alone, "{}") == "202\n" + dry + "\n{\"event\":\"E\",\"runs\":[\"R\"],\"dry_run\":true}");
  RoutesBench dry_first({{"a", unknown}, {"b", "mode: dry_run\n" + waiting_hook + sum}});
  CHECK(told_sender(dry_first, R"({"a":1})") ==
        "202\n" + dry + "\n{\"event\":\"E\",\"runs\":[\"R\",\"R\"],\"dry_run\":true}");
  RoutesBench beside_paused({{"a", paused}, {"b", "mode: dry_run\n" + waiting_hook + sum}});
  CHECK(told_sender(beside_paused, R"({"a":1})") == "200\n" + dry + "\n{\"sum\":2}");
}

TEST_CASE("whoever starts a dry run by hand is told that nothing is written, as senders are") {
  const auto started = [](const std::string& mode) {
    RoutesBench bench(flow_of("mode: " + mode + "\ntriggers:\n  - manual\n" + sum));
    return told_sender(bench, request("POST /api/v1/workflows/flow/runs", R"({"event": {"a": 1}})",
                                      {{"Host", "127.0.0.1:8710"},
                                       {"Authorization", "Bearer " + bench.token},
                                       {"Content-Type", "application/json"},
                                       {"X-Millrace-Who", "ada"}}));
  };
  const std::string nothing_written = started("dry_run");
  CAPTURE(nothing_written);
  CHECK(nothing_written.find("Millrace-Dry-Run: true\n") != std::string::npos);
  CHECK(nothing_written.find("\"runs\":[\"R\"],\"dry_run\":true}") != std::string::npos);
  for (const char* mode : {"live", "paused"}) {
    const std::string answer = started(mode);
    CAPTURE(answer);
    CHECK(answer.find("Dry-Run") == std::string::npos);
    CHECK(answer.find("\"runs\":[\"R\"],\"dry_run\":false}") != std::string::npos);
  }
}

TEST_CASE("a sender that waits gets the output of the run, or what has failed") {
  RoutesBench bench(flow_of("mode: live\n" + waiting_hook + sum));
  CHECK(told_sender(bench, R"({"a":1})") == "200\n" + json_type + "\n{\"sum\":2}");
  RoutesBench failed(
      flow_of("mode: live\n" + waiting_hook + "actions:\n  - stop: {outcome: failed, message: not today}\n"));
  CHECK(told_sender(failed, "{}") ==
        "500\n" + json_type + "\n{\"error\":{\"code\":\"invalid\",\"message\":\"not today\"},\"run\":\"R\"}");
}

TEST_CASE("a sender that waits gets the receipt where the run rests, takes too long or is left out by a pause") {
  const std::string receipt = "202\n" + json_type + "\n{\"event\":\"E\",\"runs\":[\"R\"]}";
  RoutesBench rests(flow_of("mode: live\n" + waiting_hook + "actions:\n  - approve: Go on?\n"));
  CHECK(told_sender(rests, "{}") == receipt);
  RoutesBench slow(flow_of("mode: live\n" + waiting_hook + "actions:\n  - {action: shop.add, with: {op: x}}\n"));
  slow.far_side.takes = 60s;
  CHECK(told_sender(slow, "{}") == receipt);
  slow.settle();
  RoutesBench paused(flow_of("mode: live\nconcurrency: skip_if_running\n" + waiting_hook + sum));
  REQUIRE(test::ask(paused.loop, paused.service->pause("flow", "somebody")));
  CHECK(told_sender(paused, R"({"a":1})") == receipt);
}

TEST_CASE("a wrong proof of who sends, a body that cannot be read and an address of nobody are refused") {
  RoutesBench bench(flow_of("mode: live\ntriggers:\n  - {webhook: flow, verify: {bearer: \"secret:sender\"}}\n" + sum));
  const std::string no_secret = "503\n" + json_type + "Retry-After: 5\n\n";
  CHECK(told_sender(bench, request("POST /hooks/flow", "{}", {{"Authorization", "Bearer right"}})) ==
        no_secret + error("unavailable", "there is no secret:sender"));
  give_secret(bench);

  const std::string refused = "401\n" + json_type + "\n";
  CHECK(told_sender(bench, "{}") == refused + error("denied", "the header Authorization: Bearer is missing"));
  CHECK(told_sender(bench, request("POST /hooks/flow", "{}", {{"Authorization", "Bearer wrong"}})) ==
        refused + error("denied", "the bearer token is not the right one"));
  const std::map<std::string, std::string> right = {{"Authorization", "Bearer the-right-one"}};
  CHECK(told_sender(bench, request("POST /hooks/flow", R"({"a":1})", right)) ==
        "202\n" + json_type + "\n{\"event\":\"E\",\"runs\":[\"R\"]}");
  CHECK(told_sender(bench, request("POST /hooks/flow", "{", right))
            .starts_with("400\n" + json_type + "\n{\"error\":{\"code\":"));
  for (const char* path : {"/hooks/other", "/hooks/", "/hooks/%zz", "/hooks/flow/extra"}) {
    CAPTURE(path);
    CHECK(told_sender(bench, request("POST " + std::string(path), "{}", right)) ==
          "404\n" + json_type + "\n" + error("not_found", "no workflow listens at this address"));
  }
  CHECK(told_sender(bench, request("POST /hooks", "{}", right)) ==
        "404\n" + guarded + "X-Content-Type-Options: nosniff\n\n" +
            error("not_found", "there is nothing at this address") + "\n");
}

TEST_CASE("before a body is read, nobody hears anything but what a whole request would have heard") {
  const std::string bearer = "triggers:\n  - {webhook: flow, verify: {bearer: \"secret:sender\"}}\n";
  RoutesBench bench(flow_of("mode: live\n" + bearer + sum));
  bench.stop();
  bench.secrets = std::make_unique<OneSecret>();
  bench.start();
  bench.routes = bench.routes_before(*bench.service);
  const HttpDoor door = bench.door_before(*bench.service);
  const std::map<std::string, std::string> right = {{"Authorization", "Bearer the-right-one"}};
  for (const char* line : {"POST /hooks/flow", "POST /hooks/other", "GET /hooks/flow", "POST /api/v1/reload", "POST /x",
                           "DELETE /healthz", "POST /approve/r1"}) {
    CAPTURE(line);
    const Admittance admitted = door(request(line));
    REQUIRE(admitted.refusal);
    CHECK(shown(*admitted.refusal) == told_sender(bench, request(line, "{}")));
  }
  CHECK_FALSE(door(request("POST /hooks/flow", "", right)).refusal);
  CHECK(bench.facts().events == 0);
}

TEST_CASE("a signature that is missing is told before the body has come") {
  for (const char* verify : {"{github: \"secret:sender\"}", "{stripe: \"secret:sender\"}",
                             "{standard_webhooks: \"secret:sender\"}", "highlevel"}) {
    CAPTURE(verify);
    RoutesBench bench(flow_of("mode: live\ntriggers:\n  - {webhook: flow, verify: " + std::string(verify) +
                              ", dedupe: body}\n" + sum));
    const HttpDoor door = bench.door_before(*bench.service);
    const Admittance admitted = door(request("POST /hooks/flow"));
    REQUIRE(admitted.refusal);
    CHECK(admitted.refusal->status == 401);
    CHECK(shown(*admitted.refusal) == told_sender(bench, request("POST /hooks/flow", "{}")));
    CHECK(bench.service->status().tallies.at("refused/hook:flow").count == 2);
  }
  RoutesBench bench(flow_of("mode: live\ntriggers:\n  - {webhook: flow, verify: {github: \"secret:sender\"}}\n" + sum));
  CHECK_FALSE(bench.door_before(*bench.service)(request("POST /hooks/flow", "", {{"X-Hub-Signature-256", "sha256=00"}}))
                  .refusal);
}

TEST_CASE("a delivery that the server refuses at its limits is counted and told as those that its hook refuses") {
  RoutesBench bench(flow_of("mode: live\n" + open_hook + sum));
  const HttpOwner owner = bench.owner_before(*bench.service);
  owner.refused(request("POST /hooks/flow"), 413, "the body of the request is too large");
  owner.refused(request("POST /hooks/nobody"), 413, "the body of the request is too large");
  owner.refused(request("GET /api/v1/status"), 413, "the body of the request is too large");
  const auto tallies = bench.service->status().tallies;
  REQUIRE(tallies.size() == 1);
  CHECK(tallies.at("refused/hook:flow").reason == "413: the body of the request is too large");
  CHECK(bench.metrics.series("millrace_webhook_requests_total", {{"code", "413"}}).value() == 2);
  CHECK(bench.metrics.series("millrace_deliveries_refused_total", {{"source", "hook:flow"}}).value() == 1);
}

TEST_CASE("how large a body may be depends on the address") {
  RoutesBench bench(flow_of("mode: live\n" + open_hook + sum));
  const HttpDoor door = bench.door_before(*bench.service);
  CHECK(door(request("POST /hooks/flow")).max_body_bytes == std::string::npos);
  CHECK(door(request("POST /api/v1/reload")).max_body_bytes == 1u << 20);
  CHECK(door(request("GET /healthz")).max_body_bytes == 64u << 10);
}

TEST_CASE("numbers are told to whoever knows a name of ours, and to no page that had its own name lead here") {
  RoutesBench bench(flow_of("mode: live\n" + open_hook + sum));
  CHECK(bench.asked(request("GET /metrics", "", {{"Host", "127.0.0.1:8710"}})).status == 200);
  CHECK(bench.asked(request("GET /metrics", "", {{"Host", "evil.example:8710"}})).status == 403);
  CHECK(bench.asked(request("GET /metrics")).status == 403);
  CHECK(bench.asked(request("GET /healthz", "", {{"Host", "evil.example"}})).status == 200);
}

TEST_CASE("a delivery is sent by POST and by nothing else") {
  RoutesBench bench(flow_of("mode: live\n" + open_hook + sum));
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
    CAPTURE(method);
    CHECK(told_sender(bench, request(std::string(method) + " /hooks/flow")) ==
          "405\nAllow: POST\n" + guarded + "X-Content-Type-Options: nosniff\n\n" +
              error("invalid", "this address takes POST only") + "\n");
  }
}

namespace {

std::string checking(const std::string& verify, const std::string& challenge) {
  return "mode: live\ntriggers:\n  - webhook: flow\n    verify: " + verify + "\n    challenge: " + challenge + "\n" +
         sum;
}

const std::string text = "200\nContent-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\n\n";

}  // namespace

TEST_CASE("a sender that checks the address hears what the challenge gives, and no run begins") {
  RoutesBench bench(
      flow_of(checking("{hmac: {secret: \"secret:s\", header: x-sig}}", "delivery.query['hub.challenge']")));
  CHECK(told_sender(bench, request("GET /hooks/flow?hub.mode=subscribe&hub.challenge=%3Cb%3E42")) == text + "<b>42");
  CHECK(told_sender(bench, request("HEAD /hooks/flow?hub.challenge=42")) == text + "42");
  const std::string wrong = "405\nAllow: POST\n" + guarded + "X-Content-Type-Options: nosniff\n\n" +
                            error("invalid", "this address takes POST only") + "\n";
  CHECK(told_sender(bench, request("GET /hooks/flow?hub.challenge=")) ==
        "400\n" + json_type + "\n" +
            error("invalid",
                  "this check of the address is not answered: what the trigger's challenge asks for is missing or "
                  "another"));
  CHECK(bench.service->status().tallies.at("refused/hook:flow").reason ==
        "400: this check of the address is not answered: challenge: it gives an empty text");
  CHECK(told_sender(bench, request("GET /hooks/flow")).starts_with("400\n"));
  CHECK(bench.service->status().tallies.at("refused/hook:flow").count == 2);
  CHECK(told_sender(bench, request("GET /hooks/other?hub.challenge=42")) == wrong);
  CHECK(told_sender(bench, request("PUT /hooks/flow?hub.challenge=42")) == wrong);
  CHECK(bench.facts().events == 0);
}

TEST_CASE("a check by a delivery is answered where the delivery is proved, and any other is taken as ever") {
  RoutesBench bench(flow_of(checking(
      "public", "'event.?type.orValue(\"\") == \"url_verification\" ? {\"challenge\": event.challenge} : null'")));
  CHECK(told_sender(bench, R"({"type":"url_verification","challenge":"abc"})") ==
        "200\n" + json_type + "X-Content-Type-Options: nosniff\n\n{\"challenge\":\"abc\"}");
  CHECK(bench.facts().events == 0);
  CHECK(told_sender(bench, R"({"a":1})") == "202\n" + json_type + "\n{\"event\":\"E\",\"runs\":[\"R\"]}");
}

TEST_CASE("a proof that is no signature is asked of a check, too") {
  RoutesBench bench(flow_of(checking("{bearer: \"secret:sender\"}", "delivery.query.validationToken")));
  give_secret(bench);
  CHECK(told_sender(bench, request("GET /hooks/flow?validationToken=42")) ==
        "401\n" + json_type + "\n" + error("denied", "the header Authorization: Bearer is missing"));
  CHECK(told_sender(bench, request("GET /hooks/flow?validationToken=42", "",
                                   {{"Authorization", "Bearer the-right-one"}})) == text + "42");
  CHECK(told_sender(bench, request("POST /hooks/flow?validationToken=42", "")).starts_with("401\n"));
}

TEST_CASE("what is too much is refused with the time to come back") {
  ServiceBudget none_at_once;
  none_at_once.requests_per_source = 0;
  RoutesBench crowded(flow_of("mode: live\n" + open_hook + sum), none_at_once);
  CHECK(told_sender(crowded, "{}") ==
        "429\n" + json_type + "Retry-After: 1\n\n" + error("limited", "too many deliveries at once"));
  ServiceBudget nothing_unwritten;
  nothing_unwritten.unwritten_bytes = 1;
  RoutesBench behind(flow_of("mode: live\n" + open_hook + sum), nothing_unwritten);
  const std::string later = "503\n" + json_type + "Retry-After: 5\n\n";
  CHECK(told_sender(behind, "{}") == later + error("unavailable", "too much is waiting for the disk"));
  ServiceBudget no_queue;
  no_queue.active_runs = 0;
  no_queue.queued_runs = 0;
  RoutesBench full(flow_of("mode: live\n" + open_hook + sum), no_queue);
  CHECK(told_sender(full, R"({"a":1})") == later + error("unavailable", "too many runs are waiting for their turn"));
}

TEST_CASE("while the service starts and when it stops, deliveries are told to come back") {
  RoutesBench bench(flow_of("mode: live\n" + open_hook + sum));
  const auto starting = open_service({bench.loop, bench.folder.path(), bench.project, bench.catalog, *bench.secrets,
                                      *bench.courier, *bench.plugins, *bench.store, *bench.clock, bench.metrics});
  const HttpHandler early = bench.routes_before(*starting);
  CHECK(shown(test::ask(bench.loop, early(request("POST /hooks/flow", "{}")))) ==
        "503\n" + guarded + "Retry-After: 5\nX-Content-Type-Options: nosniff\n\n" +
            error("unavailable", "the service is starting") + "\n");
  told_sender(bench, R"({"a":1})");
  test::ask(bench.loop, bench.service->drain(Deadline::in(Duration::zero())));
  CHECK(told_sender(bench, R"({"a":1})") ==
        "503\n" + json_type + "Retry-After: 5\n\n" + error("unavailable", "the service is stopping"));
}

TEST_CASE("answers to deliveries are counted by their status, those of a wrong method are none") {
  RoutesBench bench(flow_of("mode: live\n" + open_hook + sum));
  told_sender(bench, R"({"a":1})");
  told_sender(bench, R"({"a":2})");
  told_sender(bench, request("POST /hooks/other", "{}"));
  told_sender(bench, request("GET /hooks/flow"));
  const auto counted = [&bench](const char* code) {
    return bench.metrics.series("millrace_webhook_requests_total", {{"code", code}}).value();
  };
  CHECK(counted("202") == 2);
  CHECK(counted("404") == 1);
  CHECK(counted("405") == 0);
}

TEST_SUITE_END();
