#include "lsp/outline.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "lsp/project_view.hpp"
#include "workflow/model.hpp"
#include "yaml/sketch.hpp"

namespace millrace::lsp {
namespace {

constexpr std::size_t longest_name = 80;
constexpr std::array<std::string_view, 8> starts = {"trigger", "schedule", "cron",  "webhook",
                                                    "watch",   "file",     "after", "manual"};
constexpr std::array<std::string_view, 8> blocks = {"then",     "else",  "do",      "repeat",
                                                    "parallel", "cases", "default", "on_error"};

std::string text_of(const Node* node) {
  return node != nullptr && node->is_scalar() ? shortened(node->text, longest_name) : "";
}

/// "action files.write" of the key that says what the mapping does.
std::string what_it_does(const Node& map, const auto& keys) {
  for (const std::string_view key : keys) {
    const Node::Member* member = map.member(key);
    if (member == nullptr) continue;
    const std::string value = text_of(&member->value);
    return std::string(key) + (value.empty() ? "" : " " + value);
  }
  return {};
}

class Outliner {
 public:
  std::vector<OutlineEntry> file(const Node& root) {
    std::vector<OutlineEntry> entries;
    for (const Node::Member& member : root.members) {
      OutlineEntry entry = of_member(member);
      const bool steps =
          member.key == "actions" || member.key == "on_failure" || member.key == "always" || member.key == "alarms";
      if (steps || member.key == "triggers") entry.kind = OutlineEntry::Kind::section;
      if (steps) add_steps(member.value, entry.inside);
      if (member.key == "triggers") add_triggers(member.value, entry.inside);
      if (member.key == "tests") add_tests(member.value, entry);
      if (member.key == "vars" || member.key == "connections") {
        entry.kind = OutlineEntry::Kind::section;
        for (const Node::Member& one : member.value.members) entry.inside.push_back(of_member(one));
      }
      entries.push_back(std::move(entry));
    }
    return entries;
  }

 private:
  static OutlineEntry of_member(const Node::Member& member) {
    const Range key = {member.key_begin, member.key_end};
    return {OutlineEntry::Kind::value,
            member.key.empty() ? "?" : member.key,
            text_of(&member.value),
            {key.begin, std::max(key.end, member.value.end)},
            key};
  }

  static void add_tests(const Node& node, OutlineEntry& entry) {
    entry.kind = OutlineEntry::Kind::section;
    for (const Node& test : node.items) {
      const std::string name = text_of(test.find("name"));
      const Range whole = {test.begin, test.end};
      entry.inside.push_back({OutlineEntry::Kind::step, name.empty() ? "test" : name, "", whole, whole});
    }
  }

  void add_steps(const Node& node, std::vector<OutlineEntry>& entries) {
    for (const Node& item : node.items) add_steps(item, entries);
    if (!node.is_map() || node.members.empty()) return;
    OutlineEntry entry = {OutlineEntry::Kind::step, text_of(node.find("name")), what_it_does(node, step_words)};
    const Node* id = node.find("id");
    if (entry.name.empty()) entry.name = text_of(id);
    if (entry.name.empty()) entry.name = entry.detail.empty() ? "step" : entry.detail;
    entry.whole = {node.begin, node.end};
    entry.chosen = {node.members[0].key_begin, node.members[0].key_end};
    for (const Node::Member& member : node.members) {
      if (std::find(blocks.begin(), blocks.end(), member.key) != blocks.end()) add_steps(member.value, entry.inside);
    }
    if (node.find("when") != nullptr) entry.name = "when " + text_of(node.find("when"));
    entries.push_back(std::move(entry));
  }

  static void add_triggers(const Node& node, std::vector<OutlineEntry>& entries) {
    for (const Node& item : node.items) add_triggers(item, entries);
    if (node.is_scalar() && !node.is_empty()) {
      entries.push_back({OutlineEntry::Kind::trigger, node.text, "", {node.begin, node.end}, {node.begin, node.end}});
    } else if (node.is_map() && !node.members.empty()) {
      const Range first = {node.members[0].key_begin, node.members[0].key_end};
      std::string name = what_it_does(node, starts);
      if (name.empty()) name = "trigger";
      entries.push_back({OutlineEntry::Kind::trigger, std::move(name), "", {node.begin, node.end}, first});
    }
  }
};

}  // namespace

std::vector<OutlineEntry> outline(const SourceText& source) {
  if (kind_while_typing(source) == FileKind::other) return {};
  const YamlDocument document = sketch_yaml(std::make_shared<const SourceText>(source));
  return document.root ? Outliner().file(*document.root) : std::vector<OutlineEntry>();
}

}  // namespace millrace::lsp
