#include <map>

#include "gate_bench.hpp"

namespace millrace {

using test::GateBench;
using test::reply;

namespace {

constexpr const char* two_tags =
    R"({"tags":[{"id":"1","name":"gold","updatedAt":"2026-01-02T03:04:05Z"},{"id":"2","name":"silver"}],"count":2})";

/// A bench whose far side has two tags and takes no writes.
struct ReadOnlyShop {
  ReadOnlyShop() {
    bench.answer_with([](const IncomingRequest& request) {
      if (request.method != "GET") return reply(500, "a plan must not write");
      if (request.path == "/v1/locations/main/tags") return reply(200, two_tags);
      if (request.path == "/v1/locations/main/tags/2") return reply(200, R"({"tag":{"id":"2","name":"silver"}})");
      return reply(404, "");
    });
    gate = open_planning_gate(bench.outside(), {});
  }

  /// Each is an effect of its own.
  std::string perform(const std::string& action, const std::string& input = "{}") {
    return bench.perform(*gate, action, GateBench::read(input), next_site());
  }

  CallSite next_site() {
    CallSite site = bench.site();
    site.key += std::to_string(++effects);
    return site;
  }

  bool only_read() const {
    for (const IncomingRequest& request : bench.arrived) {
      if (request.method != "GET") return false;
    }
    return true;
  }

  GateBench bench;
  std::unique_ptr<Gate> gate;
  int effects = 0;
};

}  // namespace

TEST_CASE("a planned update that names the id itself makes what is not there") {
  GateBench bench;
  bench.answer_in_turn({reply(200, R"({"labels":[{"code":"a","text":"old","color":"red"}]})")});
  const auto plan = open_planning_gate(bench.outside(), {});
  bench.perform(*plan, "shop.labels.put", R"({"code":"a","text":"new"})");
  bench.perform(*plan, "shop.labels.put", R"({"code":"b","text":"first"})");
  bench.perform(*plan, "shop.labels.put", R"({"code":"b","text":"second"})");
  CHECK(bench.perform(*plan, "shop.labels.list") ==
        R"({"labels":[{"code":"a","text":"new","color":"red"},)"
        R"({"code":"b","text":"second","color":{"$unknown":"the color of label b"}}]})");
}

TEST_CASE("a planned tag is in later lists, with an id that only the run will tell") {
  ReadOnlyShop shop;
  CHECK(
      shop.perform("shop.tags.create", R"({"name":"vip"})") ==
      R"({"traceId":{"$unknown":"the traceId of the answer to \"create tag vip\""},"tag":{"id":{"$unknown":"the id of shop tag vip"},)"
      R"("name":"vip","updatedAt":{"$unknown":"the updatedAt of shop tag vip"}}})");
  CHECK(
      shop.perform("shop.tags.list") ==
      R"({"tags":[{"id":"1","name":"gold","updatedAt":"2026-01-02T03:04:05Z"},{"id":"2","name":"silver"},)"
      R"({"id":{"$unknown":"the id of shop tag vip"},"name":"vip","updatedAt":{"$unknown":"the updatedAt of shop tag vip"}}],)"
      R"("count":{"$unknown":"the count after the planned changes"}})");
  CHECK(shop.gate->record().reads == 1);
  CHECK(shop.gate->record().writes == 0);
  CHECK(shop.gate->record().notes.empty());
  CHECK(shop.only_read());
}

TEST_CASE("another attempt of a step is the same change of a plan, is listed once and gives the same") {
  ReadOnlyShop shop;
  const auto attempt = [&shop] { return shop.bench.perform(*shop.gate, "shop.tags.create", R"({"name":"vip"})"); };
  const std::string first = attempt();
  CHECK(attempt() == first);
  CHECK(attempt() == first);
  CHECK(shop.gate->record().changes.size() == 1);
  CHECK(shop.gate->take_new_changes().size() == 1);
  const std::string listed = shop.perform("shop.tags.list");
  CHECK(listed.find("\"name\":\"vip\"") == listed.rfind("\"name\":\"vip\""));
  shop.perform("shop.tags.create", R"({"name":"vip"})");
  shop.bench.perform(*shop.gate, "shop.tags.create", R"({"name":"star"})");
  CHECK(shop.gate->record().changes.size() == 3);
}

