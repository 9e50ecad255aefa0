#include "workflow/fields.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/text.hpp"
#include "value/json.hpp"
#include "yaml/quotes.hpp"

namespace millrace {
namespace {

Meaning meaning_of(const std::vector<std::string>& types) {
  const bool one = types.size() == 1;
  if (one && types[0] == "boolean") return Meaning::condition;
  return one && (types[0] == "integer" || types[0] == "number") ? Meaning::number : Meaning::anything;
}

bool has(const std::vector<std::string>& types, std::string_view type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

bool number_shaped(std::string_view text) {
  const auto digits = [&] {
    std::size_t count = 0;
    while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

/// The literal as its field wants it: `1e3` is a whole number where one is wanted.
Value in_type(Value literal, const std::vector<std::string>& types) {
  const bool whole = has(types, "integer") && !has(types, "number");
  if (!whole || !literal.is(Kind::number)) return literal;
  const double number = literal.number();
  if (std::trunc(number) != number || std::abs(number) > 9e15) return literal;
  return Value(static_cast<std::int64_t>(number));
}

/// "vip", or "vip, customer", which are several.
bool lone_items(std::string_view text) {
  const std::vector<std::string> parts = split(text, ',');
  return std::all_of(parts.begin(), parts.end(), [](const std::string& part) { return only_words(trim(part)); });
}

/// True where a scalar or mapping alone would have to stand in a list.
bool only_list(const std::vector<std::string>& types, const Node& node) {
  if (!has(types, "array")) return false;
  return node.is_map() ? !has(types, "object") : !has(types, "string") && !node.is_empty();
}

}  // namespace

bool only_words(std::string_view text) {
  const bool address = text.find('@') != std::string_view::npos;
  const auto in_word = [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return std::isalnum(byte) || byte >= 0x80 || c == '_' || c == '-' || (address && (c == '@' || c == '.'));
  };
  const std::vector<std::string> words = split(text, ' ');
  return !text.empty() && std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::all_of(word.begin(), word.end(), in_word) && !word.starts_with('-') && !word.ends_with('-');
  });
}

std::optional<Value> json_literal(std::string_view text) {
  if (text == "true" || text == "false") return Value(text == "true");
  if (text == "null") return Value();
  if (text.empty() || (text[0] != '-' && (text[0] < '0' || text[0] > '9')) || !number_shaped(text)) return std::nullopt;
  auto number = parse_json(text);
  return number ? std::optional(*number) : std::nullopt;
}

Value FieldReader::fixed(const Node& node, const SchemaView& view) {
  const std::string format = view.format();
  const bool expression = format == "expression" || format == "condition";
  if (expression && !node.is_empty() && (node.is_scalar() || format == "expression"))
    return Value::unknown("an expression");
  check_empty(node);
  if (node.is_empty()) return {};
  if (format == "values" && node.is_map()) {
    Map members;
    for (const Node::Member& member : node.members) members.set(member.key, Value::unknown("a value"));
    return members;
  }
  if (format == "template" && node.is_scalar()) return Value(node.text);
  const bool lone = !node.is_list() && only_list(view.types(), node);
  if (lone) return Value::List{fixed(node, view.items())};
  if (node.is_scalar()) return fixed_scalar(node, view);
  if (node.is_list()) {
    Value::List items;
    for (const Node& item : node.items) items.push_back(fixed(item, view.items()));
    return items;
  }
  Map members;
  for (const Node::Member& member : node.members)
    members.set(member.key, fixed(member.value, view.property(member.key)));
  return members;
}

Value FieldReader::fixed_scalar(const Node& node, const SchemaView& view) {
  const std::vector<std::string> types = view.types();
  if (node.is_plain()) {
    if (has(types, "boolean") && !has(types, "string") && spelled_truth(node, false)) {
      return Value(lower(node.text) == "yes" || lower(node.text) == "on");
    }
    const auto literal = json_literal(node.text);
    const bool text_only = types.size() == 1 && types[0] == "string";
    if (literal && !text_only && (types.empty() || view.allows(json_type_of(*literal)) || !has(types, "string"))) {
      return in_type(*literal, types);
    }
  }
  check_text(node);
  return Value(node.text);
}

/// Reports `#general` where it stands alone, which is a comment behind nothing.
void FieldReader::check_empty(const Node& scalar) {
  if (!scalar.is_empty() || scalar.cut == 0) return;
  const std::size_t sign = document_.text().find('#', scalar.end);
  const std::string text = document_.text().substr(sign, scalar.cut - sign);
  Finding about =
      finding(Rule::text_cut, document_.lines.mark(sign, scalar.cut),
              "nothing stands here but a comment, which begins at the \"#\": quote it to keep it as text, or "
              "put a blank behind the #",
              in_yaml_quotes(text));
  about.severity = Severity::warning;
  report(std::move(about));
}

FieldReader::Field FieldReader::field(const Node& node, const SchemaView& view, ExpressionUses& uses) {
  return inner(node, view, uses, "");
}

FieldReader::Field FieldReader::inner(const Node& node, const SchemaView& view, ExpressionUses& uses,
                                      const std::string& member) {
  if (node.is_scalar()) return scalar(node, view, uses, member);
  std::vector<Template> items;
  Value::List values;
  for (const Node& item : node.items) {
    Field read = inner(item, view.items(), uses, member);
    items.push_back(std::move(read.content));
    values.push_back(std::move(read.value));
  }
  if (node.is_list()) {
    Value value(std::move(values));
    return {value.contains_unknown() ? Template::list(std::move(items)) : Template::constant(value), value};
  }
  std::vector<std::pair<std::string, Template>> members;
  Map map;
  for (const Node::Member& one : node.members) {
    if (one.key.find("${{") != std::string::npos)
      report(
          finding(Rule::wrong_value, document_.key_mark(one),
                  "a name stays as it is written, only values are filled in: an expression makes a mapping with such "
                  "a name, as in ${{ {event.name: event.value} }}"));
    Field read = inner(one.value, view.property(one.key), uses, member.empty() ? one.key : member);
    members.emplace_back(one.key, std::move(read.content));
    map.set(one.key, std::move(read.value));
  }
  Value value(std::move(map));
  return {value.contains_unknown() ? Template::map(std::move(members)) : Template::constant(value), value};
}

FieldReader::Field FieldReader::scalar(const Node& node, const SchemaView& view, ExpressionUses& uses,
                                       const std::string& member) {
  check_empty(node);
  if (node.is_empty()) return {Template::constant({}), {}};
  if (view.format() == "expression") return closure(node, view, uses, member);
  const std::vector<std::string> types = view.types();
  return types.empty() || has(types, "string") ? text(node, view, uses, member) : computed(node, view, uses, member);
}

ExpressionUse FieldReader::use(PlacedExpression expression, ExpressionUse::Role role, const Node& node,
                               const SchemaView& view, const std::string& member) const {
  return {std::move(expression), role, view, "", "", member, mark(node)};
}

FieldReader::Field FieldReader::closure(const Node& node, const SchemaView& view, ExpressionUses& uses,
                                        const std::string& member) {
  Field read = {Template::constant({}), Value::unknown("an expression")};
  const std::string parameter = view.raw() ? view.raw()->text_or("x-parameter", "item") : "item";
  auto expression = whole(node, meaning_of(view.types()), parameter);
  if (!expression) return read;
  ExpressionUse closure = use(*expression, ExpressionUse::Role::closure, node, view, member);
  closure.parameter = parameter;
  closure.element_of = view.raw() ? view.raw()->text_or("x-element-of") : "";
  read.content = Template::closure(std::move(*expression), closure.parameter);
  uses.push_back(std::move(closure));
  return read;
}

/// A field of text, or one of which nothing is known.
FieldReader::Field FieldReader::text(const Node& node, const SchemaView& view, ExpressionUses& uses,
                                     const std::string& member) {
  const std::vector<std::string> types = view.types();
  const bool text_only = types.size() == 1;
  const auto literal = node.is_plain() && !text_only ? json_literal(node.text) : std::nullopt;
  if (literal && (types.empty() || view.allows(json_type_of(*literal))))
    return {Template::constant(*literal), *literal};
  const Holes found = find_holes(node.text);
  if (found.unclosed) {
    unclosed_hole(node, *found.unclosed);
    return {Template::constant({}), Value::unknown("an expression")};
  }
  check_text(node);
  lone_name(node, view);
  note_texts(node, uses);
  if (found.holes.empty()) return {Template::constant(node.text), Value(node.text)};

  Field read = {Template::constant({}), Value::unknown("an expression")};
  const bool one = found.holes.size() == 1 && found.holes[0].begin == 0 && found.holes[0].end == node.text.size();
  const auto role = one && !text_only ? ExpressionUse::Role::whole : ExpressionUse::Role::hole;
  std::vector<Template::Piece> pieces;
  std::size_t done = 0;
  bool good = true;
  for (const Hole& hole : found.holes) {
    if (hole.begin > done) pieces.emplace_back(node.text.substr(done, hole.begin - done));
    done = hole.end;
    auto expression = parse(node, {hole.inner, hole.inner_end}, Meaning::text);
    good = good && expression.has_value();
    if (!expression) continue;
    uses.push_back(use(*expression, role, node, view, member));
    pieces.emplace_back(std::move(*expression));
  }
  if (done < node.text.size()) pieces.emplace_back(node.text.substr(done));
  if (!good) return read;
  read.content = role == ExpressionUse::Role::whole ? Template::expression(std::get<PlacedExpression>(pieces[0]))
                                                    : Template::text(std::move(pieces));
  return read;
}

/// A field that is not text: a literal, or an expression.
FieldReader::Field FieldReader::computed(const Node& node, const SchemaView& view, ExpressionUses& uses,
                                         const std::string& member) {
  const std::vector<std::string> types = view.types();
  Field unreadable_field = {Template::constant({}), Value::unknown("an expression")};
  if (has(types, "boolean") && spelled_truth(node, false)) {
    const Value truth(lower(node.text) == "yes" || lower(node.text) == "on");
    return {Template::constant(truth), truth};
  }
  const auto literal = node.is_plain() ? json_literal(node.text) : std::nullopt;
  if (literal) {
    const Value value = in_type(*literal, types);
    return {Template::constant(value), value};
  }
  const bool numeric = has(types, "integer") || has(types, "number");
  const std::size_t significant = node.text.find_first_not_of('0');
  const bool padded = numeric && node.text.starts_with('0') && significant != std::string::npos &&
                      json_literal(node.text.substr(significant));
  if (padded) {
    report(finding(Rule::wrong_value, mark(node), "a number does not begin with 0", node.text.substr(significant)));
    return unreadable_field;
  }
  const std::size_t findings_before = findings_.size();
  auto expression = whole(node, meaning_of(types));
  if (!expression) {
    if (types.size() == 1 && types[0] == "array" && lone_items(node.text)) {
      findings_.resize(findings_before);
      const std::string_view written = document_.lines.text().substr(node.begin, node.end - node.begin);
      report(finding(Rule::lone_item, mark(node), "expected a list, or an expression that gives one",
                     written.find('\n') == std::string_view::npos ? between('[', written, ']') : ""));
    }
    return unreadable_field;
  }
  uses.push_back(use(*expression, ExpressionUse::Role::whole, node, view, member));
  return {Template::expression(std::move(*expression)), Value::unknown("an expression")};
}

}  // namespace millrace
