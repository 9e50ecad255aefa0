#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.hpp"
#include "http/http_server.hpp"
#include "running_sandbox.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

using namespace millrace;
using test::location_tags;
using test::Reply;
using test::RunningSandbox;

TEST_SUITE_BEGIN("sandbox");

namespace {

std::string state(RunningSandbox& sandbox) { return encode_json(sandbox.ask("GET", "/_sandbox/state").body); }

void reset(RunningSandbox& sandbox, int seed) {
  CHECK(sandbox.ask("POST", "/_sandbox/reset", Value::object({{"seed", seed}})).status == 200);
}

void fault(RunningSandbox& sandbox, const std::string& json) {
  const Reply reply = sandbox.ask("POST", "/_sandbox/faults", Value(json));
  REQUIRE_MESSAGE(reply.status == 200, encode_json(reply.body));
}

/// Whether `signature` (base64) is Ed25519's of `body` under the public key.
bool verified(const std::string& pem, const std::string& signature, const std::string& body) {
  std::string bytes(signature.size(), '\0');
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  const int size = EVP_DecodeBlock(out, reinterpret_cast<const unsigned char*>(signature.data()),
                                   static_cast<int>(signature.size()));
  if (size < 64) return false;
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                       BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PUBKEY(text.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return key && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), out, 64, reinterpret_cast<const unsigned char*>(body.data()), body.size()) ==
             1;
}

/// Takes deliveries on the test's own loop.
struct Receiver {
  explicit Receiver(Loop& loop) {
    auto opened =
        open_http_server(loop, "127.0.0.1:0", [this](IncomingRequest request) { return take(std::move(request)); });
    REQUIRE(opened);
    server = std::move(*opened);
  }
  Task<OutgoingResponse> take(IncomingRequest request) {
    received = std::move(request);
    OutgoingResponse response;
    response.status = 202;
    response.body = "taken";
    co_return response;
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server->port()) + "/hooks/tags"; }

  IncomingRequest received;
  std::unique_ptr<HttpServer> server;
};

}  // namespace

TEST_CASE("a seed always gives the same world, and what follows from it, too") {
  RunningSandbox sandbox;
  const std::string first = state(sandbox);
  const Reply created = sandbox.ask("POST", location_tags, Value::object({{"name", "x"}}));
  reset(sandbox, 7);
  const std::string seventh = state(sandbox);
  CHECK(seventh != first);
  reset(sandbox, 8);
  CHECK(state(sandbox) != seventh);
  reset(sandbox, 7);
  CHECK(state(sandbox) == seventh);
  sandbox.ask("POST", "/_sandbox/reset");
  CHECK(state(sandbox) == first);
  CHECK(sandbox.ask("POST", location_tags, Value::object({{"name", "x"}})).body == created.body);
}

TEST_CASE("seeds make up names that are unlike within a location, deleted social tags, and other letters than ours") {
  RunningSandbox sandbox;
  std::size_t deleted = 0, foreign = 0;
  for (int seed = 2; seed < 22; ++seed) {
    reset(sandbox, seed);
    const std::string text = state(sandbox);
    if (text.find(R"("deleted":true)") != std::string::npos) ++deleted;
    if (text.find("東京") != std::string::npos || text.find("привет") != std::string::npos) ++foreign;
  }
  CHECK(deleted > 10);
  CHECK(foreign > 10);
}

TEST_CASE("a state that was read can be put back") {
  RunningSandbox sandbox;
  reset(sandbox, 5);
  sandbox.ask("POST", "/sightmill/acme", Value::object({{"email", "ada@example.com"}}));
  const Value before = sandbox.ask("GET", "/_sandbox/state").body;
  sandbox.ask("POST", "/_sandbox/reset");
  CHECK(sandbox.ask("POST", "/_sandbox/reset", Value::object({{"state", before}})).status == 200);
  CHECK(sandbox.ask("GET", "/_sandbox/state").body == before);

  const Reply refused = sandbox.ask("POST", "/_sandbox/reset", Value(R"({"state": {"locations": [{"name": "x"}]}})"));
  CHECK(refused.status == 400);
  CHECK(sandbox.ask("GET", "/_sandbox/state").body == before);
}

