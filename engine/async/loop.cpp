#include "async/loop.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <csignal>
#include <exception>
#include <list>
#include <stdexcept>
#include <utility>
#include <vector>

#include "async/asio_loop.hpp"
#include "async/simulated_time.hpp"
#include "async/workers.hpp"

namespace millrace {

namespace asio = boost::asio;

namespace {

/// Unwinds a task that waits again although it was told that it is cancelled. Never leaves this file.
struct Unwinding {};

/// What a cancelled task has been told is kept in the task's own cancellation state: `stop` sets all bits, and telling
/// the task clears this one.
constexpr auto untold = asio::cancellation_type::total;

/// A thread that says nothing for so long in real time is taken for one that hangs: simulated time goes on, so that
/// whoever waits for it comes to the end of his patience.
constexpr std::chrono::seconds longest_hold(20);

/// Of the loop that this thread runs, where its time is simulated.
thread_local SimulatedTime* simulated_time = nullptr;

/// Lays a loop's time over this thread: simulated, or (nullptr) the real one.
class TimeLaid {
 public:
  explicit TimeLaid(SimulatedTime* time) : before_(simulated_time) { lay(time); }
  ~TimeLaid() { lay(before_); }
  TimeLaid(const TimeLaid&) = delete;
  TimeLaid& operator=(const TimeLaid&) = delete;

 private:
  static void lay(SimulatedTime* time) {
    simulated_time = time;
    use_steady_source(time);
  }
  SimulatedTime* before_;
};

/// A timer. In simulated time Asio's own never expires: it is cancelled when its moment has come.
class Timer {
 public:
  Timer(const asio::any_io_executor& executor, Deadline deadline)
      : timer_(executor, simulated_time == nullptr ? deadline.at() : Deadline().at()), simulated_(simulated_time) {
    if (simulated_ != nullptr) place_ = simulated_->wait(deadline.at(), [this] { timer_.cancel(); });
  }
  ~Timer() {
    if (simulated_ != nullptr) simulated_->forget(place_);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  asio::steady_timer* operator->() noexcept { return &timer_; }

 private:
  asio::steady_timer timer_;
  SimulatedTime* simulated_;
  SimulatedTime::Place place_;
};

}  // namespace

struct Loop::Inner {
  Inner(int workers_allowed, SimulatedTime* simulated)
      : time(simulated), workers(static_cast<std::size_t>(std::max(workers_allowed, 1))) {
    if (time != nullptr) laid.emplace(time);
  }

  void run() {
    const TimeLaid while_running(time);
    if (time == nullptr) {
      context.run();
      return;
    }
    for (context.poll(); !context.stopped(); context.poll()) {
      if (time->held() && context.run_one_for(longest_hold) > 0) continue;
      if (!time->advance()) throw std::logic_error("every task waits, and nothing will ever happen");
    }
  }

  void hear_next_signal() {
    signals->async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      hear(number);
      hear_next_signal();
    });
  }

  // One thread runs the context, so its sockets need no locks; its queue does, because workers post to it.
  asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  std::unique_ptr<asio::signal_set> signals;
  std::function<void(int)> hear;
  SimulatedTime* time;
  std::optional<TimeLaid>
      laid;         // simulated time: between two runs, too: a deadline that is made there is one of this loop's
  Workers workers;  // the last members: their threads end before the context they post to
  Workers turns{1};
};

asio::io_context& context_of(Loop& loop) noexcept { return loop.inner().context; }

Loop::Loop(int workers) : inner_(std::make_unique<Inner>(workers, nullptr)) {}
Loop::Loop(SimulatedTime& time) : inner_(std::make_unique<Inner>(1, &time)) {}
Loop::~Loop() = default;

void Loop::run(Task<void> main) {
  std::exception_ptr failure;
  asio::co_spawn(inner_->context, std::move(main), [this, &failure](std::exception_ptr thrown) {
    failure = thrown;
    inner_->context.stop();
  });
  const auto stay = asio::make_work_guard(inner_->context);
  inner_->context.restart();
  inner_->run();
  if (failure) std::rethrow_exception(failure);
}

void Loop::post(std::function<void()> job) { asio::post(inner_->context, std::move(job)); }

void Loop::on_worker(std::function<void()> job) {
  if (inner_->time != nullptr) return inner_->time->add_job(std::move(job));
  if (!inner_->context.get_executor().running_in_this_thread()) return inner_->workers.add(std::move(job));
  inner_->workers.gather(std::move(job), [this](std::function<void()> turn) { post(std::move(turn)); });
}

void Loop::in_turn(std::function<void()> job) {
  if (inner_->time == nullptr) return inner_->turns.add(std::move(job));
  inner_->time->add_turn(std::move(job));
}

void Loop::on_signal(std::function<void(int)> hear) {
  inner_->hear = std::move(hear);
  if (inner_->signals) return;
  inner_->signals = std::make_unique<asio::signal_set>(inner_->context, SIGINT, SIGTERM);
  inner_->hear_next_signal();
}

namespace {

enum class Wait : unsigned char { cancellable, to_the_end };

/// True when the timer expired or was cancelled by its owner, false when the awaiting task is cancelled.
Task<bool> wait_for(Timer& timer, Wait kind) {
  if (kind == Wait::to_the_end) {
    auto shielded = asio::as_tuple(asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
    co_await timer->async_wait(shielded);
    co_return true;
  }
  auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() == asio::cancellation_type::none) {
    auto outcome = asio::as_tuple(asio::use_awaitable);
    co_await timer->async_wait(outcome);
    if (state.cancelled() == asio::cancellation_type::none) co_return true;
  }
  co_return false;
}

/// Tells a cancelled task so, once.
Task<void> tell_cancelled() {
  auto state = co_await asio::this_coro::cancellation_state;
  if ((state.cancelled() & untold) == asio::cancellation_type::none) throw Unwinding{};
  state.clear(untold);
}

}  // namespace

