#include "openapi/types.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"

namespace millrace {

namespace {

constexpr int deepest_schema = 8;
constexpr int most_schemas = 1000;
constexpr std::string_view combined[] = {"allOf", "anyOf", "oneOf"};

using SaidTypes = std::optional<std::set<std::string>>;

SaidTypes said_types(const Spot& schema) {
  const Value* type = schema.value->find("type");
  if (type != nullptr && type->is_text()) return std::set<std::string>{type->text()};
  if (type == nullptr || !type->is_list()) return std::nullopt;
  std::set<std::string> types;
  for (const Value& one : type->list()) {
    if (one.is_text()) types.insert(one.text());
  }
  return types;
}

/// What both say; where they contradict each other, nobody knows.
SaidTypes both(SaidTypes one, const SaidTypes& other) {
  if (!one || !other) return one ? one : other;
  std::set<std::string> types;
  std::set_intersection(one->begin(), one->end(), other->begin(), other->end(), std::inserter(types, types.end()));
  return types.empty() ? std::nullopt : SaidTypes(std::move(types));
}

bool is_null(const Spot& schema) { return said_types(schema) == SaidTypes(std::set<std::string>{"null"}); }

bool is_json(std::string_view type) { return type.ends_with("/json") || type.ends_with("+json"); }

/// Whether one of the types, with commas between them, is of what no text can hold.
bool has_bytes(const std::string& media_types) {
  for (const std::string& each : split(lower(media_types), ',')) {
    const std::string_view type = trim(std::string_view(each).substr(0, each.find(';')));
    if (type.starts_with("image/") || type.starts_with("audio/") || type.starts_with("video/")) return true;
    const bool written = is_json(type) || type.ends_with("/xml") || type.ends_with("+xml") || type.ends_with("yaml") ||
                         type.ends_with("x-www-form-urlencoded");
    if (type.starts_with("application/") && !type.ends_with('*') && !written) return true;
  }
  return false;
}

/// What 3.0 calls binary, and 3.1 a text of another type that is not encoded.
bool is_file(const Spot& schema) {
  if (schema.text("format") == "binary") return true;
  const std::string type = lower(schema.text("contentMediaType"));
  return schema.at("contentMediaType") && !schema.at("contentEncoding") && !is_json(type.substr(0, type.find(';')));
}

/// Whether nothing is said but that it may be a text.
bool says_no_more(const Spot& schema) {
  constexpr std::string_view words[] = {
      "format", "contentMediaType", "contentEncoding", "properties", "items", "enum", "const", "allOf", "anyOf",
      "oneOf"};
  const SaidTypes types = said_types(schema);
  return (!types || types->count("string") > 0) &&
         std::none_of(std::begin(words), std::end(words),
                      [&](std::string_view word) { return static_cast<bool>(schema.at(word)); });
}

/// Looks through the parts of a schema, as far as that does not tire.
class TypeWalk {
 public:
  explicit TypeWalk(Documents& documents) : documents_(documents) {}

  SaidTypes types(const Spot& schema, int depth) {
    const Spot here = look(schema, depth);
    if (!here) return std::nullopt;
    SaidTypes said = said_types(here);
    for (const std::string_view word : combined) {
      const Spot forms = here.at(word);
      if (forms.is_list() && !forms.value->list().empty())
        said = both(std::move(said), word == "allOf" ? of_all(forms, depth) : of_any(forms, depth));
    }
    if (said) return said;
    if (here.at("properties").is_map()) return std::set<std::string>{"object"};
    if (here.at("items").is_map()) return std::set<std::string>{"array"};
    return std::nullopt;
  }

  Spot items(const Spot& schema, int depth) {
    const Spot here = look(schema, depth);
    if (const Spot items = here.at("items")) return items;
    for (const std::string_view word : combined) {
      const Spot forms = here.at(word);
      for (std::size_t at = 0; forms.is_list() && at < forms.value->list().size(); ++at) {
        if (const Spot found = items(forms.item(at), depth + 1)) return found;
      }
    }
    return {};
  }

  FileContent file(const Spot& schema, bool of_bytes, int depth) {
    const Spot here = look(schema, depth);
    if (!here) return FileContent::no;
    if (is_file(here) || (of_bytes && says_no_more(here))) return FileContent::yes;
    FileContent found = FileContent::no;
    for (const std::string_view word : combined) {
      const Spot forms = here.at(word);
      if (forms.is_list()) found = std::max(found, file_among(forms, word == "allOf", of_bytes, depth));
    }
    return found;
  }

 private:
  FileContent file_among(const Spot& forms, bool all, bool of_bytes, int depth) {
    FileContent most = FileContent::no, least = FileContent::yes;
    for (std::size_t at = 0; at < forms.value->list().size(); ++at) {
      const Spot form = documents_.follow(forms.item(at));
      if (!form || (!all && is_null(form))) continue;
      const FileContent one = file(form, of_bytes && !all, depth + 1);
      most = std::max(most, one);
      least = std::min(least, one);
    }
    return !all && most != least ? FileContent::maybe : most;
  }

  Spot look(const Spot& schema, int depth) {
    if (depth > deepest_schema || ++looked_at_ > most_schemas) return {};
    const Spot here = documents_.follow(schema);
    return here.is_map() ? here : Spot();
  }

  SaidTypes of_all(const Spot& forms, int depth) {
    SaidTypes all;
    for (std::size_t at = 0; at < forms.value->list().size(); ++at)
      all = both(std::move(all), types(forms.item(at), depth + 1));
    return all;
  }

  SaidTypes of_any(const Spot& forms, int depth) {
    std::set<std::string> all;
    for (std::size_t at = 0; at < forms.value->list().size(); ++at) {
      const SaidTypes one = types(forms.item(at), depth + 1);
      if (!one) return std::nullopt;
      all.insert(one->begin(), one->end());
    }
    return all;
  }

  Documents& documents_;
  int looked_at_ = 0;
};

}  // namespace

bool Types::are_only(std::string_view type) const {
  if (!hold(type)) return false;
  return std::all_of(said_->begin(), said_->end(),
                     [type](const std::string& one) { return one == type || one == "null"; });
}

Types types_of(Documents& documents, const Spot& schema) {
  SaidTypes said = TypeWalk(documents).types(schema, 0);
  return said ? Types(std::move(*said)) : Types();
}

FileContent file_content(Documents& documents, const Spot& schema, std::string_view media_type) {
  return TypeWalk(documents).file(schema, has_bytes(std::string(media_type)), 0);
}

Spot items_of(Documents& documents, const Spot& schema) { return TypeWalk(documents).items(schema, 0); }

}  // namespace millrace
