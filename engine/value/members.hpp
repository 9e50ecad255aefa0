#pragma once

#include <optional>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// Reads members of one object of which all must be there; the first that is not as it must be is the error, and what
/// was read in its place is empty. REQUIRES: the object outlives it.
class Members {
 public:
  explicit Members(const Value& object) : object_(object) {}

  std::string text(const char* name);
  Value any(const char* name);
  Value::List list(const char* name);
  Map map(const char* name);
  Timestamp time(const char* name);

  /// For a member that is there and does not say what it must.
  void miss(const char* name);
  Status whole() const;

 private:
  const Value& object_;
  std::optional<Error> missing_;
};

}  // namespace millrace
