#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "decider/decide.hpp"
#include "decider/run_state.hpp"
#include "journal/history.hpp"
#include "secret/secrets.hpp"
#include "service/control.hpp"

namespace millrace {

/// What a person asks of a run, as the event that it becomes when the run's state allows it. With and without a running
/// service the same order has the same meaning.
struct Order {
  enum class Kind : std::uint8_t { cancel, retry, carry_on, resolve, approve };
  Kind kind = Kind::cancel;
  std::string what, detail;  ///< for the audit
  std::string why;           ///< of cancel: what the run's note then says
  std::function<Result<RunEvent>(const Workflow&, const RunState&)> event;  ///< of a run that has begun
};

Order order_to_cancel(std::string why, Timestamp now);
/// `conflict` where a write is unsure and no step is named: nothing is sent twice unasked, and that is for
/// `order_to_resolve`. What the engine died of is done once more. REQUIRES: `catalog` outlives the order.
Order order_to_retry(std::string from_step, const Catalog& catalog, Timestamp now);
/// `conflict` for one to retry, from no step that is named, a run in whose place there is another (was_replaced): what
/// it did not do, that one does. `call`: the run's event. REQUIRES: all outlive the task.
Task<Status> check_place(const Order& order, History& history, const EventRecord& call);
/// What a run that is tried again has called: it goes on where it failed, and one that never began does not begin.
Order order_to_carry_on(const Catalog& catalog, Timestamp now);
/// A run that was parked because a connection needed a person goes on; `conflict` where it was parked for another
/// reason.
Order order_to_go_on_connected(Timestamp now);
/// What people say beside is kept without secrets: they repeat what they know, too.
Order order_to_resolve(Resolution resolution, const Who& who, Timestamp now, const Secrets& secrets);
Order order_to_approve(Approval said, const Who& who, Timestamp now, const Secrets& secrets);

/// What the order makes of a run that nobody carries out at the moment: to be written down. A run that goes on with it
/// is `running` in the new head; one that never began and is to begin has no `started`. `workflow`: the text that the
/// run began with; of one that never began the text as it is now, which has to be kept with it.
Result<RunProgress> order_on_stored(const Order& order, const StoredRun& run, const Workflow& workflow, Timestamp now);

/// The same of a run of which nobody can tell where it stands: it can only be called off.
Result<RunProgress> order_on_unreadable(const Order& order, const RunHead& head, const std::string& why, Timestamp now);

/// That a workflow (empty: everything) is paused, or no longer; with everything also the pause after a restore ends.
Entry pause_entry(const std::string& workflow, bool on, Who who, Timestamp now);

}  // namespace millrace
