#include "cli/findings.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "value/json.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

/// A finding about a whole file, such as an empty one, stands at its beginning.
std::int64_t line_of(const Finding& finding) { return std::max(1, finding.at.line); }
std::int64_t column_of(const Finding& finding) { return std::max(1, finding.at.column); }

std::string file_of(const Finding& finding) { return finding.at.source != nullptr ? finding.at.source->name : ""; }

std::string as_json(const std::vector<Finding>& findings) {
  Value::List list;
  for (const Finding& finding : findings) {
    const auto fix = finding.corrected_line();
    list.push_back(Value::object({{"file", file_of(finding)},
                                  {"line", line_of(finding)},
                                  {"column", column_of(finding)},
                                  {"severity", name_of(finding.severity)},
                                  {"rule", finding.rule},
                                  {"message", finding.message},
                                  {"fix", fix ? Value(*fix) : Value()}}));
  }
  return encode_json(Value::object({{"findings", Value(std::move(list))}}), JsonStyle::indented) + "\n";
}

std::string_view sarif_level(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::hint:
      return "note";
  }
  return "none";
}

/// The rule as the catalogue has it, which editors show beside its findings.
Value sarif_rule(const std::string& name) {
  const RuleEntry* rule = find_rule(name);
  if (rule == nullptr) return Value::object({{"id", name}});
  return Value::object({{"id", name},
                        {"shortDescription", Value::object({{"text", std::string(rule->sentence)}})},
                        {"fullDescription", Value::object({{"text", std::string(rule->why)}})}});
}

std::string as_sarif(const std::vector<Finding>& findings) {
  Value::List results, rules;
  std::set<std::string> named;
  for (const Finding& finding : findings) {
    if (named.insert(finding.rule).second) rules.push_back(sarif_rule(finding.rule));
    const Value region = Value::object({{"startLine", line_of(finding)},
                                        {"startColumn", column_of(finding)},
                                        {"endColumn", column_of(finding) + finding.at.length}});
    const Value place =
        Value::object({{"artifactLocation", Value::object({{"uri", file_of(finding)}})}, {"region", region}});
    results.push_back(Value::object({{"ruleId", finding.rule},
                                     {"level", sarif_level(finding.severity)},
                                     {"message", Value::object({{"text", finding.message}})},
                                     {"locations", Value(Value::List{Value::object({{"physicalLocation", place}})})}}));
  }
  const Value driver =
      Value::object({{"name", "millrace"}, {"version", MILLRACE_VERSION}, {"rules", Value(std::move(rules))}});
  const Value run = Value::object({{"tool", Value::object({{"driver", driver}})},
                                   {"columnKind", "unicodeCodePoints"},
                                   {"results", Value(std::move(results))}});
  return encode_json(Value::object({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                                    {"version", "2.1.0"},
                                    {"runs", Value(Value::List{run})}}),
                     JsonStyle::indented) +
         "\n";
}

/// GitHub reads '%', line ends, and in properties ':' and ',' only in their escaped form.
std::string github_escaped(const std::string& text, bool property) {
  std::string escaped;
  for (const char c : text) {
    if (c == '%')
      escaped += "%25";
    else if (c == '\r')
      escaped += "%0D";
    else if (c == '\n')
      escaped += "%0A";
    else if (property && c == ':')
      escaped += "%3A";
    else if (property && c == ',')
      escaped += "%2C";
    else
      escaped += c;
  }
  return escaped;
}

std::string as_github(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    const std::string_view kind = finding.severity == Severity::error     ? "error"
                                  : finding.severity == Severity::warning ? "warning"
                                                                          : "notice";
    text += "::" + std::string(kind) + " file=" + github_escaped(file_of(finding), true) +
            ",line=" + std::to_string(line_of(finding)) + ",col=" + std::to_string(column_of(finding)) +
            ",title=" + github_escaped(finding.rule, true) + "::" + github_escaped(finding.message, false) + "\n";
  }
  return text;
}

std::string as_text(const std::vector<Finding>& findings, std::size_t files) {
  if (findings.empty()) return "";
  std::string text;
  for (const Finding& finding : findings) text += render(finding) + "\n";
  return text + counted(findings.size(), "finding") + " in " + counted(files, "file") + "\n";
}

}  // namespace

std::string render_findings(const std::vector<Finding>& findings, const std::string& format, std::size_t files) {
  if (format == "json") return as_json(findings);
  if (format == "sarif") return as_sarif(findings);
  if (format == "github") return as_github(findings);
  return as_text(findings, files);
}

}  // namespace millrace