TEST_CASE("a planned tag can be read, renamed and deleted by its unknown id, without asking anybody") {
  ReadOnlyShop shop;
  shop.perform("shop.tags.create", R"({"name":"vip"})");
  const std::string id = R"("tag_id":{"$unknown":"the id of shop tag vip"})";
  CHECK(shop.perform("shop.tags.get", "{" + id + "}").find(R"("name":"vip")") != std::string::npos);
  CHECK(shop.perform("shop.tags.update", "{" + id + R"(,"name":"star"})").find(R"("name":"star")") !=
        std::string::npos);
  CHECK(shop.perform("shop.tags.get", "{" + id + "}").find(R"("name":"star")") != std::string::npos);
  shop.perform("shop.tags.delete", "{" + id + "}");
  CHECK(shop.perform("shop.tags.get", "{" + id + "}") ==
        "not_found: shop would have no shop tag any more, because this plan deletes it");
  CHECK(shop.bench.arrived.empty());
  CHECK(shop.perform("shop.tags.list").find("star") == std::string::npos);
  CHECK(shop.bench.changes(shop.gate->record()) ==
        "step shop.tags.create create [create tag vip] \"shop_tag:main/vip\" POST \"" + shop.bench.base() +
            "/v1/locations/main/tags\" {\"name\":\"vip\"}\n"
            "step shop.tags.update update [rename tag (the id of shop tag vip) to star] "
            "{\"$unknown\":\"shop_tag:main/(the id of "
            "shop tag vip)\"} PUT {\"$unknown\":\"" +
            shop.bench.base() +
            "/v1/locations/main/tags/(the id of shop tag vip)\"} {\"name\":\"star\"}\n"
            "step shop.tags.delete delete [delete tag (the id of shop tag vip)] {\"$unknown\":\"shop_tag:main/(the id "
            "of shop tag "
            "vip)\"} DELETE {\"$unknown\":\"" +
            shop.bench.base() + "/v1/locations/main/tags/(the id of shop tag vip)\"} null\n");
}

TEST_CASE("what takes the place of a whole thing leaves nothing known that was not given") {
  ReadOnlyShop shop;
  const auto gold = [&shop] {
    const std::string listed = shop.perform("shop.tags.list");
    return listed.substr(0, listed.find(R"({"id":"2")"));
  };
  shop.perform("shop.tags.replace", R"({"tag_id":"1","name":"gold","note":"old"})");
  CHECK(gold().find(R"("note":"old")") != std::string::npos);
  shop.perform("shop.tags.replace", R"({"tag_id":"1","name":"golden"})");
  CHECK(gold().find(R"("name":"golden")") != std::string::npos);
  CHECK(gold().find(R"("note":{"$unknown":"what \"replace tag gold\" leaves as note"})") != std::string::npos);
}

TEST_CASE("two planned tags of one name are two") {
  ReadOnlyShop shop;
  shop.perform("shop.tags.create", R"({"name":"vip"})");
  CHECK(shop.perform("shop.tags.create", R"({"name":"vip"})").find("the id of shop tag vip (2)") != std::string::npos);
}

TEST_CASE("a real tag is seen renamed and gone, and its times are not guessed") {
  ReadOnlyShop shop;
  shop.perform("shop.tags.list");
  CHECK(
      shop.perform("shop.tags.update", R"({"tag_id":"1","name":"platinum"})") ==
      R"({"tag":{"id":"1","name":"platinum","updatedAt":{"$unknown":"the updatedAt of shop tag after the planned changes"}}})");
  shop.perform("shop.tags.update", R"({"tag_id":"2","name":"bronze"})");
  CHECK(shop.perform("shop.tags.get", R"({"tag_id":"2"})") == R"({"tag":{"id":"2","name":"bronze"}})");
  CHECK(shop.perform("shop.tags.delete", R"({"tag_id":"2"})") ==
        R"({"succeded":{"$unknown":"the succeded of the answer to \"delete tag silver\""}})");
  CHECK(shop.perform("shop.tags.get", R"({"tag_id":"2"})") ==
        "not_found: shop would have no shop tag 2 any more, because this plan deletes it");
  CHECK(
      shop.perform("shop.tags.list") ==
      R"({"tags":[{"id":"1","name":"platinum","updatedAt":{"$unknown":"the updatedAt of shop tag after the planned changes"}}],)"
      R"("count":{"$unknown":"the count after the planned changes"}})");
  CHECK(shop.only_read());
}

TEST_CASE("another location is another collection") {
  ReadOnlyShop shop;
  shop.perform("shop.tags.create", R"({"name":"vip","location_id":"north"})");
  CHECK(shop.perform("shop.tags.list").find("vip") == std::string::npos);
}

