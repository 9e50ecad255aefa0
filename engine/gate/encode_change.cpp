#include "gate/encode_change.hpp"

namespace millrace {

Value encode_change(const Change& change) {
  Value request;
  if (!change.method.empty())
    request = Value::object({{"method", change.method}, {"url", change.url}, {"body", change.body}});
  return Value::object({{"step", change.step},
                        {"action", change.action},
                        {"effect", name_of(change.effect)},
                        {"target", change.target},
                        {"summary", change.summary},
                        {"request", request}});
}

}  // namespace millrace
