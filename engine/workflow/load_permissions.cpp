#include "workflow/load_permissions.hpp"

#include <utility>

#include "base/text.hpp"
#include "base/url.hpp"

namespace millrace {

namespace {

constexpr Effect by_harm[] = {Effect::read, Effect::create, Effect::update, Effect::remove};

/// One word is that and all that does less harm; `send` is beside that order.
EffectSet up_to(std::string_view word) {
  if (word == "any") return EffectSet::any();
  const auto last = parse_effect(word);
  if (!last || *last == Effect::none) return {};
  if (*last == Effect::send) return EffectSet(Effect::send) | Effect::read;
  EffectSet effects;
  for (const Effect each : by_harm) {
    effects = effects | each;
    if (each == *last) break;
  }
  return effects;
}

/// A list is exactly what it names.
EffectSet effects_in(const Node& node) {
  if (node.is_scalar()) return up_to(node.text);
  EffectSet effects;
  for (const Node& item : node.items) {
    const auto effect = parse_effect(item.text);
    if (effect && *effect != Effect::none) effects = effects | *effect;
  }
  return effects;
}

class PermissionsLoader {
 public:
  PermissionsLoader(FieldReader& fields, const YamlDocument& document) : fields_(fields), document_(document) {}

  Bounds load(const Node::Member& permissions) {
    Bounds bounds;
    bounds.at = document_.key_mark(permissions);
    for (const Node::Member& member : permissions.value.members) {
      if (member.value.is_empty()) continue;  // the shape's finding
      if (member.key == "connections") {
        bounds.connections = places(member, [](std::string name) { return Named{std::move(name)}; });
      } else if (member.key == "hosts") {
        bounds.hosts = places(member, host);
      } else if (member.key == "files") {
        bounds.files = places(member, folder);
        for (const Bounds::Entry& entry : bounds.files->entries)
          bounds.files->any = bounds.files->any || entry.name.empty();
      } else if (member.key == "send") {
        bounds.send = {member.key, member.value.text == "any" ? EffectSet(Effect::send) : EffectSet(), at(member)};
      } else if (member.key == "others") {
        bounds.others = {member.key, effects_in(member.value), at(member)};
      } else {
        bounds.kinds.push_back({member.key, effects_in(member.value), at(member)});
      }
    }
    return bounds;
  }

 private:
  /// What a place's name is read as, or what is wrong with it.
  struct Named {
    std::string name;
    int port = 0;
    std::string wrong = {};
  };

  SourceMark at(const Node::Member& member) const { return document_.key_mark(member); }

  static Named host(std::string text) {
    text = lower(text);
    if (is_absolute_url(text)) {
      const auto url = parse_url(text);
      if (url && (url->rest.empty() || url->rest == "/")) return {url->host, url->port};
      return {"", 0, "is more than a host: say it without its path, such as api.example.com"};
    }
    const bool wild = text.starts_with("*.");
    const auto url = parse_url("https://" + (wild ? text.substr(2) : text));
    if (!url || !url->rest.empty() || url->host.find('*') != std::string::npos)
      return {"", 0, "is no host: say one such as api.example.com, *.example.com or api.example.com:8443"};
    const bool with_port =
        text.find(':', text.rfind(']') == std::string::npos ? 0 : text.rfind(']')) != std::string::npos;
    return {(wild ? "*." : "") + url->host, with_port ? url->port : 0};
  }

  static Named folder(std::string text) {
    std::string path(below_output(text));
    while (path.ends_with('/')) path.pop_back();
    if (path == "." || path == "output") path.clear();
    for (const std::string& part : split(path, '/')) {
      if (!path.empty() && (part.empty() || part == "." || part == ".."))
        return {"", 0, "is no folder below output/: say one such as reports/"};
    }
    return {path};
  }

  template <class Read>
  Bounds::Places places(const Node::Member& member, const Read& read) {
    Bounds::Places places;
    places.at = at(member);
    const Node& node = member.value;
    const auto add = [&](const std::string& text, EffectSet effects, const SourceMark& mark) {
      Named named = read(text);
      if (!named.wrong.empty())
        return fields_.report(finding(Rule::wrong_value, mark, "\"" + text + "\" " + named.wrong));
      places.entries.push_back({std::move(named.name), effects, mark, named.port});
    };
    if (node.is_scalar() && node.text == "any") places.any = true;
    if (node.is_scalar() && node.text != "any" && node.text != "none")
      add(node.text, EffectSet::any(), fields_.mark(node));
    for (const Node& item : node.items) {
      if (item.is_scalar() && !item.is_empty()) add(item.text, EffectSet::any(), fields_.mark(item));
    }
    for (const Node::Member& each : node.members) add(each.key, effects_in(each.value), at(each));
    return places;
  }

  FieldReader& fields_;
  const YamlDocument& document_;
};

}  // namespace

std::shared_ptr<const Bounds> load_permissions(const Node& root, FieldReader& fields, const YamlDocument& document) {
  const Node::Member* member = root.member("permissions");
  if (member == nullptr || !member->value.is_map()) return nullptr;
  return std::make_shared<const Bounds>(PermissionsLoader(fields, document).load(*member));
}

}  // namespace millrace
