#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "expr/expression.hpp"
#include "lsp/completion.hpp"
#include "lsp/hover.hpp"
#include "lsp/scope.hpp"
#include "lsp/typing.hpp"

namespace millrace::lsp {
namespace {

/// Which values a function stands behind, by the word before the dot in its signature.
struct Receiver {
  std::string_view word;
  std::vector<Kind> kinds;
};
const std::vector<Receiver>& receivers() {
  static const std::vector<Receiver> all = {{"text", {Kind::text}},
                                            {"list", {Kind::list}},
                                            {"time", {Kind::timestamp, Kind::duration}},
                                            {"mapping", {Kind::map}},
                                            {"number", {Kind::integer, Kind::unsigned_integer, Kind::number}},
                                            {"optional", {Kind::optional}},
                                            {"value", {Kind::text, Kind::list, Kind::map, Kind::bytes}}};
  return all;
}

/// Whether the function can be called on a value of the type: "list.size()" on a list. Of a value that may be anything
/// all can.
bool stands_behind(const FunctionEntry& entry, const Type& type) {
  return std::any_of(receivers().begin(), receivers().end(), [&](const Receiver& one) {
    const std::string call = std::string(one.word) + "." + entry.name + "(";
    if (entry.signature.find(call) == std::string::npos || entry.signature.find("." + call) != std::string::npos)
      return false;
    return std::any_of(one.kinds.begin(), one.kinds.end(), [&](Kind kind) { return type.may_be(kind); });
  });
}

bool stands_alone(const FunctionEntry& entry) {
  return entry.signature.starts_with(entry.name + "(") ||
         entry.signature.find(" " + entry.name + "(") != std::string::npos;
}

/// "math" of "math.abs"; empty where the name has no such part.
std::string family_of(const FunctionEntry& entry) {
  const std::size_t dot = entry.name.find('.');
  return dot == std::string::npos ? "" : entry.name.substr(0, dot);
}

Completion function(const FunctionEntry& entry, std::string name, int rank) {
  const bool empty =
      entry.signature.find(entry.name + "()") != std::string::npos && entry.signature.find(" or ") == std::string::npos;
  std::string text = name + (empty ? "()" : "(");
  return {Completion::Kind::function, std::move(name), entry.signature, about_function(entry), std::move(text), rank};
}

void add_members(const Typing& typing, const Type& type, Completions& found) {
  for (const std::string& name : type.member_names()) {
    const auto member = type.member(name);
    found.items.push_back({Completion::Kind::member, name, member ? member->render() : "", "", name, 0});
  }
  const bool loose = type.is_any();
  for (const FunctionEntry& entry : function_entries()) {
    const std::string family = family_of(entry);
    if (!family.empty() && family == typing.receiver)
      found.items.push_back(function(entry, entry.name.substr(family.size() + 1), 0));
    else if (family.empty() && stands_behind(entry, type))
      found.items.push_back(function(entry, entry.name, loose ? 2 : 1));
  }
}

void add_roots(const TypedNames& names, const std::vector<Typing::Loop>& loops, Completions& found) {
  std::set<std::string> inner;
  for (const Typing::Loop& loop : loops) inner.insert(loop.variables.begin(), loop.variables.end());
  static const std::set<std::string> given = {"event", "delivery", "run", "now", "today", "vars"};
  for (const auto& [name, type] : names) {
    const int rank = inner.contains(name) ? 0 : given.contains(name) ? 2 : 1;
    found.items.push_back({Completion::Kind::name, name, type.render(), "", name, rank});
  }
  std::set<std::string> families;
  for (const FunctionEntry& entry : function_entries()) {
    const std::string family = family_of(entry);
    if (!family.empty()) families.insert(family);
    if (family.empty() && stands_alone(entry)) found.items.push_back(function(entry, entry.name, 3));
  }
  for (const std::string& family : families)
    found.items.push_back({Completion::Kind::group, family, "functions", "", family + ".", 4});
}

bool is_family(const std::string& word) {
  const auto& entries = function_entries();
  return std::any_of(entries.begin(), entries.end(),
                     [&](const FunctionEntry& entry) { return family_of(entry) == word; });
}

}  // namespace

void add_fitting(const Typing& typing, const TypedNames& around, Completions& found) {
  const bool family = typing.member && is_family(typing.receiver);
  const TypedNames names = family ? TypedNames() : names_within(around, typing.loops);
  if (!typing.member) return add_roots(names, typing.loops, found);
  add_members(typing, family ? Type() : type_of_text(typing.receiver, names), found);
  if (family) std::erase_if(found.items, [](const Completion& one) { return one.rank != 0; });
}

void add_expressions(const Asked& asked, const std::string& before, Completions& found) {
  const auto typing = read_typing(before);
  if (!typing) {
    found.items.clear();
    return;
  }
  if (typing->begin > 0 || typing->member) {
    const bool beginning = trim(std::string_view(before).substr(0, typing->begin)).empty();
    if (!beginning || typing->member) found.items.clear();  // words that the whole field may be
  }
  const std::size_t offset = asked.standing.offset;
  std::size_t end = offset;
  const std::string& text = asked.source.text;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
  found.range = {offset - typing->word.size(), end};
  const bool family = typing->member && is_family(typing->receiver);
  add_fitting(*typing, family ? TypedNames() : names_at(asked.standing, asked.kind, asked.view), found);
}

}  // namespace millrace::lsp
