#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "schedule/schedule.hpp"
#include "value/time.hpp"

namespace millrace {
namespace {

/// Abbreviations name an offset, not a place: they do not know when clocks change, and some mean several places.
struct Abbreviation {
  std::string_view name, zone;
};

constexpr std::array<Abbreviation, 32> abbreviations = {{{"CET", "Europe/Berlin"},
                                                         {"CEST", "Europe/Berlin"},
                                                         {"MET", "Europe/Berlin"},
                                                         {"MEZ", "Europe/Berlin"},
                                                         {"MESZ", "Europe/Berlin"},
                                                         {"EET", "Europe/Athens"},
                                                         {"EEST", "Europe/Athens"},
                                                         {"WET", "Europe/Lisbon"},
                                                         {"WEST", "Europe/Lisbon"},
                                                         {"BST", "Europe/London"},
                                                         {"GMT", "UTC"},
                                                         {"Z", "UTC"},
                                                         {"GB", "Europe/London"},
                                                         {"IST", "Asia/Kolkata"},
                                                         {"MSK", "Europe/Moscow"},
                                                         {"EST", "America/New_York"},
                                                         {"EDT", "America/New_York"},
                                                         {"EST5EDT", "America/New_York"},
                                                         {"CST", "America/Chicago"},
                                                         {"CDT", "America/Chicago"},
                                                         {"CST6CDT", "America/Chicago"},
                                                         {"MST", "America/Denver"},
                                                         {"MDT", "America/Denver"},
                                                         {"MST7MDT", "America/Denver"},
                                                         {"PST", "America/Los_Angeles"},
                                                         {"PDT", "America/Los_Angeles"},
                                                         {"PST8PDT", "America/Los_Angeles"},
                                                         {"HST", "Pacific/Honolulu"},
                                                         {"AKST", "America/Anchorage"},
                                                         {"JST", "Asia/Tokyo"},
                                                         {"AEST", "Australia/Sydney"},
                                                         {"NZST", "Pacific/Auckland"}}};

}  // namespace

std::optional<ScheduleError> zone_problem(std::string_view zone) {
  const std::string shown = between('"', zone, '"');
  if (zone == "UTC") return std::nullopt;
  for (const Abbreviation& known : abbreviations) {
    if (lower(known.name) != lower(zone)) continue;
    return ScheduleError{shown +
                             " is an abbreviation, which says nothing about clock changes: name the place, such as " +
                             std::string(known.zone),
                         std::string(known.zone)};
  }
  const bool offset = !zone.empty() && (zone[0] == '+' || zone[0] == '-');
  if (offset || zone.starts_with("Etc/GMT") || zone.starts_with("UTC+") || zone.starts_with("UTC-") ||
      zone.starts_with("GMT")) {
    return ScheduleError{
        shown + " is a fixed offset, which knows no clock changes: name the place, such as Europe/London, or UTC", ""};
  }
  if (zone.find('/') != std::string_view::npos && known_zone(zone)) return std::nullopt;
  if (known_zone(zone))
    return ScheduleError{shown + " is an old name: name the place, such as Europe/London, or UTC", ""};
  const std::vector<std::string>& names = zone_names();
  const std::string place = lower("/" + std::string(zone));
  for (const std::string& name : names) {
    if (lower(name).ends_with(place))
      return ScheduleError{"unknown time zone " + shown + ", did you mean \"" + name + "\"?", name};
  }
  return ScheduleError{"unknown time zone " + shown + did_you_mean(zone, names), nearest(zone, names).value_or("")};
}

}  // namespace millrace
