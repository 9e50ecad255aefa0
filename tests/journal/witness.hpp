#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "async/loop.hpp"
#include "journal/store.hpp"
#include "simulated_disk.hpp"

namespace millrace::test {

constexpr const char* store_file = "/store.db";

/// The store in that file of the disk, as the service opens it.
Result<std::unique_ptr<Store>> open_on(Loop& loop, const SimulatedDisk& disk);

/// What a store has done with the entries it was given.
struct Verdict {
  std::int64_t lost = 0;            ///< entries that it had acknowledged and does not have
  std::vector<std::string> faults;  ///< halves of entries, wrong contents, a wrong order: one line each
};

/// Writes entries of which every part says its number, remembers which of them were acknowledged, and compares with
/// what a store has after it was opened again.
class Witness {
 public:
  enum class Refused : std::uint8_t {
    in_order,  ///< of those that were refused the store may have the first ones, without a gap
    any        ///< the store may have each of them
  };

  explicit Witness(std::uint64_t seed) : random_(seed) {}
  /// The bytes of the texts in entries, at most.
  void write_texts_up_to(std::size_t size) { largest_text_ = size; }

  /// Commits so many entries at the same time; gives how many were acknowledged.
  int write(Loop& loop, Journal& journal, int count);
  /// Compares the heads of all runs, and all that is kept of one in three of those that were written since (one time in
  /// sixteen: of all). What was in doubt is known afterwards.
  Verdict examine(Loop& loop, Store& store, Refused refused = Refused::in_order);

  std::int64_t acknowledged() const noexcept { return acknowledged_; }
  const std::vector<Error>& refusals() const noexcept { return refusals_; }  ///< since `examine`

 private:
  struct Run {
    RunKey key = {};
    EventKey event = {};
    std::vector<std::int64_t> entries;  ///< in order; the first one began it
    bool touched = true;                ///< since it was compared
  };
  struct Known {
    std::size_t run = 0;  ///< in runs_
    bool acknowledged = false;
  };

  Entry begin_run(KeyMaker& keys, std::int64_t number);
  Entry continue_run(std::size_t run, std::int64_t number);
  void add_parts(Entry& entry, std::int64_t number) const;
  RunHead head_of(const Run& run, std::int64_t last) const;
  Value payload_of(std::int64_t number) const;

  std::map<std::int64_t, std::string> present_in(Loop& loop, Store& store, Verdict& verdict);
  void settle(const std::map<std::int64_t, std::string>& present, Refused refused, Verdict& verdict);
  void compare_runs(Loop& loop, Store& store, Verdict& verdict);
  void compare_run(Loop& loop, Store& store, const Run& run, Verdict& verdict);
  void deliver_again(Loop& loop, Store& store, Verdict& verdict);

  std::mt19937_64 random_;
  std::size_t largest_text_ = 600;
  std::int64_t last_number_ = 0, acknowledged_ = 0;
  std::vector<Run> runs_;
  std::map<std::int64_t, Known> entries_;  ///< those that the store has or may have
  std::vector<Error> refusals_;
};

}  // namespace millrace::test
