#include <functional>
#include <utility>

#include "api/editor_view.hpp"
#include "api/page_text.hpp"
#include "api/routes.hpp"
#include "api/run_filter.hpp"
#include "api/run_json.hpp"
#include "api/run_parts.hpp"
#include "decider/run_state.hpp"
#include "expr/type.hpp"
#include "http/answers.hpp"
#include "lsp/completion.hpp"
#include "lsp/diagnostics.hpp"
#include "lsp/hover.hpp"
#include "prose/explain.hpp"
#include "value/list_of.hpp"
#include "value/or_null.hpp"
#include "workflow/load.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

using lsp::ProjectView;
using Source = std::shared_ptr<const SourceText>;

/// What somebody types, in the project around it.
struct Typed {
  Source source;
  std::shared_ptr<const ProjectView> view;
  std::size_t place = 0;  ///< of the cursor
};

Result<Typed> typed_in(const ApiWorld& world, const Value& body) {
  const Value* text = body.find("text");
  if (text == nullptr || !text->is_text())
    return Error{ErrorCode::invalid, "say what to look at: {\"file\": \"workflows/prune.yaml\", \"text\": \"...\"}"};
  Typed typed;
  typed.source = TRY(source_named(body.text_or("file"), text->text()));
  typed.view = editor_view(world);
  const Value* offset = body.find("offset");
  if (offset != nullptr && offset->is(Kind::integer) && offset->integer() > 0)
    typed.place = static_cast<std::size_t>(offset->integer());
  return typed;
}

/// What a worker makes of the text.
Task<OutgoingResponse> answered(std::shared_ptr<Api> api, Asked asked, Value (*make)(const Typed&)) {
  auto typed = typed_in(api->world, asked.body);
  if (!typed) co_return refusal(typed.error());
  std::function<Value()> job = [&typed, make] { return make(*typed); };
  const Value answer = co_await on_worker<Value>(api->world.loop, std::move(job));
  co_return json_answer(200, answer);
}

/// The workflow in plain words; null where it cannot be read as one.
Value sentences_of(const Typed& typed) {
  if (lsp::kind_of_file(*typed.source) != lsp::FileKind::workflow) return {};
  LoadedWorkflow loaded = load_workflow(typed.source, *typed.view->catalog);
  if (!loaded.workflow || has_errors(loaded.findings)) return {};
  auto workflow = std::make_shared<const Workflow>(std::move(*loaded.workflow));
  const Account account = account_of(std::move(workflow), *typed.view->catalog, *typed.view->project);
  return encode(explain(account, *typed.view->catalog, *typed.view->project));
}

Value checked(const Typed& typed) {
  const PageText page(typed.source->text);
  const std::vector<Finding> findings = lsp::findings_in(typed.source, *typed.view);
  return Value::object({{"findings", page.encode(findings)},
                        {"outline", page.encode(lsp::outline(*typed.source))},
                        {"sentences", has_errors(findings) ? Value() : sentences_of(typed)}});
}

std::string_view name_of(lsp::Completion::Kind kind) {
  using Kind = lsp::Completion::Kind;
  switch (kind) {
    case Kind::key:
      return "key";
    case Kind::word:
      return "word";
    case Kind::action:
      return "action";
    case Kind::group:
      return "group";
    case Kind::connection:
      return "connection";
    case Kind::secret:
      return "secret";
    case Kind::name:
      return "name";
    case Kind::member:
      return "member";
    case Kind::function:
      return "function";
    case Kind::workflow:
      return "workflow";
  }
  return "";
}

Value completed(const Typed& typed) {
  const PageText page(typed.source->text);
  const lsp::Completions found = lsp::complete(*typed.source, page.byte(typed.place), *typed.view);
  Value::List items;
  for (const lsp::Completion& item : found.items) {
    items.push_back(Value::object({{"kind", name_of(item.kind)},
                                   {"label", item.label},
                                   {"detail", text_or_null(item.detail)},
                                   {"documentation", text_or_null(item.documentation)},
                                   {"text", item.text},
                                   {"rank", std::int64_t{item.rank}}}));
  }
  return Value::object({{"items", Value(std::move(items))},
                        {"from", page.place(found.range.begin)},
                        {"to", page.place(found.range.end)},
                        {"complete", found.complete}});
}

Value hovered(const Typed& typed) {
  const PageText page(typed.source->text);
  const auto found = lsp::hover(*typed.source, page.byte(typed.place), *typed.view);
  return Value::object({{"text", found ? Value(found->text) : Value()},
                        {"from", found ? Value(page.place(found->range.begin)) : Value()},
                        {"to", found ? Value(page.place(found->range.end)) : Value()}});
}

