#include "cli/input.hpp"

#include "value/json.hpp"

namespace millrace {

Result<Value> read_json_input(const std::string& file, const std::string& what) {
  const std::string text = TRY(read_input(file));
  auto value = parse_json(text, from_outside);
  if (!value) return value.error().within(what + " in " + (file == "-" ? "stdin" : file) + " is not valid JSON");
  return std::move(*value);
}

}  // namespace millrace
