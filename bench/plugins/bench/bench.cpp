#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "../../../plugins/support/job.hpp"

namespace {

using namespace millrace;

job::Json keep(job::Call&, const job::Json& input) { return job::copy(*job::find(input, "value")); }

/// A job: what it does is asked of the engine, call by call.
job::Json ask(job::Call& call, const job::Json& input) {
  const auto times = job::integer_of(input, "times");
  for (std::int64_t i = 0; i < times; ++i) call.action("bench.keep", input);
  return job::object();
}

/// Memory that nobody gives back. That it is seen from elsewhere keeps the compiler from leaving it out.
void* volatile lost = nullptr;
job::Json leak(job::Call&, const job::Json&) {
  constexpr std::size_t bytes = std::size_t{1} << 20;
  lost = std::malloc(bytes);
  if (lost == nullptr) throw job::Failure{"unavailable", "there is no memory left"};
  std::memset(lost, 1, bytes);
  return job::object();
}

job::Json hang(job::Call&, const job::Json&) {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

job::Json die(job::Call&, const job::Json&) { std::abort(); }

}  // namespace

const mr_plugin* mr_plugin_entry() {
  return job::plugin("bench", {{"keep", keep}, {"ask", ask}, {"leak", leak}, {"hang", hang}, {"die", die}});
}
