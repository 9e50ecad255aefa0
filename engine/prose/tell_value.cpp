#include "prose/tell_value.hpp"

#include <algorithm>
#include <utility>

#include "prose/phrases.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

/// What fits on a line beside its name.
bool is_small(const Value& value) {
  constexpr std::size_t longest = 100;
  if (!value.is_list() && !value.is_map()) return true;
  if (value.is_map()) return value.map().empty();
  const bool plain = std::none_of(value.list().begin(), value.list().end(),
                                  [](const Value& each) { return each.is_list() || each.is_map(); });
  return plain && words_of(value).size() <= longest;
}

/// The value that the input takes it for: "90d" is a duration where one is wanted.
Value as_taken(const Value& value, const SchemaView& schema) {
  if (!value.is_text() || !schema.known() || schema.format() != "duration") return value;
  const auto duration = parse_duration(value.text());
  return duration ? Value(*duration) : value;
}

Sentence tell_constant(const std::string& part, const std::string& name, const Value& written,
                       const SchemaView& schema) {
  const Value value = as_taken(written, schema);
  Sentence told = {part, name};
  told.meaning = encode_json(value);
  if (is_small(value)) {
    told.text = words_of(value);
  } else if (value.is_list()) {
    std::size_t number = 0;
    for (const Value& each : value.list())
      told.below.push_back(tell_constant(part, std::to_string(++number), each, schema.items()));
  } else {
    for (const auto& [key, member] : value.map()) {
      const std::string inner = key.is_text() ? key.text() : encode_json(key);
      told.below.push_back(tell_constant(part + "." + inner, inner, member, schema.property(inner)));
    }
  }
  return told;
}

std::string words_of_pieces(const std::vector<Template::Piece>& pieces, const Surroundings& around) {
  const auto* alone = pieces.size() == 1 ? std::get_if<PlacedExpression>(&pieces.front()) : nullptr;
  if (alone != nullptr) return words_of(alone->expression, around);
  std::string text;
  for (const Template::Piece& piece : pieces) {
    if (const auto* plain = std::get_if<std::string>(&piece)) {
      text += *plain;
    } else {
      const std::string what = words_of(std::get<PlacedExpression>(piece).expression, around);
      text += fill(phrases().hole, {{"what", what}});
    }
  }
  return quoted(text);
}

}  // namespace

std::vector<Sentence> tell_members(const std::string& part, const Template& values, const SchemaView& schema,
                                   const Surroundings& around) {
  std::vector<Sentence> told;
  const Template::Shape shape = values.shape();
  if (shape.constant != nullptr && shape.constant->is_map()) {
    for (const auto& [key, member] : shape.constant->map()) {
      const std::string name = key.is_text() ? key.text() : encode_json(key);
      told.push_back(tell_constant(part + name, name, member, schema.property(name)));
    }
  }
  if (shape.members == nullptr) return told;
  for (const auto& [name, member] : *shape.members)
    told.push_back(tell_value(part + name, name, member, schema.property(name), around));
  return told;
}

Sentence tell_value(const std::string& part, const std::string& name, const Template& value, const SchemaView& schema,
                    const Surroundings& around) {
  const Template::Shape shape = value.shape();
  if (shape.constant != nullptr) return tell_constant(part, name, *shape.constant, schema);
  Sentence told = {part, name};
  told.meaning = meaning_of(value);
  const Value* always = shape.expression != nullptr ? constant_of(shape.expression->expression) : nullptr;
  if (always != nullptr) return tell_constant(part, name, *always, schema);
  if (shape.expression != nullptr) {
    told.text = words_of(shape.expression->expression, around);
    told.at = shape.expression->at;
  } else if (shape.closure != nullptr) {
    told.text = words_of(shape.closure->expression, {{std::string(shape.parameter)}});
    told.at = shape.closure->at;
  } else if (shape.text != nullptr) {
    told.text = words_of_pieces(*shape.text, around);
  } else if (shape.items != nullptr) {
    std::size_t number = 0;
    for (const Template& each : *shape.items)
      told.below.push_back(tell_value(part, std::to_string(++number), each, schema.items(), around));
  } else {
    told.below = tell_members(part + ".", value, schema, around);
  }
  return told;
}

Sentence tell_value(const std::string& part, const std::string& name, const Value& value) {
  return tell_constant(part, name, value, SchemaView());
}

std::string words_of_text(const Template& text, const Surroundings& around) {
  return tell_value("", "", text, SchemaView(), around).text;
}

std::string meaning_of(const Template& value) {
  const Template::Shape shape = value.shape();
  if (shape.constant != nullptr) return encode_json(*shape.constant);
  if (shape.expression != nullptr) return meaning_of(shape.expression->expression);
  if (shape.closure != nullptr) return std::string(shape.parameter) + " " + meaning_of(shape.closure->expression);
  std::string text;
  if (shape.text != nullptr) {
    for (const Template::Piece& piece : *shape.text) {
      const auto* plain = std::get_if<std::string>(&piece);
      text += plain != nullptr ? encode_json(Value(*plain)) : meaning_of(std::get<PlacedExpression>(piece).expression);
    }
  } else if (shape.items != nullptr) {
    for (const Template& each : *shape.items) text += "[" + meaning_of(each) + "]";
  } else if (shape.members != nullptr) {
    std::vector<std::string> members;
    for (const auto& [name, member] : *shape.members) members.push_back("{" + name + ":" + meaning_of(member) + "}");
    std::sort(members.begin(), members.end());
    for (const std::string& member : members) text += member;
  }
  return text;
}

}  // namespace millrace
