#include "service_bench.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <utility>

#include "service/why.hpp"
#include "slow_disk.hpp"
#include "stock.hpp"
#include "value/json.hpp"

namespace millrace::test {

namespace {

constexpr const char* shop_manifest = R"json({
  "manifest": 1, "name": "shop", "version": "1.0.0", "summary": "A shop", "library": false,
  "connection": {"auth": "none"},
  "triggers": {
    "sold": {
      "summary": "Something was sold", "kind": "webhook",
      "event": {"type": "object", "properties": {"op": {"type": "string"}, "parts": {"type": "array"}}, "required": ["op", "parts"]},
      "accepts": "delivery.kind == 'sold'",
      "map": "{'op': delivery.op, 'parts': delivery.?parts.orValue(null)}",
      "examples": []},
    "returned": {
      "summary": "Something came back", "kind": "webhook",
      "with": {"type": "object", "properties": {"shelf": {"type": "string"}}, "additionalProperties": false},
      "event": {"type": "object", "properties": {"back": {"type": "string"}}, "required": ["back"]},
      "accepts": "delivery.kind == 'returned' && (!has(with.shelf) || with.shelf == delivery.shelf)",
      "map": "{'back': delivery.op}",
      "examples": []}
  },
  "actions": {
    "items": {
      "summary": "Read the items", "effect": "read", "target": "items",
      "input": {"type": "object", "properties": {}, "additionalProperties": false},
      "output": {"type": "object"},
      "request": {"method": "GET", "path": "/items"},
      "repeat": "idempotent", "connection": true, "examples": []},
    "things": {
      "summary": "Read the things", "effect": "read", "target": "thing:all",
      "input": {"type": "object", "properties": {}, "additionalProperties": false},
      "output": {"type": "object"},
      "request": {"method": "GET", "path": "/things"},
      "repeat": "idempotent", "connection": true, "examples": []},
    "add": {
      "summary": "Add something, once for each key", "effect": "create", "target": "thing:{op}", "change": "add {op}",
      "input": {"type": "object", "properties": {"op": {"type": "string"}}, "required": ["op"], "additionalProperties": false},
      "output": {"type": "object"},
      "request": {"method": "POST", "path": "/add", "body": {"op": "op"}, "idempotency_header": "Idempotency-Key"},
      "repeat": "keyed", "connection": true, "examples": []},
    "put": {
      "summary": "Put something", "effect": "update", "target": "thing:{op}", "change": "put {op}",
      "input": {"type": "object", "properties": {"op": {"type": "string"}}, "required": ["op"], "additionalProperties": false},
      "output": {"type": "object"},
      "request": {"method": "PUT", "path": "/put", "body": {"op": "op"}},
      "repeat": "idempotent", "connection": true, "examples": []},
    "push": {
      "summary": "Push something, which twice is twice", "effect": "send", "target": "thing:{op}", "change": "push {op}",
      "input": {"type": "object", "properties": {"op": {"type": "string"}}, "required": ["op"], "additionalProperties": false},
      "output": {"type": "object"},
      "request": {"method": "POST", "path": "/push", "body": {"op": "op"}},
      "repeat": "neither", "connection": true, "examples": []},
    "make": {
      "summary": "Make something that the list shows", "effect": "create", "target": "thing:{op}", "change": "make {op}",
      "input": {"type": "object", "properties": {"op": {"type": "string"}}, "required": ["op"], "additionalProperties": false},
      "output": {"type": "object"},
      "request": {"method": "POST", "path": "/make", "body": {"op": "op"}},
      "repeat": "neither", "connection": true, "examples": [],
      "probe": {"action": "things", "find": "output.things.filter(thing, thing.op.sameName(input.op)).map(thing, {'made': thing.id})"}},
    "ask": {
      "summary": "Ask for anything", "effect": "update", "effect_input": "effect", "target": "thing:{op}", "change": "ask {op}",
      "input": {"type": "object", "properties": {"op": {"type": "string"}, "effect": {"type": "string"}, "accept": {"type": "string"}},
        "required": ["op"], "additionalProperties": false},
      "output": {"type": "object"},
      "request": {"method": "POST", "path": "/ask", "body": {"op": "op"}, "whole_response": true, "accept_input": "accept"},
      "repeat": "neither", "connection": true, "examples": []}
  }
})json";

constexpr const char* stock_manifest = R"({
  "manifest": 1, "name": "stock", "version": "1.0.0", "summary": "Jobs of several effects", "library": true,
  "actions": {
    "restock": {
      "summary": "Add, push, add", "effect": "update", "target": "stock:{op}", "change": "restock {op}",
      "input": {"type": "object", "properties": {"op": {"type": "string"}}, "required": ["op"], "additionalProperties": false},
      "output": {"type": "object"}, "calls": ["add", "push"], "repeat": "neither", "connection": true, "examples": []},
    "list": {
      "summary": "Write a list", "effect": "create", "target": "list:{op}", "change": "list {op}",
      "input": {"type": "object", "properties": {"op": {"type": "string"}}, "required": ["op"], "additionalProperties": false},
      "output": {"type": "object"}, "repeat": "idempotent", "connection": true, "examples": []}
  }
})";

