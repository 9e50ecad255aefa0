#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <utility>

#include "api/catalog_json.hpp"
#include "api/openapi.hpp"
#include "api/routes.hpp"
#include "api/run_filter.hpp"
#include "base/percent.hpp"
#include "base/text.hpp"
#include "courier/courier.hpp"
#include "gate/output_folder.hpp"
#include "http/answers.hpp"
#include "value/list_of.hpp"
#include "value/or_null.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

Task<OutgoingResponse> pause_all(std::shared_ptr<Api> api, Asked asked) {
  const auto paused = co_await api->world.service.pause("", asked.who);
  co_return done_or_refusal(paused);
}

Task<OutgoingResponse> resume_all(std::shared_ptr<Api> api, Asked asked) {
  const auto resumed = co_await api->world.service.resume("", asked.who);
  co_return done_or_refusal(resumed);
}

Task<OutgoingResponse> allow_plugin(std::shared_ptr<Api> api, Asked asked) {
  const auto allowed = co_await api->world.service.allow_plugin(asked.places[0], asked.who);
  co_return done_or_refusal(allowed);
}

Task<OutgoingResponse> show_catalog(std::shared_ptr<Api> api, Asked) {
  co_return json_answer(200, encode_catalog(api->world.catalog));
}

Value seconds_or_null(const std::optional<Duration>& time) {
  return time ? Value(std::chrono::ceil<std::chrono::seconds>(*time).count()) : Value();
}

/// How much of its budget a connection has left at each location. Seconds count from now.
Value encode_budgets(const std::vector<BudgetFacts>& budgets) {
  Value::List list;
  for (const BudgetFacts& budget : budgets) {
    Map waiting;
    for (std::size_t lane = 0; lane < budget_lanes; ++lane)
      waiting.set(std::string(name_of(static_cast<BudgetLane>(lane))), budget.waiting[lane]);
    list.push_back(Value::object({{"location", text_or_null(budget.location)},
                                  {"left", number_or_null(budget.left)},
                                  {"most", number_or_null(budget.most)},
                                  {"interval_seconds", seconds_or_null(budget.interval)},
                                  {"renewed_in_seconds", seconds_or_null(budget.renewed_in)},
                                  {"day_left", number_or_null(budget.day_left)},
                                  {"day_most", number_or_null(budget.day_most)},
                                  {"day_renewed_in_seconds", seconds_or_null(budget.day_renewed_in)},
                                  {"closed_for_seconds", seconds_or_null(budget.closed_for)},
                                  {"waiting", Value(std::move(waiting))}}));
  }
  return Value(std::move(list));
}

Task<OutgoingResponse> list_connections(std::shared_ptr<Api> api, Asked) {
  Value::List list;
  const auto health = api->world.courier.health();
  for (const ConnectionSettings& connection : api->world.project.connections) {
    Map members;
    members.set("name", connection.name);
    members.set("plugin", connection.plugin);
    members.set("base_url", connection.base_url);
    members.set("locations", connection.all_locations ? Value("all") : list_of(connection.locations));
    for (const ConnectionHealth& state : health) {
      if (state.name != connection.name) continue;
      members.set("state", std::string(name_of(state.state.kind)));
      members.set("problem", text_or_null(state.state.problem));
      members.set("down", state.down);
      members.set("reason", text_or_null(state.reason));
      members.set("waiting", state.waiting);
      members.set("token_problem", text_or_null(state.token_problem));
      members.set("budget_remaining", state.budget_remaining ? Value(*state.budget_remaining) : Value());
      members.set("budgets", encode_budgets(state.budgets));
    }
    list.emplace_back(std::move(members));
  }
  co_return json_answer(200, Value::object({{"connections", Value(std::move(list))}}));
}

Value encode(const Result<StoreFacts>& facts) {
  if (!facts) return Value::object({{"error", facts.error().message}});
  return Value::object({{"bytes", facts->bytes},
                        {"events", facts->events},
                        {"runs", facts->runs},
                        {"unfinished", facts->unfinished},
                        {"schema", std::int64_t{facts->schema}},
                        {"restored", facts->restored}});
}

