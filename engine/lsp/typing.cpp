#include "lsp/typing.hpp"

#include <utility>

#include "expr/macros.hpp"

namespace millrace::lsp {
namespace {

struct Token {
  enum class Kind : std::uint8_t { word, text, sign } kind;
  std::size_t begin, end;
};

bool word_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The expression in pieces; the last one reaches to its end. Nothing where that is inside a text.
std::optional<std::vector<Token>> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    if (word_letter(text[at])) {
      while (at < text.size() && word_letter(text[at])) ++at;
      tokens.push_back({Token::Kind::word, begin, at});
    } else if (text[at] == '\'' || text[at] == '"') {
      for (++at; at < text.size() && text[at] != text[begin]; ++at) at += text[at] == '\\' ? 1 : 0;
      if (at >= text.size()) return std::nullopt;
      tokens.push_back({Token::Kind::text, begin, ++at});
    } else if (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r') {
      ++at;
    } else {
      tokens.push_back({Token::Kind::sign, begin, ++at});
    }
  }
  return tokens;
}

class Reader {
 public:
  Reader(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {
    std::vector<std::size_t> open;
    opening_.resize(tokens_.size());
    for (std::size_t at = 0; at < tokens_.size(); ++at) {
      opening_[at] = at;
      if (is(at, "(") || is(at, "[") || is(at, "{")) open.push_back(at);
      if ((is(at, ")") || is(at, "]") || is(at, "}")) && !open.empty()) {
        opening_[at] = open.back();
        open.pop_back();
      }
    }
    open_ = std::move(open);
  }

  Typing read() const {
    Typing typing;
    typing.begin = text_.size();
    std::size_t end = tokens_.size();
    if (end > 0 && tokens_[end - 1].kind == Token::Kind::word && tokens_[end - 1].end == text_.size()) {
      --end;
      typing.begin = tokens_[end].begin;
      typing.word = text_.substr(typing.begin);
    }
    if (const auto dot = dot_before(end)) {
      typing.member = true;
      typing.receiver = chain_before(*dot);
    }
    for (const std::size_t bracket : open_) add_loop(bracket, typing.loops);
    return typing;
  }

 private:
  std::string_view at(std::size_t token) const {
    return text_.substr(tokens_[token].begin, tokens_[token].end - tokens_[token].begin);
  }
  bool is(std::size_t token, std::string_view sign) const { return at(token) == sign; }

  /// The dot that stands before the piece; of `.?` the dot, too.
  std::optional<std::size_t> dot_before(std::size_t token) const {
    if (token > 1 && is(token - 1, "?") && is(token - 2, ".")) return token - 2;
    if (token > 0 && is(token - 1, ".")) return token - 1;
    return std::nullopt;
  }

  /// `a.b[0].c(1)` that ends before the piece.
  std::string chain_before(std::size_t end) const {
    std::size_t begin = end;
    while (begin > 0) {
      const std::size_t last = begin - 1;
      if (tokens_[last].kind == Token::Kind::text) {
        begin = last;
        break;
      }
      const bool bracket = is(last, ")") || is(last, "]") || is(last, "}");
      if (!bracket && tokens_[last].kind != Token::Kind::word) break;
      begin = bracket ? opening_[last] : last;
      if (bracket && begin == last) break;  // it was never opened
      if (bracket && begin > 0 && (tokens_[begin - 1].kind == Token::Kind::word || is(begin - 1, "]")) &&
          !is(last, "}"))
        continue;  // a call, or an item of what stands before it
      const auto dot = dot_before(begin);
      if (!dot) break;
      begin = *dot;
    }
    if (begin >= end) return {};
    return std::string(text_.substr(tokens_[begin].begin, tokens_[end - 1].end - tokens_[begin].begin));
  }

  void add_loop(std::size_t bracket, std::vector<Typing::Loop>& loops) const {
    if (!is(bracket, "(") || bracket == 0 || tokens_[bracket - 1].kind != Token::Kind::word) return;
    const std::string name(at(bracket - 1));
    const auto dot = dot_before(bracket - 1);
    if (!dot) return;
    const std::string receiver = chain_before(*dot);
    if (receiver == "cel" && name == "bind") {
      const auto comma = comma_behind(bracket + 3);
      if (bracket + 2 < tokens_.size() && is(bracket + 2, ",") && comma)
        loops.push_back(
            {"bind",
             std::string(text_.substr(tokens_[bracket + 3].begin, tokens_[*comma].begin - tokens_[bracket + 3].begin)),
             {std::string(at(bracket + 1))}});
      return;
    }
    std::size_t begun = 1;
    for (auto comma = comma_behind(bracket + 1); comma; comma = comma_behind(*comma + 1)) ++begun;
    Typing::Loop loop = {name, receiver, {}};
    for (std::size_t variable = bracket + 1; loop.variables.size() < names_given(name, begun); variable += 2) {
      if (tokens_[variable].kind != Token::Kind::word || !is(variable + 1, ",")) return;
      loop.variables.emplace_back(at(variable));
    }
    if (!loop.variables.empty()) loops.push_back(std::move(loop));
  }

  /// The comma that ends the argument which begins here.
  std::optional<std::size_t> comma_behind(std::size_t begin) const {
    int depth = 0;
    for (std::size_t token = begin; token < tokens_.size(); ++token) {
      if (is(token, "(") || is(token, "[") || is(token, "{")) ++depth;
      if (is(token, ")") || is(token, "]") || is(token, "}")) --depth;
      if (depth == 0 && is(token, ",")) return token;
    }
    return std::nullopt;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::vector<std::size_t> opening_;  // of a closing bracket its opening one
  std::vector<std::size_t> open_;     // brackets that nothing closes
};

void put(TypedNames& names, const std::string& name, Type type) {
  std::erase_if(names, [&name](const auto& one) { return one.first == name; });
  names.emplace_back(name, std::move(type));
}

}  // namespace

std::optional<Typing> read_typing(std::string_view before) {
  auto tokens = tokens_of(before);
  if (!tokens) return std::nullopt;
  return Reader(before, std::move(*tokens)).read();
}

std::vector<Range> words_of_expression(std::string_view text) {
  std::vector<Range> words;
  auto tokens = tokens_of(text);
  // Of a text that nothing closes, what stands before it.
  if (!tokens) tokens = tokens_of(text.substr(0, text.find_first_of("'\"")));
  for (const Token& token : tokens.value_or(std::vector<Token>())) {
    if (token.kind == Token::Kind::word) words.push_back({token.begin, token.end});
  }
  return words;
}

Type type_of_text(const std::string& expression, const TypedNames& names) {
  const auto parsed = Expression::parse(expression);
  if (const auto* good = std::get_if<Expression>(&parsed)) return check_types(*good, names).type;
  return {};
}

TypedNames names_within(TypedNames names, const std::vector<Typing::Loop>& loops) {
  for (const Typing::Loop& loop : loops) {
    const Type over = type_of_text(loop.over, names);
    const bool mapping = over.kind() == Kind::map;
    if (loop.macro == "bind") {
      put(names, loop.variables[0], over);
    } else if (loop.variables.size() == 1) {
      put(names, loop.variables[0], mapping ? Type::of(Kind::text) : over.element());
    } else {
      put(names, loop.variables[0], Type::of(mapping ? Kind::text : Kind::integer));
      put(names, loop.variables[1], mapping ? Type() : over.element());
    }
  }
  return names;
}

}  // namespace millrace::lsp
