#include "cli/demand.hpp"

#include <thread>
#include <utility>

#include "base/duration.hpp"
#include "cli/cli.hpp"
#include "cli/history.hpp"
#include "cli/shell_words.hpp"
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
  secrets_ = open_secrets(session_.folder);
  control_ = open_offline_control(*store_, *clock_, *catalog_, *secrets_, session_.folder);
  return true;
}

std::optional<ServiceOfStore> Messenger::served_by() const {
  const auto holder = store_->served_by();
  return holder ? *holder : std::nullopt;
}

/// What is to be said where the store is that of another project's service, which this project never sees.
std::optional<Error> Messenger::held_elsewhere(const ServiceOfStore& holder) const {
  std::error_code failed;
  if (holder.folder.empty() || holder.folder == std::filesystem::canonical(session_.folder, failed))
    return std::nullopt;
  const std::string folder = holder.folder.string();
  return Error{ErrorCode::unavailable, "the service of the project in " + folder + " (" + holder.process +
                                           ") has this project's store, so it is to be asked: give the order with -C " +
                                           shell_word(folder) + ", or give each project a store of its own"};
}

std::optional<Result<Messenger::Answer>> Messenger::put(const Demand& demand) {
  const Deadline until = Deadline::in(longest_start);
  bool waits = false;
  std::optional<ServiceOfStore> before;
  while (true) {
    const auto service = find_service(session_.folder);
    if (!service) {
      complain(service.error());
      return std::nullopt;
    }
    std::optional<Error> refusal;
    if (*service) {
      auto answer = ask_service(**service, "POST", demand.path, demand.body);
      if (answer) return Answer{std::move(*answer)};
      refusal = answer.error();
    }
    if (!open()) return std::nullopt;
    // Where nobody has the store, it was no service of ours that answered: its file has outlived it.
    if (refusal && refusal->code != ErrorCode::unavailable && served_by()) return std::move(*refusal);
    const Status done = wait_for(loop_, demand.offline(*control_));
    if (done) return Answer{Value::object({{"done", true}}), true};
    const auto holder = served_by();
    if (done.error().code != ErrorCode::unavailable || !holder) return done.error();
    if (until.reached()) return refusal.value_or(done.error());
    if (auto elsewhere = held_elsewhere(*holder); elsewhere && before == holder) return std::move(*elsewhere);
    before = holder;  // a service that comes says at once who it is, but not in the same moment
    if (!std::exchange(waits, true)) tell("a service is just starting, or ending: waiting until it can be asked");
    std::this_thread::sleep_for(look_for_service);
  }
}

int put_demand(const Session& session, const Demand& demand) {
  Messenger messenger(session);
  return print_outcome(session, messenger.put(demand), demand.done);
}

int print_outcome(const Session& session, const std::optional<Result<Messenger::Answer>>& answer,
                  const std::string& done) {
  if (!answer) return exit_cannot_start;
  if (!*answer) {
    complain(answer->error());
    return exit_code_of(answer->error());
  }
  const std::string until = (*answer)->offline ? " (no service is running; the next one acts on it)" : "";
  print_answer(session, (*answer)->document, row(done + until));
  return exit_done;
}

}  // namespace millrace
