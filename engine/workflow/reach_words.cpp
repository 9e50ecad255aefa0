#include "workflow/reach_words.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/text.hpp"
#include "catalog/kind.hpp"
#include "workflow/project.hpp"

namespace millrace {

namespace {

constexpr std::array<std::string_view, 7> verbs_in_order = {"read", "create", "update", "delete",
                                                            "send", "write",  "work"};

std::string unknown_place(const Reached& reached) {
  return reached.says.empty() ? "known only in the run" : reached.says + ", known only in the run";
}

/// The folder in which a path lies, as far as it is known: "output/reports" of "reports/week-".
std::string folder_words(const Reached& reached) {
  const std::size_t slash = reached.place.rfind('/');
  const std::string inner = slash == std::string::npos ? "" : reached.place.substr(0, slash);
  if (reached.of_project) return inner.empty() ? "the project's folder" : inner;
  return std::string(output_folder) + (inner.empty() ? "" : "/" + inner);
}

std::string file_verb(EffectSet effects) {
  if (effects == EffectSet(Effect::read)) return "read";
  return effects == EffectSet(Effect::send) ? "send" : "write";
}

class Collector {
 public:
  explicit Collector(std::vector<Capability>& found) : found_(found) {}

  void add(const Reached& reached) {
    if (reached.at == Touch::At::file) return file(reached);
    for (const Effect effect : all_effects) {
      if (!reached.effects.meets(effect)) continue;
      if (reached.at == Touch::At::address) {
        address(reached, effect);
      } else {
        note(std::string(name_of(effect)), thing(reached), reached);
      }
    }
  }
  void work(const std::string& object, const Reached& reached) { note("work", object, reached); }

 private:
  /// An http.request touches whatever its address stands for.
  static std::string thing(const Reached& reached) {
    if (reached.kind != "url") return several_of_kind(reached.kind);
    return "whatever " + (reached.connection.empty() ? "its connection" : reached.connection) + " answers for";
  }

  void address(const Reached& reached, Effect effect) {
    std::string host =
        reached.place + (reached.port == 0 || reached.port == 443 ? "" : ":" + std::to_string(reached.port));
    if (!reached.whole) host = "any host (" + unknown_place(reached) + ")";
    if (effect == Effect::read) return note("read", "from " + host, reached);
    if (effect == Effect::send) return note("send", "to " + host, reached);
    note("write", "to " + host, reached);
  }

  void file(const Reached& reached) {
    std::string object = "files in " + folder_words(reached);
    if (!reached.whole && reached.place.empty())
      object = reached.of_project ? "any file of the project" : "any file in output";
    note(file_verb(reached.effects), object, reached);
  }

  void note(const std::string& verb, const std::string& object, const Reached& reached) {
    const bool known = std::any_of(found_.begin(), found_.end(),
                                   [&](const Capability& each) { return each.verb == verb && each.object == object; });
    if (!known) found_.push_back({verb, object, reached.from, reached.workflow});
  }

  std::vector<Capability>& found_;
};

/// Whether who may do the one may do the other: any host is every host, and a folder holds those in it.
bool covers(const Capability& one, const Capability& other) {
  if (one.verb != other.verb) return false;
  const std::size_t any_host = one.object.find("any host");
  if (any_host != std::string::npos) return other.object.starts_with(one.object.substr(0, any_host));
  if (one.object.starts_with("any file"))
    return other.object.starts_with("any file") || other.object.starts_with("files in ");
  return one.object == other.object || other.object.starts_with(one.object + "/");
}

std::string limit_words(const Limits& limits) {
  std::string words;
  if (limits.max_changes) words = std::to_string(*limits.max_changes) + " at most";
  if (!limits.max_percent) return words;
  return words + (words.empty() ? "" : ", or ") + percent_words(*limits.max_percent) +
         (words.empty() ? " at most" : "");
}

}  // namespace

std::string percent_words(double percent) {
  char words[32];
  std::snprintf(words, sizeof words, "%g percent", percent);
  return words;
}

std::vector<Capability> capabilities_of(const std::vector<Reached>& reach) {
  std::vector<Capability> found;
  Collector collector(found);
  for (const Reached& each : reach) collector.add(each);
  for (const Reached& each : reach) {
    if (!each.connection.empty()) collector.work("through " + each.connection, each);
  }
  return found;
}

std::vector<std::string> summary_parts(const std::vector<Reached>& reach, const std::vector<std::string>& locations,
                                       const Limits& limits) {
  std::vector<std::string> parts;
  const std::vector<Capability> all = capabilities_of(reach);
  for (const std::string_view verb : verbs_in_order) {
    std::vector<std::string> objects;
    for (const Capability& each : all) {
      if (each.verb == verb) objects.push_back(each.object);
    }
    if (objects.empty()) continue;
    parts.push_back(std::string(verb) + "s " + listed(std::move(objects)));
    const std::string limited = verb == "delete" ? limit_words(limits) : "";
    if (!limited.empty()) parts.back() += " (" + limited + ")";
  }
  const auto places = std::count_if(locations.begin(), locations.end(), [](const auto& one) { return !one.empty(); });
  if (places > 0 && !parts.empty()) parts.back() += " at " + counted(static_cast<std::size_t>(places), "location");
  return parts;
}

std::string summary(const std::vector<Reached>& reach, const std::vector<std::string>& locations,
                    const Limits& limits) {
  const auto parts = summary_parts(reach, locations, limits);
  return parts.empty() ? "touches nothing outside" : join(parts, " · ");
}

std::vector<Widening> widened(const std::vector<Capability>& before, const std::vector<Capability>& now,
                              const std::string& workflow) {
  std::vector<Widening> more;
  for (const Capability& each : now) {
    if (std::any_of(before.begin(), before.end(), [&](const Capability& other) { return covers(other, each); }))
      continue;
    std::string sentence = "may " + each.verb + " " + each.object;
    sentence += " (line " + std::to_string(each.from.line);
    if (each.workflow != workflow) sentence += " of " + each.workflow;
    sentence += ")";
    more.push_back({std::move(sentence), each.from});
  }
  return more;
}

}  // namespace millrace