/// Those of one kind, by source; where a source's triggers are counted apart, by these, too.
Value encode_tallies(const std::map<std::string, Tally>& tallies, std::string_view prefix) {
  Value::List list;
  for (const auto& [key, tally] : tallies) {
    if (!key.starts_with(prefix)) continue;
    const auto [source, trigger] = source_and_trigger(key.substr(prefix.size()));
    Map told;
    told.set("source", source);
    if (!trigger.empty()) told.set("trigger", trigger);
    told.set("count", tally.count);
    told.set("reason", tally.reason);
    told.set("at", render(tally.at));
    list.push_back(Value(std::move(told)));
  }
  return Value(std::move(list));
}

Task<OutgoingResponse> show_status(std::shared_ptr<Api> api, Asked) {
  const auto facts = co_await api->world.store.facts();
  const ServiceStatus status = api->world.service.status();
  Value::List alarms;
  for (const Alarm& alarm : status.alarms) {
    alarms.push_back(
        Value::object({{"about", alarm.about}, {"message", alarm.message}, {"since", render(alarm.since)}}));
  }
  co_return json_answer(200, Value::object({{"ready", status.ready},
                                            {"draining", status.draining},
                                            {"not_ready_because", text_or_null(status.not_ready_because)},
                                            {"workflows", status.workflows},
                                            {"active_runs", status.active_runs},
                                            {"queued_runs", status.queued_runs},
                                            {"next", time_or_null(status.next)},
                                            {"next_workflow", text_or_null(status.next_workflow)},
                                            {"alarms", Value(std::move(alarms))},
                                            {"refused_deliveries", encode_tallies(status.tallies, refused_prefix)},
                                            {"other_bodies", encode_tallies(status.tallies, other_body_prefix)},
                                            {"lacking_deliveries", encode_tallies(status.tallies, lacking_prefix)},
                                            {"store", encode(facts)}}));
}

Task<OutgoingResponse> reload(std::shared_ptr<Api> api, Asked asked) {
  std::vector<std::string> changes;
  if (api->world.read_project) changes = api->world.read_project();
  const auto workflows = co_await api->world.service.reload(asked.who);
  changes.insert(changes.end(), workflows.begin(), workflows.end());
  co_return json_answer(200, Value::object({{"changes", list_of(changes)}}));
}

Task<OutgoingResponse> backup(std::shared_ptr<Api> api, Asked asked) {
  const std::string file = asked.body.text_or("file");
  if (file.empty()) co_return refusal(400, "invalid", "say where to: {\"file\": \"/backups/millrace.db\"}");
  const std::filesystem::path path = api->world.project.root / file;
  Entry entry;
  entry.audit.push_back({now_utc(), asked.who, "backup", "store", path.string()});
  const auto noted = co_await api->world.store.journal().commit(std::move(entry));
  if (!noted) co_return refusal(noted.error());
  const auto written = co_await api->world.store.backup(path);
  co_return written ? json_answer(200, Value::object({{"file", path.string()}})) : refusal(written.error());
}

Task<OutgoingResponse> list_audit(std::shared_ptr<Api> api, Asked asked) {
  const std::string about = asked.query_of("about");
  constexpr int most = 200;
  const auto before = number_in(asked, "before", 0, 1, INT32_MAX);
  if (!before) co_return refusal(before.error());
  const auto lines = co_await api->world.store.history().list_audit(about, most, *before);
  if (!lines) co_return refusal(lines.error());
  Value::List list;
  for (const auto& [number, line, hash] : *lines) {
    list.push_back(Value::object({{"number", number},
                                  {"at", render(line.at)},
                                  {"who", line.who},
                                  {"what", line.what},
                                  {"about", line.about},
                                  {"detail", text_or_null(line.detail)}}));
  }
  co_return json_answer(200, Value::object({{"audit", Value(std::move(list))}}));
}

