#include <algorithm>
#include <cassert>

#include "expr/functions.hpp"
#include "expr/macros.hpp"
#include "expr/syntax.hpp"

namespace millrace {

namespace {

using Node = Expression::Node;

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
    if (foldable(node)) fold(node);
  }

 private:
  void settle(Node& node) {
    if (node.kind == NodeKind::name) {
      const auto variable = std::find(scope_.rbegin(), scope_.rend(), node.text);
      if (node.rooted || variable == scope_.rend()) return;
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
    list.children = std::move(call.children);
    call.children.clear();
    call.height = static_cast<std::uint16_t>(call.height + 1);
    call.children.push_back(std::move(list));
  }

  static bool foldable(const Node& node) {
    const bool constant = std::all_of(node.children.begin(), node.children.end(),
                                      [](const Node& child) { return child.kind == NodeKind::constant; });
    if (!constant) return false;
    switch (node.kind) {
      case NodeKind::call:
        return node.function->constant;
      case NodeKind::list:
      case NodeKind::map:
      case NodeKind::index:
      case NodeKind::operation:
      case NodeKind::negation:
        return true;
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
    Budget budget{.steps = 10'000, .bytes = 1024 * 1024};
    Frame frame{.parsed = parsed_, .names = none, .budget = budget, .locals = nullptr};
    Value scratch;
    const Value* value = evaluate(node, frame, scratch);
    if (!value) {
      if (!frame.exhausted()) parsed_.constant_failures.push_back({frame.message, frame.offset, frame.length, ""});
      return;
    }
    node.value = *value;
    node.kind = NodeKind::constant;
    node.children.clear();
  }

  Expression::Parsed& parsed_;
  std::vector<std::string> scope_;
};

}  // namespace

void resolve(Expression::Parsed& parsed) {
  Resolver(parsed).resolve(parsed.root);
  assert(parsed.slots <= slot_limit);
}

}  // namespace millrace
