#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace {

/// One way in which a value does not fit its schema.
struct ShapeProblem {
  std::string pointer =
      {};                ///< JSON pointer of the value that is wrong; of the parent where a key is missing or unknown
  std::string key = {};  ///< the key that is missing or unknown, else empty
  bool at_key = false;   ///< the key itself is wrong (an unknown one), not a value
  std::string message =
      {};  ///< for people: `expected a list, found text`, `missing "name"`, `unknown key "nmae", did you mean "name"?`
  std::string suggestion = {};          ///< what should stand there instead, or empty
  std::vector<std::string> types = {};  ///< of a value of another kind: what would do, as JSON Schema calls it
  std::vector<Value> allowed = {};      ///< of a value that is none of a few: those
  std::string wanted = {};              ///< what its message says of them, without what was found or meant
};

/// A JSON Schema (draft 7; local `$ref`s), read once and used from the loop or any worker: it is immutable.
///
/// The same document directs three things: what a value may look like (`check`), how a scalar written by hand is to be
/// read
/// (`SchemaView::types`), and what an expression may ask for (`SchemaView::property`, `items`).
class Schema {
 public:
  /// `document` is the schema as a value; a malformed one is an error that says where.
  static Result<std::shared_ptr<const Schema>> parse(Value document);
  /// `schema` with `definitions` as its member of that name, which have been read before and are not read again.
  static Result<std::shared_ptr<const Schema>> parse_with(Value schema, Map definitions);
  /// A document that needs no reading, because it is put together out of parts of one that was read.
  static std::shared_ptr<const Schema> known_good(Value document);
  ~Schema();
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  /// Everything wrong with `value`, in document order. Unknown values fit everywhere.
  std::vector<ShapeProblem> check(const Value& value) const;
  const Value& document() const noexcept;

 private:
  struct Inner;
  explicit Schema(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

/// Whether a "pattern" can be tried here: what other engines for regular expressions know beyond ours fits everything.
bool pattern_known(const std::string& pattern);

/// What JSON Schema calls the type of a value, the narrowest where there are two: "integer" for a whole number. Kinds
/// that JSON does not have are written as texts.
std::string_view json_type_of(const Value& value) noexcept;

/// A place inside a schema, with local references followed. A default-made view knows nothing and allows everything.
/// Borrows the schema's document: keep the Schema alive.
class SchemaView {
 public:
  SchemaView() = default;
  SchemaView(const Value& root, const Value& here);

  bool known() const noexcept { return here_ != nullptr; }
  const Value* raw() const noexcept { return here_; }
  /// The names of "type" ("string", "integer", "number", "boolean", "array", "object", "null"); empty where any is
  /// allowed.
  std::vector<std::string> types() const;
  bool allows(std::string_view type) const;
  /// "format", or empty. Ours beside the standard's: "duration", "expression" (evaluated later, with names of its own).
  std::string format() const;
  SchemaView property(std::string_view name) const;  ///< unknown view where the schema does not say
  std::vector<std::string> property_names() const;
  bool open() const;  ///< members that are not listed are allowed
  std::vector<std::string> required() const;
  SchemaView items() const;
  std::string description() const;

 private:
  const Value* root_ = nullptr;
  const Value* here_ = nullptr;
};

}  // namespace millrace
