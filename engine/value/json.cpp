#include "value/json.hpp"

#include <rapidjson/error/error.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "value/json_mend.hpp"
#include "value/unknown_marks.hpp"

namespace millrace {
namespace {

constexpr std::size_t longest_quote = 40;
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::string quoted(std::string_view text) { return "\"" + shortened(text, longest_quote) + "\""; }

/// A list or map whose end has not been read yet.
struct Open {
  bool is_map = false;
  bool tells_unknown = false;  // a member has the name under which marked JSON says what is not known
  Value key;                   // of the member being read
  Map members;
  Value::List items;
};

/// Takes the reader's events and builds the value: the rules of the border that the library does not know are kept
/// here.
class Builder {
 public:
  Builder(const JsonLimits& limits, std::optional<Marks> marks, bool check_text, std::size_t bytes)
      : limits_(limits), marks_(marks), check_text_(check_text) {
    if (bytes < worth_sharing) return;
    keys_.resize(64);
    texts_.resize(1024);
  }

  bool Null() { return put(Value()); }
  bool Bool(bool value) { return put(Value(value)); }
  bool String(const char* data, rapidjson::SizeType size, bool) {
    const std::string_view text(data, size);
    return whole(text) && put(text.size() > longest_shared ? Value(text) : one_for_all(texts_, text));
  }
  bool RawNumber(const char* data, rapidjson::SizeType size, bool);
  bool Key(const char* data, rapidjson::SizeType size, bool);
  bool StartObject() { return open(true); }
  bool EndObject(rapidjson::SizeType);
  bool StartArray() { return open(false); }
  bool EndArray(rapidjson::SizeType) {
    Value list(std::move(open_.back().items));
    open_.pop_back();
    return put(std::move(list));
  }
  // Numbers arrive as text, so these never come.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  const std::string& refusal() const { return refusal_; }
  std::size_t refused_bytes() const { return refused_bytes_; }
  Value take() { return std::move(root_); }

 private:
  /// The value of an equal text that was seen before, if it is still remembered. Each text has a few places, so that
  /// two with the same first one do not make each other forgotten row by row.
  static Value one_for_all(std::vector<Value>& seen, std::string_view text) {
    if (seen.empty()) return Value(text);
    const std::size_t first = std::hash<std::string_view>()(text) % seen.size();
    for (std::size_t step = 0; step < places_of_a_text; ++step) {
      Value& shared = seen[(first + step) % seen.size()];
      if (!shared.is_text()) shared = Value(text);
      if (shared.text() == text) return shared;
    }
    return seen[first] = Value(text);
  }
  bool refuse(std::string reason, std::size_t bytes) {
    refusal_ = std::move(reason);
    refused_bytes_ = bytes;
    return false;
  }
  /// The library lets the second half of a surrogate pair stand alone.
  bool whole(std::string_view text) {
    if (!check_text_ || valid_utf8(text)) return true;
    return refuse("half of a surrogate pair stands alone in a text", 0);
  }
  bool open(bool is_map) {
    if (open_.size() >= static_cast<std::size_t>(limits_.max_depth)) {
      return refuse("lists and objects are nested deeper than " + counted(open_.size(), "level"), 0);
    }
    open_.emplace_back().is_map = is_map;
    if (is_map) open_.back().members.reserve(members_before_);
    return true;
  }
  bool count(std::size_t cost) {
    values_ += cost;
    return values_ <= limits_.max_values || refuse("it holds too many values", 0);
  }
  bool put(Value value) {
    if (!count(value.is_list() || value.is_map() ? 4 : 1)) return false;
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Open& around = open_.back(); around.is_map) {
      around.members.set(std::move(around.key), std::move(value));
    } else {
      around.items.push_back(std::move(value));
    }
    return true;
  }

