#include "expr/foreign.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace millrace {

namespace {

/// A piece of text that cannot be read: finer than tokens, and never wrong.
struct Piece {
  enum class Kind : std::uint8_t { word, number, text, sign } kind = Kind::sign;
  std::string_view source;
  std::size_t begin = 0;
  std::size_t end() const { return begin + source.size(); }
  bool is(std::string_view what) const { return kind != Kind::text && source == what; }
};

bool starts_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What quotes in print look like, by their bytes.
constexpr std::array<std::string_view, 8> printed_quotes = {"\u201C", "\u201D", "\u201E", "\u2018",
                                                            "\u2019", "\u201A", "\u00AB", "\u00BB"};
constexpr std::array<std::string_view, 5> printed_blanks = {"\u00A0", "\u202F", "\u2007", "\u3000", "\u200B"};

/// Nobody types a longer one; each piece of it is looked at with those around it.
constexpr std::size_t longest_typed = 2000;

constexpr const char* item_and_comma = "what is done with each item is written with a comma: list.filter(x, x > 1)";

std::size_t size_of_any(std::string_view text, const auto& known) {
  for (const std::string_view one : known) {
    if (text.starts_with(one)) return one.size();
  }
  return 0;
}

std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    std::size_t end = at + 1;
    Piece::Kind kind = Piece::Kind::sign;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at;
      continue;
    }
    if (starts_word(c)) {
      kind = Piece::Kind::word;
      while (end < text.size() && (starts_word(text[end]) || is_digit(text[end]))) ++end;
    } else if (is_digit(c)) {
      kind = Piece::Kind::number;
      const auto goes_on = [&](std::size_t here) {
        return is_digit(text[here]) || (text[here] == '.' && here + 1 < text.size() && is_digit(text[here + 1]));
      };
      while (end < text.size() && goes_on(end)) ++end;
    } else if (c == '"' || c == '\'') {
      kind = Piece::Kind::text;
      while (end < text.size() && text[end] != c) end += text[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, text.size());
    }
    pieces.push_back({kind, text.substr(at, end - at), at});
    at = end;
  }
  return pieces;
}

using Pieces = std::vector<Piece>;

bool opens(const Piece& piece) { return piece.is("(") || piece.is("[") || piece.is("{"); }
bool closes(const Piece& piece) { return piece.is(")") || piece.is("]") || piece.is("}"); }

/// Whether an operand ends before this piece: another operator of conditions, or what encloses it.
bool ends_operand(const Pieces& pieces, std::size_t at) {
  static constexpr std::array<std::string_view, 9> ends = {"&", "|", ",", "?", ":", "and", "or", "AND", "OR"};
  return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return pieces[at].is(end); });
}

/// Behind the last piece of the operand that begins at `from`.
std::size_t behind_operand(const Pieces& pieces, std::size_t from) {
  int depth = 0;
  std::size_t at = from;
  for (; at < pieces.size(); ++at) {
    if (opens(pieces[at])) ++depth;
    if (closes(pieces[at]) && depth-- == 0) break;
    if (depth == 0 && ends_operand(pieces, at)) break;
  }
  return at;
}

/// The first piece of the operand that ends before `to`.
std::size_t begin_of_operand(const Pieces& pieces, std::size_t to) {
  int depth = 0;
  std::size_t at = to;
  for (; at > 0; --at) {
    const Piece& before = pieces[at - 1];
    if (closes(before)) ++depth;
    if (opens(before) && depth-- == 0) break;
    if (depth == 0 && ends_operand(pieces, at - 1)) break;
  }
  return at;
}

/// Behind the bracket that closes the one at `from`.
std::size_t behind_brackets(const Pieces& pieces, std::size_t from) {
  int depth = 1;
  std::size_t at = from + 1;
  for (; at < pieces.size() && depth > 0; ++at) depth += (opens(pieces[at]) ? 1 : 0) - (closes(pieces[at]) ? 1 : 0);
  return at;
}

class Newcomer {
 public:
  Newcomer(std::string_view text, const ExpressionError& error)
      : text_(text), error_(error), pieces_(pieces_of(text)) {}

  std::optional<ExpressionError> said() const {
    for (std::size_t at = 0; at < pieces_.size(); ++at) {
      if (auto found = at_piece(at)) return found;
    }
    return std::nullopt;
  }

