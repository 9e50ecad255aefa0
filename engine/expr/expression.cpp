#include "expr/expression.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/same_text.hpp"
#include "expr/evaluate.hpp"
#include "expr/foreign.hpp"
#include "expr/functions.hpp"

namespace millrace {

namespace {

using Node = Expression::Node;

constexpr int closure_limit = 4;  // each of them may recurse as deep as its own tree is high
constexpr const char* stopped_at_intake =
    "this takes longer than a trigger may, so it was stopped: what takes long is decided among the steps, by an "
    "\"if\" there";

std::vector<std::string> prefixes(std::string_view container) {
  std::vector<std::string> found;
  for (std::string_view left = container; !left.empty();) {
    found.push_back(std::string(left) + '.');
    const std::size_t dot = left.rfind('.');
    left = left.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
  found.emplace_back();
  return found;
}

std::shared_ptr<const Expression::Parsed> resolved(std::string_view text, Node tree, std::string_view container,
                                                   Dialect dialect) {
  auto parsed = std::make_shared<Expression::Parsed>();
  parsed->text = text;
  parsed->to_the_letter = dialect == Dialect::specification;
  parsed->containers = prefixes(container);
  parsed->root = std::move(tree);
  resolve(*parsed);
  return parsed;
}

void collect_roots(const Node& node, std::vector<std::string>& names) {
  const bool root = node.kind == NodeKind::name;
  if (root && std::find(names.begin(), names.end(), node.text) == names.end()) names.push_back(node.text);
  for (const Node& child : node.children) collect_roots(child, names);
}

/// The dotted name that a chain of selections spells, or nothing where it begins with anything but a name.
std::optional<std::string> spelled(const Node& node) {
  if (node.kind == NodeKind::name) return node.text;
  if (node.kind != NodeKind::select && node.kind != NodeKind::has) return std::nullopt;
  auto holder = spelled(node.children[0]);
  if (holder) *holder += "." + node.text;
  return holder;
}

void collect_paths(const Node& node, std::vector<std::string>& paths) {
  if (auto path = spelled(node)) {
    if (std::find(paths.begin(), paths.end(), *path) == paths.end()) paths.push_back(std::move(*path));
    return;
  }
  for (const Node& child : node.children) collect_paths(child, paths);
}

thread_local std::int64_t steps_of_thread = 0;

/// Counts at its end what was taken from the budget.
class StepCount {
 public:
  explicit StepCount(const EvaluationBudget& budget) : budget_(budget), given_(budget.steps) {}
  ~StepCount() { steps_of_thread += given_ - budget_.steps; }
  StepCount(const StepCount&) = delete;
  StepCount& operator=(const StepCount&) = delete;

 private:
  const EvaluationBudget& budget_;
  std::int64_t given_;
};

const Value* no_such_function(const Node& node, Frame& frame) {
  if (frame.names.find_closure(node.text))
    return frame.fail(node, '"' + node.text + "\" takes one value: " + node.text + "(item)");
  const Function* known = find_function(node.text);
  return frame.fail(node, known ? wrong_shape(*known, node) : unknown_function(node, frame.names.names()).message);
}

}  // namespace

std::variant<Expression, ExpressionError> Expression::parse(std::string_view text, std::string_view container,
                                                            Dialect dialect) {
  ParsedNode tree = parse_syntax(text);
  if (auto* error = std::get_if<ExpressionError>(&tree)) {
    return dialect == Dialect::workflows ? said_for_newcomers(text, std::move(*error)) : std::move(*error);
  }
  return Expression(resolved(text, std::get<Node>(std::move(tree)), container, dialect));
}

std::optional<Expression> Expression::read(std::string_view text) {
  ParsedNode tree = parse_syntax(text);
  if (!std::holds_alternative<Node>(tree)) return std::nullopt;
  return Expression(resolved(text, std::get<Node>(std::move(tree)), "", Dialect::workflows));
}

std::int64_t steps_taken() noexcept { return steps_of_thread; }

Result<Value> Expression::evaluate_within(EvaluationBudget& budget, const Bindings& bindings) const {
  const StepCount count(budget);
  Slots slots;
  Frame frame{.parsed = *parsed_, .names = bindings, .budget = budget, .slots = slots.values};
  Value scratch;
  const Value* value = evaluate_root(frame, scratch);
  if (!value) return Error{ErrorCode::invalid, std::move(frame.message)};
  return value == &scratch ? std::move(scratch) : *value;
}

Result<Value> Expression::evaluate(const Bindings& bindings, Effort effort) const {
  Allowance intake;
  if (effort == Effort::intake) return evaluate(bindings, intake);
  EvaluationBudget budget;
  return evaluate_within(budget, bindings);
}

Result<Value> Expression::evaluate(const Bindings& bindings, Allowance& left) const {
  EvaluationBudget budget{.steps = left.steps, .bytes = left.bytes, .time = left.time};
  auto value = evaluate_within(budget, bindings);
  left = {.steps = budget.steps, .bytes = budget.bytes, .time = left.time - budget.time_used()};
  if (!value && budget.exhausted()) return Error{ErrorCode::invalid, stopped_at_intake};
  return value;
}

Result<Value> Expression::evaluate_cell(const std::string& parameter, const Value& item,
                                        const Bindings& bindings) const {
  EvaluationBudget budget;
  const StepCount count(budget);
  Slots slots;
  Frame frame{.parsed = *parsed_,
              .names = bindings,
              .budget = budget,
              .slots = slots.values,
              .parameter = &parameter,
              .argument = &item};
  Value scratch;
  const Value* value = evaluate_root(frame, scratch);
  if (!value && frame.absent) return Value();
  if (!value) return Error{ErrorCode::invalid, std::move(frame.message)};
  return value == &scratch ? std::move(scratch) : *value;
}

const std::string& Expression::text() const noexcept { return parsed_->text; }
const Expression::Node& Expression::root() const noexcept { return parsed_->root; }

std::vector<std::string> Expression::roots() const {
  std::vector<std::string> names;
  collect_roots(parsed_->root, names);
  return names;
}

std::vector<std::string> Expression::paths() const {
  std::vector<std::string> paths;
  collect_paths(parsed_->root, paths);
  return paths;
}

void Bindings::set(std::string name, Value value) {
  qualified_ = qualified_ || name.find('.') != std::string::npos;
  for (auto& [known, held] : values_) {
    if (known == name) {
      held = std::move(value);
      return;
    }
  }
  values_.emplace_back(std::move(name), std::move(value));
}

void Bindings::set(std::string name, Closure closure) {
  std::erase_if(closures_, [&](const auto& known) { return known.first == name; });
  closures_.emplace_back(std::move(name), std::move(closure));
}

const Value* Bindings::find(std::string_view name) const noexcept {
  for (const Bindings* level = this; level; level = level->parent_) {
    for (const auto& [known, value] : level->values_) {
      if (same_text(known, name)) return &value;
    }
  }
  return nullptr;
}

std::vector<std::string> Bindings::names() const {
  std::vector<std::string> found;
  for (const Bindings* level = this; level; level = level->parent_) {
    for (const auto& [name, value] : level->values_) found.push_back(name);
    for (const auto& [name, closure] : level->closures_) found.push_back(name);
  }
  return found;
}

const Closure* Bindings::find_closure(std::string_view name) const noexcept {
  for (const Bindings* level = this; level; level = level->parent_) {
    for (const auto& [known, closure] : level->closures_) {
      if (known == name) return &closure;
    }
  }
  return nullptr;
}

const Value* find_path(std::string_view path, bool rooted, const Frame& frame) noexcept {
  if (!rooted) {
    for (const std::string& prefix : frame.parsed.containers) {
      const Value* found = prefix.empty() ? nullptr : frame.find(prefix + std::string(path));
      if (found) return found;
    }
  }
  return frame.find(path);
}

const Value* type_named(std::string_view name) noexcept {
  static const std::unordered_map<std::string_view, Value> types = [] {
    std::unordered_map<std::string_view, Value> named;
    for (const std::string_view type :
         {"bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type", "optional_type",
          "google.protobuf.Timestamp", "google.protobuf.Duration"}) {
      named.emplace(type, Value::type(std::string(type)));
    }
    return named;
  }();
  const auto found = types.find(name);
  return found == types.end() ? nullptr : &found->second;
}

const Value* evaluate_closure(const Node& node, Frame& frame, Value& scratch) {
  const Function* hiding = find_function(node.text);
  const bool hidden = hiding && hiding->style != Style::member;
  const bool callable = !node.receiver && node.children.size() == 1 && !hidden;
  const Closure* closure = callable ? frame.names.find_closure(node.text) : nullptr;
  if (!closure) return no_such_function(node, frame);
  Value held;
  const Value* argument = evaluate(node.children[0], frame, held);
  if (!argument) return nullptr;
  if (frame.budget.closures >= closure_limit) return frame.fail(node, '"' + node.text + "\" calls itself");
  const Expression::Parsed& body = closure->body.parsed();
  Slots slots;
  Frame inner{.parsed = body,
              .names = *closure->names,
              .budget = frame.budget,
              .slots = slots.values,
              .parameter = &closure->parameter,
              .argument = argument};
  ++frame.budget.closures;
  const Value* result = evaluate_root(inner, scratch);
  --frame.budget.closures;
  if (!result) return frame.fail(node, std::move(inner.message));
  if (result != &scratch) scratch = Value(*result);
  return &scratch;
}

}  // namespace millrace