/// The library of `stock`, without a library.
class ListingJobs final : public StockJobs {
 public:
  Task<Result<Value>> call(const Manifest& plugin, const Action& action, Value input, CallServices& services) override {
    if (action.name == "stock.list") {
      auto written = co_await services.write_file(input.text_or("op") + ".txt", "the list\n");
      co_return written;
    }
    auto done = co_await StockJobs::call(plugin, action, std::move(input), services);
    co_return done;
  }
};

class BenchClock final : public Clock {
 public:
  BenchClock(const SimulatedTime& time, const Duration& set_by)
      : time_(time), set_by_(set_by), lasts_(time.passed() + set_by) {}
  Timestamp now() const override { return shown(time_.passed() + set_by_); }
  Timestamp lasting() const override { return shown(lasts_ + (time_.passed() - begun_)); }
  void last_on(Timestamp lasting) override {
    lasts_ = std::chrono::seconds(lasting.seconds - first) + std::chrono::nanoseconds(lasting.nanos);
    begun_ = time_.passed();
  }

 private:
  static constexpr std::int64_t first = 1'767'225'600;
  static Timestamp shown(Duration since) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(since);
    return {first + whole.count(), static_cast<std::int32_t>((since - whole).count())};
  }

  const SimulatedTime& time_;
  const Duration& set_by_;
  Duration lasts_, begun_ = time_.passed();
};

Task<void> sleep(Duration time) { co_await sleep_for(time); }

}  // namespace

std::string flow(const std::string& hook, const std::string& actions, const std::string& mode) {
  return "mode: " + mode + "\nconcurrency: parallel\ntriggers:\n  - {webhook: " + hook +
         ", verify: public}\nactions:\n" + actions;
}

std::string told(const std::map<std::string, int>& outcomes) {
  std::string text;
  for (const auto& [outcome, count] : outcomes) text += outcome + "=" + std::to_string(count) + " ";
  return text;
}

