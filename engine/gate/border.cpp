#include "gate/border.hpp"

#include <random>
#include <utility>

#include "gate/things.hpp"

namespace millrace {

namespace {

std::function<double()> random_jitter() {
  const auto random = std::make_shared<std::minstd_rand>(std::random_device{}());
  return [random] { return std::uniform_real_distribution<double>(0, 1)(*random); };
}

/// The ids of what was read, without what the run itself made.
void remember_things(GateRecord& record, const Action& action, const Value& output, const std::set<std::string>& made) {
  if (!action.resource) return;
  for (const Value& thing : things_in(action, output)) {
    std::string id = id_text(*action.resource, thing);
    if (!id.empty() && !made.contains(id))
      record.seen[action.resource->kind].try_emplace(std::move(id), readable_name(thing));
  }
}

}  // namespace

Border::Border(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
Border::~Border() = default;

std::vector<ConnectionHealth> Border::health() const {
  std::vector<ConnectionHealth> all;
  for (const ConnectionSettings& connection : inner_->project.connections) {
    all.push_back(inner_->breakers.health(connection.name));
    all.back().budget_remaining = inner_->budgets.remaining(connection.name);
  }
  return all;
}

std::unique_ptr<Border> open_border(Loop& loop, const Project& project, const Catalog& catalog, Secrets& secrets,
                                    HttpClient& client, StateStore& state, BorderOptions options) {
  if (!options.jitter) options.jitter = random_jitter();
  return std::make_unique<Border>(
      std::make_unique<Border::Inner>(loop, project, catalog, secrets, client, state, std::move(options)));
}

void note_read(GateRecord& record, const Shipment& shipment, const Delivery& delivery, const Result<Value>& output,
               const std::set<std::string>& made) {
  if (delivery.left) ++record.reads;
  if (output) remember_things(record, *shipment.action, *output, made);
}

void Gate::recall(const Action& action, const Value& output) { remember_things(record_, action, output, {}); }

Task<Result<Value>> save_body(Gate& gate, const Action& action, std::string file, Value output, CallSite site) {
  const Value* body = output.find("body");
  const Value* status = output.find("status");
  const bool success = status != nullptr && status->is(Kind::integer) && status->integer() / 100 == 2;
  if (!success || body == nullptr || !body->is(Kind::bytes)) co_return output;
  std::string content = body->bytes();
  auto written = co_await gate.write_file(action, std::move(file), std::move(content), std::move(site));
  if (!written) co_return written.error();
  Map members = output.map();
  members.set("body", Value());
  for (const char* name : {"file", "bytes"}) members.set(name, *written->find(name));
  co_return Value(std::move(members));
}

std::string shown_file(const GateRules& rules, const std::string& name) {
  return (rules.output_folder / name).lexically_normal().generic_string();
}

Value file_output(const GateRules& rules, const std::string& name, std::size_t bytes) {
  return Value::object({{"file", shown_file(rules, name)}, {"bytes", static_cast<std::int64_t>(bytes)}});
}

}  // namespace millrace
