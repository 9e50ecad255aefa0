#include "workflow/said.hpp"

namespace millrace {

SaidText said_text(const Template& with, const std::string& input) {
  const Value* all = with.constant_value();
  const Template* one = with.member(input);
  const Value* value = all ? all->find(input) : one ? one->constant_value() : nullptr;
  if (value != nullptr) return value->is_text() ? SaidText{true, true, value->text()} : SaidText{true};
  return one ? SaidText{true, false, one->beginning()} : SaidText{};
}

Value known_input(const Template& with, const Action& action) {
  if (const Value* all = with.constant_value()) return *all;
  Map input;
  for (const std::string& name : action.inputs().property_names()) {
    const Template* one = with.member(name);
    if (one == nullptr) continue;
    const Value* known = one->constant_value();
    input.set(name, known != nullptr ? *known : Value::unknown(name));
  }
  return input;
}

}  // namespace millrace
