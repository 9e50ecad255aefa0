#include "lsp/scope.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "workflow/alarm_actions.hpp"
#include "workflow/load.hpp"
#include "workflow/scopes.hpp"
#include "yaml/sketch.hpp"

namespace millrace::lsp {
namespace {

constexpr std::string_view stand_in = "${{ null }}";
constexpr std::size_t before_null = 4;

/// Whether it is an input of an action or trigger, or a part of one.
bool in_inputs(const Place& place) {
  if (place.way.empty()) return false;
  return std::any_of(place.way.begin(), place.way.end() - 1,
                     [](const Place::Step& step) { return step.key == "with"; });
}

/// Whether the first key of a mapping may be what is typed here: in a line of its own, where there may be a mapping.
bool begins_mapping(const Standing& standing, const Forms& forms) {
  const std::string& text = standing.document->text();
  const std::size_t line = text.rfind('\n', standing.offset - std::min<std::size_t>(standing.offset, 1)) + 1;
  if (text.find_first_not_of(" \t-", line) != standing.place.range.begin) return false;
  const Forms all = choices_of(forms);
  return std::any_of(all.begin(), all.end(), [](const Form& form) { return form.schema->find("properties"); });
}

/// Takes out of steps what no name and no type further down comes from, but for the way to the cursor: reading and
/// checking it is most of the work in a large file.
void prune(Node& node, std::size_t cursor) {
  const auto at_cursor = [cursor](const Node::Member& member) {
    return member.key_begin <= cursor && cursor <= member.value.end;
  };
  for (Node& item : node.items) prune(item, cursor);
  std::erase_if(node.members, [&](const Node::Member& member) { return member.key == "with" && !at_cursor(member); });
  for (Node::Member& member : node.members) {
    const bool condition = member.key == "if" && member.value.is_scalar() && !member.value.is_empty();
    if (condition && !at_cursor(member)) member.value.text = "true";
    prune(member.value, cursor);
  }
}

/// Expressions whose schema calls them text, because other words may stand there, too.
bool may_be_expression(const Place& place) { return place.key() == "dedupe" || place.key() == "challenge"; }

}  // namespace

TypedNames names_at(const Standing& standing, FileKind kind, const ProjectView& view) {
  const Range& typed = standing.place.range;
  std::string text = standing.document->text();
  text.replace(typed.begin, typed.end - typed.begin, stand_in);
  const auto source =
      std::make_shared<const SourceText>(SourceText{standing.document->lines.source()->name, std::move(text)});
  const SourceMark wanted = SourceLines(source).mark(typed.begin + before_null, typed.begin + before_null + 1);
  const auto read = [&typed](std::shared_ptr<const SourceText> text) {
    YamlDocument document = sketch_yaml(std::move(text));
    if (document.root) prune(*document.root, typed.begin);
    return document;
  };
  if (kind == FileKind::test) return {};  // they hold data
  const auto workflow = kind == FileKind::workflow ? load_workflow(source, *view.catalog, read).workflow
                                                   : load_alarm_actions(source, *view.catalog).workflow;
  if (!workflow) return {};
  const auto walk = [&](const std::function<void(std::pair<int, int> at, const TypedNames& names)>& visit) {
    each_expression_in_scope(*workflow, *view.catalog, view.known_project(),
                             [&](const PlacedExpression& expression, const TypedNames& names, const Type&) {
                               visit({expression.at.line, expression.at.column}, names);
                             });
  };
  // The names are copied of one expression alone: in a large file each has hundreds.
  const std::pair place = {wanted.line, wanted.column};
  std::pair<int, int> nearest = {0, 0};
  TypedNames found;
  walk([&](std::pair<int, int> at, const TypedNames& names) {
    if (at == place) found = names;
    if (at <= place) nearest = std::max(nearest, at);
  });
  if (!found.empty()) return found;
  walk([&](std::pair<int, int> at, const TypedNames& names) {
    if (at == nearest) found = names;
  });
  return found;
}

std::set<std::string> members_of_event(const Workflow& workflow, const ProjectView& view) {
  constexpr std::string_view event = "event.";
  std::set<std::string> names;
  each_expression_in_scope(
      workflow, *view.catalog, view.known_project(),
      [&](const PlacedExpression& expression, const TypedNames&, const Type&) {
        for (const std::string& path : expression.expression.paths()) {
          if (path.starts_with(event))
            names.insert(path.substr(event.size(), path.find_first_of(".[?(", event.size()) - event.size()));
        }
      });
  return names;
}

bool takes_expressions(const Forms& forms, const Place& place) {
  if (may_be_expression(place)) return true;
  const Forms all = choices_of(forms);
  return std::any_of(all.begin(), all.end(), [&place](const Form& form) {
    const std::string format = form.view().format();
    if (format == "expression" || format == "condition") return true;
    const std::vector<std::string> types = form.view().types();
    return in_inputs(place) && !types.empty() && !form.view().allows("string");
  });
}

std::optional<std::string> expression_before(const Standing& standing, const Forms& forms) {
  const std::string before = standing.before();
  const std::size_t hole = before.rfind("${{");
  if (hole != std::string::npos && before.find("}}", hole) == std::string::npos) return before.substr(hole + 3);
  if (hole != std::string::npos || standing.place.kind != Place::Kind::value) return std::nullopt;
  if (!takes_expressions(forms, standing.place) || begins_mapping(standing, forms)) return std::nullopt;
  return before;
}

}  // namespace millrace::lsp
