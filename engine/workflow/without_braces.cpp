#include "workflow/without_braces.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "expr/syntax.hpp"
#include "value/json.hpp"

namespace millrace {
namespace {

constexpr std::string_view letters_of_words = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";

/// Binds closer than every operator.
bool is_operand(const Expression& expression) {
  switch (expression.root().kind) {
    case NodeKind::constant:
      return expression.text().find_first_not_of(letters_of_words) == std::string::npos;
    case NodeKind::conditional:
    case NodeKind::all_of:
    case NodeKind::any_of:
    case NodeKind::negation:
    case NodeKind::operation:
      return false;
    case NodeKind::name:
    case NodeKind::local:
    case NodeKind::select:
    case NodeKind::has:
    case NodeKind::index:
    case NodeKind::list:
    case NodeKind::map:
    case NodeKind::call:
    case NodeKind::closure:
    case NodeKind::loop:
      break;
  }
  return true;
}

std::optional<Expression> inside(std::string_view text, const Hole& hole) {
  const std::string_view inner = text.substr(hole.inner, hole.inner_end - hole.inner);
  // What looks like a remark would end at another place than before.
  return inner.find("//") == std::string_view::npos ? Expression::read(inner) : std::nullopt;
}

/// The quote that is open behind `text`, or 0.
char open_quote(std::string_view text, char open) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (open == 0 && (text[at] == '"' || text[at] == '\'')) {
      open = text[at];
    } else if (open != 0 && text[at] == '\\') {
      ++at;
    } else if (text[at] == open) {
      open = 0;
    }
  }
  return open;
}

bool counts(Meaning meaning) { return meaning == Meaning::condition || meaning == Meaning::number; }

/// Whether a hole behind `before` begins an operand.
bool may_begin(std::string_view before, Meaning meaning) {
  const std::string_view left = trim(before);
  if (left.empty() || std::string_view("([,!&|=<>?:").find(left.back()) != std::string_view::npos) return true;
  if (left.data() + left.size() == before.data() + before.size()) return false;
  if (left == "in" || left.ends_with(" in")) return true;
  const bool apart = left.size() == 1 || left[left.size() - 2] == ' ';
  return counts(meaning) && apart && std::string_view("+-*/%").find(left.back()) != std::string_view::npos;
}

/// Whether a hole before `behind` ends an operand.
bool may_end(std::string_view behind, Meaning meaning) {
  const std::string_view right = trim(behind);
  if (right.empty() || std::string_view(")],&|=!<>?:").find(right.front()) != std::string_view::npos) return true;
  if (right.data() == behind.data()) return false;
  if (right.starts_with("in ") || right == "in") return true;
  const bool apart = right.size() == 1 || right[1] == ' ';
  return counts(meaning) && apart && std::string_view("+-*/%").find(right.front()) != std::string_view::npos;
}

}  // namespace

std::string without_braces(std::string_view text, const std::vector<Hole>& holes, Meaning meaning) {
  std::string bare;
  std::size_t done = 0;
  char open = 0;
  for (std::size_t at = 0; at < holes.size(); ++at) {
    const Hole& hole = holes[at];
    const auto expression = inside(text, hole);
    if (!expression) return {};
    std::string_view before = text.substr(done, hole.begin - done);
    std::size_t end = hole.end;
    open = open_quote(before, open);
    if (open != 0) {
      const bool all_of_it = before.ends_with(open) && end < text.size() && text[end] == open;
      if (!all_of_it) return {};
      before.remove_suffix(1);
      open = 0;
      ++end;
    }
    const std::size_t next = at + 1 < holes.size() ? holes[at + 1].begin : text.size();
    if ((at > 0 && trim(before).empty()) || !may_begin(before, meaning)) return {};
    if (!may_end(text.substr(end, next - end), meaning)) return {};
    bare += before;
    bare += is_operand(*expression) ? expression->text() : between('(', expression->text(), ')');
    done = end;
  }
  bare += text.substr(done);
  bare = std::string(trim(bare));
  return Expression::read(bare) ? bare : std::string();
}

std::string put_together(std::string_view text, const std::vector<Hole>& holes) {
  std::vector<std::string> parts;
  std::size_t done = 0;
  const auto literal = [&](std::size_t end) {
    if (end > done) parts.push_back(encode_json(Value(std::string(text.substr(done, end - done)))));
  };
  for (const Hole& hole : holes) {
    const auto expression = inside(text, hole);
    if (!expression) return {};
    literal(hole.begin);
    parts.push_back("string(" + expression->text() + ")");
    done = hole.end;
  }
  literal(text.size());
  return join(parts, " + ");
}

bool only_braces_apart(std::string before, const std::string& after) {
  const bool quoted = before.size() > 1 && before.front() == before.back() &&
                      (before.front() == '"' || before.front() == '\'') && after.front() != before.front();
  if (quoted) {
    const std::string mark = before.front() == '"' ? "\\\"" : "''";
    before = before.substr(1, before.size() - 2);
    for (std::size_t at = before.find(mark); at != std::string::npos; at = before.find(mark, at + 1))
      before.erase(at, 1);
  }
  const auto rest = [](std::string text) {
    for (const std::string_view sign : {"${{", "}}"}) {
      for (std::size_t at = text.find(sign); at != std::string::npos; at = text.find(sign, at))
        text.erase(at, sign.size());
    }
    std::erase_if(text, [](char c) { return c == ' ' || c == '(' || c == ')'; });
    return text;
  };
  return rest(std::move(before)) == rest(after);
}

}  // namespace millrace
