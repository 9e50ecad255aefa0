#include <filesystem>

#include "courier/redirect.hpp"
#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::reply;
using test::text_of;

namespace {

OutgoingResponse typed(const std::string& type, std::string body, int status = 200) {
  OutgoingResponse response;
  response.status = status;
  if (!type.empty()) response.headers.add("Content-Type", type);
  response.body = std::move(body);
  return response;
}

template <class Response = OutgoingResponse>
Response redirect(int status, const std::string& location) {
  Response response;
  response.status = status;
  if (!location.empty()) response.headers.add("Location", location);
  return response;
}

/// A gate, and what a request by it gives.
struct Web {
  std::string ask(const std::string& input) { return bench.perform(*gate, "shop.request", input); }
  /// The status and the body of what is read, or the error.
  std::string read(const std::string& input = R"({"url":"/x"})") {
    const auto output =
        test::ask(bench.loop, gate->perform(bench.action("shop.request"), *parse_json(input), bench.site()));
    if (!output) return bench.shown(output);
    const Value& body = *output->find("body");
    const std::string kind = body.is(Kind::bytes) ? "bytes " : body.is_text() ? "text " : "";
    return std::to_string(output->find("status")->integer()) + " " + kind + encode_json(body);
  }
  void answer(OutgoingResponse response) { bench.answer_in_turn({std::move(response)}); }

  GateBench bench;
  std::unique_ptr<Gate> gate = open_live_gate(bench.outside(), {});
};

}  // namespace

TEST_CASE("a status of 400 and above is a failure, read or written, with the error that a connector's has") {
  struct Failing {
    int status;
    const char* code;
  };
  for (const auto& [status, code] : {Failing{400, "invalid"},
                                     {401, "denied"},
                                     {403, "denied"},
                                     {404, "not_found"},
                                     {408, "timeout"},
                                     {409, "conflict"},
                                     {410, "not_found"},
                                     {418, "invalid"},
                                     {422, "invalid"},
                                     {429, "unavailable"},
                                     {500, "unavailable"},
                                     {501, "unavailable"},
                                     {503, "unavailable"}}) {
    for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
      CAPTURE(status);
      CAPTURE(method);
      Web web;
      web.answer(reply(status, R"({"message":"nope"})"));
      const std::string shown = web.read(R"({"url":"/x","method":")" + std::string(method) + "\"}");
      CHECK(shown.find(std::string(code) + ": ") == 0);
      CHECK(shown.find("(" + std::to_string(status) + ": nope)") != std::string::npos);
      CHECK(shown.find("; accept: [" + std::to_string(status) + "] takes it for an answer") != std::string::npos);
    }
  }
}

TEST_CASE("statuses that a step accepts are answers, at once") {
  Web web;
  const auto read = [&web](int status, const std::string& accept, const std::string& method = "GET") {
    web.bench.arrived.clear();
    web.answer(reply(status, R"({"error":"nope"})"));
    const std::string shown = web.read(R"({"url":"/x","method":")" + method + R"(","accept":)" + accept + "}");
    return shown.substr(0, shown.find(": ")) + " after " + std::to_string(web.bench.arrived.size());
  };
  const std::string answer = R"( {"error":"nope"} after 1)";
  CHECK(read(404, "[404]") == "404" + answer);
  CHECK(read(404, "[410, 404]", "DELETE") == "404" + answer);
  CHECK(read(404, "404") == "404" + answer);
  CHECK(read(503, "[503]") == "503" + answer);
  CHECK(read(429, R"("any")", "POST") == "429" + answer);
  CHECK(read(500, R"("any")") == "500" + answer);
  CHECK(read(404, "[410]") == "not_found after 1");
  CHECK(read(500, "[404]") == "unavailable after 3");
  CHECK(read(304, "[404]").find("304 ") == 0);
  CHECK(read(302, "[302]", "POST").find("302 ") == 0);
}

TEST_CASE("a write that was refused is no change, accepted or not") {
  Web web;
  for (const char* accept : {"[404]", "[405]", R"("any")"}) {
    web.answer(reply(404, ""));
    web.read(R"({"method":"DELETE","url":"/x","accept":)" + std::string(accept) + "}");
  }
  CHECK(web.gate->record().changes.empty());
}