  const JsonLimits& limits_;
  const std::optional<Marks> marks_;  // nothing: plain JSON
  bool check_text_;
  std::size_t values_ = 0;
  static constexpr std::size_t most_foreseen = 16;
  std::size_t members_before_ = 0;  // in the map that was read before: rows look like each other
  std::size_t renamed_ = 1;         // keys that were made distinct, so that many cost no more than each
  std::vector<Open> open_;
  static constexpr std::size_t longest_shared = 32, worth_sharing = 2048, places_of_a_text = 4;
  // Some of those seen, by hash: tables say the same words over and over. Empty where there is too little of them.
  std::vector<Value> keys_, texts_;
  Value root_;
  std::string refusal_;
  std::size_t refused_bytes_ = 0;  // how far the library's place is past what was refused
};

bool Builder::Key(const char* data, rapidjson::SizeType size, bool) {
  std::string distinct;
  std::string_view key(data, size);
  if (!whole(key) || !count(3)) return false;
  if (limits_.mend && key.find(replacement) != std::string_view::npos) {
    while (open_.back().members.find(key) != nullptr) {
      distinct = std::string(data, size) + std::to_string(++renamed_);
      key = distinct;
    }
  }
  if (marks_ && key == unknown_key) open_.back().tells_unknown = *marks_ == Marks::unknowns;
  if (marks_ && is_marked_name(key)) key.remove_prefix(1);
  if (open_.back().members.find(key) != nullptr) return refuse("the key " + quoted(key) + " is there twice", size + 2);
  open_.back().key = one_for_all(keys_, key);
  return true;
}

bool Builder::EndObject(rapidjson::SizeType) {
  members_before_ = std::min(open_.back().members.size(), most_foreseen);
  Value map(std::move(open_.back().members));
  const bool alone = open_.back().tells_unknown && map.map().size() == 1;
  open_.pop_back();
  const Value* what = alone ? map.find(unknown_key) : nullptr;
  return put(what != nullptr && what->is_text() ? Value::unknown(what->text()) : std::move(map));
}

bool Builder::RawNumber(const char* data, rapidjson::SizeType size, bool) {
  const char* end = data + size;
  const std::string_view text(data, size);
  if (text.find_first_of(".eE") == std::string_view::npos) {
    std::int64_t whole_number = 0;
    if (std::from_chars(data, end, whole_number).ec == std::errc()) return put(Value(whole_number));
    std::uint64_t large = 0;
    if (text.front() != '-' && std::from_chars(data, end, large).ec == std::errc()) return put(Value(large));
    if (!limits_.mend) return refuse("the whole number " + shortened(text, longest_quote) + " is too large", 0);
  }
  double number = 0;
  if (std::from_chars(data, end, number).ec != std::errc()) {
    // Out of range is both too large and too small; the C library tells them apart, and too small is zero or nearly so.
    number = std::strtod(std::string(text).c_str(), nullptr);
    if (std::isinf(number) && limits_.mend) {
      number = std::copysign(std::numeric_limits<double>::max(), number);
    } else if (std::isinf(number)) {
      return refuse("the number " + shortened(text, longest_quote) + " is too large", 0);
    }
  }
  return put(Value(number));
}

std::string reason_for(rapidjson::ParseErrorCode code, std::string_view rest) {
  if (rest.empty() && code != rapidjson::kParseErrorDocumentEmpty) return "it ends too early";
  // The library calls this an escape.
  const bool control = !rest.empty() && static_cast<unsigned char>(rest.front()) < 0x20;
  if (control && code == rapidjson::kParseErrorStringEscapeInvalid) code = rapidjson::kParseErrorStringInvalidEncoding;
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty:
      return "there is nothing but white space";
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return "something follows the end of the document";
    case rapidjson::kParseErrorValueInvalid:
      return "expected a value";
    case rapidjson::kParseErrorObjectMissName:
      return "expected a key in double quotes, or \"}\"";
    case rapidjson::kParseErrorObjectMissColon:
      return "expected \":\" after the key";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
      return "expected \",\" or \"}\"";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
      return "expected \",\" or \"]\"";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
      return "\\u needs four hexadecimal digits";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return "half of a surrogate pair stands alone in a text";
    case rapidjson::kParseErrorStringEscapeInvalid:
      return "unknown escape in a text: a backslash is written twice";
    case rapidjson::kParseErrorStringMissQuotationMark:
      return "a text does not end";
    case rapidjson::kParseErrorStringInvalidEncoding:
      return "a text holds a control character that is not escaped";
    case rapidjson::kParseErrorNumberTooBig:
      return "a number is too large";
    case rapidjson::kParseErrorNumberMissFraction:
      return "a digit must follow the decimal point";
    case rapidjson::kParseErrorNumberMissExponent:
      return "a digit must follow the exponent's \"e\"";
    case rapidjson::kParseErrorNone:
    case rapidjson::kParseErrorTermination:
    case rapidjson::kParseErrorUnspecificSyntaxError:
      return "it makes no sense";
  }
  return "it makes no sense";
}

