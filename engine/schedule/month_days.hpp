#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schedule/schedule.hpp"
#include "schedule/spelling.hpp"

namespace millrace {

/// Every so many months from that of the beginning: those that have what is counted. Unless a beginning was said, what
/// `counted` days count from the end is in the last month of each such period. Why it is not clear, for people.
std::variant<std::bitset<13>, std::string> every_so_many(int months, const Schedule& made, bool counted);

/// Reads the days that a sentence counts within a month: "1st and 15th", "last day", "2nd last day", "first monday and
/// third tuesday", "first 3 days", "last weekday".
class MonthDays {
 public:
  MonthDays(SentenceWords& words, Schedule& made) : words_(words), made_(made) {}

  /// Adds them to the schedule; false where the words at hand are no such days.
  bool read();
  /// Why they are none, where there is more to be said than that.
  const std::string& problem() const { return problem_; }

 private:
  void join();
  bool are_several() const;
  bool several();
  bool single();
  bool place(const std::vector<int>& numbers, const std::vector<int>& from_end, bool day_said);
  void add(int number, std::optional<int> weekday, bool working);
  bool fail(std::string problem);

  SentenceWords& words_;
  Schedule& made_;
  std::string problem_;
};

}  // namespace millrace
