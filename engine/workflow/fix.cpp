#include "workflow/fix.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "workflow/without_braces.hpp"
#include "yaml/rules.hpp"
#include "yaml/source_lines.hpp"

namespace millrace {
namespace {

constexpr int most_in_a_line = 5;

struct Replacement {
  std::size_t begin, end;
  const std::string* text;
};

std::string marked_text(const SourceMark& at) {
  if (at.source == nullptr) return {};
  const std::string_view text = at.source->text;
  const auto marked = bytes_of(text, line_starts(text), at);
  return marked ? std::string(text.substr(marked->begin, marked->end - marked->begin)) : "";
}

/// One letter more, less or other, two that changed places, or capitals.
bool one_letter_apart(const std::string& left, const std::string& right) {
  const std::string one = lower(left), other = lower(right);
  const auto [at, there] = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  const std::string_view rest(at, one.end()), wanted(there, other.end());
  const auto without = [](std::string_view text, std::size_t letters) {
    return text.substr(std::min(letters, text.size()));
  };
  const bool swapped = rest.size() > 1 && wanted.size() > 1 && rest[0] == wanted[1] && rest[1] == wanted[0];
  return rest == wanted || without(rest, 1) == wanted || rest == without(wanted, 1) ||
         (!rest.empty() && !wanted.empty() && without(rest, 1) == without(wanted, 1)) ||
         (swapped && without(rest, 2) == without(wanted, 2));
}

/// A "#5" behind text was hardly meant as a comment; a "#TODO" may have been.
bool cuts_text(const std::string& marked) {
  const std::size_t sign = marked.find(" #");
  if (sign == std::string::npos || sign + 2 >= marked.size()) return false;
  const char next = marked[sign + 2];
  return (next >= '0' && next <= '9') || marked.find("${{", sign) != std::string::npos;
}

/// Another method is another action, however near its name is.
bool is_method(const std::string& text) {
  static const std::set<std::string> methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return methods.contains(text);
}

/// Whether what the person meant is beyond doubt.
bool needs_no_judgement(const Finding& finding) {
  static const std::set<std::string> same_in_other_words = {
      name_of(Rule::bare_braces), name_of(Rule::unquoted_text),     name_of(Rule::missing_blank),
      name_of(Rule::lone_item),   name_of(Rule::spelled_truth),     name_of(Rule::tab_indentation),
      name_of(Rule::yaml_syntax), name_of(Rule::expression_syntax), name_of(Rule::half_comparison)};
  static const std::set<std::string> names = {name_of(Rule::unknown_key),        name_of(Rule::unknown_name),
                                              name_of(Rule::wrong_value),        name_of(Rule::unknown_matcher),
                                              name_of(Rule::unknown_action),     name_of(Rule::unknown_trigger),
                                              name_of(Rule::unknown_connection), name_of(Rule::unknown_location),
                                              name_of(Rule::unknown_workflow),   name_of(Rule::unknown_zone)};
  const std::string marked = marked_text(finding.at);
  if (finding.rule == name_of(Rule::text_cut)) return cuts_text(marked);
  if (finding.rule == name_of(Rule::mixed_expression)) return only_braces_apart(marked, *finding.suggestion);
  if (is_method(*finding.suggestion) && lower(marked) != lower(*finding.suggestion)) return false;
  if (marked == "&" && *finding.suggestion == "+") return false;
  if (names.contains(finding.rule)) return one_letter_apart(marked, *finding.suggestion);
  return same_in_other_words.contains(finding.rule);
}

std::multiset<std::string> sayings(const std::vector<Finding>& findings) {
  std::multiset<std::string> said;
  for (const Finding& finding : findings) said.insert(finding.rule + "\n" + finding.message);
  return said;
}

/// Fewer findings, and none that was not there before.
bool better(const std::vector<Finding>& now, const std::vector<Finding>& before) {
  if (now.size() >= before.size()) return false;
  const auto told = sayings(before), left = sayings(now);
  return std::includes(told.begin(), told.end(), left.begin(), left.end());
}

}  // namespace

std::string apply_fixes(const SourceText& source, const std::vector<Finding>& findings) {
  const std::string_view text = source.text;
  const std::vector<std::size_t> starts = line_starts(text);
  std::vector<Replacement> replacements;
  for (const Finding& finding : findings) {
    const auto marked = finding.suggestion ? bytes_of(text, starts, finding.at) : std::nullopt;
    if (marked) replacements.push_back({marked->begin, marked->end, &*finding.suggestion});
  }
  std::stable_sort(replacements.begin(), replacements.end(),
                   [](const Replacement& left, const Replacement& right) { return left.begin < right.begin; });
  std::string fixed;
  std::size_t copied = 0;
  bool any = false;
  for (const Replacement& one : replacements) {
    if (any && one.begin < copied) continue;
    fixed += text.substr(copied, one.begin - copied);
    fixed += *one.text;
    copied = one.end;
    any = true;
  }
  return fixed += text.substr(copied);
}

namespace {

struct Attempt {
  std::shared_ptr<const SourceText> source;
  std::vector<Finding> findings;
  Correction made;
};

std::string line_in(std::string_view text, int line) {
  const std::vector<std::size_t> starts = line_starts(text);
  const std::size_t start = starts[std::min(static_cast<std::size_t>(line), starts.size()) - 1];
  return std::string(trim(text.substr(start, text.find('\n', start) - start)));
}

/// Puts in one suggestion, and those behind it in the same line that show only then: an expression is read as far as
/// its first mistake. Where there were several, the correction is that of the line.
Attempt attempt_with(const Finding& first, const std::shared_ptr<const SourceText>& source, std::size_t before,
                     const FindingsOf& check) {
  Attempt tried = {source, {first}, {first.at, marked_text(first.at), *first.suggestion}};
  for (int turn = 0; turn < most_in_a_line; ++turn) {
    const auto next = std::find_if(tried.findings.begin(), tried.findings.end(), [&](const Finding& one) {
      return one.suggestion && one.rule == first.rule && one.at.line == first.at.line && needs_no_judgement(one);
    });
    if (next == tried.findings.end()) break;
    const std::string text = apply_fixes(*tried.source, {*next});
    tried.source = std::make_shared<const SourceText>(SourceText{source->name, text});
    tried.findings = check(tried.source);
    if (turn > 0) tried.made = {first.at, line_in(source->text, first.at.line), line_in(text, first.at.line)};
    if (tried.findings.size() < before) break;
  }
  return tried;
}

}  // namespace

Corrected correct(std::shared_ptr<const SourceText> source, const FindingsOf& check) {
  Corrected corrected;
  std::vector<Finding> findings = check(source);
  for (bool again = true; again;) {
    again = false;
    for (const Finding& finding : findings) {
      if (!finding.suggestion || !needs_no_judgement(finding)) continue;
      Attempt tried = attempt_with(finding, source, findings.size(), check);
      if (!better(tried.findings, findings)) continue;
      corrected.made.push_back(std::move(tried.made));
      source = std::move(tried.source);
      findings = std::move(tried.findings);
      again = true;
      break;
    }
  }
  corrected.text = source->text;
  return corrected;
}

}  // namespace millrace
