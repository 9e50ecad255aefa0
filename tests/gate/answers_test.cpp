#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::reply;

TEST_CASE("any 2xx is a success, an empty body is null, times arrive as timestamps") {
  GateBench bench;
  const auto gate = open_live_gate(bench.outside(), {});
  bench.answer_in_turn(
      {reply(201, R"( {"tags": []} )"), reply(204, ""),
       reply(200, R"({"tags": [{"id": "1", "updatedAt": "2026-01-02T03:04:05+01:00"}, {"updatedAt": "soon"}]})")});
  CHECK(bench.perform(*gate, "shop.tags.list") == R"({"tags":[]})");
  CHECK(bench.perform(*gate, "shop.tags.list") == "null");
  const auto output = test::ask(bench.loop, gate->perform(bench.action("shop.tags.list"), Value(Map()), bench.site()));
  REQUIRE(output);
  const Value::List& tags = output->find("tags")->list();
  CHECK(tags[0].find("updatedAt")->is(Kind::timestamp));
  CHECK(encode_json(*output) == R"({"tags":[{"id":"1","updatedAt":"2026-01-02T02:04:05Z"},{"updatedAt":"soon"}]})");
}

TEST_CASE("each refusal is one sentence with its cure") {
  GateBench bench;
  const auto gate = open_live_gate(bench.outside(), {});
  const auto answer = [&](int status, const char* body) {
    bench.answer_with([=](const IncomingRequest&) { return reply(status, body); });
    return bench.perform(*gate, "shop.tags.create", R"({"name": "vip"})");
  };
  CHECK(
      answer(401, R"({"statusCode":401,"message":"Invalid token: access token is invalid","error":"Unauthorized"})") ==
      "denied: shop refused the token (401: Invalid token: access token is invalid): \"millrace secret set "
      "shop_token\" gives it another, or MILLRACE_SECRET_SHOP_TOKEN in the environment");
  CHECK(answer(401, R"({"message":"The token is not authorized for this scope."})") ==
        "denied: shop does not allow shop.tags.create with this token (401: The token is not authorized for this "
        "scope.): grant "
        "the token the scope tags.write");
  CHECK(answer(403, R"({"message":"The token does not have access to this location."})") ==
        "denied: shop forbids shop.tags.create (403: The token does not have access to this location.): use a token "
        "that is "
        "allowed it for location main");
  CHECK(answer(404, "") ==
        "not_found: shop has nothing at /locations/main/tags (404): check the ids that shop.tags.create was given");
  CHECK(answer(410, "").starts_with("not_found: "));
  CHECK(
      answer(
          422,
          R"({"statusCode":422,"message":["name must be a string","name should not be empty"],"error":"Unprocessable"})") ==
      "invalid: shop did not accept what shop.tags.create sent (422: name must be a string; name should not be empty): "
      "check "
      "what the step gives it");
  CHECK(answer(400, R"({"error":{"code":"bad","message":"no such field"}})") ==
        "invalid: shop did not accept what shop.tags.create sent (400: no such field): check what the step gives it");
  CHECK(answer(409, "{}") == "conflict: shop finds shop.tags.create in conflict with what is there (409)");
  CHECK(answer(500, "<html>oops\n\n  here</html>") ==
        "unavailable: shop failed (500: <html>oops here</html>): the trouble is on its side, try again later");
  CHECK(answer(504, "") ==
        "unsure: shop lost the answer (504): it is not known whether this was done: create tag vip; look there "
        "before you do it again");
}

TEST_CASE("the whole response has the status, the headers and the body") {
  GateBench bench;
  const auto gate = open_live_gate(bench.outside(), {});
  OutgoingResponse made;
  made.status = 201;
  made.headers.add("Content-Type", "text/plain");
  made.headers.add("X-Two", "a");
  made.headers.add("X-Two", "b");
  made.body = "short and stout";
  bench.answer_in_turn({made});
  const auto output = test::ask(
      bench.loop, gate->perform(bench.action("shop.request"), *parse_json(R"({"url":"/pot"})"), bench.site()));
  REQUIRE(output);
  CHECK(output->find("status")->integer() == 201);
  CHECK(output->find("body")->text() == "short and stout");
  CHECK(output->find("headers")->text_or("x-two") == "a, b");
  CHECK(gate->record().reads == 1);
  CHECK(gate->record().changes.empty());
}

TEST_CASE("a sandbox that does not run is an error at once, with the command that starts it") {
  GateBench bench;
  const int port = [] {  // of a server that has just stopped
    Loop loop;
    auto gone = *open_http_server(loop, "127.0.0.1:0",
                                  [](IncomingRequest) -> Task<OutgoingResponse> { co_return OutgoingResponse(); });
    const int number = gone->port();
    test::ask(loop, gone->stop());
    return number;
  }();
  const std::string place = "127.0.0.1:" + std::to_string(port);
  bench.project.connections[0].base_url = "http://" + place;
  const auto gate = open_live_gate(bench.outside(), {});
  CHECK(bench.perform(*gate, "shop.tags.create", R"({"name": "vip"})") ==
        "unavailable: could not connect to " + place +
            " (connection refused): is the sandbox running? start it with \"millrace sandbox\"");
  CHECK(bench.waits.size() == 1);
  CHECK(bench.passed < std::chrono::seconds(1));
  CHECK(gate->record().writes == 0);
  CHECK(gate->record().changes.empty());
}

}  // namespace millrace
