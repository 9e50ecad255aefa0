#pragma once

#include <cstddef>

#include "../support/job.hpp"

namespace millrace::statistics {

/// Rows of days, {date, location_id, numbers}, as one a day. Of one location they stay as they are. Of several their
/// numbers are added up, without a location_id; null on a day on which a location lacks one that it tells on others,
/// because what is missing of it is no fall of all.
job::Json one_a_day(job::Json rows, std::size_t locations);

}  // namespace millrace::statistics
