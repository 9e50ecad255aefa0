#include "lsp/hover.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "lsp/completion.hpp"
#include "lsp/scope.hpp"
#include "lsp/tested.hpp"
#include "lsp/typing.hpp"
#include "schedule/preview.hpp"
#include "schedule/schedule.hpp"
#include "yaml/files.hpp"
#include "yaml/sketch.hpp"

namespace millrace::lsp {
namespace {

constexpr std::size_t most_members = 30;

bool word_part(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

Range word_around(const std::string& text, std::size_t offset) {
  Range word = {offset, offset};
  while (word.begin > 0 && word_part(text[word.begin - 1])) --word.begin;
  while (word.end < text.size() && word_part(text[word.end])) ++word.end;
  return word;
}

std::string about_type(const std::string& name, const Type& type) {
  std::string text = "`" + name + "`: " + type.render();
  const Type element = type.element();
  const bool list = type.kind() == Kind::list;
  if (list && !element.is_any()) text += " of " + element.render() + " each";
  std::vector<std::string> members = list ? element.member_names() : type.member_names();
  if (members.empty()) return text;
  const bool more = members.size() > most_members;
  members.resize(std::min(members.size(), most_members));
  for (std::string& member : members) member = "`" + member + "`";
  return text + "\n\nMembers: " + join(members, ", ") + (more ? ", ..." : "");
}

/// What is known of the word of an expression that ends at the cursor.
std::optional<std::string> about_word(const Typing& typing, bool called, const TypedNames& names) {
  const std::string& word = typing.word;
  const std::string whole = typing.receiver.empty() ? word : typing.receiver + "." + word;
  const FunctionEntry* behind = nullptr;
  for (const FunctionEntry& entry : function_entries()) {
    if (entry.name == whole) return about_function(entry);
    if (entry.name == word) behind = &entry;
  }
  if (called) return behind != nullptr ? std::optional(about_function(*behind)) : std::nullopt;
  const TypedNames all = names_within(names, typing.loops);
  const auto known = [&](const auto& name) { return name.first == word; };
  if (!typing.member && std::none_of(all.begin(), all.end(), known)) return std::nullopt;
  return about_type(whole, type_of_text(whole, all));
}

std::optional<Hover> hover_expression(const SourceText& source, const Range& word, FileKind kind,
                                      const ProjectView& view) {
  const auto standing = stand(source, word.end);
  if (!standing) return std::nullopt;
  const auto before = expression_before(*standing, forms_at(kind, standing->place, view));
  const auto typing = before ? read_typing(*before) : std::nullopt;
  if (!typing || typing->word.empty()) return std::nullopt;
  const std::size_t behind = source.text.find_first_not_of(' ', word.end);
  const bool called = behind != std::string::npos && source.text[behind] == '(';
  auto text = about_word(*typing, called, names_at(*standing, kind, view));
  if (!text) return std::nullopt;
  return Hover{std::move(*text), word};
}

std::string about_connection(const std::string& name, const ProjectView& view) {
  const ConnectionSettings* connection = view.project ? view.project->find_connection(name) : nullptr;
  if (connection == nullptr) return {};
  std::string text = "Connection of `" + connection->plugin + "`";
  if (!connection->base_url.empty()) text += " at " + connection->base_url;
  if (connection->all_locations) text += ", for all locations";
  if (!connection->locations.empty()) text += ", for " + join(connection->locations, ", ");
  return text;
}

std::string about_schedule(const std::string& key, const std::string& text) {
  const auto read = key == "cron" ? parse_cron(text) : parse_schedule(text);
  const auto* schedule = std::get_if<Schedule>(&read);
  return schedule != nullptr ? "Runs " + in_words(*schedule) + "." : "";
}

/// What stands under a name, by the key before it.
std::string about_name(const std::string& key, const std::string& name, const ProjectView& view) {
  if (key == "action" || key == "watch") {
    const Action* action = view.catalog->find_action(name);
    return action != nullptr ? about_action(*action) : "";
  }
  if (key == "trigger") {
    const Trigger* trigger = view.catalog->find_trigger(name);
    return trigger != nullptr ? about_trigger(*trigger) : "";
  }
  if (key == "connection") return about_connection(name, view);
  if (key == "schedule" || key == "cron") return about_schedule(key, name);
  if (key != "call" && key != "after") return {};
  for (const WorkflowFile& file : view.workflows) {
    if (workflow_id(file.shown_as) == name) return "The workflow in `" + file.shown_as + "`.";
  }
  return {};
}

/// What a value is for: of the forms that say something the first; else what it is.
std::string about_forms(const std::string& key, const Forms& forms) {
  std::string types;
  for (const Form& form : choices_of(forms)) {
    const std::string type = words_of_type(form);
    const std::string head = "`" + key + "`" + (type.empty() ? "" : " (" + type + ")");
    if (const std::string said = form.description(); !said.empty()) return head + "\n\n" + said;
    if (types.empty() && !type.empty()) types = head;
  }
  return types;
}

/// Of a key that says what a step does, what such a step is.
std::string about_key(const Place& place, const Forms& forms, const ProjectView& view, FileKind kind) {
  const Forms left = left_by(choices_of(forms_at(kind, place.outside(), view)), *place.way.back().parent, "");
  if (left.size() == 1) {
    const std::vector<std::string> required = left[0].view().required();
    const bool says_kind = !required.empty() && required[0] == place.key() && place.way.size() > 1;
    const std::string said = left[0].view().description();
    if (says_kind && !said.empty()) return "`" + place.key() + "`\n\n" + said;
  }
  return about_forms(place.key(), forms);
}

}  // namespace

std::optional<Hover> hover(const SourceText& source, std::size_t offset, const ProjectView& view) {
  const FileKind kind = kind_while_typing(source);
  if (kind == FileKind::other || offset > source.text.size()) return std::nullopt;
  const Range word = word_around(source.text, offset);
  if (word.begin < word.end) {
    if (auto found = hover_expression(source, word, kind, view)) return found;
  }
  const YamlDocument document = sketch_yaml(std::make_shared<const SourceText>(source));
  const auto place = find_place(document, offset);
  if (!place || place->way.empty()) return std::nullopt;
  const Forms forms = forms_at(kind, *place, view);
  std::string text;
  if (kind == FileKind::test) text = about_test_name(*place, view);
  if (!text.empty()) return Hover{std::move(text), place->range};
  if (place->kind == Place::Kind::key) {
    text = about_key(*place, forms, view, kind);
  } else if (const Node* scalar = place->way.back().child; scalar->is_scalar()) {
    text = about_name(place->key(), scalar->text, view);
    if (text.empty()) text = about_forms(place->key(), forms);
  }
  if (text.empty()) return std::nullopt;
  return Hover{std::move(text), place->range};
}

}  // namespace millrace::lsp
