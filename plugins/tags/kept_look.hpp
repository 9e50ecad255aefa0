#pragma once

#include <optional>
#include <string>

#include "../support/job.hpp"

namespace millrace::tags {

/// What the last look at a location told, for those who say how old it may be (`max_age`). Nobody else is given an old
/// one, and without such a word none is kept. Its age is that of the machine's clock: a run's own time stands still.
class KeptLook {
 public:
  KeptLook(job::Call& call, const job::Json& input);

  /// The answer of that look, with the time of it; nothing where there is none that will do.
  std::optional<job::Json> find() const;
  /// Keeps what was told just now, unless it is not believed.
  void keep(const job::Json& answer);

 private:
  job::Call& call_;
  std::string key_;
  std::optional<std::int64_t> max_age_, posts_within_;
  bool social_;
};

/// What is known of this location has changed.
void drop_kept_look(job::Call& call, const std::string& location);

}  // namespace millrace::tags
