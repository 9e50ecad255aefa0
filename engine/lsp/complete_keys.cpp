#include <algorithm>
#include <set>

#include "lsp/completion.hpp"
#include "lsp/scope.hpp"
#include "workflow/check_permissions.hpp"

namespace millrace::lsp {
namespace {

constexpr int wanted_first = 0;
constexpr int then_others = 1;

/// In brackets everything stands in one line.
bool in_brackets(const Asked& asked) {
  const Node* around = asked.standing.place.owner();
  const std::string& text = asked.standing.document->text();
  return around != nullptr && around->begin < text.size() && text[around->begin] == '{';
}

/// What is typed behind the key to begin its value.
std::string beginning_of_value(const Asked& asked, const Form& form) {
  const std::string& text = asked.source.text;
  if (asked.standing.place.kind == Place::Kind::key && asked.standing.range.end < text.size() &&
      text[asked.standing.range.end] == ':')
    return "";
  const std::vector<std::string> types = form.view().types();
  const bool inside = std::all_of(types.begin(), types.end(),
                                  [](const std::string& type) { return type == "array" || type == "object"; });
  return inside && !types.empty() && !in_brackets(asked) ? ":" : ": ";
}

void add_key(const Asked& asked, const FormKey& key, const std::string& dash, Completions& found) {
  Completion one = {Completion::Kind::key,
                    dash + key.name,
                    words_of_type(key.form),
                    key.form.description(),
                    dash + key.name + beginning_of_value(asked, key.form),
                    key.required ? wanted_first : then_others};
  if (key.required) one.detail += one.detail.empty() ? "required" : ", required";
  found.items.push_back(std::move(one));
}

/// A step is begun with what it does, and so is a trigger: of each kind the first key that it cannot be without.
void add_kinds(const Asked& asked, const Forms& kinds, const std::string& dash, Completions& found) {
  for (const Form& kind : kinds) {
    for (FormKey& key : keys_of(kind)) {
      const bool named = key.name == "id" || key.name == "name";
      if (!key.required && !named) continue;
      if (!named) key.form.said = kind.description();
      key.required = key.required && !named;
      add_key(asked, key, dash, found);
      if (!named) break;
    }
  }
}

Forms mappings_of(const Forms& forms) {
  Forms mappings = choices_of(forms);
  std::erase_if(mappings, [](const Form& form) { return form.schema->find("properties") == nullptr; });
  return mappings;
}

/// What the forms of the mapping have beside the keys that are there.
void add_keys_of(const Asked& asked, const Forms& forms, const Node& map, std::string_view typed,
                 const std::string& dash, Completions& found) {
  const Forms left = left_by(mappings_of(forms), map, typed);
  std::set<std::string> there;
  for (const Node::Member& member : map.members) {
    if (member.key != typed) there.insert(member.key);
  }
  const auto begun = [&there](const Form& form) {
    const std::vector<std::string> required = form.view().required();
    return std::any_of(required.begin(), required.end(), [&](const std::string& key) { return there.contains(key); });
  };
  const std::size_t before = found.items.size();
  if (left.size() > 1 && std::none_of(left.begin(), left.end(), begun)) {
    add_kinds(asked, left, dash, found);
  } else {
    for (const Form& form : left) {
      if (left.size() > 1 && !begun(form)) continue;
      for (const FormKey& key : keys_of(form)) add_key(asked, key, dash, found);
    }
  }
  const auto is_there = [&there](const Completion& one) { return there.contains(one.label); };
  found.items.erase(
      std::remove_if(found.items.begin() + static_cast<std::ptrdiff_t>(before), found.items.end(), is_there),
      found.items.end());
}

/// `permissions` has a key for each kind of thing that a plugin touches.
void add_kinds_of_things(const Asked& asked, const Node* there, Completions& found) {
  for (const std::string& kind : known_kinds(*asked.view.catalog)) {
    if (there == nullptr || there->find(kind) == nullptr)
      found.items.push_back({Completion::Kind::key, kind, "kind of thing", "", kind + ": ", then_others});
  }
}

/// `with` of a call has what the workflow reads of its event.
void add_inputs_of_call(const Asked& asked, const Place& with, const Node* there, Completions& found) {
  const Node* called = with.way.empty() ? nullptr : with.way.back().parent->find("call");
  const Workflow* workflow = called != nullptr ? asked.view.find_workflow(called->text) : nullptr;
  if (workflow == nullptr) return;
  for (const std::string& name : members_of_event(*workflow, asked.view)) {
    if (there == nullptr || there->find(name) == nullptr)
      found.items.push_back({Completion::Kind::key, name, "read from event", "", name + ": ", then_others});
  }
}

/// Keys that no schema knows: `map` is the place of their mapping, `there` what it has already.
void add_keys_of_others(const Asked& asked, const Place& map, const Node* there, Completions& found) {
  const std::string key = map.key();
  if (asked.kind == FileKind::test) return add_keys_of_test(asked, map, there, found);
  if (key == "permissions") add_kinds_of_things(asked, there, found);
  if (key == "with") add_inputs_of_call(asked, map, there, found);
}

}  // namespace

void add_keys(const Asked& asked, Completions& found) {
  const Place& place = asked.standing.place;
  if (place.kind == Place::Kind::key) {
    const Place owner = place.outside();
    const Place::Step& last = place.way.back();
    add_keys_of(asked, forms_at(asked.kind, owner, asked.view), *last.parent, last.key, "", found);
    add_keys_of_others(asked, owner, last.parent, found);
    return;
  }
  // A mapping may begin where there is nothing yet; one beside its key does so in the next line only.
  const std::string& text = asked.standing.document->text();
  const std::size_t line = text.rfind('\n', place.range.begin) + 1;
  const std::size_t first = text.find_first_not_of(" \t-", line);
  const bool item = !place.way.empty() && place.way.back().parent->is_list();
  if (first != place.range.begin || asked.standing.range.begin != place.range.begin) return;
  static const Node nothing;
  add_keys_of(asked, asked.forms, nothing, "", "", found);
  add_keys_of_others(asked, place, nullptr, found);
  if (item) return;
  Forms items;
  for (const Form& form : choices_of(asked.forms)) {
    if (const Value* inside = form.schema->find("items")) items.push_back({form.root, inside});
  }
  add_keys_of(asked, items, nothing, "", "- ", found);
}

}  // namespace millrace::lsp
