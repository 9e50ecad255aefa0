#include <algorithm>
#include <array>
#include <charconv>

#include "base/percent.hpp"
#include "schema/reference.hpp"
#include "schema/schema.hpp"

namespace millrace {
namespace {

constexpr int longest_chain = 16;  // of references that lead to references
constexpr int deepest_branch = 8;  // of allOf, anyOf and oneOf inside each other

/// One step of a pointer in a URI's fragment as the key it names: "%25" is "%", "~1" is "/".
std::string unescaped(std::string_view fragment) {
  return pointer_key(percent_decode(fragment).value_or(std::string(fragment)));
}

const Value* child(const Value& parent, std::string_view step) {
  if (parent.is_map() && step.find_first_of("%~") == std::string_view::npos) return parent.find(step);
  if (parent.is_map()) return parent.find(unescaped(step));
  if (!parent.is_list()) return nullptr;
  std::size_t index = 0;
  const auto [end, failure] = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool number = failure == std::errc() && end == step.data() + step.size();
  return number && index < parent.list().size() ? &parent.list()[index] : nullptr;
}

/// Calls `visit` with the schema and with each that it is put together from, until one call gives true.
template <class Visit>
bool any_part(const Value& root, const Value& here, const Visit& visit, int depth = 0) {
  const Value* schema = followed(root, here);
  if (schema == nullptr || !schema->is_map() || depth > deepest_branch) return false;
  if (visit(*schema)) return true;
  for (const std::string_view combination : {"allOf", "anyOf", "oneOf"}) {
    const Value* parts = schema->find(combination);
    if (parts == nullptr || !parts->is_list()) continue;
    for (const Value& part : parts->list()) {
      if (any_part(root, part, visit, depth + 1)) return true;
    }
  }
  return false;
}

void add(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// The types a schema allows; false where it allows any.
bool add_types(const Value& root, const Value& here, std::vector<std::string>& types, int depth = 0) {
  const Value* schema = followed(root, here);
  if (schema == nullptr || !schema->is_map() || depth > deepest_branch) return false;
  if (const Value* type = schema->find("type")) {
    if (type->is_text()) add(types, type->text());
    if (type->is_list()) {
      for (const Value& name : type->list()) add(types, name.text());
    }
    return true;
  }
  if (const Value* constant = schema->find("const")) {
    add(types, std::string(json_type_of(*constant)));
    return true;
  }
  if (const Value* allowed = schema->find("enum"); allowed != nullptr && allowed->is_list()) {
    for (const Value& value : allowed->list()) add(types, std::string(json_type_of(value)));
    return true;
  }
  if (const Value* parts = schema->find("allOf"); parts != nullptr && parts->is_list()) {
    for (const Value& part : parts->list()) {
      if (add_types(root, part, types, depth + 1)) return true;
    }
  }
  for (const std::string_view combination : {"anyOf", "oneOf"}) {
    const Value* parts = schema->find(combination);
    if (parts == nullptr || !parts->is_list()) continue;
    const auto known = [&](const Value& part) { return add_types(root, part, types, depth + 1); };
    return std::all_of(parts->list().begin(), parts->list().end(), known);
  }
  return false;
}

/// True where no form of a mapping that the schema allows has members other than those listed.
bool closed(const Value& root, const Value& here, int depth = 0) {
  const Value* schema = followed(root, here);
  if (schema == nullptr || !schema->is_map() || depth > deepest_branch) return false;
  const Value* others = schema->find("additionalProperties");
  if (others != nullptr && others->is(Kind::boolean) && !others->boolean()) return true;
  const std::string type = schema->text_or("type", "object");
  if (type != "object") return true;
  const auto part_closed = [&](const Value& part) { return closed(root, part, depth + 1); };
  const Value* all = schema->find("allOf");
  if (all != nullptr && all->is_list() && std::any_of(all->list().begin(), all->list().end(), part_closed)) return true;
  for (const std::string_view combination : {"anyOf", "oneOf"}) {
    const Value* parts = schema->find(combination);
    if (parts == nullptr || !parts->is_list()) continue;
    if (std::all_of(parts->list().begin(), parts->list().end(), part_closed)) return true;
  }
  return false;
}

}  // namespace

std::string_view json_type_of(const Value& value) noexcept {
  switch (value.kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
    case Kind::unsigned_integer:
      return "integer";
    case Kind::number:
      return "number";
    case Kind::list:
      return "array";
    case Kind::map:
      return "object";
    case Kind::text:
    case Kind::bytes:
    case Kind::timestamp:
    case Kind::duration:
    case Kind::type:
    case Kind::optional:
    case Kind::unknown:
      return "string";
  }
  return "string";
}

const Value* referred(const Value& root, std::string_view reference) {
  if (!reference.starts_with('#')) return nullptr;
  reference.remove_prefix(1);
  const Value* here = &root;
  while (!reference.empty()) {
    if (reference.front() != '/') return nullptr;
    reference.remove_prefix(1);
    const std::string_view step = reference.substr(0, reference.find('/'));
    here = child(*here, step);
    if (here == nullptr) return nullptr;
    reference.remove_prefix(step.size());
  }
  return here;
}

const Value* followed(const Value& root, const Value& here) {
  const Value* schema = &here;
  for (int hops = 0; hops < longest_chain; ++hops) {
    const Value* reference = schema->find("$ref");
    if (reference == nullptr || !reference->is_text()) return schema;
    schema = referred(root, reference->text());
    if (schema == nullptr) return nullptr;
  }
  return nullptr;
}

std::string pointer_step(std::string_view key) {
  std::string step = "/";
  for (const char letter : key) {
    if (letter == '~') {
      step += "~0";
    } else if (letter == '/') {
      step += "~1";
    } else {
      step += letter;
    }
  }
  return step;
}

std::string pointer_key(std::string_view step) {
  std::string key;
  for (std::size_t at = 0; at < step.size(); ++at) {
    const bool escape = step[at] == '~' && at + 1 < step.size() && (step[at + 1] == '0' || step[at + 1] == '1');
    key += escape ? (step[at + 1] == '0' ? '~' : '/') : step[at];
    if (escape) ++at;
  }
  return key;
}

SchemaView::SchemaView(const Value& root, const Value& here) : root_(&root), here_(followed(root, here)) {}

std::vector<std::string> SchemaView::types() const {
  std::vector<std::string> types;
  if (here_ != nullptr && !add_types(*root_, *here_, types)) types.clear();
  return types;
}

bool SchemaView::allows(std::string_view type) const {
  const std::vector<std::string> allowed = types();
  const auto has = [&](std::string_view name) {
    return std::find(allowed.begin(), allowed.end(), name) != allowed.end();
  };
  return allowed.empty() || has(type) || (type == "integer" && has("number"));
}

std::string SchemaView::format() const {
  std::string format;
  if (here_ == nullptr) return format;
  any_part(*root_, *here_, [&](const Value& schema) {
    format = schema.text_or("format");
    return !format.empty();
  });
  return format;
}

SchemaView SchemaView::property(std::string_view name) const {
  if (here_ == nullptr) return {};
  const Value* found = nullptr;
  any_part(*root_, *here_, [&](const Value& schema) {
    const Value* properties = schema.find("properties");
    found = properties != nullptr ? properties->find(name) : nullptr;
    return found != nullptr;
  });
  if (found == nullptr) {
    any_part(*root_, *here_, [&](const Value& schema) {
      const Value* others = schema.find("additionalProperties");
      if (others != nullptr && others->is_map()) found = others;
      return found != nullptr;
    });
  }
  return found != nullptr ? SchemaView(*root_, *found) : SchemaView();
}

std::vector<std::string> SchemaView::property_names() const {
  std::vector<std::string> names;
  if (here_ == nullptr) return names;
  any_part(*root_, *here_, [&](const Value& schema) {
    const Value* properties = schema.find("properties");
    if (properties == nullptr || !properties->is_map()) return false;
    for (const auto& [name, member] : properties->map()) add(names, name.text());
    return false;
  });
  return names;
}

bool SchemaView::open() const { return here_ == nullptr || !closed(*root_, *here_); }

std::vector<std::string> SchemaView::required() const {
  std::vector<std::string> names;
  const auto add_required = [&](const Value& schema) {
    const Value* required = schema.find("required");
    if (required == nullptr || !required->is_list()) return;
    for (const Value& name : required->list()) add(names, name.text());
  };
  if (here_ == nullptr) return names;
  add_required(*here_);
  if (const Value* parts = here_->find("allOf"); parts != nullptr && parts->is_list()) {
    for (const Value& part : parts->list()) {
      if (const Value* schema = followed(*root_, part)) add_required(*schema);
    }
  }
  return names;
}

SchemaView SchemaView::items() const {
  if (here_ == nullptr) return {};
  const Value* found = nullptr;
  any_part(*root_, *here_, [&](const Value& schema) {
    const Value* items = schema.find("items");
    if (items != nullptr && items->is_map()) found = items;
    return found != nullptr;
  });
  return found != nullptr ? SchemaView(*root_, *found) : SchemaView();
}

std::string SchemaView::description() const { return here_ != nullptr ? here_->text_or("description") : std::string(); }

}  // namespace millrace