Result<IncomingResponse> said(int status, std::string body) {
  IncomingResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Task<Result<IncomingResponse>> ScriptedClient::send(OutgoingRequest request) {
  bool whole = co_await sleep_for(takes);
  if (whole) arrived.push_back(request.method + request.url.substr(request.url.find("test") + 4) + " " + request.body);
  while (whole && holds && holds(request)) whole = co_await released.wait();
  if (!whole) co_return Error{ErrorCode::cancelled, "called off"};
  if (!answer) co_return said(200);
  co_return answer(request);
}

ServiceBench::ServiceBench(const std::map<std::string, std::string>& workflows, ServiceBudget within)
    : time([this] { return job_takes + flush_time(); }, 10'000'000),
      loop(time),
      budget(within),
      clock(std::make_unique<BenchClock>(time, clock_set_by)),
      secrets(std::make_unique<NoSecrets>()),
      plugins(std::make_unique<ListingJobs>()) {
  folder.write("plugins/shop/shop.json", shop_manifest);
  folder.write("plugins/stock/stock.json", stock_manifest);
  folder.write("plugins/stock/stock.so", "");  // looked for, and never loaded here
  for (const auto& [id, text] : workflows)
    folder.write("workflows/" + id + ".yaml", "version: 1\nname: " + id + "\n" + text);
  catalog = Catalog::load(folder.path() / "plugins", folder.path() / "none");
  for (const auto& problem : catalog.problems()) FAIL(problem.plugin << ": " << problem.error.message);
  ConnectionSettings shop;
  shop.name = shop.plugin = "shop";
  shop.base_url = "http://shop.test";
  project.root = folder.path();
  project.connections = {shop};
  start();
  for (const WorkflowStatus& each : service->workflows()) REQUIRE_MESSAGE(each.problem.empty(), each.problem);
}

ServiceBench::~ServiceBench() { stop(); }

void ServiceBench::start() {
  lay_slow_disk();
  StoreOptions options;
  options.role = StoreOptions::Role::service;
  clock = std::make_unique<BenchClock>(time, clock_set_by);  // each life of a program has its own
  options.now = clock->now();
  auto opened = open_store(loop, folder.path() / "millrace.db", options);
  REQUIRE(opened);
  store = std::move(*opened);
  CourierOptions at_courier;
  at_courier.jitter = [] { return 0.0; };
  at_courier.now = [this] { return time.now(); };
  courier = open_courier(project, catalog, *secrets, far_side, at_courier);
  service = open_service({loop,
                          folder.path(),
                          project,
                          catalog,
                          *secrets,
                          *courier,
                          *plugins,
                          *store,
                          *clock,
                          metrics,
                          {folder.path() / "millrace.db-trees", "the bench"}},
                         budget);
  const auto started = ask(loop, service->start());
  REQUIRE_MESSAGE(started, started.error().message);
}

void ServiceBench::stop(Duration patience) {
  if (!service) return;
  ask(loop, service->drain(Deadline::in(patience)));
  service.reset();
  courier.reset();
  const auto closed = ask(loop, store->close());
  CHECK(closed);
  store.reset();
}

void ServiceBench::restart() {
  stop();
  start();
}

void ServiceBench::crash() {
  const auto here = folder.path(), aside = folder.path() / "aside";
  std::filesystem::create_directory(aside);
  for (const char* name : {"millrace.db", "millrace.db-wal", "millrace.db-mark"})
    std::filesystem::copy_file(here / name, aside / name);
  stop();
  for (const char* name : {"millrace.db", "millrace.db-wal", "millrace.db-mark"})
    std::filesystem::rename(aside / name, here / name);
  std::filesystem::remove(here / "millrace.db-shm");
  std::filesystem::remove_all(aside);
}

OutgoingResponse ServiceBench::deliver(const std::string& path, const std::string& body) {
  IncomingRequest request;
  request.method = "POST";
  request.path = "/hooks/" + path;
  request.headers.add("Content-Type", "application/json");
  request.body = body;
  return ask(loop, service->hook(std::move(request)));
}

std::vector<std::string> ServiceBench::delivered(const std::string& path, const std::string& body) {
  const OutgoingResponse answer = deliver(path, body);
  REQUIRE_MESSAGE(answer.status == 202, answer.body);
  std::vector<std::string> runs;
  const auto receipt = parse_json(answer.body);
  REQUIRE(receipt);
  for (const Value& run : receipt->find("runs")->list()) runs.push_back(run.text());
  return runs;
}

void ServiceBench::pass(Duration duration) { ask(loop, sleep(duration)); }

void ServiceBench::settle() {
  for (int i = 0; facts().unfinished > 0; ++i) {
    REQUIRE_MESSAGE(i < 1000, "the runs do not come to their end");
    pass(std::chrono::seconds(1));
  }
}

void ServiceBench::rewrite(const std::string& id, const std::string& text) {
  const std::string file = "workflows/" + id + ".yaml";
  folder.write(file, text);
  std::filesystem::last_write_time(folder.path() / file,
                                   std::filesystem::file_time_type::clock::now() + std::chrono::seconds(++edits_));
  ask(loop, service->reload("ada"));
}

std::string ServiceBench::alarms() const {
  std::string all;
  for (const Alarm& alarm : service->status().alarms) all += alarm.about + ": " + alarm.message + "\n";
  return all;
}

std::string ServiceBench::why_of(const std::string& workflow) {
  const auto found =
      ask(loop, why({workflow, std::nullopt}, folder.path().string(), project, catalog, *store, clock->now()));
  REQUIRE(found);
  std::string all;
  for (const std::string& sentence : *found) all += sentence + "\n";
  return all;
}

Status ServiceBench::offline(const std::function<Task<Status>(Control&)>& asked) {
  auto guest = open_store(loop, folder.path() / "millrace.db");
  REQUIRE(guest);
  const auto control = open_offline_control(**guest, *clock, catalog, *secrets, folder.path());
  const Status answer = ask(loop, asked(*control));
  REQUIRE(ask(loop, (*guest)->close()));
  return answer;
}

int ServiceBench::arrivals(const std::string& op) const {
  const std::string quoted = "\"" + op + "\"";
  const auto count = std::count_if(far_side.arrived.begin(), far_side.arrived.end(),
                                   [&](const std::string& each) { return each.find(quoted) != std::string::npos; });
  return static_cast<int>(count);
}

WorkflowStatus ServiceBench::workflow(const std::string& id) const {
  const auto all = service->workflows();
  const auto found = std::find_if(all.begin(), all.end(), [&id](const WorkflowStatus& each) { return each.id == id; });
  REQUIRE(found != all.end());
  return *found;
}

std::vector<RunHead> ServiceBench::runs(const std::string& workflow) {
  RunFilter filter;
  filter.workflow = workflow;
  filter.oldest_first = true;
  filter.limit = 1000;
  const auto runs = ask(loop, store->history().list_runs(filter));
  REQUIRE(runs);
  return *runs;
}

RunKey ServiceBench::only(const std::string& workflow) {
  const auto all = runs(workflow);
  REQUIRE(all.size() == 1);
  return all.front().key;
}

std::map<std::string, int> ServiceBench::outcomes(const std::string& workflow) {
  std::map<std::string, int> outcomes;
  for (const RunHead& run : runs(workflow)) ++outcomes[std::string(name_of(run.outcome))];
  return outcomes;
}

StoreFacts ServiceBench::facts() {
  const auto facts = ask(loop, store->facts());
  REQUIRE(facts);
  return *facts;
}

double ServiceBench::effects(std::string_view kind, std::string_view outcome) {
  return metrics.series("millrace_effects_total", {{"kind", kind}, {"outcome", outcome}}).value();
}

double ServiceBench::all_effects() const {
  std::istringstream lines(shown("millrace_effects_total"));
  double sum = 0;
  for (std::string line; std::getline(lines, line);) sum += std::stod(line.substr(line.rfind(' ')));
  return sum;
}

std::string ServiceBench::shown(const std::string& metric) const {
  std::istringstream lines(metrics.render());
  std::string shown;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(metric) && !line.starts_with(metric + "_bucket")) shown += line + "\n";
  }
  return shown;
}

}  // namespace millrace::test
