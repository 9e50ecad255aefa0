#include "lsp/forms.hpp"

#include <algorithm>

#include "lsp/tested.hpp"
#include "schema/reference.hpp"
#include "value/json.hpp"
#include "workflow/format_schemas.hpp"

namespace millrace::lsp {
namespace {

constexpr int most_choices = 200;
constexpr int deepest_choice = 8;

const Value& document_of(FileKind kind) {
  static const Value workflow = shipped_schema("workflow.schema.json");
  static const Value project = shipped_schema("project.schema.json");
  static const Value test = shipped_schema("test.schema.json");
  return kind == FileKind::project ? project : kind == FileKind::test ? test : workflow;
}

const Value* definition(std::string_view name) {
  const Value& workflow = document_of(FileKind::workflow);
  return workflow.find("definitions")->find(name);
}

void add_choices(const Form& form, int depth, Forms& found) {
  if (depth > deepest_choice || found.size() > most_choices) return;
  const Value* schema = followed(*form.root, *form.schema);
  if (schema == nullptr || !schema->is_map()) return;
  Form here = {form.root, schema, form.said};
  if (here.said.empty()) here.said = form.schema->text_or("description");
  bool choice = false;
  for (const std::string_view word : {"anyOf", "oneOf", "allOf"}) {
    const Value* parts = schema->find(word);
    if (parts == nullptr || !parts->is_list()) continue;
    choice = true;
    for (const Value& part : parts->list()) {
      // What is said of one of several is better than what is said of all of them.
      const Value* target = followed(*form.root, part);
      const bool own = target != nullptr && target->find("description") != nullptr;
      add_choices({form.root, &part, own ? "" : here.said}, depth + 1, found);
    }
  }
  const bool says_more = schema->find("properties") || schema->find("items") || schema->find("additionalProperties") ||
                         schema->find("enum") || schema->find("const");
  if (!choice || says_more) found.push_back(std::move(here));
}

bool refuses(const Form& form, const std::string& key) {
  const Value* properties = form.schema->find("properties");
  if (properties != nullptr && properties->find(key) != nullptr) return false;
  const Value* others = form.schema->find("additionalProperties");
  const bool closed = others != nullptr && others->is(Kind::boolean) && !others->boolean();
  return closed || (properties == nullptr && others == nullptr && !form.view().allows("object"));
}

/// What the catalogue says of `with` in this step or trigger; nothing where it does not know.
Forms inputs_of(const Node& owner, const Catalog& catalog) {
  const auto named = [&owner](std::string_view key) {
    const Node* node = owner.find(key);
    return node != nullptr && node->is_scalar() ? node->text : std::string();
  };
  for (const std::string_view key : {"action", "watch"}) {
    const Action* action = catalog.find_action(named(key));
    if (action != nullptr && action->input) return {{&action->input->document(), &action->input->document()}};
  }
  const Trigger* trigger = catalog.find_trigger(named("trigger"));
  if (trigger != nullptr && trigger->with) return {{&trigger->with->document(), &trigger->with->document()}};
  return {};
}

/// What a test says of an action in `answers` or `steps`: what it gives, and what it is given; nothing elsewhere. `at`
/// is the step that leads there.
Forms said_of_action(const Place& place, std::size_t at, const ProjectView& view) {
  const auto key = [&place](std::size_t step) { return std::string_view(place.way[step].key); };
  const bool one_of_several = at > 2 && place.way[at].parent->is_list() && key(at - 2) == "answers";
  const std::size_t named = key(at) == "output" || key(at) == "input" || one_of_several ? at - 1 : at;
  if (named < 1) return {};
  const bool answer = key(named - 1) == "answers" && (named == at || one_of_several);
  const bool told = key(named - 1) == "steps" && named != at && !one_of_several;
  if (!answer && !told) return {};
  const Action* action = action_named(place, place.way[named].key, view);
  if (action == nullptr) return {};
  const auto& schema = told && key(at) == "input" ? action->input : action->output;
  return schema != nullptr ? Forms{{&schema->document(), &schema->document()}} : Forms();
}

Forms below(const Forms& forms, const Place::Step& step) {
  Forms found;
  for (const Form& form : choices_of(forms)) {
    if (step.parent->is_list()) {
      if (const Value* items = form.schema->find("items")) found.push_back({form.root, items});
      continue;
    }
    const Value* properties = form.schema->find("properties");
    const Value* known = properties != nullptr ? properties->find(step.key) : nullptr;
    if (known == nullptr) known = form.schema->find("additionalProperties");
    if (known == nullptr || !known->is_map()) continue;
    found.push_back({form.root, known, known->text_or("description")});
  }
  return found;
}

}  // namespace

Forms choices_of(const Forms& forms) {
  Forms found;
  for (const Form& form : forms) add_choices(form, 0, found);
  return found;
}

Forms left_by(const Forms& forms, const Node& map, std::string_view except) {
  Forms best;
  std::size_t most = 0;
  for (const Form& form : forms) {
    std::size_t known = 0;
    for (const Node::Member& member : map.members) {
      if (member.key != except && !refuses(form, member.key)) ++known;
    }
    if (known < most) continue;
    if (known > most) best.clear();
    most = known;
    best.push_back(form);
  }
  return best;
}

Forms forms_at(FileKind kind, const Place& place, const ProjectView& view) {
  const Value& document = document_of(kind);
  Forms forms = {{&document, &document}};
  for (std::size_t at = 0; at < place.way.size(); ++at) {
    const Place::Step& step = place.way[at];
    const bool lone = step.parent->is_map() && at > 0;  // a lone mapping stands for the list it should be in
    if (lone) {
      Forms items;
      for (const Form& form : choices_of(forms)) {
        const Value* inside = form.schema->find("items");
        if (inside != nullptr && form.schema->find("properties") == nullptr) items.push_back({form.root, inside});
      }
      const Forms all = choices_of(forms);
      const bool mapping = std::any_of(all.begin(), all.end(), [](const Form& form) {
        return form.schema->find("properties") || form.schema->find("additionalProperties");
      });
      if (!items.empty() && !mapping) forms = std::move(items);
    }
    if (step.parent->is_map()) forms = left_by(choices_of(forms), *step.parent, step.key);
    if (step.key == "with") {
      Forms inputs = inputs_of(*step.parent, *view.catalog);
      if (!inputs.empty()) {
        forms = std::move(inputs);
        continue;
      }
    }
    if (kind == FileKind::test && at > 0) {
      if (Forms said = said_of_action(place, at, view); !said.empty()) {
        forms = std::move(said);
        continue;
      }
    }
    const bool alarm = kind == FileKind::project && at == 1 && place.way[0].key == "alarms";
    forms = alarm ? Forms{{&document_of(FileKind::workflow), definition("action_step")}} : below(forms, step);
  }
  return forms;
}

std::vector<FormKey> keys_of(const Form& form) {
  std::vector<FormKey> keys;
  const Value* properties = form.schema->find("properties");
  if (properties == nullptr || !properties->is_map()) return keys;
  const std::vector<std::string> wanted = form.view().required();
  for (const auto& [name, schema] : properties->map()) {
    const bool required = std::find(wanted.begin(), wanted.end(), name.text()) != wanted.end();
    keys.push_back({name.text(), {form.root, &schema, schema.text_or("description")}, required});
  }
  return keys;
}

std::vector<std::string> words_of(const Form& form) {
  std::vector<std::string> words;
  const auto add = [&words](const Value& value) {
    words.push_back(value.is_text() ? value.text() : encode_json(value));
  };
  if (const Value* constant = form.schema->find("const")) add(*constant);
  const Value* allowed = form.schema->find("enum");
  if (allowed != nullptr && allowed->is_list()) std::for_each(allowed->list().begin(), allowed->list().end(), add);
  const std::vector<std::string> types = form.view().types();
  if (words.empty() && std::find(types.begin(), types.end(), "boolean") != types.end()) return {"true", "false"};
  return words;
}

}  // namespace millrace::lsp
