#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "courier/courier.hpp"
#include "crypto/digest.hpp"
#include "gate/attachments.hpp"
#include "gate/before.hpp"
#include "gate/body_file.hpp"
#include "gate/change.hpp"
#include "gate/gate.hpp"
#include "gate/note_read.hpp"
#include "gate/output_folder.hpp"
#include "gate/overlay.hpp"
#include "gate/project_file.hpp"
#include "gate/reading.hpp"
#include "gate/sent_files.hpp"
#include "gate/things.hpp"
#include "gate/unknown_answer.hpp"
#include "gate/warden.hpp"
#include "gate/written_files.hpp"
#include "secret/redacted.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

/// Which part of the request is not known, for people.
std::string unknown_part(const Shipment& shipment) {
  if (shipment.parts.path.is_unknown()) return shipment.parts.path.unknown_what();
  return "a part of what it sends";
}

/// The same for each attempt of a change, and for nothing else.
std::string name_of_effect(const CallSite& site, const Change& change) {
  return site.key + " " +
         fingerprint(encode_json(Value::List{change.action, change.target, change.method, change.url, change.body}));
}

/// It holds nothing that could write: a reader in place of the sender, and a state store that keeps writes to itself.
class PlanningGate final : public Gate {
 public:
  PlanningGate(Loop& loop, Reader reader, const Secrets& secrets, StateStore& below, WrittenFiles& written_files,
               GateRules rules)
      : loop_(loop),
        reader_(reader),
        secrets_(secrets),
        state_(below),
        written_files_(written_files),
        rules_(std::move(rules)),
        safety_(rules_) {}

  Task<Result<Value>> perform(const Action& action, Value input, CallSite site) override {
    auto shipment = reader_.prepare(action, std::move(input), std::move(site));
    if (!shipment) co_return shipment.error();
    if (auto allowed = check_body_file(*shipment); !allowed) co_return allowed.error();
    if (auto judged = judge(*shipment, rules_); !judged) co_return judged.error();
    hold_redirects(*shipment, rules_);
    const auto attached = attached_files(*shipment, rules_);
    if (!attached) co_return attached.error();
    const auto there = check_attachments(*attached, rules_, record_.changes);
    if (!there) co_return there.error();
    std::string file = shipment->save_as();
    CallSite of_file = shipment->site;
    auto output = co_await carry(std::move(*shipment));
    if (!output || file.empty()) co_return output;
    auto saved = co_await save_body(*this, action, std::move(file), std::move(*output), std::move(of_file));
    co_return saved;
  }

  Task<Result<Value>> request(const Action& action, RequestParts parts, Value input, CallSite site) override {
    auto shipment = reader_.prepare(action, std::move(parts), std::move(input), std::move(site));
    if (!shipment) co_return shipment.error();
    if (auto judged = judge(*shipment, rules_); !judged) co_return judged.error();
    auto output = co_await carry(std::move(*shipment));
    co_return output;
  }

  Task<Result<Value>> write_file(const Action& action, std::string path, std::string content, CallSite site) override {
    auto allowed = check_place(rules_.output_folder, path);  // short enough to be done on the loop
    if (allowed) allowed = judge_file(action, Effect::create, path, rules_);
    if (allowed) allowed = files_for(site).claim(action, site, path);
    if (!allowed) co_return allowed.error();
    const std::size_t bytes = secrets_.redact(content).size();
    const Value output = file_output(rules_, path, bytes);
    Change change = change_of_file(action, site, path, shown_file(rules_, path), secrets_);
    if (planned_.emplace(name_of_effect(site, change), output).second) list(safety_.at(site), std::move(change), {});
    co_return output;
  }

  Task<Result<Value>> read_file(const Action& action, Value input) override {
    if (input.contains_unknown()) co_return Value::unknown("what the file holds");
    const std::string name = input.text_or("file");
    if (auto judged = judge_file(action, Effect::read, name, rules_); !judged) co_return judged.error();
    if (is_planned(name)) co_return Value::unknown("what the file " + name + " will hold");
    auto read = co_await read_project_file(loop_, rules_.project_folder, input, secrets_);
    if (rules_.keep_readings) record_.readings.push_back(reading_of_file(action, input, read));
    co_return read;
  }

