#pragma once

#include <atomic>
#include <cassert>
#include <compare>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/duration.hpp"

namespace millrace {

/// Every type that an expression knows. `unknown` is a value that only a real run will tell.
enum class Kind : std::uint8_t {
  null,
  boolean,
  integer,
  unsigned_integer,
  number,
  text,
  bytes,
  list,
  map,
  timestamp,
  duration,
  type,
  optional,
  unknown
};

std::string_view name_of(Kind kind) noexcept;  ///< for people: "true/false", "number", "text", "list", ...

/// An instant between the years 1 and 9999, in seconds and nanoseconds since 1970 UTC.
struct Timestamp {
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;  ///< 0..999,999,999, also before 1970
  auto operator<=>(const Timestamp&) const = default;
};

class Map;

template <class T>
concept UnsignedNumber = std::unsigned_integral<T> && !std::same_as<T, bool>;

/// An immutable value of any kind, 16 bytes, cheap to copy: what is on the heap is shared and counted atomically, so a
/// Value may cross threads. Accessors assert the kind; ask `kind()` or `is_...()` first.
class Value {
 public:
  using List = std::vector<Value>;

  Value() noexcept = default;  ///< null
  Value(std::nullptr_t) noexcept {}
  template <std::same_as<bool> B>
  Value(B value) noexcept : kind_(Kind::boolean) {
    payload_.boolean = value;
  }
  template <std::signed_integral I>
  Value(I value) noexcept : kind_(Kind::integer) {
    payload_.integer = value;
  }
  template <UnsignedNumber U>
  Value(U value) noexcept : kind_(Kind::unsigned_integer) {
    payload_.unsigned_integer = value;
  }
  Value(double value) noexcept : kind_(Kind::number) { payload_.number = value; }
  Value(std::string value);
  Value(std::string_view value) : Value(std::string(value)) {}
  Value(const char* value) : Value(std::string(value)) {}
  Value(List items);
  Value(Map entries);
  Value(Timestamp value) noexcept : nanos_(value.nanos), kind_(Kind::timestamp) { payload_.integer = value.seconds; }
  Value(Duration value) noexcept : kind_(Kind::duration) { payload_.integer = value.count(); }
  static Value bytes(std::string data);
  static Value type(std::string name);  ///< CEL's name of a type: "int", "google.protobuf.Timestamp"
  static Value optional(Value inner);
  static Value no_optional();
  /// `what` says which thing is not known, for people: "the id of tag vip".
  static Value unknown(std::string what);
  /// Only in object bodies written in our own code: `Value::object({{"id", id}, {"name", name}})`.
  static Value object(std::initializer_list<std::pair<std::string_view, Value>> members);

  Value(const Value& other) noexcept : payload_(other.payload_), nanos_(other.nanos_), kind_(other.kind_) {
    if (Block* shared = block()) shared->owners.fetch_add(1, std::memory_order_relaxed);
  }
  Value(Value&& other) noexcept : payload_(other.payload_), nanos_(other.nanos_), kind_(other.kind_) {
    other.kind_ = Kind::null;
  }
  Value& operator=(const Value& other) noexcept { return *this = Value(other); }
  Value& operator=(Value&& other) noexcept {
    std::swap(payload_, other.payload_);
    std::swap(nanos_, other.nanos_);
    std::swap(kind_, other.kind_);
    return *this;
  }
  ~Value() {
    Block* shared = block();
    if (shared && shared->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) drop();
  }

  Kind kind() const noexcept { return kind_; }
  bool is(Kind kind) const noexcept { return kind_ == kind; }
  bool is_null() const noexcept { return kind_ == Kind::null; }
  bool is_text() const noexcept { return kind_ == Kind::text; }
  bool is_list() const noexcept { return kind_ == Kind::list; }
  bool is_map() const noexcept { return kind_ == Kind::map; }
  bool is_unknown() const noexcept { return kind_ == Kind::unknown; }
  bool is_true() const noexcept { return kind_ == Kind::boolean && payload_.boolean; }

