#include "expr/call_types.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace millrace {

namespace {

/// The words of signatures, with the kinds that they stand for; every other word stands for any.
constexpr std::array<std::pair<std::string_view, KindSet>, 31> words = {{
    {"text", texts},
    {"part", texts},
    {"old", texts},
    {"new", texts},
    {"other", texts},
    {"pattern", texts},
    {"separator", texts},
    {"zone", texts},
    {"thousands", texts},
    {"decimal", texts},
    {"count", whole_numbers},
    {"place", whole_numbers},
    {"places", whole_numbers},
    {"begin", whole_numbers},
    {"end", whole_numbers},
    {"from", whole_numbers},
    {"limit", whole_numbers},
    {"depth", whole_numbers},
    {"decimals", whole_numbers},
    {"number", numbers},
    {"a", numbers},
    {"b", numbers},
    {"descending", kind_set(Kind::boolean)},
    {"list", kind_set(Kind::list)},
    {"mapping", kind_set(Kind::map)},
    {"time", times},
    {"bytes", kind_set(Kind::bytes)},
    {"optional", kind_set(Kind::optional)},
    {"value", any_kind},
    {"when", kind_set(Kind::boolean)},
    {"...", any_kind},
}};

KindSet kinds_of_word(std::string_view word) {
  const auto* found = std::find_if(words.begin(), words.end(), [&](const auto& known) { return known.first == word; });
  return found == words.end() ? any_kind : found->second;
}

/// One way to write a call, such as "text.replace(old, new)": its arguments by name, the receiver first.
std::vector<std::string> arguments_in(std::string_view form, const Function& function) {
  const std::size_t open = form.find('(');
  std::vector<std::string> names;
  const std::string_view before = form.substr(0, open);
  if (before != function.name && before.ends_with(function.name) && before.find('.') != std::string_view::npos)
    names.emplace_back(before.substr(0, before.size() - function.name.size() - 1));
  const std::string_view inside = form.substr(open + 1, form.find(')') - open - 1);
  if (inside.empty()) return names;
  for (const std::string& name : split(inside, ',')) names.emplace_back(trim(name));
  return names;
}

/// The forms of a signature end with their brackets: "text.format(list), time.format(pattern, zone) or ...".
std::vector<std::vector<std::string>> forms_of(const Function& function) {
  std::vector<std::vector<std::string>> forms;
  std::string_view rest = function.signature;
  for (std::size_t close = rest.find(')'); close != std::string_view::npos; close = rest.find(')')) {
    std::string_view form = rest.substr(0, close + 1);
    for (const std::string_view joint : {", ", " or "}) {
      if (form.starts_with(joint)) form.remove_prefix(joint.size());
    }
    forms.push_back(arguments_in(form, function));
    rest.remove_prefix(close + 1);
  }
  return forms;
}

}  // namespace

Argument argument_of(const Function& function, std::size_t place, std::size_t count, KindSet receiver) {
  Argument found{"", 0};
  for (const std::vector<std::string>& form : forms_of(function)) {
    const bool endless = !form.empty() && form.back() == "...";
    if (form.empty() || (kinds_of_word(form[0]) & receiver) == 0) continue;
    if (!endless && form.size() < count) continue;
    const std::string& name = endless ? form[std::min(place, form.size() - 2)] : form[place];
    if (found.name.empty()) found.name = name;
    found.kinds |= kinds_of_word(name);
  }
  return found.kinds == 0 ? Argument{} : found;
}

std::string unfit_receiver(const Function& function, const Type& receiver) {
  const bool searches = function.name == "contains" && is_list(receiver);
  return '"' + std::string(function.name) + "\" does not work on " + receiver.render() + ", it is used as " +
         std::string(function.signature) + (searches ? ", and of a list it is asked by: item in list" : "");
}

