#include "trigger/schedule_trigger.hpp"

#include <utility>
#include <variant>

#include "value/time.hpp"

namespace millrace {

Result<ScheduleTrigger> schedule_of(const TriggerSpec& spec, const std::string& zone) {
  const bool cron = spec.kind == "cron";
  const auto read = cron ? parse_cron(spec.name) : parse_schedule(spec.name);
  if (const auto* problem = std::get_if<ScheduleError>(&read))
    return Error{.code = ErrorCode::invalid, .message = problem->message, .at = spec.at};
  std::string place = spec.settings.text_or("timezone", zone);
  if (place.empty()) place = "UTC";
  if (!known_zone(place)) {
    return Error{.code = ErrorCode::invalid,
                 .message = "the time zone \"" + place + "\" is not known on this system: its data may be missing",
                 .at = spec.at};
  }
  ScheduleTrigger trigger{.calendar = Calendar(std::get<Schedule>(read), std::move(place))};
  const std::string missed = spec.settings.text_or("if_missed", "run_once");
  trigger.if_missed = missed == "skip"      ? ScheduleTrigger::IfMissed::skip
                      : missed == "run_all" ? ScheduleTrigger::IfMissed::run_all
                                            : ScheduleTrigger::IfMissed::run_once;
  const Value* spread = spec.settings.find("spread");
  if (spread != nullptr && spread->is_text()) trigger.spread = TRY(parse_duration(spread->text()));
  return trigger;
}

}  // namespace millrace
