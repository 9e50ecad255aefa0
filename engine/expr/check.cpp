#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "expr/bare_words.hpp"
#include "expr/call_types.hpp"
#include "expr/doubts.hpp"
#include "expr/foreign.hpp"
#include "expr/functions.hpp"
#include "expr/instead.hpp"
#include "expr/macros.hpp"
#include "expr/operator_types.hpp"
#include "expr/type.hpp"

namespace millrace {

namespace {

using Node = Expression::Node;

/// What a schema describes without a type may be anything but that: nothing that is read is an optional.
bool is_optional(const Type& type) { return type.kinds() != any_kind && type.may_be(Kind::optional); }

class Checker {
 public:
  Checker(const Expression::Parsed& parsed, const TypedNames& names, const TypedNames& callable)
      : parsed_(parsed), names_(names), callable_(callable), locals_(static_cast<std::size_t>(parsed.slots)) {}

  TypeCheck check() {
    problems_ = parsed_.constant_failures;
    words_ = bare_words(parsed_.root);
    Type type = infer(parsed_.root);
    std::vector<TypeCheck::Way> ways;
    each_way(parsed_.root, type, [&](const Node& way, const Type& gives) {
      const bool placed = way.end > way.begin;
      ways.push_back({gives, placed ? way.begin : way.offset, placed ? way.end - way.begin : way.length});
    });
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](const auto& left, const auto& right) { return left.offset < right.offset; });
    return {std::move(type),    std::move(ways),       std::move(problems_),
            std::move(doubts_), std::move(divisions_), std::move(unknowns_)};
  }

 private:
  /// Evaluating it while the expression was read has failed already, and that is reported.
  bool failed_before(const Node& node) const {
    return std::any_of(parsed_.constant_failures.begin(), parsed_.constant_failures.end(),
                       [&](const ExpressionError& failure) { return failure.offset == node.offset; });
  }

  Type report(const Node& at, std::string message, std::string suggestion = "") {
    if (!failed_before(at))
      problems_.push_back({std::move(message), at.offset, at.length, std::move(suggestion), false});
    return {};
  }

  ExpressionError unknown(const Node& at, std::string message, const std::string& meant = "") const {
    ExpressionError error = {std::move(message), at.offset, at.length, "", true};
    if (!meant.empty()) put_instead(error, at, meant, parsed_.text);
    return error;
  }

  Type report_unknown(const Node& at, std::string message, const std::string& meant) {
    if (!failed_before(at)) problems_.push_back(unknown(at, std::move(message), meant));
    return {};
  }

  /// A value of which nothing is known, and of which something is taken. What comes of it is not told again.
  void note_unknown(const Node& taker, const Node& value, const Type& type) {
    if (!type.is_any()) return;
    behind_unknown_.insert(&taker);
    if (value.kind == NodeKind::local || behind_unknown_.contains(&value)) return;
    const std::string& name = value.path.empty() ? value.text : value.path;
    const std::string what = name.empty() ? "this" : '"' + name + '"';
    unknowns_.push_back({what + " has a shape that is not known before the run: what is taken from it is not checked",
                         value.offset, value.length, "", false});
  }

  const Type* find(std::string_view name) const {
    for (const auto& [known, type] : names_) {
      if (known == name) return &type;
    }
    return nullptr;
  }

  Type infer(const Node& node) {
    switch (node.kind) {
      case NodeKind::constant:
        return type_of(node.value);
      case NodeKind::name:
        return name(node);
      case NodeKind::local:
        return locals_[static_cast<std::size_t>(node.slot)];
      case NodeKind::select:
      case NodeKind::has:
        return select(node);
      case NodeKind::index:
        return index(node);
      case NodeKind::list:
        return list(node);
      case NodeKind::map:
        return map(node);
      case NodeKind::conditional: {
        condition(node.children[0]);
        const Type left = infer(node.children[1]);
        const Type right = infer(node.children[2]);
        chosen_[&node] = {left, right};
        return Type::any_of({left, right});
      }
      case NodeKind::all_of:
      case NodeKind::any_of:
      case NodeKind::negation:
        for (const Node& child : node.children) condition(child);
        return Type::of(Kind::boolean);
      case NodeKind::operation:
        return operation(node);
      case NodeKind::call:
        return call(node);
      case NodeKind::closure:
        return closure(node);
      case NodeKind::loop:
        return loop(node);
    }
    return {};
  }

