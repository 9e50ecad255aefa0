#include "expr/type.hpp"

#include <algorithm>
#include <bit>

#include "base/text.hpp"
#include "expr/functions.hpp"

namespace millrace {

namespace {

/// The kinds of values that a JSON type stands for once they are read.
KindSet kinds_of(std::string_view json_type, std::string_view format) {
  if (json_type == "string") return kind_set(format == "date-time" ? Kind::timestamp : Kind::text);
  if (json_type == "integer") return kind_set(Kind::integer, Kind::unsigned_integer);
  if (json_type == "number") return numbers;
  if (json_type == "boolean") return kind_set(Kind::boolean);
  if (json_type == "array") return kind_set(Kind::list);
  if (json_type == "object") return kind_set(Kind::map);
  return json_type == "null" ? kind_set(Kind::null) : any_kind;
}

}  // namespace

Type Type::of(Kind kind) { return of_kinds(kind_set(kind)); }

Type Type::of_kinds(std::uint32_t kinds) {
  Type made;
  made.kinds_ = kinds;
  return made;
}

Type Type::of(SchemaView view) {
  Type made;
  made.view_ = view;
  return made;
}

Type Type::list_of(Type element) {
  Type made = of(Kind::list);
  made.element_ = std::make_shared<const Type>(std::move(element));
  return made;
}

Type Type::map_of(std::vector<std::pair<std::string, Type>> members, bool open) {
  Type made = of(Kind::map);
  made.members_ = std::make_shared<const std::vector<std::pair<std::string, Type>>>(std::move(members));
  made.open_ = open;
  return made;
}

std::uint32_t Type::kinds() const {
  if (kinds_ != 0) return kinds_;
  if (!view_.known()) return any_kind;
  const std::vector<std::string> types = view_.types();
  if (types.empty()) return any_kind;
  KindSet found = 0;
  for (const std::string& type : types) found |= kinds_of(type, view_.format());
  return found;
}

std::optional<Kind> Type::kind() const {
  const KindSet possible = kinds();
  if (possible == kinds_of("integer", "")) return Kind::integer;
  if (std::popcount(possible) != 1) return std::nullopt;
  return static_cast<Kind>(std::countr_zero(possible));
}

Type Type::element() const {
  if (element_) return *element_;
  if (!view_.known()) return {};
  const SchemaView items = view_.items();
  return items.known() ? of(items) : Type();
}

std::optional<Type> Type::member(std::string_view name) const {
  if (members_) {
    for (const auto& [known, type] : *members_) {
      if (known == name) return type;
    }
    return open_ ? std::optional(Type()) : std::nullopt;
  }
  if (!may_be(Kind::map) && !may_be(Kind::optional)) return std::nullopt;
  if (!view_.known()) return Type();
  const SchemaView property = view_.property(name);
  if (property.known()) return of(property);
  return view_.open() ? std::optional(Type()) : std::nullopt;
}

std::vector<std::string> Type::member_names() const {
  if (!members_) return view_.known() ? view_.property_names() : std::vector<std::string>();
  std::vector<std::string> names;
  for (const auto& [name, type] : *members_) names.push_back(name);
  return names;
}

std::string Type::render() const {
  const KindSet possible = kinds();
  if (possible == any_kind) return "any value";
  if (const auto only = kind()) return with_article(*only);
  if ((possible & ~numbers) == 0) return with_article(Kind::number);
  std::vector<std::string> words;
  for (unsigned bit = 0; bit <= static_cast<unsigned>(Kind::unknown); ++bit) {
    const auto kind = static_cast<Kind>(bit);
    const bool said =
        (kind == Kind::unsigned_integer && may_be(Kind::integer)) || (kind == Kind::integer && may_be(Kind::number));
    if (may_be(kind) && !said && !(kind == Kind::unsigned_integer && may_be(Kind::number)))
      words.push_back(with_article(kind));
  }
  return join(words, " or ");
}

}  // namespace millrace
