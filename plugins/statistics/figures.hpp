#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "../support/job.hpp"

namespace millrace::statistics {

/// What is counted, in the order in which people read it.
inline constexpr std::array<std::string_view, 5> metrics = {"posts", "impressions", "likes", "comments", "followers"};

/// Figures by metric. What is not known is not there.
using Figures = std::map<std::string, double, std::less<>>;

inline std::optional<double> figure(const Figures& figures, std::string_view metric) {
  const auto found = figures.find(metric);
  return found == figures.end() ? std::nullopt : std::optional(found->second);
}

/// The number that far sides mean, some of which write it as text: 51, "51". Nothing where it is none.
inline std::optional<double> number_in(const job::Json& value) {
  if (value.IsNumber()) return value.GetDouble();
  if (!value.IsString()) return std::nullopt;
  const char* end = value.GetString() + value.GetStringLength();
  double number = 0;
  const auto read = std::from_chars(value.GetString(), end, number, std::chars_format::fixed);
  return read.ec == std::errc() && read.ptr == end && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

inline double rounded(double value, double places) { return std::round(value * places) / places; }

/// A whole number where it is one; null where it is larger than numbers can be.
inline job::Json number(double value) {
  if (!std::isfinite(value)) return job::Json();
  constexpr double largest_whole = 9'007'199'254'740'992.0;
  const bool whole = std::trunc(value) == value && std::abs(value) <= largest_whole;
  return whole ? job::Json(static_cast<std::int64_t>(value)) : job::Json(value);
}

inline job::Json number_or_null(const std::optional<double>& value) { return value ? number(*value) : job::Json(); }

/// Every metric by its name, null where it is not known.
inline void add_metrics(job::Json& object, const Figures& figures) {
  for (const std::string_view metric : metrics) {
    job::add_members(object, metric, number_or_null(figure(figures, metric)));
  }
}

inline job::Json named_figures(const Figures& figures) {
  job::Json object(rapidjson::kObjectType);
  add_metrics(object, figures);
  return object;
}

/// What was known of a day when it was collected last.
struct Snapshot {
  Figures all;  ///< those that are only told for all platforms together, and those that are told so, too
  std::map<std::string, Figures, std::less<>> platforms;

  bool empty() const { return all.empty() && platforms.empty(); }
  bool operator==(const Snapshot&) const = default;
};

}  // namespace millrace::statistics
