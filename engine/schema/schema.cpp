#include "schema/schema.hpp"

#include <algorithm>
#include <cmath>

#include "schema/reference.hpp"
#include "schema/walk.hpp"
#include "schema/words.hpp"

namespace millrace {
namespace {

using Words = std::vector<std::string_view>;

Error malformed(const std::string& pointer, const std::string& why) {
  return {.code = ErrorCode::invalid,
          .message = "malformed schema at " + (pointer.empty() ? "its top" : pointer) + ": " + why};
}

/// What a schema says must itself make sense: this is found when it is read, not when it is first used.
class Reader {
 public:
  /// `read_before`: the root's definitions are.
  explicit Reader(const Value& root, bool read_before = false) : root_(root), read_before_(read_before) {}

  Status schema(const Value& here) {
    if (here.is(Kind::boolean)) return Done{};
    if (!here.is_map()) return malformed(path_, "expected a schema, found " + described(here));
    for (const auto& [key, value] : here.map()) {
      const bool known = read_before_ && &here == &root_ && key.is_text() && key.text() == "definitions";
      if (key.is_text() && !known) TRY(inside(key.text(), value));
    }
    return Done{};
  }

 private:
  static bool among(std::string_view key, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), key) != names.end();
  }

  Status inside(const std::string& key, const Value& value) {
    const std::size_t before = path_.size();
    path_ += pointer_step(key);
    TRY(keyword(key, value));
    path_.resize(before);
    return Done{};
  }

  Status keyword(std::string_view key, const Value& value) {
    if (key == "$ref") return reference(value);
    if (key == "type") return type(value);
    if (among(key,
              {"additionalItems", "additionalProperties", "contains", "else", "if", "not", "propertyNames", "then"})) {
      return schema(value);
    }
    if (key == "items") return value.is_list() ? each(value) : schema(value);
    if (among(key, {"allOf", "anyOf", "oneOf"})) {
      if (!value.is_list() || value.list().empty()) return malformed(path_, "expected a list of schemas");
      return each(value);
    }
    if (among(key, {"properties", "patternProperties", "definitions", "$defs"})) return each_member(value);
    if (key == "enum") return value.is_list() ? Status(Done{}) : malformed(path_, "expected a list of values");
    if (key == "required") return names(value);
    if (among(key, {"pattern", "format"}) && !value.is_text()) return malformed(path_, "expected text");
    if (among(key, {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})) return number(value);
    if (among(key, {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}))
      return count(value);
    if (among(key, {"dependencies", "dependentRequired"})) return dependencies(value);
    return Done{};
  }

  Status each(const Value& list) {
    for (std::size_t at = 0; at < list.list().size(); ++at) {
      const std::size_t before = path_.size();
      path_ += "/" + std::to_string(at);
      TRY(schema(list.list()[at]));
      path_.resize(before);
    }
    return Done{};
  }

  Status each_member(const Value& value) {
    if (!value.is_map()) return malformed(path_, "expected a mapping of schemas");
    for (const auto& [key, member] : value.map()) {
      if (!key.is_text()) return malformed(path_, "expected text as key");
      const std::size_t before = path_.size();
      path_ += pointer_step(key.text());
      TRY(schema(member));
      path_.resize(before);
    }
    return Done{};
  }

  Status reference(const Value& value) const {
    if (!value.is_text()) return malformed(path_, "expected text");
    if (!value.text().starts_with('#')) return malformed(path_, "only references inside the document are followed");
    const Value* target = referred(root_, value.text());
    if (target == nullptr) return malformed(path_, "nothing is at " + literal(value));
    if (followed(root_, *target) == nullptr) return malformed(path_, "the reference goes round in a circle");
    return Done{};
  }

  Status type(const Value& value) const {
    const Value::List alone = {value};
    for (const Value& name : value.is_list() ? value.list() : alone) {
      const bool known =
          name.is_text() && among(name.text(), {"array", "boolean", "integer", "null", "number", "object", "string"});
      if (!known) return malformed(path_, "unknown type " + literal(name));
    }
    return Done{};
  }

  Status names(const Value& value) const {
    const auto text = [](const Value& name) { return name.is_text(); };
    const bool good = value.is_list() && std::all_of(value.list().begin(), value.list().end(), text);
    return good ? Status(Done{}) : malformed(path_, "expected a list of keys");
  }

  Status number(const Value& value) const {
    const bool good = value.is(Kind::integer) || value.is(Kind::unsigned_integer) || value.is(Kind::number);
    if (!good) return malformed(path_, "expected a number");
    if (path_.ends_with("/multipleOf") && !(Value(0) == value)) return Done{};
    return path_.ends_with("/multipleOf") ? malformed(path_, "nothing is a multiple of 0") : Status(Done{});
  }

  Status count(const Value& value) const {
    const bool whole = value.is(Kind::number) && value.number() >= 0 && std::trunc(value.number()) == value.number();
    const bool good = whole || (value.is(Kind::integer) && value.integer() >= 0);
    return good ? Status(Done{}) : malformed(path_, "expected a whole number that is not negative");
  }

  Status dependencies(const Value& value) {
    if (!value.is_map()) return malformed(path_, "expected a mapping");
    for (const auto& [key, needs] : value.map()) {
      if (!key.is_text()) return malformed(path_, "expected text as key");
      if (needs.is_list()) {
        TRY(names(needs));
      } else {
        TRY(schema(needs));
      }
    }
    return Done{};
  }

  const Value& root_;
  bool read_before_;
  std::string path_;
};

bool same(const ShapeProblem& left, const ShapeProblem& right) {
  return left.pointer == right.pointer && left.key == right.key && left.message == right.message;
}

/// True where a misspelled key explains why another is missing.
bool explained(const Misfit& misfit, const std::vector<Misfit>& all) {
  if (misfit.kind != Misfit::Kind::missing) return false;
  return std::any_of(all.begin(), all.end(), [&](const Misfit& other) {
    const auto would_do = [&](const std::string& key) { return key == other.problem.suggestion; };
    return other.kind == Misfit::Kind::unknown && other.problem.pointer == misfit.problem.pointer &&
           std::any_of(misfit.keys.begin(), misfit.keys.end(), would_do);
  });
}

}  // namespace

struct Schema::Inner {
  Value document;
};

Schema::Schema(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
Schema::~Schema() = default;

Result<std::shared_ptr<const Schema>> Schema::parse(Value document) {
  TRY(Reader(document).schema(document));
  return known_good(std::move(document));
}

Result<std::shared_ptr<const Schema>> Schema::parse_with(Value schema, Map definitions) {
  Map whole = schema.is_map() ? schema.map() : Map();
  whole.set("definitions", std::move(definitions));
  const Value document(std::move(whole));
  TRY(Reader(document, true).schema(document));
  return known_good(document);
}

std::shared_ptr<const Schema> Schema::known_good(Value document) {
  return std::shared_ptr<const Schema>(new Schema(std::make_unique<Inner>(Inner{std::move(document)})));
}

std::vector<ShapeProblem> Schema::check(const Value& value) const {
  SchemaWalk walk(inner_->document, SchemaWalk::Mode::full);
  walk.apply(inner_->document, value);
  const std::vector<Misfit> misfits = walk.take();
  std::vector<ShapeProblem> problems;
  for (const Misfit& misfit : misfits) {
    const auto known = [&](const ShapeProblem& problem) { return same(problem, misfit.problem); };
    if (explained(misfit, misfits) || std::any_of(problems.begin(), problems.end(), known)) continue;
    problems.push_back(misfit.problem);
  }
  return problems;
}

const Value& Schema::document() const noexcept { return inner_->document; }

}  // namespace millrace