TEST_CASE(
    "requests are logged with small header names and parsed bodies, without tokens and without the sandbox's own") {
  RunningSandbox sandbox;
  sandbox.ask("POST", location_tags + "?a=b%20c", Value::object({{"name", "x"}}));
  sandbox.ask("GET", location_tags);
  const Reply reply = sandbox.ask("GET", "/_sandbox/requests");
  REQUIRE(reply.at("requests").list().size() == 2);
  CHECK(parse_timestamp(reply.at("requests.0.time").text()));
  CHECK(reply.at("requests.0.method") == Value("POST"));
  CHECK(reply.at("requests.0.path") == Value(location_tags));
  CHECK(reply.at("requests.0.query.a") == Value("b c"));
  CHECK(reply.at("requests.0.headers.version") == Value("2021-07-28"));
  CHECK(reply.at("requests.0.body.name") == Value("x"));
  CHECK(reply.at("requests.0.status") == Value(200));
  CHECK(reply.at("requests.1.body").is_null());
  CHECK(encode_json(reply.body).find("sandbox-token") == std::string::npos);
}

TEST_CASE("a fault with a status is answered in place of what was asked, as often as said, in that status's shape") {
  RunningSandbox sandbox;
  const std::string before = state(sandbox);
  fault(sandbox, R"({"path": "/locations/loc_main/tags", "method": "post", "count": 2, "status": 503})");
  CHECK(sandbox.ask("GET", location_tags).status == 200);
  for (int time = 0; time < 2; ++time) {
    const Reply reply = sandbox.ask("POST", location_tags, Value::object({{"name", "x"}}));
    CHECK(encode_json(reply.body) == R"({"statusCode":503,"message":"Service Unavailable"})");
    CHECK(reply.headers.find("X-RateLimit-Remaining"));
  }
  CHECK(state(sandbox) == before);
  CHECK(sandbox.ask("POST", location_tags, Value::object({{"name", "x"}})).status == 200);

  fault(sandbox, R"({"path": "/locations/*/tags", "status": 422})");
  CHECK(sandbox.ask("GET", "/locations/loc_north/tags").at("message.0") == Value("Unprocessable Entity"));
  fault(sandbox, R"([{"status": 401, "message": "The token is not authorized for this scope."},
                     {"status": 429, "headers": {"Retry-After": "3"}}, {"text": "<html>"}])");
  CHECK(sandbox.ask("GET", location_tags).at("message") == Value("The token is not authorized for this scope."));
  CHECK(*sandbox.ask("GET", location_tags).headers.find("Retry-After") == "3");
  CHECK(sandbox.ask("GET", location_tags).body == Value("<html>"));
  CHECK(sandbox.ask("GET", location_tags).status == 200);
}

TEST_CASE("a fault covers what lies below its path") {
  RunningSandbox sandbox;
  fault(sandbox, R"({"path": "/locations/loc_main", "status": 500})");
  CHECK(sandbox.ask("GET", "/locations/loc_north/tags").status == 200);
  CHECK(sandbox.ask("GET", location_tags).status == 500);
}

TEST_CASE("a dropped answer leaves undone what was asked, unless it is dropped after; a truncated one comes in part") {
  RunningSandbox sandbox;
  const std::string before = state(sandbox);
  fault(sandbox, R"({"method": "POST", "drop": true})");
  Reply reply = sandbox.ask("POST", location_tags, Value::object({{"name", "dropped"}}));
  CHECK(reply.status == 0);
  CHECK(state(sandbox) == before);
  CHECK(sandbox.ask("GET", "/_sandbox/requests").at("requests.0.status").is_null());

  fault(sandbox, R"({"method": "POST", "drop": "after"})");
  reply = sandbox.ask("POST", location_tags, Value::object({{"name", "done in silence"}}));
  CHECK(reply.status == 0);
  CHECK(state(sandbox).find("done in silence") != std::string::npos);

  fault(sandbox, R"({"method": "POST", "truncate": true})");
  reply = sandbox.ask("POST", location_tags, Value::object({{"name", "half said"}}));
  CHECK(reply.status == 0);
  CHECK(state(sandbox).find("half said") != std::string::npos);
}

TEST_CASE("a delayed answer comes late") {
  RunningSandbox sandbox;
  fault(sandbox, R"({"path": "/locations/loc_main/tags", "delay_ms": 50})");
  const auto began = std::chrono::steady_clock::now();
  CHECK(sandbox.ask("GET", location_tags).status == 200);
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds(50));
}

TEST_CASE("a delayed answer does not keep the program from ending") {
  RunningSandbox sandbox;
  fault(sandbox, R"({"path": "/locations/loc_main/tags", "delay_ms": 600000})");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(sandbox.port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const std::string request = "GET " + location_tags + " HTTP/1.1\r\nHost: x\r\n\r\n";
  REQUIRE(send(connection, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
  while (sandbox.ask("GET", "/_sandbox/requests").at("requests").list().empty()) continue;
  CHECK(sandbox.end() == 0);
  char answer = 0;
  CHECK(recv(connection, &answer, 1, 0) <= 0);
  close(connection);
}

TEST_CASE("numbers may be written as JSON likes") {
  RunningSandbox sandbox;
  reset(sandbox, 7);
  const std::string seventh = state(sandbox);
  CHECK(sandbox.ask("POST", "/_sandbox/reset", Value(R"({"seed": 7.0})")).status == 200);
  CHECK(state(sandbox) == seventh);
  fault(sandbox, R"({"status": 5e2, "count": 1.0, "truncate": 2.0})");
  CHECK(sandbox.ask("GET", location_tags).status == 0);
  CHECK(sandbox.ask("GET", location_tags).status == 200);
}

TEST_CASE("a fault that makes no sense is refused") {
  RunningSandbox sandbox;
  for (const std::string json : {R"({"statu": 500})", R"({"status": "500"})", R"({"drop": "later"})", "7", "{"}) {
    CHECK(sandbox.ask("POST", "/_sandbox/faults", Value(json)).status == 400);
  }
}

TEST_CASE("SightMill takes surveys and contacts, and keeps them for tests to see") {
  RunningSandbox sandbox;
  const Value person = Value::object({{"email", "ada@example.com"}, {"firstname", "Ada"}, {"delay_hours", 24}});
  CHECK(sandbox.ask("POST", "/sightmill/acme", person).status == 200);
  CHECK(sandbox.ask("POST", "/sightmill/acme", Value(Map())).status == 400);
  CHECK(sandbox.ask("GET", "/sightmill/acme").status == 404);
  const Reply reply = sandbox.ask("GET", "/_sandbox/state");
  REQUIRE(reply.at("survey_requests").list().size() == 1);
  CHECK(reply.at("survey_requests.0.project") == Value("acme"));
  CHECK(reply.at("survey_requests.0.body") == person);
}

TEST_CASE("a HighLevel delivery is signed over the bytes that are sent") {
  RunningSandbox sandbox;
  Receiver receiver(sandbox.loop());
  const Value payload = Value::object({{"type", "ContactTagUpdate"}, {"tags", Value::List{"café"}}});
  const std::string seed = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
  const std::string pem =
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIKvN7xI0VniQq83vEjRWeJCrze8S\r\nNFZ4kKvN7xI0VniQ\n"
      "-----END PRIVATE KEY-----\n";
  for (const std::string& key : {std::string(), seed, pem}) {
    const Value asked =
        Value::object({{"url", receiver.url()}, {"kind", "highlevel"}, {"payload", payload}, {"key", key}});
    const Reply reply = sandbox.ask("POST", "/_sandbox/emit", asked);
    CHECK(reply.at("status") == Value(202));
    CHECK(reply.at("body") == Value("taken"));
    const std::string* signature = receiver.received.headers.find("X-GHL-Signature");
    REQUIRE(signature);
    CHECK(verified(reply.at("public_key").text(), *signature, receiver.received.body));
    CHECK_FALSE(verified(reply.at("public_key").text(), *signature, receiver.received.body + " "));
    CHECK(*parse_json(receiver.received.body) == payload);
  }
  test::ask(sandbox.loop(), receiver.server->stop());
}

TEST_CASE("a SightMill delivery is sent plainly, and a receiver that is not there is told about") {
  RunningSandbox sandbox;
  Receiver receiver(sandbox.loop());
  const std::string url = receiver.url();
  const auto asked = [&](const Value& key) {
    return Value::object(
        {{"url", url}, {"kind", "sightmill"}, {"payload", Value::object({{"score", 9}})}, {"key", key}});
  };
  CHECK(sandbox.ask("POST", "/_sandbox/emit", asked("")).at("status") == Value(202));
  CHECK_FALSE(receiver.received.headers.find("X-GHL-Signature"));
  CHECK(receiver.received.body == R"({"score":9})");
  test::ask(sandbox.loop(), receiver.server->stop());
  CHECK(sandbox.ask("POST", "/_sandbox/emit", asked("")).status == 502);
  CHECK(sandbox.ask("POST", "/_sandbox/emit", asked(7)).status == 400);
}

TEST_SUITE_END();