std::string wrong_items(const Function& function, const std::vector<Type>& arguments) {
  struct Taker {
    std::string_view name;
    KindSet items;
    std::string_view does, instead;
  };
  static constexpr std::array<Taker, 4> takers = {
      {{"sum", numbers | kind_set(Kind::duration), "sum() adds numbers or durations", ""},
       {"join", kind_set(Kind::text), "join() puts texts together",
        ", turn it into text first: list.map(x, string(x)).join()"},
       {"math.greatest", numbers, "math.greatest() compares numbers", ""},
       {"math.least", numbers, "math.least() compares numbers", ""}}};
  const auto* taker =
      std::find_if(takers.begin(), takers.end(), [&](const Taker& each) { return each.name == function.name; });
  if (taker == takers.end() || arguments.empty() || arguments[0].kind() != Kind::list) return "";
  const Type items = arguments[0].element();
  if ((items.kinds() & (taker->items | kind_set(Kind::unknown))) != 0) return "";
  return std::string(taker->does) + ", and the list holds " + items.render() + std::string(taker->instead);
}

bool is_list(const Type& type) { return type.may_be(Kind::list) && !type.may_be(Kind::map); }

Type given_by(const Function& function, const std::vector<Type>& arguments) {
  const std::string_view name = function.name;
  const auto is = [&](auto... names) { return ((name == names) || ...); };
  if (arguments.empty()) return function.gives ? Type::of(*function.gives) : Type();
  const Type& first = arguments[0];
  if (is("distinct", "sort", "slice", "take", "reverse")) return first;
  const bool of_list = first.may_be(Kind::list) && (first.kinds() & ~kind_set(Kind::list, Kind::null)) == 0;
  if (is("min", "max") && of_list) return first.element();
  if (is("first", "last")) return Type::optional_of(first.element());
  if (is("flatten") && of_list && arguments.size() == 1) return Type::list_of(first.element().element());
  if (is("value")) return first.held();
  if (is("orValue")) return Type::any_of({first.held(), arguments[1]});
  if (is("or")) return Type::optional_of(Type::any_of({first.held(), arguments[1].held()}));
  if (is("optional.of", "optional.ofNonZeroValue")) return Type::optional_of(first);
  if (is("optional.unwrap", "unwrapOpt")) return Type::list_of(first.element().held());
  if (is("split")) return Type::list_of(Type::of(Kind::text));
  if (is("lists.range")) return Type::list_of(Type::of(Kind::integer));
  return function.gives ? Type::of(*function.gives) : Type();
}

std::pair<Type, Type> items_of(const Type& range, bool two) {
  if (is_list(range)) {
    if (!two) return {range.element(), Type()};
    return {Type::of(Kind::integer), range.element()};
  }
  const std::vector<std::string> names = range.member_names();
  if (range.may_be(Kind::list) || range.others() != Type::Others::none || names.empty()) return {};
  std::vector<Type> members;
  for (const std::string& name : names) members.push_back(range.member(name).value_or(Type()));
  return {Type::of(Kind::text), Type::any_of(std::move(members))};
}

Type given_by(const Expression::Node& loop, const Type& range, const Type& body) {
  const Type items = is_list(range) ? Type::list_of(range.element()) : Type::of(Kind::list);
  switch (loop.macro) {
    case Macro::all:
    case Macro::exists:
    case Macro::exists_one:
      return Type::of(Kind::boolean);
    case Macro::filter:
    case Macro::sort_by:
    case Macro::distinct_by:
      return items;
    case Macro::map:
    case Macro::transform_list:
      return Type::list_of(body);
    case Macro::transform_map:
    case Macro::transform_map_entry:
      return Type::of(Kind::map);
    case Macro::group_by:
      return Type::list_of(Type::map_of({{"key", body}, {"items", items}}));
    case Macro::bind:
      return body;
    case Macro::optional_map:
      return Type::optional_of(body);
    case Macro::optional_flat_map:
      return body;
    case Macro::none:
      return {};
  }
  return {};
}

}  // namespace millrace
