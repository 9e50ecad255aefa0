#include "runtime/clocks.hpp"

#include "value/time.hpp"

namespace millrace {

namespace {

class SystemClock final : public Clock {
 public:
  Timestamp now() const override { return now_utc(); }
  Timestamp lasting() const override {
    const auto time = add(begun_, steady_now() - at_);
    return time ? *time : begun_;
  }
  void last_on(Timestamp lasting) override {
    begun_ = lasting;
    at_ = steady_now();
  }

 private:
  Timestamp begun_ = now_utc();
  std::chrono::steady_clock::time_point at_ = steady_now();
};

class ShiftedClock final : public Clock {
 public:
  explicit ShiftedClock(Timestamp start) : start_(start) {}
  Timestamp now() const override {
    const auto time = add(start_, steady_now() - made_);
    return time ? *time : start_;
  }

 private:
  Timestamp start_;
  std::chrono::steady_clock::time_point made_ = steady_now();
};

}  // namespace

std::unique_ptr<Clock> open_system_clock() { return std::make_unique<SystemClock>(); }

std::unique_ptr<Clock> open_clock_from(Timestamp start) { return std::make_unique<ShiftedClock>(start); }

}  // namespace millrace
