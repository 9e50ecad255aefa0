#include "expr/instead.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"

namespace millrace {

void put_instead(ExpressionError& error, const Expression::Node& at, const std::string& name, std::string_view text) {
  const auto in_name = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  const bool bare = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
                    std::all_of(name.begin(), name.end(), in_name);
  const bool quotable = name.find_first_of("'\\\n") == std::string::npos;
  const std::string_view dot = at.optional ? ".?" : ".";
  const std::size_t begin = at.offset < dot.size() ? 0 : at.offset - dot.size();
  if (at.kind == NodeKind::constant) {
    error.suggestion = quotable ? between('\'', name, '\'') : "";
  } else if (bare) {
    error.suggestion = name;
  } else if (at.kind == NodeKind::select && quotable && text.substr(begin, at.offset - begin) == dot) {
    error.suggestion = (at.optional ? "[?'" : "['") + name + "']";
    error.length += error.offset - begin;
    error.offset = begin;
  }
}

}  // namespace millrace
