#include "coverage.hpp"

#include <algorithm>

#include "kept_days.hpp"

namespace millrace::statistics {

namespace {

/// "2026-09-14 to 2026-09-17, 2026-09-19"
std::string told(const std::vector<job::Day>& days) {
  constexpr std::size_t most_ranges = 5;
  std::string text;
  std::size_t ranges = 0;
  for (std::size_t first = 0; first < days.size(); ++ranges) {
    if (ranges == most_ranges) return text + " and " + job::counted(days.size() - first, "more day");
    std::size_t last = first;
    while (last + 1 < days.size() && days[last + 1] == days[last] + std::chrono::days(1)) ++last;
    text += (text.empty() ? "" : ", ") + job::date_text(days[first]);
    if (last > first) text += " to " + job::date_text(days[last]);
    first = last + 1;
  }
  return text;
}

}  // namespace

Coverage::Coverage(Period period, const std::vector<std::string>& locations) : period_(period) {
  for (const std::string& location : locations) missing_.emplace_back(location, std::vector<job::Day>());
}

void Coverage::add(job::Day day, const std::vector<bool>& known) {
  for (std::size_t at = 0; at < known.size(); ++at) {
    if (!known[at]) missing_[at].second.push_back(day);
  }
  const auto of = std::count(known.begin(), known.end(), true);
  if (of > 0) ++days_with_data_;
  if (of == 0 || of < static_cast<std::ptrdiff_t>(known.size())) incomplete_.push_back(day);
}

std::vector<std::string> Coverage::missing_days() const {
  std::vector<std::string> days;
  for (const job::Day day : incomplete_) days.push_back(job::date_text(day));
  return days;
}

std::vector<std::string> Coverage::gaps(job::Call& call, const std::string& when, const std::string& whose) const {
  std::vector<std::string> sentences, collected;
  const auto length = static_cast<std::size_t>(period_.length());
  for (const auto& [name, days] : missing_) {
    if (days.empty()) continue;
    const std::string location = name + whose;
    if (days.size() < length) {
      sentences.push_back(location + " lacks " + std::to_string(days.size()) + " of the " + std::to_string(length) +
                          " days of " + when + " (" + told(days) + "), and so do the totals");
      continue;
    }
    if (collected.empty()) collected = KeptDays::locations(call);
    const bool ever = std::find(collected.begin(), collected.end(), name) != collected.end();
    sentences.push_back(ever ? "nothing is known of " + location + " in " + when + " (" + told(days) +
                                   "), and the totals are without it"
                             : "nothing was ever collected of " + location +
                                   ", and the totals are without it: look whether it is written right");
  }
  return sentences;
}

}  // namespace millrace::statistics
