#pragma once

#include <optional>
#include <utility>

#include "async/loop.hpp"

namespace millrace::test {

template <class T>
Task<void> keep(Task<T> task, std::optional<T>& kept) {
  T value = co_await std::move(task);
  kept.emplace(std::move(value));
}

/// Runs `loop` until `task` has ended and gives its result: so most of a test is ordinary code.
template <class T>
T ask(Loop& loop, Task<T> task) {
  std::optional<T> kept;
  loop.run(keep(std::move(task), kept));
  return std::move(*kept);
}

inline void ask(Loop& loop, Task<void> task) { loop.run(std::move(task)); }

}  // namespace millrace::test