Task<OutgoingResponse> check_text(std::shared_ptr<Api> api, Asked asked) {
  return answered(std::move(api), std::move(asked), checked);
}
Task<OutgoingResponse> complete_text(std::shared_ptr<Api> api, Asked asked) {
  return answered(std::move(api), std::move(asked), completed);
}
Task<OutgoingResponse> hover_text(std::shared_ptr<Api> api, Asked asked) {
  return answered(std::move(api), std::move(asked), hovered);
}

// Expressions

/// The names that a run's expressions see where it stands now.
Result<Bindings> names_in(const ReadRun& run) {
  if (run.began == nullptr)
    return Error{ErrorCode::unavailable, "the version that the run began with cannot be read any more"};
  return state_after(*run.began, run.stored.events).names;
}

Value encode(const std::string& text, const ExpressionError& error) {
  const PageText page(text);
  return Value::object({{"message", error.message},
                        {"from", page.place(error.offset)},
                        {"to", page.place(error.offset + error.length)},
                        {"suggestion", text_or_null(error.suggestion)}});
}

Value evaluated(const std::string& text, const Bindings& names) {
  Value value, type, error;
  const auto parsed = Expression::parse(text);
  if (const auto* wrong = std::get_if<ExpressionError>(&parsed)) {
    error = encode(text, *wrong);
  } else if (const auto result = std::get<Expression>(parsed).evaluate(names)) {
    value = previewed(*result);
    type = type_of(*result).render();
  } else {
    error = encode(text, ExpressionError{result.error().message, 0, text.size(), "", false});
  }
  return Value::object({{"value", std::move(value)}, {"type", std::move(type)}, {"error", std::move(error)}});
}

Task<OutgoingResponse> evaluate_text(std::shared_ptr<Api> api, Asked asked) {
  const std::string text = asked.body.text_or("expression");
  if (text.empty()) co_return refusal(400, "invalid", "say what to evaluate: {\"expression\": \"1 + 2\"}");
  Bindings names;
  if (const std::string named = asked.body.text_or("run"); !named.empty()) {
    const auto key = run_key_named(named);
    if (!key) co_return refusal(key.error());
    auto stored = co_await api->world.store.history().read_run(*key);
    if (!stored) co_return refusal(stored.error());
    auto known = names_in(read_began(std::move(*stored), api->world.catalog));
    if (!known) co_return refusal(known.error());
    names = std::move(*known);
  }
  if (const Value* event = asked.body.find("event")) names.set("event", *event);
  if (const Value* given = asked.body.find("names"); given != nullptr && given->is_map()) {
    for (const auto& [name, value] : given->map()) names.set(name.text(), value);
  }
  std::function<Value()> job = [&text, &names] { return evaluated(text, names); };
  const Value answer = co_await on_worker<Value>(api->world.loop, std::move(job));
  co_return json_answer(200, answer);
}

constexpr Route editor_table[] = {
    {"POST",
     "/api/v1/check",
     Access::token,
     check_text,
     {.does = "What `check` says of a text that need not be in its file. Places count units of UTF-16.",
      .body = "`file`, such as `workflows/prune.yaml`; `text`",
      .answers = "`findings` (each `from`, `to`, `line`, `column`, `rule`, `severity`, `message`, `fix` (`from`, `to`, "
                 "`text`)), `outline` (each `kind`, `name`, `detail`, `from`, `to`, `name_from`, `name_to`, `inside`), "
                 "`sentences`: as of the explanation, null where there are errors",
      .refuses = "400 no text, or no file of a project"},
     Right::read},
    {"POST",
     "/api/v1/complete",
     Access::token,
     complete_text,
     {.does = "What fits at a place of a text.",
      .body = "`file`; `text`; `offset`, in units of UTF-16",
      .answers = "`items` (each `kind`, `label`, `detail`, `documentation`, `text`, `rank`), `from`, `to`: what they "
                 "replace, `complete`: false where the next letter gives others",
      .refuses = "400 no text, or no file of a project"},
     Right::read},
    {"POST",
     "/api/v1/hover",
     Access::token,
     hover_text,
     {.does = "What stands at a place of a text, in Markdown.",
      .body = "`file`; `text`; `offset`, in units of UTF-16",
      .answers = "`text`, `from`, `to`",
      .refuses = "400 no text, or no file of a project"},
     Right::read},
    {"POST",
     "/api/v1/eval",
     Access::token,
     evaluate_text,
     {.does = "Evaluates an expression; that it cannot be evaluated is an answer, too.",
      .body = "`expression`; `run`, whose names it sees; `event`; `names`, a map of more of them",
      .answers = "`value`, `type`, `error` (`message`, `from`, `to`, `suggestion`)",
      .refuses = "400 no expression; 404 no such run; 503 the version that the run began with cannot be read any more"},
     Right::read},
};

}  // namespace

std::span<const Route> editor_routes() { return editor_table; }

}  // namespace millrace
