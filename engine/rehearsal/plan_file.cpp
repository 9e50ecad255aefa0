#include "rehearsal/plan_file.hpp"

#include <utility>

#include "base/files.hpp"
#include "base/private_files.hpp"
#include "base/text.hpp"
#include "crypto/compare.hpp"
#include "crypto/digest.hpp"
#include "gate/encode_change.hpp"
#include "value/json.hpp"
#include "value/members.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::int64_t format = 2;
constexpr std::int64_t format_without_seal = 1;
constexpr std::size_t largest_plan = 1u << 30;

Value encode(const Reading& reading, const Value& name, const Value& answer) {
  Map things;
  for (const auto& [id, thing] : reading.things) {
    Map said;
    said.reserve(2);
    said.set(name, thing.name);
    said.set(answer, thing.answer);
    things.set(id, std::move(said));
  }
  return Value::object({{"action", reading.action},
                        {"connection", reading.connection},
                        {"location", reading.location},
                        {"kind", reading.kind},
                        {"target", reading.target},
                        {"question", reading.question},
                        {"answer", reading.answer},
                        {"failure", reading.failure},
                        {"things", std::move(things)}});
}

/// A large account has many things: their readings go as they are encoded, and the names of members are shared.
Value encode(PlannedRun run) {
  const Value name("name"), answer("answer");
  Value::List changes, readings;
  for (const Change& change : run.changes) changes.push_back(encode_change(change));
  for (Reading& reading : run.readings) readings.push_back(encode(std::exchange(reading, {}), name, answer));
  return Value::object({{"run", run.id},
                        {"location", run.location},
                        {"now", run.now},
                        {"outcome", run.outcome},
                        {"why", run.why},
                        {"changes", std::move(changes)},
                        {"reads", std::move(readings)}});
}

Value encode(PlanFile plan) {
  Value::List runs;
  for (PlannedRun& run : plan.runs) runs.push_back(encode(std::move(run)));
  return Value::object({{"millrace_plan", format},
                        {"made_by", "millrace " MILLRACE_VERSION},
                        {"workflow", plan.workflow},
                        {"path", plan.path.generic_string()},
                        {"sha256", plan.fingerprint},
                        {"event", plan.event},
                        {"delivery", plan.delivery},
                        {"as_of", plan.as_of ? Value(*plan.as_of) : Value()},
                        {"store", plan.store.generic_string()},
                        {"location", plan.location},
                        {"runs", std::move(runs)}});
}

Result<Reading> decode_reading(const Value& value) {
  Members members(value);
  Reading reading;
  reading.action = members.text("action");
  reading.connection = members.text("connection");
  reading.location = members.text("location");
  reading.kind = members.text("kind");
  reading.target = members.text("target");
  reading.question = members.text("question");
  reading.answer = members.text("answer");
  reading.failure = members.text("failure");
  for (const auto& [id, thing] : members.map("things")) {
    Members said(thing);
    // Plans of before had the whole fingerprint.
    reading.things[id.text()] = {said.text("name"), said.text("answer").substr(0, ReadThing::digits)};
    TRY(said.whole());
  }
  TRY(members.whole());
  return reading;
}

Result<PlannedRun> decode_run(const Value& value) {
  Members members(value);
  PlannedRun run;
  run.id = members.text("run");
  run.location = members.text("location");
  run.now = members.time("now");
  run.outcome = members.text("outcome");
  run.why = members.text("why");
  for (const Value& change : members.list("changes")) run.changes.push_back(TRY(decode_change(change)));
  for (const Value& reading : members.list("reads")) run.readings.push_back(TRY(decode_reading(reading)));
  TRY(members.whole());
  return run;
}

