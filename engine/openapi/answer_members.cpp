#include "openapi/answer_members.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "openapi/names.hpp"

namespace millrace {

namespace {

constexpr std::size_t deepest_member = 3;
constexpr int deepest_part = 8;
constexpr std::size_t most_answer_members = 400;
constexpr int most_walked = 2000;  // parts that refer to parts are met as often as they are referred to

class MemberWalk {
 public:
  MemberWalk(Documents& documents, std::size_t deepest) : documents_(documents), deepest_(deepest) {}

  void walk(const Spot& schema, int parts) {
    const Spot here = documents_.follow(schema);
    if (!here.is_map() || parts > deepest_part || ++walked_ > most_walked) return;
    if (const Spot all = here.at("allOf"); all.is_list()) {
      for (std::size_t at = 0; at < all.value->list().size(); ++at) walk(all.item(at), parts + 1);
    }
    const Spot properties = here.at("properties");
    if (!properties.is_map()) return;
    for (const auto& [name, value] : properties.value->map()) {
      const Spot written = properties.at(name.text()), member = documents_.follow(written);
      if (!member || found_.size() >= most_answer_members) continue;
      path_.push_back(name.text());
      found_.push_back({path_, member, written});
      if (path_.size() < deepest_) walk(member, parts);
      path_.pop_back();
    }
  }
  std::vector<AnswerMember> found() && { return std::move(found_); }

 private:
  Documents& documents_;
  std::size_t deepest_;
  int walked_ = 0;
  std::vector<std::string> path_;
  std::vector<AnswerMember> found_;
};

bool is_plain_member(const std::string& name) {
  constexpr std::string_view reserved[] = {"in",    "as",        "if",   "for",      "let",      "null",   "true",
                                           "else",  "false",     "loop", "break",    "const",    "import", "package",
                                           "while", "namespace", "var",  "continue", "function", "return", "void"};
  const auto letter = [](unsigned char one) { return std::isalnum(one) != 0 || one == '_'; };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), letter) &&
         std::find(std::begin(reserved), std::end(reserved), name) == std::end(reserved);
}

/// The one form of two that is not null: so 3.1 says that something may be null.
const Value* form_beside_null(const Value& schema) {
  const Value* forms = schema.find("anyOf");
  if (forms == nullptr) forms = schema.find("oneOf");
  if (forms == nullptr || !forms->is_list() || forms->list().size() != 2) return nullptr;
  const Value &one = forms->list()[0], &other = forms->list()[1];
  if (one.text_or("type") == "null") return &other;
  return other.text_or("type") == "null" ? &one : nullptr;
}

}  // namespace

bool is_of_type(const Value* schema, std::string_view type) {
  const Value* said = schema != nullptr ? schema->find("type") : nullptr;
  if (said == nullptr) {
    const Value* form = schema != nullptr ? form_beside_null(*schema) : nullptr;
    return form != nullptr && is_of_type(form, type);
  }
  if (said->is_text()) return said->text() == type;
  return said->is_list() && std::find(said->list().begin(), said->list().end(), Value(type)) != said->list().end();
}

std::vector<AnswerMember> members_in(Documents& documents, const Spot& answer) {
  MemberWalk walk(documents, deepest_member);
  walk.walk(answer, 0);
  return std::move(walk).found();
}

std::map<std::string, Spot> own_members(Documents& documents, const Spot& schema) {
  MemberWalk walk(documents, 1);
  walk.walk(schema, 0);
  std::map<std::string, Spot> members;
  for (AnswerMember& member : std::move(walk).found())
    members.try_emplace(std::move(member.path.front()), std::move(member.said));
  return members;
}

std::optional<AnswerMember> list_in(Documents& documents, const Spot& answer, const std::string& noun) {
  const Spot here = documents.follow(answer);
  if (is_of_type(here, "array")) return AnswerMember{{}, here};
  std::vector<AnswerMember> lists;
  for (AnswerMember& member : members_in(documents, here)) {
    const bool plain = std::all_of(member.path.begin(), member.path.end(), [](const std::string& name) {
      return !name.empty() && name.find('.') == std::string::npos;
    });
    if (plain && is_of_type(member.schema, "array")) lists.push_back(std::move(member));
  }
  const auto shortest = std::min_element(lists.begin(), lists.end(), [](const auto& one, const auto& other) {
    return one.path.size() < other.path.size();
  });
  if (shortest == lists.end()) return std::nullopt;
  const std::size_t level = shortest->path.size();
  if (level > 2) return std::nullopt;  // a list of one thing's own
  lists.erase(std::remove_if(lists.begin(), lists.end(), [level](const auto& one) { return one.path.size() > level; }),
              lists.end());
  if (lists.size() == 1) return lists.front();
  for (const std::string& usual : {noun, std::string("data"), std::string("items"), std::string("results"),
                                   std::string("value"), std::string("values"), std::string("records")}) {
    for (const AnswerMember& list : lists) {
      if (snake_case(list.path.back()) == usual) return list;
    }
  }
  return std::nullopt;
}

std::string id_in(Documents& documents, const Spot& list) {
  const std::vector<AnswerMember> members = members_in(documents, list.at("items"));
  for (const std::string_view id : {"id", "_id"}) {
    for (const AnswerMember& member : members) {
      if (member.path.size() == 1 && member.path.front() == id) return std::string(id);
    }
  }
  return "";
}

std::string dotted(const std::vector<std::string>& path) { return join(path, "."); }

std::string read_in_cel(const std::vector<std::string>& path) {
  std::string text = "output";
  for (const std::string& name : path) text += is_plain_member(name) ? ".?" + name : "[?'" + name + "']";
  return text;
}

}  // namespace millrace
