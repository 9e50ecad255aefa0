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
  Waiting waiting(row);
  const bool given = co_await waiting.news.wait();
  waiting.taken = given;
  co_return given;
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
