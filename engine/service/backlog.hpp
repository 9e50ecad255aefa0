#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/result.hpp"

namespace millrace {

/// How many bytes the events have whose runs have not all ended, by source and in all: a queue that is bounded by its
/// runs alone could still fill the disk. Loop thread only.
class Backlog {
 public:
  struct Bounds {
    std::size_t of_source, in_all;
  };
  /// One event's part of it, shared by its runs: it counts until the last of them lets it go.
  using Load = std::shared_ptr<const void>;

  explicit Backlog(Bounds bounds) : bounds_(bounds), books_(std::make_shared<Books>()) {}

  /// `limited` where the source, or all of them, would have too much with so many more. An event that is larger than
  /// the bound by itself is taken where there is nothing else.
  Status check(const std::string& source, std::size_t bytes);
  /// The same for what a run, the source, gives to one that it calls. It can do nothing else: one call is always taken.
  bool has_room_for_call(const std::string& source, std::size_t bytes) const;
  /// Counts an event, whatever the bounds say.
  Load add(const std::string& source, std::size_t bytes);

  std::size_t bytes() const noexcept { return books_->bytes; }
  /// The sources that were refused, and would be again.
  std::set<std::string> refused() const;

 private:
  struct Books {
    std::size_t bytes = 0;
    std::map<std::string, std::size_t> of_source;  // those that have any
  };
  struct Counted;

  bool has_room(const std::string& source, std::size_t bytes) const;

  Bounds bounds_;
  std::shared_ptr<Books> books_;                // loads outlive the backlog where runs do
  std::map<std::string, std::size_t> refused_;  // by source: how many bytes
};

}  // namespace millrace
