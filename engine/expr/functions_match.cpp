#include <re2/re2.h>

#include <algorithm>

#include "base/text.hpp"
#include "expr/functions.hpp"

namespace millrace {

class Pattern {
 public:
  explicit Pattern(const std::string& text) : expression(text, options()) {}
  RE2 expression;

 private:
  static RE2::Options options() {
    RE2::Options chosen;
    chosen.set_log_errors(false);
    chosen.set_max_mem(1 << 20);
    return chosen;
  }
};

std::shared_ptr<const Pattern> compile_pattern(const std::string& text, std::string& why) {
  auto pattern = std::make_shared<const Pattern>(text);
  if (pattern->expression.ok()) return pattern;
  why = "\"" + text + "\" is no valid pattern: " + pattern->expression.error();
  return nullptr;
}

namespace {

std::size_t program_size(const Pattern& pattern) {
  return static_cast<std::size_t>(std::max(1, pattern.expression.ProgramSize()));
}

/// Patterns out of data; those in the file may be as long as anybody cares to write.
constexpr std::size_t longest_pattern = 2000;

Value matches(Call& call) {
  if (!call.are(Kind::text, Kind::text)) return call.mismatch();
  std::shared_ptr<const Pattern> pattern = call.node().pattern;
  if (!pattern) {
    const std::string& text = call[1].text();
    if (text.size() > longest_pattern) {
      return call.fail("the pattern has " + counted(text.size(), "byte") +
                       ", and one that is not in the file has at most " + std::to_string(longest_pattern));
    }
    if (!call.spend(200 + text.size() * 10)) return {};
    std::string why;
    pattern = compile_pattern(text, why);
    if (!pattern) return call.fail(why);
    if (!call.spend(program_size(*pattern) * 10)) return {};
  }
  // At worst each letter is looked at by each instruction of the pattern's program.
  if (!call.spend(call[0].text().size() / bytes_a_step * program_size(*pattern))) return {};
  return RE2::PartialMatch(call[0].text(), pattern->expression);
}

std::string wrong_pattern(const Expression::Node& call) {
  std::string why;
  if (const Value* pattern = literal(call, 1, Kind::text)) compile_pattern(pattern->text(), why);
  return why;
}

constexpr Function match_table[] = {
    {.name = "matches",
     .style = Style::either,
     .least = 2,
     .most = 2,
     .implementation = matches,
     .takes = kind_set(Kind::text),
     .gives = Kind::boolean,
     .signature = "text.matches(pattern)",
     .summary = "true when the pattern (a regular expression, RE2) is found in the text",
     .example = "'A-17'.matches('^[A-Z]-[0-9]+$')  =>  true",
     .extension = false,
     .objection = wrong_pattern},
};

}  // namespace

std::span<const Function> match_functions() { return match_table; }

}  // namespace millrace
