#include <algorithm>
#include <iterator>
#include <utility>

#include "simulation.hpp"
#include "value/json.hpp"

namespace millrace::test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration active_time = seconds(35);

}  // namespace

std::string Delivery::body() const {
  return encode_json(
      Value::object({{"id", id}, {"lane", lane}, {"loud", loud}, {"soon", soon}, {"late", late}, {"calls", calls}}));
}

void Simulation::make_deliveries() {
  const bool orders = premises_.workflows.contains("orders"), jobs = premises_.workflows.contains("job");
  const int count = random_.from_to(1, 7);
  for (int i = 0; i < count; ++i) {
    Delivery delivery;
    delivery.id = "d" + std::to_string(i);
    delivery.path = orders && (!jobs || random_.chance(70)) ? "orders" : "jobs";
    delivery.lane = "lane" + std::to_string(random_.below(3));
    delivery.loud = random_.chance(30);
    delivery.soon = random_.chance(20);
    delivery.late = random_.chance(20);
    delivery.calls = random_.chance(50);
    const bool together = i > 0 && random_.chance(30);
    delivery.at = together ? deliveries_.back().at : random_.between(Duration::zero(), active_time);
    deliveries_.push_back(std::move(delivery));
  }
}

/// A sender: again and again until it has its answer, and sometimes once more.
Task<void> Simulation::deliver(Delivery& delivery) {
  co_await sleep_for(delivery.at);
  Duration pause = milliseconds(500);
  while (!ending_) {
    const bool answered = co_await send(delivery);
    if (answered && !random_.chance(20)) break;
    if (answered) note("sent twice");
    pause = std::min<Duration>(pause * 2, seconds(8));
    const Duration wait = random_.between(pause / 2, pause);
    const bool undisturbed = co_await sleep_for(wait);
    if (!undisturbed) co_return;
  }
}

/// True where a receipt came to the sender.
Task<bool> Simulation::send(Delivery& delivery) {
  ++delivery.sent;
  if (delivery.first_sent == 0) delivery.first_sent = ++senders_;
  const std::shared_ptr<Life> life = life_;
  if (!life || life->dead() || (!calm_ && random_.chance(3))) co_return false;
  IncomingRequest request;
  request.method = "POST";
  request.path = "/hooks/" + delivery.path;
  request.body = delivery.body();
  const Life::Visit visit(life);
  const auto response = co_await life->service().hook(std::move(request));
  if (life->dead()) co_return false;
  trace_.add(delivery.id + " is answered " + std::to_string(response.status));
  if (!calm_ && random_.chance(8)) {
    note("receipt lost");
    co_return false;
  }
  if (response.status / 100 != 2) co_return false;
  ++delivery.receipts;
  const auto receipt = parse_json(response.body);
  std::vector<std::string> runs;
  for (const Value& run : receipt->find("runs")->list()) runs.push_back(run.text());
  if (delivery.promised && runs != delivery.runs)
    doings_.complaints.push_back("P2: two receipts of " + delivery.id + " name different runs");
  if (!delivery.promised) delivery.promised_at = ++senders_;
  delivery.promised = true;
  delivery.runs = std::move(runs);
  co_return true;
}

Task<void> Simulation::change_items() {
  for (int i = random_.from_to(0, 6); i > 0; --i) {
    const Duration pause = random_.between(seconds(1), seconds(20));
    const bool undisturbed = co_await sleep_for(pause);
    if (!undisturbed || calm_) co_return;
    far_side_.change_items();
  }
}

void Simulation::note(const std::string& fault) {
  ++doings_.faults[fault];
  trace_.add(fault);
}

Task<void> Simulation::trouble() {
  const Deadline end = Deadline::in(active_time);
  for (int left = random_.from_to(1, 7); left > 0 && !end.reached(); --left) {
    const Duration pause = random_.between(milliseconds(50), seconds(9));
    co_await sleep_for(pause);
    co_await happen();
  }
  co_await sleep_until(end);
}

Task<void> Simulation::happen() {
  const int what = random_.from_to(0, 9);
  if (what <= 2) {
    end_of_the_engine();
  } else if (what <= 4) {
    co_await trouble_disk();
  } else if (what <= 6) {
    co_await trouble_network();
  } else if (what <= 8) {
    co_await people();
  } else {
    note("clock set");
    doings_.clock_set = true;
    const seconds most(random_.chance(20) ? 2400 : 400);
    clock_.jump(random_.chance(50) ? random_.between(seconds(1), most) : -random_.between(seconds(1), most / 2));
  }
}

/// At once, or in the middle of what it writes next.
void Simulation::end_of_the_engine() {
  const auto how = random_.chance(60) ? Disk::Crash::power_cut : Disk::Crash::killed;
  if (random_.chance(50)) {
    note("crash");
    crash(how);
  } else {
    disk_.crash_after(random_.from_to(1, 40), how);
  }
}

