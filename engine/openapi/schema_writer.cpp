#include "openapi/schema_writer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "openapi/answer_members.hpp"
#include "schema/schema.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_pattern = 2000;     // in bytes
constexpr std::size_t longest_description = 240;  // in bytes

template <std::size_t Size>
bool among(std::string_view word, const std::array<std::string_view, Size>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 7> schema_words = {
    "additionalItems", "additionalProperties", "contains", "else", "if", "not", "then"};
constexpr std::array<std::string_view, 3> lists_of_schemas = {"allOf", "anyOf", "oneOf"};
constexpr std::array<std::string_view, 3> named_schemas = {"properties", "patternProperties", "dependentSchemas"};
constexpr std::array<std::string_view, 8> limits = {"minimum",    "maximum",   "exclusiveMinimum", "exclusiveMaximum",
                                                    "multipleOf", "minLength", "maxLength",        "minItems"};
constexpr std::array<std::string_view, 3> more_limits = {"maxItems", "minProperties", "maxProperties"};
/// Formats that mean here what they mean in OpenAPI. "uri" and "duration" do not: an input of the one is an address
/// that the request goes to, and of the other such as 1h30m.
constexpr std::array<std::string_view, 4> formats = {"date", "date-time", "email", "uuid"};
/// What says nothing about which values fit.
constexpr std::array<std::string_view, 22> remarks = {
    "$anchor",     "$comment",    "$defs",           "$dynamicAnchor",   "$id",
    "$schema",     "$vocabulary", "contentEncoding", "contentMediaType", "default",
    "definitions", "deprecated",  "example",         "examples",         "externalDocs",
    "id",          "nullable",    "optional",        "readOnly",         "title",
    "writeOnly",   "xml"};
/// What does, and has no word in draft 7.
constexpr std::array<std::string_view, 7> unsaid = {"$dynamicRef",          "contentSchema", "discriminator",
                                                    "maxContains",          "minContains",   "unevaluatedItems",
                                                    "unevaluatedProperties"};

bool is_limit(std::string_view word) { return among(word, limits) || among(word, more_limits); }
bool counts(std::string_view word) {
  return word.ends_with("Length") || word.ends_with("Items") || word.ends_with("Properties");
}
bool is_number_value(const Value& value) {
  return value.is(Kind::integer) || value.is(Kind::unsigned_integer) || value.is(Kind::number);
}
double number_of(const Value& value) {
  if (value.is(Kind::number)) return value.number();
  return value.is(Kind::integer) ? static_cast<double>(value.integer()) : static_cast<double>(value.unsigned_integer());
}
bool known_type(const Value& type) {
  constexpr std::array<std::string_view, 7> types = {"array",  "boolean", "integer", "null",
                                                     "number", "object",  "string"};
  return type.is_text() && among(type.text(), types);
}

bool is_count(const Value& value) {
  if (value.is(Kind::number)) return value.number() >= 0 && std::trunc(value.number()) == value.number();
  return value.is(Kind::integer) && value.integer() >= 0;
}

std::string found_words(const Value& value) {
  if (value.is_list() && value.list().empty()) return "an empty list";
  return is_number_value(value) ? encode_json(value) : std::string(millrace::name_of(value.kind()));
}

}  // namespace

std::string plain_words(std::string_view text, std::size_t bytes) {
  std::string line;
  for (const char letter : shortened(trim(text), 4 * bytes)) {
    const bool blank = letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t';
    if (!blank) line += letter;
    if (blank && !line.ends_with(' ')) line += ' ';
  }
  return shortened(printable(line), bytes);
}

void SchemaWriter::wrong(const Spot& spot, const std::string& expected) {
  book_.documents_.tell(Severity::error, "wrong-schema", spot,
                        "expected " + expected + ", found " + found_words(*spot.value) + "; it is not carried over");
}

Value SchemaWriter::write(const Spot& spot) {
  if (!spot) return Value(Map());
  if (spot.value->is(Kind::boolean)) return *spot.value;
  if (!spot.is_map()) {
    wrong(spot, "a schema");
    return Value(Map());
  }
  return is_reference(spot) ? write_reference(spot) : write_members(spot);
}

