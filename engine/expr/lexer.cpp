#include "expr/lexer.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"

namespace millrace {

namespace {

bool digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool hex_digit(char c) noexcept { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool begins_name(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool in_name(char c) noexcept { return begins_name(c) || digit(c); }

constexpr std::array<std::string_view, 6> long_symbols = {"&&", "||", "==", "!=", "<=", ">="};
constexpr std::string_view symbols = "()[]{}.,:?+-*/%!<>";

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::variant<std::vector<Token>, ExpressionError> read() {
    for (;;) {
      skip_blanks();
      if (at_ == text_.size()) break;
      if (!read_token()) return error_;
    }
    tokens_.push_back({TokenKind::end, "", "", at_});
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const noexcept { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void skip_blanks() {
    for (; at_ < text_.size(); ++at_) {
      if (text_.substr(at_, 2) == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size());
        if (at_ == text_.size()) return;
      } else if (std::string_view(" \t\n\r\f").find(text_[at_]) == std::string_view::npos) {
        return;
      }
    }
  }

  bool read_token() {
    if (digit(peek()) || (peek() == '.' && digit(peek(1)))) return read_number();
    if (peek() == '`') return read_quoted_name();
    if (const std::size_t quote = literal_prefix(); quote != std::string_view::npos) return read_literal(quote);
    if (begins_name(peek())) {
      std::size_t end = at_;
      while (end < text_.size() && in_name(text_[end])) ++end;
      return add(TokenKind::name, end);
    }
    return read_symbol();
  }

  bool add(TokenKind kind, std::size_t end, std::string content = "") {
    tokens_.push_back({kind, text_.substr(at_, end - at_), std::move(content), at_});
    at_ = end;
    return true;
  }

  bool fail(std::string message, std::size_t offset, std::size_t length = 1, std::string suggestion = "") {
    error_ = {std::move(message), offset, length, std::move(suggestion)};
    return false;
  }

  bool read_number() {
    std::size_t end = at_;
    if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && hex_digit(peek(2))) {
      end += 2;
      while (end < text_.size() && hex_digit(text_[end])) ++end;
      return add_whole(end);
    }
    const auto skip_digits = [&] {
      while (end < text_.size() && digit(text_[end])) ++end;
    };
    const auto character = [&](std::size_t at) { return at < text_.size() ? text_[at] : '\0'; };
    bool whole = true;
    skip_digits();
    if (character(end) == '.' && digit(character(end + 1))) {
      whole = false;
      ++end;
      skip_digits();
    }
    if (character(end) == 'e' || character(end) == 'E') {
      const std::size_t sign = character(end + 1) == '+' || character(end + 1) == '-' ? 1 : 0;
      if (digit(character(end + 1 + sign))) {
        whole = false;
        end += 1 + sign;
        skip_digits();
      }
    }
    return whole ? add_whole(end) : add(TokenKind::number, end);
  }

  bool add_whole(std::size_t end) {
    const bool is_unsigned = end < text_.size() && (text_[end] == 'u' || text_[end] == 'U');
    return add(is_unsigned ? TokenKind::unsigned_integer : TokenKind::integer, end + (is_unsigned ? 1 : 0));
  }

  bool read_quoted_name() {
    const std::size_t close = text_.find('`', at_ + 1);
    if (close == std::string_view::npos) return fail("the quoted name that begins here is not closed by a `", at_);
    const std::string_view name = text_.substr(at_ + 1, close - at_ - 1);
    for (const char c : name) {
      if (!in_name(c) && std::string_view("_.-/ ").find(c) == std::string_view::npos) {
        return fail("a name in ` ` may hold letters, digits, blanks and _ . - / only", at_, close + 1 - at_);
      }
    }
    if (name.empty()) return fail("there is no name between the ` `", at_, 2);
    return add(TokenKind::quoted_name, close + 1, std::string(name));
  }

  /// Where the quote of a literal that begins here stands, behind b, r or br.
  std::size_t literal_prefix() const {
    std::size_t at = at_;
    if (at < text_.size() && (text_[at] == 'b' || text_[at] == 'B')) ++at;
    if (at < text_.size() && (text_[at] == 'r' || text_[at] == 'R')) ++at;
    return at < text_.size() && (text_[at] == '"' || text_[at] == '\'') ? at : std::string_view::npos;
  }

  bool read_literal(std::size_t quote) {
    const std::string_view prefix = text_.substr(at_, quote - at_);
    const bool bytes = prefix.find_first_of("bB") != std::string_view::npos;
    const bool raw = prefix.find_first_of("rR") != std::string_view::npos;
    const std::string triple(3, text_[quote]);
    const bool is_triple = text_.substr(quote, 3) == triple;
    const std::size_t width = is_triple ? 3 : 1;
    const std::string_view closing = std::string_view(triple).substr(0, width);
    const std::size_t begin = quote + width;
    std::size_t end = begin;
    for (;; ++end) {
      if (end >= text_.size() || (!is_triple && (text_[end] == '\n' || text_[end] == '\r'))) {
        return fail("the text that begins here is not closed by a " + std::string(closing), at_, quote + width - at_);
      }
      if (text_.substr(end, width) == closing) break;
      if (text_[end] == '\\' && !raw) ++end;
    }
    const std::string_view body = text_.substr(begin, end - begin);
    std::string content(body);
    if (!raw) {
      auto decoded = decode_literal(body, begin, bytes);
      if (auto* error = std::get_if<ExpressionError>(&decoded)) {
        error_ = std::move(*error);
        return false;
      }
      content = std::get<std::string>(std::move(decoded));
    }
    return add(bytes ? TokenKind::bytes : TokenKind::text, end + width, std::move(content));
  }

  bool read_symbol() {
    for (const std::string_view symbol : long_symbols) {
      if (text_.substr(at_, 2) == symbol) return add(TokenKind::symbol, at_ + 2);
    }
    if (peek() != '\0' && symbols.find(peek()) != std::string_view::npos) return add(TokenKind::symbol, at_ + 1);
    for (const std::string_view meant : {"==", "!=", ">=", "<=", "&&", "||"}) {
      if (at_ >= 2 && text_.substr(at_ - 2, 2) == meant && peek() == meant[1])
        return fail(
            "\"" + std::string(meant) + peek() + "\" has a sign too many, did you mean \"" + std::string(meant) + "\"?",
            at_ - 2, 3, std::string(meant));
    }
    for (const std::string_view meant : {">=", "<="}) {
      if (peek() == '=' && at_ + 1 < text_.size() && text_[at_ + 1] == meant[0])
        return fail("a comparison is written \"" + std::string(meant) + "\"", at_, 2, std::string(meant));
    }
    if (peek() == '=') return lone_equals();
    if (peek() == '&') return fail("a single \"&\" means nothing here, did you mean \"&&\"?", at_, 1, "&&");
    if (peek() == '|') return fail("a single \"|\" means nothing here, did you mean \"||\"?", at_, 1, "||");
    std::size_t length = 1;
    while (at_ + length < text_.size() && (static_cast<unsigned char>(text_[at_ + length]) & 0xC0) == 0x80) ++length;
    const std::string shown = static_cast<unsigned char>(peek()) < 0x20
                                  ? "this control character"
                                  : '"' + std::string(text_.substr(at_, length)) + '"';
    return fail(shown + " cannot stand outside of quotes", at_, length);
  }

  /// Whether a `!` before this could deny what stands here: not a number, and nothing behind a blank.
  bool denies_name(std::size_t at) const {
    if (at >= text_.size()) return false;
    const char c = text_[at];
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '(' || c == '.' || c == '!';
  }

  bool lone_equals() {
    if (tokens_.empty()) return fail("an expression begins without \"=\"", at_);
    const Token& before = tokens_.back();
    const bool sign = before.kind == TokenKind::symbol;
    if (sign && (before.source == "<" || before.source == ">" || before.source == "!")) {
      const std::string meant = std::string(before.source) + "=";
      return fail("a comparison is written \"" + meant + "\", without a blank", before.offset, at_ + 1 - before.offset,
                  meant);
    }
    if (sign && std::string_view("+-*/%").find(before.source) != std::string_view::npos)
      return fail("an expression changes nothing: a step with set: writes vars", before.offset,
                  at_ + 1 - before.offset);
    if (text_.substr(at_ + 1, 1) == "!" && !denies_name(at_ + 2))
      return fail("a comparison is written \"!=\"", at_, text_.substr(at_ + 2, 1) == "=" ? 3 : 2, "!=");
    const std::size_t next = text_.find_first_not_of(' ', at_ + 1);
    const bool apart = next != std::string_view::npos && text_[next] == '=';
    return fail("\"=\" does not compare, did you mean \"==\"?", at_, apart ? next + 1 - at_ : 1, "==");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  ExpressionError error_;
};

constexpr std::array<std::string_view, 16> reserved = {"as",   "break",  "const",     "continue", "else", "for",
                                                       "if",   "import", "function",  "let",      "loop", "package",
                                                       "void", "while",  "namespace", "return"};

}  // namespace

std::variant<std::vector<Token>, ExpressionError> read_tokens(std::string_view text) {
  if (!valid_utf8(text)) return ExpressionError{"the expression is not valid UTF-8 text", 0, text.size(), ""};
  return Lexer(text).read();
}

bool is_reserved(std::string_view name) {
  return name == "var" || std::find(reserved.begin(), reserved.end(), name) != reserved.end();
}

}  // namespace millrace