TEST_CASE("JSON is what says that it is JSON; text stays text, in its charset; the rest is bytes") {
  const auto read = [](const std::string& type, std::string body) {
    Web web;
    web.answer(typed(type, std::move(body)));
    return web.read();
  };
  CHECK(read("application/json", R"({"a": 1.0})") == R"(200 {"a":1.0})");
  CHECK(read("application/problem+json; charset=utf-8", "[1]") == "200 [1]");
  for (const std::string text :
       {"1.10", "02134", "12345678901234567890123", "1e5", "true", "null", R"("hi")", R"({"a": 1.0})"})
    CHECK(read("text/plain", text) == "200 text " + encode_json(Value(text)));
  CHECK(read("application/x-ndjson", "{\"a\":1}\n{\"a\":2}\n") == R"(200 text "{\"a\":1}\n{\"a\":2}\n")");
  CHECK(read("", "1.10") == R"(200 text "1.10")");
  CHECK(read("", R"({"a":1})") == R"(200 {"a":1})");
  CHECK(read("application/json", "") == "200 null");
  CHECK(read("text/plain; charset=ISO-8859-1", "M\xFCller") == R"(200 text "Müller")");
  CHECK(read("application/json; charset=ISO-8859-1", "{\"name\":\"M\xFCller\"}") == R"(200 {"name":"Müller"})");
  CHECK(read("application/json", "\xEF\xBB\xBF{\"ok\":true}") == R"(200 {"ok":true})");
  CHECK(read("text/plain", "M\xFCller") == R"(200 bytes "TfxsbGVy")");
  CHECK(read("image/png", "only letters") == R"(200 bytes "b25seSBsZXR0ZXJz")");
  CHECK(read("application/octet-stream", std::string("\0\xFF", 2)) == R"(200 bytes "AP8=")");
}

TEST_CASE("a connector's answer and a refusal's words come in their charset, too") {
  Web web;
  web.answer(typed("application/json; charset=iso-8859-1", "{\"tags\":[{\"name\":\"M\xFCller\"}]}"));
  CHECK(web.bench.perform(*web.gate, "shop.tags.list") == R"({"tags":[{"name":"Müller"}]})");
  web.answer(typed("application/json; charset=iso-8859-1", "{\"message\":\"ung\xFCltig\"}", 422));
  CHECK(web.bench.perform(*web.gate, "shop.tags.create", R"({"name":"vip"})").find("(422: ungültig)") !=
        std::string::npos);
}

TEST_CASE("a redirect of a read is followed at its own origin, with what accompanied it") {
  for (const int status : {301, 302, 303, 307, 308}) {
    for (const std::string location :
         {"/v1/there?a=b", "there?a=b", "../v1/./there?a=b#part", "//HOST/v1/there?a=b", "http://HOST/v1/there?a=b"}) {
      CAPTURE(status);
      CAPTURE(location);
      Web web;
      std::string where = location;
      if (const std::size_t at = where.find("HOST"); at != std::string::npos)
        where.replace(at, 4, web.bench.base().substr(7));
      web.bench.answer_in_turn({redirect(status, where), reply(200, R"({"there":true})")});
      CHECK(web.read(R"({"url":"/x?q=1","headers":{"X-Own":"1"}})") == R"(200 {"there":true})");
      CHECK(web.bench.requests() == "GET /v1/x?q=1\nGET /v1/there?a=b\n");
      CHECK(web.bench.arrived[1].headers.find("Authorization") != nullptr);
      CHECK(web.bench.arrived[1].headers.find("X-Own") != nullptr);
      CHECK(web.gate->record().reads == 1);
    }
  }
}

TEST_CASE("nothing that was meant for one origin goes along to another, nor back from there") {
  GateBench bench;
  const Action& action = bench.action("shop.request");
  const ConnectionSettings connection = bench.project.connections[0];
  const ConnectionKind kind;
  Shipment shipment;
  shipment.action = &action;
  shipment.to.url = "https://shop.example/v1/x";
  shipment.to.base = "https://shop.example";
  shipment.to.connection = &connection;
  shipment.to.kind = &kind;
  shipment.parts.headers = {{"X-Key", "k"}};
  const auto lead = [](const Shipment& from, const std::string& location) {
    auto next = sent_on(from, redirect<IncomingResponse>(302, location));
    REQUIRE_MESSAGE(next, next.error().message);
    return *next;
  };
  const Shipment same = lead(shipment, "https://SHOP.example:443/y");
  CHECK(same.to.connection == &connection);
  CHECK(same.parts.headers.size() == 1);
  for (const char* location :
       {"https://shop.example:8443/y", "https://evil.example/y", "//shop.example.evil.example/y"}) {
    const Shipment other = lead(shipment, location);
    CHECK(other.to.connection == nullptr);  // which is what brings the token, and the right to private addresses
    CHECK(other.to.kind == nullptr);
    CHECK(other.parts.headers.empty());
    const Shipment back = lead(other, "https://shop.example/v1/x");
    CHECK(back.to.connection == nullptr);
    CHECK(back.parts.headers.empty());
  }
  CHECK(sent_on(shipment, redirect<IncomingResponse>(302, "http://shop.example/v1/x")).error().message ==
        "that would leave the encrypted connection");
  CHECK(lead(shipment, "https://shop.example/caf\xC3\xA9 au lait").to.url ==
        "https://shop.example/caf%C3%A9%20au%20lait");
}

TEST_CASE("nothing that was meant for a connection's address goes along out of it, nor back from there") {
  GateBench bench;
  const ConnectionSettings connection;
  Shipment shipment;
  shipment.to.url = "https://shop.example/v1/x";
  shipment.to.base = "https://shop.example/v1/";
  shipment.to.connection = &connection;
  shipment.parts.headers = {{"X-Key", "k"}};
  const auto lead = [](const Shipment& from, const std::string& location) {
    auto next = sent_on(from, redirect<IncomingResponse>(302, location));
    REQUIRE_MESSAGE(next, next.error().message);
    return *next;
  };
  for (const char* location : {"y", "?page=2", "/v1", "/v1?page=2", "/v1/y/", "https://SHOP.example:443/%761/y"}) {
    CAPTURE(location);
    CHECK(lead(shipment, location).to.connection == &connection);
  }
  for (const char* location : {"/", "/v2/y", "/v10/y", "/V1/y", "/v1;a=b/y", "/v1%2Fy", "//shop.example/files/y",
                               "/?/v1/y", "https://shop.example//v1/y", "../y"}) {
    CAPTURE(location);
    const auto other = sent_on(shipment, redirect<IncomingResponse>(302, location));
    REQUIRE_MESSAGE(other, other.error().message);
    CHECK(other->to.connection == nullptr);
    CHECK(other->parts.headers.empty());
    CHECK(lead(*other, "/v1/x").to.connection == nullptr);
  }
}

TEST_CASE("a redirect out of the connection's address does not reach the private place that the connection may reach") {
  for (const std::string location : {"/admin", "//HOST/admin", "http://HOST/v10/there"}) {
    Web web;
    std::string where = location;
    if (const std::size_t at = where.find("HOST"); at != std::string::npos)
      where.replace(at, 4, web.bench.base().substr(7));
    web.bench.answer_in_turn({redirect(302, where), reply(200, "{}")});
    const std::string said = web.read();
    CHECK(said.starts_with("denied: address "));
    CHECK(said.ends_with("a redirect led there out of the address of connection \"" +
                         web.bench.project.connections[0].name + "\", and what that may reach ends with its address"));
    CHECK(web.bench.arrived.size() == 1);
  }
}

TEST_CASE("an address that a redirect leads to is checked anew") {
  Web web;
  GateBench other;
  ConnectionSettings second = web.bench.project.connections[0];
  second.name = "second";
  second.base_url = other.base();
  web.bench.project.connections.push_back(second);
  const std::string alias = "http://localhost:" + std::to_string(web.bench.server->port());
  for (const std::string& origin : {other.base(), alias, std::string("http://169.254.169.254")}) {
    web.bench.answer_in_turn({redirect(302, origin + "/elsewhere")});
    CHECK(web.read().find("denied: address ") == 0);
  }
  CHECK(other.arrived.empty());
  CHECK(web.bench.arrived.size() == 3);
}

TEST_CASE("redirects without end, without an address, out of the encrypted connection and to other schemes are told") {
  Web web;
  web.answer(redirect(302, "/v1/x"));
  CHECK(web.read() ==
        "denied: shop sends the request on to http://HOST/v1/x (302), which is not followed: use the final address (it "
        "is sent on and on, 10 times already), after it was sent on to HOST; accept: [302] takes it for an answer");
  CHECK(web.bench.arrived.size() == 11);
  const auto told = [&web](const std::string& location) {
    web.answer(redirect(301, location));
    const std::string shown = web.read();
    const std::size_t at = shown.find("use the final address (");
    return at == std::string::npos ? shown : shown.substr(at + 23, shown.find(");") - at - 23);
  };
  CHECK(told("") == "it does not say where");
  CHECK(told("/%2e%2e/admin") == "that address cannot hold \"..\"");
  CHECK(told("/v1/..;/admin") == "that address cannot hold \"..\"");
  CHECK(told("https://example.com/a%5Cb") == "that address holds a backslash");
  CHECK(told("ftp://example.com/") == "the URL cannot be used: only http and https are spoken");
  CHECK(told("mailto:a@example.com") == "only http and https are spoken");
  CHECK(told("http://user:word@example.com/").find("it holds a user name") != std::string::npos);
}

TEST_CASE("a redirect of a write is told and not followed, and so is a read's that carries a body") {
  for (const int status : {301, 302, 303, 307, 308}) {
    for (const char* input : {R"({"url":"/x","method":"POST","body":{"a":1}})", R"({"url":"/x","method":"DELETE"})",
                              R"({"url":"/x","method":"POST","effect":"read","body":{"a":1}})"}) {
      Web web;
      web.answer(redirect(status, "https://example.com/there"));
      CHECK(web.read(input).find("denied: shop sends the request on to https://example.com/there (" +
                                 std::to_string(status) + "), which is not followed: use the final address") == 0);
      CHECK(web.bench.arrived.size() == 1);
    }
  }
}

TEST_CASE("a redirect that a step accepts by its number is its answer") {
  Web web;
  web.answer(redirect(302, "/there"));
  CHECK(web.read(R"({"url":"/x","accept":[302]})") == "302 null");
  CHECK(web.bench.arrived.size() == 1);
  web.bench.answer_in_turn({redirect(302, "/v1/there"), reply(404, R"({"gone":true})")});
  CHECK(web.read(R"({"url":"/x","accept":"any"})") == R"(404 {"gone":true})");
}

TEST_CASE("what a far side refuses for now is sent again when it says, also a write") {
  for (const int status : {429, 503}) {
    for (const char* method : {"GET", "POST"}) {
      Web web;
      OutgoingResponse later = reply(status, "{}");
      later.headers.add("Retry-After", "7");
      web.bench.answer_in_turn({later, reply(200, R"({"done":1})")});
      CHECK(web.read(R"({"url":"/x","method":")" + std::string(method) + "\"}") == R"(200 {"done":1})");
      CHECK(web.bench.passed >= std::chrono::seconds(7));
      CHECK(web.bench.passed < std::chrono::seconds(8));
    }
  }
}

