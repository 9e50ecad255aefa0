#pragma once

#include <memory>

#include "value/clock.hpp"

namespace millrace {

std::unique_ptr<Clock> open_system_clock();

/// A clock that began at `start` when it was made and runs on from there: `run --as-of`.
std::unique_ptr<Clock> open_clock_from(Timestamp start);

}  // namespace millrace
