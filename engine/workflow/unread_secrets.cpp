#include "workflow/unread_secrets.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "yaml/rules.hpp"

namespace millrace {

namespace {

constexpr std::string_view prefix = "secret:";

bool is_name_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// Whether what stands before the handle makes it a value: a scheme of HTTP, a parameter, a part of an address, quotes.
bool expects_a_value(std::string_view before) {
  if (before.empty()) return true;
  if (std::string_view("=\"'/").find(before.back()) != std::string_view::npos) return true;
  if (before.back() != ' ' && before.back() != ':') return false;
  const std::string words = lower(trim(before.substr(0, before.size() - 1)));
  const std::string last = words.substr(words.find_last_of(" \"'") + 1);
  for (const char* scheme : {"bearer", "basic", "token", "apikey", "key", "digest"}) {
    if (last == scheme) return true;
  }
  return false;
}

/// "secret:name", in small letters or not, where the text would send it; empty where it does not.
std::string handle_in(std::string_view text) {
  const std::string small = lower(text);
  for (std::size_t at = small.find(prefix); at != std::string_view::npos; at = small.find(prefix, at + 1)) {
    std::size_t end = at + prefix.size();
    while (end < text.size() && is_name_letter(text[end])) ++end;
    const bool named = end > at + prefix.size();
    const bool made = text.substr(end).starts_with("${{");
    if (at > 0 && (is_name_letter(text[at - 1]) || !expects_a_value(text.substr(0, at)))) continue;
    const bool whole = at > 0 || end == text.size() || made;  // "secret:sauce is here" is prose
    if ((named || made) && whole) return std::string(text.substr(at, end - at)) + (made ? "..." : "");
  }
  return "";
}

class Search {
 public:
  Search(const YamlDocument& document, const ReadsSecrets& reads) : document_(document), reads_(reads) {}

  std::vector<Finding> in(const Node& root) {
    look_into(root, "", "", "");
    return std::move(found_);
  }

 private:
  void look_into(const Node& node, const std::string& place, std::string_view key, std::string_view action) {
    if (reads_(place, action)) return;
    for (const Node& item : node.items) look_into(item, place, key, action);
    const Node* own = node.find("action");
    if (own != nullptr && own->is_scalar() && key != "with") action = own->text;
    for (const Node::Member& member : node.members)
      look_into(member.value, place.empty() ? member.key : place + "/" + member.key, member.key, action);
    const std::string handle = node.is_scalar() ? handle_in(node.text) : "";
    if (handle.empty()) return;
    found_.push_back(finding(Rule::unread_secret, document_.mark(node),
                             "\"" + handle +
                                 "\" would be sent as these words, because no secret is read here: give it to a "
                                 "connection in millrace.yaml, such as auth: {header: {name: " +
                                 header_of(key) + ", value: \"" + handle +
                                 "\"}}, and name the connection on the step"));
  }

  static std::string header_of(std::string_view key) {
    const bool header = !key.empty() && std::all_of(key.begin(), key.end(), is_name_letter) &&
                        std::any_of(key.begin(), key.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return header ? std::string(key) : "X-Api-Key";
  }

  const YamlDocument& document_;
  const ReadsSecrets& reads_;
  std::vector<Finding> found_;
};

}  // namespace

bool is_secret_input(std::string_view place, std::string_view action, const Catalog& catalog) {
  const std::size_t slash = place.rfind('/');
  if (slash == std::string_view::npos || !place.substr(0, slash).ends_with("/with")) return false;
  const Action* known = catalog.find_action(action);
  return known != nullptr && takes_secret(*known, place.substr(slash + 1));
}

std::vector<Finding> find_unread_secrets(const YamlDocument& document, const ReadsSecrets& reads) {
  if (!document.root || lower(document.text()).find(prefix) == std::string::npos) return {};
  return Search(document, reads).in(*document.root);
}

}  // namespace millrace
