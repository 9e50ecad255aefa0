#include <algorithm>
#include <unordered_map>

#include "base/text.hpp"
#include "expr/functions.hpp"

namespace millrace {

namespace {

bool spend_list(const Call& call, std::size_t items) { return call.spend(items / 4, items * sizeof(Value)); }

bool flatten_into(const Call& call, const Value::List& from, std::int64_t depth, Value::List& into) {
  for (const Value& item : from) {
    if (item.is_list() && depth > 0) {
      if (!flatten_into(call, item.list(), depth - 1, into)) return false;
    } else {
      if (!call.spend(1, sizeof(Value))) return false;
      into.push_back(item);
    }
  }
  return true;
}

Value flatten(Call& call) {
  const bool deep = call.size() == 2;
  if (!call.are(Kind::list) || (deep && !call[1].is(Kind::integer))) return call.mismatch();
  const std::int64_t depth = deep ? call[1].integer() : 1;
  if (depth < 0) return call.fail("flatten() needs a depth that is not below zero");
  Value::List flat;
  if (!flatten_into(call, call[0].list(), std::min<std::int64_t>(depth, 64), flat)) return {};
  return flat;
}

Value distinct(Call& call) {
  if (!call.are(Kind::list)) return call.mismatch();
  Value::List kept;
  std::unordered_multimap<std::uint64_t, std::size_t> by_hash;
  for (const Value& item : call[0].list()) {
    if (!call.spend(item.weight(), sizeof(Value))) return {};
    const std::uint64_t hash = deep_hash(item);
    auto [candidate, end] = by_hash.equal_range(hash);
    while (candidate != end && !(kept[candidate->second] == item)) {
      if (!call.spend(item.weight())) return {};
      ++candidate;
    }
    if (candidate != end) continue;
    if (!call.spend(steps_a_value, bytes_a_value)) return {};
    by_hash.emplace(hash, kept.size());
    kept.push_back(item);
  }
  return kept;
}

Value sort(Call& call) {
  const bool chosen = call.size() == 2;
  if (!call.are(Kind::list) || (chosen && !call[1].is(Kind::boolean))) return call.mismatch();
  const bool descending = chosen && call[1].boolean();
  Value::List sorted = call[0].list();
  if (!spend_list(call, sorted.size() * 4)) return {};
  const auto steps = static_cast<std::size_t>(cost_of_sorting(call[0].weight(), sorted.size()));
  if (!call.spend(steps)) return {};
  for (const Value& item : sorted) {
    if (!sort_order(item, item)) {
      return call.fail("cannot sort " + with_article(item.kind()) + ", say by what: list.sortBy(x, x.name)");
    }
  }
  std::stable_sort(sorted.begin(), sorted.end(), [descending](const Value& left, const Value& right) {
    const auto found = sort_order(left, right);
    return found && (descending ? *found > 0 : *found < 0);
  });
  return sorted;
}

/// From `begin` up to `end`, as far as there are items; nothing, with the failure noted, where that is no stretch.
std::optional<std::pair<std::int64_t, std::int64_t>> stretch(const Call& call, std::int64_t begin, std::int64_t end,
                                                             std::int64_t size) {
  if (begin >= 0 && begin <= end) return std::pair(std::min(begin, size), std::min(end, size));
  return call.fail("a list is cut from a place (the first is 0) up to one that is not before it, not from " +
                   std::to_string(begin) + " to " + std::to_string(end)),
         std::nullopt;
}

Value slice(Call& call) {
  if (!call.are(Kind::list, Kind::integer) || (call.size() == 3 && !call[2].is(Kind::integer))) return call.mismatch();
  const Value::List& list = call[0].list();
  const auto size = static_cast<std::int64_t>(list.size());
  const auto cut = stretch(call, call[1].integer(), call.size() == 3 ? call[2].integer() : INT64_MAX, size);
  if (!cut || !spend_list(call, static_cast<std::size_t>(cut->second - cut->first))) return {};
  return Value::List(list.begin() + cut->first, list.begin() + cut->second);
}

Value take(Call& call) {
  if (!call[1].is(Kind::integer) || !(call.are(Kind::list) || call.are(Kind::text))) return call.mismatch();
  if (call[1].integer() < 0)
    return call.fail("take() keeps so many from the beginning, 0 or more, not " + std::to_string(call[1].integer()));
  const auto count = static_cast<std::size_t>(call[1].integer());
  if (call.are(Kind::text)) {
    const std::string& text = call[0].text();
    return std::string_view(text).substr(0, offset_of_character(text, count));
  }
  const Value::List& list = call[0].list();
  const std::size_t kept = std::min(count, list.size());
  if (!spend_list(call, kept)) return {};
  return Value::List(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(kept));
}

Value range(Call& call) {
  if (!call.are(Kind::integer)) return call.mismatch();
  const std::int64_t count = std::max<std::int64_t>(call[0].integer(), 0);
  if (!call.spend(static_cast<std::size_t>(count),
                  static_cast<std::size_t>(std::min(count, INT64_MAX / 32)) * sizeof(Value))) {
    return {};
  }
  Value::List numbers_from_zero;
  for (std::int64_t number = 0; number < count; ++number) numbers_from_zero.emplace_back(number);
  return numbers_from_zero;
}

Value first(Call& call) {
  if (!call.are(Kind::list)) return call.mismatch();
  const Value::List& list = call[0].list();
  return list.empty() ? Value::no_optional() : Value::optional(list.front());
}

Value last(Call& call) {
  if (!call.are(Kind::list)) return call.mismatch();
  const Value::List& list = call[0].list();
  return list.empty() ? Value::no_optional() : Value::optional(list.back());
}

template <bool Greatest>
Value extreme(Call& call) {
  if (!call.are(Kind::list)) return call.mismatch();
  const Value* best = nullptr;
  if (!spend_list(call, call[0].list().size()) || !call.spend(call[0].weight())) return {};
  for (const Value& item : call[0].list()) {
    const auto found = order(item, best ? *best : item);
    if (!found) {
      return call.fail(best ? "cannot compare " + with_article(item.kind()) + " with " + with_article(best->kind())
                            : with_article(item.kind()) + " has no order");
    }
    if (!best || (Greatest ? *found > 0 : *found < 0)) best = &item;
  }
  return best ? *best : call.fail("the list is empty, so there is nothing to choose from");
}

/// Whole numbers and durations add up exactly; as soon as a number with decimals is among them, all are taken as such.
Value sum(Call& call) {
  if (!call.are(Kind::list)) return call.mismatch();
  const Value::List& list = call[0].list();
  if (!spend_list(call, list.size())) return {};
  std::int64_t whole = 0;
  double real = 0;
  bool decimals = false, durations = false;
  const char* outside = nullptr;
  for (const Value& item : list) {
    if (&item == list.data()) durations = item.is(Kind::duration);
    if (item.is(Kind::duration) != durations) return call.fail("durations and numbers do not add up");
    const bool fits = !item.is(Kind::unsigned_integer) || item.unsigned_integer() <= INT64_MAX;
    std::int64_t part = 0;
    if (durations)
      part = item.duration().count();
    else if (item.is(Kind::integer))
      part = item.integer();
    else if (item.is(Kind::unsigned_integer))
      part = fits ? static_cast<std::int64_t>(item.unsigned_integer()) : 0;
    else if (item.is(Kind::number))
      decimals = true;
    else
      return call.fail("sum() adds numbers or durations, and the list holds " + with_article(item.kind()));
    real += item.is(Kind::number) ? item.number() : static_cast<double>(part);
    const bool below = whole < 0;  // which decides where both add up to too much
    if (!outside && (!fits || __builtin_add_overflow(whole, part, &whole)))
      outside = fits && below ? "the sum is too small for a whole number" : "the sum is too large for a whole number";
  }
  if (decimals) return real;
  if (outside) return call.fail(outside);
  return durations ? Value(Duration(whole)) : Value(whole);
}

constexpr KindSet list = kind_set(Kind::list);

constexpr Function list_table[] = {
    {.name = "flatten",
     .style = Style::member,
     .least = 1,
     .most = 2,
     .implementation = flatten,
     .takes = list,
     .gives = Kind::list,
     .signature = "list.flatten() or list.flatten(depth)",
     .summary = "the items of the lists in a list, as one list",
     .example = "[[1], [2, 3]].flatten()  =>  [1, 2, 3]",
     .looks_inside = false,
     .objection = below_zero},
    {"distinct", Style::member, 1, 1, distinct, list, Kind::list, "list.distinct()",
     "each item once, where it first stands", "[1, 2, 1].distinct()  =>  [1, 2]"},
    {"sort", Style::member, 1, 2, sort, list, Kind::list, "list.sort() or list.sort(descending)",
     "the items in order: true/false, numbers, texts, times, then null", "[3, 1, 2].sort()  =>  [1, 2, 3]"},
    {.name = "slice",
     .style = Style::member,
     .least = 2,
     .most = 3,
     .implementation = slice,
     .takes = list,
     .gives = Kind::list,
     .signature = "list.slice(begin) or list.slice(begin, end)",
     .summary = "the items from begin up to, not including, end, as far as there are any",
     .example = "[1, 2, 3].slice(1, 9)  =>  [2, 3]",
     .looks_inside = false,
     .objection = wrong_stretch},
    {.name = "take",
     .style = Style::member,
     .least = 2,
     .most = 2,
     .implementation = take,
     .takes = kind_set(Kind::text, Kind::list),
     .gives = std::nullopt,
     .signature = "value.take(count)",
     .summary = "the first items of a list or characters of a text, as far as there are any",
     .example = "['a', 'b'].take(5)  =>  ['a', 'b']\n'Grüße'.take(3)  =>  'Grü'",
     .looks_inside = false,
     .objection = below_zero},
    {"lists.range", Style::alone, 1, 1, range, kind_set(Kind::integer), Kind::list, "lists.range(count)",
     "the numbers 0, 1, 2 and so on, as many as asked", "lists.range(3)  =>  [0, 1, 2]"},
    {"first", Style::member, 1, 1, first, list, Kind::optional, "list.first()", "an optional of the first item",
     "[1, 2].first().value()  =>  1", true, false},
    {"last", Style::member, 1, 1, last, list, Kind::optional, "list.last()", "an optional of the last item",
     "[1, 2].last().value()  =>  2", true, false},
    {"min", Style::either, 1, 1, extreme<false>, list, std::nullopt, "list.min() or min(list)", "the least item",
     "[3, 1, 2].min()  =>  1"},
    {"max", Style::either, 1, 1, extreme<true>, list, std::nullopt, "list.max() or max(list)", "the greatest item",
     "max([3, 1, 2])  =>  3"},
    {"sum", Style::either, 1, 1, sum, list, std::nullopt, "list.sum() or sum(list)",
     "the numbers or durations of the list added up", "[1, 2.5].sum()  =>  3.5"},
};

}  // namespace

std::span<const Function> list_functions() { return list_table; }

}  // namespace millrace
