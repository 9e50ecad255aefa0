#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "../support/job.hpp"

namespace millrace::reports {

/// The times of a report, as the clocks of the run's zone show them.
class LocalTimes {
 public:
  enum class Form : std::uint8_t {
    people,    ///< "2026-03-29 09:00:00", which a spreadsheet takes for a time, too
    programs,  ///< "2026-03-29T09:00:00+02:00": the same instant as before
  };
  LocalTimes(const job::Call& call, Form form) : call_(call), form_(form), utc_(call.time_zone() == "UTC") {}

  struct Shown {
    std::string text;
    std::int64_t instant;  ///< in milliseconds since 1970
  };
  /// What stands in place of a text that is a time as answers have it ("2026-03-29T07:00:00Z"); nothing for others.
  std::optional<Shown> shown(std::string_view text) const;
  Form form() const { return form_; }
  /// "2026-03-29 09:00:00"; with its offset in the hour that comes twice, "2026-10-25 02:00:00 +01:00".
  std::string for_people(std::int64_t milliseconds) const;

 private:
  bool comes_twice(std::int64_t milliseconds) const;

  const job::Call& call_;
  Form form_;
  bool utc_;
};

}  // namespace millrace::reports