 private:
  bool sees(std::size_t at, std::string_view what) const { return at < pieces_.size() && pieces_[at].is(what); }
  bool glued(std::size_t at) const { return at + 1 < pieces_.size() && pieces_[at].end() == pieces_[at + 1].begin; }
  /// The text of the pieces from one up to another.
  std::string written(std::size_t from, std::size_t to) const {
    return from >= to ? ""
                      : std::string(text_.substr(pieces_[from].begin, pieces_[to - 1].end() - pieces_[from].begin));
  }
  ExpressionError say(std::string message, std::size_t from, std::size_t to, std::string suggestion = "") const {
    const std::size_t begin = pieces_[from].begin;
    return {std::move(message), begin, pieces_[to - 1].end() - begin, std::move(suggestion)};
  }
  ExpressionError meant(const std::string& what, std::size_t from, std::size_t to, std::string instead) const {
    return say(what + ", did you mean \"" + instead + "\"?", from, to, instead);
  }

  std::optional<ExpressionError> at_piece(std::size_t at) const {
    const Piece& piece = pieces_[at];
    if (piece.kind == Piece::Kind::text) return std::nullopt;
    if (piece.kind == Piece::Kind::word) {
      if (auto found = at_word(at)) return found;
    } else if (piece.kind == Piece::Kind::number) {
      if (auto found = at_number(at)) return found;
    } else if (auto found = at_sign(at)) {
      return found;
    }
    return printed(at);
  }

  std::optional<ExpressionError> at_word(std::size_t at) const {
    const Piece& piece = pieces_[at];
    if (piece.is("is") && at > 0 && denied_before(at))
      return say("\"is\" is no operator, and what is denied as a whole stands in brackets: !(a == b)", at, at + 1);
    if (piece.is("is") && sees(at + 1, "not") && at > 0) return meant("\"is not\" is no operator", at, at + 2, "!=");
    if (piece.is("not") && sees(at + 1, "in")) {
      const std::size_t from = begin_of_operand(pieces_, at), to = behind_operand(pieces_, at + 2);
      if (denied_before(at)) return say("\"not in\" is no operator: !(item in list)", at, at + 2);
      return meant("\"not in\" is no operator", from, to,
                   "!(" + written(from, at) + " in " + written(at + 2, to) + ")");
    }
    if ((piece.is("not") || piece.is("NOT")) && at + 1 < pieces_.size()) return denied(at);
    if (piece.source[0] == '$' && !(at > 0 && pieces_[at - 1].is("."))) return dollar(at);
    if (joins(at)) return joined(at);
    if (piece.is("new") && sees(at + 1, "Date") && sees(at + 2, "(") && sees(at + 3, ")"))
      return say("the time of the run is now", at, at + 4, "now");
    if (piece.is("lambda") && at + 2 < pieces_.size() && sees(at + 2, ":"))
      return say(item_and_comma, at, at + 3, std::string(pieces_[at + 1].source) + ",");
    if (piece.is("if") && at > 0 && !sees(at + 1, "(")) return one_way_or_another(at);
    if (piece.is("between") && at > 0 && at + 3 < pieces_.size() && sees(at + 2, "and") && !denied_before(at)) {
      const std::size_t from = begin_of_operand(pieces_, at);
      const std::string what = written(from, at);
      return meant("\"between\" is no operator", from, at + 4,
                   what + " >= " + std::string(pieces_[at + 1].source) + " && " + what +
                       " <= " + std::string(pieces_[at + 3].source));
    }
    return asked_in_words(at);
  }

  /// `not a > 3`, `not (a > 3)`; nothing where the bracket is not closed, which is the mistake then.
  std::optional<ExpressionError> denied(std::size_t at) const {
    const std::size_t to = behind_operand(pieces_, at + 1);
    const std::string operand = written(at + 1, to);
    const bool bracket = sees(at + 1, "(");
    const std::size_t behind = bracket ? behind_brackets(pieces_, at + 1) : at + 1;
    if (bracket && !closes(pieces_[behind - 1])) return std::nullopt;
    const bool whole = bracket ? behind == to : operand.find_first_of("<>=! +-*/%") == std::string::npos;
    return say("\"" + std::string(pieces_[at].source) + "\" is no operator, did you mean \"!\"?", at, to,
               whole ? "!" + operand : "!(" + operand + ")");
  }

  /// `!a is b`: what the sign denies would be `a` alone.
  bool denied_before(std::size_t at) const { return sees(begin_of_operand(pieces_, at), "!"); }

  /// `name startsWith 'A'`: a question that is a function here.
  std::optional<ExpressionError> asked_in_words(std::size_t at) const {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> functions = {
        {{"startsWith", "startsWith"},
         {"endsWith", "endsWith"},
         {"starts_with", "startsWith"},
         {"ends_with", "endsWith"},
         {"matches", "matches"},
         {"contains", "contains"}}};
    const bool between = at > 0 && at + 1 < pieces_.size() && !sees(at + 1, "(") && !pieces_[at - 1].is(".");
    const auto* known =
        std::find_if(functions.begin(), functions.end(), [&](const auto& one) { return pieces_[at].is(one.first); });
    if (!between || known == functions.end()) return std::nullopt;
    const std::string name(known->second);
    if (name == "contains")
      return say("\"contains\" is written text.contains(part), and of a list: item in list", at, at + 1);
    const std::size_t from = begin_of_operand(pieces_, at), to = behind_operand(pieces_, at + 1);
    return meant("\"" + std::string(pieces_[at].source) + "\" is a function", from, to,
                 written(from, at) + "." + name + "(" + written(at + 1, to) + ")");
  }