namespace {

struct Saving {
  explicit Saving(bool live = true, Limits limits = {}) {
    rules.output_folder = output;
    rules.limits = limits;
    gate = live ? open_live_gate(bench.outside(), rules) : open_planning_gate(bench.outside(), rules);
  }
  std::string save(const std::string& more = "") {
    return bench.perform(*gate, "shop.request", R"({"url":"/x","save_as":"pictures/a.png")" + more + "}");
  }

  GateBench bench;
  std::filesystem::path output = bench.folder.path() / "output";
  GateRules rules;
  std::unique_ptr<Gate> gate;
};

}  // namespace

TEST_CASE("the body of what is read can be saved, byte by byte") {
  std::string picture;
  for (int byte = 0; byte < 256; ++byte) picture += static_cast<char>(byte);
  for (const std::string type : {"image/png", "text/plain; charset=utf-16", "application/json"}) {
    Saving saving;
    saving.bench.answer_in_turn({typed(type, picture)});
    const std::string file = (saving.output / "pictures/a.png").string();
    CHECK(saving.save().find(R"("body":null,"file":")" + file + R"(","bytes":256})") != std::string::npos);
    CHECK(text_of(file) == picture);
    CHECK(saving.gate->record().reads == 1);
    CHECK(GateBench::changes(saving.gate->record()) ==
          "step shop.request create [write file pictures/a.png] \"file:pictures/a.png\"  \"" + file + "\" null\n");
  }
}