  Status announce(const Action& action, std::int64_t, const CallSite&) override {
    return judge_announced(action, rules_);
  }

  StateStore& state() override { return state_; }

 private:
  WrittenFiles& files_for(const CallSite& site) {
    if (!site.foresees) return written_files_;
    if (!foreseen_files_) foreseen_files_ = written_files_.of(site.occurrence);
    return *foreseen_files_;
  }

  Task<Result<Value>> carry(Shipment shipment) {
    if (!writes(shipment.effect)) {
      count_call(record_.calls, shipment);
      auto output = co_await read(std::move(shipment));
      co_return output;
    }
    if (auto allowed = check_files(files_in(shipment), rules_.project_folder); !allowed) co_return allowed.error();
    Change change = change_of(shipment, record_, secrets_);
    const std::string effect = name_of_effect(shipment.site, change), summary = change.summary;
    if (const auto known = planned_.find(effect); known != planned_.end()) co_return known->second;
    count_call(record_.calls, shipment);
    count_looks(record_.calls, shipment);
    list(safety_.at(shipment.site), std::move(change), place_of(shipment));
    Value output = redacted(secrets_, overlay_.plan(shipment, summary, Notes(record_.notes)));
    planned_.emplace(effect, output);
    co_return output;
  }

  Task<Result<Value>> read(Shipment shipment) {
    auto planned = overlay_.answer(shipment);
    if (planned) co_return *planned;
    const Action& action = *shipment.action;
    if (!shipment.known) {
      Notes(record_.notes)
          .add(
              redacted(secrets_, Error{ErrorCode::invalid, action.name + " could not be asked in the plan, because " +
                                                               unknown_part(shipment) + " is only known after the run"})
                  .message);
      co_return Value::unknown("the answer of " + action.name);
    }
    auto reading = ReadShipment::of(shipment);
    if (!reading) {
      Notes(record_.notes).add(redacted(secrets_, reading.error().within("not asked in the plan")).message);
      co_return Value::unknown("the answer of " + action.name);
    }
    auto answer = co_await reader_.read(std::move(*reading));
    if (answer.further > 0) count_call(record_.calls, shipment, answer.further);
    note_read(record_, shipment, answer, {});
    if (rules_.keep_readings) record_.readings.push_back(reading_of(shipment, answer.output));
    if (!answer.output) co_return std::move(answer.output);
    co_return overlay_.lay_over(shipment, *answer.output, Notes(record_.notes));
  }

  /// Whether the plan writes the file, which has its path below the project.
  bool is_planned(const std::string& name) const {
    const auto below = (rules_.project_folder / name).lexically_relative(rules_.output_folder).generic_string();
    const Value target(std::string(file_target) + below);
    return std::any_of(record_.changes.begin(), record_.changes.end(),
                       [&target](const Change& each) { return each.target == target; });
  }

  void list(SafetyCount& safety, Change change, const ThingPlace& place) {
    auto over = safety.count(change, place, record_);
    if (over && !record_.limit) record_.limit = std::move(over);
    new_changes_.push_back(change);
    record_.changes.push_back(std::move(change));
  }

  Loop& loop_;
  Reader reader_;
  const Secrets& secrets_;
  StateOverlay state_;
  WrittenFiles& written_files_;
  std::optional<WrittenFiles> foreseen_files_;
  GateRules rules_;
  SafetyCount safety_;
  Overlay overlay_;
  std::map<std::string, Value> planned_;  // by effect, what it gives: another attempt is the same change
};

}  // namespace

std::unique_ptr<Gate> open_planning_gate(Outside outside, GateRules rules) {
  return std::make_unique<PlanningGate>(outside.loop, Reader(outside.courier), outside.secrets, outside.states,
                                        outside.written_files, std::move(rules));
}

}  // namespace millrace
