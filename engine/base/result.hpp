#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/error.hpp"

namespace millrace {

/// A value, or the reason why there is none. Test it before use; both accessors assert.
template <class T>
class [[nodiscard]] Result {
 public:
  using Type = T;
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const noexcept { return held_.index() == 0; }

  T& operator*() & { return std::get<0>(held_); }
  const T& operator*() const& { return std::get<0>(held_); }
  T&& operator*() && { return std::get<0>(std::move(held_)); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }

  const Error& error() const { return std::get<1>(held_); }

 private:
  std::variant<T, Error> held_;
};

/// The value of an operation that gives nothing but its success.
struct Done {};
using Status = Result<Done>;

}  // namespace millrace

/// Unwraps a Result, or returns its error from the enclosing function. Not for coroutines: GCC 12 cannot compile it
/// there.
#define TRY(expression)                         \
  __extension__({                               \
    auto try_result = (expression);             \
    if (!try_result) return try_result.error(); \
    std::move(*try_result);                     \
  })
