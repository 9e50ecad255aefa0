#include "rehearsal/undo_compare.hpp"

#include "base/text.hpp"
#include "base/unicode.hpp"
#include "value/json.hpp"
#include "value/member_path.hpp"
#include "value/time.hpp"

namespace millrace {
namespace {

std::string written(const Value& value) { return value.is_text() ? value.text() : encode_json(value); }

bool written_the_same(const Value& left, const Value& right) {
  return left == right || written(left) == written(right);
}

}  // namespace

bool same_value(const Value& left, const Value& right) {
  if (written_the_same(left, right)) return true;
  if (left.is_text() && right.is_text() && vague_name_key(left.text()) == vague_name_key(right.text())) return true;
  const auto moment = [](const Value& value) {
    return value.is(Kind::timestamp) ? Result<Timestamp>(value.timestamp()) : parse_timestamp(written(value));
  };
  const auto at = moment(left), then = moment(right);
  return at && then && *at == *then;
}

std::string shown(const Value& value) {
  return value.is_text() ? "\"" + value.text() + "\"" : shortened(encode_json(value), 80);
}

std::string changed_since(const Value& left, const Value& now) {
  if (!left.is_map()) return "";
  for (const auto& [field, value] : left.map()) {
    const Value* today = member_at(now, field.text());
    if (today == nullptr || same_value(*today, value)) continue;
    return "its " + field.text() + " is now " + shown(*today) + ", and not " + shown(value) + " as the run left it";
  }
  return "";
}

bool as_it_was(const Action& back, const Value& input, const Value& now) {
  if (!back.resource) return false;
  bool compared = false;
  for (const auto& [field, name] : back.resource->fields) {
    const Value* wanted = input.find(name);
    const Value* today = member_at(now, field);
    if (wanted == nullptr || today == nullptr || name == "location_id" || name == back.resource->id_input) continue;
    if (!written_the_same(*wanted, *today)) return false;
    compared = true;
  }
  return compared;
}

}  // namespace millrace
