#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "expr/expression.hpp"

namespace millrace {

enum class TokenKind : unsigned char { end, name, quoted_name, integer, unsigned_integer, number, text, bytes, symbol };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view source;  ///< as written; what a symbol or name is
  std::string content;      ///< of text, bytes and quoted names: decoded
  std::size_t offset = 0;
};

/// The tokens of an expression, with one `end` behind them. Borrows the text.
std::variant<std::vector<Token>, ExpressionError> read_tokens(std::string_view text);

/// Words of other languages that the specification keeps free: no name is one of them.
bool is_reserved(std::string_view name);

/// Decodes what stands between the quotes of a literal.
std::variant<std::string, ExpressionError> decode_literal(std::string_view body, std::size_t offset, bool bytes);

}  // namespace millrace
