#include <filesystem>
#include <string>

#include "gate_bench.hpp"
#include "workflow/load.hpp"
#include "workflow/permissions.hpp"

namespace millrace {

using test::GateBench;
using test::reply;

namespace {

OutgoingResponse shop(const IncomingRequest& request) {
  if (request.path.ends_with("/away")) {
    OutgoingResponse moved = reply(302, "");
    moved.headers.add("Location", request.query.substr(3));
    return moved;
  }
  return reply(200, R"({"tags":[{"id":"1"}],"tag":{"id":"2"}})");
}

/// A gate that is bound as a workflow's `permissions` say, in its second line.
struct Bound {
  enum class Which { live, planning, reading };
  Bound(Which which, const std::string& permissions) {
    const auto source = std::make_shared<const SourceText>(
        SourceText{"flow.yaml", "version: 1\npermissions: " + permissions + "\nactions: [{set: {x: 1}}]\n"});
    auto loaded = load_workflow(source, bench.catalog);
    REQUIRE(loaded.workflow);
    rules.bounds = {loaded.workflow->permissions};
    rules.output_folder = bench.folder.path() / "output";
    rules.project_folder = bench.folder.path();
    if (which == Which::live) gate = open_live_gate(bench.outside(), rules);
    if (which == Which::planning) gate = open_planning_gate(bench.outside(), rules);
    if (which == Which::reading) gate = open_reading_gate(bench.courier(), *bench.store, "a watch", rules);
  }

  std::string perform(const std::string& name, const std::string& input = "{}") {
    return bench.without_address(bench.perform(*gate, name, input));
  }
  std::string write(const std::string& file) {
    CallSite site = bench.site();
    site.connection = "";
    return bench.shown(test::ask(bench.loop, gate->write_file(bench.action("files.write"), file, "x", site)));
  }

