#include <utility>

#include "courier/courier.hpp"
#include "gate/gate.hpp"
#include "gate/warden.hpp"

namespace millrace {

namespace {

/// It holds a reader and a state store: there is nothing by which a request that writes, or a file, could leave.
class ReadingGate final : public Gate {
 public:
  ReadingGate(Reader reader, StateStore& states, std::string who, GateRules rules)
      : reader_(reader), states_(states), who_(std::move(who)), rules_(std::move(rules)) {}

  Task<Result<Value>> perform(const Action& action, Value input, CallSite site) override {
    auto shipment = reader_.prepare(action, std::move(input), std::move(site));
    if (!shipment) co_return shipment.error();
    if (!shipment->save_as().empty()) co_return refusal(action.name + " writes the file " + shipment->save_as());
    if (auto judged = judge(*shipment, rules_); !judged) co_return judged.error();
    hold_redirects(*shipment, rules_);
    auto output = co_await read(std::move(*shipment));
    co_return output;
  }

  Task<Result<Value>> request(const Action& action, RequestParts parts, Value input, CallSite site) override {
    auto shipment = reader_.prepare(action, std::move(parts), std::move(input), std::move(site));
    if (!shipment) co_return shipment.error();
    if (auto judged = judge(*shipment, rules_); !judged) co_return judged.error();
    hold_redirects(*shipment, rules_);
    auto output = co_await read(std::move(*shipment));
    co_return output;
  }

  Task<Result<Value>> write_file(const Action& action, std::string path, std::string, CallSite) override {
    co_return refusal(action.name + " writes the file " + path);
  }

  Status announce(const Action& action, std::int64_t, const CallSite&) override {
    return refusal(action.name + " announces changes");
  }

  StateStore& state() override { return states_; }

 private:
  Error refusal(const std::string& what) const { return {ErrorCode::denied, what + ", and " + who_ + " only reads"}; }

  Task<Result<Value>> read(Shipment shipment) {
    if (!shipment.known)
      co_return Error{ErrorCode::internal, shipment.action->name + " was given a value that is not known"};
    if (writes(shipment.effect)) co_return refusal(shipment.action->name + " writes");
    auto reading = ReadShipment::of(shipment);
    if (!reading) co_return reading.error();
    auto answer = co_await reader_.read(std::move(*reading));
    if (answer.left) record_.reads += 1 + answer.further;
    co_return std::move(answer.output);
  }

  Reader reader_;
  StateStore& states_;
  std::string who_;
  GateRules rules_;
};

}  // namespace

/// A gate without a run behind it knows no project.
Task<Result<Value>> Gate::read_file(const Action& action, Value) {
  co_return Error{ErrorCode::denied, action.name + " reads a file of the project, and only a run does that"};
}

std::unique_ptr<Gate> open_reading_gate(Courier& courier, StateStore& states, std::string who, GateRules rules) {
  return std::make_unique<ReadingGate>(Reader(courier), states, std::move(who), std::move(rules));
}

}  // namespace millrace
