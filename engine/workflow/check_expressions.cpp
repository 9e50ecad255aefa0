#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "expr/syntax.hpp"
#include "workflow/checker.hpp"
#include "workflow/fields.hpp"
#include "workflow/foreign_words.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "workflow/value_types.hpp"
#include "yaml/quotes.hpp"
#include "yaml/source_lines.hpp"

namespace millrace {
namespace {

constexpr KindSet without_text = kind_set(Kind::list, Kind::map, Kind::type, Kind::bytes);
constexpr int deepest_call = 3;

/// The field as it was written, where it is in one line.
std::string written(const SourceMark& at) {
  std::string_view rest = at.source->text;
  for (int line = 1; line < at.line; ++line) rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  rest = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(offset_of_character(rest, static_cast<std::size_t>(at.column - 1)));
  return std::string(rest.substr(0, offset_of_character(rest, static_cast<std::size_t>(at.length))));
}

/// An expression as the one item of a list: it stays one. Empty where it is written in several lines.
std::string as_only_item(const std::string& expression, const std::string& field) {
  if (field.find(expression) == std::string::npos) return {};
  return between('[', json_literal(expression) ? field : in_yaml_quotes("${{ " + expression + " }}"), ']');
}

/// In which quotes of YAML a place of a line stands.
Node::Style quotes_around(const SourceMark& at) {
  const std::string_view text = at.source->text;
  const std::size_t start = line_starts(text)[static_cast<std::size_t>(at.line - 1)];
  std::string_view line = text.substr(start, text.find('\n', start) - start);
  line = line.substr(0, offset_of_character(line, static_cast<std::size_t>(at.column - 1)));
  char open = 0, before = '-';
  for (std::size_t here = 0; here < line.size(); ++here) {
    const char c = line[here];
    const bool escaped = open != 0 && (c == '\\' ? open == '"' : c == '\'' && line.substr(here, 2) == "''");
    if (open == 0 && (c == '"' || c == '\'') && std::string_view("-:[{,").find(before) != std::string_view::npos)
      open = c;
    else if (escaped)
      ++here;
    else if (c == open)
      open = 0;
    if (c != ' ') before = c;
  }
  return open == 0 ? Node::Style::plain : open == '"' ? Node::Style::double_quoted : Node::Style::single_quoted;
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
  if (visit_ != nullptr) (*visit_)(placed, names, checked.type);
  for (const ExpressionError& one : checked.problems) problem(placed, one, wanted);
  doubts(placed, checked.doubts, Rule::wrong_type);
  doubts(placed, checked.divisions, Rule::whole_division);
  unknowns(placed, checked.unknowns);
  if (checked.problems.empty()) fit(placed, checked, wanted);
  return checked.problems.empty() ? checked.type : Type();
}

/// Gives what each closure gives, by the input in which it stands.
TypedNames Checker::uses(const ExpressionUses& uses, const Template* inputs) {
  TypedNames closures;
  for (const ExpressionUse& use : uses) {
    if (use.role == ExpressionUse::Role::text || use.role == ExpressionUse::Role::marked) forgotten_braces(use);
    if (use.role != ExpressionUse::Role::whole && use.role != ExpressionUse::Role::hole) continue;
    Type type = expression(use.expression, names_, {Wanted::Kind::field, &use});
    given_at_[{use.expression.at.line, use.expression.at.column}] = std::move(type);
  }
  for (const ExpressionUse& use : uses) {
    if (use.role != ExpressionUse::Role::closure) continue;
    TypedNames names = names_;
    if (!use.parameter.empty()) {
      std::erase_if(names, [&](const auto& name) { return name.first == use.parameter; });
      const bool told = inputs != nullptr && !use.element_of.empty();
      names.emplace_back(use.parameter, told ? input(*inputs, use.element_of).element() : Type());
    }
    closures.emplace_back(use.member, expression(use.expression, names, {Wanted::Kind::field, &use}));
  }
  return closures;
}

Type Checker::given_at(const PlacedExpression& placed) const {
  const auto found = given_at_.find({placed.at.line, placed.at.column});
  return found == given_at_.end() ? Type() : found->second;
}

/// Of a member of a mapping that a file holds.
Type Checker::input(const Template& fields, const std::string& name) const {
  const Value* whole = fields.constant_value();
  const Value* constant = whole != nullptr ? whole->find(name) : nullptr;
  if (constant != nullptr) return type_of(*constant);
  const Template* member = fields.member(name);
  return member ? type_of(*member, [this](const PlacedExpression& placed) { return given_at(placed); }) : Type();
}

/// An action without code gives what its expression makes of the inputs; any other what its schema says.
Type Checker::given_by(const ActionStep& step, const TypedNames& closures) const {
  const Action* action = catalog_.find_action(step.action);
  if (action == nullptr) return {};
  if (action->result) {
    TypedNames inputs;
    for (std::string& name : action->inputs().property_names()) {
      Type given = input(step.with, name);
      inputs.emplace_back(std::move(name), std::move(given));
    }
    Type type = check_types(*action->result, inputs, closures).type;
    if (!type.is_any()) return type;
  }
  return action->output ? Type::of(action->outputs()) : Type();
}

/// What the last step of another workflow gives, for who calls it; not told through more than a few of them.
Type Checker::given_by(const std::string& workflow) const {
  if (!project_ || calls_above_ == deepest_call) return {};
  const std::pair<std::string, int> call = {workflow, calls_above_};
  const auto known = given_by_calls_->find(call);
  if (known != given_by_calls_->end()) return known->second;
  const auto file = find_workflow_file(project_->root, workflow);
  return given_by_calls_->emplace(call, file ? given_by(*file) : Type()).first->second;
}

Type Checker::given_by(const WorkflowFile& called) const {
  const LoadedWorkflow loaded = load_workflow_file(called.path, called.shown_as, catalog_);
  if (!loaded.workflow) return {};
  Checker checker(*loaded.workflow, catalog_, project_);
  checker.calls_above_ = calls_above_ + 1;
  checker.given_by_calls_ = given_by_calls_;
  checker.check();
  return checker.given();
}

/// A case that is of another kind than what it is compared with, or none of its words.
void Checker::never_taken(const PlacedExpression& when, const Type& value, const Type& subject) {
  const Expression::Node& written = when.expression.root();
  const auto strange = written.kind == NodeKind::constant ? strange_word(written.value, subject.words()) : std::nullopt;
  const Type compared = value.kind() == Kind::list ? value.element() : value;
  const auto comparable = [](KindSet kinds) { return (kinds & numbers) != 0 ? kinds | numbers : kinds; };
  const bool fits = (comparable(compared.kinds()) & comparable(subject.kinds())) != 0 || value.kind() == Kind::null;
  if (fits && !strange) return;
  Finding never = finding(Rule::wrong_type, when.at,
                          fits ? "this case is never taken: what it is compared with is " + strange->message
                               : "this case is " + compared.render() + ", and what it is compared with is " +
                                     subject.render() + ": it is never taken");
  never.severity = Severity::warning;
  report(std::move(never));
}

/// A name that expressions have in other programs: `steps.fetch.outputs.body` is `fetch.body` here.
bool Checker::elsewhere(const PlacedExpression& placed, std::size_t offset, const std::string& name) {
  const std::string_view hint = foreign_name(name);
  if (hint.empty()) return false;
  const std::string& text = placed.expression.text();
  std::size_t end = offset + name.size();
  std::string instead;
  const auto word_behind = [&text](std::size_t at) {
    std::size_t last = at < text.size() && text[at] == '.' ? at + 1 : at;
    while (last > at && last < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[last])) || text[last] == '_'))
      ++last;
    return last > at ? text.substr(at + 1, last - at - 1) : std::string();
  };
  const std::string next = word_behind(end);
  if (next == "event" || ids_.contains(next)) {
    instead = next;
    end += next.size() + 1;
    const std::string gives = word_behind(end);
    if (next != "event" && (gives == "outputs" || gives == "output" || gives == "result")) end += gives.size() + 1;
  }
  report(finding(Rule::unknown_name, workflow_.place(placed, offset, end - offset),
                 "there is nothing called \"" + name + "\" here: " + std::string(hint),
                 in_pieces(placed) ? "" : instead));
  return true;
}