Result<PlanFile> decode_plan(const Value& value) {
  Members members(value);
  PlanFile plan;
  plan.workflow = members.text("workflow");
  plan.path = members.text("path");
  plan.fingerprint = members.text("sha256");
  plan.event = members.any("event");
  if (!members.any("as_of").is_null()) plan.as_of = members.time("as_of");
  // Plans of before had none of these.
  if (const Value* delivery = value.find("delivery")) plan.delivery = *delivery;
  if (value.find("location") != nullptr) plan.location = members.text("location");
  if (value.find("store") != nullptr) plan.store = members.text("store");
  for (const Value& run : members.list("runs")) plan.runs.push_back(TRY(decode_run(run)));
  TRY(members.whole());
  return plan;
}

}  // namespace

RunOutcome outcome_of(const RunReport& run) {
  const bool over = run.record.limit.has_value() && run.outcome == RunOutcome::completed;
  return over ? RunOutcome::stopped_by_safety : run.outcome;
}

PlannedRun planned(RunReport& run) {
  PlannedRun planned;
  planned.id = render(run.key);
  planned.location = run.location;
  planned.now = run.now;
  planned.outcome = name_of(outcome_of(run));
  if (!planned.applicable() && run.error) planned.why = run.error->message;
  if (!planned.applicable() && !run.error && run.record.limit) planned.why = run.record.limit->message;
  planned.changes = run.record.changes;
  planned.readings = std::exchange(run.record.readings, {});
  return planned;
}

namespace {

/// Over what the plan says, however it is laid out: what was read again is written as it was before.
std::string seal_of(const Value& plan, std::string_view key) {
  Map said = plan.map();
  said.erase("seal");
  return hex(hmac_sha256(key, encode_marked_json(Value(std::move(said)))));
}

Value sealed(const Value& plan, std::string_view key) {
  Map all = plan.map();
  all.set("seal", seal_of(plan, key));
  return Value(std::move(all));
}

Result<std::string> read_plan(const std::string& file) {
  if (file == "-") return read_input(file);
  auto text = TRY(read_private_file(file, Others::may_read, largest_plan));
  if (!text) return Error{ErrorCode::not_found, "there is no file " + file};
  return std::move(*text);
}

/// Whether the plan was made here: whoever can write a plan chooses what is written to the far side.
Status check_seal(const Value& plan, const std::string& file, std::string_view key) {
  const bool older = *plan.find("millrace_plan") == Value(format_without_seal);
  if (older && file != "-") return Done{};
  if (same_secret(plan.text_or("seal"), seal_of(plan, key))) return Done{};
  return Error{ErrorCode::denied, file +
                                      " was not made with this project, or was changed after it was made, so it is not "
                                      "applied: make the plan anew, here"};
}

}  // namespace

std::filesystem::path beneath(const std::filesystem::path& folder, const std::filesystem::path& file) {
  std::error_code failed;
  const auto absolute = std::filesystem::weakly_canonical(file, failed);
  const auto relative = absolute.lexically_relative(std::filesystem::weakly_canonical(folder, failed));
  return relative.empty() || *relative.begin() == ".." ? absolute : relative;
}

Status save_plan(PlanFile plan, const std::filesystem::path& file, std::string_view key) {
  std::string text = encode_marked_json(sealed(encode(std::move(plan)), key), JsonStyle::indented);
  const Status saved = replace_file(file.string(), text += '\n', 0600);
  if (!saved) return saved.error().within("cannot write the plan");
  return saved;
}

Result<PlanFile> load_plan(const std::string& file, std::string_view key) {
  const auto json = parse_marked_json(TRY(read_plan(file)));
  if (!json) return json.error().within(file + " is no plan, or only a part of one");
  const Value* version = json->find("millrace_plan");
  if (version == nullptr) {
    return Error{ErrorCode::invalid, file + R"( is no plan: "millrace plan WORKFLOW --out FILE" makes one)"};
  }
  if (*version != Value(format) && *version != Value(format_without_seal)) {
    return Error{ErrorCode::invalid, file + " is a plan of format " + encode_json(*version) +
                                         ", and this Millrace knows format " + std::to_string(format) +
                                         ": make the plan anew"};
  }
  TRY(check_seal(*json, file, key));
  auto plan = decode_plan(*json);
  if (!plan) return plan.error().within(file + " is no whole plan");
  return plan;
}

}  // namespace millrace
