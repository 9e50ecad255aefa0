#pragma once

#include <string>
#include <vector>

#include "../support/job.hpp"

namespace millrace::pruning {

/// Which tags a step has begun to change, in the plugin's durable state: its next attempt, after a failure, a person's
/// retry or a restart, has to tell of them, too. A step is known by its run's time and its input. When it has done all
/// it is forgotten, and so are the oldest of those that nobody goes on with.
class Begun {
 public:
  /// `change` ("archived") has a list of its own in each location.
  Begun(job::Call& call, const std::string& location, const char* change, const job::Json& input);

  const std::string& step() const { return step_; }
  /// The tags that earlier attempts began, in that order, and those that were added.
  const std::vector<std::string>& ids() const { return ids_; }
  /// To be called before the tag is changed.
  void add(const std::string& id);
  void end();

 private:
  void keep(bool with_this_step);

  job::Call& call_;
  std::string key_, step_;
  std::vector<std::string> ids_;
  job::Json others_ = job::Json(rapidjson::kArrayType);
};

}  // namespace millrace::pruning
