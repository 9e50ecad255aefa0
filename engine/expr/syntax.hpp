#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "expr/expression.hpp"

namespace millrace {

struct Function;
struct Frame;
class Pattern;

enum class NodeKind : std::uint8_t {
  constant,     // value
  name,         // text, looked up in the bindings
  local,        // slot: a variable of a macro around it
  select,       // children[0].text
  has,          // has(children[0].text)
  index,        // children[0][children[1]]
  list,         // children, some perhaps optional
  map,          // children: key, value, key, value
  conditional,  // children[0] ? children[1] : children[2]
  all_of,       // children joined by &&
  any_of,       // children joined by ||
  negation,     // !children[0]
  operation,    // op of one or two children
  call,         // function of children; the receiver is the first
  closure,      // text(children[0]), or an unknown function where no closure has that name
  loop,         // macro over children[0]
};

enum class Operator : std::uint8_t {
  none,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  negate,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in
};

std::string_view name_of(Operator op) noexcept;

enum class Macro : std::uint8_t {
  none,
  all,
  exists,
  exists_one,
  map,  // children: range, [condition], element
  filter,
  transform_list,  // as map, with key and value
  transform_map,
  transform_map_entry,
  sort_by,  // children: range, key, [descending]
  group_by,
  distinct_by,
  bind,  // children: value, body
  optional_map,
  optional_flat_map,
};

/// What gives the value of a node, once its step is paid (`evaluate`).
using Evaluator = const Value* (*)(const Expression::Node& node, Frame& frame, Value& scratch);

struct Expression::Node {
  NodeKind kind = NodeKind::constant;
  Operator op = Operator::none;
  Macro macro = Macro::none;
  bool optional = false;     // `.?` and `[?`
  bool rooted = false;       // a name with a leading dot: never a variable of a macro
  bool receiver = false;     // of a call: children[0] stood before the dot
  std::uint16_t height = 1;  // of the tree below, so that recursion stays bounded
  std::uint32_t offset = 0;  // the telling place in the text: the name, the operator, the literal
  std::uint32_t length = 1;
  std::uint32_t begin = 0, end = 0;  // where it stands in the text, without brackets around all of it
  int slot = 0;                      // of the first variable, or of a name
  std::string text;                  // name, member, or function
  std::string path;                  // "a.b.c" where a select is nothing but names
  Value value;
  std::vector<Node> children;
  std::vector<bool> optional_entries;  // of a list or map: which are written with `?`; empty where none is
  std::vector<std::string> variables;  // of a loop: one or two
  Evaluator evaluator = nullptr;       // by `evaluator_of`
  const Function* function = nullptr;
  std::shared_ptr<const Pattern> pattern;  // of `matches`, when its pattern is constant
};

struct Expression::Parsed {
  std::string text;
  bool to_the_letter = false;           // of the specification: Dialect::specification
  std::vector<std::string> containers;  // prefixes for names, innermost first: "a.b.", "a.", ""
  Node root;
  int slots = 0;                                   // how many variables of macros are alive at once
  std::vector<ExpressionError> constant_failures;  // calls that fail whatever the names hold, such as duration("1 day")
};

/// The most that may be nested; evaluation recurses as deep as the tree is high.
inline constexpr int nesting_limit = 200;
inline constexpr int height_limit = 1000;
inline constexpr int slot_limit = 2 * nesting_limit;
/// So many names are looked up once in an evaluation; those beyond have a slot together in which nothing is kept.
inline constexpr int name_limit = 7;
inline constexpr int no_slot = slot_limit + name_limit;

using ParsedNode = std::variant<Expression::Node, ExpressionError>;

/// Text to tree; macros are recognised, names are not yet resolved.
ParsedNode parse_syntax(std::string_view text);

/// Finds functions and variables of macros, compiles patterns, folds what is constant. Nothing here is an error: what
/// does not exist is reported when it is evaluated, as CEL has it.
void resolve(Expression::Parsed& parsed);

}  // namespace millrace
