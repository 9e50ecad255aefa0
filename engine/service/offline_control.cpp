#include <utility>

#include "service/orders.hpp"
#include "service/records.hpp"
#include "workflow/list.hpp"
#include "workflow/load.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

class OfflineControl final : public Control {
 public:
  OfflineControl(Store& store, Clock& clock, const Catalog& catalog, const Secrets& secrets,
                 std::filesystem::path folder)
      : store_(store), clock_(clock), catalog_(catalog), secrets_(secrets), folder_(std::move(folder)) {}

  Task<Result<Committed>> start_run(std::string workflow, Value, Who) override {
    co_return Error{
        ErrorCode::unavailable,
        "no service is running: start it with \"millrace serve\", or use \"millrace run " + workflow + " --live\""};
  }
  Task<Status> pause(std::string workflow, Who who) override {
    return write(pause_entry(workflow, true, std::move(who), clock_.now()));
  }
  Task<Status> resume(std::string workflow, Who who) override {
    return write(pause_entry(workflow, false, std::move(who), clock_.now()));
  }
  Task<Status> cancel(RunKey run, Who who) override {
    Order order = order_to_cancel("called off by " + who, clock_.now());
    return write_down(run, std::move(order), std::move(who));
  }
  Task<Status> retry(RunKey run, std::string from_step, Who who) override {
    Order order = order_to_retry(std::move(from_step), catalog_, clock_.now());
    const auto stored = co_await store_.history().read_run(run);
    if (!stored) co_return stored.error();
    const auto checked = co_await check_place(order, store_.history(), stored->event);
    if (!checked) co_return checked;
    auto written = co_await write_down(run, std::move(order), std::move(who));
    co_return written;
  }
  Task<Status> resolve(RunKey run, Resolution resolution, Who who) override {
    Order order = order_to_resolve(std::move(resolution), who, clock_.now(), secrets_);
    return write_down(run, std::move(order), std::move(who));
  }
  Task<Status> approve(RunKey run, Approval said, Who who) override {
    Order order = order_to_approve(std::move(said), who, clock_.now(), secrets_);
    return write_down(run, std::move(order), std::move(who));
  }
  Task<Status> allow_plugin(std::string plugin, Who) override {
    co_return Error{ErrorCode::conflict, "the plugin \"" + plugin + "\" is not out of service: no service is running"};
  }

 private:
  Task<Status> write(Entry entry) {
    return store_.commit_unserved([entry = std::move(entry)](const RunReader&) -> Result<Entry> { return entry; });
  }

  Task<Status> write_down(RunKey run, Order order, Who who) {
    return store_.commit_unserved([this, run, order = std::move(order), who = std::move(who), now = clock_.now()](
                                      const RunReader& read) { return entry_of(order, read(run), who, now); });
  }

  /// The event goes behind those that the run has; the next service takes the run up with it.
  Result<Entry> entry_of(const Order& order, Result<StoredRun> read, const Who& who, Timestamp now) const {
    const StoredRun stored = TRY(std::move(read));
    const RunKey run = stored.head.key;
    LoadedWorkflow loaded = load_version(stored.head.workflow, stored.text, catalog_);
    std::string unreadable = stored.unreadable;
    if (unreadable.empty() && !loaded.workflow)
      unreadable = "the version of \"" + stored.head.workflow + "\" that the run began with cannot be read any more";
    if (stored.events.empty()) take_file(stored.head.workflow, loaded);
    RunProgress progress = TRY(unreadable.empty() ? order_on_stored(order, stored, *loaded.workflow, now)
                                                  : order_on_unreadable(order, stored.head, unreadable, now));
    Entry entry;
    if (loaded.workflow && progress.head.version != stored.head.version)
      entry.versions.push_back({stored.head.workflow, progress.head.version, loaded.workflow->source->text});
    if (stored.head.outcome == RunOutcome::parked) entry.states.push_back(run_in_trouble(run, "", now));
    entry.runs.push_back(std::move(progress));
    entry.audit.push_back({now, who, order.what, render(run), order.detail});
    return entry;
  }

  /// The workflow as its file has it now, where that holds.
  void take_file(const std::string& workflow, LoadedWorkflow& loaded) const {
    const auto file = find_workflow_file(folder_, workflow);
    if (!file) return;
    LoadedWorkflow now = load_workflow_file(file->path, file->shown_as, catalog_);
    if (now.workflow && !has_errors(now.findings)) loaded = std::move(now);
  }

  Store& store_;
  Clock& clock_;
  const Catalog& catalog_;
  const Secrets& secrets_;
  std::filesystem::path folder_;
};

}  // namespace

std::unique_ptr<Control> open_offline_control(Store& store, Clock& clock, const Catalog& catalog,
                                              const Secrets& secrets, std::filesystem::path folder) {
  return std::make_unique<OfflineControl>(store, clock, catalog, secrets, std::move(folder));
}

}  // namespace millrace
