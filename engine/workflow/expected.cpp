#include "workflow/expected.hpp"

#include <algorithm>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "value/json.hpp"
#include "value/time.hpp"

namespace millrace {

namespace {

constexpr std::size_t longest_shown = 300;

std::string shown(const Value* value) {
  if (value == nullptr) return "nothing";
  return shortened(encode_json(*value), longest_shown);
}

bool same_time(const Value& actual, const std::string& written) {
  if (actual.is(Kind::duration)) {
    const auto duration = parse_duration(written);
    return duration && *duration == actual.duration();
  }
  const auto time = parse_timestamp(written);
  if (!time) return false;
  if (actual.is(Kind::timestamp)) return *time == actual.timestamp();
  const auto told = actual.is_text() ? parse_timestamp(actual.text()) : Result<Timestamp>(Timestamp{});
  return actual.is_text() && told && *told == *time;
}

bool same(const Value& expected, const Value* actual) {
  if (actual == nullptr || actual->is_null()) return expected.is_null();
  if (*actual == expected) return true;
  return expected.is_text() && same_time(*actual, expected.text());
}

/// One condition over `value`; what cannot be evaluated is not so.
Result<bool> holds(const Expression& expression, const Value& value, const Value& pattern) {
  Bindings names;
  names.set("value", value);
  names.set("pattern", pattern);
  const auto result = expression.evaluate(names);
  if (!result) return result.error();
  return result->is_true();
}

const Expression& pattern_fits() {
  static const Expression fits = std::get<Expression>(Expression::parse("value.matches(pattern)"));
  return fits;
}

std::string no_matcher(const std::string& name) {
  return "\"" + name + "\" is taken for a member: matchers are any, contains, matches and where";
}

class Comparison {
 public:
  explicit Comparison(std::vector<Mismatch>& mismatches) : mismatches_(mismatches) {}

  void compare(const Expected& expected, const Value* actual, const std::string& place) {
    switch (expected.kind) {
      case Expected::Kind::value:
        if (!same(expected.value, actual)) differ(expected, actual, place);
        return;
      case Expected::Kind::any:
        if (actual == nullptr || actual->is_null()) differ(expected, actual, place);
        return;
      case Expected::Kind::contains:
        if (actual == nullptr || !contains(expected.items.front(), *actual)) differ(expected, actual, place);
        return;
      case Expected::Kind::matches:
        if (actual == nullptr || !actual->is_text()) return differ(expected, actual, place);
        return ask(pattern_fits(), expected, *actual, place);
      case Expected::Kind::where:
        return ask(*expected.where, expected, actual == nullptr ? Value() : *actual, place);
      case Expected::Kind::all:
        for (const Expected& each : expected.items) compare(each, actual, place);
        return;
      case Expected::Kind::list:
        return compare_list(expected, actual, place);
      case Expected::Kind::map:
        return compare_map(expected, actual, place);
    }
  }

 private:
  void differ(const Expected& expected, const Value* actual, const std::string& place) {
    mismatches_.push_back({place, expected.text(), shown(actual), expected.at});
  }

  void ask(const Expression& expression, const Expected& expected, const Value& actual, const std::string& place) {
    const auto result = holds(expression, actual, expected.value);
    if (result && *result) return;
    differ(expected, &actual, place);
    if (!result) mismatches_.back().got += " (" + result.error().message + ")";
  }

  static bool contains(const Expected& part, const Value& actual) {
    if (actual.is_text() && part.kind == Expected::Kind::value) {
      const std::string wanted = part.value.is_text() ? part.value.text() : encode_json(part.value);
      return actual.text().find(wanted) != std::string::npos;
    }
    if (!actual.is_list()) return false;
    return std::any_of(actual.list().begin(), actual.list().end(), [&part](const Value& item) {
      std::vector<Mismatch> mismatches;
      Comparison(mismatches).compare(part, &item, "");
      return mismatches.empty();
    });
  }

  void compare_list(const Expected& expected, const Value* actual, const std::string& place) {
    if (actual == nullptr || !actual->is_list()) return differ(expected, actual, place);
    const Value::List& items = actual->list();
    for (std::size_t i = 0; i < expected.items.size(); ++i) {
      const Value* item = i < items.size() ? &items[i] : nullptr;
      compare_item(expected.items[i], item, place + "[" + std::to_string(i) + "]");
    }
    for (std::size_t i = expected.items.size(); i < items.size(); ++i)
      mismatches_.push_back({place + "[" + std::to_string(i) + "]", "nothing", shown(&items[i]), expected.at});
  }

  /// An item that is not there is one difference, and not one for each of its members.
  void compare_item(const Expected& expected, const Value* item, const std::string& place) {
    if (item == nullptr) return differ(expected, item, place);
    compare(expected, item, place);
  }

  void compare_map(const Expected& expected, const Value* actual, const std::string& place) {
    if (actual == nullptr || !actual->is_map()) {
      differ(expected, actual, place);
      if (expected.members.size() == 1) mismatches_.back().got += " (" + no_matcher(expected.members[0].name) + ")";
      return;
    }
    for (const auto& [name, member] : expected.members) {
      const std::string inner = place.empty() ? name : place + "." + name;
      compare(member, actual->find(name), inner);
    }
  }

  std::vector<Mismatch>& mismatches_;
};

}  // namespace

const Expected* Expected::member(std::string_view name) const noexcept {
  const auto found = std::find_if(members.begin(), members.end(), [&](const auto& one) { return one.name == name; });
  return found == members.end() ? nullptr : &found->value;
}

std::string Expected::text() const {
  std::vector<std::string> parts;
  switch (kind) {
    case Kind::value:
      return shown(&value);
    case Kind::any:
      return "any";
    case Kind::contains:
      return "{contains: " + items.front().text() + "}";
    case Kind::matches:
      return "{matches: " + shown(&value) + "}";
    case Kind::where:
      return "{where: " + where->text() + "}";
    case Kind::all:
    case Kind::list:
      for (const Expected& each : items) parts.push_back(each.text());
      return shortened(between('[', join(parts, ", "), ']'), longest_shown);
    case Kind::map:
      for (const auto& [name, member] : members) parts.push_back(name + ": " + member.text());
      return shortened(between('{', join(parts, ", "), '}'), longest_shown);
  }
  return {};
}

void compare(const Expected& expected, const Value* actual, const std::string& place,
             std::vector<Mismatch>& mismatches) {
  Comparison(mismatches).compare(expected, actual, place);
}

}  // namespace millrace
