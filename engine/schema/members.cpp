#include <algorithm>

#include "base/text.hpp"
#include "schema/walk.hpp"
#include "schema/words.hpp"
#include "value/json.hpp"

namespace millrace {
namespace {

std::string text_of_key(const Value& key) { return key.is_text() ? key.text() : encode_json(key); }

std::string quoted(std::string_view text) { return literal(Value(text)); }

Misfit about_key(Misfit::Kind kind, const std::string& key, std::string message) {
  return {.kind = kind, .problem = {.key = key, .message = std::move(message)}};
}

Misfit missing(const std::string& key, std::string_view because = "") {
  Misfit misfit = about_key(Misfit::Kind::missing, key, "missing " + quoted(key) + std::string(because));
  misfit.keys = {key};
  return misfit;
}

}  // namespace

void SchemaWalk::check_map(const Keywords& keywords, const Map& members) {
  check_required(keywords, members);
  check_size(keywords[Keyword::min_properties], keywords[Keyword::max_properties], members.size(), "member");
  for (const auto& [key, value] : members) {
    if (done()) return;
    if (key.is_text()) {
      check_member(keywords, members, key.text(), value);
    } else {
      check_member(keywords, members, text_of_key(key), value);
    }
  }
  check_dependencies(keywords, members);
}

void SchemaWalk::check_required(const Keywords& keywords, const Map& members) {
  const Value* required = keywords[Keyword::required];
  if (required == nullptr || !required->is_list()) return;
  for (const Value& name : required->list()) {
    if (done()) return;
    if (members.find(name) == nullptr) note([&] { return missing(name.text()); });
  }
}

void SchemaWalk::check_member(const Keywords& keywords, const Map& members, const std::string& key,
                              const Value& value) {
  if (const Value* names = keywords[Keyword::property_names]; names != nullptr && !fits(*names, Value(key))) {
    note([&] {
      SchemaWalk walk = inner(Mode::full);
      walk.apply(*names, Value(key));
      Misfit misfit = about_key(Misfit::Kind::other, key, "the key " + quoted(key) + " is not allowed");
      for (Misfit& reason : walk.take()) misfit.problem.message += ": " + reason.problem.message;
      misfit.problem.at_key = true;
      return misfit;
    });
  }
  bool named = false;
  const auto visit = [&](const Value& schema) {
    named = true;
    if (schema.is(Kind::boolean) && !schema.boolean()) return refused_key(key);
    const Value* constant = mode_ == Mode::shallow ? schema.find("const") : nullptr;
    // From afar only the members are looked at that tell one kind of mapping from another.
    if (mode_ != Mode::shallow || constant != nullptr) descend(schema, value, key);
  };
  const Value* properties = keywords[Keyword::properties];
  const Value* own = properties != nullptr ? properties->find(key) : nullptr;
  if (own != nullptr) visit(*own);
  if (const Value* patterns = keywords[Keyword::pattern_properties]; patterns != nullptr && patterns->is_map()) {
    for (const auto& [pattern, schema] : patterns->map()) {
      if (pattern_found(pattern.text(), key)) visit(schema);
    }
  }
  const Value* others = keywords[Keyword::additional_properties];
  if (named || others == nullptr) return;
  if (others->is(Kind::boolean)) {
    if (!others->boolean()) unknown_key(keywords, members, key);
  } else if (mode_ != Mode::shallow) {
    descend(*others, value, key);
  }
}

void SchemaWalk::unknown_key(const Keywords& keywords, const Map& members, const std::string& key) {
  note([&] {
    std::vector<std::string> free;  // a key that is there already is not what was meant
    if (const Value* properties = keywords[Keyword::properties]; properties != nullptr && properties->is_map()) {
      for (const auto& [name, schema] : properties->map()) {
        const bool refused = schema.is(Kind::boolean) && !schema.boolean();
        if (!refused && members.find(name) == nullptr) free.push_back(name.text());
      }
    }
    Misfit misfit = about_key(Misfit::Kind::unknown, key, "unknown key " + quoted(key) + did_you_mean(key, free));
    misfit.problem.at_key = true;
    misfit.problem.suggestion = nearest(key, free).value_or("");
    return misfit;
  });
}

void SchemaWalk::refused_key(const std::string& key) {
  note([&] {
    Misfit misfit = about_key(Misfit::Kind::unknown, key, quoted(key) + " is not allowed here");
    misfit.problem.at_key = true;
    return misfit;
  });
}

void SchemaWalk::check_dependencies(const Keywords& keywords, const Map& members) {
  for (const Keyword keyword : {Keyword::dependencies, Keyword::dependent_required}) {
    const Value* dependencies = keywords[keyword];
    if (dependencies == nullptr || !dependencies->is_map()) continue;
    for (const auto& [key, needs] : dependencies->map()) {
      if (done()) return;
      if (members.find(key) == nullptr) continue;
      if (!needs.is_list()) {
        apply(needs, Value(members));
        continue;
      }
      for (const Value& need : needs.list()) {
        if (members.find(need) != nullptr) continue;
        const std::string because = ", which " + quoted(key.text()) + " needs beside it";
        note([&] { return missing(need.text(), because); });
      }
    }
  }
}

}  // namespace millrace