Task<void> Simulation::trouble_disk() {
  const Duration how_long = random_.between(seconds(1), seconds(10));
  switch (random_.below(3)) {
    case 0:
      note("slow disk");
      job_slowest_ = random_.between(milliseconds(50), milliseconds(1500));
      co_await sleep_for(how_long);
      job_slowest_ = milliseconds(4);
      break;
    case 1:
      note("full disk");
      disk_.fill(true);
      co_await sleep_for(how_long);
      disk_.fill(false);
      break;
    default:
      note("failed flush");
      disk_.fail_next_flush();
  }
}

Task<void> Simulation::trouble_network() {
  NetworkMood& mood = far_side_.mood;
  mood = {};
  if (random_.chance(20)) {
    note("shop down");
    mood.down = true;
    const Duration how_long = random_.between(seconds(1), seconds(20));
    co_await sleep_for(how_long);
    mood.down = false;
    co_return;
  }
  note("rough network");
  const auto percent = [this] { return random_.chance(50) ? random_.from_to(1, 30) : 0; };
  mood.refused = percent();
  mood.lost_requests = percent();
  mood.lost_answers = percent();
  mood.doubled = percent();
  mood.failing = percent();
  mood.busy = percent();
  if (random_.chance(30)) mood.slowest = random_.between(milliseconds(100), seconds(20));
}

/// A run that some sender knows of; empty where none does.
std::string Simulation::a_run() {
  std::vector<std::string> known;
  for (const Delivery& delivery : deliveries_) known.insert(known.end(), delivery.runs.begin(), delivery.runs.end());
  return known.empty() ? "" : known[random_.below(known.size())];
}

Task<void> Simulation::people() {
  const std::shared_ptr<Life> life = life_;
  if (!life || life->dead()) co_return;
  const auto what = random_.below(3);
  if (what == 0) {
    co_await pause_and_resume(life);
  } else if (what == 1) {
    co_await call_off(life);
  } else {
    note("drained");
    co_await drain_and_stop();
  }
}

/// Where the engine ends meanwhile, the pause lasts until all is well.
Task<void> Simulation::pause_and_resume(std::shared_ptr<Life> life) {
  const auto& all = premises_.workflows;
  const auto one = std::next(all.begin(), static_cast<std::ptrdiff_t>(random_.below(all.size())));
  const std::string workflow = random_.chance(30) ? "" : *one, who = "the simulation";
  note(workflow.empty() ? "all paused" : "paused");
  trace_.add(workflow);
  doings_.paused.insert(workflow);
  doings_.ever_paused.insert(workflow);
  {
    const Life::Visit visit(life);
    co_await life->service().pause(workflow, who);
  }
  const Duration how_long = random_.between(seconds(1), seconds(15));
  co_await sleep_for(how_long);
  if (life_ != life) co_return;
  const Life::Visit visit(life);
  const auto resumed = co_await life->service().resume(workflow, who);
  if (resumed) doings_.paused.erase(workflow);
}

Task<void> Simulation::call_off(std::shared_ptr<Life> life) {
  const std::string run = a_run();
  const auto key = parse_run_key(run);
  if (!key) co_return;
  note("called off");
  doings_.cancelled.insert(run);
  if (random_.chance(50)) {
    note("called off by two at once");
    scope_.spawn(order_to_call_off(life, *key));
  }
  co_await order_to_call_off(life, *key);
}

Task<void> Simulation::order_to_call_off(std::shared_ptr<Life> life, RunKey run) {
  const Duration pause = random_.between(Duration::zero(), milliseconds(20));
  co_await sleep_for(pause);
  if (life_ != life) co_return;
  const Life::Visit visit(life);
  const std::string who = "the simulation";
  const auto told = co_await life->service().cancel(run, who);
  if (told && !life->dead()) doings_.called_off.insert(render(run));
}

/// Somebody looks at what is parked, asks the shop what has happened, and says so. True where nothing was.
Task<bool> Simulation::resolve_parked(std::shared_ptr<Life> life) {
  const Life::Visit visit(life);
  const std::string who = "the simulation";
  RunFilter filter;
  filter.outcome = RunOutcome::parked;
  filter.limit = 1000;
  const auto parked = co_await life->store().history().list_runs(filter);
  if (!parked) co_return true;
  bool nothing = true;
  for (const RunHead& run : *parked) {
    if (run.note.find(gave_up) != std::string::npos) {
      note("quarantined run retried");
      const std::string from;
      co_await life->service().retry(run.key, from, who);
      nothing = false;
    } else if (run.workflow == "alarm") {
      const auto event = co_await life->store().history().read_event(run.event);
      if (!event) continue;
      Resolution resolution;
      resolution.happened = far_side_.effects[event->id + "/push"].applied > 0;
      note(resolution.happened ? "resolved: it happened" : "resolved: it did not happen");
      co_await life->service().resolve(run.key, resolution, who);
      nothing = false;
    }
  }
  co_return nothing;
}

}  // namespace millrace::test