TEST_CASE("what a plan cannot simulate, it says") {
  ReadOnlyShop shop;
  CHECK(shop.perform("shop.orders.add", R"({"item":"tea"})") ==
        R"({"order":{"$unknown":"the order of the answer to \"order tea\""}})");
  shop.perform("shop.orders.add", R"({"item":"cake"})");
  shop.perform("shop.tags.create", R"({"name":"vip"})");
  CHECK(shop.perform("shop.tags.list", R"({"search":"v"})").find("vip") == std::string::npos);
  CHECK(shop.perform("shop.tags.list", R"({"search":{"$unknown":"the order of x"}})") ==
        R"({"$unknown":"the answer of shop.tags.list"})");
  shop.perform("shop.tags.delete", R"({"tag_id":{"$unknown":"the tag of x"}})");
  const std::vector<std::string> notes = {
      "shop.orders.add: later reads are not simulated",
      "shop.tags.list: planned changes are not added to this list, because it was asked for a part only",
      "shop.tags.list could not be asked in the plan, because /locations/main/tags?search=(the order of x) is only "
      "known after the run",
      "shop.tags.delete: later reads do not show what it does, because the tag of x is only known after the run"};
  CHECK(shop.gate->record().notes == notes);
  CHECK(shop.only_read());
}

TEST_CASE("what an http request does follows its method, unless the step says it") {
  ReadOnlyShop shop;
  const auto sent = [&shop](const char* input) {
    const std::size_t before = shop.bench.arrived.size();
    const std::size_t changes = shop.gate->record().changes.size();
    shop.perform("shop.request", input);
    const auto& all = shop.gate->record().changes;
    if (all.size() > changes) return "planned " + std::string(name_of(all.back().effect));
    return std::string(shop.bench.arrived.size() > before ? "asked" : "nothing");
  };
  CHECK(sent(R"({"url":"/locations/main/tags"})") == "asked");
  CHECK(sent(R"({"method":"GET","url":"/locations/main/tags"})") == "asked");
  CHECK(sent(R"({"method":"get","url":"/locations/main/tags"})") == "asked");
  CHECK(sent(R"({"method":"HEAD","url":"/locations/main/tags"})") == "asked");
  CHECK(sent(R"({"method":"POST","url":"/search","body":{"q":1},"effect":"read"})") == "asked");
  CHECK(sent(R"({"method":"POST","url":"/search"})") == "planned update");
  CHECK(sent(R"({"method":"PUT","url":"/search"})") == "planned update");
  CHECK(sent(R"({"method":"PATCH","url":"/search","effect":"create"})") == "planned create");
  CHECK(sent(R"({"method":"DELETE","url":"/search"})") == "planned delete");
  CHECK(sent(R"({"method":"GET","url":"/send?to=all","effect":"send"})") == "planned send");
  CHECK(sent(R"({"method":"GET","url":"/x","effect":"none"})") == "planned update");
  // What is not known in the plan might write.
  CHECK(sent(R"({"method":{"$unknown":"the verb"},"url":"/x"})") == "planned update");
  CHECK(sent(R"({"method":"GET","url":"/x","effect":{"$unknown":"what it does"}})") == "planned update");
  CHECK(shop.gate->record().writes == 0);
}

TEST_CASE("nothing that is merely called a read leaves a plan by a method that writes") {
  ReadOnlyShop shop;
  const auto sent = [&shop](const char* input, bool says_by_data = false) {
    const std::size_t before = shop.bench.arrived.size();
    const std::size_t changes = shop.gate->record().changes.size();
    CallSite site = shop.next_site();
    site.says_by_data = says_by_data;
    shop.bench.perform(*shop.gate, "shop.request", GateBench::read(input), site);
    const auto& all = shop.gate->record().changes;
    if (all.size() > changes) return "planned " + std::string(name_of(all.back().effect));
    return std::string(shop.bench.arrived.size() > before ? "asked" : "nothing");
  };
  for (const char* effect : {"read", "none"}) {
    const auto by = [effect](const char* method, const char* more = "") {
      return std::string(R"({"url":"/x","effect":")") + effect + R"(","method":")" + method + "\"" + more + "}";
    };
    const bool none = effect == std::string("none");
    CHECK(sent(by("DELETE").c_str()) == (none ? "planned update" : "planned delete"));
    CHECK(sent(by("delete").c_str()) == (none ? "planned update" : "planned delete"));
    CHECK(sent(by("PUT").c_str()) == "planned update");
    CHECK(sent(by("PATCH").c_str()) == "planned update");
  }
  CHECK(sent(R"({"url":"/x","effect":"read","method":"POST"})") == "asked");
  CHECK(sent(R"({"url":"/x","effect":"read","method":"POST"})", true) == "nothing");
  CHECK(sent(R"({"url":"/x","effect":"read","method":"OPTIONS"})") == "nothing");
  for (const char* header : {"X-HTTP-Method-Override", "x-http-method", "X-Method-Override"}) {
    for (const char* method : {"GET", "POST"}) {
      const std::string input = std::string(R"({"url":"/x","effect":"read","method":")") + method +
                                R"(","headers":{")" + header + R"(":"DELETE"}})";
      CHECK(sent(input.c_str()) == "nothing");
    }
  }
  CHECK(shop.gate->record().notes.front() ==
        "not asked in the plan: shop.request would send POST, and only GET and HEAD are sure to change nothing");
  for (const IncomingRequest& arrived : shop.bench.arrived) CHECK(arrived.method == "POST");
}