  GateBench bench{shop};
  GateRules rules;
  std::unique_ptr<Gate> gate;
};

using Which = Bound::Which;

bool is_denied(const std::string& answer) { return answer.starts_with("denied: "); }

}  // namespace

TEST_CASE("what permissions forbid is nothing done, planned or live, and says which line forbids it") {
  for (const Which which : {Which::live, Which::planning}) {
    Bound bound(which, "{shop_tags: create}");
    CHECK(bound.perform("shop.tags.delete", R"({"tag_id":"1"})") ==
          "denied: shop.tags.delete is not permitted: permissions in flow.yaml:2 allow only to read and create shop "
          "tags");
    CHECK(bound.bench.arrived.empty());
    CHECK(bound.gate->record().changes.empty());
    CHECK(bound.gate->record().writes == 0);
    CHECK(!is_denied(bound.perform("shop.tags.create", R"({"name":"vip"})")));
    CHECK(!is_denied(bound.perform("shop.tags.list")));
    CHECK(bound.gate->record().changes.size() == 1);
  }
}

TEST_CASE("it is the kind that is permitted, whatever the action is called") {
  Bound bound(Which::live, "{labels: read}");
  CHECK(!is_denied(bound.perform("shop.labels.list")));
  CHECK(is_denied(bound.perform("shop.labels.put", R"({"code":"a","text":"b"})")));
  CHECK(is_denied(bound.perform("shop.tags.list")));
  CHECK(is_denied(bound.perform("shop.orders.add", R"({"item":"x"})")));
}

TEST_CASE("each of several permissions has to allow it") {
  Bound bound(Which::live, "{shop_tags: any}");
  bound.rules.bounds.push_back(Bound(Which::live, "{shop_tags: read}").rules.bounds.front());
  bound.gate = open_live_gate(bound.bench.outside(), bound.rules);
  CHECK(!is_denied(bound.perform("shop.tags.list")));
  CHECK(is_denied(bound.perform("shop.tags.delete", R"({"tag_id":"1"})")));
}

TEST_CASE("a host that only the run knows is judged when it is asked") {
  for (const Which which : {Which::live, Which::planning}) {
    Bound bound(which, "{hosts: [api.example.com]}");
    CHECK(bound.perform("shop.request", R"({"url":"https://evil.example/x","method":"POST"})") ==
          "denied: shop.request is not permitted: permissions in flow.yaml:2 do not name the host evil.example");
    CHECK(bound.perform("shop.request", R"({"url":"https://evil.example/x"})") ==
          "denied: shop.request is not permitted: permissions in flow.yaml:2 do not name the host evil.example");
    CHECK(!is_denied(bound.perform("shop.request", R"({"url":"/x"})")));  // below the connection's address
  }
}

TEST_CASE("what is read by POST reads, and what changes by it does not") {
  Bound bound(Which::live, "{urls: read}");
  CHECK(!is_denied(bound.perform("shop.request", R"({"url":"/x","method":"POST","effect":"read"})")));
  CHECK(is_denied(bound.perform("shop.request", R"({"url":"/x","method":"POST"})")));
  CHECK(is_denied(bound.perform("shop.request", R"({"url":"/x","method":"DELETE","effect":"read"})")));
}

TEST_CASE("a redirect leads to no host that is not permitted") {
  for (const Which which : {Which::live, Which::planning, Which::reading}) {
    Bound bound(which, "{hosts: [api.example.com]}");
    const std::string answer = bound.perform("shop.request", R"({"url":"/away?to=http://localhost:9/x"})");
    CHECK(answer.find("do not name the host localhost") != std::string::npos);
    CHECK(bound.bench.arrived.size() == 1);
  }
}

TEST_CASE("files are written only where permissions say") {
  for (const Which which : {Which::live, Which::planning}) {
    Bound bound(which, "{files: reports/}");
    CHECK(bound.write("lists/a.csv") ==
          "denied: files.write is not permitted: permissions in flow.yaml:2 allow files only in output/reports");
    CHECK(is_denied(bound.write("reports.csv")));
    CHECK(!is_denied(bound.write("reports/a.csv")));
    CHECK(bound.gate->record().changes.size() == 1);
    CHECK(!std::filesystem::exists(bound.rules.output_folder / "lists"));
  }
}

TEST_CASE("no body is read that could not be saved") {
  Bound bound(Which::live, "{files: reports/}");
  CHECK(is_denied(bound.perform("shop.request", R"({"url":"/x","save_as":"lists/a.bin"})")));
  CHECK(bound.bench.arrived.empty());
}

TEST_CASE("a link below the folder that is permitted leads nowhere else") {
  Bound bound(Which::live, "{files: reports/}");
  std::filesystem::create_directories(bound.rules.output_folder / "lists");
  std::filesystem::create_directory_symlink(bound.rules.output_folder / "lists", bound.rules.output_folder / "reports");
  CHECK(bound.write("reports/a.csv").starts_with("unavailable: "));
  CHECK(std::filesystem::is_empty(bound.rules.output_folder / "lists"));
}

TEST_CASE("a job that announces what is forbidden does none of it") {
  for (const Which which : {Which::live, Which::planning}) {
    Bound bound(which, "{shop_tags: read}");
    const Status told = bound.gate->announce(bound.bench.action("shop.tags.delete"), 3, CallSite{});
    REQUIRE(!told);
    CHECK(told.error().code == ErrorCode::denied);
    CHECK(bound.gate->announce(bound.bench.action("shop.tags.list"), 3, CallSite{}));
  }
}

TEST_CASE("a watch reads what its workflow may read") {
  Bound bound(Which::reading, "{labels: read}");
  CHECK(!is_denied(bound.perform("shop.labels.list")));
  CHECK(is_denied(bound.perform("shop.tags.list")));
  CHECK(bound.bench.arrived.size() == 1);
}

TEST_CASE("what is not known in a plan yet is not refused there") {
  Bound bound(Which::planning, "{hosts: [api.example.com]}");
  const Value input = bound.bench.read(R"({"url":{"$unknown":"the url of x"},"method":"POST"})");
  const std::string answer = bound.bench.perform(*bound.gate, "shop.request", input, bound.bench.site());
  CHECK(!is_denied(answer));
  CHECK(bound.bench.arrived.empty());
}

}  // namespace millrace
