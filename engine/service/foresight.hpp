#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "courier/call_costs.hpp"
#include "journal/journal.hpp"
#include "value/value.hpp"

namespace millrace {

// What is kept in the store so that a run which cannot fit into the rest of a day is known before it begins: the calls
// of each workflow's last run, and what the far sides said of the day.

/// For the entry that ends a live run: its calls, and the days that they make short.
void keep_calls(Entry& ending, const CallCounts& calls, const Courier& courier, Timestamp now);

/// Tells the courier what earlier processes learnt of days that are not over. REQUIRES: it has sent nothing yet.
Task<Status> recall_days(Journal& journal, Courier& courier, Timestamp now);

/// The calls of the workflow's last run at that location; none where nothing is kept.
Task<Result<CallCounts>> last_calls(Journal& journal, std::string workflow, std::string location);

/// What plans found out, for the first live runs of their workflows. A plan writes nothing into the store, so this lies
/// in a file beside it, which two plans at once may take from each other.
std::filesystem::path planned_calls_file(const std::filesystem::path& store);
/// Too few calls to be kept take away what an earlier plan of the workflow counted. `whole`: the plan came to its end;
/// of another one only the days are kept that it made short.
Status keep_planned_calls(const std::filesystem::path& file, const std::string& workflow, const std::string& location,
                          const CallCounts& calls, bool whole, const Courier& courier, Timestamp now);
/// Tells the courier what all plans learnt of days that are not over.
void recall_planned_days(const std::filesystem::path& file, Courier& courier, Timestamp now);
/// The calls that the last plan counted, or none; tells the courier what was learnt of the day by that.
CallCounts planned_calls(const std::filesystem::path& file, const std::string& workflow, const std::string& location,
                         Courier& courier, Timestamp now);

/// What the service knows of that, in memory. Loop thread only.
class Foresight {
 public:
  /// `planned`: the file of what plans counted; empty: there is none. REQUIRES: both others outlive it.
  Foresight(Journal& journal, Courier& courier, std::filesystem::path planned)
      : journal_(journal), courier_(courier), planned_file_(std::move(planned)) {}

  Task<Status> recall(Timestamp now);
  void note(Entry& ending, const CallCounts& calls, Timestamp now);

  /// Why a run would not come to its end today, in a sentence; empty where it may. It stands as the workflow's trouble
  /// until a run of it may begin. What no run has shown is taken from the last plan.
  std::string why_not_today(const std::string& workflow, const std::string& location, Timestamp now);
  /// By workflow: why its last run was not begun.
  const std::map<std::string, std::string>& not_begun() const noexcept { return not_begun_; }

 private:
  void read_plans_anew();

  Journal& journal_;
  Courier& courier_;
  const std::filesystem::path planned_file_;
  Map planned_;                                                      // what it said when it was read
  std::filesystem::file_time_type planned_at_ = {};                  // when it was written then
  std::map<std::pair<std::string, std::string>, CallCounts> calls_;  // by workflow and location
  std::map<std::string, std::string> not_begun_;
};

}  // namespace millrace