  bool joins(std::size_t at) const {
    return at > 0 && !pieces_[at - 1].is(".") &&
           (sees(at, "and") || sees(at, "AND") || sees(at, "or") || sees(at, "OR"));
  }

  /// All of them at once, because an expression is right only when none is left.
  ExpressionError joined(std::size_t at) const {
    std::size_t last = at;
    for (std::size_t other = at; other < pieces_.size(); ++other) {
      if (joins(other)) last = other;
    }
    std::string instead;
    std::size_t copied = pieces_[at].begin;
    for (std::size_t other = at; other <= last; ++other) {
      if (!joins(other)) continue;
      instead += text_.substr(copied, pieces_[other].begin - copied);
      instead += lower(pieces_[other].source) == "and" ? "&&" : "||";
      copied = pieces_[other].end();
    }
    const std::string word(pieces_[at].source);
    const std::string sign = lower(word) == "and" ? "&&" : "||";
    return say("\"" + word + "\" is no operator, did you mean \"" + sign + "\"?", at, last + 1, instead);
  }

  std::optional<ExpressionError> one_way_or_another(std::size_t at) const {
    const std::size_t from = begin_of_operand(pieces_, at);
    for (std::size_t other = at + 1; other + 1 < pieces_.size(); ++other) {
      if (!pieces_[other].is("else")) continue;
      const std::size_t to = behind_operand(pieces_, other + 1);
      return meant("one way or another is written with ? and :", from, to,
                   written(at + 1, other) + " ? " + written(from, at) + " : " + written(other + 1, to));
    }
    return std::nullopt;
  }

  std::optional<ExpressionError> dollar(std::size_t at) const {
    const std::string name(pieces_[at].source);
    if (name == "$now") return meant("names have no \"$\" here", at, at + 1, "now");
    if (name == "$json" || name == "$input" || name == "$node" || name == "$item")
      return say("\"" + name +
                     "\" is not known here: what started the run is \"event\", and what a step gave has the " +
                     "name of its id",
                 at, at + 1);
    return say("names have no \"$\" here", at, at + 1);
  }

  /// `90d`: a duration without its function.
  std::optional<ExpressionError> at_number(std::size_t at) const {
    if (!glued(at) || pieces_[at + 1].kind != Piece::Kind::word || pieces_[at].source.back() == '.')
      return std::nullopt;
    const std::string there =
        written_out_duration(std::string(pieces_[at].source) + std::string(pieces_[at + 1].source));
    if (there.empty()) return std::nullopt;
    return meant("a duration is written with its function", at, at + 2, there);
  }

  std::optional<ExpressionError> at_sign(std::size_t at) const {
    const auto pair = [&](std::string_view first, std::string_view second) {
      return sees(at, first) && sees(at + 1, second) && glued(at);
    };
    const bool longer =
        at > 0 && pieces_[at - 1].end() == pieces_[at].begin && pieces_[at - 1].kind == Piece::Kind::sign;
    if (pair("<", ">")) return meant("\"<>\" does not compare", at, at + 2, "!=");
    if (pair("=", "~")) return say("a pattern is tried with matches: text.matches('^A')", at, at + 2);
    if (pair("=", ">") && at > 0 && !longer && (sees(at - 1, ")") || pieces_[at - 1].kind == Piece::Kind::word) &&
        error_.offset == pieces_[at].begin && inside_call(at))
      return arrow(at);
    if (pair("?", "."))
      return say("what may be missing is asked for by \".?\", with what stands for it: event.?name.orValue('none')", at,
                 at + 2);
    if (pair("?", "?"))
      return say("what stands for something missing is written with orValue: event.?name.orValue('none')", at, at + 2);
    if (pair("+", "+") || pair("-", "-"))
      if (at + 2 == pieces_.size() || pieces_[at + 2].kind == Piece::Kind::sign)
        return say("an expression changes nothing: a step with set: writes vars", at, at + 2);
    if (pair("*", "*")) return say("there is no power here: multiply, as in x * x", at, at + 2);
    if (sees(at, ";") && at > 0 && at + 1 == pieces_.size())
      return say("an expression ends without \";\"", at - 1, at + 1, std::string(pieces_[at - 1].source));
    if (sees(at, ".") && glued(at) && at > 0 && pieces_[at + 1].kind == Piece::Kind::number &&
        pieces_[at - 1].kind != Piece::Kind::number && pieces_[at + 1].source.find('.') == std::string_view::npos)
      return meant("an item of a list stands in brackets", at, at + 2, "[" + std::string(pieces_[at + 1].source) + "]");
    if (sees(at, "|") && !sees(at + 1, "|") && !longer) return pipe(at);
    if (sees(at, "`") && text_.find("${", pieces_[at].begin) != std::string_view::npos)
      return say("texts are put together with +, or written outside of the braces: Hello ${{ vars.name }}", at, at + 1);
    return std::nullopt;
  }

