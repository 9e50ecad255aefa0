#include "value/members.hpp"

#include <string>

#include "value/time.hpp"

namespace millrace {

std::string Members::text(const char* name) {
  const Value* member = object_.find(name);
  if (member != nullptr && member->is_text()) return member->text();
  miss(name);
  return "";
}

Value Members::any(const char* name) {
  const Value* member = object_.find(name);
  if (member == nullptr) miss(name);
  return member != nullptr ? *member : Value();
}

Value::List Members::list(const char* name) {
  const Value* member = object_.find(name);
  if (member != nullptr && member->is_list()) return member->list();
  miss(name);
  return {};
}

Map Members::map(const char* name) {
  const Value* member = object_.find(name);
  if (member != nullptr && member->is_map()) return member->map();
  miss(name);
  return {};
}

Timestamp Members::time(const char* name) {
  const auto time = parse_timestamp(text(name));
  if (!time) miss(name);
  return time ? *time : Timestamp();
}

void Members::miss(const char* name) {
  if (!missing_) missing_ = Error{ErrorCode::invalid, std::string("its \"") + name + "\" is missing or wrong"};
}

Status Members::whole() const {
  if (missing_) return *missing_;
  return Done{};
}

}  // namespace millrace
