#include "expr/functions.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/text.hpp"
#include "expr/macros.hpp"

namespace millrace {

namespace {

std::vector<std::span<const Function>> all_functions() {
  return {conversion_functions(), text_functions(),     text_search_functions(), format_functions(),
          match_functions(),      time_functions(),     math_functions(),        list_functions(),
          optional_functions(),   calendar_functions(), encode_functions()};
}

const std::vector<FunctionEntry>& macro_entries() {
  static const std::vector<FunctionEntry> entries = {
      {"has", "has(item.name)", "true when the member is there, even if it is null", "has({'a': null}.a)  =>  true",
       false},
      {"if", "if(when, this, that)", "this when the condition is true, else that; the same as when ? this : that",
       "if(3 > 2, 'yes', 'no')  =>  'yes'", true},
      {"all", "list.all(x, condition)", "true when the condition holds for every item",
       "[1, 2].all(x, x > 0)  =>  true", false},
      {"exists", "list.exists(x, condition)", "true when the condition holds for some item",
       "[1, 2].exists(x, x > 1)  =>  true", false},
      {"exists_one", "list.exists_one(x, condition)", "true when the condition holds for exactly one item",
       "[1, 2].exists_one(x, x > 1)  =>  true", false},
      {"filter", "list.filter(x, condition)", "the items for which the condition holds",
       "[1, 2, 3].filter(x, x > 1)  =>  [2, 3]", false},
      {"map", "list.map(x, value) or list.map(x, condition, value)", "a list of the value for each item",
       "[1, 2].map(x, x * 10)  =>  [10, 20]", false},
      {"transformList", "list.transformList(index, x, value)", "as map, with the index or key of each item",
       "['a', 'b'].transformList(i, x, string(i) + x)  =>  ['0a', '1b']", true},
      {"transformMap", "mapping.transformMap(key, x, value)", "the mapping with each value changed",
       "{'a': 1}.transformMap(k, v, v + 1)  =>  {'a': 2}", true},
      {"transformMapEntry", "list.transformMapEntry(index, x, {key: value})", "a mapping from an entry for each item",
       "['a', 'b'].transformMapEntry(i, x, {x: i})  =>  {'a': 0, 'b': 1}", true},
      {"sortBy", "list.sortBy(x, key) or list.sortBy(x, key, descending)",
       "the items in the order of their keys; equal keys keep their order",
       "[{'n': 2}, {'n': 1}].sortBy(x, x.n)  =>  [{'n': 1}, {'n': 2}]", true},
      {"groupBy", "list.groupBy(x, key)", "a list of {key, items}, in the order in which the keys first appear",
       "['a', 'bb', 'c'].groupBy(x, x.size())  =>  [{'key': 1, 'items': ['a', 'c']}, {'key': 2, 'items': ['bb']}]",
       true},
      {"distinctBy", "list.distinctBy(x, key)", "the first item of each key",
       "['a', 'bb', 'c'].distinctBy(x, x.size())  =>  ['a', 'bb']", true},
      {"optMap", "optional.optMap(x, value)", "an optional of the value, or none",
       "optional.of(2).optMap(x, x * 10).value()  =>  20", true},
      {"optFlatMap", "optional.optFlatMap(x, optional)", "the inner optional, or none",
       "optional.of({'a': 1}).optFlatMap(x, x.?a).value()  =>  1", true},
      {"cel.bind", "cel.bind(name, value, expression)", "the expression, in which the name stands for the value",
       "cel.bind(x, 3, x * x)  =>  9", true},
  };
  return entries;
}

/// What a name means in other languages.
constexpr std::pair<std::string_view, std::string_view> aliases[] = {{"length", "size"},
                                                                     {"len", "size"},
                                                                     {"count", "size"},
                                                                     {"toLowerCase", "lower"},
                                                                     {"toUpperCase", "upper"},
                                                                     {"lowerCase", "lower"},
                                                                     {"upperCase", "upper"},
                                                                     {"limit", "take"},
                                                                     {"head", "take"},
                                                                     {"truncate", "take"},
                                                                     {"left", "take"},
                                                                     {"toJSON", "json.encode"},
                                                                     {"toJson", "json.encode"},
                                                                     {"encode_json", "json.encode"},
                                                                     {"stringify", "json.encode"},
                                                                     {"fromJSON", "json.decode"},
                                                                     {"fromJson", "json.decode"},
                                                                     {"decode_json", "json.decode"},
                                                                     {"parseJson", "json.decode"},
                                                                     {"parseJSON", "json.decode"},
                                                                     {"urlEncode", "url.encode"},
                                                                     {"url_encode", "url.encode"},
                                                                     {"urlencode", "url.encode"},
                                                                     {"encodeURIComponent", "url.encode"},
                                                                     {"urlDecode", "url.decode"},
                                                                     {"strftime", "format"},
                                                                     {"formatDate", "format"},
                                                                     {"dateFormat", "format"},
                                                                     {"toFixed", "format"},
                                                                     {"plusMonths", "addMonths"},
                                                                     {"startOfMonth", "firstDayOfMonth"},
                                                                     {"endOfMonth", "lastDayOfMonth"},
                                                                     {"includes", "contains"},
                                                                     {"any", "exists"},
                                                                     {"some", "exists"},
                                                                     {"every", "all"},
                                                                     {"toString", "string"},
                                                                     {"str", "string"},
                                                                     {"float", "double"},
                                                                     {"number", "double"},
                                                                     {"where", "filter"},
                                                                     {"select", "map"},
                                                                     {"orderBy", "sortBy"},
                                                                     {"unique", "distinct"},
                                                                     {"uniq", "distinct"},
                                                                     {"average", "sum"},
                                                                     {"strip", "trim"},
                                                                     {"regex", "matches"},
                                                                     {"match", "matches"},
                                                                     {"starts_with", "startsWith"},
                                                                     {"ends_with", "endsWith"},
                                                                     {"date", "timestamp"},
                                                                     {"getYear", "getFullYear"},
                                                                     {"getDay", "getDayOfWeek"},
                                                                     {"abs", "math.abs"},
                                                                     {"round", "math.round"},
                                                                     {"floor", "math.floor"},
                                                                     {"ceil", "math.ceil"}};

}  // namespace

const Function* find_function(std::string_view name) {
  static const std::unordered_map<std::string_view, const Function*> by_name = [] {
    std::unordered_map<std::string_view, const Function*> made;
    for (const auto functions : all_functions()) {
      for (const Function& function : functions) made.emplace(function.name, &function);
    }
    return made;
  }();
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : found->second;
}

const std::vector<std::string>& callable_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> made;
    for (const FunctionEntry& entry : function_entries()) made.push_back(entry.name);
    return made;
  }();
  return names;
}

