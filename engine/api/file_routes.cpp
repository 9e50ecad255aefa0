#include <functional>
#include <map>
#include <utility>

#include "api/editor_view.hpp"
#include "api/page_text.hpp"
#include "api/routes.hpp"
#include "api/workflow_file.hpp"
#include "crypto/digest.hpp"
#include "http/answers.hpp"
#include "lsp/diagnostics.hpp"
#include "prose/compare.hpp"
#include "starter/templates.hpp"
#include "value/list_of.hpp"
#include "value/or_null.hpp"
#include "value/time.hpp"
#include "workflow/load.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

using Findings = std::vector<Finding>;

std::shared_ptr<const SourceText> source_of(const FileOnDisk& seen, const std::string& text) {
  return std::make_shared<const SourceText>(SourceText{seen.file.shown_as, text});
}

Task<Result<FileOnDisk>> seen_on_disk(std::shared_ptr<Api> api, std::string id) {
  std::function<Result<FileOnDisk>()> job = [&api, &id] { return look_at_file(api->world.project.root, id); };
  auto seen = co_await on_worker<Result<FileOnDisk>>(api->world.loop, std::move(job));
  co_return seen;
}

Task<Findings> found_in_text(std::shared_ptr<Api> api, std::shared_ptr<const SourceText> source) {
  const auto view = editor_view(api->world);
  std::function<Findings()> job = [&source, &view] { return lsp::findings_in(source, *view); };
  auto findings = co_await on_worker<Findings>(api->world.loop, std::move(job));
  co_return findings;
}

OutgoingResponse with_tag(OutgoingResponse answer, const std::string& version) {
  if (!version.empty()) answer.headers.add("ETag", '"' + version + '"');
  return answer;
}

std::string live_version(const Service& service, const std::string& id) {
  for (const WorkflowStatus& each : service.workflows()) {
    if (each.id == id) return each.version;
  }
  return "";
}

OutgoingResponse no_file(const std::string& id) {
  return refusal(404, "not_found", "there is no workflow \"" + id + "\": workflows/ has no such file");
}

Task<OutgoingResponse> show_file(std::shared_ptr<Api> api, Asked asked) {
  const std::string id = asked.places[0];
  const auto seen = co_await seen_on_disk(api, id);
  if (!seen) co_return seen.error().code == ErrorCode::invalid ? no_file(id) : refusal(seen.error());
  if (!seen->text) co_return no_file(id);
  const auto source = source_of(*seen, *seen->text);
  const Findings findings = co_await found_in_text(api, source);
  const PageText page(source->text);
  Value answer = Value::object({{"id", id},
                                {"file", seen->file.shown_as},
                                {"text", source->text},
                                {"version", seen->version()},
                                {"live_version", text_or_null(live_version(api->world.service, id))},
                                {"findings", page.encode(findings)},
                                {"outline", page.encode(lsp::outline(*source))}});
  co_return with_tag(json_answer(200, answer), seen->version());
}

// Writing

/// What a request says that it has seen.
struct Condition {
  bool absent = false;  ///< If-None-Match: *
  std::string version;  ///< If-Match
};

/// Nothing where it does not say.
std::optional<Condition> condition_of(const IncomingRequest& request) {
  const std::string* match = request.headers.find("If-Match");
  const std::string* none = request.headers.find("If-None-Match");
  if (match != nullptr && match->size() > 2 && match->front() == '"' && match->back() == '"')
    return Condition{false, match->substr(1, match->size() - 2)};
  if (match == nullptr && none != nullptr && *none == "*") return Condition{true, ""};
  return std::nullopt;
}

Value failed_with(std::string_view code, const std::string& message) {
  return Value::object({{"code", code}, {"message", message}});
}

OutgoingResponse unconditional() {
  return json_answer(
      428,
      Value::object({{"error", failed_with("conflict",
                                           "say which text this is made from: If-Match with its version in quotes, "
                                           "or If-None-Match: * for a new file")}}));
}

