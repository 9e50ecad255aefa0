#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "workflow/checker.hpp"
#include "workflow/fields.hpp"

namespace millrace {
namespace {

constexpr std::uint32_t bit(Kind kind) { return 1u << static_cast<unsigned>(kind); }
constexpr std::uint32_t numbers = bit(Kind::integer) | bit(Kind::unsigned_integer) | bit(Kind::number);
constexpr std::uint32_t without_text = bit(Kind::list) | bit(Kind::map) | bit(Kind::type) | bit(Kind::bytes);
constexpr std::uint32_t never_wrong = bit(Kind::null) | bit(Kind::optional) | bit(Kind::unknown);

/// A value of these kinds may be what is wanted: any number for any number, a time or duration where text may have that
/// form.
bool may_fit(std::uint32_t kinds, std::uint32_t wanted) {
  if ((wanted & numbers) != 0) wanted |= numbers;
  if ((wanted & (bit(Kind::text) | bit(Kind::timestamp))) != 0) {
    wanted |= bit(Kind::text) | bit(Kind::timestamp) | bit(Kind::duration);
  }
  return (kinds & (wanted | never_wrong)) != 0;
}

/// The field as it was written, where it is in one line.
std::string written(const SourceMark& at) {
  std::string_view rest = at.source->text;
  for (int line = 1; line < at.line; ++line) rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  rest = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(offset_of_character(rest, static_cast<std::size_t>(at.column - 1)));
  return std::string(rest.substr(0, offset_of_character(rest, static_cast<std::size_t>(at.length))));
}

bool wants_list(const ExpressionUse& use) {
  return use.role == ExpressionUse::Role::whole && use.wanted.known() &&
         use.wanted.types() == std::vector<std::string>{"array"};
}

/// "sorted.items": the only list that the value of a name has; empty where there is not exactly one.
std::string list_inside(const std::string& name, const Type& type) {
  const bool path =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.'; });
  std::string found;
  for (const std::string& member : type.member_names()) {
    const auto inside = type.member(member);
    if (!path || !inside || inside->kind() != Kind::list) continue;
    if (!found.empty()) return {};
    found = name + "." + member;
  }
  return found;
}

}  // namespace

Type Checker::expression(const PlacedExpression& placed, const TypedNames& names, Wanted wanted) {
  if (!FieldReader::readable(placed)) return {};
  const TypeCheck checked = check_types(placed.expression, names);
  for (const ExpressionError& one : checked.problems) problem(placed, one, wanted);
  doubts(placed, checked.doubts);
  if (checked.problems.empty()) fit(placed, checked.type, wanted);
  return checked.problems.empty() ? checked.type : Type();
}

void Checker::uses(const ExpressionUses& uses, const Template* inputs) {
  std::map<std::string, Type> found;
  for (const ExpressionUse& use : uses) {
    if (use.role == ExpressionUse::Role::text || use.role == ExpressionUse::Role::dollar) forgotten_braces(use);
    if (use.role != ExpressionUse::Role::whole && use.role != ExpressionUse::Role::hole) continue;
    Type type = expression(use.expression, names_, {Wanted::Kind::field, &use});
    if (use.role == ExpressionUse::Role::whole) found[use.member] = std::move(type);
  }
  for (const ExpressionUse& use : uses) {
    if (use.role != ExpressionUse::Role::closure) continue;
    TypedNames names = names_;
    if (!use.parameter.empty()) {
      std::erase_if(names, [&](const auto& name) { return name.first == use.parameter; });
      names.emplace_back(use.parameter, closure_argument(use, inputs, found));
    }
    expression(use.expression, names, {Wanted::Kind::field, &use});
  }
}

/// The type of the items with which an action calls a closure.
Type Checker::closure_argument(const ExpressionUse& use, const Template* inputs,
                               const std::map<std::string, Type>& found) const {
  if (use.element_of.empty()) return {};
  const auto computed = found.find(use.element_of);
  if (computed != found.end()) return computed->second.element();
  const Template* written_out = inputs ? inputs->member(use.element_of) : nullptr;
  const Value* constant = written_out ? written_out->constant_value() : nullptr;
  return constant ? type_of(*constant).element() : Type();
}

void Checker::problem(const PlacedExpression& placed, const ExpressionError& problem, const Wanted& wanted) {
  const std::string& text = placed.expression.text();
  const SourceMark at = workflow_.place(placed, problem.offset, problem.length);
  const std::string instead = in_pieces(placed) ? "" : problem.suggestion;
  const bool member = problem.offset > 0 && problem.offset <= text.size() && text[problem.offset - 1] == '.';
  const std::string name = text.substr(std::min(problem.offset, text.size()), problem.length);
  if (!problem.unknown_name || member) {
    report(finding(problem.unknown_name ? Rule::unknown_name : Rule::wrong_type, at, problem.message, instead));
    return;
  }
  const auto id = ids_.find(name);
  if (id != ids_.end()) {
    const std::string step = "the step \"" + name + "\" (line " + std::to_string(id->second.line) + ")";
    const bool earlier = walked_.count(name) != 0;
    report(finding(earlier ? Rule::out_of_reach : Rule::not_yet_run, at,
                   earlier ? step + " is inside another block, so its result cannot be seen here"
                           : step + " has not run yet here"));
    return;
  }
  const bool alone = name == text && wanted.use;
  if (alone && wants_list(*wanted.use)) {
    report(finding(Rule::lone_item, wanted.use->field,
                   problem.message + "; a list with one item is written in brackets",
                   between('[', written(wanted.use->field), ']')));
    return;
  }
  report(finding(Rule::unknown_name, at, problem.message, instead));
}

/// The expression itself is good: does it give what its field wants?
void Checker::fit(const PlacedExpression& placed, const Type& type, const Wanted& wanted) {
  const std::uint32_t kinds = type.kinds();
  const SourceMark at = workflow_.place(placed, 0, placed.expression.text().size());
  switch (wanted.kind) {
    case Wanted::Kind::anything:
      return;
    case Wanted::Kind::condition:
      if (!may_fit(kinds, bit(Kind::boolean))) {
        report(finding(Rule::unfit_condition, at, "a condition is true or false, and this is " + type.render()));
      }
      return;
    case Wanted::Kind::list:
      if (!may_fit(kinds, bit(Kind::list)))
        report(finding(Rule::wrong_type, at, "expected a list, and this is " + type.render(),
                       list_inside(placed.expression.text(), type)));
      return;
    case Wanted::Kind::field:
      break;
  }
  const ExpressionUse& use = *wanted.use;
  if (use.role == ExpressionUse::Role::hole) {
    if ((kinds & ~without_text) == 0) {
      report(finding(
          Rule::wrong_type, at,
          type.render() + " cannot stand inside text: choose one of its members, or join its items with join()"));
    }
    return;
  }
  if (!use.wanted.known()) return;
  const Type needed = Type::of(use.wanted);
  if (may_fit(kinds, needed.kinds())) return;
  const bool condition = use.role == ExpressionUse::Role::closure && needed.kind() == Kind::boolean;
  if (condition) {
    report(finding(Rule::unfit_condition, at, "a condition is true or false, and this is " + type.render()));
  } else if (const std::string inside = list_inside(placed.expression.text(), type);
             wants_list(use) && !inside.empty()) {
    report(finding(Rule::wrong_type, at, "expected a list, and this is " + type.render() + " that has one", inside));
  } else if (wants_list(use)) {
    report(finding(Rule::lone_item, use.field, "expected a list, and this is " + type.render(),
                   between('[', written(use.field), ']')));
  } else {
    report(finding(Rule::wrong_type, at, "expected " + needed.render() + ", and this is " + type.render()));
  }
}

}  // namespace millrace
