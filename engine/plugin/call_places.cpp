#include "plugin/call_places.hpp"

namespace millrace {

/// Somebody in the row; a place that was given to him when he had left already goes to the next.
struct CallPlaces::Waiting {
  explicit Waiting(Row& of) : row(of) { row.waiting.push_back(this); }
  ~Waiting() {
    row.waiting.remove(this);
    if (given && !taken) give_back(row);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  Row& row;
  News news;
  bool given = false, taken = false;
};

Task<bool> CallPlaces::take(std::string plugin, int depth) {
  Row& row = rows_[std::pair(std::move(plugin), depth)];
  if (row.taken < most_) {
    ++row.taken;
    co_return true;
  }
  if (row.lost == most_) co_return false;
  Waiting waiting(row);
  const bool woken = co_await waiting.news.wait();
  waiting.taken = woken && waiting.given;
  co_return waiting.taken;
}

void CallPlaces::lose(const std::string& plugin, int depth) {
  Row& row = rows_.at(std::pair(plugin, depth));
  if (++row.lost < most_) return;
  for (Waiting* each : row.waiting) each->news.announce();
}

bool CallPlaces::all_lost(const std::string& plugin, int depth) const {
  const auto row = rows_.find(std::pair(plugin, depth));
  return row != rows_.end() && row->second.lost == most_;
}

void CallPlaces::give_back(const std::string& plugin, int depth) { give_back(rows_.at(std::pair(plugin, depth))); }

void CallPlaces::give_back(Row& row) {
  if (row.waiting.empty()) {
    --row.taken;
    return;
  }
  Waiting& next = *row.waiting.front();
  row.waiting.pop_front();
  next.given = true;
  next.news.announce();
}

}  // namespace millrace
