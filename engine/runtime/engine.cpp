#include "runtime/engine.hpp"

#include <utility>

#include "runtime/run.hpp"

namespace millrace {

Task<RunReport> carry_out(World world, RunRequest request, Entry beginning, OffSwitch* off_switch) {
  Run run(world, std::move(request));
  run.begin();
  beginning.runs.push_back(run.take_progress());
  const auto written = co_await world.journal.commit(std::move(beginning));
  if (!written) {
    RunReport report = std::move(run).report();
    report.outcome = RunOutcome::failed;
    report.error = written.error().within("the journal");
    co_return report;
  }
  if (off_switch != nullptr) {
    off_switch->on_press([&run, &world] { run.hear(cancellation("called off by hand", world.clock.now())); });
  }
  co_await run.carry_on();
  if (off_switch != nullptr) off_switch->on_press(nullptr);
  co_return std::move(run).report();
}

}  // namespace millrace
