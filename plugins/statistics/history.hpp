#pragma once

#include <optional>
#include <string>

#include "figures.hpp"
#include "kept_days.hpp"

namespace millrace::statistics {

/// The figures of one location by day, each day once: one that is put again takes the place of what was there.
class History {
 public:
  History(job::Call& call, std::string location) : call_(call), days_(call, "days", std::move(location)) {}

  /// Nothing where the day was never collected.
  std::optional<Snapshot> find(job::Day day);
  /// Takes effect with `save`. REQUIRES: the snapshot is not empty.
  void put(job::Day day, Snapshot snapshot);
  void save() { days_.save(); }

  const std::string& location() const { return days_.location(); }

 private:
  job::Call& call_;
  KeptDays days_;
};

}  // namespace millrace::statistics
