#include "service/records.hpp"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_slots = 20;

std::optional<Timestamp> time_in(const Value& stored, std::string_view name) {
  const auto time = parse_timestamp(stored.text_or(name));
  return time ? std::optional(*time) : std::nullopt;
}

std::int64_t number_in(const Value& stored, std::string_view name) {
  const Value* number = stored.find(name);
  return number != nullptr && number->is(Kind::integer) ? number->integer() : 0;
}

StateChange of_engine(std::string key, Value value) {
  return {std::string(engine_owner), std::move(key), std::move(value)};
}

}  // namespace

StateChange service_runs(Timestamp since, std::int64_t pid) {
  return of_engine("running", Value::object({{"since", render(since)}, {"pid", pid}, {"stopped", Value()}}));
}

StateChange service_stopped(Timestamp since, Timestamp stopped) {
  return of_engine("running",
                   Value::object({{"since", render(since)}, {"pid", Value()}, {"stopped", render(stopped)}}));
}

StateChange skipped_slots(const std::string& workflow, const std::vector<Timestamp>& slots, const std::string& policy,
                          Timestamp now) {
  Value::List kept;
  for (std::size_t i = slots.size() - std::min(slots.size(), most_slots); i < slots.size(); ++i) {
    kept.emplace_back(render(slots[i]));
  }
  return of_engine("skipped/" + workflow, Value::object({{"slots", std::move(kept)},
                                                         {"count", static_cast<std::int64_t>(slots.size())},
                                                         {"policy", policy},
                                                         {"at", render(now)}}));
}

StateChange connection_down(const std::string& connection, const std::string& reason, Timestamp since) {
  return of_engine("down/" + connection,
                   reason.empty() ? Value() : Value::object({{"since", render(since)}, {"reason", reason}}));
}

StateChange faulty_delivery(const std::string& source, const std::string& reason, Timestamp at) {
  return of_engine("faulty/" + source,
                   reason.empty() ? Value() : Value::object({{"reason", reason}, {"at", render(at)}}));
}

std::optional<ServiceRecord> service_record(const Value& stored) {
  const auto since = time_in(stored, "since");
  if (!since) return std::nullopt;
  return ServiceRecord{*since, number_in(stored, "pid"), time_in(stored, "stopped")};
}

bool process_is_alive(std::int64_t pid) noexcept {
  return pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
}

std::optional<SkippedSlots> skipped_record(const Value& stored) {
  const auto at = time_in(stored, "at");
  if (!at) return std::nullopt;
  SkippedSlots skipped;
  skipped.count = number_in(stored, "count");
  skipped.policy = stored.text_or("policy");
  skipped.at = *at;
  const Value* slots = stored.find("slots");
  if (slots == nullptr || !slots->is_list()) return skipped;
  for (const Value& slot : slots->list()) {
    const auto time = slot.is_text() ? parse_timestamp(slot.text()) : parse_timestamp("");
    if (time) skipped.slots.push_back(*time);
  }
  return skipped;
}

}  // namespace millrace
