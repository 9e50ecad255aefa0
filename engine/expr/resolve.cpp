#include <algorithm>
#include <cassert>

#include "expr/functions.hpp"
#include "expr/macros.hpp"
#include "expr/operators.hpp"
#include "expr/syntax.hpp"

namespace millrace {

namespace {

using Node = Expression::Node;

/// A division of whole numbers that leaves a rest, or by 0.0: it stays as written, so that the check can doubt it.
bool leaves_doubt(const Node& node) {
  if (node.op != Operator::divide || node.children.size() != 2) return false;
  const Value& left = node.children[0].value;
  const Value& right = node.children[1].value;
  if (as_double(left) && as_double(right) == 0.0) return left.is(Kind::number) || right.is(Kind::number);
  if (left.is(Kind::integer) && right.is(Kind::integer)) {
    const std::int64_t by = right.integer();
    return by != 0 && by != -1 && left.integer() % by != 0;
  }
  const bool both = left.is(Kind::unsigned_integer) && right.is(Kind::unsigned_integer);
  return both && right.unsigned_integer() != 0 && left.unsigned_integer() % right.unsigned_integer() != 0;
}

/// Nothing in it depends on names, time, or variables of macros around `slot`.
bool closed(const Node& node, int slot) {
  if (node.kind == NodeKind::name || node.kind == NodeKind::closure) return false;
  if (node.kind == NodeKind::local && node.slot < slot) return false;
  if (node.kind == NodeKind::call && !node.function->constant) return false;
  return std::all_of(node.children.begin(), node.children.end(),
                     [slot](const Node& child) { return closed(child, slot); });
}

class Resolver {
 public:
  explicit Resolver(Expression::Parsed& parsed) : parsed_(parsed) {}

  void resolve(Node& node) {
    const bool has_variables = node.kind == NodeKind::loop;
    if (has_variables) node.slot = static_cast<int>(scope_.size());
    for (std::size_t child = 0; child < node.children.size(); ++child) {
      const std::size_t outer = scope_.size();
      if (has_variables && sees_variables(node, child)) {
        scope_.insert(scope_.end(), node.variables.begin(), node.variables.end());
        parsed_.slots = std::max(parsed_.slots, static_cast<int>(scope_.size()));
      }
      resolve(node.children[child]);
      scope_.resize(outer);
    }
    settle(node);
    node.evaluator = evaluator_of(node);
    if (foldable(node)) fold(node);
  }

 private:
  void settle(Node& node) {
    if (node.kind == NodeKind::name) {
      const auto variable = std::find(scope_.rbegin(), scope_.rend(), node.text);
      if (node.rooted || variable == scope_.rend()) return remember(node);
      node.kind = NodeKind::local;
      node.slot = static_cast<int>(scope_.rend() - variable) - 1;
      node.path.clear();
    } else if (node.kind == NodeKind::select || node.kind == NodeKind::has) {
      node.value = node.text;
      node.rooted = node.children[0].rooted;
      if (node.children[0].path.empty()) node.path.clear();
    } else if (node.kind == NodeKind::call) {
      find_callee(node);
    }
  }

  void remember(Node& name) {
    const std::pair<bool, std::string> wanted(name.rooted, name.text);
    auto known = std::find(names_.begin(), names_.end(), wanted);
    if (known == names_.end() && names_.size() < name_limit) known = names_.insert(known, wanted);
    name.slot = known == names_.end() ? no_slot : slot_limit + static_cast<int>(known - names_.begin());
  }

  static void find_callee(Node& call) {
    if (call.receiver && !call.children[0].path.empty()) {
      const std::string full = call.children[0].path + '.' + call.text;
      if (find_function(full)) {
        call.text = full;
        call.receiver = false;
        call.children.erase(call.children.begin());
        gather_arguments(call);
      }
    }
    call.function = find_function(call.text);
    if (!call.function || !wrong_shape(*call.function, call).empty()) {
      call.function = nullptr;
      call.kind = NodeKind::closure;
      return;
    }
    if (call.text == "matches" && call.children[1].kind == NodeKind::constant && call.children[1].value.is_text()) {
      std::string why;
      call.pattern = compile_pattern(call.children[1].value.text(), why);
    }
  }

  /// math.greatest(a, b, c) is math.greatest([a, b, c]).
  static void gather_arguments(Node& call) {
    if ((call.text != "math.greatest" && call.text != "math.least") || call.children.size() < 2) return;
    Node list;
    list.kind = NodeKind::list;
    list.offset = call.offset;
    list.length = call.length;
    list.height = call.height;
    list.evaluator = evaluator_of(list);
    list.children = std::move(call.children);
    call.children.clear();
    call.height = static_cast<std::uint16_t>(call.height + 1);
    call.children.push_back(std::move(list));
  }

  static bool foldable(const Node& node) {
    if (node.kind == NodeKind::loop) return closed(node, node.slot);
    const bool constant = std::all_of(node.children.begin(), node.children.end(),
                                      [](const Node& child) { return child.kind == NodeKind::constant; });
    if (!constant) return false;
    switch (node.kind) {
      case NodeKind::call:
        return node.function->constant;
      case NodeKind::list:
      case NodeKind::map:
      case NodeKind::index:
      case NodeKind::negation:
        return true;
      case NodeKind::operation:
        return !leaves_doubt(node);
      case NodeKind::select:
      case NodeKind::has:
      case NodeKind::conditional:
      case NodeKind::all_of:
      case NodeKind::any_of:
      case NodeKind::constant:
      case NodeKind::name:
      case NodeKind::local:
      case NodeKind::closure:
      case NodeKind::loop:
        return false;
    }
    return false;
  }

  void fold(Node& node) {
    const Bindings none;
    Slots slots;
    EvaluationBudget budget{.steps = std::min(steps_left_, most_steps), .bytes = 1024 * 1024, .next_look = 0};
    const std::int64_t given = budget.steps;
    Frame frame{.parsed = parsed_, .names = none, .budget = budget, .slots = slots.values};
    Value scratch;
    const Value* value = evaluate(node, frame, scratch);
    steps_left_ -= given - std::max<std::int64_t>(budget.steps, 0);
    if (!value) {
      if (!frame.exhausted()) note_failure(frame);
      return;
    }
    node.value = *value;
    node.kind = NodeKind::constant;
    node.children.clear();
  }

  /// A loop that holds what has failed already fails with it.
  void note_failure(Frame& frame) {
    std::vector<ExpressionError>& known = parsed_.constant_failures;
    const bool told = std::any_of(known.begin(), known.end(),
                                  [&](const ExpressionError& failure) { return failure.offset == frame.offset; });
    if (!told) known.push_back({std::move(frame.message), frame.offset, frame.length, ""});
  }

  static constexpr std::int64_t most_steps = 10'000;
  Expression::Parsed& parsed_;
  std::vector<std::string> scope_;
  std::vector<std::pair<bool, std::string>> names_;  ///< with a leading dot or without
  std::int64_t steps_left_ = 1'000'000;              ///< for all that is folded
};

}  // namespace

void resolve(Expression::Parsed& parsed) {
  Resolver(parsed).resolve(parsed.root);
  assert(parsed.slots <= slot_limit);
}

}  // namespace millrace