  bool inside_call(std::size_t at) const {
    return std::any_of(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(at),
                       [](const Piece& piece) { return piece.is("("); });
  }

  /// `x => x.name == "a"`
  std::optional<ExpressionError> arrow(std::size_t at) const {
    const bool bracket = sees(at - 1, ")") && at >= 3;
    const std::size_t name = bracket ? at - 2 : at - 1;
    if (pieces_[name].kind != Piece::Kind::word) return std::nullopt;
    return say(item_and_comma, bracket ? at - 3 : name, at + 2, std::string(pieces_[name].source) + ",");
  }

  /// `name | upper`: a filter, as templates have them.
  std::optional<ExpressionError> pipe(std::size_t at) const {
    using Filter = std::pair<std::string_view, std::string_view>;
    static constexpr std::array filters = {
        Filter("upper", "upper"),     Filter("lower", "lower"),     Filter("trim", "trim"),
        Filter("length", "size"),     Filter("count", "size"),      Filter("size", "size"),
        Filter("join", "join"),       Filter("sort", "sort"),       Filter("unique", "distinct"),
        Filter("uniq", "distinct"),   Filter("replace", "replace"), Filter("split", "split"),
        Filter("reverse", "reverse"), Filter("upcase", "upper"),    Filter("downcase", "lower")};
    if (at == 0 || at + 1 >= pieces_.size() || pieces_[at + 1].kind != Piece::Kind::word) return std::nullopt;
    const std::size_t from = begin_of_operand(pieces_, at);
    if (written(from, at).find_first_of("<>=") != std::string::npos) return std::nullopt;  // two conditions
    const std::string_view name = pieces_[at + 1].source;
    std::size_t to = at + 2;
    if (sees(to, "(")) to = behind_brackets(pieces_, to);
    const bool filter = to >= pieces_.size() || sees(to, "|");
    if (name == "default" || name == "d")
      return say("\"|\" calls no function here; what stands for something missing is written with orValue: " +
                     std::string("event.?name.orValue('none')"),
                 at, at + 2);
    const auto* known =
        std::find_if(filters.begin(), filters.end(), [&](const auto& one) { return one.first == name; });
    if (known == filters.end()) {
      if (!filter || sees(at + 2, ".")) return std::nullopt;
      return say("\"|\" calls no function here: functions are written with a dot, as in name.upper()", at, at + 1);
    }
    const std::string inside = to > at + 2 && to <= pieces_.size() ? written(at + 3, to - 1) : "";
    return meant("\"|\" calls no function here", from, std::min(to, pieces_.size()),
                 written(from, at) + "." + std::string(known->second) + "(" + inside + ")");
  }

  /// Quotes and blanks as they are printed, which look like those that are typed.
  std::optional<ExpressionError> printed(std::size_t at) const {
    const std::size_t begin = pieces_[at].begin;
    if (const std::size_t size = size_of_any(text_.substr(begin), printed_blanks))
      return ExpressionError{"this looks like a blank and is another character, which a text editor put there", begin,
                             size, " "};
    const std::size_t size = size_of_any(text_.substr(begin), printed_quotes);
    if (size == 0) return std::nullopt;
    for (std::size_t end = begin + size; end < text_.size(); ++end) {
      const std::size_t closing = size_of_any(text_.substr(end), printed_quotes);
      if (closing == 0) continue;
      const std::string inside(text_.substr(begin + size, end - begin - size));
      if (inside.find('\'') != std::string::npos) break;
      return ExpressionError{"quotes as in print are none here: text stands in ' ' or \" \"", begin,
                             end + closing - begin, "'" + inside + "'"};
    }
    return ExpressionError{"quotes as in print are none here: text stands in ' ' or \" \"", begin, size, ""};
  }

  std::string_view text_;
  const ExpressionError& error_;
  Pieces pieces_;
};

}  // namespace

bool names_nothing(std::string_view name) {
  static constexpr std::array<std::string_view, 7> known = {"None", "nil",  "undefined", "NULL",
                                                            "Null", "none", "nothing"};
  return std::find(known.begin(), known.end(), name) != known.end();
}

ExpressionError said_for_newcomers(std::string_view text, ExpressionError error) {
  if (text.size() > longest_typed) return error;
  if (auto said = Newcomer(text, error).said()) return std::move(*said);
  return error;
}

}  // namespace millrace