TEST_CASE("a plan reads what would be saved and lists the file") {
  Saving plan(false);
  Saving live;
  CHECK(plan.save().find(R"("bytes":2})") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(plan.output));
  live.save();
  CHECK(plan.gate->record().changes.at(0).summary == live.gate->record().changes.at(0).summary);
  CHECK(plan.gate->record().changes.at(0).effect == live.gate->record().changes.at(0).effect);
}

TEST_CASE("what is no success is not saved, and neither is what changes something") {
  Saving saving;
  saving.bench.answer_in_turn({reply(404, "gone")});
  CHECK(saving.save().find("not_found: ") == 0);
  CHECK(saving.save(R"(,"accept":[404])").find(R"("status":404)") != std::string::npos);
  CHECK(saving.save(R"(,"method":"POST")").find("invalid: shop.request can save the body only of what it reads") == 0);
  CHECK(saving.bench.perform(*saving.gate, "shop.request", R"({"url":"/x","save_as":"../a"})").find("denied: ") == 0);
  CHECK(saving.bench.arrived.size() == 2);
  CHECK_FALSE(std::filesystem::exists(saving.output));
  CHECK(saving.gate->record().changes.empty());
}

TEST_CASE("a saved file counts for the limit on changes") {
  Limits limits;
  limits.max_changes = 0;
  Saving saving(true, limits);
  CHECK(saving.save().find("limited: safety: write file pictures/a.png would be change 1") == 0);
  CHECK_FALSE(std::filesystem::exists(saving.output / "pictures/a.png"));
}

}  // namespace millrace
