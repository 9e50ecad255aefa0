#pragma once

#include <map>
#include <string>
#include <vector>

#include "../support/moment.hpp"
#include "figures.hpp"

namespace millrace::statistics {

/// The days of one location as they were collected, each once: a day that is put again takes the place of what was
/// there. It lies in the plugin's durable state, a month under one key. Days that others put there meanwhile stay.
class History {
 public:
  History(job::Call& call, std::string location) : call_(call), location_(std::move(location)) {}

  /// nullptr where the day was never collected.
  const Snapshot* find(job::Day day);
  /// Takes effect with `save`. REQUIRES: the snapshot is not empty.
  void put(job::Day day, Snapshot snapshot);
  /// Writes the months in which something was put.
  void save();

  const std::string& location() const { return location_; }
  /// The locations that have a history.
  static std::vector<std::string> locations(job::Call& call);

 private:
  struct Entry {
    std::string collected;
    Snapshot snapshot;
  };
  struct Month {
    job::Json held;  ///< as it was read
    std::map<std::string, Entry> days;
    std::map<std::string, Entry> put;  ///< not saved yet
  };
  static std::map<std::string, Entry> days_in(const job::Json& days);
  static job::Json object_of(const std::map<std::string, Entry>& days);
  std::string key_of(const std::string& month) const { return "days/" + location_ + "/" + month; }
  Month& month_of(const std::string& date);
  void save(const std::string& name, Month& month);
  void save_location();

  job::Call& call_;
  std::string location_;
  std::map<std::string, Month> months_;
};

}  // namespace millrace::statistics