/// A file below output/.
struct Report {
  std::string file;
  std::uintmax_t bytes = 0;
  std::filesystem::file_time_type changed;
};
constexpr std::size_t most_reports = 1000;

/// The newest first; on a worker. Links are left alone: they may lead anywhere.
std::vector<Report> reports_in(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  std::vector<Report> reports;
  std::error_code failed;
  for (auto entry = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, failed);
       !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    std::error_code unknown;
    if (entry->is_symlink(unknown) || !entry->is_regular_file(unknown)) continue;
    reports.push_back({entry->path().lexically_relative(folder).string(), entry->file_size(unknown),
                       entry->last_write_time(unknown)});
  }
  std::sort(reports.begin(), reports.end(), [](const Report& one, const Report& other) {
    return std::pair(other.changed, one.file) < std::pair(one.changed, other.file);
  });
  reports.resize(std::min(reports.size(), most_reports));
  return reports;
}

Value render_time(std::filesystem::file_time_type time) {
  const auto since = std::chrono::file_clock::to_sys(time).time_since_epoch();
  return Value(render(Timestamp{std::chrono::floor<std::chrono::seconds>(since).count(), 0}));
}

Task<OutgoingResponse> list_reports(std::shared_ptr<Api> api, Asked) {
  const std::filesystem::path folder = api->world.project.root / output_folder;
  std::function<std::vector<Report>()> job = [&folder] { return reports_in(folder); };
  const auto reports = co_await on_worker<std::vector<Report>>(api->world.loop, std::move(job));
  Value::List list;
  for (const Report& report : reports) {
    if (!valid_utf8(report.file)) continue;
    list.push_back(
        Value::object({{"file", report.file}, {"bytes", report.bytes}, {"changed", render_time(report.changed)}}));
  }
  co_return json_answer(200, Value::object({{"reports", Value(std::move(list))}}));
}

/// How a browser gets a file; what has no row is kept, and not shown.
struct ShownAs {
  std::string_view ending, type;
  bool shown = true;
};
constexpr std::array<ShownAs, 13> shown_as = {{{".html", "text/html; charset=utf-8"},
                                               {".htm", "text/html; charset=utf-8"},
                                               {".txt", "text/plain; charset=utf-8"},
                                               {".md", "text/plain; charset=utf-8"},
                                               {".csv", "text/csv; charset=utf-8"},
                                               {".json", "application/json"},
                                               {".svg", "image/svg+xml"},
                                               {".png", "image/png"},
                                               {".jpg", "image/jpeg"},
                                               {".jpeg", "image/jpeg"},
                                               {".gif", "image/gif"},
                                               {".webp", "image/webp"},
                                               {".pdf", "application/pdf", false}}};
constexpr ShownAs kept_only = {"", "application/octet-stream", false};

ShownAs look_of(const std::string& file) {
  const std::string name = lower(file);
  const auto found = std::find_if(shown_as.begin(), shown_as.end(),
                                  [&name](const ShownAs& row) { return name.ends_with(row.ending); });
  return found == shown_as.end() ? kept_only : *found;
}

/// What far sides said may stand in it: it runs nothing, loads nothing, and stands in no frame but the console's.
constexpr std::string_view report_policy =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'";
constexpr std::size_t largest_report = 64u << 20;

OutgoingResponse report_answer(const std::string& file, std::string content) {
  const ShownAs look = look_of(file);
  OutgoingResponse answer = text_answer(200, look.type, std::move(content));
  answer.headers.add("Cache-Control", "no-store");
  answer.headers.add("Content-Security-Policy", std::string(report_policy));
  answer.headers.add("X-Content-Type-Options", "nosniff");
  answer.headers.add("Referrer-Policy", "no-referrer");
  answer.headers.add("Cross-Origin-Resource-Policy", "same-origin");
  if (!look.shown) answer.headers.add("Content-Disposition", "attachment");
  return answer;
}

