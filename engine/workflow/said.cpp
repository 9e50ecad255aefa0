#include "workflow/said.hpp"

namespace millrace {

SaidText said_text(const Template& with, const std::string& input) {
  const Value* all = with.constant_value();
  const Template* one = with.member(input);
  const Value* value = all ? all->find(input) : one ? one->constant_value() : nullptr;
  if (value != nullptr) return value->is_text() ? SaidText{true, true, value->text()} : SaidText{true};
  return one ? SaidText{true, false, one->beginning()} : SaidText{};
}

}  // namespace millrace
