#pragma once

#include "base/duration.hpp"

namespace millrace {

/// The processor time that this thread has had. What work costs is told by it, and not by the clock on the wall: that
/// one runs on while others have the processor.
Duration thread_time() noexcept;

}  // namespace millrace
