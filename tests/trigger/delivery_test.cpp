#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "trigger/delivery.hpp"
#include "trigger/trigger_bench.hpp"
#include "value/json.hpp"
#include "workflow/hook_path.hpp"

using namespace millrace;
using test::delivery;
using test::trigger_of;

namespace {

std::string read_with(const std::string& settings, const std::string& body, const std::string& type = "text/plain") {
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
  CHECK(read_with("", R"({"a": 1})", "application/x-www-form-urlencoded") == R"({"a":1})");
  CHECK(read_with(", parse: form", "name=A%20B&tag=x&tag=y&tag=z&empty=", "text/plain") ==
        R"({"name":"A B","tag":["x","y","z"],"empty":""})");
  CHECK(read_with("", "") == "{}");
  CHECK(read_with("", "a=1").starts_with("invalid: the body: "));
  CHECK(read_with("", R"({"a":1,"a":2})").starts_with("invalid: the body: "));
  CHECK(read_with("", std::string(100, '[')).starts_with("invalid: the body: "));
  const std::string latin_form = "application/x-www-form-urlencoded; charset=ISO-8859-1";
  CHECK(read_with(", parse: form", "n%E4me=M%FCller&b=M\xFCller", latin_form) == R"({"näme":"Müller","b":"Müller"})");
  CHECK(read_with(", parse: form", "n=%CC%F3", "application/x-www-form-urlencoded; charset=windows-1251") ==
        R"({"n":"Му"})");
  CHECK(read_with(", parse: form", "n=%C3%BC", "application/x-www-form-urlencoded; charset=nonsense") ==
        R"({"n":"ü"})");
  CHECK(read_with("", "{\"n\":\"M\xFCller\"}", "application/json; charset=iso-8859-1") == R"({"n":"Müller"})");
  CHECK(read_with("", "{\"n\":\"M\xFCller\"}", "application/json") == "{\"n\":\"M\uFFFDller\"}");
  CHECK(read_with("", "{\"n\":\"M\xC3\xBCller\"}", "text/plain") == R"({"n":"Müller"})");
  CHECK(read_with("", std::string("\xFF\xFE{\0}\0", 6), "application/json; charset=utf-16") == "{}");
  CHECK(read_with("", std::string("\0[\0]", 4), "application/json; charset=utf-16") == "[]");
  CHECK(read_with("", std::string("[\0]\0", 4), "application/json") == "[]");
  CHECK(read_with(", parse: form", "a%FF=M%FCller") == "{\"a\uFFFD\":\"M\uFFFDller\"}");
}

TEST_CASE("a form is read in one go, however often its names come, and has so many fields at most") {
  std::string same, mixed;
  for (int n = 0; n < 50'000; ++n) same += "a=1&";
  for (int n = 0; n < 50'000; ++n) mixed += (n % 2 == 0 ? "a=" : "b=") + std::to_string(n) + "&";
  const auto value = read_delivery(trigger_of("{webhook: a, verify: public, parse: form}"), delivery(same, {}));
  REQUIRE(value);
  CHECK(value->find("a")->list().size() == 50'000);
  const auto two = read_delivery(trigger_of("{webhook: a, verify: public, parse: form}"), delivery(mixed, {}));
  REQUIRE(two);
  CHECK(two->find("a")->list()[1].text() == "2");
  CHECK(two->find("b")->list().back().text() == "49999");
  CHECK(read_with(", parse: form", same + same).starts_with("invalid: the form: it has more than 100000 fields"));
  CHECK(read_with(", parse: form", std::string(100'000, '&')).starts_with("invalid: the form: "));
}

TEST_CASE("a body of many small values is refused although it is not large") {
  std::string many;
  for (int n = 0; n < 200'000; ++n) many += "{},";
  CHECK(read_with("", "[" + many + "{}]").find("it holds too many values") != std::string::npos);
  CHECK_FALSE(read_with("", "[" + std::string(300'000, ' ') + "{}]").starts_with("invalid"));
}

TEST_CASE("a delivery with an odd name or number in it is read all the same") {
  CHECK(read_with("", R"({"list":[{"name":"a\ud800"},{"name":"b"}],"id":123456789012345678901})") ==
        "{\"list\":[{\"name\":\"a\uFFFD\"},{\"name\":\"b\"}],\"id\":123456789012345683968.0}");
  CHECK(read_with("", "{\"name\":\"M\xFCller\",\"n\":1e400}") ==
        "{\"name\":\"M\uFFFDller\",\"n\":1.7976931348623157e+308}");
  CHECK(read_with("", "{\"name\":").starts_with("invalid: the body: "));
}

TEST_CASE("what tells deliveries from one another: an expression, the body, the sender's id, or nothing") {
  CHECK(id("", R"({"id": 7})") == "sender's");
  CHECK(id(", dedupe: none", R"({"id": 7})").empty());
  CHECK(id(", dedupe: body", R"({"id": 7})") == "sha256:" + hex(sha256(R"({"id": 7})")));
  CHECK(id(", dedupe: event.id", R"({"id": 7})") == "7");
  CHECK(id(", dedupe: event.id + '/' + event.kind", R"({"id": "a", "kind": "b"})") == "a/b");
  CHECK(id(", dedupe: '[event.id, event.kind]'", R"({"id": 7, "kind": "b"})") == R"([7,"b"])");
  for (const char* none : {R"({"id": null})", R"({"id": ""})", R"({"id": "  "})"}) {
    CHECK(id(", dedupe: event.id", none) == "sender's");
    const TriggerSpec trigger = trigger_of("{webhook: a, verify: public, dedupe: event.id}");
    const IncomingRequest request = delivery(none, {});
    CHECK(*dedupe_id(trigger, Verified{}, request, *read_delivery(trigger, request)) == "sha256:" + hex(sha256(none)));
  }
  CHECK(id(", dedupe: event.id", "{}").starts_with("invalid: dedupe: "));
  CHECK(id(", dedupe: event.id", "{\"id\": \"" + std::string(1000, 'x') + "\"}") ==
        "sha256:" + hex(sha256(std::string(1000, 'x'))));
}

TEST_CASE("how a delivery came tells it from others, too") {
  const TriggerSpec trigger =
      trigger_of("{webhook: a, verify: public, dedupe: 'delivery.headers[\"x-github-delivery\"]'}");
  const Value facts = *parse_json(R"({"headers": {"x-github-delivery": "d-1"}})");
  CHECK(*dedupe_id(trigger, {}, delivery("{}", {}), Value(Map()), facts) == "d-1");
  CHECK_FALSE(dedupe_id(trigger, {}, delivery("{}", {}), Value(Map()), *parse_json(R"({"headers": {}})")));
}

namespace {

std::string challenge(const std::string& expression, const std::string& event, const std::string& delivery) {
  const auto said = challenge_in(trigger_of("{webhook: a, verify: public, challenge: '" + expression + "'}"),
                                 *parse_json(event), *parse_json(delivery));
  return said ? encode_json(*said) : "no check";
}

}  // namespace

TEST_CASE("a challenge is what its expression gives; where that is nothing, or fails, nobody checks the address") {
  const std::string asked = R"({"query": {"hub.challenge": "1158201444", "hub.verify_token": "meatyhamhock"}})";
  CHECK(challenge("delivery.query[\"hub.challenge\"]", "{}", asked) == "\"1158201444\"");
  CHECK(challenge("delivery.query[\"hub.challenge\"]", "{}", R"({"query": {}})") == "no check");
  CHECK(challenge("delivery.query[\"hub.challenge\"]", "{}", R"({"query": {"hub.challenge": ""}})") == "no check");
  const std::string known =
      "delivery.query[\"hub.verify_token\"] == \"meatyhamhock\" ? delivery.query[\"hub.challenge\"] : null";
  CHECK(challenge(known, "{}", asked) == "\"1158201444\"");
  CHECK(challenge(known, "{}", R"({"query": {"hub.challenge": "1", "hub.verify_token": "x"}})") == "no check");
  const std::string slack = "event.type == \"url_verification\" ? event.challenge : null";
  CHECK(challenge(slack, R"({"type": "url_verification", "challenge": "abc"})", "{}") == "\"abc\"");
  CHECK(challenge(slack, R"({"type": "event_callback"})", "{}") == "no check");
  CHECK(challenge("{\"verification\": delivery.headers[\"x-okta-verification-challenge\"]}", "{}",
                  R"({"headers": {"x-okta-verification-challenge": "v"}})") == R"({"verification":"v"})");
}

TEST_CASE("a plugin's trigger makes its event of the delivery; a webhook's event is the body") {
  const Value body = *parse_json(R"({"a": {"b": 1}})");
  const auto plain = receive(trigger_of("{webhook: a, verify: public}"), test::trigger_catalog(), body);
  REQUIRE(plain);
  CHECK(plain->event == body);
  const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  const Trigger* known = shipped.find_trigger("highlevel.contact_tags.updated");
  REQUIRE(known != nullptr);
  REQUIRE_FALSE(known->examples.empty());
  TriggerSpec spec;
  spec.kind = "plugin";
  spec.name = known->name;
  const Example& example = known->examples.front();
  spec.with = *example.input.find("with");
  const auto received = receive(spec, shipped, *example.input.find("delivery"));
  REQUIRE(received);
  CHECK(received->event == example.output);
  CHECK(received->left_out.empty());
  spec.name = "highlevel.gone";
  CHECK(receive(spec, shipped, body).error().code == ErrorCode::unavailable);
}

namespace {

/// "own", "other: why" or "faulty: why".
std::string taken(const std::string& name, const std::string& delivery, const std::string& with = "{}") {
  static const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  TriggerSpec spec;
  spec.kind = "plugin";
  spec.name = name;
  spec.with = *parse_json(with);
  const Value body = *parse_json(delivery);
  const auto received = receive(spec, shipped, body);
  REQUIRE(received);
  CHECK(left_out_because(received->event) == received->left_out);
  if (received->left_out.empty()) return "own";
  CHECK(*received->event.find("delivery") == body);  // what came is kept as it came
  return (received->faulty ? "faulty: " : "other: ") + received->left_out;
}

}  // namespace

TEST_CASE("a delivery of another kind is none of the trigger's own") {
  for (const char* type : {"InboundMessage", "ContactCreate", "ContactDelete", "NoteCreate", "contacttagupdate", ""}) {
    CHECK(taken("highlevel.contact_tags.updated",
                R"({"id": "c", "locationId": "l", "tags": ["vip"], "type": ")" + std::string(type) + "\"}") ==
          "other: it is none of highlevel.contact_tags.updated, which are those with delivery.type == "
          "'ContactTagUpdate'");
  }
  const std::string answer = R"({"score": 9, "tags": ["vip"], "tag": "vip"})",
                    tag = R"({"tagName": "vip", "tagId": "7"})";
  CHECK(taken("sightmill.tags.changed", tag) == "own");
  CHECK(taken("sightmill.tags.changed", answer).starts_with("other: "));
  CHECK(taken("sightmill.responses.received", answer) == "own");
  CHECK(taken("sightmill.responses.received", tag).starts_with("other: "));
  const std::string renamed = R"({"fields": {"tag_name": "label", "score": "nps"}})";
  CHECK(taken("sightmill.tags.changed", R"({"label": "vip", "score": 1})", renamed) == "own");
  CHECK(taken("sightmill.responses.received", R"({"nps": 1, "tagName": "vip"})", renamed) == "own");
}

TEST_CASE("each trigger of a connector takes its own deliveries, and none of the others'") {
  const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  std::vector<std::pair<std::string, Value>> deliveries;  // and whose they are
  for (const std::string& name : shipped.trigger_names()) {
    if (!name.starts_with("highlevel.")) continue;
    for (const Example& example : shipped.find_trigger(name)->examples) {
      if (!example.output.is_null()) deliveries.emplace_back(name, *example.input.find("delivery"));
    }
  }
  CHECK(deliveries.size() > 13);
  int own = 0;
  for (const std::string& name : shipped.trigger_names()) {
    if (!name.starts_with("highlevel.")) continue;
    for (const auto& [whose, delivery] : deliveries) {
      INFO(name << " and " << encode_json(delivery));
      CHECK(taken(name, encode_json(delivery)).starts_with(whose == name ? "own" : "other: "));
      own += whose == name ? 1 : 0;
    }
    CHECK(taken(name, R"({"id": "x", "locationId": "l"})").starts_with("other: ") ==
          (name != "highlevel.contact_tags.updated"));  // without a type it is nobody's; the first one calls it faulty
  }
  CHECK(static_cast<std::size_t>(own) == deliveries.size());
}

TEST_CASE("what HighLevel leaves out of a delivery is null, and what it adds does no harm") {
  CHECK(taken("highlevel.contact_tasks.created", R"({"type": "TaskCreate", "id": "t", "locationId": "l"})") == "own");
  CHECK(taken("highlevel.contact_notes.created",
              R"({"type": "NoteCreate", "id": "n", "locationId": "l", "mood": {"a": [1]}})") == "own");
  CHECK(taken("highlevel.oauth_app.installed", R"({"type": "INSTALL", "appId": "a", "trial": true})") == "own");
  CHECK(taken("highlevel.contacts.deleted", R"({"type": "ContactDelete", "locationId": "l"})") ==
        "faulty: it lacks what highlevel.contacts.deleted must have: id: expected text, found nothing (null)");
}

TEST_CASE("a delivery that lacks what the trigger's events must have is faulty, not empty") {
  const auto contact = [](const std::string& tags) {
    return taken("highlevel.contact_tags.updated",
                 R"({"type": "ContactTagUpdate", "id": "c", "locationId": "l")" + tags + "}");
  };
  const std::string lacks = "faulty: it lacks what highlevel.contact_tags.updated must have: ";
  CHECK(contact(R"(, "tags": [])") == "own");
  CHECK(contact(R"(, "tags": ["vip", 7])") == "own");
  CHECK(contact("") == lacks + "tags: expected a list, found nothing (null)");
  CHECK(contact(R"(, "tags": null)") == lacks + "tags: expected a list, found nothing (null)");
  CHECK(contact(R"(, "tags": "vip")") == lacks + "tags: expected a list, found text \"vip\"");
  CHECK(contact(R"(, "tags": {"vip": true})").starts_with(lacks + "tags: "));
  CHECK(contact(R"(, "tags": ["vip", null])").starts_with(lacks));
  CHECK(contact(R"(, "tags": [{"name": "vip"}])").starts_with(lacks));
  CHECK(contact(R"(, "tags": [], "customFields": "none")").starts_with(lacks + "custom_fields: "));
  CHECK(contact(R"(, "tags": [], "email": {"a": 1})").starts_with(lacks));
  CHECK(taken("highlevel.contact_tags.updated", R"({"type": "ContactTagUpdate", "tags": ["vip"]})") ==
        lacks + "id: expected text, found nothing (null), location_id: expected text, found nothing (null)");
  for (const char* no_kind : {"{}", R"({"tags": []})", "[]", "7", R"("text")", "null"}) {
    CHECK(taken("highlevel.contact_tags.updated", no_kind).starts_with(lacks));
  }
  for (const char* tag : {"{}", R"({"tagName": null, "tagId": null})", R"({"tagName": "vip", "change": "exploded"})",
                          R"({"tagName": {"a": 1}})"}) {
    CAPTURE(tag);
    CHECK(taken("sightmill.tags.changed", tag).starts_with("faulty: "));
  }
  for (const char* answer :
       {"{}", R"({"score": null})", R"({"score": "high"})", R"({"score": true})", R"({"score": [9]})"}) {
    CAPTURE(answer);
    CHECK(taken("sightmill.responses.received", answer).starts_with("faulty: "));
  }
}

TEST_CASE("a score outside its range starts nothing, however it is written") {
  const auto answered = [](const std::string& score) {
    return taken("sightmill.responses.received", R"({"score": )" + score + "}");
  };
  for (const char* score : {"0", "10", "\"0\"", "\"10\"", "7.5", "1E1", "-0"}) {
    CAPTURE(score);
    CHECK(answered(score) == "own");
  }
  const std::string lacks = "faulty: it lacks what sightmill.responses.received must have: score: ";
  CHECK(answered("11") == lacks + "must be at most 10, found 11");
  CHECK(answered("\"11\"") == lacks + "must be at most 10, found 11");
  CHECK(answered("-1") == lacks + "must be at least 0, found -1");
  for (const char* score : {"10.01", "-0.5", "\"-1\"", "\"9,5\"", "\"99999999999999999999\"", "\"\""}) {
    CAPTURE(score);
    CHECK(answered(score).starts_with("faulty: "));
  }
  const TriggerSpec plain = trigger_of("{webhook: a, verify: public}");
  for (const char* beyond : {R"({"score": 1E400})", R"({"score": -1E400})"}) {
    const auto body = read_delivery(plain, delivery(beyond, {}));
    REQUIRE(body);
    CHECK(taken("sightmill.responses.received", encode_json(*body)).starts_with(lacks));
  }
}

TEST_CASE("an id that is empty or blank identifies nothing: no shipped trigger starts on it") {
  const Catalog shipped = Catalog::load(std::string(TEST_DATA) + "/../plugins", "");
  int ids = 0;
  for (const std::string& name : shipped.trigger_names()) {
    if (!name.starts_with("highlevel.")) continue;
    const Trigger& trigger = *shipped.find_trigger(name);
    const auto required = SchemaView(trigger.event->document(), trigger.event->document()).required();
    const Value& whole = *trigger.examples.front().input.find("delivery");
    for (const auto& [ours, theirs] :
         std::map<std::string, std::string>{{"id", "id"}, {"location_id", "locationId"}, {"app_id", "appId"}}) {
      if (std::find(required.begin(), required.end(), ours) == required.end()) continue;
      ++ids;
      for (const Value& nothing : {Value(""), Value("  \t"), Value(), Value(true), Value(Value::List())}) {
        Map members = whole.map();
        members.set(Value(theirs), nothing);
        const std::string body = encode_json(Value(members));
        CAPTURE(body);
        CHECK(taken(name, body).starts_with("faulty: it lacks what " + name + " must have: " + ours + ": "));
      }
    }
  }
  CHECK(ids == 21);
  for (const char* tag : {R"({"tagId": "", "tagName": " "})", R"({"tagName": ""})", R"({"tagId": true})"}) {
    CAPTURE(tag);
    CHECK(taken("sightmill.tags.changed", tag).starts_with("faulty: "));
  }
  CHECK(taken("sightmill.tags.changed", R"({"tagId": "", "tagName": "VIP"})") == "own");
}

TEST_CASE("what is of another type than the event's is faulty, and nothing of it is lost without a word") {
  const std::string lacks = "faulty: it lacks what sightmill.responses.received must have: ";
  const auto answered = [](const std::string& more) {
    return taken("sightmill.responses.received", R"({"score": 7, )" + more + "}");
  };
  CHECK(answered(R"("contact": "x")") == lacks + "contact: expected a mapping, found text \"x\"");
  CHECK(answered(R"("contact": [])") == lacks + "contact: expected a mapping, found a list");
  CHECK(answered(R"("contact": {"email": ["a"]})").starts_with(lacks + "contact/email: "));
  CHECK(answered(R"("email": {"a": 1})").starts_with(lacks + "contact/email: "));
  CHECK(answered(R"("comment": ["a"])").starts_with(lacks + "comment: "));
  for (const char* tags : {"true", "{}", R"([["a"]])", R"(["a", null])", "[true]"}) {
    CAPTURE(tags);
    CHECK(answered(R"("tags": )" + std::string(tags)).starts_with(lacks + "tags/"));
  }
  for (const char* good : {R"("contact": null, "email": null, "comment": null, "tags": null, "spend": [1])",
                           R"("contact": {}, "tags": "a")", R"("id": 17, "phone": 440, "comment": 5, "tags": ["a", 7])",
                           R"("contact": {"id": "c", "spend": 1.5, "more": {"a": []}}, "tags": 7)"}) {
    CAPTURE(good);
    CHECK(answered(good) == "own");
  }

  const auto contact = [](const std::string& more) {
    return taken("highlevel.contact_tags.updated",
                 R"({"type": "ContactTagUpdate", "id": "c", "locationId": "l", "tags": [], )" + more + "}");
  };
  const std::string misses = "faulty: it lacks what highlevel.contact_tags.updated must have: ";
  CHECK(contact(R"("email": ["a"])") == misses + "email: expected text or nothing (null), found a list");
  for (const char* dnd : {"\"yes\"", "1", "[]", "{}"}) {
    CAPTURE(dnd);
    CHECK(contact(R"("dnd": )" + std::string(dnd)).starts_with(misses + "dnd: expected true or false"));
  }
  for (const char* good : {R"("dnd": "true")", R"("dnd": false)", R"("dnd": null)", R"("dnd": "")",
                           R"("postalCode": 35203, "email": "", "customFields": null)"}) {
    CAPTURE(good);
    CHECK(contact(good) == "own");
  }
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

TEST_CASE("a challenge with a keyed hash is answered with it, and only where the sender is proved") {
  test::KnownSecrets secrets;
  secrets.known["secret:zoom"] = "the key";
  const auto told = [&secrets](const std::string& hmac, const std::string& event, bool proved = true) {
    const TriggerSpec trigger = trigger_of(
        "{webhook: a, verify: {bearer: \"secret:b\"}, challenge: {hmac: {secret: "
        "\"secret:zoom\", over: event.plainToken" +
        hmac + "}, answer: '{\"encryptedToken\": hmac}'}}");
    const auto said = challenge_in(trigger, *parse_json(event), Value(Map()), proved ? &secrets : nullptr);
    return said ? said->text_or("encryptedToken") : "no check";
  };
  const std::string made = hmac_sha256("the key", "abc");
  CHECK(told("", R"({"plainToken":"abc"})") == hex(made));
  CHECK(told(", encoding: base64", R"({"plainToken":"abc"})") == encode_base64(made));
  CHECK(told(", algorithm: sha1", R"({"plainToken":"abc"})") == hex(hmac(Hash::sha1, "the key", "abc")));
  CHECK(told("", R"({"plainToken":"abc"})", false) == "no check");
  for (const char* none : {R"({"plainToken":""})", R"({"plainToken":7})", "{}", R"({"plainToken":null})"})
    CHECK(told("", none) == "no check");
  for (const char* blank : {"", "   ", "\n"}) {
    secrets.known["secret:zoom"] = blank;
    CHECK(told("", R"({"plainToken":"abc"})") == "no check");
  }
  secrets.known.clear();
  CHECK(told("", R"({"plainToken":"abc"})") == "no check");
}

TEST_SUITE_END();