TEST_CASE("what a library that is said to read asks in a plan is asked by GET and HEAD alone") {
  ReadOnlyShop shop;
  Action reads = shop.bench.action("shop.request");
  reads.effect = Effect::read;
  reads.effect_input.clear();
  reads.request.reset();
  const auto sent = [&](const char* method) {
    RequestParts parts;
    parts.method = method;
    parts.path = "/x";
    const std::size_t before = shop.bench.arrived.size();
    const std::size_t changes = shop.gate->record().changes.size();
    const auto answer = test::ask(shop.bench.loop, shop.gate->request(reads, parts, Value(Map()), shop.bench.site()));
    const auto& all = shop.gate->record().changes;
    if (all.size() > changes) return "planned " + std::string(name_of(all.back().effect));
    if (shop.bench.arrived.size() > before) return std::string("asked");
    return std::string(answer && answer->is_unknown() ? "nothing" : "failed");
  };
  CHECK(sent("GET") == "asked");
  CHECK(sent("HEAD") == "asked");
  CHECK(sent("POST") == "nothing");
  CHECK(sent("PUT") == "planned update");
  CHECK(sent("DELETE") == "planned delete");
}

TEST_CASE("the plan lists what the live run then does, line for line") {
  GateBench bench;
  std::map<std::string, std::string> tags = {{"1", "gold"}, {"2", "silver"}};
  bench.answer_with([&](const IncomingRequest& request) {
    const std::string id = request.path.substr(request.path.rfind('/') + 1);
    const std::string name = request.body.empty() ? "" : parse_json(request.body)->text_or("name");
    if (request.method == "PUT") tags[id] = name;
    if (request.method == "DELETE") tags.erase(id);
    if (request.method == "POST" && id == "tags") tags["3"] = name;
    return reply(200, R"({"tag":{"id":"3","name":")" + name + "\"}}");
  });
  const auto play = [&](Gate& gate) {
    bench.perform(gate, "shop.tags.create", R"({"name":"vip"})");
    bench.perform(gate, "shop.tags.update", R"({"tag_id":"1","name":"platinum"})");
    bench.perform(gate, "shop.tags.delete", R"({"tag_id":"2"})");
    bench.perform(gate, "shop.orders.add", R"({"item":"tea"})");
    return bench.changes(gate.record());
  };
  const auto plan = open_planning_gate(bench.outside(), {});
  const std::string planned = play(*plan);
  CHECK(tags.size() == 2);
  CHECK(bench.arrived.empty());

  const auto live = open_live_gate(bench.outside(), {});
  CHECK(play(*live) == planned);
  CHECK(live->record().writes == 4);
  CHECK(tags == std::map<std::string, std::string>{{"1", "platinum"}, {"3", "vip"}});
}

TEST_CASE("a request that a library built is planned and sent like any other") {
  GateBench bench;
  const Action& action = bench.action("shop.orders.add");
  RequestParts parts;
  parts.method = "POST";
  parts.path = "/orders";
  parts.body = *parse_json(R"({"item":"tea"})");
  const auto plan = open_planning_gate(bench.outside(), {});
  const auto planned = test::ask(bench.loop, plan->request(action, parts, Value(Map()), bench.site()));
  REQUIRE(planned);
  CHECK(bench.arrived.empty());
  const auto live = open_live_gate(bench.outside(), {});
  REQUIRE(test::ask(bench.loop, live->request(action, parts, Value(Map()), bench.site())));
  CHECK(bench.arrived.size() == 1);
  CHECK(bench.changes(plan->record()) == bench.changes(live->record()));
}

TEST_CASE("a plugin's state is written in a plan for the plan alone") {
  GateBench bench;
  const auto plan = open_planning_gate(bench.outside(), {});
  CHECK(test::ask(bench.loop, plan->state().write("tags", "link", Value("t1"))));
  CHECK(test::ask(bench.loop, plan->state().read("tags", "link"))->text() == "t1");
  CHECK(test::ask(bench.loop, bench.store->read("tags", "link"))->is_null());
}

}  // namespace millrace