  void condition(const Node& node) {
    const Type type = infer(node);
    each_way(node, type, [this](const Node& way, const Type& gives) {
      if (!gives.may_be(Kind::boolean)) report(way, "a condition is true or false, and this is " + gives.render());
    });
  }

  /// What it gives: on both sides of a `?:`, each of which may be taken.
  template <class Visit>
  void each_way(const Node& node, const Type& type, const Visit& visit) const {
    const auto chosen = chosen_.find(&node);
    if (chosen == chosen_.end()) return visit(node, type);
    each_way(node.children[1], chosen->second.first, visit);
    each_way(node.children[2], chosen->second.second, visit);
  }

  Type name(const Node& node) {
    if (const Type* known = find(node.text)) return *known;
    if (parsed_.containers.size() > 1) return {};
    if (type_named(node.text)) return Type::of(Kind::type);
    std::vector<std::string> candidates = {"true", "false", "null"};
    for (const auto& [known, type] : names_) candidates.push_back(known);
    const std::string meant = names_nothing(node.text) ? "null" : nearest(node.text, candidates).value_or("");
    const std::string said = "there is nothing called \"" + node.text + "\" here";
    if (words_.contains(&node) && !names_nothing(node.text) && lower(meant) != lower(node.text)) {
      const std::string text = between('\'', node.text, '\'');
      problems_.push_back({said + (meant.empty() ? ", text stands in quotes: " + text
                                                 : ", did you mean \"" + meant + "\" or the text " + text + "?"),
                           node.offset, node.length, text, true});
      return {};
    }
    return report_unknown(node, said + (meant.empty() ? "" : ", did you mean \"" + meant + "\"?"), meant);
  }

  Type select(const Node& node) {
    if (!node.path.empty() && (type_named(node.path) || find(node.path))) {
      const Type* known = find(node.path);
      return known ? *known : Type::of(Kind::type);
    }
    const Type holder = infer(node.children[0]);
    note_unknown(node, node.children[0], holder);
    const bool of_nothing = holder.kind() == Kind::null || holder.held().kind() == Kind::null;
    if (holder.is_any() || (node.optional && of_nothing)) return {};
    const Type found = member(node, holder, node.text);
    if (node.kind == NodeKind::has) return Type::of(Kind::boolean);
    return node.optional || is_optional(holder) ? Type::optional_of(found) : found;
  }

  Type member(const Node& at, const Type& holder, const std::string& wanted) {
    if (!holder.may_be(Kind::map) && !holder.may_be(Kind::optional)) {
      const bool counts = wanted == "length" || wanted == "size" || wanted == "count";
      return report(at, holder.render() + " has no \"" + wanted + '"' + (counts ? ", did you mean size()?" : ""),
                    counts ? "size()" : "");
    }
    const auto found = holder.member(wanted);
    if (found && !found->is_any()) return *found;
    const std::vector<std::string> names = holder.member_names();
    if (std::find(names.begin(), names.end(), wanted) != names.end()) return *found;
    if (found) return doubt_member(at, holder, wanted, names);
    const bool asks = at.kind == NodeKind::has || at.optional;
    if (asks && !nearest(wanted, names)) {
      doubts_.push_back(unknown(at, "there is never a \"" + wanted + "\" in it"));
      return {};
    }
    const auto meant = nearest(wanted, names);
    const std::string hint = meant ? ", did you mean \"" + *meant + "\"?" : what_there_is(names);
    return report_unknown(at, "there is no \"" + wanted + "\" in it" + hint, meant.value_or(""));
  }

  /// A member that may be there, although the shape does not speak of it.
  Type doubt_member(const Node& at, const Type& holder, const std::string& wanted,
                    const std::vector<std::string>& names) {
    const auto meant = nearest(wanted, names);
    if (meant && !numbered_alike(*meant, wanted)) {
      doubts_.push_back(unknown(at, "no \"" + wanted + "\" is known in it, did you mean \"" + *meant + "\"?", *meant));
    } else if (holder.others() == Type::Others::by_hand) {
      const std::string unless = "\" in it, unless the run is started by hand with one: it holds ";
      doubts_.push_back(unknown(at, "there is no \"" + wanted + unless + join(names, ", ")));
    }
    return {};
  }

