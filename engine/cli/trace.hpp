#pragma once

#include "decider/decide.hpp"

namespace millrace {

/// Prints on stderr what each condition was, what it gave, and the values that it saw.
class Trace final : public Witness {
 public:
  void condition(const std::string& step, const PlacedExpression& condition, const Result<Value>& result,
                 const Bindings& names) override;
};

}  // namespace millrace
