#include "base/text.hpp"
#include "courier_bench.hpp"
#include "crypto/base64.hpp"

namespace millrace {

using test::CourierBench;
using test::reply;

namespace {

constexpr const char* password = "open sesame/+1";

/// The connection shows its secret so, and no token.
void shows(CourierBench& bench, ShownSecret shown) {
  const auto file = bench.folder.write("state/secrets.json",
                                       std::string(R"({"shop": ")") + password + R"(", "me": "ada", "blank": "  "})");
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  bench.project.connections[0].token = "";
  bench.project.connections[0].shown = std::move(shown);
}

std::string header(const IncomingRequest& request, const char* name) {
  const std::string* found = request.headers.find(name);
  return found == nullptr ? "none" : *found;
}

std::string get(CourierBench& bench, const std::string& url, Value headers = Map()) {
  return bench.perform("shop.request",
                       Value::object({{"method", "GET"}, {"url", url}, {"effect", "read"}, {"headers", headers}}),
                       bench.site());
}

/// Keeps what it is asked to send.
class Recorder final : public HttpClient {
 public:
  Task<Result<IncomingResponse>> send(OutgoingRequest request) override {
    sent.push_back(std::move(request));
    co_return Error{ErrorCode::denied, "not sent"};
  }
  std::vector<OutgoingRequest> sent;
};

/// "loopback private link-local", as far as a request over a connection with that address may reach.
std::string reach(const std::string& base_url, bool says_private = false, bool says_link_local = false) {
  CourierBench bench;
  auto recorder = std::make_unique<Recorder>();
  Recorder& kept = *recorder;
  bench.client = std::move(recorder);
  bench.project.connections[0].base_url = base_url;
  bench.project.connections[0].private_addresses = says_private;
  bench.project.connections[0].link_local = says_link_local;
  get(bench, "/tags");
  REQUIRE(kept.sent.size() == 1);
  CHECK(kept.sent[0].connection == "shop");
  std::string may = kept.sent[0].loopback_addresses ? "loopback " : "";
  may += kept.sent[0].private_addresses ? "private " : "";
  return may + (kept.sent[0].link_local_addresses ? "link-local" : "");
}

}  // namespace

TEST_CASE(
    "a connection shows its secret as a header, by basic authentication or as a parameter, as the far side wants") {
  using Place = ShownSecret::Place;
  CourierBench bench;
  shows(bench, {Place::header, "X-Api-Key", "", "secret:shop"});
  get(bench, "/tags");
  CHECK(header(bench.arrived.back(), "x-api-key") == password);
  CHECK(header(bench.arrived.back(), "authorization") == "none");
  shows(bench, {Place::header, "Authorization", "Token ", "secret:shop"});
  get(bench, "/tags");
  CHECK(header(bench.arrived.back(), "authorization") == std::string("Token ") + password);
  shows(bench, {Place::basic, "ada", "", "secret:shop"});
  get(bench, "/tags");
  const std::string basic = "Basic " + encode_base64(std::string("ada:") + password);
  CHECK(header(bench.arrived.back(), "authorization") == basic);
  shows(bench, {Place::basic, "secret:me", "", "secret:shop"});
  get(bench, "/tags");
  CHECK(header(bench.arrived.back(), "authorization") == basic);
  shows(bench, {Place::query, "key", "", "secret:shop"});
  get(bench, "/tags?a=1");
  CHECK(bench.arrived.back().query == "a=1&key=open%20sesame%2F%2B1");
  get(bench, "/tags");
  CHECK(bench.arrived.back().query == "key=open%20sesame%2F%2B1");
}

TEST_CASE("a secret that the far side refuses is told as that, however it is shown, to the step and to people") {
  using Place = ShownSecret::Place;
  for (const Place place : {Place::header, Place::basic, Place::query}) {
    bool good = false;
    CourierBench bench([&good](const IncomingRequest&) {
      return good ? reply(200, "{}") : reply(401, R"({"message":"Invalid key"})");
    });
    std::string told;
    bench.options.on_token = [&told](const std::string&, const std::string& problem) { told = problem; };
    shows(bench, {place, "key", "", "secret:shop"});
    const auto list = [&bench] { return bench.perform("shop.tags.list"); };
    CHECK(list() ==
          "denied: shop refused the secret (401: Invalid key): \"millrace secret set shop\" gives it another, "
          "or MILLRACE_SECRET_SHOP in the environment");
    CHECK(told.find("shop refused the secret (401: Invalid key)") == 0);
    good = true;
    CHECK(list() == "{}");
    CHECK(told.empty());
  }
}

TEST_CASE("what a step says takes the place of no secret, and a secret goes to its own host only") {
  using Place = ShownSecret::Place;
  CourierBench bench;
  for (const Place place : {Place::header, Place::query}) {
    shows(bench, {place, "x-key", "", "secret:shop"});
    get(bench, "/tags", Value::object({{"X-Key", "mine"}}));
    REQUIRE_FALSE(bench.arrived.empty());
    if (place == Place::header) CHECK(header(bench.arrived.back(), "x-key") == password);
    bench.arrived.clear();
    // The same machine under another name is another host.
    CHECK(get(bench, "http://localhost:" + std::to_string(bench.server->port()) + "/tags").starts_with("denied: "));
    CHECK(bench.arrived.empty());
  }
}

TEST_CASE("no answer that quotes a secret shows it") {
  using Place = ShownSecret::Place;
  for (const Place place : {Place::header, Place::basic, Place::query}) {
    CourierBench bench([](const IncomingRequest& request) {
      std::string all = request.query;
      for (const auto& [name, value] : request.headers) all += " " + value;
      return reply(403, all);
    });
    shows(bench, {place, "key", "", "secret:shop"});
    const std::string shown = get(bench, "/tags");
    CAPTURE(shown);
    CHECK(shown.find("sesame") == std::string::npos);
    CHECK(shown.find(encode_base64(std::string("key:") + password)) == std::string::npos);
  }
}

TEST_CASE("a secret that is blank is told as one that is missing, and nothing is sent with it") {
  using Place = ShownSecret::Place;
  CourierBench bench;
  for (const Place place : {Place::header, Place::basic, Place::query}) {
    shows(bench, ShownSecret{place, "a", "", "secret:blank"});
    CHECK(get(bench, "/tags").starts_with("not_found: connection \"shop\": secret:blank is empty"));
  }
  CHECK(bench.arrived.empty());
}

TEST_CASE("a secret that is missing is told before anything is sent, whatever holds it") {
  using Place = ShownSecret::Place;
  CourierBench bench;
  for (const ShownSecret& shown :
       {ShownSecret{Place::header, "a", "", "secret:gone"}, ShownSecret{Place::basic, "secret:gone", "", "secret:shop"},
        ShownSecret{Place::query, "a", "", "secret:gone"}}) {
    shows(bench, shown);
    CHECK(get(bench, "/tags").starts_with("not_found: connection \"shop\": no secret \"gone\""));
  }
  CHECK(bench.arrived.empty());
}

TEST_CASE("an address that is a secret as a whole is asked exactly as it is") {
  for (const char* path : {"/services/T0/B0/x9", "/services/T0/B0/x9/", "/hook?token=x9", "/hook/?token=x9"}) {
    CAPTURE(path);
    CourierBench bench;
    std::string host = bench.base();
    const auto file = bench.folder.write("state/secrets.json", R"({"hook": ")" + host + path + "\"}");
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    bench.project.connections[0].token = "";
    bench.project.connections[0].base_url = "secret:hook";
    const std::string shown = bench.perform(
        "shop.request", Value::object({{"method", "POST"}, {"body", Value::object({{"text", "hi"}})}}), bench.site());
    CHECK(bench.requests() == std::string("POST ") + path + " {\"text\":\"hi\"}\n");
    CHECK(shown.find("x9") == std::string::npos);
  }
}

TEST_CASE("a header of a step that names a secret is not sent as these words") {
  CourierBench bench;
  CHECK(
      get(bench, "/tags", Value::object({{"X-Api-Key", "secret:shop"}})) ==
      "invalid: the header \"X-Api-Key\" would be sent as the words \"secret:shop\": a secret belongs to a connection "
      "(auth: {header: {name: X-Api-Key, value: \"secret:shop\"}} in millrace.yaml)");
  CHECK(bench.arrived.empty());
}

TEST_CASE("a connection's public name reaches public addresses, a written address itself, and nothing by chance") {
  CHECK(reach("https://api.example.com") == "");
  CHECK(reach("https://api.example.com/10.0.0.1") == "");
  CHECK(reach("https://127.example.com") == "");
  CHECK(reach("https://api.example.com", true) == "private ");
  CHECK(reach("https://api.example.com", false, true) == "link-local");
  CHECK(reach("https://10.example") == "");
  CHECK(reach("http://10.0.0.5:8080") == "private ");
  CHECK(reach("http://[fd00::1]") == "private ");
  CHECK(reach("http://127.0.0.1:1") == "loopback private ");
  CHECK(reach("http://localhost:1") == "loopback private ");
  CHECK(reach("http://shop.localhost:1") == "loopback ");
  CHECK(reach("http://stock") == "private ");
  CHECK(reach("http://stock.internal") == "private ");
  CHECK(reach("http://nas.local") == "private ");
  CHECK(reach("http://internal.example.com") == "");
  CHECK(reach("http://169.254.169.254") == "private ");  // which is no word for link-local
  CHECK(reach("http://metadata.google.internal", true) == "private ");
  CHECK(reach("http://169.254.169.254", false, true) == "private link-local");
}

}  // namespace millrace
