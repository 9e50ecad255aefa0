#include "journal/bytes.hpp"

#include <algorithm>
#include <bit>

namespace millrace {

namespace {

constexpr int deepest = 200;  // beyond what JSON and CEL can make

// One byte before each value. Stored: append, never renumber.
enum class Tag : unsigned char {
  null = 0,
  no = 1,
  yes = 2,
  integer = 3,
  unsigned_integer = 4,
  number = 5,
  text = 6,
  bytes = 7,
  list = 8,
  map = 9,
  timestamp = 10,
  duration = 11,
  type = 12,
  none = 13,
  some = 14,
  unknown = 15,
};

constexpr unsigned char byte_of(Tag tag) { return static_cast<unsigned char>(tag); }

}  // namespace

/// Of what is large only the part that is written soon is touched, so that more room costs nothing, and moving does.
void ByteWriter::grow(std::size_t bytes) {
  constexpr std::size_t soon = 65536;
  const std::size_t needed = used_ + bytes;
  const std::size_t times = out_.capacity() < soon ? 2 : 8;
  if (needed > out_.capacity()) out_.reserve(std::max(needed, times * out_.capacity()));
  out_.resize(std::min(out_.capacity(), needed + soon));
}

void ByteWriter::value(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return byte(byte_of(Tag::null));
    case Kind::boolean:
      return byte(byte_of(value.boolean() ? Tag::yes : Tag::no));
    case Kind::integer:
      byte(byte_of(Tag::integer));
      return signed_number(value.integer());
    case Kind::unsigned_integer:
      byte(byte_of(Tag::unsigned_integer));
      return number(value.unsigned_integer());
    case Kind::number: {
      byte(byte_of(Tag::number));
      const auto bits = std::bit_cast<std::uint64_t>(value.number());
      for (int shift = 0; shift < 64; shift += 8) byte(static_cast<unsigned char>(bits >> shift));
      return;
    }
    case Kind::text:
      byte(byte_of(Tag::text));
      return text(value.text());
    case Kind::bytes:
      byte(byte_of(Tag::bytes));
      return text(value.bytes());
    case Kind::list:
      byte(byte_of(Tag::list));
      number(value.list().size());
      for (const Value& item : value.list()) this->value(item);
      return;
    case Kind::map:
      byte(byte_of(Tag::map));
      number(value.map().size());
      for (const auto& [key, member] : value.map()) {
        this->value(key);
        this->value(member);
      }
      return;
    case Kind::timestamp:
      byte(byte_of(Tag::timestamp));
      return time(value.timestamp());
    case Kind::duration:
      byte(byte_of(Tag::duration));
      return signed_number(value.duration().count());
    case Kind::type:
      byte(byte_of(Tag::type));
      return text(value.type_name());
    case Kind::optional:
      if (value.optional_value() == nullptr) return byte(byte_of(Tag::none));
      byte(byte_of(Tag::some));
      return this->value(*value.optional_value());
    case Kind::unknown:
      byte(byte_of(Tag::unknown));
      return text(value.unknown_what());
  }
}

Value ByteReader::value(int depth) {
  if (depth > deepest) fail();
  if (!good_) return Value();
  switch (static_cast<Tag>(byte())) {
    case Tag::null:
      return Value();
    case Tag::no:
      return false;
    case Tag::yes:
      return true;
    case Tag::integer:
      return signed_number();
    case Tag::unsigned_integer:
      return number();
    case Tag::number: {
      std::uint64_t bits = 0;
      for (int shift = 0; shift < 64; shift += 8) bits |= static_cast<std::uint64_t>(byte()) << shift;
      return std::bit_cast<double>(bits);
    }
    case Tag::text:
      return std::string(text());
    case Tag::bytes:
      return Value::bytes(std::string(text()));
    case Tag::list:
      return list(depth);
    case Tag::map:
      return map(depth);
    case Tag::timestamp:
      return time();
    case Tag::duration:
      return Duration(signed_number());
    case Tag::type:
      return Value::type(std::string(text()));
    case Tag::none:
      return Value::no_optional();
    case Tag::some:
      return Value::optional(value(depth + 1));
    case Tag::unknown:
      return Value::unknown(std::string(text()));
  }
  fail();
  return Value();
}

Value ByteReader::list(int depth) {
  const std::uint64_t size = number();
  Value::List items;
  if (size > in_.size()) fail();  // each item takes a byte at least
  if (good_) items.reserve(size);
  for (std::uint64_t i = 0; good_ && i < size; ++i) items.push_back(value(depth + 1));
  return Value(std::move(items));
}

Value ByteReader::map(int depth) {
  const std::uint64_t size = number();
  Map members;
  if (size > in_.size()) fail();
  for (std::uint64_t i = 0; good_ && i < size; ++i) {
    Value key = value(depth + 1);
    members.set(std::move(key), value(depth + 1));
  }
  return Value(std::move(members));
}

}  // namespace millrace