void Checker::problem(const PlacedExpression& placed, const ExpressionError& problem, const Wanted& wanted) {
  const std::string& text = placed.expression.text();
  const SourceMark at = workflow_.place(placed, problem.offset, problem.length);
  const std::string instead = in_pieces(placed) ? "" : as_spelled(quotes_around(at), problem.suggestion);
  const std::string_view before = std::string_view(text).substr(0, problem.offset);
  const bool member = before.ends_with('.') || before.ends_with(".?") || text.substr(before.size()).starts_with('.');
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
  if (elsewhere(placed, problem.offset, name)) return;
  const bool words = wanted.use && only_words(text) && !written(wanted.use->field).starts_with("${{");
  if (words && wants_list(*wanted.use)) {
    // "new-customer" is read as two names, each unknown.
    const SourceMark& field = wanted.use->field;
    const bool told = std::any_of(findings_.begin(), findings_.end(), [&field](const Finding& one) {
      return one.rule == name_of(Rule::lone_item) && one.at.line == field.line && one.at.column == field.column;
    });
    if (told) return;
    report(finding(Rule::lone_item, field,
                   (name == text ? problem.message : "there is nothing called \"" + text + "\" here") +
                       "; a list with one item is written in brackets",
                   between('[', written(field), ']')));
    return;
  }
  report(finding(Rule::unknown_name, at, problem.message, instead));
}