  Type index(const Node& node) {
    const Type holder = infer(node.children[0]);
    const Node& key = node.children[1];
    const Type key_type = infer(key);
    note_unknown(node, node.children[0], holder);
    const bool below = key.kind == NodeKind::constant && key.value.is(Kind::integer) && key.value.integer() < 0;
    if (below && holder.may_be(Kind::list) && (holder.is_any() || !holder.may_be(Kind::map)))
      return report(key, "the first item of a list is [0], and none is below it; the last one is .last().value()");
    if (holder.is_any()) return {};
    const bool holds = is_optional(holder);
    if (!holder.may_be(Kind::map) && !holder.may_be(Kind::list) && !holds && !node.optional) {
      return report(node, "[...] looks into a list or a mapping, not into " + holder.render());
    }
    const Type inside = holds ? holder.held() : holder;
    const Type found = looked_up(key, key_type, inside);
    return node.optional || holds ? Type::optional_of(found) : found;
  }

  Type looked_up(const Node& key, const Type& key_type, const Type& holder) {
    if (is_list(holder)) {
      if ((key_type.kinds() & numbers) == 0)
        return report(key, "the place in a list is a whole number, not " + key_type.render());
      return holder.element();
    }
    const bool textual = key.kind == NodeKind::constant && key.value.is_text();
    if (!textual || !holder.may_be(Kind::map) || holder.may_be(Kind::list)) return {};
    return member(key, holder, key.value.text());
  }

  Type list(const Node& node) {
    Type element;
    for (std::size_t at = 0; at < node.children.size(); ++at) {
      const Type type = infer(node.children[at]);
      element = at == 0 ? type : Type::any_of({element, type});
    }
    return Type::list_of(node.optional_entries.empty() ? element : Type());
  }

  Type map(const Node& node) {
    std::vector<std::pair<std::string, Type>> members;
    bool open = !node.optional_entries.empty();
    for (std::size_t at = 0; at + 1 < node.children.size(); at += 2) {
      const Node& key = node.children[at];
      const Type key_type = infer(key);
      Type value = infer(node.children[at + 1]);
      const bool textual = key.kind == NodeKind::constant && key.value.is_text();
      if (textual) members.emplace_back(key.value.text(), open ? Type() : std::move(value));
      open = open || !textual;
      if ((key_type.kinds() & (kind_set(Kind::text, Kind::boolean) | numbers)) == 0)
        report(key, "a key is text, a whole number or true/false, not " + key_type.render());
    }
    return Type::map_of(std::move(members), open ? Type::Others::some : Type::Others::none);
  }

  Type operation(const Node& node) {
    const Type left = infer(node.children[0]);
    if (node.op == Operator::negate) {
      const bool fits = (left.kinds() & kind_set(Kind::integer, Kind::number)) != 0;
      return fits ? left : report(node, "\"-\" does not work on " + left.render());
    }
    const Type right = infer(node.children[1]);
    const bool by_zero = divides_by_zero(node);
    if (by_zero && right.kind() != Kind::number && (left.kinds() & whole_numbers) != 0)
      return report(node, "division by zero");
    const Fit found = fit(node.op, left, right);
    if (by_zero && found.possible) doubts_.push_back(doubt_zero(node.children[1]));
    if (node.op == Operator::divide && (left.kinds() & whole_numbers) != 0 && (right.kinds() & whole_numbers) != 0)
      note_division(node);
    if (auto strange = strange_literal(node, left, right, parsed_.text)) problems_.push_back(std::move(*strange));
    if (found.possible) return given_by(node.op, found, left, right);
    if (node.op == Operator::equal || node.op == Operator::not_equal) {
      // Asking for null is how people ask whether there is something; it may be wrong but does no harm.
      if (left.kind() == Kind::null || right.kind() == Kind::null) return Type::of(Kind::boolean);
      report(node, left.render() + " and " + right.render() + " are never equal");
      return Type::of(Kind::boolean);
    }
    if (node.op == Operator::in)
      return report(node, "\"in\" looks into a list or a mapping, not into " + right.render());
    std::string message =
        '"' + std::string(name_of(node.op)) + "\" does not work between " + left.render() + " and " + right.render();
    if (node.op == Operator::add && (left.kind() == Kind::text || right.kind() == Kind::text))
      message += ", turn the other into text with string(...)";
    return report(node, std::move(message));
  }

  void note_division(const Node& node) {
    const Node& first = node.children[0];
    const bool told = first.kind == NodeKind::operation && first.op == Operator::divide;  // decimals there are enough
    if (told || std::find(meant_.begin(), meant_.end(), &node) != meant_.end()) return;
    divisions_.push_back(doubt_division(node, parsed_.text));
  }

  /// `int(a / b)` says that the cut is meant.
  void accept_cut(const Node& node) {
    const Node* division = &node;
    while (division->kind == NodeKind::operation && division->op == Operator::divide) {
      meant_.push_back(division);
      division = &division->children[0];
    }
  }

