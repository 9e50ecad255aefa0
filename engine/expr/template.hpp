#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "expr/expression.hpp"

namespace millrace {

/// An expression in a file, with the place where its text begins.
struct PlacedExpression {
  Expression expression;
  SourceMark at;  ///< `length` covers the text
};

/// A field's value as written: a constant, an expression, text with `${{ }}` in it, or a list or mapping of these.
/// Immutable, cheap to copy.
class Template {
 public:
  using Piece = std::variant<std::string, PlacedExpression>;

  Template() = default;  ///< null
  static Template constant(Value value);
  static Template expression(PlacedExpression expression);
  /// Text with holes: numbers, true/false, timestamps and durations are written out, null as nothing; a list or map is
  /// an error.
  static Template text(std::vector<Piece> pieces);
  static Template list(std::vector<Template> items);
  static Template map(std::vector<std::pair<std::string, Template>> members);
  /// An expression that the action evaluates itself, item by item (schema format "expression").
  static Template closure(PlacedExpression body, std::string parameter);

  /// The value now. Errors carry the mark of the expression that failed. A closure at the top of a `with` mapping is
  /// left out of the value: take it by `closures()`.
  Result<Value> evaluate(const Bindings& bindings) const;

  bool is_constant() const noexcept;
  const Value* constant_value() const noexcept;  ///< nullptr unless constant
  struct ClosureField {
    std::string name;
    const PlacedExpression* body;
    std::string parameter;
  };
  /// Members of a mapping whose values are closures.
  std::vector<ClosureField> closures() const;
  /// Of text: what stands before its first hole, or all of it; else empty.
  std::string beginning() const;
  /// The member of a mapping, or nullptr.
  const Template* member(std::string_view name) const noexcept;
  /// Calls `visit` for each expression inside, closures included (`parameter` is then their argument's name, else
  /// empty).
  void each_expression(const std::function<void(const PlacedExpression&, const std::string& parameter)>& visit) const;

  /// What was written, for who looks at it rather than evaluates it: one of these, all others nullptr.
  struct Shape {
    const Value* constant = nullptr;
    const PlacedExpression* expression = nullptr;
    const std::vector<Piece>* text = nullptr;  ///< with holes
    const std::vector<Template>* items = nullptr;
    const std::vector<std::pair<std::string, Template>>* members = nullptr;
    const PlacedExpression* closure = nullptr;
    std::string_view parameter = {};  ///< of the closure
  };
  Shape shape() const noexcept;  ///< borrows from the template

  struct Node;

 private:
  explicit Template(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  std::shared_ptr<const Node> node_;
};

/// A `${{ ... }}` found in text: byte offsets of the whole and of the expression within.
struct Hole {
  std::size_t begin, end;        ///< from '$' to behind the last '}'
  std::size_t inner, inner_end;  ///< the expression, without surrounding blanks
};

/// Finds the holes of `text`; braces and quotes inside expressions are understood ("${{ {'a': '}}'} }}"). A hole that
/// is not closed ends the search with `unclosed` set to its offset.
struct Holes {
  std::vector<Hole> holes;
  std::optional<std::size_t> unclosed;
};
Holes find_holes(std::string_view text);

/// The text that stands for a value inside text; an error for lists, maps and other kinds that have no plain text.
Result<std::string> as_text(const Value& value);

}  // namespace millrace
