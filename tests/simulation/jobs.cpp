#include "jobs.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace millrace::test {

struct Jobs::Place {
  Place(Jobs& of, std::string name, int inside) : jobs(of), plugin(std::move(name)), depth(inside) {}
  ~Place() { jobs.give_back(plugin, depth); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  Jobs& jobs;
  std::string plugin;
  int depth;
};

Task<Result<Value>> Jobs::call(const Manifest& plugin, const Action& action, Value input, CallServices& services) {
  const int depth = services.depth();
  const bool taken = co_await take(plugin.name, depth);
  if (!taken) co_return Error{ErrorCode::cancelled, "called off"};
  const Place place(*this, plugin.name, depth);
  const std::string key = input.text_or("key");
  if (action.name == "memo.once") {
    auto claimed = co_await once(services, key);
    co_return claimed;
  }
  if (action.name == "memo.ask") {
    const std::string inner = "memo.look";
    auto seen = co_await services.call_action(inner, std::move(input));
    co_return seen;
  }
  if (action.name == "memo.look") {
    const auto held = co_await services.read_state(key);
    if (!held) co_return held.error();
    co_return Value::object({{"held", *held}});
  }
  auto stocked = co_await StockJobs::call(plugin, action, std::move(input), services);
  co_return stocked;
}

Task<Result<Value>> Jobs::once(CallServices& services, std::string key) {
  const Value nothing, claimed("claimed");
  const auto held = co_await services.read_state(key);
  if (!held) co_return held.error();
  if (!held->is_null()) co_return Value::object({{"first", false}});
  const auto swap = co_await services.swap_state(key, nothing, claimed);
  if (!swap) co_return swap.error();
  co_return Value::object({{"first", *swap->find("swapped")}});
}

Task<bool> Jobs::take(std::string plugin, int depth) {
  if (sabotage_ == Sabotage::calls_hold_workers) {
    const bool held = co_await take_worker();
    co_return held;
  }
  const bool taken = co_await places_.take(std::move(plugin), row_of(depth));
  co_return taken;
}

void Jobs::give_back(const std::string& plugin, int depth) {
  if (sabotage_ == Sabotage::calls_hold_workers) return time_.free_worker();
  places_.give_back(plugin, row_of(depth));
}

/// One of the loop's own, for as long as the call goes on.
Task<bool> Jobs::take_worker() {
  struct Wanted {
    News news;
    bool given = false, gone = false;
  };
  const auto wanted = std::make_shared<Wanted>();
  std::function<void()> job = [wanted, &time = time_] {
    if (wanted->gone) return;
    time.keep_worker();
    wanted->given = true;
    wanted->news.announce();
  };
  loop_.on_worker(std::move(job));
  const bool undisturbed = co_await wanted->news.wait();
  wanted->gone = !undisturbed;
  if (!undisturbed && wanted->given) time_.free_worker();
  co_return undisturbed;
}

}  // namespace millrace::test
