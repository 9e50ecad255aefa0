#pragma once

#include <boost/asio/awaitable.hpp>

namespace millrace {

/// A coroutine on the engine's loop. It starts when it is awaited or spawned; failures travel as `Task<Result<T>>`.
template <class T>
using Task = boost::asio::awaitable<T>;

}  // namespace millrace
