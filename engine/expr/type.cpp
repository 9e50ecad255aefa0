#include "expr/type.hpp"

#include <algorithm>
#include <bit>

#include "base/text.hpp"
#include "expr/functions.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_choices = 16;
constexpr std::size_t most_items = 50;  // of a list that are looked at for what its items are

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

Type type_of(const Value& value) {
  if (value.is_unknown() || value.is(Kind::optional)) return {};
  if (value.is_map()) {
    std::vector<std::pair<std::string, Type>> members;
    for (const auto& [key, member] : value.map()) {
      if (!key.is_text()) return Type::of(Kind::map);
      members.emplace_back(key.text(), type_of(member));
    }
    return Type::map_of(std::move(members));
  }
  if (!value.is_list()) return Type::of(value.kind());
  const Value::List& items = value.list();
  if (items.empty() || items.size() > most_items) return Type::list_of(Type());
  std::vector<Type> choices;
  for (const Value& item : items) choices.push_back(type_of(item));
  return Type::list_of(Type::any_of(std::move(choices)));
}

std::optional<StrangeWord> strange_word(const Value& literal, const std::vector<std::string>& words) {
  if (words.empty()) return std::nullopt;
  const std::vector<Value> one = {literal};
  for (const Value& each : literal.is_list() ? literal.list() : one) {
    if (!each.is_text() || std::find(words.begin(), words.end(), each.text()) != words.end()) continue;
    const auto meant = nearest(each.text(), words);
    const std::string hint = meant ? ", did you mean \"" + *meant + "\"?" : ": it is one of " + join(words, ", ");
    return StrangeWord{"never \"" + each.text() + "\"" + hint, meant.value_or("")};
  }
  return std::nullopt;
}

Type Type::of(Kind kind) { return of_kinds(kind_set(kind)); }

Type Type::of_kinds(KindSet kinds) {
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

Type Type::one_of(std::vector<std::string> words) {
  Type made = of(Kind::text);
  made.words_ = std::make_shared<const std::vector<std::string>>(std::move(words));
  return made;
}

Type Type::optional_of(Type held) {
  Type made = of(Kind::optional);
  made.element_ = std::make_shared<const Type>(std::move(held));
  return made;
}

Type Type::map_of(std::vector<std::pair<std::string, Type>> members, Others others) {
  Type made = of(Kind::map);
  made.members_ = std::make_shared<const std::vector<std::pair<std::string, Type>>>(std::move(members));
  made.others_ = others;
  return made;
}

Type Type::any_of(std::vector<Type> choices) {
  KindSet plain = 0, all = 0;
  std::vector<Type> shaped;
  const auto add = [&](const Type& one) {
    if (one.view_.known() || one.element_ || one.members_ || one.words_) {
      shaped.push_back(one);
    } else {
      plain |= one.kinds_;
    }
    all |= one.kinds();
  };
  for (const Type& one : choices) {
    if (one.is_any()) return {};
    if (one.choices_) {
      std::for_each(one.choices_->begin(), one.choices_->end(), add);
    } else {
      add(one);
    }
  }
  if (shaped.size() > most_choices) return of_kinds(all);
  if (plain != 0) shaped.push_back(of_kinds(plain));
  if (shaped.empty()) return {};
  if (shaped.size() == 1) return shaped[0];
  Type made = of_kinds(all);
  made.choices_ = std::make_shared<const std::vector<Type>>(std::move(shaped));
  return made;
}

bool Type::is_any() const { return kinds() == any_kind && !choices_ && member_names().empty(); }

KindSet Type::kinds() const {
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
  if (choices_) {
    std::vector<Type> elements;
    for (const Type& one : *choices_) {
      if (one.may_be(Kind::list)) elements.push_back(one.element());
    }
    return any_of(std::move(elements));
  }
  if (element_ && may_be(Kind::list)) return *element_;
  if (!view_.known()) return {};
  const SchemaView items = view_.items();
  return items.known() ? of(items) : Type();
}

Type Type::held() const {
  if (choices_) {
    std::vector<Type> held;
    for (const Type& one : *choices_) {
      if (one.may_be(Kind::optional)) held.push_back(one.held());
    }
    return any_of(std::move(held));
  }
  return element_ && may_be(Kind::optional) ? *element_ : Type();
}

std::optional<Type> Type::member(std::string_view name) const {
  if (choices_) {
    std::vector<Type> found;
    for (const Type& one : *choices_) {
      if (auto member = one.member(name)) found.push_back(std::move(*member));
    }
    return found.empty() ? std::nullopt : std::optional(any_of(std::move(found)));
  }
  if (members_) {
    for (const auto& [known, type] : *members_) {
      if (known == name) return type;
    }
    return others_ == Others::none ? std::nullopt : std::optional(Type());
  }
  if (element_) return may_be(Kind::optional) ? element_->member(name) : std::nullopt;
  if (!may_be(Kind::map) && !may_be(Kind::optional)) return std::nullopt;
  if (!view_.known()) return Type();
  const SchemaView property = view_.property(name);
  if (property.known()) return of(property);
  return view_.open() ? std::optional(Type()) : std::nullopt;
}

std::vector<std::string> Type::member_names() const {
  std::vector<std::string> names;
  if (choices_) {
    for (const Type& one : *choices_) {
      for (std::string& name : one.member_names()) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
      }
    }
    return names;
  }
  if (element_) return may_be(Kind::optional) ? element_->member_names() : names;
  if (!members_) return view_.known() ? view_.property_names() : names;
  for (const auto& [name, type] : *members_) names.push_back(name);
  return names;
}

std::vector<std::string> Type::words() const {
  if (words_) return *words_;
  std::vector<std::string> words;
  if (!choices_) return words;
  for (const Type& one : *choices_) {
    if (!one.may_be(Kind::text)) continue;
    const std::vector<std::string> known = one.words();
    if (known.empty()) return {};
    words.insert(words.end(), known.begin(), known.end());
  }
  return words;
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
