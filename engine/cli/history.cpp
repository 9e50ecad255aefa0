#include "cli/history.hpp"

#include <cstdio>
#include <utility>

#include "base/printable.hpp"
#include "cli/cli.hpp"
#include "crypto/digest.hpp"
#include "host/host.hpp"
#include "host/service_file.hpp"
#include "runtime/clocks.hpp"
#include "service/new_since.hpp"
#include "service/records.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

std::unique_ptr<Store> open_project_store(const Session& session, const Project& project, Loop& loop,
                                          StoreOptions::Role role) {
  StoreOptions options;
  options.role = role;
  auto store = open_store(loop, store_file(session.folder, project), options);
  if (store) return std::move(*store);
  complain(store.error());
  return nullptr;
}

OpenHistory open_history(const Session& session) {
  OpenHistory history;
  history.project = open_project(session);
  history.exit_code = exit_cannot_start;
  if (!history.project) return history;
  history.loop = std::make_unique<Loop>();
  history.store = open_project_store(session, *history.project, *history.loop, StoreOptions::Role::reader);
  if (history.store != nullptr) history.exit_code = exit_done;
  return history;
}

std::vector<NewSince> new_since_last_runs(const Session& session, const Project& project, const Catalog& catalog,
                                          const std::vector<std::shared_ptr<const Workflow>>& workflows) {
  std::vector<NewSince> all(workflows.size());
  const auto file = store_file(session.folder, project);
  std::error_code failed;
  if (!std::filesystem::exists(file, failed)) return all;
  Loop loop;
  StoreOptions options;
  options.role = StoreOptions::Role::reader;
  const auto store = open_store(loop, file, options);
  if (!store) return all;  // whoever needs it tells what is wrong with it
  for (std::size_t at = 0; at < all.size(); ++at) {
    const auto& workflow = workflows[at];
    all[at] = wait_for(loop, new_since(**store, workflow, fingerprint(workflow->source->text), catalog, project));
  }
  return all;
}

bool note_act(Loop& loop, Store& store, const Act& act) {
  Entry entry;
  entry.audit.push_back({now_utc(), who_asks(), act.what, act.about, act.detail});
  const auto written = wait_for(loop, store.journal().commit(std::move(entry)));
  if (!written) complain(written.error().within("it cannot be written down, so it is not done"));
  return static_cast<bool>(written);
}

bool note_act(const Session& session, const Project& project, const Act& act) {
  Loop loop;
  const auto store = open_project_store(session, project, loop, StoreOptions::Role::guest);
  if (store == nullptr || !note_act(loop, *store, act)) return false;
  const Status closed = wait_for(loop, store->close());
  if (!closed) complain(closed.error());
  return static_cast<bool>(closed);
}

void forget_refusal(const Session& session, const Project& project, const std::string& connection) {
  Loop loop;
  const auto store = open_project_store(session, project, loop, StoreOptions::Role::guest);
  if (store == nullptr) return;
  Status kept = wait_for(loop, keep_alarm(store->journal(), token_alarm(connection), "", now_utc()));
  if (kept) kept = wait_for(loop, store->close());
  if (!kept) complain(kept.error());
}

void print_answer(const Session& session, const Value& document, const std::string& rows) {
  if (session.json) {
    print_json(document);
  } else {
    print_rows(rows);
  }
}

int exit_code_of(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::denied ? exit_cannot_start : exit_failed;
}

std::optional<RunKey> run_named(const std::string& text) {
  const auto key = parse_run_key(text);
  if (!key)
    complain("\"" + text + "\" is no run: runs are called like r06f8w3k2q1m9s; \"millrace runs list\" lists them");
  return key;
}

}  // namespace millrace
