#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::reply;

namespace {

OutgoingResponse answer_of_type(const std::string& type, std::string body, int status = 200) {
  OutgoingResponse response = reply(status, std::move(body));
  response.headers.set("Content-Type", type);
  return response;
}

std::string told(const OutgoingResponse& response, const std::string& more = "") {
  GateBench bench;
  const auto gate = open_live_gate(bench.outside(), {});
  bench.answer_in_turn({response});
  return bench.perform(*gate, "shop.request", R"({"url":"/x")" + more + "}");
}

bool is_text(const std::string& told) { return told.find(R"("body":")") != std::string::npos; }

}  // namespace

TEST_CASE("what is read, says that it is JSON and is not fails the step, with the reason") {
  for (const std::string body : {R"({"items":[1,2)", R"({"items":[1,2],"x":1,"x":1})", "not quite"}) {
    CAPTURE(body);
    const std::string shown = told(answer_of_type("application/json", body));
    CHECK(shown.find("invalid: the answer of shop at ") == 0);
    CHECK(shown.find(" is not JSON: ") != std::string::npos);
    CHECK(shown.find("; accept: any takes it as text") != std::string::npos);
    CHECK(told(answer_of_type("application/problem+json", body)).find(" is not JSON: ") != std::string::npos);
  }
  CHECK(told(answer_of_type("application/json", R"({"x":1,"x":1})")).find("\"x\"") != std::string::npos);
  CHECK(is_text(told(answer_of_type("application/json", R"("hi")"))));
  CHECK(told(answer_of_type("application/json", "1.5")).find(R"("body":1.5)") != std::string::npos);
}

TEST_CASE("what does not say that it is JSON, is accepted whatever it is, or answers a change stays as it came") {
  CHECK(is_text(told(answer_of_type("text/plain", "not quite"))));
  CHECK(is_text(told(answer_of_type("", "{not quite"))));
  CHECK(is_text(told(answer_of_type("application/json", "not quite"), R"(,"accept":"any")")));
  CHECK(is_text(told(answer_of_type("application/json", "not quite", 404), R"(,"accept":[404])")));
  CHECK(is_text(told(answer_of_type("application/json", "OK"), R"(,"method":"POST")")));
  CHECK(told(answer_of_type("application/json", "not quite"), R"(,"method":"POST","effect":"read")")
            .find("is not JSON: ") != std::string::npos);
}

TEST_CASE("what a change is answered with never fails its step, however it is packed, and the change is made") {
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    CAPTURE(method);
    GateBench bench;
    const auto gate = open_live_gate(bench.outside(), {});
    OutgoingResponse packed = answer_of_type("application/json", "\x0b\x02\x80hello\x03");
    packed.headers.set("Content-Encoding", "br");
    bench.answer_in_turn({packed});
    const std::string shown = bench.perform(*gate, "shop.request", R"({"url":"/x","method":")" + method + "\"}");
    CHECK(shown.find(R"("status":200)") != std::string::npos);
    CHECK(gate->record().writes == 1);
    CHECK(gate->record().changes.size() == 1);
  }
}

TEST_CASE("a status that a step cannot name is not offered to be accepted") {
  CHECK(told(reply(599, "")).find("accept: [599]") != std::string::npos);
  for (const int status : {600, 999}) CHECK(told(reply(status, "")).find("accept") == std::string::npos);
}

}  // namespace millrace
