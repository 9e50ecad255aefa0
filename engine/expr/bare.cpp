#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "expr/functions.hpp"
#include "expr/type.hpp"

namespace millrace {

namespace {

using Node = Expression::Node;

// What stands behind the last dot of files and hosts. Where members are known they are believed before this.
constexpr std::array<std::string_view, 70> endings = {
    "csv",  "tsv", "txt",  "json", "jsonl", "pdf", "html",    "htm",   "xml",  "yaml",     "yml",  "md",
    "log",  "zip", "gz",   "tar",  "tgz",   "png", "jpg",     "jpeg",  "gif",  "svg",      "webp", "ico",
    "xlsx", "xls", "docx", "doc",  "pptx",  "ppt", "odt",     "ods",   "rtf",  "ics",      "vcf",  "eml",
    "css",  "js",  "ts",   "py",   "sh",    "php", "sql",     "db",    "bak",  "tmp",      "conf", "ini",
    "env",  "exe", "bin",  "mp3",  "mp4",   "mov", "wav",     "com",   "org",  "net",      "io",   "dev",
    "app",  "edu", "gov",  "de",   "uk",    "eu",  "example", "local", "test", "localhost"};

class Reading {
 public:
  Reading(const Expression& expression, const TypedNames& names) : text_(expression.text()), names_(names) {}

  /// Takes something from a known name, as prose does not.
  bool takes(const Node& node) const {
    switch (node.kind) {
      case NodeKind::select:
        return chain(node);
      case NodeKind::has:
      case NodeKind::index:
      case NodeKind::call:
      case NodeKind::loop:
        return true;
      case NodeKind::operation:
        return inside(node) || (apart(node) && weighs(node));
      case NodeKind::all_of:
      case NodeKind::any_of:
      case NodeKind::conditional:
        return inside(node) || apart(node);
      case NodeKind::list:
      case NodeKind::map:
      case NodeKind::negation:
        return inside(node);
      case NodeKind::constant:
      case NodeKind::name:
      case NodeKind::local:
      case NodeKind::closure:
        break;
    }
    return false;
  }

  /// A call whose value changes from run to run needs no name: days_ago(90).
  static bool changes(const Node& node) {
    if (node.kind == NodeKind::call && !node.function->constant) return true;
    return std::any_of(node.children.begin(), node.children.end(), [](const Node& child) { return changes(child); });
  }

  static bool calls_unknown(const Node& node) {
    if (node.kind == NodeKind::closure) return true;
    return std::any_of(node.children.begin(), node.children.end(),
                       [](const Node& child) { return calls_unknown(child); });
  }

 private:
  bool inside(const Node& node) const {
    return std::any_of(node.children.begin(), node.children.end(), [this](const Node& child) { return takes(child); });
  }

  /// The operator has a blank on both sides.
  bool apart(const Node& node) const {
    const std::size_t end = node.offset + node.length;
    return node.offset > 0 && end < text_.size() && text_[node.offset - 1] == ' ' && text_[end] == ' ';
  }

  /// Between bare names only signs count that no prose has between words.
  static bool weighs(const Node& node) {
    const bool constant = std::any_of(node.children.begin(), node.children.end(),
                                      [](const Node& child) { return child.kind == NodeKind::constant; });
    switch (node.op) {
      case Operator::equal:
      case Operator::not_equal:
      case Operator::less_equal:
      case Operator::greater_equal:
        return true;
      case Operator::add:
      case Operator::multiply:
      case Operator::remainder:
      case Operator::less:
      case Operator::greater:
        return constant;
      case Operator::none:
      case Operator::subtract:
      case Operator::divide:
      case Operator::negate:
      case Operator::in:
        break;
    }
    return false;
  }

  /// `event.name` is a member, `event.csv` a file, `event.example.com` a host, unless such a member is known.
  bool chain(const Node& node) const {
    if (node.path.empty() || node.optional) return true;
    const std::vector<std::string> parts = split(node.path, '.');
    Type type = *find(parts[0]);
    for (std::size_t at = 1; at < parts.size(); ++at) {
      const std::vector<std::string> known = type.member_names();
      if (std::find(known.begin(), known.end(), parts[at]) != known.end()) return true;
      type = type.member(parts[at]).value_or(Type());
    }
    return std::find(endings.begin(), endings.end(), lower(parts.back())) == endings.end();
  }

  const Type* find(std::string_view name) const {
    const auto known = std::find_if(names_.begin(), names_.end(), [&](const auto& each) { return each.first == name; });
    return known == names_.end() ? nullptr : &known->second;
  }

  std::string_view text_;
  const TypedNames& names_;
};

}  // namespace

bool reads_as_expression(const Expression& expression, const TypedNames& names, bool marked) {
  const std::vector<std::string> roots = expression.roots();
  const auto known = [&](const std::string& root) {
    return std::any_of(names.begin(), names.end(), [&](const auto& each) { return each.first == root; });
  };
  if (Reading::calls_unknown(expression.root()) || !std::all_of(roots.begin(), roots.end(), known)) return false;
  const std::vector<ExpressionError> problems = check_types(expression, names).problems;
  // No word of prose begins with "vars.": there it is a slip of the pen, as where a value may have several shapes.
  const auto slips = [&](const std::string& root) {
    const auto named = std::find_if(names.begin(), names.end(), [&](const auto& each) { return each.first == root; });
    return root == "vars" || !named->second.one_shape();
  };
  const bool slip =
      std::all_of(roots.begin(), roots.end(), slips) &&
      std::all_of(problems.begin(), problems.end(), [](const auto& problem) { return problem.unknown_name; });
  if (!problems.empty() && !slip) return false;
  if (roots.empty()) return Reading::changes(expression.root());
  return marked || Reading(expression, names).takes(expression.root());
}

}  // namespace millrace
