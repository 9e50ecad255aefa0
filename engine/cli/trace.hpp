#pragma once

#include "decider/decide.hpp"

namespace millrace {

/// Prints on stderr what each condition was and what it gave, part by part with the values that these saw.
class Trace final : public Witness {
 public:
  void condition(const std::string& step, const PlacedExpression& condition, const Result<Value>& result,
                 const Bindings& names) override;
  void matched(const std::string& step, const SwitchBlock::Case& one, const Value& value, bool fits) override;
  void each(const std::string& step, const PlacedExpression& body, const std::string& parameter,
            const Value::List& items, const Bindings& names) override;
};

}  // namespace millrace