/// With what is there in its place.
OutgoingResponse overtaken(const FileOnDisk& seen) {
  const std::string message = seen.text ? seen.file.shown_as + " holds another text than the one that this is made from"
                                        : seen.file.shown_as + " is gone";
  return with_tag(json_answer(412, Value::object({{"error", failed_with("conflict", message)},
                                                  {"text", seen.text ? Value(*seen.text) : Value()},
                                                  {"version", text_or_null(seen.version())}})),
                  seen.version());
}

/// Why the file may not be written under this condition; nothing where it may.
std::optional<OutgoingResponse> not_as_seen(const std::string& id, const Condition& condition, const FileOnDisk& seen) {
  if (condition.absent) return seen.text ? std::optional(overtaken(seen)) : std::nullopt;
  if (!seen.text) return no_file(id);
  return seen.version() == condition.version ? std::nullopt : std::optional(overtaken(seen));
}

/// Writes down who does it and keeps the text that is replaced, does it, and has the service take it at once.
Task<Result<std::vector<std::string>>> change_file(std::shared_ptr<Api> api, FileOnDisk seen,
                                                   std::optional<std::string> text, std::string id, Who who) {
  Entry entry;
  if (seen.text) entry.versions.push_back({id, seen.version(), *seen.text});
  const char* what = !text ? "delete" : seen.text ? "edit" : "create";
  entry.audit.push_back({api->world.clock.now(), who, what, id, text ? fingerprint(*text) : seen.version()});
  const auto noted = co_await api->world.store.journal().commit(std::move(entry));
  if (!noted) co_return noted.error();
  std::function<Status()> job = [&seen, &text] { return write_file(seen, text); };
  const Status written = co_await on_worker<Status>(api->world.loop, std::move(job));
  if (!written) co_return written.error();
  auto changes = co_await api->world.service.reload(std::move(who));
  co_return changes;
}

Task<OutgoingResponse> changed_file(std::shared_ptr<Api> api, FileOnDisk seen, std::optional<std::string> text,
                                    Findings findings, Asked asked) {
  const std::string id = asked.places[0];
  const auto changes = co_await change_file(api, std::move(seen), text, id, asked.who);
  if (!changes && changes.error().code == ErrorCode::conflict) {  // somebody was quicker
    const auto now = co_await seen_on_disk(api, id);
    co_return now ? overtaken(*now) : refusal(now.error());
  }
  if (!changes) co_return refusal(changes.error());
  if (!text) co_return json_answer(200, Value::object({{"done", true}, {"changes", list_of(*changes)}}));
  const std::string version = fingerprint(*text);
  const PageText page(*text);
  const Value answer = Value::object({{"id", id},
                                      {"version", version},
                                      {"live_version", text_or_null(live_version(api->world.service, id))},
                                      {"findings", page.encode(findings)},
                                      {"changes", list_of(*changes)}});
  co_return with_tag(json_answer(200, answer), version);
}

Task<OutgoingResponse> put_file(std::shared_ptr<Api> api, Asked asked) {
  const auto condition = condition_of(asked.request);
  if (!condition) co_return unconditional();
  const Value* text = asked.body.find("text");
  if (text == nullptr || !text->is_text()) co_return refusal(400, "invalid", "say what to write: {\"text\": \"...\"}");
  const std::string id = asked.places[0];
  auto seen = co_await seen_on_disk(api, id);
  if (!seen) co_return refusal(seen.error());
  if (auto refused = not_as_seen(id, *condition, *seen)) co_return std::move(*refused);
  auto source = source_of(*seen, text->text());
  Findings findings = co_await found_in_text(api, std::move(source));
  if (has_errors(findings)) {
    const PageText page(text->text());
    co_return json_answer(422, Value::object({{"error", failed_with("invalid", "it has errors, so it was not written")},
                                              {"findings", page.encode(findings)}}));
  }
  std::string written = text->text();
  OutgoingResponse answer =
      co_await changed_file(api, std::move(*seen), std::move(written), std::move(findings), std::move(asked));
  co_return answer;
}

