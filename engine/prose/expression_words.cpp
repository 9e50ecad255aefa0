#include "prose/expression_words.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "expr/syntax.hpp"
#include "prose/phrases.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

using Node = Expression::Node;

/// A name with the members behind it: "contacts[0].tags" of "found".
struct Path {
  std::string root, members;
};

std::optional<Path> path_of(const Node& node) {
  if (node.kind == NodeKind::name) return Path{node.text, ""};
  if (node.kind == NodeKind::select) {
    auto path = path_of(node.children[0]);
    if (path) path->members += (path->members.empty() ? "" : ".") + node.text;
    return path;
  }
  if (node.kind != NodeKind::index || node.children[1].kind != NodeKind::constant) return std::nullopt;
  auto path = path_of(node.children[0]);
  if (path) path->members += "[" + words_of(node.children[1].value) + "]";
  return path;
}

/// How a root of its own is told, alone and with something of it.
struct RootWords {
  std::string_view name, whole, member;
};

bool is_call(const Node& node, std::string_view name) { return node.kind == NodeKind::call && node.text == name; }

bool is_null(const Node& node) { return node.kind == NodeKind::constant && node.value.is_null(); }

/// What `.orValue(null)` is called on: for a comparison with null it is the same.
const Node& without_default(const Node& node) {
  const bool defaulted = is_call(node, "orValue") && node.receiver && is_null(node.children[1]);
  return defaulted ? node.children[0] : node;
}

bool is_time(const Node& node) {
  if (node.kind == NodeKind::constant) return node.value.is(Kind::timestamp);
  if (node.kind == NodeKind::name) return node.text == "now";
  return is_call(node, "days_ago") || is_call(node, "timestamp");
}

/// How two values are compared, in words; and what holds where it does not.
struct Comparison {
  Operator op, opposite;
  std::string_view said, said_of_times;
};

const Comparison* find_comparison(Operator op) {
  const Phrases& say = phrases();
  static const std::array<Comparison, 6> known = {
      {{Operator::equal, Operator::not_equal, say.is, say.is},
       {Operator::not_equal, Operator::equal, say.is_not, say.is_not},
       {Operator::less, Operator::greater_equal, say.below, say.before},
       {Operator::less_equal, Operator::greater, say.at_most, say.not_after},
       {Operator::greater, Operator::less_equal, say.above, say.after},
       {Operator::greater_equal, Operator::less, say.at_least, say.not_before}}};
  const auto* found = std::find_if(known.begin(), known.end(), [op](const Comparison& each) { return each.op == op; });
  return found == known.end() ? nullptr : found;
}

class Reader {
 public:
  Reader(const Expression& expression, const Surroundings& around)
      : text_(expression.text()), root_(expression.root()), around_(around) {
    const std::vector<std::string> roots = expression.roots();
    std::vector<std::string> things;
    for (const std::string& root : roots) {
      if (root != "now" && root != "vars" && root != "today") things.push_back(root);
    }
    if (things.size() == 1 && is_item(things.front())) self_ = things.front();
  }

  std::string condition() const { return condition(root_, true); }

  std::string either() const {
    const auto as_value = value(root_);
    return as_value ? *as_value : condition(root_, true);
  }

  std::string of_it(const std::string& written) const {
    const Phrases& say = phrases();
    const Comparison* compared = root_.kind == NodeKind::operation ? find_comparison(root_.op) : nullptr;
    const auto right = compared != nullptr ? value(root_.children[1]) : std::nullopt;
    if (!right) return fill(say.is, {{"left", say.it}, {"right", fill(say.as_written, {{"text", written}})}});
    const bool times = is_time(root_.children[0]) || is_time(root_.children[1]);
    return fill(times ? compared->said_of_times : compared->said, {{"left", say.it}, {"right", *right}});
  }

 private:
  bool is_item(const std::string& name) const {
    return std::find(around_.items.begin(), around_.items.end(), name) != around_.items.end();
  }

  std::string written(const Node& node) const {
    const bool whole = &node == &root_ || node.end <= node.begin;
    std::string text(whole ? text_ : text_.substr(node.begin, node.end - node.begin));
    std::replace(text.begin(), text.end(), '\n', ' ');
    return fill(phrases().as_written, {{"text", text}});
  }

  std::string condition(const Node& node, bool holds) const {
    if (node.kind == NodeKind::negation) return condition(node.children[0], !holds);
    const bool chain = node.kind == NodeKind::all_of || node.kind == NodeKind::any_of;
    if (chain) return joined(node, holds);
    if (auto words = atom(node, holds)) return std::move(*words);
    const std::string text = written(node);
    return holds ? text : fill(phrases().not_so, {{"what", text}});
  }

