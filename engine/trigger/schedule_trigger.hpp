#pragma once

#include <string>

#include "base/result.hpp"
#include "schedule/calendar.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// `zone` is the project's; the trigger's own goes before it. REQUIRES: `spec` was checked and is of kind schedule or
/// cron.
Result<ScheduleTrigger> schedule_of(const TriggerSpec& spec, const std::string& zone);

}  // namespace millrace
