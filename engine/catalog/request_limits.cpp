#include "catalog/request_limits.hpp"

namespace millrace {

RequestLimits request_limits_in(const Value& written) {
  RequestLimits limits;
  const auto number = [&written](std::string_view name) {
    const Value* found = written.find(name);
    return found != nullptr && found->is(Kind::integer) ? found->integer() : 0;
  };
  limits.requests = number("requests");
  limits.daily = number("daily");
  const auto interval = parse_duration(written.text_or("per"));
  if (interval && *interval > Duration::zero()) limits.interval = *interval;
  return limits;
}

}  // namespace millrace
