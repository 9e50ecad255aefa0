#include "expr/template.hpp"

#include <algorithm>

#include "expr/functions.hpp"
#include "value/extent.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

struct ClosureBody {
  PlacedExpression body;
  std::string parameter;
};

using Text = std::vector<Template::Piece>;
using Items = std::vector<Template>;
using Members = std::vector<std::pair<std::string, Template>>;

Error placed(Error error, const SourceMark& at) {
  if (!error.at) error.at = at;
  return error;
}

/// What the expressions of one template may make together, beside what the next one makes.
class Gathering {
 public:
  Status add(std::size_t bytes) {
    constexpr std::size_t most = std::size_t{192} << 20;
    bytes_ += bytes;
    if (bytes_ <= most) return Done{};
    return Error{ErrorCode::invalid, "this would make more than 192 MiB at once: take less at a time"};
  }

 private:
  std::size_t bytes_ = 0;
};

Result<Value> evaluate_placed(const PlacedExpression& expression, const Bindings& bindings) {
  auto value = expression.expression.evaluate(bindings);
  if (!value) return placed(value.error(), expression.at);
  // It would be written and sent as the word, which no one who expects a number reads as one.
  if (!all_finite(*value)) {
    return placed(Error{ErrorCode::invalid,
                        "this gives Infinity or NaN, which is no number that can be written or sent: say what is "
                        "meant where a divisor is zero, as in vars.n == 0 ? 0.0 : double(vars.sum) / vars.n"},
                  expression.at);
  }
  return value;
}

Result<Value> evaluate_text(const Text& pieces, const Bindings& bindings) {
  std::string text;
  Gathering gathering;
  for (const Template::Piece& piece : pieces) {
    if (const auto* plain = std::get_if<std::string>(&piece)) {
      text += *plain;
      continue;
    }
    const auto& hole = std::get<PlacedExpression>(piece);
    const Value value = TRY(evaluate_placed(hole, bindings));
    if (value.is_unknown()) return value;
    const auto made = value.is_text() ? Result<std::string>(std::string()) : as_text(value);
    if (!made) return placed(made.error(), hole.at);
    const std::string& shown = value.is_text() ? value.text() : *made;
    const Status fits = gathering.add(shown.size());
    if (!fits) return placed(fits.error(), hole.at);
    text += shown;
  }
  return Value(std::move(text));
}

}  // namespace

struct Template::Node {
  std::variant<std::monostate, PlacedExpression, Text, Items, Members, ClosureBody> content;
  std::optional<Value> constant;  // of everything that has no expression inside
};

Template Template::constant(Value value) {
  Node node;
  node.constant = std::move(value);
  return Template(std::make_shared<const Node>(std::move(node)));
}

Template Template::expression(PlacedExpression expression) {
  Node node;
  node.content = std::move(expression);
  return Template(std::make_shared<const Node>(std::move(node)));
}

Template Template::text(std::vector<Piece> pieces) {
  Node node;
  const bool plain = std::all_of(pieces.begin(), pieces.end(), [](const Piece& piece) { return piece.index() == 0; });
  if (plain) {
    std::string whole;
    for (const Piece& piece : pieces) whole += std::get<std::string>(piece);
    node.constant = std::move(whole);
  }
  node.content = std::move(pieces);
  return Template(std::make_shared<const Node>(std::move(node)));
}

Template Template::list(std::vector<Template> items) {
  Node node;
  if (std::all_of(items.begin(), items.end(), [](const Template& item) { return item.is_constant(); })) {
    Value::List values;
    for (const Template& item : items) values.push_back(*item.constant_value());
    node.constant = std::move(values);
  }
  node.content = std::move(items);
  return Template(std::make_shared<const Node>(std::move(node)));
}

Template Template::map(std::vector<std::pair<std::string, Template>> members) {
  Node node;
  if (std::all_of(members.begin(), members.end(), [](const auto& member) { return member.second.is_constant(); })) {
    Map values;
    for (const auto& [name, member] : members) values.set(name, *member.constant_value());
    node.constant = std::move(values);
  }
  node.content = std::move(members);
  return Template(std::make_shared<const Node>(std::move(node)));
}

Template Template::closure(PlacedExpression body, std::string parameter) {
  Node node;
  node.content = ClosureBody{std::move(body), std::move(parameter)};
  return Template(std::make_shared<const Node>(std::move(node)));
}

