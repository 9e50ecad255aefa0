#include "cli/demand.hpp"

#include <thread>
#include <utility>

#include "base/duration.hpp"
#include "cli/cli.hpp"
#include "cli/history.hpp"
#include "host/service_file.hpp"
#include "runtime/clocks.hpp"

namespace millrace {

namespace {

/// A service that has the store is reached soon, or ends. Its start takes longest where a vault does not answer.
constexpr Duration longest_start = std::chrono::seconds(60);
constexpr Duration look_for_service = std::chrono::milliseconds(50);

}  // namespace

Messenger::~Messenger() {
  if (store_ == nullptr) return;
  if (const Status closed = wait_for(loop_, store_->close()); !closed) complain(closed.error());
}

/// The store, for what no service can be asked.
bool Messenger::open() {
  if (control_ != nullptr) return true;
  const auto project = open_project(session_);
  if (!project) return false;
  catalog_ = open_catalog(session_);
  store_ = open_project_store(session_, *project, loop_, StoreOptions::Role::guest);
  if (store_ == nullptr) return false;
  clock_ = open_system_clock();
  control_ = open_offline_control(*store_, *clock_, *catalog_);
  return true;
}

bool Messenger::is_served() const {
  const auto served = store_->is_served();
  return served && *served;
}

std::optional<Result<Messenger::Answer>> Messenger::put(const Demand& demand) {
  const Deadline until = Deadline::in(longest_start);
  bool waits = false;
  while (true) {
    const auto service = find_service(session_.folder);
    if (!service) {
      complain(service.error());
      return std::nullopt;
    }
    if (*service) {
      auto answer = ask_service(**service, "POST", demand.path, demand.body);
      if (!answer) return answer.error();
      return Answer{std::move(*answer)};
    }
    if (!open()) return std::nullopt;
    const Status done = wait_for(loop_, demand.offline(*control_));
    if (done) return Answer{Value::object({{"done", true}}), true};
    if (done.error().code != ErrorCode::unavailable || !is_served() || until.reached()) return done.error();
    if (!std::exchange(waits, true)) tell("a service is just starting, or ending: waiting until it can be asked");
    std::this_thread::sleep_for(look_for_service);
  }
}

int put_demand(const Session& session, const Demand& demand) {
  Messenger messenger(session);
  const auto answer = messenger.put(demand);
  if (!answer) return exit_cannot_start;
  if (!*answer) {
    complain(answer->error());
    return exit_code_of(answer->error());
  }
  const std::string until = (*answer)->offline ? " (no service is running; the next one acts on it)" : "";
  print_answer(session, (*answer)->document, demand.done + until + "\n");
  return exit_done;
}

}  // namespace millrace
