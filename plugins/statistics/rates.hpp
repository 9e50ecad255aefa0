#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "figures.hpp"

namespace millrace::statistics {

/// How much of something comes on one impression. Only what belongs together is divided: a platform's day counts where
/// both are known of it, and what is told of all platforms together goes with the impressions of all of them.
class Rates {
 public:
  void add(const std::string& location, const Snapshot& day);

  /// Likes on an impression and comments on an impression; one alone where nothing is known of the other.
  std::optional<double> engagement() const;
  std::optional<double> likes(const std::string& platform) const;
  /// Whether both engagements are of the same kind, or one of them is not known at all.
  bool alike(const Rates& other) const;
  /// What belongs to nothing and so counts in no rate, in sentences. `prefix` stands before the names of the rates.
  std::vector<std::string> left_out(const std::string& prefix) const;

 private:
  class Ratio {
   public:
    void add(const std::string& whose, std::optional<double> times, std::optional<double> impressions);
    void know(bool times, bool impressions);
    std::optional<double> value() const;
    void tell(const std::string& rate, std::string_view metric, std::vector<std::string>& sentences) const;

   private:
    double times_ = 0, impressions_ = 0;
    bool times_known_ = false, impressions_known_ = false;
    std::map<std::string, std::size_t> without_impressions_, without_times_;  ///< by whose they are: on how many days
  };

  std::map<std::string_view, Ratio> together_;  ///< by metric
  std::map<std::string, Ratio> likes_;          ///< by platform
};

}  // namespace millrace::statistics
