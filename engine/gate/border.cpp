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
  if (!output || !shipment.action->resource) return;
  const Resource& resource = *shipment.action->resource;
  for (const Value& thing : things_in(*shipment.action, *output)) {
    std::string id = id_text(resource, thing);
    if (!id.empty() && made.count(id) == 0) record.seen[resource.kind].try_emplace(std::move(id), readable_name(thing));
  }
}

std::string shown_file(const GateRules& rules, const std::string& name) {
  return (rules.output_folder / name).lexically_normal().generic_string();
}

Value file_output(const GateRules& rules, const std::string& name, std::size_t bytes) {
  return Value::object({{"file", shown_file(rules, name)}, {"bytes", static_cast<std::int64_t>(bytes)}});
}

}  // namespace millrace