  Type call(const Node& node) {
    if (node.text == "int" || node.text == "uint") accept_cut(node.children[0]);
    std::vector<Type> arguments;
    for (const Node& child : node.children) arguments.push_back(infer(child));
    const Function& function = *node.function;
    if (!arguments.empty() && (arguments[0].kinds() & function.takes) == 0)
      return report(node, unfit_receiver(function, arguments[0]));
    for (std::size_t place = 1; place < arguments.size() && !function.first_decides; ++place) {
      const Argument wanted = argument_of(function, place, arguments.size(), arguments[0].kinds());
      if ((arguments[place].kinds() & wanted.kinds) != 0) continue;
      return report(node.children[place], '"' + std::string(function.name) + "\" does not take " +
                                              arguments[place].render() + " as " + wanted.name + ", it is used as " +
                                              std::string(function.signature));
    }
    std::string why = function.objection ? function.objection(node) : "";
    if (why.empty()) why = wrong_items(function, arguments);
    if (!why.empty()) return report(node, why);
    if (auto doubt = doubt_format(node, parsed_.text)) doubts_.push_back(std::move(*doubt));
    return given_by(function, arguments);
  }

  Type closure(const Node& node) {
    if (auto misnamed = unknown_in_namespace(node, names_)) {
      problems_.push_back(std::move(*misnamed));
      return {};
    }
    std::vector<Type> arguments;
    for (const Node& child : node.children) arguments.push_back(infer(child));
    const auto called =
        std::find_if(callable_.begin(), callable_.end(), [&](const auto& each) { return each.first == node.text; });
    if (called != callable_.end()) {
      if (!node.receiver && node.children.size() == 1) return called->second;
      return report(node, '"' + node.text + "\" takes one value: " + node.text + "(item)");
    }
    if (const Function* known = find_function(node.text)) return report(node, wrong_shape(*known, node));
    if (node.children.empty() && find(node.text)) {
      problems_.push_back(
          {'"' + node.text + "\" is a value, and written without ()", node.offset, node.length + 2, node.text, false});
      return *find(node.text);
    }
    if (node.receiver && is_list(arguments[0]) && (node.text == "includes" || node.text == "has"))
      return report(node, '"' + node.text + "\" is asked of a list by: item in list");
    std::vector<std::string> names;
    for (const auto& [name, gives] : callable_) names.push_back(name);
    problems_.push_back(unknown_function(node, names));
    return {};
  }

  Type loop(const Node& node) {
    const Type range = infer(node.children[0]);
    const bool walks =
        node.macro != Macro::bind && node.macro != Macro::optional_map && node.macro != Macro::optional_flat_map;
    if (walks && !range.may_be(Kind::list) && !range.may_be(Kind::map))
      report(node, '"' + node.text + "\" goes through a list or a mapping, not through " + range.render());
    note_unknown(node, node.children[0], range);
    const auto slot = static_cast<std::size_t>(node.slot);
    auto [first, second] = walks ? items_of(range, node.variables.size() == 2)
                                 : std::pair(node.macro == Macro::bind ? range : range.held(), Type());
    locals_[slot] = std::move(first);
    if (node.variables.size() == 2) locals_[slot + 1] = std::move(second);
    Type body;
    for (std::size_t child = 1; child < node.children.size(); ++child) {
      const bool judges = node.macro == Macro::all || node.macro == Macro::exists || node.macro == Macro::exists_one ||
                          node.macro == Macro::filter || !sees_variables(node, child) ||
                          (child + 1 < node.children.size() && node.macro != Macro::sort_by);
      if (judges)
        condition(node.children[child]);
      else
        body = infer(node.children[child]);
    }
    return given_by(node, range, body);
  }

  const Expression::Parsed& parsed_;
  const TypedNames& names_;
  const TypedNames& callable_;
  std::vector<Type> locals_;
  std::map<const Node*, std::pair<Type, Type>> chosen_;  ///< what both sides of a `?:` give
  std::vector<const Node*> meant_;                       ///< divisions whose cut was asked for
  std::set<const Node*> behind_unknown_, words_;
  std::vector<ExpressionError> problems_, doubts_, divisions_, unknowns_;
};

}  // namespace

TypeCheck check_types(const Expression& expression, const TypedNames& names, const TypedNames& callable) {
  return Checker(expression.parsed(), names, callable).check();
}

}  // namespace millrace
