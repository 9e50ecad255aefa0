#pragma once

#include <set>
#include <string>
#include <utility>

#include "gate/breaker.hpp"
#include "gate/budget.hpp"
#include "gate/connections.hpp"
#include "gate/gate.hpp"
#include "gate/sender.hpp"
#include "gate/written_files.hpp"

namespace millrace {

struct Border::Inner {
  Inner(Loop& of, const Project& with, const Catalog& catalog, Secrets& keys, HttpClient& client, StateStore& store,
        BorderOptions settings)
      : loop(of),
        project(with),
        secrets(keys),
        state(store),
        options(std::move(settings)),
        connections(with, catalog, keys),
        budgets(options),
        breakers(options, secrets),
        sender(connections, budgets, breakers, client, options) {}
  Inner(const Inner&) = delete;
  Inner& operator=(const Inner&) = delete;

  Loop& loop;
  const Project& project;
  Secrets& secrets;
  StateStore& state;
  BorderOptions options;
  Connections connections;
  Budgets budgets;
  Breakers breakers;
  Sender sender;
  WrittenFiles written_files;
};

/// What a read gave: counts it and remembers the ids of the things in it. `made`: ids that this run itself brought
/// about, which do not widen what max_percent is measured against.
void note_read(GateRecord& record, const Shipment& shipment, const Delivery& delivery, const Result<Value>& output,
               const std::set<std::string>& made);

/// Writes the body of what was read to the output file that the step names (Shipment::save_as): the body in `output`
/// gives way to the file's path and size. What is no success is not written.
Task<Result<Value>> save_body(Gate& gate, const Action& action, std::string file, Value output, CallSite site);

/// The path of an output file as people see it, and as it stands in change lists and results.
std::string shown_file(const GateRules& rules, const std::string& name);
Value file_output(const GateRules& rules, const std::string& name, std::size_t bytes);

}  // namespace millrace
