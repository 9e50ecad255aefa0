#include "base/percent.hpp"
#include "base/text.hpp"
#include "crypto/base64.hpp"
#include "expr/functions.hpp"
#include "expr/template.hpp"
#include "value/extent.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

Value encode_bytes(Call& call) {
  if (!call.are(Kind::bytes)) return call.mismatch();
  if (!call.spend(0, call[0].bytes().size() * 2)) return {};
  return encode_base64(call[0].bytes());
}

Value decode_bytes(Call& call) {
  if (!call.are(Kind::text)) return call.mismatch();
  if (!call.spend(0, call[0].text().size())) return {};
  auto decoded = decode_base64(call[0].text());
  return decoded ? Value::bytes(std::move(*decoded)) : call.fail("this is no valid base64");
}

/// A name that two keys of one map would have in JSON, as 1 and "1" do; nothing where each has its own.
std::optional<std::string> shared_name(const Value& value) {
  if (const Value* inner = value.is(Kind::optional) ? value.optional_value() : nullptr) return shared_name(*inner);
  if (value.is_list()) {
    for (const Value& item : value.list()) {
      if (auto found = shared_name(item)) return found;
    }
  }
  if (!value.is_map()) return std::nullopt;
  for (const auto& [key, member] : value.map()) {
    // Of equal keys there is one, so a name is there twice only beside a key that is no text.
    std::string name = key.is_text() ? "" : encode_json(key);
    if (!key.is_text() && value.map().find(std::string_view(name)) != nullptr) return name;
    if (auto found = shared_name(member)) return found;
  }
  return std::nullopt;
}

Value to_json(Call& call) {
  if (!call.spend(call[0].weight() / 2)) return {};
  if (const auto name = shared_name(call[0])) return call.fail("two keys would be \"" + *name + "\" in JSON");
  if (!all_finite(call[0])) return call.fail("JSON has no number for Infinity or NaN, as a division by zero gives");
  std::string text = encode_json(call[0]);
  return call.spend(0, text.size()) ? Value(std::move(text)) : Value();
}

Value from_json(Call& call) {
  if (!call.are(Kind::text)) return call.mismatch();
  const std::string& text = call[0].text();
  std::size_t commas = 0, others = 0;  // what is behind a comma may be a number; the others begin what is larger
  for (const char c : text) {
    commas += c == ',' ? 1 : 0;
    others += c == '[' || c == '{' || c == ':' || c == '"' ? 1 : 0;
  }
  if (!call.spend(text.size() / 8 + commas + others * steps_a_value / 2,
                  text.size() + commas * 2 * sizeof(Value) + others * bytes_a_value)) {
    return {};
  }
  constexpr JsonLimits limits{.max_values = 1'000'000, .mend = true};  // as deliveries and answers are read
  auto value = parse_json(text, limits);
  if (!value) return call.fail("the text is " + value.error().message);
  return call.spend(value->weight()) ? std::move(*value) : Value();
}

Value to_url(Call& call) {
  auto text = as_text(call[0]);
  if (!text) return call.mismatch();
  if (!call.spend(text->size() / 8, text->size() * 3)) return {};
  return percent_encode(*text);
}

Value from_url(Call& call) {
  if (!call.are(Kind::text)) return call.mismatch();
  if (!call.spend(call[0].text().size() / 8, call[0].text().size())) return {};
  auto decoded = percent_decode(call[0].text());
  if (!decoded) return call.fail("behind each % of a URL stand two digits of 0-9 and A-F");
  return valid_utf8(*decoded) ? Value(std::move(*decoded)) : call.fail("what is decoded is no valid UTF-8 text");
}

constexpr Function encode_table[] = {
    {"base64.encode", Style::alone, 1, 1, encode_bytes, kind_set(Kind::bytes), Kind::text, "base64.encode(bytes)",
     "bytes as base64 text", "base64.encode(b'abc')  =>  'YWJj'"},
    {"base64.decode", Style::alone, 1, 1, decode_bytes, texts, Kind::bytes, "base64.decode(text)",
     "the bytes of a base64 text", "base64.decode('YWJj')  =>  b'abc'"},
    {"json.encode", Style::alone, 1, 1, to_json, any_kind, Kind::text, "json.encode(value)", "any value as JSON text",
     "json.encode({'a': [1, null]})  =>  '{\"a\":[1,null]}'"},
    {"json.decode", Style::alone, 1, 1, from_json, texts, std::nullopt, "json.decode(text)",
     "the value that a JSON text holds", "json.decode('{\"a\": [1, null]}')  =>  {'a': [1, null]}"},
    {"url.encode", Style::alone, 1, 1, to_url,
     numbers | kind_set(Kind::text, Kind::boolean, Kind::null, Kind::timestamp, Kind::duration, Kind::optional),
     Kind::text, "url.encode(value)", "the value as a part of a URL: all but letters, digits and -._~ as %XX",
     "url.encode('Tom & Söhne')  =>  'Tom%20%26%20S%C3%B6hne'"},
    {"url.decode", Style::alone, 1, 1, from_url, texts, Kind::text, "url.decode(text)",
     "the text of such a part of a URL", "url.decode('Tom%20%26%20Co')  =>  'Tom & Co'"},
};

}  // namespace

std::span<const Function> encode_functions() { return encode_table; }

}  // namespace millrace