/// Nothing but true or false is a condition, null neither, on whichever side of a `?:` it stands.
void Checker::fit_condition(const PlacedExpression& placed, const TypeCheck& checked) {
  for (const TypeCheck::Way& way : checked.ways) {
    if (way.type.may_be(Kind::boolean)) continue;
    const bool whole = checked.ways.size() == 1;
    report(finding(Rule::unfit_condition,
                   whole ? workflow_.place(placed, 0, placed.expression.text().size())
                         : workflow_.place(placed, way.offset, way.length),
                   "a condition is true or false, and this is " + way.type.render()));
  }
}

/// The expression itself is good: does it give what its field wants?
void Checker::fit(const PlacedExpression& placed, const TypeCheck& checked, const Wanted& wanted) {
  const Type& type = checked.type;
  const KindSet kinds = type.kinds();
  const SourceMark at = workflow_.place(placed, 0, placed.expression.text().size());
  switch (wanted.kind) {
    case Wanted::Kind::anything:
      return;
    case Wanted::Kind::condition:
      return fit_condition(placed, checked);
    case Wanted::Kind::list:
      if (!may_fit(kinds, kind_set(Kind::list)))
        report(finding(Rule::wrong_type, at, "expected a list, and this is " + type.render(),
                       list_inside(placed.expression.text(), type)));
      return;
    case Wanted::Kind::field:
      break;
  }
  const ExpressionUse& use = *wanted.use;
  if (use.role == ExpressionUse::Role::hole) {
    if ((kinds & ~without_text) == 0) {
      const char* const way = kinds == kind_set(Kind::bytes)
                                  ? "base64.encode() makes text of them"
                                  : "choose one of its members, or join its items with join()";
      report(finding(Rule::wrong_type, at, type.render() + " cannot stand inside text: " + way));
    }
    return;
  }
  if (!use.wanted.known()) return;
  const Type needed = Type::of(use.wanted);
  if (use.role == ExpressionUse::Role::closure && needed.kind() == Kind::boolean) return fit_condition(placed, checked);
  const std::string why = misfit(type, use.wanted);
  if (why.empty()) return;
  const bool of_kind = may_fit(kinds, needed.kinds());  // what is inside is wrong
  if (const std::string inside = list_inside(placed.expression.text(), type);
      wants_list(use) && !of_kind && !inside.empty()) {
    report(finding(Rule::wrong_type, at, "expected a list, and this is " + type.render() + " that has one", inside));
  } else if (wants_list(use) && !of_kind && may_fit(kinds, kind_set(Kind::map))) {
    // One of its members was meant, or it is the only item: which of them nobody can tell.
    report(finding(Rule::wrong_type, at,
                   "expected a list, and this is " + type.render() +
                       ": name the list in it, or put it in brackets where it is the one item"));
  } else if (wants_list(use) && !of_kind) {
    report(finding(Rule::lone_item, use.field, "expected a list, and this is " + type.render(),
                   as_only_item(placed.expression.text(), written(use.field))));
  } else {
    report(finding(Rule::wrong_type, at, why));
  }
}

}  // namespace millrace
