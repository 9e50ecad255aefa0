#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "figures.hpp"

namespace millrace::statistics {

/// One figure a day, oldest first; nothing where the API gave no number.
using Series = std::vector<std::optional<double>>;
using SeriesByMetric = std::map<std::string, Series, std::less<>>;

/// What an answer of the statistics API tells day by day.
struct Answer {
  SeriesByMetric all;
  std::map<std::string, SeriesByMetric, std::less<>> platforms;
};

/// Reads the answer for a period of `days` days. What is missing of the platforms that are `expected`, and what cannot
/// be used, is left out and told in `warnings`. Throws Failure where it is no answer of statistics at all.
Answer read_answer(const job::Json& answer, std::size_t days, const std::set<std::string>& expected,
                   std::vector<std::string>& warnings);

/// Adds the answer for other profiles: a figure that one of them lacks is not known of both together, unless
/// `expected` says that the platform has profiles in one of them only.
void add(Answer& sum, const std::set<std::string>& sum_expected, const Answer& other,
         const std::set<std::string>& other_expected);

}  // namespace millrace::statistics