Error refused(std::string_view text, std::size_t offset, const std::string& reason) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is the start of the text
  const std::size_t column = 1 + length_in_characters(before.substr(line_start));
  const std::string where = "line " + std::to_string(line) + ", column " + std::to_string(column) + " (byte " +
                            std::to_string(offset) + "): ";
  return {.code = ErrorCode::invalid, .message = "not valid JSON at " + where + reason};
}

std::size_t first_bad_byte(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t size = utf8_size(text.substr(at));
    if (size == 0) break;
    at += size;
  }
  return at;
}

struct Document {
  Result<Value> value;
  bool too_large = false;  // it is refused because of a number that the library does not take
};

Document read_document(std::string_view text, const JsonLimits& limits, std::optional<Marks> marks) {
  const std::size_t mark = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;  // a byte order mark says nothing

  const bool escapes = text.find("\\u") != std::string_view::npos;
  Builder builder(limits, marks, escapes, text.size());
  rapidjson::MemoryStream stream(text.data() + mark, text.size() - mark);
  rapidjson::Reader reader;
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  const rapidjson::ParseResult parsed = reader.Parse<flags>(stream, builder);
  if (!parsed.IsError()) return {builder.take()};

  const bool too_large = parsed.Code() == rapidjson::kParseErrorNumberTooBig;
  const std::size_t offset = mark + parsed.Offset();
  if (builder.refusal().empty())
    return {refused(text, offset, reason_for(parsed.Code(), text.substr(std::min(offset, text.size())))), too_large};
  return {refused(text, offset - std::min(offset, builder.refused_bytes()), builder.refusal())};
}

Result<Value> read(std::string_view text, const JsonLimits& limits, std::optional<Marks> marks) {
  if (text.size() > limits.max_bytes) {
    const std::string sizes = std::to_string(text.size()) + " bytes, and at most " + std::to_string(limits.max_bytes);
    return Error{.code = ErrorCode::limited, .message = "the JSON is too large: it has " + sizes + " are read"};
  }
  const std::string with_texts = limits.mend ? with_texts_mended(text) : "";
  if (!with_texts.empty()) text = with_texts;
  if (!valid_utf8(text)) return refused(text, first_bad_byte(text), "the text is not UTF-8");
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return refused(text, zero, "a NUL byte");  // which the library would take for the end
  }
  auto read = read_document(text, limits, marks);
  if (!read.too_large || !limits.mend) return std::move(read.value);
  const std::string with_numbers = with_numbers_mended(text);
  return std::move(read_document(with_numbers, limits, marks).value);
}

}  // namespace

Result<Value> parse_json(std::string_view text, const JsonLimits& limits) { return read(text, limits, std::nullopt); }

Result<Value> parse_marked_json(std::string_view text, const JsonLimits& limits, Marks marks) {
  return read(text, limits, marks);
}

}  // namespace millrace
