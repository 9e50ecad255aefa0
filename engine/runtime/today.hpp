#pragma once

#include <string>

#include "value/value.hpp"

namespace millrace {

/// What expressions see under `today`: {date, year, month, day, weekday, start}. `zone` is IANA.
Value today_of(Timestamp now, const std::string& zone);

}  // namespace millrace