  std::string joined(const Node& node, bool holds) const {
    const bool both = (node.kind == NodeKind::all_of) == holds;
    std::vector<std::string> parts;
    for (const Node& child : node.children) {
      const Node* inner = &child;
      while (inner->kind == NodeKind::negation) inner = &inner->children[0];
      const bool other = inner->kind == NodeKind::all_of || inner->kind == NodeKind::any_of;
      std::string words = condition(child, holds);
      parts.push_back(other ? fill(phrases().in_brackets, {{"what", words}}) : std::move(words));
    }
    return join(parts, both ? phrases().and_last : phrases().or_last);
  }

  std::optional<std::string> atom(const Node& node, bool holds) const {
    if (node.kind == NodeKind::constant && node.value.is(Kind::boolean))
      return std::string(node.value.boolean() == holds ? phrases().always : phrases().never);
    if (node.kind == NodeKind::operation) return operation(node, holds);
    if (node.kind == NodeKind::has) {
      auto path = path_of(node.children[0]);
      if (!path) return std::nullopt;
      path->members += (path->members.empty() ? "" : ".") + node.text;
      return said(holds ? phrases().there : phrases().not_there, words(*path));
    }
    if (node.kind == NodeKind::call) return call(node, holds);
    const auto path = path_of(node);
    if (!path) return std::nullopt;
    return said(holds ? phrases().holds : phrases().holds_not, words(*path));
  }

  std::optional<std::string> operation(const Node& node, bool holds) const {
    if (node.op == Operator::in) return membership(node, holds);
    const Comparison* said_so = find_comparison(node.op);
    if (said_so != nullptr && !holds) said_so = find_comparison(said_so->opposite);
    if (said_so == nullptr) return std::nullopt;
    const Operator op = said_so->op;
    if (auto words = emptiness(node, op)) return words;
    const bool equality = op == Operator::equal || op == Operator::not_equal;
    if (equality && is_null(node.children[1])) {
      const auto left = value(without_default(node.children[0]));
      if (!left) return std::nullopt;
      return said(op == Operator::equal ? phrases().has_none : phrases().has_value, *left);
    }
    const bool times = is_time(node.children[0]) || is_time(node.children[1]);
    return between(times ? said_so->said_of_times : said_so->said, node.children[0], node.children[1]);
  }

  /// `size(x) == 0` and its kin.
  std::optional<std::string> emptiness(const Node& node, Operator op) const {
    const Node& left = node.children[0];
    const Node& right = node.children[1];
    const bool size = is_call(left, "size") && right.kind == NodeKind::constant && right.value.is(Kind::integer);
    if (!size) return std::nullopt;
    const std::int64_t bound = right.value.integer();
    const bool none =
        (bound == 0 && (op == Operator::equal || op == Operator::less_equal)) || (bound == 1 && op == Operator::less);
    const bool some = (bound == 0 && (op == Operator::not_equal || op == Operator::greater)) ||
                      (bound == 1 && op == Operator::greater_equal);
    const auto what = none || some ? value(left.children[0]) : std::nullopt;
    if (!what) return std::nullopt;
    return said(none ? phrases().nothing_in : phrases().something_in, *what);
  }

  std::optional<std::string> membership(const Node& node, bool holds) const {
    const auto left = value(node.children[0]);
    if (!left) return std::nullopt;
    const Node& right = node.children[1];
    if (right.kind == NodeKind::constant && right.value.is_list()) {
      std::vector<std::string> choices;
      for (const Value& each : right.value.list()) choices.push_back(words_of(each));
      const std::string all = any_of(choices);
      return fill(holds ? phrases().among : phrases().not_among, {{"left", *left}, {"right", all}});
    }
    return between(holds ? phrases().is_in : phrases().is_not_in, node.children[0], right);
  }

  std::optional<std::string> call(const Node& node, bool holds) const {
    struct Said {
      std::string_view name, yes, no;
    };
    const Phrases& say = phrases();
    const std::array<Said, 5> known = {{{"startsWith", say.begins, say.begins_not},
                                        {"endsWith", say.ends, say.ends_not},
                                        {"contains", say.contains, say.contains_not},
                                        {"matches", say.matches, say.matches_not},
                                        {"sameName", say.same_name, say.same_name_not}}};
    if (node.text == "hasValue" && node.receiver) {
      const auto what = value(node.children[0]);
      return what ? std::optional(said(holds ? say.there : say.not_there, *what)) : std::nullopt;
    }
    const auto* one =
        std::find_if(known.begin(), known.end(), [&](const Said& each) { return each.name == node.text; });
    if (one == known.end() || node.children.size() != 2) return std::nullopt;
    return between(holds ? one->yes : one->no, node.children[0], node.children[1]);
  }

