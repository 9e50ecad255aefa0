#include <algorithm>

#include "courier/budget_state.hpp"

namespace millrace {

std::int64_t Quota::left(Time now) const noexcept {
  std::int64_t left = allowed;
  for (const Part& part : taken) left -= counts(part, now) ? part.used : 0;
  return left;
}

Quota::Time Quota::first_renewed(Time now) const noexcept {
  Time first = Time::max();
  for (const Part& part : taken) {
    if (counts(part, now)) first = std::min(first, part.last + interval);
  }
  return first == Time::max() ? now : first;
}

Quota::Time Quota::renewed(Time now) const noexcept {
  Time last = now;
  for (const Part& part : taken) {
    if (counts(part, now)) last = std::max(last, part.last + interval);
  }
  return last;
}

Quota::Time Quota::take(Time now, std::int64_t count) noexcept {
  if (allowed == 0) return Time::min();
  Part* part = &taken[newest];
  if (part->used > 0 && now - part->first >= interval / static_cast<std::int64_t>(parts_in_interval)) {
    newest = (newest + 1) % parts;
    part = &taken[newest];
    part->used = 0;
  }
  if (part->used == 0) *part = {now, now, 0};
  part->last = std::max(part->last, now);
  part->used += count;
  return part->first;
}

void Quota::give_back(Time part) noexcept {
  for (Part& one : taken) {
    if (one.first == part && one.used > 0) return void(--one.used);
  }
}

}  // namespace millrace
