#include "workflow/step_loader.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "workflow/foreign_words.hpp"
#include "workflow/format_schemas.hpp"
#include "workflow/telling_steps.hpp"

namespace millrace {
namespace {

bool belongs_to_for_each(std::string_view key) { return key == "do" || key == "parallel"; }

PlacedExpression expression_at(FieldReader& fields, const Node* node, ExpressionUses* texts = nullptr) {
  return node && !node->is_empty() ? fields.expression(*node, texts) : FieldReader::unreadable();
}

PlacedExpression condition_at(FieldReader& fields, const Node* node) {
  return node && node->is_scalar() && !node->is_empty() ? fields.condition(*node) : FieldReader::unreadable();
}

int integer_in(const Value& value, std::string_view name, int otherwise) {
  const Value* member = value.find(name);
  return member && member->is(Kind::integer)
             ? static_cast<int>(std::clamp<std::int64_t>(member->integer(), 1, 1'000'000))
             : otherwise;
}

RetryPolicy retry_policy(const Value& value) {
  RetryPolicy policy;
  policy.attempts = integer_in(value, "attempts", 1);
  policy.exponential = value.text_or("backoff", "exponential") == "exponential";
  policy.delay = duration_in(value, "delay").value_or(policy.delay);
  policy.max_delay = duration_in(value, "max_delay").value_or(std::max(policy.max_delay, policy.delay));
  return policy;
}

}  // namespace

std::optional<Duration> duration_in(const Value& value, std::string_view name) {
  const Value* member = value.find(name);
  if (!member || !member->is_text()) return std::nullopt;
  const auto duration = parse_duration(member->text());
  return duration ? std::optional(*duration) : std::nullopt;
}

Steps StepLoader::steps(const Node* node) {
  Steps steps;
  if (!node) return steps;
  if (node->is_map()) steps.push_back(step(*node));
  for (const Node& item : node->items) {
    if (item.is_map()) steps.push_back(step(item));
  }
  return steps;
}

StepLoader::Form StepLoader::form(const Node& node) {
  const bool branches = node.member("then") || node.member("else");
  const bool loops = node.member("for_each") != nullptr;
  std::vector<const Node::Member*> present;
  for (const std::string_view key : step_words) {
    const Node::Member* member = node.member(key);
    if (member && key != IfBlock::word && !(loops && belongs_to_for_each(key))) present.push_back(member);
  }
  if (branches) present.push_back(node.member("then") ? node.member("then") : node.member("else"));
  if (present.size() > 1) {
    std::sort(present.begin(), present.end(),
              [](const auto* left, const auto* right) { return left->key_begin < right->key_begin; });
    fields_.report(
        finding(Rule::one_block, document_.key_mark(*present[1]),
                "a step does one thing: \"" + present[0]->key + "\" and \"" + present[1]->key + "\" make two steps"));
    return {};
  }
  const bool perhaps_a_loop = present.size() == 1 && belongs_to_for_each(present[0]->key);
  if (perhaps_a_loop && misspelled_block(node)) return {};
  if (branches || (present.empty() && node.member("if"))) return {"if", "if_step"};
  if (present.empty()) return unclear_form(node);
  return {present[0]->key, present[0]->key + "_step"};
}

/// What a key may be that no step has; a key of every step is none of those.
std::optional<ForeignKey> StepLoader::meant_block(const std::string& key) const {
  static const std::vector<std::string> blocks(step_words.begin(), step_words.end());
  const auto is_block = [](std::string_view name) {
    return std::find(blocks.begin(), blocks.end(), name) != blocks.end();
  };
  const std::vector<std::string> common = view_of(*workflow_part("do_step")).property_names();
  if (is_block(key) || std::find(common.begin(), common.end(), key) != common.end()) return std::nullopt;
  for (const ForeignKey& foreign : foreign_keys(key)) {
    if (is_block(foreign.ours)) return foreign;
  }
  const auto near = nearest(key, blocks);
  const auto found = std::find(blocks.begin(), blocks.end(), near.value_or(""));
  return found == blocks.end() ? std::nullopt : std::optional(ForeignKey{"", *found, ""});
}

/// Reports a key that was meant to say what the step does.
bool StepLoader::misspelled_block(const Node& node) {
  for (const Node::Member& member : node.members) {
    const auto meant = meant_block(member.key);
    if (!meant) continue;
    fields_.report(
        finding(Rule::unknown_key, document_.key_mark(member), message_of(member.key, *meant), suggestion_of(*meant)));
    return true;
  }
  return false;
}

/// Of a step without a block: perhaps its key is misspelled.
StepLoader::Form StepLoader::unclear_form(const Node& node) {
  if (misspelled_block(node)) return {};
  const SourceMark at = node.members.empty() ? fields_.mark(node) : document_.key_mark(node.members[0]);
  fields_.report(
      finding(Rule::one_block, at,
              "this step does nothing: it needs one of " + join({step_words.begin(), step_words.end()}, ", ")));
  return {};
}

/// Reports keys that stand beside the one they belong to ("with:"), for want of two blanks.
bool StepLoader::beside_its_key(const Node& node, const Schema& part) {
  const SchemaView view = view_of(part);
  const Node::Member* empty = nullptr;  // the last key that should hold keys, and holds nothing
  bool found = false;
  for (const Node::Member& member : node.members) {
    const SchemaView own = view.property(member.key);
    if (own.known()) empty = member.value.is_empty() && own.allows("object") ? &member : nullptr;
    if (own.known() || empty == nullptr) continue;
    fields_.report(finding(
        Rule::wrong_indentation, document_.key_mark(member),
        "\"" + member.key + "\" stands beside \"" + empty->key + "\": what belongs to it is indented deeper than it",
        "  " + member.key));
    found = true;
  }
  return found;
}

/// Inputs of an action that stand beside "with" in place of in it.
std::vector<const Node::Member*> StepLoader::beside_with(const Node& node, const Action& action) const {
  const SchemaView step = view_of(*workflow_part("action_step")), inputs = action.inputs();
  std::vector<const Node::Member*> found;
  for (const Node::Member& member : node.members) {
    if (!step.property(member.key).known() && inputs.property(member.key).known()) found.push_back(&member);
  }
  return found;
}

/// Reports these, and keys of the step that stand in "with".
void StepLoader::misplaced_keys(const Node& node) {
  const std::string name = node.find("action")->text;
  const Action* action = catalog_.find_action(name);
  if (!action) return;
  const auto report = [&](const Node::Member& member, const std::string& where) {
    fields_.report(finding(Rule::unknown_key, document_.key_mark(member), "\"" + member.key + "\" " + where));
  };
  for (const Node::Member* member : beside_with(node, *action))
    report(*member, "is an input of " + name + ": it stands in \"with\", indented deeper than it");
  const Node* with = node.find("with");
  if (!with || !with->is_map()) return;
  const SchemaView step = view_of(*workflow_part("action_step")), inputs = action->inputs();
  for (const Node::Member& member : with->members) {
    if (step.property(member.key).known() && !inputs.property(member.key).known())
      report(member, "is no input of " + name + ": it belongs to the step, and stands beside \"with\"");
  }
}

Step StepLoader::step(const Node& node) {
  Step step = {};
  step.at = node.members.empty() ? fields_.mark(node) : document_.key_mark(node.members[0]);
  step.what = GroupBlock();
  const Form found = form(node);
  const Schema* part = workflow_part(found.definition);
  if (found.definition.empty() || part == nullptr || beside_its_key(node, *part)) {
    if (const Node* id = node.find("id"); id && id->is_scalar()) {  // others may refer to it
      step.id = id->text;
      step.id_at = fields_.mark(*id);
    }
    return step;
  }
  const Value value = fields_.fixed(node, view_of(*part));
  if (found.key == "action") misplaced_keys(node);
  fields_.check_shape(node, value, *part);
  common(step, node, value);
  const bool guard = found.key != "if" && node.find("if") != nullptr;
  if (guard) step.condition = condition_at(fields_, node.find("if"));
  read(step, found, node, value);
  return step;
}

void StepLoader::common(Step& step, const Node& node, const Value& value) {
  step.id = value.text_or("id");
  if (const Node* id = node.find("id")) step.id_at = fields_.mark(*id);
  step.name = value.text_or("name");
  if (const Value* retry = value.find("retry")) step.retry = retry_policy(*retry);
  step.timeout = duration_in(value, "timeout");
  const std::string unsure = value.text_or("if_unsure");
  if (unsure == "ask_me") step.if_unsure = IfUnsure::ask_me;
  if (unsure == "try_again") step.if_unsure = IfUnsure::try_again;
  if (unsure == "check_first") step.if_unsure = IfUnsure::check_first;
  const Node* on_error = node.find("on_error");
  if (!on_error) return;
  if (on_error->is_scalar()) {
    step.on_error = on_error->text == "continue" ? OnError::proceed : OnError::stop;
  } else {
    step.on_error = OnError::handle;
    step.error_steps = steps(on_error);
  }
}

void StepLoader::read(Step& step, const Form& form, const Node& node, const Value& value) {
  if (form.key == "action") step.what = action(node, value);
  if (form.key == "if")
    step.what = IfBlock{condition_at(fields_, node.find("if")), steps(node.find("then")), steps(node.find("else"))};
  if (form.key == "switch") step.what = choice(node);
  if (form.key == "for_each") step.what = loop(node, value);
  if (form.key == "repeat") {
    step.what = RepeatBlock{steps(node.find("repeat")), condition_at(fields_, node.find("until")),
                            integer_in(value, "max", 100)};
  }
  if (form.key == "parallel") {
    ParallelBlock block;
    const Node* branches = node.find("parallel");
    for (const Node& branch : branches->items) block.branches.push_back(steps(&branch));
    if (branches->is_map()) block.branches.push_back(steps(branches));
    step.what = std::move(block);
  }
  if (form.key == "do") step.what = GroupBlock{steps(node.find("do"))};
  if (form.key == "set") step.what = set(node);
  if (form.key == "stop") step.what = stop(node, value);
  if (form.key == "wait") step.what = wait(node, value);
  if (form.key == "approve") step.what = approve(node, value);
  if (form.key == "call") step.what = call(node, value);
}

ActionStep StepLoader::action(const Node& node, const Value& value) {
  ActionStep step;
  step.action = value.text_or("action");
  step.action_at = fields_.mark(*node.find("action"));
  if (const Node* connection = node.find("connection")) {
    step.connection = value.text_or("connection");
    step.connection_at = fields_.mark(*connection);
  }
  const Action* action = catalog_.find_action(step.action);
  const SchemaView inputs = action ? action->inputs() : SchemaView();
  const Node::Member* with = node.member("with");
  const bool given = with && !with->value.is_empty();
  if (given && !with->value.is_map()) return step;
  FieldReader::Field read = {Template::constant(Map()), Map()};
  if (given) read = fields_.field(with->value, inputs, step.uses);
  step.with = std::move(read.content);
  // Of an action that is not there nobody knows which inputs take expressions bare.
  if (!action) std::erase_if(step.uses, [](const auto& use) { return use.role == ExpressionUse::Role::text; });
  if (action && action->input) {
    const auto beside = beside_with(node, *action);
    if (!beside.empty()) {
      Map all = read.value.is_map() ? read.value.map() : Map();
      for (const Node::Member* member : beside) all.set(member->key, Value::unknown("a value"));
      read.value = std::move(all);
    }
    fields_.check_shape(given ? with->value : node, read.value, *action->input,
                        with ? document_.key_mark(*with) : step.action_at);
  }
  return step;
}

SwitchBlock StepLoader::choice(const Node& node) {
  SwitchBlock block = {expression_at(fields_, node.find("switch")), {}, steps(node.find("default")), {}};
  const Node* cases = node.find("cases");
  if (!cases) return block;
  std::vector<const Node*> items;
  if (cases->is_map()) items.push_back(cases);
  for (const Node& item : cases->items) items.push_back(&item);
  for (const Node* item : items) {
    const Node* when = item->find("when");
    const bool readable = when && !when->is_empty();
    if (item->is_map()) {
      block.cases.push_back(readable ? fields_.case_value(*when, block.subject, &block.uses)
                                     : SwitchBlock::Case{FieldReader::unreadable(), {}, {}});
      block.cases.back().steps = steps(item->find("do"));
    }
  }
  return block;
}

ForEachBlock StepLoader::loop(const Node& node, const Value& value) {
  ExpressionUses texts;
  ForEachBlock block = {expression_at(fields_, node.find("for_each"), &texts),
                        value.text_or("as", "item"),
                        document_.key_mark(*node.member("for_each")),
                        integer_in(value, "parallel", 1),
                        {},
                        {}};
  block.uses = std::move(texts);
  fields_.begin_loop(block.as);
  block.body = steps(node.find("do"));
  fields_.end_loop();
  if (const Node* as = node.find("as")) block.as_at = fields_.mark(*as);
  return block;
}

SetBlock StepLoader::set(const Node& node) {
  SetBlock block;
  const Node* values = node.find("set");
  if (!values->is_map()) return block;
  block.values = fields_.field(*values, SchemaView(), block.uses).content;
  for (const Node::Member& member : values->members) block.names.push_back(member.key);
  return block;
}

StopBlock StepLoader::stop(const Node& node, const Value& value) {
  StopBlock block;
  const Value* stop = value.find("stop");
  if (stop) block.outcome = stop->text_or("outcome", "completed");
  const Node* message = node.find("stop")->find("message");
  const SchemaView wanted = view_of(*workflow_part("stop_step")).property("stop").property("message");
  if (message) block.message = fields_.field(*message, wanted, block.uses).content;
  return block;
}

WaitBlock StepLoader::wait(const Node& node, const Value& value) {
  WaitBlock block;
  block.at = document_.key_mark(*node.member("wait"));
  block.time = duration_in(value, "wait");
  const Node* until = node.find("wait")->find("until");
  if (until == nullptr) return block;
  block.until = expression_at(fields_, until);
  block.uses.push_back({*block.until, ExpressionUse::Role::whole, SchemaView(), "", "", "until", fields_.mark(*until)});
  return block;
}

ApproveBlock StepLoader::approve(const Node& node, const Value& value) {
  ApproveBlock block;
  block.at = document_.key_mark(*node.member("approve"));
  const Node& content = *node.find("approve");
  const SchemaView form = view_of(*workflow_part("approve_step")).property("approve");
  const Node* message = content.is_scalar() ? &content : content.find("message");
  if (message && message->is_scalar()) {
    block.message = fields_.field(*message, form.property("message"), block.uses).content;
  }
  if (const Value* more = value.find("approve")) block.expires = duration_in(*more, "expires");
  const Node* notify = content.is_map() ? content.find("notify") : nullptr;
  if (notify == nullptr) return block;
  Node entries = *notify;
  say_what_is_missing(entries, "approval", catalog_);
  block.notify = steps(&entries);
  take_usual_care(block.notify);
  return block;
}

CallBlock StepLoader::call(const Node& node, const Value& value) {
  CallBlock block;
  block.workflow = value.text_or("call");
  block.workflow_at = fields_.mark(*node.find("call"));
  const Node* with = node.find("with");
  if (with && with->is_map()) block.with = fields_.field(*with, SchemaView(), block.uses).content;
  return block;
}

}  // namespace millrace
