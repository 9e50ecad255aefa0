#include "workflow/fix.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "expr/template.hpp"
#include "workflow/without_braces.hpp"
#include "yaml/layout.hpp"
#include "yaml/rules.hpp"
#include "yaml/source_lines.hpp"
#include "yaml/yaml.hpp"

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

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || c == '_'; }

/// Capitals are no other letters, and - joins words as _ does; in front of one it is a sign of its own.
std::string evenly_spelled(const std::string& word) {
  std::string spelled = lower(word);
  if (!spelled.empty()) std::replace(spelled.begin() + 1, spelled.end(), '-', '_');
  return spelled;
}

/// One letter too many or too few, two that changed places, capitals, or - for _: that is how people mistype. Another
/// digit makes another thing, and another letter another word (rent and sent, tsv and csv), unless it is `ours`: a name
/// that people do not make themselves.
bool mistyped(const std::string& written, const std::string& meant, bool ours) {
  const std::string one = evenly_spelled(written), other = evenly_spelled(meant);
  const auto [at, there] = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  const std::string_view rest(at, one.end()), wanted(there, other.end());
  if (rest == wanted) return true;
  if (rest.size() == wanted.size()) {
    if (!is_letter(rest[0]) || !is_letter(wanted[0])) return false;
    if (ours && rest.substr(1) == wanted.substr(1)) return true;
    return rest.size() > 1 && is_letter(rest[1]) && rest[0] == wanted[1] && rest[1] == wanted[0] &&
           rest.substr(2) == wanted.substr(2);
  }
  const bool too_many = rest.size() > wanted.size();
  const std::string_view longer = too_many ? rest : wanted, shorter = too_many ? wanted : rest;
  return is_letter(longer[0]) && longer.substr(1) == shorter;
}

/// A "#5" or "#${{" behind text was hardly meant as a comment; a "#TODO" may have been, and "# 5" is one.
bool cuts_text(const std::string& marked) {
  std::size_t sign = marked.find(" #");
  for (const Hole& hole : find_holes(marked).holes) {
    if (sign > hole.begin && sign < hole.end) sign = marked.find(" #", hole.end);
  }
  if (sign == std::string::npos || sign + 2 >= marked.size()) return false;
  const char next = marked[sign + 2];
  return (next >= '0' && next <= '9') || marked.compare(sign + 2, 3, "${{") == 0;
}

/// Another method is another action, however near its name is.
bool is_method(const std::string& text) {
  static const std::set<std::string> methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  return methods.contains(text);
}

/// Whether what the person meant is beyond doubt.
bool needs_no_judgement(const Finding& finding) {
  static const std::set<std::string> same_in_other_words = {
      name_of(Rule::bare_braces),       name_of(Rule::unquoted_text),  name_of(Rule::missing_blank),
      name_of(Rule::lone_item),         name_of(Rule::spelled_truth),  name_of(Rule::yaml_syntax),
      name_of(Rule::expression_syntax), name_of(Rule::half_comparison)};
  static const std::set<std::string> names = {name_of(Rule::unknown_key),        name_of(Rule::unknown_name),
                                              name_of(Rule::wrong_value),        name_of(Rule::unknown_matcher),
                                              name_of(Rule::unknown_action),     name_of(Rule::unknown_trigger),
                                              name_of(Rule::unknown_connection), name_of(Rule::unknown_location),
                                              name_of(Rule::unknown_workflow),   name_of(Rule::unknown_zone)};
  static const std::set<std::string> ours = {name_of(Rule::unknown_key), name_of(Rule::unknown_action),
                                             name_of(Rule::unknown_trigger)};
  const std::string marked = marked_text(finding.at);
  if (finding.rule == name_of(Rule::text_cut)) return cuts_text(marked);
  // What only may be wrong works as it stands, perhaps as it is meant.
  if (finding.severity == Severity::warning) return false;
  // "$ {{ x }}" may be an amount of dollars.
  if (finding.rule == name_of(Rule::bare_braces) && marked.starts_with("$ ")) return false;
  // "vip, customer" is two items to most, and one to some.
  if (finding.rule == name_of(Rule::lone_item) && marked.find(',') != std::string::npos) return false;
  if (finding.rule == name_of(Rule::mixed_expression)) return only_braces_apart(marked, *finding.suggestion);
  if (is_method(*finding.suggestion) && lower(marked) != lower(*finding.suggestion)) return false;
  if (marked == "&" && *finding.suggestion == "+") return false;
  if (names.contains(finding.rule)) {
    return mistyped(marked, *finding.suggestion, ours.contains(finding.rule));
  }
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

std::vector<Finding> tabs_of(const std::vector<Finding>& findings) {
  std::vector<Finding> tabs;
  std::copy_if(findings.begin(), findings.end(), std::back_inserter(tabs),
               [](const Finding& one) { return one.rule == name_of(Rule::tab_indentation) && one.suggestion; });
  return tabs;
}

/// Whether the same stands inside of the same however wide a tab is.
bool clear_at_any_width(const SourceText& source, const std::vector<Finding>& tabs) {
  constexpr std::size_t widths[] = {2, 4, 8};
  std::optional<YamlDocument> first;
  for (const std::size_t width : widths) {
    std::vector<Finding> wide = tabs;
    for (Finding& one : wide) {
      one.suggestion.emplace();
      for (const char c : marked_text(one.at))
        *one.suggestion += c == '\t' ? std::string(width, ' ') : std::string(1, c);
    }
    const YamlDocument read =
        read_yaml(std::make_shared<const SourceText>(SourceText{source.name, apply_fixes(source, wide)}));
    if (!read.root) return false;
    if (!first) first = read;
    if (read.findings.size() != first->findings.size() || !same_tree(*read.root, *first->root)) return false;
  }
  return true;
}

/// All tabs at once: a file that is indented with blanks here and tabs there is clear to nobody.
void without_tabs(std::shared_ptr<const SourceText>& source, std::vector<Finding>& findings, const FindingsOf& check,
                  Corrected& corrected) {
  const std::vector<Finding> tabs = tabs_of(findings);
  if (tabs.empty() || !clear_at_any_width(*source, tabs)) return;
  const auto tried = std::make_shared<const SourceText>(SourceText{source->name, apply_fixes(*source, tabs)});
  std::vector<Finding> left = check(tried);
  if (!better(left, findings)) return;
  for (const Finding& one : tabs) corrected.made.push_back({one.at, marked_text(one.at), *one.suggestion});
  source = tried;
  findings = std::move(left);
}

}  // namespace

Corrected correct(std::shared_ptr<const SourceText> source, const FindingsOf& check) {
  Corrected corrected;
  std::vector<Finding> findings = check(source);
  without_tabs(source, findings, check, corrected);
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
