#include <doctest/doctest.h>

#include "base/text.hpp"
#include "trigger/delivery.hpp"
#include "trigger/signature.hpp"
#include "trigger/trigger_bench.hpp"
#include "value/json.hpp"

using namespace millrace;
using test::delivery;
using test::trigger_of;

namespace {

std::string read(const std::string& settings, const std::string& body, const std::string& type = "text/plain") {
  const auto value = read_delivery(trigger_of("{webhook: a, verify: public" + settings + "}"),
                                   delivery(body, {{"Content-Type", type}}));
  return value ? encode_json(*value) : std::string(name_of(value.error().code)) + ": " + value.error().message;
}

std::string id(const std::string& settings, const std::string& body) {
  const TriggerSpec trigger = trigger_of("{webhook: a, verify: public" + settings + "}");
  const IncomingRequest request = delivery(body, {});
  const auto event = read_delivery(trigger, request);
  REQUIRE(event);
  const auto found = dedupe_id(trigger, Verified{"sender's"}, request, *event);
  return found ? *found : std::string(name_of(found.error().code)) + ": " + found.error().message;
}

}  // namespace

TEST_SUITE_BEGIN("trigger");

TEST_CASE("the trigger decides how a body is read, never its Content-Type") {
  CHECK(read("", R"({"a": 1})", "application/x-www-form-urlencoded") == R"({"a":1})");
  CHECK(read(", parse: form", "name=A%20B&tag=x&tag=y&tag=z&empty=", "application/json") ==
        R"({"name":"A B","tag":["x","y","z"],"empty":""})");
  CHECK(read("", "") == "{}");
  CHECK(read("", "a=1").starts_with("invalid: the body: "));
  CHECK(read("", R"({"a":1,"a":2})").starts_with("invalid: the body: "));
  CHECK(read("", std::string(100, '[')).starts_with("invalid: the body: "));
  CHECK(read(", parse: form", "a=%FF").starts_with("invalid: the form: "));
}

TEST_CASE("what tells deliveries from one another: an expression, the body, the sender's id, or nothing") {
  CHECK(id("", R"({"id": 7})") == "sender's");
  CHECK(id(", dedupe: none", R"({"id": 7})").empty());
  CHECK(id(", dedupe: body", R"({"id": 7})") == "sha256:" + hex(sha256(R"({"id": 7})")));
  CHECK(id(", dedupe: event.id", R"({"id": 7})") == "7");
  CHECK(id(", dedupe: event.id + '/' + event.kind", R"({"id": "a", "kind": "b"})") == "a/b");
  CHECK(id(", dedupe: '[event.id, event.kind]'", R"({"id": 7, "kind": "b"})") == R"([7,"b"])");
  CHECK(id(", dedupe: event.id", R"({"id": null})").empty());
  CHECK(id(", dedupe: event.id", "{}").starts_with("invalid: dedupe: "));
  CHECK(id(", dedupe: event.id", "{\"id\": \"" + std::string(1000, 'x') + "\"}") ==
        "sha256:" + hex(sha256(std::string(1000, 'x'))));
}

TEST_CASE("a plugin's trigger makes its event of the delivery; a webhook's event is the body") {
  const Value body = *parse_json(R"({"a": {"b": 1}})");
  CHECK(*event_of_delivery(trigger_of("{webhook: a, verify: public}"), test::trigger_catalog(), body) == body);
  const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  const Trigger* known = shipped.find_trigger("highlevel.contact_tags.updated");
  REQUIRE(known != nullptr);
  REQUIRE_FALSE(known->examples.empty());
  TriggerSpec spec;
  spec.kind = "plugin";
  spec.name = known->name;
  const Example& example = known->examples.front();
  spec.with = *example.input.find("with");
  const auto event = event_of_delivery(spec, shipped, *example.input.find("delivery"));
  REQUIRE(event);
  CHECK(*event == example.output);
  const auto other = event_of_delivery(spec, shipped, Value("text"));
  REQUIRE_FALSE(other);
  CHECK(other.error().message.starts_with("the delivery is not one of highlevel.contact_tags.updated"));
  spec.name = "highlevel.gone";
  CHECK(event_of_delivery(spec, shipped, body).error().code == ErrorCode::unavailable);
}

TEST_CASE("a webhook listens at its own path, a plugin's trigger at the workflow's id or its path") {
  Workflow workflow;
  workflow.id = "flow";
  CHECK(hook_path(workflow, trigger_of("{webhook: /prune-tags/, verify: public}")) == "prune-tags");
  CHECK(hook_path(workflow, trigger_of("{webhook: a/b, verify: public}")) == "a/b");
  TriggerSpec plugin;
  plugin.kind = "plugin";
  plugin.settings = Map();
  CHECK(hook_path(workflow, plugin) == "flow");
  plugin.settings = Value::object({{"path", "/x"}});
  CHECK(hook_path(workflow, plugin) == "x");
}

TEST_SUITE_END();
