#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "expr/expression.hpp"
#include "schema/schema.hpp"

namespace millrace {

/// The kinds that are possible, a bit for each.
using KindSet = std::uint32_t;
constexpr KindSet kind_set(std::same_as<Kind> auto... kinds) {
  return ((KindSet{1} << static_cast<unsigned>(kinds)) | ... | KindSet{0});
}
inline constexpr KindSet any_kind = ~KindSet{0};
inline constexpr KindSet texts = kind_set(Kind::text);
inline constexpr KindSet times = kind_set(Kind::timestamp);
inline constexpr KindSet whole_numbers = kind_set(Kind::integer, Kind::unsigned_integer);
inline constexpr KindSet numbers = whole_numbers | kind_set(Kind::number);

/// What is known about a value before the run. `any` fits everything and never gives a finding.
class Type {
 public:
  Type() = default;  ///< any
  static Type of(Kind kind);
  static Type of_kinds(KindSet kinds);
  /// The type of values that fit `view`; "date-time" is a timestamp, "duration" stays text. Borrows the schema's
  /// document.
  static Type of(SchemaView view);
  static Type list_of(Type element);
  /// Text that is always one of these words.
  static Type one_of(std::vector<std::string> words);
  static Type optional_of(Type held);
  /// Members beside those that are named: there are none, there may be some, or only where somebody gives them by hand.
  enum class Others : std::uint8_t { none, some, by_hand };
  static Type map_of(std::vector<std::pair<std::string, Type>> members, Others others = Others::none);
  /// What is one of these: it has the members that any of them has. Any of which nothing is known makes it any.
  static Type any_of(std::vector<Type> choices);

  bool is_any() const;
  bool one_shape() const noexcept { return !choices_; }
  std::optional<Kind> kind() const;  ///< nothing where several or all are possible
  bool may_be(Kind kind) const { return (kinds() >> static_cast<unsigned>(kind) & 1u) != 0; }
  KindSet kinds() const;
  Type element() const;  ///< of a list; any where not known
  Type held() const;     ///< by an optional; any where not known
  /// The type of member `name`; nothing where there can be no such member.
  std::optional<Type> member(std::string_view name) const;
  std::vector<std::string> member_names() const;  ///< those that are known
  Others others() const noexcept { return others_; }
  /// What every text of it is one of; empty where that is not known.
  std::vector<std::string> words() const;
  std::string render() const;  ///< for people: "a list", "text", "a timestamp"

 private:
  KindSet kinds_ = 0;  ///< 0: the view says
  SchemaView view_;
  std::shared_ptr<const Type> element_;  ///< of a list or an optional
  std::shared_ptr<const std::vector<std::string>> words_;
  std::shared_ptr<const std::vector<std::pair<std::string, Type>>> members_;
  std::shared_ptr<const std::vector<Type>> choices_;  ///< two or more; `kinds_` are those of all of them
  Others others_ = Others::some;
};

using TypedNames = std::vector<std::pair<std::string, Type>>;

struct TypeCheck {
  /// One of the values that it may give: a side of a `?:`, or the whole.
  struct Way {
    Type type;
    std::size_t offset, length;
  };
  Type type;  ///< of the whole expression
  std::vector<Way> ways;
  std::vector<ExpressionError> problems;
  /// It works, but perhaps not as meant: the format of a time that shows nothing of it; where `unknown_name`, a member
  /// of which the shape does not speak.
  std::vector<ExpressionError> doubts;
  std::vector<ExpressionError> divisions;  ///< likewise: whole numbers whose division is cut
  std::vector<ExpressionError> unknowns;   ///< values of which nothing is known, and of which it takes something
};

/// The type of a value that is known before the run.
Type type_of(const Value& value);

/// A literal, or an item of a literal list, that nothing which is one of `words` ever equals.
struct StrangeWord {
  std::string message;  ///< for people: `never "Monday", did you mean "monday"?`
  std::string meant;    ///< the word that is nearest, or empty
};
std::optional<StrangeWord> strange_word(const Value& literal, const std::vector<std::string>& words);

/// Finds what can be known to be wrong before the run: names that do not exist, members that the schema rules out,
/// unknown functions, arguments that are too many or of a wrong kind, operators between kinds that never fit. Silent
/// where it cannot know. `callable` are the closures in scope, with what they give.
TypeCheck check_types(const Expression& expression, const TypedNames& names, const TypedNames& callable = {});

/// Whether text that was written without `${{ }}` is an expression all the same: each name in it is known, and it takes
/// something from them (a member, a call, a comparison), as prose, host names and names of files do not. `marked` where
/// `${ }` stands around it, so that a name alone is enough.
bool reads_as_expression(const Expression& expression, const TypedNames& names, bool marked);

}  // namespace millrace
