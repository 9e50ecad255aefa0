#include "lsp/requests.hpp"

#include <algorithm>
#include <array>

#include "lsp/completion.hpp"
#include "lsp/cures.hpp"
#include "lsp/diagnostics.hpp"
#include "lsp/hover.hpp"
#include "lsp/json.hpp"
#include "lsp/names.hpp"
#include "lsp/outline.hpp"
#include "lsp/tested.hpp"
#include "workflow/list.hpp"
#include "yaml/files.hpp"

namespace millrace::lsp {
namespace {

constexpr std::string_view fix_all_kind = "source.fixAll", quick_fix_kind = "quickfix";
/// Up to this size all corrections are tried together when somebody only asks what there is.
constexpr std::size_t small_enough = 32u << 10;

/// A text, what is asked about it, and what the answer takes from around it.
struct Question {
  const Value& params;
  const Document& document;
  const ProjectView& view;
  const Documents& documents;
  Measured text;

  const SourceText& source() const { return *document.source; }
  std::size_t offset() const {
    const Value* position = params.find("position");
    return position != nullptr ? text.offset(*position) : 0;
  }
};

Result<Value> answer_completion(const Question& asked) {
  return encode_completions(complete(asked.source(), asked.offset(), asked.view), asked.text);
}

Result<Value> answer_hover(const Question& asked) {
  const auto found = hover(asked.source(), asked.offset(), asked.view);
  if (!found) return Value();
  return Value::object({{"contents", encode_markdown(found->text)}, {"range", asked.text.range(found->range)}});
}

Result<Value> answer_definition(const Question& asked) {
  const auto found = find_definition(asked.source(), asked.offset(), asked.view);
  if (!found) return Value();
  if (found->file.empty())
    return Value::object({{"uri", asked.document.uri}, {"range", asked.text.range(found->range)}});
  const SourceText nothing;
  const Measured there(found->text != nullptr ? *found->text : nothing, asked.text.units);
  return Value::object({{"uri", uri_of(found->file)}, {"range", there.range(found->range)}});
}

Result<Value> answer_references(const Question& asked) {
  Value::List places;
  for (const Range& range : find_references(asked.source(), asked.offset(), asked.view))
    places.push_back(Value::object({{"uri", asked.document.uri}, {"range", asked.text.range(range)}}));
  return Value(std::move(places));
}

Result<Value> answer_highlight(const Question& asked) {
  Value::List places;
  for (const Range& range : find_references(asked.source(), asked.offset(), asked.view))
    places.push_back(Value::object({{"range", asked.text.range(range)}}));
  return Value(std::move(places));
}

Result<Value> answer_prepare_rename(const Question& asked) {
  const auto range = find_renameable(asked.source(), asked.offset(), asked.view);
  return range ? asked.text.range(*range) : Value();
}

std::vector<Edit> edits_to(const std::string& name, const std::vector<Range>& places) {
  std::vector<Edit> edits;
  for (const Range& place : places) edits.push_back({place, name});
  return edits;
}

/// A step has its name in the tests of its workflow, too, as the editor has them or as they are on the disk.
Result<Value> answer_rename(const Question& asked) {
  const std::string name = asked.params.text_or("newName");
  const auto places = rename(asked.source(), asked.offset(), name, asked.view);
  if (!places) return places.error();
  Map changes;
  changes.set(asked.document.uri, encode_edits(edits_to(name, *places), asked.text));
  const auto step = step_at(asked.source(), asked.offset(), asked.view);
  for (const WorkflowFile& file : step ? list_test_files(asked.view.root) : std::vector<WorkflowFile>()) {
    const auto tests = asked.documents.find(uri_of(file.path));
    if (!tests) continue;
    const auto named = step_in_tests(*tests->source, workflow_id(asked.source().name), *step);
    const Measured text(*tests->source, asked.documents.units());
    if (!named.empty()) changes.set(tests->uri, encode_edits(edits_to(name, named), text));
  }
  return Value::object({{"changes", Value(std::move(changes))}});
}

Result<Value> answer_symbols(const Question& asked) { return encode_outline(outline(asked.source()), asked.text); }

Result<Value> answer_formatting(const Question& asked) {
  Value::List edits;
  if (const auto edit = lay_out(asked.source())) edits.push_back(encode_edit(*edit, asked.text));
  return Value(std::move(edits));
}

/// Whether the client wants actions of this kind, or of any.
bool wanted(const Question& asked, std::string_view kind, bool unless_said) {
  const Value* context = asked.params.find("context");
  const Value* only = context != nullptr ? context->find("only") : nullptr;
  if (only == nullptr || !only->is_list()) return unless_said;
  return std::any_of(only->list().begin(), only->list().end(),
                     [kind](const Value& one) { return one.is_text() && kind.starts_with(one.text()); });
}

Result<Value> answer_code_action(const Question& asked) {
  const Value* range = asked.params.find("range");
  const Value* start = range != nullptr ? range->find("start") : nullptr;
  const Value* end = range != nullptr ? range->find("end") : nullptr;
  if (start == nullptr || end == nullptr) return Value();
  const auto known = asked.document.findings;
  const std::vector<Finding> findings = known != nullptr ? *known : findings_in(asked.document.source, asked.view);
  Value::List actions;
  const std::vector<Cure> cures =
      cures_in(asked.source(), findings, {asked.text.offset(*start), asked.text.offset(*end)});
  for (const Cure& cure : wanted(asked, quick_fix_kind, true) ? cures : std::vector<Cure>()) {
    actions.push_back(Value::object({{"title", cure.title},
                                     {"kind", quick_fix_kind},
                                     {"diagnostics", Value(Value::List{encode_diagnostic(cure.finding, asked.text)})},
                                     {"isPreferred", cures.size() == 1},
                                     {"edit", encode_changes(asked.document.uri, {cure.edit}, asked.text)}}));
  }
  const bool small = !cures.empty() && asked.source().text.size() <= small_enough;
  if (wanted(asked, fix_all_kind, small)) {
    if (const auto all = fix_all(asked.source(), asked.view)) {
      actions.push_back(Value::object({{"title", "Correct all that needs no judgement"},
                                       {"kind", fix_all_kind},
                                       {"edit", encode_changes(asked.document.uri, {*all}, asked.text)}}));
    }
  }
  return Value(std::move(actions));
}

template <Result<Value> (*answer)(const Question&)>
Result<Value> asking(const Value& params, const Document& document, const ProjectView& view,
                     const Documents& documents) {
  return answer({params, document, view, documents, Measured(*document.source, documents.units())});
}

constexpr std::array<Request, 10> requests = {{
    {"textDocument/completion", asking<answer_completion>},
    {"textDocument/hover", asking<answer_hover>},
    {"textDocument/definition", asking<answer_definition>},
    {"textDocument/references", asking<answer_references>},
    {"textDocument/documentHighlight", asking<answer_highlight>},
    {"textDocument/prepareRename", asking<answer_prepare_rename>},
    {"textDocument/rename", asking<answer_rename>},
    {"textDocument/documentSymbol", asking<answer_symbols>},
    {"textDocument/formatting", asking<answer_formatting>},
    {"textDocument/codeAction", asking<answer_code_action>},
}};

}  // namespace

const Request* find_request(std::string_view method) {
  const auto found =
      std::find_if(requests.begin(), requests.end(), [method](const Request& one) { return one.method == method; });
  return found == requests.end() ? nullptr : &*found;
}

Value capabilities(Units units) {
  constexpr int incremental = 2;
  Value::List letters;
  for (const char* letter : {".", ":", " ", "{", "-"}) letters.emplace_back(letter);
  const Value kinds(Value::List{Value(quick_fix_kind), Value(fix_all_kind)});
  return Value::object(
      {{"positionEncoding", units == Units::utf8 ? "utf-8" : "utf-16"},
       {"textDocumentSync", Value::object({{"openClose", true}, {"change", incremental}, {"save", true}})},
       {"completionProvider", Value::object({{"triggerCharacters", Value(std::move(letters))}})},
       {"hoverProvider", true},
       {"definitionProvider", true},
       {"referencesProvider", true},
       {"documentHighlightProvider", true},
       {"renameProvider", Value::object({{"prepareProvider", true}})},
       {"documentSymbolProvider", true},
       {"documentFormattingProvider", true},
       {"codeActionProvider", Value::object({{"codeActionKinds", kinds}})}});
}

}  // namespace millrace::lsp