Result<Value> Template::evaluate(const Bindings& bindings) const {
  if (!node_) return Value();
  if (node_->constant) return *node_->constant;
  if (const auto* expression = std::get_if<PlacedExpression>(&node_->content))
    return evaluate_placed(*expression, bindings);
  if (const auto* pieces = std::get_if<Text>(&node_->content)) return evaluate_text(*pieces, bindings);
  Gathering gathering;
  if (const auto* items = std::get_if<Items>(&node_->content)) {
    Value::List values;
    for (const Template& item : *items) {
      values.push_back(TRY(item.evaluate(bindings)));
      TRY(gathering.add(bytes_of(values.back())));
    }
    return Value(std::move(values));
  }
  Map values;
  if (const auto* members = std::get_if<Members>(&node_->content)) {
    for (const auto& [name, member] : *members) {
      const bool called_later = member.node_ && std::holds_alternative<ClosureBody>(member.node_->content);
      if (called_later) continue;
      Value value = TRY(member.evaluate(bindings));
      TRY(gathering.add(bytes_of(value)));
      values.set(name, std::move(value));
    }
    return Value(std::move(values));
  }
  return Value();
}

Template::Shape Template::shape() const noexcept {
  Shape shape;
  shape.constant = constant_value();
  if (shape.constant != nullptr) return shape;
  shape.expression = std::get_if<PlacedExpression>(&node_->content);
  shape.text = std::get_if<Text>(&node_->content);
  shape.items = std::get_if<Items>(&node_->content);
  shape.members = std::get_if<Members>(&node_->content);
  if (const auto* closure = std::get_if<ClosureBody>(&node_->content)) {
    shape.closure = &closure->body;
    shape.parameter = closure->parameter;
  }
  return shape;
}

bool Template::is_constant() const noexcept { return constant_value() != nullptr; }

const Value* Template::constant_value() const noexcept {
  static const Value null;
  if (!node_) return &null;
  return node_->constant ? &*node_->constant : nullptr;
}

std::string Template::beginning() const {
  const Value* whole = constant_value();
  if (whole != nullptr) return whole->is_text() ? whole->text() : "";
  const auto* pieces = std::get_if<Text>(&node_->content);
  const auto* first = pieces != nullptr && !pieces->empty() ? std::get_if<std::string>(&pieces->front()) : nullptr;
  return first != nullptr ? *first : "";
}

std::vector<Template::ClosureField> Template::closures() const {
  std::vector<ClosureField> found;
  const auto* members = node_ ? std::get_if<Members>(&node_->content) : nullptr;
  if (!members) return found;
  for (const auto& [name, member] : *members) {
    const auto* closure = member.node_ ? std::get_if<ClosureBody>(&member.node_->content) : nullptr;
    if (closure) found.push_back({name, &closure->body, closure->parameter});
  }
  return found;
}

const Template* Template::member(std::string_view name) const noexcept {
  const auto* members = node_ ? std::get_if<Members>(&node_->content) : nullptr;
  if (!members) return nullptr;
  for (const auto& [known, member] : *members) {
    if (known == name) return &member;
  }
  return nullptr;
}

void Template::each_expression(const std::function<void(const PlacedExpression&, const std::string&)>& visit) const {
  if (!node_) return;
  if (const auto* expression = std::get_if<PlacedExpression>(&node_->content)) visit(*expression, "");
  if (const auto* closure = std::get_if<ClosureBody>(&node_->content)) visit(closure->body, closure->parameter);
  if (const auto* pieces = std::get_if<Text>(&node_->content)) {
    for (const Piece& piece : *pieces) {
      if (const auto* hole = std::get_if<PlacedExpression>(&piece)) visit(*hole, "");
    }
  }
  if (const auto* items = std::get_if<Items>(&node_->content)) {
    for (const Template& item : *items) item.each_expression(visit);
  }
  if (const auto* members = std::get_if<Members>(&node_->content)) {
    for (const auto& [name, member] : *members) member.each_expression(visit);
  }
}

Result<std::string> as_text(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return std::string();
    case Kind::boolean:
      return std::string(value.boolean() ? "true" : "false");
    case Kind::integer:
      return std::to_string(value.integer());
    case Kind::unsigned_integer:
      return std::to_string(value.unsigned_integer());
    case Kind::number:
      return number_text(value.number());
    case Kind::text:
      return value.text();
    case Kind::timestamp:
      return render(value.timestamp());
    case Kind::duration:
      return duration_text(value.duration());
    case Kind::optional:
      return value.optional_value() ? as_text(*value.optional_value()) : Result<std::string>(std::string());
    case Kind::list:
      return Error{ErrorCode::invalid,
                   "a list cannot stand inside text, put its texts together with .join(\", \") or take one item"};
    case Kind::map:
      return Error{ErrorCode::invalid, "a mapping cannot stand inside text, take one of its members"};
    case Kind::unknown:
      return Error{ErrorCode::invalid, value.unknown_what() + " cannot be known before the run"};
    case Kind::bytes:
      return Error{ErrorCode::invalid, "bytes cannot stand inside text, base64.encode() makes text of them"};
    case Kind::type:
      break;
  }
  return Error{ErrorCode::invalid, with_article(value.kind()) + " cannot stand inside text"};
}

}  // namespace millrace