Task<OutgoingResponse> delete_file(std::shared_ptr<Api> api, Asked asked) {
  const auto condition = condition_of(asked.request);
  if (!condition || condition->absent) co_return unconditional();
  auto seen = co_await seen_on_disk(api, asked.places[0]);
  if (!seen) co_return refusal(seen.error());
  if (auto refused = not_as_seen(asked.places[0], *condition, *seen)) co_return std::move(*refused);
  Findings none;
  OutgoingResponse answer =
      co_await changed_file(api, std::move(*seen), std::nullopt, std::move(none), std::move(asked));
  co_return answer;
}

// Versions

/// Who wrote a text, where that was written down, the last time.
std::map<std::string, const AuditLine*> writers_in(const std::vector<AuditEntry>& audit) {
  std::map<std::string, const AuditLine*> writers;
  for (const AuditEntry& entry : audit) {
    const std::string& what = entry.line.what;
    if (what == "edit" || what == "create" || what == "rollback") writers.try_emplace(entry.line.detail, &entry.line);
  }
  return writers;
}

Task<OutgoingResponse> list_versions(std::shared_ptr<Api> api, Asked asked) {
  constexpr int audit_looked_through = 1000;
  History& history = api->world.store.history();
  const auto versions = co_await history.list_versions(asked.places[0]);
  if (!versions) co_return refusal(versions.error());
  const auto audit = co_await history.list_audit(asked.places[0], audit_looked_through);
  if (!audit) co_return refusal(audit.error());
  const auto writers = writers_in(*audit);
  const std::string live = live_version(api->world.service, asked.places[0]);
  Value::List list;
  for (const VersionHead& version : *versions) {
    const auto writer = writers.find(version.hash);
    const bool known = writer != writers.end();
    list.push_back(Value::object({{"version", version.hash},
                                  {"runs", version.runs},
                                  {"first", time_or_null(version.first)},
                                  {"last", time_or_null(version.last)},
                                  {"live", version.hash == live},
                                  {"by", known ? Value(writer->second->who) : Value()},
                                  {"written", known ? Value(render(writer->second->at)) : Value()}}));
  }
  co_return json_answer(200, Value::object({{"versions", Value(std::move(list))}}));
}

Task<OutgoingResponse> show_version(std::shared_ptr<Api> api, Asked asked) {
  const auto text = co_await api->world.store.history().read_version(asked.places[0], asked.places[1]);
  if (!text) co_return refusal(text.error());
  co_return json_answer(200,
                        Value::object({{"workflow", asked.places[0]}, {"version", asked.places[1]}, {"text", *text}}));
}

// Differences

/// {"text"} or {"version"}: the text itself.
Task<Result<std::string>> text_said(std::shared_ptr<Api> api, std::string id, Value said) {
  if (const Value* text = said.find("text"); text != nullptr && text->is_text()) co_return text->text();
  const std::string version = said.text_or("version");
  if (version.empty())
    co_return Error{ErrorCode::invalid,
                    "say which texts: {\"from\": {\"version\": \"...\"}, \"to\": {\"text\": \"...\"}}"};
  auto text = co_await api->world.store.history().read_version(std::move(id), version);
  co_return text;
}

Result<Account> account_in(const SourceText& source, const Catalog& catalog, const Project& project) {
  LoadedWorkflow loaded = load_workflow(std::make_shared<const SourceText>(source), catalog);
  if (!loaded.workflow || has_errors(loaded.findings))
    return Error{ErrorCode::invalid, source.name + " cannot be read as a workflow, so nothing can be compared"};
  return account_of(std::make_shared<const Workflow>(std::move(*loaded.workflow)), catalog, project);
}

