#include "prose/condition_parts.hpp"

#include <map>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "expr/syntax.hpp"
#include "prose/phrases.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_seen = 120;

/// One part, and what it gave; nothing where what stands before it decided.
struct Part {
  Expression expression;
  std::optional<Result<Value>> value;
};

bool is_chain(const Expression::Node& node) {
  return node.kind == NodeKind::all_of || node.kind == NodeKind::any_of || node.kind == NodeKind::conditional;
}

/// Goes through the parts in their order, as evaluation does. Each of them is read once, however often they are asked.
class Dissector {
 public:
  explicit Dissector(const Expression& whole) : whole_(whole) {}

  std::vector<Part> parts(const Bindings& names) {
    parts_.clear();
    names_ = &names;
    visit(whole_.root(), true);
    return std::move(parts_);
  }

 private:
  using Outcome = std::optional<bool>;  ///< nothing: neither true nor false

  Outcome visit(const Expression::Node& node, bool reached) {
    if (node.kind == NodeKind::negation) {
      const Expression::Node* inner = &node.children[0];
      while (inner->kind == NodeKind::negation) inner = &inner->children[0];
      if (!is_chain(*inner)) return leaf(node, reached);
      const Outcome outcome = visit(node.children[0], reached);
      return outcome ? Outcome(!*outcome) : outcome;
    }
    if (node.kind == NodeKind::conditional) return choice(node, reached);
    return is_chain(node) ? chain(node, reached) : leaf(node, reached);
  }

  Outcome chain(const Expression::Node& node, bool reached) {
    const bool deciding = node.kind == NodeKind::any_of;
    Outcome all = !deciding;
    bool decided = false;
    for (const Expression::Node& child : node.children) {
      const Outcome one = visit(child, reached && !decided);
      if (one == deciding) decided = true;
      if (!one) all = std::nullopt;
    }
    return decided ? Outcome(deciding) : all;
  }

  Outcome choice(const Expression::Node& node, bool reached) {
    const Outcome condition = visit(node.children[0], reached);
    const Outcome first = visit(node.children[1], reached && condition == true);
    const Outcome second = visit(node.children[2], reached && condition == false);
    return !condition ? condition : *condition ? first : second;
  }

  Outcome leaf(const Expression::Node& node, bool reached) {
    const std::optional<Expression>& expression = read(node);
    if (!expression) return std::nullopt;
    parts_.push_back({*expression, std::nullopt});
    if (!reached) return std::nullopt;
    auto value = expression->evaluate(*names_);
    const Outcome outcome = value && value->is(Kind::boolean) ? Outcome(value->boolean()) : std::nullopt;
    parts_.back().value = std::move(value);
    return outcome;
  }

  const std::optional<Expression>& read(const Expression::Node& node) {
    const auto [known, added] = read_.try_emplace(&node);
    const std::string_view text = std::string_view(whole_.text()).substr(node.begin, node.end - node.begin);
    if (added) known->second = Expression::read(text);
    return known->second;
  }

  const Expression& whole_;
  std::map<const Expression::Node*, std::optional<Expression>> read_;
  const Bindings* names_ = nullptr;
  std::vector<Part> parts_;
};

std::string one_line(std::string text) {
  for (char& letter : text) letter = letter == '\n' ? ' ' : letter;
  return text;
}

/// "tag.usage is 3 and tag.name is "vip""; empty where it names nothing but itself.
std::string seen_by(const Expression& expression, const Bindings& names) {
  std::vector<std::string> seen;
  for (const std::string& path : expression.paths()) {
    if (path == expression.text()) continue;
    const auto one = Expression::read(path);
    const auto value = one ? one->evaluate(names) : Result<Value>(Error{});
    if (!value) continue;
    const std::string shown = shortened(encode_json(*value), longest_seen);
    seen.push_back(fill(phrases().is, {{"left", path}, {"right", shown}}));
  }
  return join(seen, phrases().and_last);
}

std::string told(const Part& part, const Bindings& names) {
  const Phrases& say = phrases();
  const std::string text = one_line(part.expression.text());
  if (!part.value) return fill(say.part_unseen, {{"part", text}});
  const Result<Value>& value = *part.value;
  if (!value) return fill(say.part_failed, {{"part", text}, {"why", value.error().message}});
  const std::string seen = seen_by(part.expression, names);
  const std::string gave =
      value->is_unknown() ? std::string(say.part_unknown) : shortened(encode_json(*value), longest_seen);
  return fill(seen.empty() ? say.part_gave : say.part_gave_because, {{"part", text}, {"value", gave}, {"seen", seen}});
}

struct Tally {
  std::string text;
  std::size_t yes = 0, no = 0, unseen = 0, failed = 0;
};

std::string told(const Tally& tally) {
  std::string text = fill(phrases().part_counts,
                          {{"part", tally.text}, {"yes", std::to_string(tally.yes)}, {"no", std::to_string(tally.no)}});
  const auto add = [&text](std::string_view phrase, std::size_t count) {
    if (count > 0) text += std::string(phrases().comma) + fill(phrase, {{"n", std::to_string(count)}});
  };
  add(phrases().part_unseen_for, tally.unseen);
  add(phrases().part_failed_for, tally.failed);
  return text;
}

void count(const std::vector<Part>& parts, std::vector<Tally>& tallies) {
  if (tallies.empty())
    for (const Part& part : parts) tallies.push_back({one_line(part.expression.text())});
  for (std::size_t at = 0; at < parts.size(); ++at) {
    const auto& value = parts[at].value;
    if (!value) {
      ++tallies[at].unseen;
    } else if (!*value || !(*value)->is(Kind::boolean)) {
      ++tallies[at].failed;
    } else {
      ++((*value)->boolean() ? tallies[at].yes : tallies[at].no);
    }
  }
}

}  // namespace

std::vector<std::string> told_parts(const Expression& condition, const Bindings& names) {
  std::vector<std::string> sentences;
  for (const Part& part : Dissector(condition).parts(names)) sentences.push_back(told(part, names));
  return sentences;
}

std::vector<std::string> counted_parts(const Expression& condition, const std::string& parameter,
                                       const Value::List& items, const Bindings& names) {
  std::size_t held = 0, answers = 0;
  std::vector<Tally> tallies;
  Dissector dissector(condition);
  for (const Value& item : items) {
    Bindings around(&names);
    around.set(parameter, item);
    const auto whole = condition.evaluate(around);
    if (whole && whole->is(Kind::boolean)) ++answers;
    if (whole && whole->is_true()) ++held;
    count(dissector.parts(around), tallies);
  }
  if (answers == 0) return {};
  std::vector<std::string> sentences = {
      fill(phrases().held_for,
           {{"part", one_line(condition.text())}, {"n", std::to_string(held)}, {"all", std::to_string(items.size())}})};
  for (const Tally& tally : tallies) {
    if (tallies.size() > 1 || tally.failed > 0) sentences.push_back(told(tally));
  }
  return sentences;
}

}  // namespace millrace
