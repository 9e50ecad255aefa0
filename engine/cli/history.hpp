#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "async/loop.hpp"
#include "cli/session.hpp"
#include "journal/store.hpp"
#include "workflow/account.hpp"

namespace millrace {

template <class T>
Task<void> keep_answer(Task<T> task, std::optional<T>& answer) {
  T said = co_await std::move(task);
  answer.emplace(std::move(said));
}

/// What a task gives, for a command that does one thing after the other.
template <class T>
T wait_for(Loop& loop, Task<T> task) {
  std::optional<T> answer;
  loop.run(keep_answer(std::move(task), answer));
  return std::move(*answer);
}

/// The project's store, for a command beside the service; nothing where it cannot be opened, which is told on stderr.
std::unique_ptr<Store> open_project_store(const Session& session, const Project& project, Loop& loop,
                                          StoreOptions::Role role);

/// A project with its store open for reading. `exit_code` where there is none; it is told on stderr.
struct OpenHistory {
  std::optional<Project> project;
  std::unique_ptr<Loop> loop;
  std::unique_ptr<Store> store;
  int exit_code = 0;
};
OpenHistory open_history(const Session& session);

/// What each of the workflows may and the version of it that ran last might not; nothing where no store can tell.
std::vector<NewSince> new_since_last_runs(const Session& session, const Project& project, const Catalog& catalog,
                                          const std::vector<std::shared_ptr<const Workflow>>& workflows);

/// What whoever sits at the terminal is about to do, for the audit.
struct Act {
  std::string what, about;
  std::string detail = {};
};
/// Writes it down before it is done: where that cannot be, it is told, and is not to be done. False then. For what no
/// service has to be asked for.
bool note_act(const Session& session, const Project& project, const Act& act);
bool note_act(Loop& loop, Store& store, const Act& act);

/// What the far side said of a connection's tokens is over: there are others. Failures are told.
void forget_refusal(const Session& session, const Project& project, const std::string& connection);

/// The run that somebody has typed; nothing where it cannot be one, which is told on stderr.
std::optional<RunKey> run_named(const std::string& text);

/// Prints the document with --json, else the rows.
void print_answer(const Session& session, const Value& document, const std::string& rows);

int exit_code_of(const Error& error);

}  // namespace millrace