/// In 3.0 a reference stands alone; what stands beside it is told, unless it is only a remark. In 3.1 both hold.
Value SchemaWriter::write_reference(const Spot& spot) {
  const std::string name = book_.name_of(spot);
  const Value reference = name.empty() ? Value(Map()) : Value::object({{"$ref", "#/definitions/" + name}});
  Map beside;
  for (const auto& [key, value] : spot.value->map()) {
    const bool remark = key.text() == "$ref" || key.text() == "description" || key.text().starts_with("x-") ||
                        (key.text() != "nullable" && among(key.text(), remarks));
    if (!remark) beside.set(key, value);
  }
  if (beside.empty()) return reference;
  if (!book_.newer_) {
    book_.documents_.tell(Severity::hint, "beside-reference", spot,
                          "what stands beside a $ref does not count in OpenAPI 3.0: " +
                              printable(shortened(beside.begin()->first.text(), 60)));
    return reference;
  }
  const Value more = write_members({spot.value, spot.file, spot.pointer});
  return Value::object({{"allOf", Value::List{reference, more}}});
}

Value SchemaWriter::write_members(const Spot& spot) {
  Map written;
  for (const auto& [key, value] : spot.value->map()) write_word(spot, key.text(), written);
  tell_empty_range(spot);
  const bool nullable = !book_.newer_ && spot.is_true("nullable");
  return nullable ? with_null(spot, std::move(written)) : Value(std::move(written));
}

/// Limits between which nothing lies are carried over, for the far side may mean them; people should know.
void SchemaWriter::tell_empty_range(const Spot& spot) {
  constexpr std::pair<std::string_view, std::string_view> ranges[] = {
      {"minimum", "maximum"}, {"minLength", "maxLength"}, {"minItems", "maxItems"}, {"minProperties", "maxProperties"}};
  for (const auto& [least, most] : ranges) {
    const Spot low = spot.at(least), high = spot.at(most);
    if (!low || !high || !is_number_value(*low.value) || !is_number_value(*high.value)) continue;
    if (number_of(*low.value) > number_of(*high.value))
      book_.documents_.tell(Severity::error, "wrong-schema", low,
                            std::string(least) + " " + found_words(*low.value) + " is above " + std::string(most) +
                                " " + found_words(*high.value) + ": nothing fits");
  }
  const Spot nullable = spot.at("nullable");
  if (!book_.newer_ && nullable && !nullable.value->is(Kind::boolean)) wrong(nullable, "true or false");
}

void SchemaWriter::write_word(const Spot& schema, const std::string& word, Map& written) {
  const Spot spot = schema.at(word);
  if (word == "type") return write_type(spot, written);
  if (word == "required") return write_required(schema, spot, written);
  if (word == "dependentRequired") return write_dependent(spot, written);
  if (word == "pattern") return write_pattern(spot, written);
  if (is_limit(word)) return write_limit(schema, word, written);
  if (word == "prefixItems") return write_list_of("items", spot, written);
  // Forms overlap where a document did not mean them to, and what fits two would be refused here: the far side judges.
  if (word == "oneOf" && !schema.at("anyOf")) return write_list_of("anyOf", spot, written);
  if (among(word, lists_of_schemas)) return write_list_of(word, spot, written);
  if (among(word, named_schemas)) return write_schemas(word, spot, written);
  if (word == "items" && schema.at("prefixItems").is_list()) {
    written.set("additionalItems", write(spot));
  } else if (word == "items" && spot.is_list()) {
    write_list_of(word, spot, written);
  } else if (among(word, schema_words) || word == "items" || word == "propertyNames") {
    written.set(Value(word), write(spot));
  } else if (word == "enum" && (!spot.is_list() || spot.value->list().empty())) {
    wrong(spot, "a list of values");
  } else if (word == "enum" || word == "const") {
    written.set(Value(word), *spot.value);
  } else if (word == "uniqueItems") {
    written.set("uniqueItems", spot.value->is_true());
  } else if (word == "description") {
    if (spot.value->is_text()) written.set("description", plain_words(spot.value->text(), longest_description));
  } else if (word == "format") {
    if (spot.value->is_text() && among(spot.value->text(), formats)) written.set("format", *spot.value);
  } else {
    tell_unsaid(word, spot);
  }
}

void SchemaWriter::tell_unsaid(const std::string& word, const Spot& spot) {
  if (word.starts_with("x-") || word == "$ref" || among(word, remarks)) return;
  if (among(word, unsaid)) {
    book_.documents_.tell(Severity::hint, "not-checked", spot, "\"" + word + "\" is not checked here");
    return;
  }
  book_.documents_.tell(Severity::hint, "unknown-word", spot,
                        "\"" + printable(shortened(word, 60)) + "\" is no word of a schema, and is not carried over");
}

