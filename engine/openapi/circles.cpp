#include "openapi/circles.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace millrace {

namespace {

constexpr std::size_t most_parts = 10'000;
constexpr std::string_view definition_place = "#/definitions/";

/// Calls `visit` with each schema that a value has to fit together with this one.
template <class Visit>
void each_part_in_place(const Value& schema, const Visit& visit) {
  for (const std::string_view word : {"allOf", "anyOf", "oneOf"}) {
    const Value* parts = schema.find(word);
    if (parts == nullptr || !parts->is_list()) continue;
    for (const Value& part : parts->list()) visit(part);
  }
  for (const std::string_view word : {"not", "if", "then", "else"}) {
    if (const Value* part = schema.find(word)) visit(*part);
  }
  if (const Value* parts = schema.find("dependencies"); parts != nullptr && parts->is_map()) {
    for (const auto& [name, part] : parts->map()) visit(part);
  }
}

void add_parts(const Value& schema, std::vector<std::string>& names) {
  const std::string reference = schema.text_or("$ref");
  if (!reference.empty()) names.push_back(reference.substr(definition_place.size()));
  each_part_in_place(schema, [&names](const Value& part) { add_parts(part, names); });
}

/// The schema without the references in place that `cut` names.
Value without(const Value& schema, const std::set<std::string>& cut) {
  if (schema.is_list()) {
    Value::List items;
    for (const Value& item : schema.list()) items.push_back(without(item, cut));
    return items;
  }
  if (!schema.is_map()) return schema;
  const std::string reference = schema.text_or("$ref");
  if (!reference.empty()) return cut.count(reference.substr(definition_place.size())) > 0 ? Value(Map()) : schema;
  Map members;
  for (const auto& [word, value] : schema.map()) {
    constexpr std::string_view in_place[] = {"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependencies"};
    const bool here = std::find(std::begin(in_place), std::end(in_place), word.text()) != std::end(in_place);
    if (word.text() == "dependencies" && value.is_map()) {
      Map parts;
      for (const auto& [name, part] : value.map()) parts.set(name, without(part, cut));
      members.set(word, std::move(parts));
    } else {
      members.set(word, here ? without(value, cut) : value);
    }
  }
  return members;
}

/// Walks over the definitions, each after those that it is made of. A stack of its own, because a document can make a
/// way of a hundred thousand references.
class CircleCutter {
 public:
  explicit CircleCutter(std::map<std::string, Value>& definitions) : definitions_(definitions) {}

  std::vector<Cut> cut() {
    for (const auto& [name, schema] : definitions_) {
      if (!entries_[name].begun) walk(name);
    }
    for (const auto& [name, references] : taken_out_) definitions_[name] = without(definitions_[name], references);
    return std::move(cuts_);
  }

 private:
  struct Entry {
    bool begun = false, done = false;
    std::size_t parts = 1;  ///< that are looked at, this one among them
  };
  struct Step {
    const std::string* name;
    std::vector<std::string> references;
    std::size_t next = 0;
  };

  void enter(const std::string& name) {
    entries_[name].begun = true;
    std::vector<std::string> references;
    add_parts(definitions_.at(name), references);
    way_.push_back({&definitions_.find(name)->first, std::move(references)});
  }

  void walk(const std::string& first) {
    enter(first);
    while (!way_.empty()) {
      Step& step = way_.back();
      if (step.next == step.references.size()) {
        leave(step);
        way_.pop_back();
        continue;
      }
      const std::string& to = step.references[step.next++];
      if (definitions_.find(to) == definitions_.end()) continue;
      const Entry& there = entries_[to];
      if (there.begun && !there.done && taken_out_[*step.name].insert(to).second) cuts_.push_back({*step.name, true});
      if (!there.begun) enter(to);  // `step` is gone now
    }
  }

  void leave(const Step& step) {
    Entry& entry = entries_[*step.name];
    entry.done = true;
    std::set<std::string>& out = taken_out_[*step.name];
    for (const std::string& name : step.references) {
      if (out.count(name) == 0 && definitions_.find(name) != definitions_.end()) entry.parts += entries_[name].parts;
    }
    if (entry.parts > most_parts) {
      out.insert(step.references.begin(), step.references.end());
      entry.parts = 1;
      cuts_.push_back({*step.name, false});
    }
    if (out.empty()) taken_out_.erase(*step.name);
  }

  std::map<std::string, Value>& definitions_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::set<std::string>> taken_out_;
  std::vector<Step> way_;
  std::vector<Cut> cuts_;
};

}  // namespace

std::vector<Cut> cut_circles(std::map<std::string, Value>& definitions) { return CircleCutter(definitions).cut(); }

}  // namespace millrace
