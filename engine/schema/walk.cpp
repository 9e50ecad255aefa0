#include "schema/walk.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <unordered_map>

#include "base/text.hpp"
#include "crypto/key_hash.hpp"
#include "schema/reference.hpp"
#include "schema/words.hpp"
#include "value/json.hpp"

namespace millrace {
namespace {

constexpr int deepest = 300;  // only a schema that holds itself gets there

struct Word {
  std::string_view name;
  Keyword keyword;
};

constexpr std::array<Word, static_cast<std::size_t>(Keyword::count)> words = {
    {{"additionalItems", Keyword::additional_items},
     {"additionalProperties", Keyword::additional_properties},
     {"allOf", Keyword::all_of},
     {"anyOf", Keyword::any_of},
     {"const", Keyword::constant},
     {"contains", Keyword::contains},
     {"dependencies", Keyword::dependencies},
     {"dependentRequired", Keyword::dependent_required},
     {"else", Keyword::otherwise},
     {"enum", Keyword::enumeration},
     {"exclusiveMaximum", Keyword::exclusive_maximum},
     {"exclusiveMinimum", Keyword::exclusive_minimum},
     {"format", Keyword::format},
     {"if", Keyword::condition},
     {"items", Keyword::items},
     {"maxItems", Keyword::max_items},
     {"maxLength", Keyword::max_length},
     {"maxProperties", Keyword::max_properties},
     {"maximum", Keyword::maximum},
     {"minItems", Keyword::min_items},
     {"minLength", Keyword::min_length},
     {"minProperties", Keyword::min_properties},
     {"minimum", Keyword::minimum},
     {"multipleOf", Keyword::multiple_of},
     {"not", Keyword::negation},
     {"oneOf", Keyword::one_of},
     {"pattern", Keyword::pattern},
     {"patternProperties", Keyword::pattern_properties},
     {"properties", Keyword::properties},
     {"propertyNames", Keyword::property_names},
     {"required", Keyword::required},
     {"then", Keyword::consequence},
     {"type", Keyword::type},
     {"uniqueItems", Keyword::unique_items}}};

bool is_number(const Value& value) noexcept {
  return value.is(Kind::integer) || value.is(Kind::unsigned_integer) || value.is(Kind::number);
}

/// Wide enough to hold every int, uint and double as it is.
long double number_of(const Value& value) {
  if (value.is(Kind::integer)) return static_cast<long double>(value.integer());
  if (value.is(Kind::unsigned_integer)) return static_cast<long double>(value.unsigned_integer());
  return value.number();
}

bool of_type(const Value& value, std::string_view type) {
  switch (value.kind()) {
    case Kind::null:
      return type == "null";
    case Kind::boolean:
      return type == "boolean";
    case Kind::integer:
    case Kind::unsigned_integer:
      return type == "integer" || type == "number";
    case Kind::number:
      return type == "number" || (type == "integer" && std::trunc(value.number()) == value.number());
    case Kind::list:
      return type == "array";
    case Kind::map:
      return type == "object";
    case Kind::text:
    case Kind::bytes:
    case Kind::timestamp:
    case Kind::duration:
    case Kind::type:
      return type == "string";
    case Kind::optional:
    case Kind::unknown:
      return true;
  }
  return true;
}

std::uint64_t mixed(std::uint64_t one, std::uint64_t other) noexcept {
  const std::uint64_t both[] = {one, other};
  return key_hash({reinterpret_cast<const char*>(both), sizeof both});
}

/// Values that are equal have the same hash: numbers of any kind, mappings in any order. Others have another one, which
/// whoever sent them could not foresee.
std::uint64_t hash_of(const Value& value) {
  if (is_number(value)) return mixed(1, std::bit_cast<std::uint64_t>(static_cast<double>(number_of(value)) + 0.0));
  if (value.is_text()) return key_hash(value.text());
  std::uint64_t hash = mixed(2, static_cast<std::uint64_t>(value.kind()) * 2 + (value.is_true() ? 1 : 0));
  if (value.is_list()) {
    for (const Value& item : value.list()) hash = mixed(hash, hash_of(item));
  } else if (value.is_map()) {
    for (const auto& [key, member] : value.map()) hash += mixed(hash_of(key), hash_of(member));
  }
  return hash;
}

/// `x` as the only item of a list, where that would do: people often leave the brackets out.
std::string as_list(const std::vector<std::string>& types, const Value& value) {
  const bool list_expected = types.size() == 1 && types.front() == "array";
  if (!list_expected || value.is_list() || value.is_map() || value.is_null()) return {};
  const bool plain = value.is_text() && !value.text().empty() &&
                     value.text().find_first_of(" \t\n,[]{}\"'#:&*!|>%@`") == std::string::npos;
  return "[" + (plain ? value.text() : encode_json(value)) + "]";
}

}  // namespace

Keywords::Keywords(const Value& schema) {
  for (const auto& [key, value] : schema.map()) {
    if (!key.is_text()) continue;
    const auto before = [](const Word& word, std::string_view name) { return word.name < name; };
    const auto* found = std::lower_bound(words.begin(), words.end(), std::string_view(key.text()), before);
    if (found != words.end() && found->name == key.text()) values_[static_cast<std::size_t>(found->keyword)] = &value;
  }
}

SchemaWalk SchemaWalk::inner(Mode mode) const {
  SchemaWalk walk(root_, mode);
  walk.nested_ = nested_;
  walk.depth_ = depth_;
  if (mode != Mode::verdict) walk.path_ = path_;
  return walk;
}

bool SchemaWalk::fits(const Value& schema, const Value& value) const {
  SchemaWalk walk = inner(Mode::verdict);
  walk.apply(schema, value);
  return !walk.failed();
}

void SchemaWalk::apply(const Value& schema, const Value& value) {
  if (done() || value.is_unknown()) return;
  if (value.is(Kind::optional)) {
    const Value* held = value.optional_value();
    return apply(schema, held != nullptr ? *held : Value());
  }
  const Value* here = followed(root_, schema);
  if (here == nullptr) return;
  if (here->is(Kind::boolean) && !here->boolean()) {
    note([] { return Misfit{.problem = {.message = "nothing is allowed here"}}; });
  }
  if (!here->is_map()) return;
  if (nested_ >= deepest) {
    note([] { return Misfit{.problem = {.message = "is nested too deeply"}}; });
    return;
  }
  ++nested_;
  apply_object(*here, value);
  --nested_;
}

void SchemaWalk::apply_object(const Value& schema, const Value& value) {
  const Keywords keywords(schema);
  // What is of another kind altogether needs no further remarks.
  if (!check_type(keywords, value) || !check_constants(keywords, value)) return;
  if (is_number(value)) check_number(keywords, value);
  if (value.is_text()) check_text(keywords, value.text());
  if (value.is_list()) check_list(keywords, value.list());
  if (value.is_map()) check_map(keywords, value.map());
  if (!done()) check_logic(keywords, value);
}

bool SchemaWalk::check_type(const Keywords& keywords, const Value& value) {
  const Value* type = keywords[Keyword::type];
  if (type == nullptr) return true;
  if (type->is_text()) {
    if (of_type(value, type->text())) return true;
  } else if (type->is_list()) {
    const auto matches = [&](const Value& name) { return of_type(value, name.text()); };
    if (std::any_of(type->list().begin(), type->list().end(), matches)) return true;
  } else {
    return true;
  }
  note([&] {
    std::vector<std::string> types;
    if (type->is_text()) {
      types.push_back(type->text());
    } else {
      for (const Value& name : type->list()) types.push_back(name.text());
    }
    ShapeProblem problem = {.message = "expected " + words_of_types(types) + ", found " + described(value)};
    problem.suggestion = as_list(types, value);
    problem.types = std::move(types);
    return Misfit{.kind = Misfit::Kind::type, .problem = std::move(problem)};
  });
  return false;
}

bool SchemaWalk::check_constants(const Keywords& keywords, const Value& value) {
  std::vector<Value> allowed;
  if (const Value* constant = keywords[Keyword::constant]; constant != nullptr && !(*constant == value)) {
    allowed.push_back(*constant);
  }
  const Value* choices = keywords[Keyword::enumeration];
  if (allowed.empty() && choices != nullptr && choices->is_list()) {
    const Value::List& list = choices->list();
    if (std::find(list.begin(), list.end(), value) == list.end()) allowed = list;
  }
  if (allowed.empty() || value.contains_unknown()) return true;
  note([&] {
    return Misfit{.kind = Misfit::Kind::constant, .problem = not_among(allowed, one_of_words(allowed), value)};
  });
  return false;
}

void SchemaWalk::check_number(const Keywords& keywords, const Value& value) {
  const long double number = number_of(value);
  const auto limit = [&](Keyword keyword, std::string_view text, auto within) {
    const Value* bound = keywords[keyword];
    if (bound == nullptr || !is_number(*bound) || within(number, number_of(*bound))) return;
    note([&] {
      return Misfit{.problem = {.message = std::string(text) + literal(*bound) + ", found " + literal(value)}};
    });
  };
  using Number = long double;
  limit(Keyword::minimum, "must be at least ", [](Number a, Number b) { return a >= b; });
  limit(Keyword::maximum, "must be at most ", [](Number a, Number b) { return a <= b; });
  limit(Keyword::exclusive_minimum, "must be more than ", [](Number a, Number b) { return a > b; });
  limit(Keyword::exclusive_maximum, "must be less than ", [](Number a, Number b) { return a < b; });
  limit(Keyword::multiple_of, "must be a multiple of ", [](Number a, Number b) {
    const Number times = a / b;
    return std::abs(times - std::round(times)) <= 1e-9L * std::max<Number>(1, std::abs(times));  // 0.3 of 0.1
  });
}

void SchemaWalk::check_size(const Value* least, const Value* most, std::size_t size, std::string_view noun) {
  const auto say = [&](std::string message) {
    note([&] { return Misfit{.problem = {.message = std::move(message)}}; });
  };
  const auto bound = [](const Value* value) { return static_cast<std::size_t>(number_of(*value)); };
  if (least != nullptr && is_number(*least) && size < bound(least)) {
    say(size == 0 ? "must not be empty"
                  : "must have at least " + counted(bound(least), noun) + ", it has " + std::to_string(size));
  }
  if (most != nullptr && is_number(*most) && size > bound(most)) {
    say("must have at most " + counted(bound(most), noun) + ", it has " + std::to_string(size));
  }
}

void SchemaWalk::check_text(const Keywords& keywords, const std::string& text) {
  const Value* least = keywords[Keyword::min_length];
  const Value* most = keywords[Keyword::max_length];
  if (least != nullptr || most != nullptr) check_size(least, most, length_in_characters(text), "character");
  const Value* pattern = keywords[Keyword::pattern];
  if (pattern != nullptr && pattern->is_text() && !pattern_found(pattern->text(), text)) {
    note([&] {
      const bool blank = pattern->text() == "\\S";  // what a person is told of it is what it asks for
      return Misfit{.problem = {.message = blank ? "must not be blank"
                                                 : literal(Value(text)) + " must match " + pattern->text()}};
    });
  }
  const Value* format = keywords[Keyword::format];
  if (format == nullptr || !format->is_text()) return;
  if (auto problem = format_problem(format->text(), text)) {
    note([&] { return Misfit{.problem = {.message = std::move(*problem)}}; });
  }
}

void SchemaWalk::check_unique(const Value::List& items) {
  std::unordered_multimap<std::uint64_t, std::size_t> seen;
  for (std::size_t at = 0; at < items.size(); ++at) {
    if (items[at].contains_unknown()) continue;
    const std::uint64_t hash = hash_of(items[at]);
    const auto [first, last] = seen.equal_range(hash);
    const auto twin = std::find_if(first, last, [&](const auto& entry) { return items[entry.second] == items[at]; });
    if (twin != last) {
      note([&] {
        const std::string before = std::to_string(twin->second + 1);
        return Misfit{.problem = {.message = "item " + std::to_string(at + 1) + " repeats item " + before}};
      });
      return;
    }
    seen.emplace(hash, at);
  }
}

void SchemaWalk::check_list(const Keywords& keywords, const Value::List& items) {
  check_size(keywords[Keyword::min_items], keywords[Keyword::max_items], items.size(), "item");
  const Value* unique = keywords[Keyword::unique_items];
  if (unique != nullptr && unique->is_true()) check_unique(items);
  if (mode_ == Mode::shallow || done()) return;
  if (const Value* wanted = keywords[Keyword::contains]) {
    const auto is_wanted = [&](const Value& item) { return fits(*wanted, item); };
    if (std::none_of(items.begin(), items.end(), is_wanted)) {
      note([] { return Misfit{.problem = {.message = "no item is of the kind that must be there"}}; });
    }
  }
  const Value* each = keywords[Keyword::items];
  for (std::size_t at = 0; at < items.size() && !done(); ++at) {
    const Value* schema = each;
    if (each != nullptr && each->is_list()) {
      schema = at < each->list().size() ? &each->list()[at] : keywords[Keyword::additional_items];
    }
    if (schema != nullptr) descend(*schema, items[at], std::to_string(at));
  }
}

void SchemaWalk::descend(const Value& schema, const Value& value, std::string_view step) {
  const std::size_t before = path_.size();
  if (mode_ != Mode::verdict) path_ += pointer_step(step);
  ++depth_;
  apply(schema, value);
  --depth_;
  path_.resize(before);
}

}  // namespace millrace