const std::vector<FunctionEntry>& function_entries() {
  static const std::vector<FunctionEntry> entries = [] {
    std::vector<FunctionEntry> made = macro_entries();
    for (const auto functions : all_functions()) {
      for (const Function& function : functions) {
        made.push_back({std::string(function.name), std::string(function.signature), std::string(function.summary),
                        std::string(function.example), function.extension});
      }
    }
    std::sort(made.begin(), made.end(), [](const auto& left, const auto& right) { return left.name < right.name; });
    return made;
  }();
  return entries;
}

ExpressionError unknown_function(const Expression::Node& call, const std::vector<std::string>& closures) {
  ExpressionError error{"", call.offset, call.length, "", true};
  for (const FunctionEntry& macro : macro_entries()) {
    if (macro.name != call.text) continue;
    error.message = '"' + call.text + "\" is used as " + macro.signature;
    error.unknown_name = false;
    return error;
  }
  const auto* alias =
      std::find_if(std::begin(aliases), std::end(aliases), [&](const auto& known) { return known.first == call.text; });
  if (alias != std::end(aliases)) {
    error.suggestion = alias->second;
  } else {
    std::vector<std::string> known = closures;
    known.insert(known.end(), callable_names().begin(), callable_names().end());
    error.suggestion = nearest(call.text, known).value_or("");
  }
  error.message = "there is no function \"" + call.text + '"';
  if (!error.suggestion.empty()) error.message += ", did you mean \"" + error.suggestion + "\"?";
  // `x.toJSON()` is not put right by another name behind the dot.
  if (call.receiver && error.suggestion.find('.') != std::string::npos) error.suggestion.clear();
  return error;
}

std::optional<ExpressionError> unknown_in_namespace(const Expression::Node& call, const TypedNames& names) {
  if (!call.receiver || call.children[0].path.empty()) return std::nullopt;
  const std::string& before = call.children[0].path;
  const std::string_view root = std::string_view(before).substr(0, before.find('.'));
  const auto any = [](const auto& of, const auto& holds) { return std::any_of(of.begin(), of.end(), holds); };
  if (any(names, [root](const auto& name) { return name.first == root; })) return std::nullopt;
  const std::string full = before + '.' + call.text;
  const std::vector<std::string>& known = callable_names();
  const auto meant = nearest(full, known);
  const bool holds_functions = any(known, [&before](const auto& name) { return name.starts_with(before + '.'); });
  if (!meant && !holds_functions && type_named(before) == nullptr) return std::nullopt;
  ExpressionError error{"there is no function \"" + full + '"', call.children[0].begin, 0, meant.value_or(""), true};
  error.length = call.offset + call.length - error.offset;
  const auto elsewhere = meant ? std::nullopt : nearest(call.text, known);
  const Function* other = elsewhere ? find_function(*elsewhere) : nullptr;
  if (meant) error.message += ", did you mean \"" + *meant + "\"?";
  if (other != nullptr) error.message += ", did you mean " + std::string(other->signature) + "?";
  return error;
}

std::string wrong_shape(const Function& function, const Expression::Node& call) {
  const std::size_t given = call.children.size();
  const bool style = function.style == Style::either || call.receiver == (function.style == Style::member);
  if (style && given >= function.least && given <= function.most) return "";
  return '"' + std::string(function.name) + "\" is used as " + std::string(function.signature);
}

const Value* literal(const Expression::Node& call, std::size_t at, Kind kind) {
  if (at >= call.children.size() || call.children[at].kind != NodeKind::constant) return nullptr;
  const Value& value = call.children[at].value;
  return value.is(kind) ? &value : nullptr;
}

std::string below_zero(const Expression::Node& call) {
  for (std::size_t at = 1; at < call.children.size(); ++at) {
    const Value* number = literal(call, at, Kind::integer);
    if (number && number->integer() < 0)
      return '"' + std::string(call.function->name) + "\" counts from 0, and this is " +
             std::to_string(number->integer());
  }
  return "";
}

std::string wrong_stretch(const Expression::Node& call) {
  const Value* begin = literal(call, 1, Kind::integer);
  const Value* end = literal(call, 2, Kind::integer);
  const bool backwards = begin && end && begin->integer() > end->integer();
  return backwards ? '"' + std::string(call.function->name) + "\" ends before it begins" : below_zero(call);
}

Value Call::mismatch() const {
  std::string message =
      '"' + std::string(node_.function->name) + "\" does not work on " + with_article(arguments_[0]->kind());
  for (std::size_t at = 1; at < size(); ++at)
    message += (at == 1 ? " with " : " and ") + with_article(arguments_[at]->kind());
  return fail(message + ", it is used as " + std::string(node_.function->signature));
}

}  // namespace millrace
