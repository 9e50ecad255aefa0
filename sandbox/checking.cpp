#include "checking.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"
#include "value/json.hpp"

namespace millrace::sandbox {

std::shared_ptr<const Schema> schema_of(std::string_view json) {
  Result<Value> document = parse_json(json);
  Result<std::shared_ptr<const Schema>> schema =
      document ? Schema::parse(*document) : Result<std::shared_ptr<const Schema>>(document.error());
  if (!schema) {
    std::fprintf(stderr, "a schema of the sandbox is malformed: %s\n", schema.error().message.c_str());
    std::abort();
  }
  return *schema;
}

std::vector<std::string> problems_of(const Schema& schema, const Value& value) {
  std::vector<std::string> problems;
  for (const ShapeProblem& problem : schema.check(value)) {
    const std::string place = problem.pointer.empty() ? "" : problem.pointer.substr(1) + ": ";
    problems.push_back(place + problem.message);
  }
  return problems;
}

std::int64_t whole_number(const Value& value) {
  if (value.is(Kind::integer)) return value.integer();
  if (value.is(Kind::unsigned_integer)) return static_cast<std::int64_t>(value.unsigned_integer());
  constexpr double limit = 9e18;
  return static_cast<std::int64_t>(std::clamp(value.number(), -limit, limit));
}

std::string listed(const std::vector<std::string>& problems) { return join(problems, "; "); }

}  // namespace millrace::sandbox
