#include "expr/functions.hpp"

namespace millrace {

namespace {

/// What CEL calls the zero value of each type.
bool is_zero(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return !value.boolean();
    case Kind::integer:
      return value.integer() == 0;
    case Kind::unsigned_integer:
      return value.unsigned_integer() == 0;
    case Kind::number:
      return value.number() == 0;
    case Kind::text:
      return value.text().empty();
    case Kind::bytes:
      return value.bytes().empty();
    case Kind::list:
      return value.list().empty();
    case Kind::map:
      return value.map().empty();
    case Kind::timestamp:
      return value.timestamp() == Timestamp{};
    case Kind::duration:
      return value.duration().count() == 0;
    case Kind::optional:
      return !value.optional_value();
    case Kind::type:
    case Kind::unknown:
      return false;
  }
  return false;
}

Value of(Call& call) { return Value::optional(call[0]); }
Value none(Call&) { return Value::no_optional(); }
Value of_non_zero(Call& call) { return is_zero(call[0]) ? Value::no_optional() : Value::optional(call[0]); }

Value has_value(Call& call) {
  return call.are(Kind::optional) ? Value(call[0].optional_value() != nullptr) : call.mismatch();
}

Value value(Call& call) {
  if (!call.are(Kind::optional)) return call.mismatch();
  const Value* held = call[0].optional_value();
  return held ? *held : call.fail("the optional is empty, give it another value with .orValue(...)");
}

Value or_optional(Call& call) {
  if (!call.are(Kind::optional)) return call.mismatch();
  if (call[0].optional_value()) return call[0];
  return call[1].is(Kind::optional) ? call[1] : call.mismatch();
}

Value or_value(Call& call) {
  if (!call.are(Kind::optional)) return call.mismatch();
  const Value* held = call[0].optional_value();
  return held ? *held : call[1];
}

Value unwrap(Call& call) {
  if (!call.are(Kind::list)) return call.mismatch();
  Value::List held;
  for (const Value& item : call[0].list()) {
    if (!item.is(Kind::optional))
      return call.fail("the list holds " + with_article(item.kind()) + ", not only optionals");
    if (!call.spend(1, sizeof(Value))) return {};
    if (item.optional_value()) held.push_back(*item.optional_value());
  }
  return held;
}

constexpr KindSet optional = kind_set(Kind::optional);

constexpr Function optional_table[] = {
    {"optional.of", Style::alone, 1, 1, of, any_kind, Kind::optional, "optional.of(value)",
     "an optional that holds the value", "optional.of(1).value()  =>  1", true, false},
    {"optional.none", Style::alone, 0, 0, none, any_kind, Kind::optional, "optional.none()",
     "an optional that holds nothing", "optional.none().hasValue()  =>  false"},
    {"optional.ofNonZeroValue", Style::alone, 1, 1, of_non_zero, any_kind, Kind::optional,
     "optional.ofNonZeroValue(value)", "an optional of the value, or none where it is empty, zero, false or null",
     "optional.ofNonZeroValue('').orValue('nobody')  =>  'nobody'", true, false},
    {"optional.unwrap", Style::alone, 1, 1, unwrap, kind_set(Kind::list), Kind::list, "optional.unwrap(list)",
     "the values of the optionals that hold one", "optional.unwrap([optional.of(1), optional.none()])  =>  [1]", true,
     false},
    {"unwrapOpt", Style::member, 1, 1, unwrap, kind_set(Kind::list), Kind::list, "list.unwrapOpt()",
     "the values of the optionals that hold one", "[optional.of(1), optional.none()].unwrapOpt()  =>  [1]", true,
     false},
    {"hasValue", Style::member, 1, 1, has_value, optional, Kind::boolean, "optional.hasValue()",
     "true when it holds a value", "{'a': 1}.?b.hasValue()  =>  false", true, false},
    {"value", Style::member, 1, 1, value, optional, std::nullopt, "optional.value()",
     "the value it holds; an error where it is empty", "{'a': 1}.?a.value()  =>  1", true, false},
    {"or", Style::member, 2, 2, or_optional, optional, Kind::optional, "optional.or(optional)",
     "the first of the two that holds a value", "{'b': 2}.?a.or(optional.of(1)).value()  =>  1", true, false, true,
     true},
    {"orValue", Style::member, 2, 2, or_value, optional, std::nullopt, "optional.orValue(value)",
     "the value it holds, or the other", "{'b': 2}.?a.orValue(1)  =>  1", true, false, true, true},
};

}  // namespace

std::span<const Function> optional_functions() { return optional_table; }

}  // namespace millrace
