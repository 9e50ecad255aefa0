#include "expr/syntax.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "expr/lexer.hpp"
#include "expr/macros.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_text = 256 * 1024;

struct Infix {
  std::string_view symbol;
  int level;
  Operator op;
};

// From loose to tight; all are left-associative. `&&` and `||` are chains of their own.
constexpr std::array<Infix, 14> infixes = {{{"||", 1, Operator::none},
                                            {"&&", 2, Operator::none},
                                            {"<", 3, Operator::less},
                                            {"<=", 3, Operator::less_equal},
                                            {">", 3, Operator::greater},
                                            {">=", 3, Operator::greater_equal},
                                            {"==", 3, Operator::equal},
                                            {"!=", 3, Operator::not_equal},
                                            {"in", 3, Operator::in},
                                            {"+", 4, Operator::add},
                                            {"-", 4, Operator::subtract},
                                            {"*", 5, Operator::multiply},
                                            {"/", 5, Operator::divide},
                                            {"%", 5, Operator::remainder}}};

using Node = Expression::Node;

/// Recursive descent. The first error ends it: `failed_` stays set and every function returns at once.
class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  ParsedNode read() {
    if (here().kind == TokenKind::end) return ExpressionError{"an expression is missing", 0, 1, ""};
    Node root = expression();
    if (!failed_ && here().kind != TokenKind::end) fail_at_surplus();
    return failed_ ? ParsedNode(error_) : ParsedNode(std::move(root));
  }

 private:
  const Token& here() const { return tokens_[at_]; }
  const Token& next() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  Node stands(std::size_t begin, Node node) const {
    const Token& last = tokens_[at_ > 0 ? at_ - 1 : 0];
    node.begin = static_cast<std::uint32_t>(begin);
    node.end = static_cast<std::uint32_t>(last.offset + last.source.size());
    return node;
  }

  bool sees(std::string_view symbol) const { return here().kind == TokenKind::symbol && here().source == symbol; }
  bool accept(std::string_view symbol) { return sees(symbol) && (take(), true); }

  Node fail(ExpressionError error) {
    if (!failed_) error_ = std::move(error);
    failed_ = true;
    return {};
  }
  Node fail(std::string message, const Token& token, std::string suggestion = "") {
    return fail(
        {std::move(message), token.offset, std::max<std::size_t>(token.source.size(), 1), std::move(suggestion)});
  }

  void expect(std::string_view symbol, std::string_view after) {
    if (failed_ || accept(symbol)) return;
    fail("expected \"" + std::string(symbol) + "\" after " + std::string(after) + ", found " + shown(here()), here());
  }

  static std::string shown(const Token& token) {
    if (token.kind == TokenKind::end) return "the end of the expression";
    if (token.kind == TokenKind::text || token.kind == TokenKind::bytes) return "text";
    return '"' + std::string(token.source) + '"';
  }

  void fail_at_surplus() {
    const std::string_view word = here().source;
    const auto instead = [&](const std::string& symbol) {
      fail('"' + std::string(word) + "\" is no operator, did you mean \"" + symbol + "\"?", here(), symbol);
    };
    if (word == "and" || word == "AND") return instead("&&");
    if (word == "or" || word == "OR") return instead("||");
    if (word == "is") return instead("==");
    fail("expected an operator before " + shown(here()), here());
  }

  static Node node(NodeKind kind, const Token& token) {
    Node made;
    made.kind = kind;
    made.offset = static_cast<std::uint32_t>(token.offset);
    made.length = static_cast<std::uint32_t>(std::max<std::size_t>(token.source.size(), 1));
    return made;
  }

  Node constant(Value value, const Token& token) {
    Node made = node(NodeKind::constant, token);
    made.value = std::move(value);
    return made;
  }

  void adopt(Node& parent, Node child) {
    parent.height = std::max(parent.height, static_cast<std::uint16_t>(child.height + 1));
    parent.children.push_back(std::move(child));
    if (parent.height > height_limit) fail("the expression is nested too deeply", here());
  }

  Node expression() {
    if (++depth_ > nesting_limit) return fail("the expression is nested too deeply", here());
    const std::size_t begin = here().offset;
    Node condition = infix(1);
    if (!failed_ && sees("?")) {
      Node choice = node(NodeKind::conditional, take());
      adopt(choice, std::move(condition));
      adopt(choice, infix(1));
      expect(":", "the value before it (a condition reads: when ? this : that)");
      if (!failed_) adopt(choice, expression());
      condition = stands(begin, std::move(choice));
    }
    --depth_;
    return condition;
  }

  const Infix* infix_here() const {
    if (here().kind != TokenKind::symbol && !(here().kind == TokenKind::name && here().source == "in")) return nullptr;
    const auto* found =
        std::find_if(infixes.begin(), infixes.end(), [&](const Infix& known) { return known.symbol == here().source; });
    return found == infixes.end() ? nullptr : found;
  }

  Node infix(int level) {
    const std::size_t begin = here().offset;
    Node left = unary();
    for (const Infix* op = infix_here(); !failed_ && op && op->level >= level; op = infix_here()) {
      const Token& symbol = take();
      Node right = infix(op->level + 1);
      if (failed_) break;
      left = stands(begin, joined(*op, symbol, std::move(left), std::move(right)));
    }
    return left;
  }

  Node joined(const Infix& op, const Token& symbol, Node left, Node right) {
    const NodeKind kind = op.level == 1 ? NodeKind::any_of : op.level == 2 ? NodeKind::all_of : NodeKind::operation;
    if (kind != NodeKind::operation && left.kind == kind && left.text.empty()) {
      adopt(left, std::move(right));
      return left;
    }
    Node made = node(kind, symbol);
    made.op = op.op;
    adopt(made, std::move(left));
    adopt(made, std::move(right));
    return made;
  }

  Node unary() {
    if (failed_) return {};
    const std::size_t begin = here().offset;
    if (sees("-") && (next().kind == TokenKind::integer || next().kind == TokenKind::number)) {
      const Token& sign = take();
      return postfix(begin, stands(begin, number_literal(take(), &sign)));
    }
    if (!sees("!") && !sees("-")) return postfix(begin, primary());
    const Token& symbol = take();
    int repeated = 1;
    while (sees(symbol.source) && !(sees("-") && next().kind != TokenKind::symbol && next().kind != TokenKind::name)) {
      take();
      ++repeated;
    }
    if (++depth_ > nesting_limit) return fail("the expression is nested too deeply", here());
    Node inner = unary();
    --depth_;
    // Pairs cancel out, except that the last pair still checks what it is applied to: !!1 is an error.
    for (int left = repeated % 2 == 1 ? 1 : 2; left > 0; --left) {
      Node made = node(symbol.source == "!" ? NodeKind::negation : NodeKind::operation, symbol);
      if (symbol.source == "-") made.op = Operator::negate;
      adopt(made, std::move(inner));
      inner = stands(begin, std::move(made));
    }
    return inner;
  }

  Node number_literal(const Token& token, const Token* sign) {
    const std::string text = (sign ? "-" : "") + std::string(token.source);
    if (token.kind == TokenKind::number) {
      const double number = std::strtod(text.c_str(), nullptr);  // what is too small becomes zero
      return std::isfinite(number) ? constant(number, token) : fail("this number is too large", token);
    }
    const bool hex = token.source.size() > 2 && (token.source[1] == 'x' || token.source[1] == 'X');
    std::string digits = (sign ? "-" : "") + std::string(token.source.substr(hex ? 2 : 0));
    if (token.kind == TokenKind::unsigned_integer) {
      digits.pop_back();
      std::uint64_t number = 0;
      const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number, hex ? 16 : 10);
      if (failure != std::errc()) return fail("this whole number is too large", token);
      return constant(number, token);
    }
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number, hex ? 16 : 10);
    if (failure != std::errc()) return fail("this whole number is too large, larger ones end in u or .0", token);
    return constant(number, token);
  }

  Node primary() {
    const Token& token = take();
    switch (token.kind) {
      case TokenKind::integer:
      case TokenKind::unsigned_integer:
      case TokenKind::number:
        return stands(token.offset, number_literal(token, nullptr));
      case TokenKind::text:
        return stands(token.offset, constant(token.content, token));
      case TokenKind::bytes:
        return stands(token.offset, constant(Value::bytes(token.content), token));
      case TokenKind::name:
        return stands(token.offset, name(token, false));
      case TokenKind::quoted_name:
        return fail("a name in ` ` can only stand behind a dot", token);
      case TokenKind::symbol:
        return bracketed(token);
      case TokenKind::end:
        return fail("the expression ends where a value is expected", token);
    }
    return {};
  }

  Node bracketed(const Token& token) {
    if (token.source == "(") {
      Node inner = expression();
      expect(")", "this value");
      // A chain in brackets is not continued by what follows them.
      if (inner.kind == NodeKind::all_of || inner.kind == NodeKind::any_of) inner.text = "()";
      return inner;
    }
    if (token.source == "[") return stands(token.offset, list(token));
    if (token.source == "{") return stands(token.offset, map(token));
    if (token.source == "." && here().kind == TokenKind::name) return stands(token.offset, name(take(), true));
    return fail("expected a value, found " + shown(token), token);
  }

  Node name(const Token& token, bool rooted) {
    const std::string_view word = token.source;
    if (!rooted && word == "true") return constant(true, token);
    if (!rooted && word == "false") return constant(false, token);
    if (!rooted && word == "null") return constant(nullptr, token);
    const bool called = sees("(");
    if (word == "in" || (is_reserved(word) && !(word == "if" && called))) {
      return fail('"' + std::string(word) + "\" is reserved and cannot be a name", token);
    }
    const bool denies = called || (here().kind != TokenKind::end && here().kind != TokenKind::symbol);
    if (denies && (word == "not" || word == "NOT"))
      return fail('"' + std::string(word) + "\" is no operator, did you mean \"!\"?", token, "!");
    if (called) return call(nullptr, token);
    if (sees("{")) return fail("there are no messages of type \"" + std::string(word) + "\"", token);
    Node made = node(NodeKind::name, token);
    made.text = word;
    made.path = word;
    made.rooted = rooted;
    return made;
  }

  std::vector<Node> arguments(std::string_view after) {
    std::vector<Node> list;
    while (!failed_ && !sees(")")) {
      list.push_back(expression());
      if (!accept(",")) break;
      if (sees(")")) fail("expected a value after \",\"", here());
    }
    expect(")", after);
    return list;
  }

  Node call(Node* receiver, const Token& token) {
    take();
    if (++depth_ > nesting_limit) return fail("the expression is nested too deeply", here());
    std::vector<Node> given = arguments("the arguments of \"" + std::string(token.source) + '"');
    --depth_;
    if (failed_) return {};
    Node made = node(NodeKind::call, token);
    made.text = token.source;
    made.receiver = receiver != nullptr;
    if (receiver) adopt(made, std::move(*receiver));
    for (Node& argument : given) adopt(made, std::move(argument));
    if (auto error = expand_macro(made)) fail(std::move(*error));
    return made;
  }

  /// What follows a value that begins there, with the brackets around it.
  Node postfix(std::size_t begin, Node value) {
    while (!failed_) {
      if (sees(".")) {
        take();
        value = stands(begin, member(std::move(value)));
      } else if (sees("[")) {
        Node made = node(NodeKind::index, take());
        made.optional = accept("?");
        adopt(made, std::move(value));
        adopt(made, expression());
        expect("]", "the index");
        value = stands(begin, std::move(made));
      } else if (sees("{") && !value.path.empty()) {
        return fail("there are no messages of type \"" + value.path + '"', here());
      } else {
        break;
      }
    }
    return value;
  }

  Node member(Node value) {
    const bool optional = accept("?");
    const Token& token = take();
    const bool quoted = token.kind == TokenKind::quoted_name;
    if (token.kind != TokenKind::name && !quoted)
      return fail("expected a name after \".\", found " + shown(token), token);
    const std::string_view word = token.source;
    if (!quoted && (word == "true" || word == "false" || word == "null" || word == "in")) {
      return fail('"' + std::string(word) + "\" cannot stand behind a dot, write [\"" + std::string(word) + "\"]",
                  token);
    }
    if (!quoted && !optional && sees("(")) return call(&value, token);
    Node made = node(NodeKind::select, token);
    made.text = quoted ? token.content : std::string(word);
    made.optional = optional;
    if (!quoted && !optional && !value.path.empty()) made.path = value.path + '.' + made.text;
    adopt(made, std::move(value));
    return made;
  }

  void mark_optional(Node& parent, bool optional) {
    if (optional) parent.optional_entries.resize(parent.children.size() + 1);
    if (!parent.optional_entries.empty()) {
      parent.optional_entries.resize(parent.children.size() + 1);
      parent.optional_entries[parent.children.size()] = optional;
    }
  }

  Node list(const Token& token) {
    Node made = node(NodeKind::list, token);
    while (!failed_ && !sees("]")) {
      mark_optional(made, accept("?"));
      adopt(made, expression());
      if (!accept(",")) break;
    }
    expect("]", "the entries of the list");
    return made;
  }

  Node map(const Token& token) {
    Node made = node(NodeKind::map, token);
    while (!failed_ && !sees("}")) {
      mark_optional(made, accept("?"));
      adopt(made, expression());
      expect(":", "a key");
      if (failed_) break;
      adopt(made, expression());
      if (!accept(",")) break;
    }
    expect("}", "the entries of the mapping");
    return made;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool failed_ = false;
  ExpressionError error_;
};

}  // namespace

std::string_view name_of(Operator op) noexcept {
  if (op == Operator::negate) return "-";
  for (const Infix& known : infixes) {
    if (known.op == op && op != Operator::none) return known.symbol;
  }
  return "";
}

ParsedNode parse_syntax(std::string_view text) {
  if (text.size() > longest_text) return ExpressionError{"the expression is longer than 256 KiB", 0, 1, ""};
  auto tokens = read_tokens(text);
  if (auto* error = std::get_if<ExpressionError>(&tokens)) return *error;
  return Parser(std::get<std::vector<Token>>(std::move(tokens))).read();
}

}  // namespace millrace