Task<bool> cancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

Task<bool> sleep_until(Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  Timer timer(executor, deadline);
  const bool undisturbed = co_await wait_for(timer, Wait::cancellable);
  if (!undisturbed) co_await tell_cancelled();
  co_return undisturbed;
}

Task<bool> sleep_for(Duration duration) { return sleep_until(Deadline::in(duration)); }

struct News::Inner {
  bool announced = false;
  std::vector<Timer*> waiting;

  void announce() {
    announced = waiting.empty();
    for (Timer* timer : std::exchange(waiting, {})) (*timer)->cancel();
  }
};

namespace {

/// A timer that `News::Inner` knows for as long as a task waits on it.
struct Waiting {
  Waiting(std::shared_ptr<News::Inner> of, const asio::any_io_executor& executor, Deadline deadline)
      : news(std::move(of)), timer(executor, deadline) {
    news->waiting.push_back(&timer);
  }
  ~Waiting() { std::erase(news->waiting, &timer); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  std::shared_ptr<News::Inner> news;
  Timer timer;
};

/// News::wait, but a cancelled task is merely given false, as often as it asks.
Task<bool> wait_for_news(std::shared_ptr<News::Inner> news, Deadline deadline, Wait kind) {
  if (std::exchange(news->announced, false)) co_return true;
  const auto executor = co_await asio::this_coro::executor;
  Waiting waiting(news, executor, deadline);
  const bool undisturbed = co_await wait_for(waiting.timer, kind);
  co_return undisturbed;
}

}  // namespace

News::News() : inner_(std::make_shared<Inner>()) {}
News::~News() = default;

void News::announce() { inner_->announce(); }

Task<bool> News::wait(Deadline deadline) {
  const std::shared_ptr<Inner> inner = inner_;
  const bool undisturbed = co_await wait_for_news(inner, deadline, Wait::cancellable);
  if (!undisturbed) co_await tell_cancelled();
  co_return undisturbed;
}

Task<void> News::wait_for_good() {
  const std::shared_ptr<Inner> inner = inner_;
  co_await wait_for_news(inner, {}, Wait::to_the_end);
}

struct Scope::Inner {
  explicit Inner(asio::io_context& loop_context) : context(loop_context) {}

  void cancel_all() {
    for (asio::cancellation_signal& signal : tasks) signal.emit(asio::cancellation_type::all);
  }

  asio::io_context& context;
  std::list<asio::cancellation_signal> tasks;
  std::shared_ptr<News::Inner> ended = std::make_shared<News::Inner>();
  int stops = 0;  // how many calls of `stop` are waiting
};

namespace {

/// What surrounds every task of a scope: failures by value, cancellation as `loop.hpp` says it.
Task<void> within_scope(std::function<bool()> stopping, asio::cancellation_signal& signal, Task<void> task) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await asio::post(asio::use_awaitable);  // whoever spawns is never interrupted by what it spawned
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  if (stopping()) signal.emit(asio::cancellation_type::all);  // the state above does not know what came before it
  try {
    co_await std::move(task);
  } catch (const Unwinding&) {
    co_return;
  }
}

}  // namespace

Scope::Scope(Loop& loop) : inner_(std::make_shared<Inner>(context_of(loop))) {}
Scope::~Scope() { assert(inner_->tasks.empty() && "a scope ended before its tasks"); }

void Scope::spawn(Task<void> task) {
  const auto signal = inner_->tasks.emplace(inner_->tasks.end());
  const auto ended = [inner = inner_, signal](std::exception_ptr thrown) {
    inner->tasks.erase(signal);
    if (inner->tasks.empty()) inner->ended->announce();
    if (thrown) std::rethrow_exception(thrown);  // a mistake of ours: it leaves through Loop::run
  };
  const auto stopping = [inner = inner_.get()] { return inner->stops > 0; };
  asio::co_spawn(inner_->context, within_scope(stopping, *signal, std::move(task)),
                 asio::bind_cancellation_slot(signal->slot(), ended));
}

std::size_t Scope::running() const noexcept { return inner_->tasks.size(); }

Task<void> Scope::done() {
  const std::shared_ptr<Inner> inner = inner_;
  while (!inner->tasks.empty()) {
    const bool undisturbed = co_await wait_for_news(inner->ended, {}, Wait::cancellable);
    if (!undisturbed) {
      co_await stop();
    }
  }
}

Task<void> Scope::stop() {
  const std::shared_ptr<Inner> inner = inner_;
  ++inner->stops;
  inner->cancel_all();
  while (!inner->tasks.empty()) {
    co_await wait_for_news(inner->ended, {}, Wait::to_the_end);
  }
  --inner->stops;
}

Task<void> finish_on_worker(Loop& loop, std::function<void()> job) {
  const auto news = std::make_shared<News::Inner>();
  std::function<void()> work = [&loop, &job, news] {
    job();
    loop.post([news] { news->announce(); });
  };
  loop.on_worker(std::move(work));
  co_await wait_for_news(news, {}, Wait::to_the_end);
}

}  // namespace millrace