Result<std::vector<Difference>> compared(const ApiWorld& world, const std::string& id, const std::string& from,
                                         const std::string& to) {
  const std::string name = "workflows/" + id + ".yaml";
  const Account before = TRY(account_in({name, from}, world.catalog, world.project));
  const Account now = TRY(account_in({name, to}, world.catalog, world.project));
  return compare(before, now, world.catalog, world.project);
}

Task<OutgoingResponse> diff_texts(std::shared_ptr<Api> api, Asked asked) {
  const std::string id = asked.body.text_or("workflow");
  const Value* first = asked.body.find("from");
  const Value* second = asked.body.find("to");
  if (!is_new_id(id) || first == nullptr || second == nullptr)
    co_return refusal(400, "invalid", "say \"workflow\", \"from\" and \"to\"");
  const auto from = co_await text_said(api, id, *first);
  if (!from) co_return refusal(from.error());
  const auto to = co_await text_said(api, id, *second);
  if (!to) co_return refusal(to.error());
  using Differences = Result<std::vector<Difference>>;
  std::function<Differences()> job = [&api, &id, &from, &to] { return compared(api->world, id, *from, *to); };
  const auto found = co_await on_worker<Differences>(api->world.loop, std::move(job));
  if (!found) co_return refusal(found.error());
  co_return json_answer(
      200, Value::object(
               {{"same", found->empty()}, {"short", in_short(*found)}, {"differences", encode_differences(*found)}}));
}

constexpr Route file_table[] = {
    {"GET",
     "/api/v1/workflows/{workflow}",
     Access::token,
     show_file,
     {.does = "A workflow's file as it is on the disk. The version is its `ETag`, too.",
      .answers =
          "`id`, `file`, `text`, `version`, `live_version`, `findings` and `outline` (as of `POST /api/v1/check`)",
      .refuses = "404 no such file"}},
    {"PUT",
     "/api/v1/workflows/{workflow}",
     Access::token,
     put_file,
     {.does = "Writes a workflow's file, below workflows/ only, and has the service take it. `If-Match` names the "
              "version that it was made from; a new one wants `If-None-Match: *`.",
      .body = "`text`",
      .answers = "`id`, `version`, `live_version`, `findings`, `changes`: what the service says of it",
      .refuses = "400 no text, or no id; 404 no such file; 412 it holds another text (`text`, `version`); 422 the text "
                 "has errors (`findings`); 428 nothing says what it was made from"},
     Right::edit},
    {"DELETE",
     "/api/v1/workflows/{workflow}",
     Access::token,
     delete_file,
     {.does = "Removes a workflow's file; its runs end on the version that they have, and that stays in the store.",
      .answers = "`done`, `changes`",
      .refuses = "404 no such file; 412 it holds another text (`text`, `version`); 428 no `If-Match`"},
     Right::edit},
    {"GET",
     "/api/v1/workflows/{workflow}/versions",
     Access::token,
     list_versions,
     {.does = "The texts of a workflow that the store has kept, the one that ran last first.",
      .answers = "`versions` (each `version`, `runs`, `first`, `last`, `live`, `by`, `written`)"}},
    {"GET",
     "/api/v1/workflows/{workflow}/versions/{version}",
     Access::token,
     show_version,
     {.does = "One of them.", .answers = "`workflow`, `version`, `text`", .refuses = "404 no such version"}},
    {"POST",
     "/api/v1/diff",
     Access::token,
     diff_texts,
     {.does = "What one text of a workflow does otherwise than another, in words.",
      .body = "`workflow`; `from` and `to`, each with `version` or `text`",
      .answers = "`same`, `short`: the same in a line, `differences` (each `kind`, `text`, `file`, `line`)",
      .refuses = "400 a text is not named, or cannot be read as a workflow; 404 no such version"},
     Right::read},
};

}  // namespace

std::span<const Route> file_routes() { return file_table; }

}  // namespace millrace