Task<OutgoingResponse> show_report(std::shared_ptr<Api> api, Asked asked) {
  const auto file = percent_decode(asked.places[0]);
  if (!file) co_return refusal(400, "invalid", "the address of the file holds a % that means nothing");
  const std::filesystem::path folder = api->world.project.root / output_folder;
  std::function<Result<std::string>()> job = [&folder, &file] { return read_below(folder, *file, largest_report); };
  auto content = co_await on_worker<Result<std::string>>(api->world.loop, std::move(job));
  if (content) co_return report_answer(*file, std::move(*content));
  if (content.error().code == ErrorCode::limited)
    co_return refusal(413, "limited",
                      "\"" + *file + "\" is larger than 64 MiB: take it from the folder output/ itself");
  co_return refusal(content.error());
}

Task<OutgoingResponse> show_openapi(std::shared_ptr<Api>, Asked) {
  co_return json_answer(200, openapi_document(all_routes()));
}

constexpr Route service_table[] = {
    {"GET",
     "/api/v1/reports",
     Access::token,
     list_reports,
     {.does = "Lists the files below output/, those that changed last first, 1000 at most.",
      .answers = "`reports` (each `file`, `bytes`, `changed`)"}},
    {"GET",
     "/api/v1/reports/{file...}",
     Access::token,
     show_report,
     {.does = "A file below output/, by its path there, as it lies on the disk. Browsers show it without running "
              "anything in it, and keep what they do not show.",
      .answers = "the file",
      .refuses = "400 no name of a file; 403 a path that leaves output/ or leads through a link, or no plain file; 404 "
                 "no such file; 413 it is larger than 64 MiB"}},
    {"GET",
     "/api/v1/openapi.json",
     Access::token,
     show_openapi,
     {.does = "These routes as a document of OpenAPI 3.1.",
      .answers = "`openapi`, `info`, `paths`, `components`, `security`"}},
    {"POST",
     "/api/v1/pause",
     Access::token,
     pause_all,
     {.does = "Switches everything off.", .answers = "`done`"},
     Right::pause},
    {"POST",
     "/api/v1/resume",
     Access::token,
     resume_all,
     {.does = "Switches everything on again; what was paused by itself stays so.", .answers = "`done`"},
     Right::pause},
    {"POST",
     "/api/v1/plugins/{plugin}/allow",
     Access::token,
     allow_plugin,
     {.does = "Tries a plugin that is out of service at once.",
      .answers = "`done`",
      .refuses = "409 it is not out of service"}},
    {"GET",
     "/api/v1/catalog",
     Access::token,
     show_catalog,
     {.does = "Lists every trigger and action, as `catalog --json` does.", .answers = "`entries`"}},
    {"GET",
     "/api/v1/connections",
     Access::token,
     list_connections,
     {.does = "Lists the connections: whether each can be used, and what is left of its budgets.",
      .answers = "`connections`"}},
    {"GET",
     "/api/v1/status",
     Access::token,
     show_status,
     {.does = "How the service is: what runs, what waits, what is wrong.",
      .answers = "`ready`, `draining`, `not_ready_because`, `workflows`, `active_runs`, `queued_runs`, `next`, "
                 "`next_workflow`, `alarms`, `refused_deliveries`, `other_bodies`, "
                 "`lacking_deliveries`, `store`"}},
    {"GET",
     "/api/v1/audit",
     Access::token,
     list_audit,
     {.does = "200 lines of the audit, the newest first.",
      .query = "`about`, a run or workflow; `before`, the `number` of a line: the next page",
      .answers = "`audit` (each `number`, `at`, `who`, `what`, `about`, `detail`)",
      .refuses = "400 a number that is none"}},
    {"POST",
     "/api/v1/reload",
     Access::token,
     reload,
     {.does = "Reads the project's files again.", .answers = "`changes`"}},
    {"POST",
     "/api/v1/backup",
     Access::token,
     backup,
     {.does = "Copies the store while it is in use.",
      .body = "`file`, which must not exist yet",
      .answers = "`file`",
      .refuses = "400 no file is named"}},
};

}  // namespace

std::span<const Route> service_routes() { return service_table; }

}  // namespace millrace
