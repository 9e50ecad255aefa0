#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expr/template.hpp"
#include "schema/schema.hpp"
#include "workflow/model.hpp"
#include "workflow/without_braces.hpp"
#include "yaml/rules.hpp"
#include "yaml/yaml.hpp"

namespace millrace {

/// Gives scalars the types that their fields have, and reads the expressions in them.
class FieldReader {
 public:
  /// What texts are: of a workflow, where braces are a slip, or somebody's data, where they are braces.
  enum class Texts : std::uint8_t { written, data };
  FieldReader(const YamlDocument& document, std::vector<Finding>& findings, Texts texts = Texts::written)
      : document_(document), findings_(findings), texts_(texts) {}

  /// A value of the format itself. Expressions (format "expression", "condition"), texts with holes ("template"), and
  /// mappings that others read ("values") are looked at from outside only. A lone item becomes a list where the schema
  /// has a list.
  Value fixed(const Node& node, const SchemaView& view);

  /// Reports everything in which `value`, made from `node`, does not fit. `owner` is the place of the key behind which
  /// the node stands, for keys that are missing in it.
  bool check_shape(const Node& node, const Value& value, const Schema& schema,
                   const std::optional<SourceMark>& owner = {});

  /// A field that takes expressions: the template, and the value to check against the schema, unknown where it is
  /// computed.
  struct Field {
    Template content;
    Value value;
  };
  Field field(const Node& node, const SchemaView& view, ExpressionUses& uses);

  /// The expression of a field that is one, bare or wholly in `${{ }}`, or a list of such. What cannot be read is
  /// reported, and `unreadable` takes its place. Texts of a list that may be expressions go to `texts`.
  PlacedExpression expression(const Node& node, ExpressionUses* texts = nullptr, Meaning meaning = Meaning::anything);
  PlacedExpression condition(const Node& node);
  /// A case without its steps, by its `when`: words (`when: vip`), an expression, a list of these, or half a comparison
  /// (`> 90d`) that `subject` completes.
  SwitchBlock::Case case_value(const Node& node, const PlacedExpression& subject, ExpressionUses* texts);
  /// What is read until `end_loop` stands inside a loop whose items have that name.
  void begin_loop(const std::string& item) { items_of_loops_.push_back(item); }
  void end_loop() { items_of_loops_.pop_back(); }
  static PlacedExpression unreadable();
  static bool readable(const PlacedExpression& expression) { return expression.at.line > 0; }

  SourceMark mark(const Node& node) const { return document_.mark(node); }
  void report(Finding finding) { findings_.push_back(std::move(finding)); }
  std::map<std::pair<int, int>, std::vector<BrokenPlace>> take_broken_places() { return std::move(broken_places_); }

 private:
  struct Stretch {
    std::size_t begin, end;  // of the scalar's text
  };
  Value fixed_scalar(const Node& node, const SchemaView& view);
  Field scalar(const Node& node, const SchemaView& view, ExpressionUses& uses, const std::string& member);
  Field inner(const Node& node, const SchemaView& view, ExpressionUses& uses, const std::string& member);
  Field text(const Node& node, const SchemaView& view, ExpressionUses& uses, const std::string& member);
  Field computed(const Node& node, const SchemaView& view, ExpressionUses& uses, const std::string& member);
  Field closure(const Node& node, const SchemaView& view, ExpressionUses& uses, const std::string& member);
  ExpressionUse use(PlacedExpression expression, ExpressionUse::Role role, const Node& node, const SchemaView& view,
                    const std::string& member) const;

  std::optional<PlacedExpression> whole(const Node& scalar, Meaning meaning, std::string_view compared = "");
  std::optional<PlacedExpression> parse(const Node& scalar, Stretch stretch, Meaning meaning);
  PlacedExpression parse_list(const Node& list, ExpressionUses* texts);
  std::optional<std::string> list_text(const Node& node, ExpressionUses* texts);
  void note_texts(const Node& scalar, ExpressionUses& uses) const;
  void lone_name(const Node& scalar, const SchemaView& view);
  bool one_line(const Node& scalar) const;
  void check_text(const Node& scalar);
  void check_empty(const Node& scalar);
  bool glued(const Node& node, const ShapeProblem& problem);
  bool bare_braces(const Node& scalar);
  void mixed_expression(const Node& scalar, const std::vector<Hole>& holes, Meaning meaning);
  void unclosed_hole(const Node& scalar, std::size_t at);
  bool spelled_truth(const Node& scalar, bool only_truth);
  void note_broken_places(const Node& scalar, Stretch stretch, const SourceMark& at);
  SourceMark place(const Node& scalar, std::size_t begin, std::size_t end) const;

  const YamlDocument& document_;
  std::vector<Finding>& findings_;
  Texts texts_;
  std::vector<std::string> items_of_loops_;  // that are open
  std::map<std::pair<int, int>, std::vector<BrokenPlace>> broken_places_;
};

/// What takes the place of a part of a scalar, with the quotes and escapes of that scalar.
std::string as_spelled(Node::Style style, std::string_view text);

/// Whether text is words (summer sale, new-customer) or an address, by which nobody means an expression.
bool only_words(std::string_view text);

/// The JSON literal that unquoted text is (a number, true, false, null), or nothing.
std::optional<Value> json_literal(std::string_view text);

}  // namespace millrace
