#include "gate/encode_change.hpp"

#include <string>

namespace millrace {

namespace {

/// Members of one object; the first that is not as it must be is the error.
class ChangeMembers {
 public:
  explicit ChangeMembers(const Value& object) : object_(object) {}

  std::string text(const char* name) {
    const Value* member = object_.find(name);
    if (member != nullptr && member->is_text()) return member->text();
    miss(name);
    return "";
  }
  Value any(const char* name) {
    const Value* member = object_.find(name);
    if (member == nullptr) miss(name);
    return member != nullptr ? *member : Value();
  }
  void miss(const char* name) {
    if (!missing_) missing_ = Error{ErrorCode::invalid, std::string("its \"") + name + "\" is missing or wrong"};
  }
  Status whole() const { return missing_ ? Status(*missing_) : Done{}; }

 private:
  const Value& object_;
  std::optional<Error> missing_;
};

}  // namespace

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

Result<Change> decode_change(const Value& value) {
  ChangeMembers members(value);
  Change change;
  change.step = members.text("step");
  change.action = members.text("action");
  const auto effect = parse_effect(members.text("effect"));
  if (!effect) members.miss("effect");
  change.summary = members.text("summary");
  change.target = members.any("target");
  const Value request = members.any("request");
  TRY(members.whole());
  change.effect = *effect;
  if (request.is_null()) return change;
  ChangeMembers parts(request);
  change.method = parts.text("method");
  change.url = parts.any("url");
  change.body = parts.any("body");
  TRY(parts.whole());
  return change;
}

}  // namespace millrace
