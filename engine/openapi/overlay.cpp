#include "openapi/overlay.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <memory>
#include <utility>
#include <variant>

#include "expr/expression.hpp"
#include "openapi/yaml_value.hpp"
#include "schema/embedded.hpp"
#include "schema/schema.hpp"
#include "value/json.hpp"
#include "yaml/rules.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

namespace {

const Schema& overlay_format() {
  static const std::shared_ptr<const Schema> schema = [] {
    auto document = parse_json(embedded_schema("openapi_overlay.schema.json"));
    assert(document);
    auto parsed = Schema::parse(std::move(*document));
    assert(parsed);
    return *parsed;
  }();
  return *schema;
}

/// A name that the expression for the next page does not have; empty where it has all.
std::string unknown_name(const Expression& next) {
  constexpr std::string_view known[] = {"output", "asked", "link", "on_page", "so_far"};
  for (const std::string& name : next.roots()) {
    if (std::find(std::begin(known), std::end(known), name) == std::end(known)) return name;
  }
  return "";
}

}  // namespace

std::optional<ImportOverlay> read_overlay(const std::string& name, const std::string& text, ImportFindings& findings) {
  ImportOverlay overlay;
  if (text.empty()) return overlay;
  const YamlDocument document = read_yaml(std::make_shared<const SourceText>(SourceText{name, text}));
  const auto tell = [&](const SourceMark& at, Severity severity, const std::string& rule, const std::string& pointer,
                        const std::string& message) {
    findings.add({severity, rule, name, pointer, at.line, at.column, message});
  };
  for (const Finding& one : document.findings) tell(one.at, one.severity, one.rule, "", one.message);
  if (has_errors(document.findings)) return std::nullopt;
  if (!document.root) return overlay;  // blanks and comments say nothing
  const Value value = value_of(*document.root);
  const auto problems = overlay_format().check(value);
  for (const ShapeProblem& problem : problems)
    tell(mark_at(document, problem.pointer), Severity::error, "wrong-overlay", problem.pointer, problem.message);
  if (!problems.empty()) return std::nullopt;
  const Node* operations = document.root->find("operations");
  if (operations == nullptr) return overlay;
  bool wrong = false;
  for (const Node::Member& member : operations->members) {
    const Value said = value_of(member.value);
    const SourceMark at = document.key_mark(member);
    const Value *out = said.find("leave_out"), *pages = said.find("pages");
    const bool paged = pages != nullptr && pages->is_map();
    overlay[member.key] = {said.text_or("effect"),
                           said.text_or("name"),
                           said.text_or("repeat"),
                           paged ? *pages : Value(),
                           pages != nullptr && !paged,
                           out != nullptr && out->is_true(),
                           at.line,
                           at.column};
    const auto next = Expression::parse(paged ? pages->text_or("next") : "null");
    if (const auto* error = std::get_if<ExpressionError>(&next)) {
      tell(at, Severity::error, "wrong-overlay", "/operations", "pages: next: " + error->message);
      wrong = true;
    } else if (const std::string name = unknown_name(std::get<Expression>(next)); !name.empty()) {
      tell(at, Severity::error, "wrong-overlay", "/operations",
           "pages: next: there is no \"" + name + "\"; it has output, asked, link, on_page and so_far");
      wrong = true;
    }
  }
  return wrong ? std::nullopt : std::optional(std::move(overlay));
}

}  // namespace millrace
