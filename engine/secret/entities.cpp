#include "secret/entities.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace millrace {

namespace {

constexpr char32_t unicode_end = 0x110000;

/// Those of ASCII, by their names; a letter has none.
constexpr std::array<std::pair<std::string_view, char>, 47> entity_names = {
    {{"amp", '&'},      {"AMP", '&'},
     {"lt", '<'},       {"LT", '<'},
     {"gt", '>'},       {"GT", '>'},
     {"quot", '"'},     {"QUOT", '"'},
     {"apos", '\''},    {"sol", '/'},
     {"plus", '+'},     {"equals", '='},
     {"num", '#'},      {"excl", '!'},
     {"colon", ':'},    {"commat", '@'},
     {"tilde", '~'},    {"lowbar", '_'},
     {"dollar", '$'},   {"ast", '*'},
     {"midast", '*'},   {"lpar", '('},
     {"rpar", ')'},     {"comma", ','},
     {"semi", ';'},     {"quest", '?'},
     {"lsqb", '['},     {"lbrack", '['},
     {"rsqb", ']'},     {"rbrack", ']'},
     {"lbrace", '{'},   {"lcub", '{'},
     {"rbrace", '}'},   {"rcub", '}'},
     {"bsol", '\\'},    {"Hat", '^'},
     {"grave", '`'},    {"verbar", '|'},
     {"vert", '|'},     {"VerticalLine", '|'},
     {"percnt", '%'},   {"period", '.'},
     {"NewLine", '\n'}, {"Tab", '\t'},
     {"UnderBar", '_'}, {"DiacriticalGrave", '`'},
     {"nbsp", ' '}}};

/// Those of U+00A0 to U+00FF, in their order.
constexpr std::array<std::string_view, 96> latin_names = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",   "ordf",
    "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",   "acute",  "micro",
    "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave",
    "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",
    "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",
    "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute",
    "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave",
    "iacute", "icirc",  "iuml",   "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide",
    "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

std::optional<char32_t> code_named(std::string_view name) {
  const auto known =
      std::find_if(entity_names.begin(), entity_names.end(), [name](const auto& each) { return each.first == name; });
  if (known != entity_names.end()) return static_cast<unsigned char>(known->second);
  constexpr char32_t first = 0xA0;
  const auto latin = std::find(latin_names.begin(), latin_names.end(), name);
  if (latin == latin_names.end()) return std::nullopt;
  return first + static_cast<char32_t>(latin - latin_names.begin());
}

/// "#116;", "#x74;", with any number of zeros in front, and without the ";" as browsers take it, too.
std::optional<Unit> entity_by_number(std::string_view text, std::size_t at) {
  const bool hex = at + 1 < text.size() && (text[at + 1] == 'x' || text[at + 1] == 'X');
  const int base = hex ? 16 : 10;
  at += hex ? 2 : 1;
  const std::size_t first = at;
  char32_t code = 0;
  for (; at < text.size(); ++at) {
    const int digit = hex_digit(text[at]);
    if (digit < 0 || digit >= base) break;
    code = std::min<char32_t>(code * static_cast<char32_t>(base) + static_cast<char32_t>(digit), unicode_end);
  }
  if (at == first || code == unicode_end) return std::nullopt;
  return character(at + (at < text.size() && text[at] == ';' ? 1 : 0), code);
}

std::optional<Unit> entity_by_name(std::string_view text, std::size_t at) {
  constexpr std::size_t longest = 17;
  const std::size_t end = text.substr(at, longest).find(';');
  if (end == std::string_view::npos) return std::nullopt;
  const auto code = code_named(text.substr(at, end));
  return code ? std::optional(character(at + end + 1, *code)) : std::nullopt;
}

}  // namespace

Unit character(std::size_t length, char32_t code) {
  Unit unit;
  unit.length = length;
  unit.count = put_utf8(code, unit.bytes.data());
  return unit;
}

std::optional<Unit> entity_at(std::string_view text) {
  constexpr std::string_view again = "amp;";
  std::size_t at = 1;
  while (text.substr(at).starts_with(again)) at += again.size();
  std::optional<Unit> inner;
  if (at < text.size()) inner = text[at] == '#' ? entity_by_number(text, at) : entity_by_name(text, at);
  return inner || at == 1 ? inner : character(at, '&');
}

}  // namespace millrace