  bool boolean() const { return assert(is(Kind::boolean)), payload_.boolean; }
  std::int64_t integer() const { return assert(is(Kind::integer)), payload_.integer; }
  std::uint64_t unsigned_integer() const { return assert(is(Kind::unsigned_integer)), payload_.unsigned_integer; }
  double number() const { return assert(is(Kind::number)), payload_.number; }
  const std::string& text() const;
  const std::string& bytes() const;
  const List& list() const;
  const Map& map() const;
  Timestamp timestamp() const { return assert(is(Kind::timestamp)), Timestamp{payload_.integer, nanos_}; }
  Duration duration() const { return assert(is(Kind::duration)), Duration(payload_.integer); }
  const std::string& type_name() const;
  const Value* optional_value() const;      ///< nullptr for "none"
  const std::string& unknown_what() const;  ///< what is not known

  /// The member `name` of a map; nullptr where there is none or this is no map.
  const Value* find(std::string_view name) const noexcept;
  /// The text of member `name`, or `otherwise` where it is absent or not text.
  std::string text_or(std::string_view name, std::string_view otherwise = "") const;

  /// True when this or anything inside it is unknown. Costs nothing: it was found out when the value was made.
  bool contains_unknown() const noexcept;
  /// Roughly how many values it would take to write this out, shared parts counted each time (text: one per 64 bytes),
  /// up to 2^31 - 1. Costs nothing. What a list shares a thousand times is small in memory and large in JSON: ask
  /// before that.
  std::uint32_t weight() const noexcept;

  /// CEL's equality: numbers compare across int, uint and double; maps in any order; NaN equals nothing. Unknowns are
  /// equal when they say the same; whoever must not guess asks `contains_unknown` first.
  friend bool operator==(const Value& left, const Value& right);

 private:
  struct Block {  // the counted part on the heap; what it holds is known to value.cpp
    std::atomic<std::uint32_t> owners = 1;
    std::uint32_t weight : 31 = 1;
    std::uint32_t unknown_inside : 1 = 0;
  };
  void weigh(const Value& member) noexcept;
  template <class T>
  struct Holder;
  template <class T>
  Value(Kind kind, T content);
  template <class T>
  const T& content() const noexcept;

  static constexpr bool counted(Kind kind) noexcept {
    constexpr std::uint32_t kinds = 1u << unsigned(Kind::text) | 1u << unsigned(Kind::bytes) |
                                    1u << unsigned(Kind::list) | 1u << unsigned(Kind::map) |
                                    1u << unsigned(Kind::type) | 1u << unsigned(Kind::optional) |
                                    1u << unsigned(Kind::unknown);
    return (kinds >> unsigned(kind) & 1u) != 0;
  }
  Block* block() const noexcept { return counted(kind_) ? payload_.block : nullptr; }
  void drop() noexcept;

  union Payload {
    bool boolean;
    std::int64_t integer;
    std::uint64_t unsigned_integer;
    double number;
    Block* block;
  } payload_ = {.integer = 0};
  std::int32_t nanos_ = 0;
  Kind kind_ = Kind::null;
};

/// Keys (bool, int, uint or text) with their values, in the order of insertion, because people read them in that order.
/// Look-up is by CEL's equality: 1, 1u and 1.0 are the same key.
class Map {
 public:
  using Entry = std::pair<Value, Value>;

  void reserve(std::size_t entries) { entries_.reserve(entries); }
  /// Adds the entry, or replaces the value of an equal key.
  void set(Value key, Value value);
  void erase(std::string_view key);
  const Value* find(const Value& key) const noexcept;
  const Value* find(std::string_view key) const noexcept;
  const Value* find(const char* key) const noexcept { return find(std::string_view(key)); }
  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  auto begin() const noexcept { return entries_.begin(); }
  auto end() const noexcept { return entries_.end(); }

 private:
  void index();
  template <class Same>
  const Entry* search(std::uint64_t hash, Same same) const noexcept;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // an open-addressed index, built when the map outgrows a linear search
};

}  // namespace millrace
