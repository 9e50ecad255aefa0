#include <doctest/doctest.h>

#include "running_sandbox.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::location_tags;
using test::Reply;
using test::RunningSandbox;

TEST_SUITE_BEGIN("sandbox");

namespace {

Value named(const std::string& name) { return Value::object({{"name", name}}); }

std::string json(const Reply& reply) { return encode_json(reply.body); }

}  // namespace

TEST_CASE("a location tag is created, read, renamed and deleted with the documented statuses and shapes") {
  RunningSandbox sandbox;
  const std::size_t before = sandbox.ask("GET", location_tags).at("tags").list().size();

  const Reply created = sandbox.ask("POST", location_tags, named("spring sale"));
  CHECK(created.status == 200);
  const std::string id = created.at("tag.id").text();
  CHECK(id.size() == 20);
  CHECK(json(created) == R"({"tag":{"id":")" + id + R"(","name":"spring sale","locationId":"loc_main"}})");

  const Reply read = sandbox.ask("GET", location_tags + "/" + id);
  CHECK(read.status == 200);
  CHECK(read.body == created.body);

  const Reply renamed = sandbox.ask("PUT", location_tags + "/" + id, named("Sommer ☀"));
  CHECK(renamed.status == 200);
  CHECK(json(renamed) == R"({"tag":{"id":")" + id + R"(","name":"Sommer ☀","locationId":"loc_main"}})");

  const Reply listed = sandbox.ask("GET", location_tags);
  CHECK(listed.status == 200);
  CHECK(listed.at("tags").list().size() == before + 1);
  CHECK(listed.at("tags").list().back() == renamed.at("tag"));

  const Reply deleted = sandbox.ask("DELETE", location_tags + "/" + id);
  CHECK(deleted.status == 200);
  CHECK(json(deleted) == R"({"succeded":true})");
  CHECK(sandbox.ask("GET", location_tags).at("tags").list().size() == before);
}

TEST_CASE("a location's tags are its own") {
  RunningSandbox sandbox;
  const std::string id = sandbox.ask("POST", location_tags, named("only here")).at("tag.id").text();
  const Value north = sandbox.ask("GET", "/locations/loc_north/tags").at("tags");
  for (const Value& tag : north.list()) {
    CHECK(tag.text_or("locationId") == "loc_north");
  }
  CHECK(sandbox.ask("GET", "/locations/loc_north/tags/" + id).status == 400);
}

TEST_CASE("a tag that does not exist is refused with the documented 400") {
  RunningSandbox sandbox;
  for (const std::string method : {"GET", "DELETE"}) {
    const Reply reply = sandbox.ask(method, location_tags + "/nobody");
    CHECK(json(reply) == R"({"statusCode":400,"message":"this location has no tag with the id nobody"})");
    CHECK(reply.status == 400);
  }
  CHECK(sandbox.ask("PUT", location_tags + "/nobody", named("x")).status == 400);
}

TEST_CASE("a name that is taken, in capitals or not, is refused, but a tag may change the capitals of its own") {
  RunningSandbox sandbox;
  const std::string id = sandbox.ask("POST", location_tags, named("spring")).at("tag.id").text();
  CHECK(json(sandbox.ask("POST", location_tags, named("SPRING"))) ==
        R"({"statusCode":400,"message":"this location already has a tag named SPRING"})");
  CHECK(sandbox.ask("PUT", location_tags + "/" + id, named("Vip")).status == 400);
  CHECK(sandbox.ask("PUT", location_tags + "/" + id, named("Spring")).at("tag.name") == Value("Spring"));
}

TEST_CASE("a body that does not fit is refused with 422 and a list, one that is not JSON with 400") {
  RunningSandbox sandbox;
  for (const Value& body : {Value(Map()), Value::object({{"name", 7}}), Value::object({{"name", "  "}}), Value("[]")}) {
    const Reply reply = sandbox.ask("POST", location_tags, body);
    CHECK(reply.status == 422);
    CHECK(reply.at("statusCode") == Value(422));
    CHECK(reply.at("error") == Value("Unprocessable Entity"));
    CHECK(reply.at("message").list().size() == 1);
    CHECK(sandbox.ask("PUT", location_tags + "/nobody", body).status == 422);
  }
  const Reply broken = sandbox.ask("POST", location_tags, Value("{\"name\": "));
  CHECK(broken.status == 400);
  CHECK(broken.at("statusCode") == Value(400));
  CHECK(broken.at("message").text().starts_with("the body is not JSON"));

  HttpHeaders form = test::usual_headers();
  form.add("Content-Type", "application/x-www-form-urlencoded");
  CHECK(sandbox.ask_with(form, "POST", location_tags, R"({"name": "x"})").status == 422);
}

TEST_SUITE_END();
