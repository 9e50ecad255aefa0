#include "gate_bench.hpp"

#include <utility>

namespace millrace::test {

std::string GateBench::perform(Gate& gate, const std::string& name, const std::string& input) {
  return perform(gate, name, read(input), site());
}

std::string GateBench::perform(Gate& gate, const std::string& name, Value input, CallSite site) {
  return shown(ask(loop, gate.perform(action(name), std::move(input), std::move(site))));
}

std::string GateBench::changes(const GateRecord& record) {
  std::string lines;
  for (const Change& change : record.changes) {
    lines += change.step + " " + change.action + " " + std::string(name_of(change.effect)) + " [" + change.summary +
             "] " + encode_json(change.target) + " " + change.method + " " + encode_json(change.url) + " " +
             encode_json(change.body) + "\n";
  }
  return lines;
}

}  // namespace millrace::test