  std::optional<std::string> between(std::string_view phrase, const Node& left, const Node& right) const {
    const auto first = value(left);
    const auto second = value(right);
    if (!first || !second) return std::nullopt;
    return fill(phrase, {{"left", *first}, {"right", *second}});
  }

  static std::string said(std::string_view phrase, const std::string& left) { return fill(phrase, {{"left", left}}); }

  std::optional<std::string> value(const Node& node) const {
    if (node.kind == NodeKind::constant) return words_of(node.value);
    if (const auto path = path_of(node)) return words(*path);
    if (node.kind != NodeKind::call) return std::nullopt;
    if (node.text == "days_ago" && node.children[0].kind == NodeKind::constant)
      return fill(phrases().days_ago, {{"n", words_of(node.children[0].value)}});
    if (node.text == "timestamp") return value(node.children[0]);
    if (node.text == "size") {
      const auto what = value(node.children[0]);
      return what ? std::optional(fill(phrases().size_of, {{"what", *what}})) : std::nullopt;
    }
    if (node.text != "orValue" || !node.receiver) return std::nullopt;
    const auto what = value(node.children[0]);
    const auto other = value(node.children[1]);
    if (!what || !other) return std::nullopt;
    if (is_null(node.children[1])) return fill(phrases().if_there, {{"what", *what}});
    return fill(phrases().or_else, {{"what", *what}, {"other", *other}});
  }

  std::string words(const Path& path) const {
    const Phrases& say = phrases();
    const std::array<RootWords, 7> roots = {{{"event", say.the_event, say.of_event},
                                             {"delivery", say.the_delivery, say.of_delivery},
                                             {"run", say.the_run, say.of_run},
                                             {"now", say.now, say.of_today},
                                             {"today", say.today, say.of_today},
                                             {"vars", say.the_variables, say.variable},
                                             {"approval", say.the_approval, say.of_approval}}};
    RootWords root = {path.root, say.a_result, say.of_result};
    const auto* known =
        std::find_if(roots.begin(), roots.end(), [&](const RootWords& each) { return each.name == path.root; });
    if (known != roots.end()) root = *known;
    if (is_item(path.root)) root = {path.root, say.the_item, say.of_item};
    if (path.root == self_) root = {path.root, say.it, say.its};
    return fill(path.members.empty() ? root.whole : root.member, {{"name", path.root}, {"what", path.members}});
  }

  std::string_view text_;
  const Node& root_;
  const Surroundings& around_;
  std::string self_;
};

/// Of a value all of it, where words may leave something out.
std::string exactly(const Value& value) {
  return value.is_text() || value.is_list() || value.is_map() ? encode_json(value) : words_of(value);
}

void tell_meaning(const Node& node, std::string& text) {
  text += "(" + std::to_string(static_cast<int>(node.kind));
  if (node.kind == NodeKind::operation) text += " " + std::string(name_of(node.op));
  if (node.kind == NodeKind::loop) text += " macro " + std::to_string(static_cast<int>(node.macro));
  if (node.optional) text += " ?";
  if (node.kind == NodeKind::constant) {
    text += " " + std::string(name_of(node.value.kind())) + " " + exactly(node.value);
  } else if (node.kind == NodeKind::local) {
    text += " " + std::to_string(node.slot);
  } else if (node.kind != NodeKind::all_of && node.kind != NodeKind::any_of && node.kind != NodeKind::loop) {
    text += " " + node.text;
  }
  for (const bool entry : node.optional_entries) text += entry ? "?" : ".";
  for (const Node& child : node.children) tell_meaning(child, text);
  text += ")";
}

}  // namespace

std::string words_of(const Expression& expression, const Surroundings& around) {
  return Reader(expression, around).either();
}

std::string condition_words(const Expression& expression, const Surroundings& around) {
  return Reader(expression, around).condition();
}

std::string comparison_words(const Expression& comparison, const std::string& written, const Surroundings& around) {
  return Reader(comparison, around).of_it(written);
}

const Value* constant_of(const Expression& expression) noexcept {
  return expression.root().kind == NodeKind::constant ? &expression.root().value : nullptr;
}

std::string meaning_of(const Expression& expression) {
  std::string text;
  tell_meaning(expression.root(), text);
  return text;
}

}  // namespace millrace
