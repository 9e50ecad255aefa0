#pragma once

#include <map>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "service/library.hpp"
#include "service/service.hpp"

namespace millrace {

/// The last good version of each workflow, as the store has it, and what is new in those that came after one that ran.
/// Loop thread only.
class Versions {
 public:
  /// Both outlive it.
  Versions(const ServiceWorld& world, Library& library) : world_(world), library_(library) {}

  /// Brings the library up to date. What has to be written down before anything runs on the new versions goes into
  /// `entry`.
  Task<Status> read(Entry& entry);

  /// Beside the runs, after a start: compares those that came before it and have not run since, too.
  Task<void> look_back();

  /// What the live version may and the one that ran before it might not, a sentence each.
  std::vector<std::string> widened(const std::string& workflow) const;

 private:
  Task<Status> recall();
  Task<Status> revive_broken();
  Task<void> compare_with_last_run(std::string id);
  void note_good(Entry& entry);

  const ServiceWorld& world_;
  Library& library_;
  bool recalled_ = false;
  std::map<std::string, std::string> good_;  // workflow -> the hash of its last good version
  std::map<std::string, std::vector<std::string>> widened_;
};

}  // namespace millrace
