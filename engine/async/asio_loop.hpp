#pragma once

#include <boost/asio/io_context.hpp>

#include "async/loop.hpp"

namespace millrace {

/// The context of a loop, for sockets and timers. Only for `async`, `http` and `plugin`.
boost::asio::io_context& context_of(Loop& loop) noexcept;

}  // namespace millrace
