#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "figures.hpp"
#include "period.hpp"

namespace millrace::statistics {

/// How many answered "would you recommend us?" with each number from 0 to 10.
class Scores {
 public:
  /// The score of an answer, which far sides also write as text; nothing where it is no whole number from 0 to 10.
  static std::optional<int> score_in(const job::Json& value);

  void add(int score) { ++times_[static_cast<std::size_t>(score)]; }
  /// What `kept` made. Anything else in it is passed over.
  void add(const job::Json& kept);
  job::Json kept() const;

  std::int64_t responses() const { return counted(0, 10); }
  /// The net promoter score, from -100 to 100: the percentage of those who gave 9 or 10 less that of those who gave 6
  /// or less. Nothing where nobody answered.
  std::optional<double> net() const;
  /// {score, promoters, passives, detractors, responses}
  job::Json named() const;

 private:
  std::int64_t counted(std::size_t least, std::size_t most) const;

  std::array<std::int64_t, 11> times_{};
};

/// Keeps the score of one answer to a survey.
job::Json note_response(job::Call& call, const job::Json& input);

/// The scores of a period beside those of the one before.
job::Json scores_in(job::Call& call, const std::vector<std::string>& locations, const Period& period);

}  // namespace millrace::statistics