void SchemaWriter::write_type(const Spot& spot, Map& written) {
  if (spot.is_list()) {
    const auto& types = spot.value->list();
    if (!types.empty() && std::all_of(types.begin(), types.end(), known_type)) {
      written.set("type", *spot.value);
      return;
    }
  } else if (known_type(*spot.value)) {
    written.set("type", *spot.value);
    return;
  }
  const std::string said = spot.value->is_text() ? " \"" + printable(shortened(spot.value->text(), 60)) + "\"" : "";
  book_.documents_.tell(Severity::error, "wrong-type", spot,
                        "there is no type" + said + ": every value is taken there");
}

/// In 3.0 "exclusiveMinimum" is a flag beside "minimum".
void SchemaWriter::write_limit(const Spot& schema, const std::string& word, Map& written) {
  const Spot spot = schema.at(word);
  if (word.starts_with("exclusive") && spot.value->is(Kind::boolean)) {
    const Value* bound = schema.value->find(word == "exclusiveMinimum" ? "minimum" : "maximum");
    if (spot.value->is_true() && bound != nullptr && is_number_value(*bound)) written.set(Value(word), *bound);
    return;
  }
  const bool fits = counts(word) ? is_count(*spot.value) : is_number_value(*spot.value);
  if (!fits) return wrong(spot, counts(word) ? "a whole number that is not negative" : "a number");
  if (word == "multipleOf" && *spot.value == Value(0)) return wrong(spot, "a number above 0");
  written.set(Value(word), *spot.value);
}

void SchemaWriter::write_list_of(const std::string& as, const Spot& spot, Map& written) {
  if (!spot.is_list() || spot.value->list().empty()) return wrong(spot, "a list of schemas");
  Value::List schemas;
  for (std::size_t at = 0; at < spot.value->list().size(); ++at) schemas.push_back(write(spot.item(at)));
  written.set(Value(as), std::move(schemas));
}

void SchemaWriter::write_schemas(const std::string& word, const Spot& spot, Map& written) {
  if (!spot.is_map()) return wrong(spot, "a mapping of schemas");
  Map schemas;
  for (const auto& [name, schema] : spot.value->map()) schemas.set(name, write(spot.at(name.text())));
  written.set(word == "dependentSchemas" ? Value("dependencies") : Value(word), std::move(schemas));
}

/// What can only be read is not asked of those who write. What can only be written is; of answers nothing is required.
void SchemaWriter::write_required(const Spot& schema, const Spot& spot, Map& written) {
  const auto is_name = [](const Value& name) { return name.is_text(); };
  if (!spot.is_list() || !std::all_of(spot.value->list().begin(), spot.value->list().end(), is_name)) {
    return wrong(spot, "a list of names");
  }
  const auto members = own_members(book_.documents_, schema);
  Value::List names;
  for (const Value& name : spot.value->list()) {
    const auto member = members.find(name.text());
    const bool told = member != members.end() && is_marked(book_.documents_, member->second, "readOnly");
    if (!told) names.push_back(name);
  }
  if (!names.empty()) written.set("required", std::move(names));
}

void SchemaWriter::write_dependent(const Spot& spot, Map& written) {
  const auto is_name = [](const Value& name) { return name.is_text(); };
  const auto names_some = [&](const Map::Entry& one) {
    return one.second.is_list() && std::all_of(one.second.list().begin(), one.second.list().end(), is_name);
  };
  if (!spot.is_map() || !std::all_of(spot.value->map().begin(), spot.value->map().end(), names_some))
    return wrong(spot, "a mapping of lists of names");
  written.set("dependentRequired", *spot.value);
}

void SchemaWriter::write_pattern(const Spot& spot, Map& written) {
  if (!spot.value->is_text()) return wrong(spot, "text");
  const std::string& pattern = spot.value->text();
  if (pattern.size() <= longest_pattern && pattern_known(pattern)) {
    written.set("pattern", pattern);
  } else {
    book_.documents_.tell(Severity::hint, "not-checked", spot,
                          "the pattern is not checked here: it needs what only other engines for patterns have");
  }
}

Value SchemaWriter::with_null(const Spot& spot, Map written) const {
  const Value* type = written.find("type");
  if (type == nullptr) {
    if (written.find("allOf") == nullptr && written.find("anyOf") == nullptr && written.find("oneOf") == nullptr)
      return written;
    return Value::object({{"anyOf", Value::List{Value(std::move(written)), Value::object({{"type", "null"}})}}});
  }
  if (type->is_text()) written.set("type", Value::List{*type, Value("null")});
  if (const Value* choices = written.find("enum"); choices != nullptr && spot) {
    Value::List with = choices->list();
    if (std::find(with.begin(), with.end(), Value()) == with.end()) with.emplace_back();
    written.set("enum", std::move(with));
  }
  return written;
}

}  // namespace millrace
