#include "published.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "manifests.hpp"
#include "operation.hpp"
#include "value/json.hpp"
#include "value/member_path.hpp"

// Where the documents are silent, the stand-in does this:
// - a thing that does not exist is answered with 400, because 404 is not among the documented statuses;
// - what a list is asked for beside skip and limit narrows nothing;
// - what is made has the members that the manifest's example shows, with those of the body in their place.

namespace millrace::sandbox {
namespace {

constexpr std::array manifest_files = {"highlevel.json",           "highlevel.contacts.json",
                                       "highlevel.locations.json", "highlevel.social_planner.json",
                                       "highlevel.users.json",     "highlevel.oauth.json"};

/// Creating is answered with 201, but for these; and so are these that create nothing.
constexpr std::array created_with_200 = {"contacts.upsert", "locations.create"};
constexpr std::array answered_with_201 = {"social_csv.upload",
                                          "social_csv.set_accounts",
                                          "social_google_locations.attach",
                                          "social_facebook_pages.attach",
                                          "social_instagram_accounts.attach",
                                          "social_linkedin_profiles.attach",
                                          "social_twitter_profiles.attach",
                                          "social_tiktok_profiles.attach",
                                          "contact_followers.add",
                                          "contact_campaigns.add"};

template <class Names>
bool among(std::string_view name, const Names& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The path with our names for what stands in it; the parameter that names the thing is "{thing}".
std::string own_path(const std::string& path, const std::string& id_input) {
  std::vector<std::string> segments = split(path, '/');
  for (std::string& segment : segments) {
    if (segment == "{location_id}") segment = "{location}";
    if (segment == "{contact_id}") segment = "{contact}";
    if (!id_input.empty() && segment == "{" + id_input + "}" && segment != "{contact}") segment = "{thing}";
  }
  return join(segments, "/");
}

std::vector<std::string> needed_members(const Value& action) {
  std::vector<std::string> needed;
  const Value* body = action.find("request")->find("body");
  const Value* required = action.find("input")->find("required");
  if (body == nullptr || !body->is_map() || required == nullptr) return needed;
  for (const auto& [name, input] : body->map()) {
    const auto& names = required->list();
    if (input.is_text() && std::find(names.begin(), names.end(), input) != names.end()) needed.push_back(name.text());
  }
  return needed;
}

Does does_of(const Value& action, const Published& row, const std::string& id_input) {
  const std::string effect = action.text_or("effect");
  const Value* thing = member_at(row.answer, row.echo);
  const bool shows_thing = thing != nullptr && thing->is_map() && thing->find(row.id) != nullptr;
  if (row.kind.empty()) return Does::answer;
  if (effect == "read" && !row.list.empty()) return Does::list;
  if (effect == "read") return shows_thing && !id_input.empty() ? Does::get : Does::answer;
  if (effect == "create") return shows_thing ? Does::create : Does::answer;
  if (id_input.empty()) return Does::answer;
  return effect == "delete" ? Does::remove : Does::update;
}

Published row_of(const std::string& name, const Value& action) {
  const Value &request = *action.find("request"), *resource = action.find("resource");
  const Value nothing{Map()};
  const Value& said = resource != nullptr ? *resource : nothing;
  const std::string id_input = said.text_or("id_input"), effect = action.text_or("effect");
  Published row;
  row.method = request.text_or("method");
  row.path = own_path(request.text_or("path"), id_input);
  row.scope = action.text_or("scope");
  row.kind = said.text_or("kind");
  row.id = said.text_or("id", "id");
  row.list = said.text_or("list_path");
  row.echo = said.text_or("echo");
  row.request = request;
  row.needed = needed_members(action);
  const Value* example = action.find("examples")->list().front().find("output");
  if (example != nullptr) row.answer = *example;
  if (const Value* body = request.find("body"); body != nullptr && body->is_map()) {
    for (const auto& [member, input] : body->map()) row.fields.push_back(member.text());
  }
  row.does = does_of(action, row, id_input);
  const bool made = effect == "create" && !among(name, created_with_200);
  row.status = made || among(name, answered_with_201) ? 201 : 200;
  return row;
}

const std::map<std::string, Value, std::less<>>& actions() {
  static const std::map<std::string, Value, std::less<>> all = [] {
    std::map<std::string, Value, std::less<>> read;
    for (const char* file : manifest_files) {
      const auto manifest = parse_json(find_embedded(embedded_manifests(), file));
      const Value* listed = manifest ? manifest->find("actions") : nullptr;
      if (listed == nullptr) continue;
      for (const auto& [name, action] : listed->map()) read.emplace(name.text(), action);
    }
    return read;
  }();
  return all;
}

/// What a shelf of this kind holds before anybody has touched it.
const Value::List& first_things(const std::string& kind) {
  static const std::map<std::string, Value::List> all = [] {
    std::map<std::string, Value::List> things;
    std::map<std::string, std::vector<std::string>> ids;
    const auto add = [&](const Published& row, const Value& thing) {
      const Value* id = thing.find(row.id);
      if (id == nullptr || !id->is_text() || among(id->text(), ids[row.kind])) return;
      ids[row.kind].push_back(id->text());
      things[row.kind].push_back(thing);
    };
    for (const Published& row : published_operations()) {
      const Value* list = row.does == Does::list ? member_at(row.answer, row.list) : nullptr;
      const Value* thing = row.does == Does::get ? member_at(row.answer, row.echo) : nullptr;
      if (thing != nullptr) add(row, *thing);
      if (list == nullptr || !list->is_list()) continue;
      for (const Value& item : list->list()) add(row, item);
    }
    return things;
  }();
  static const Value::List none;
  const auto found = all.find(kind);
  return found == all.end() ? none : found->second;
}

/// "note /contacts/ID/notes": what stands before the thing in the path.
std::string shelf_name(const Published& row, const Call& call) {
  const std::vector<std::string> pattern = split(row.path, '/'), segments = split(call.path, '/');
  std::string name = row.kind + " ";
  for (std::size_t at = 1; at < segments.size() && at < pattern.size() && pattern[at] != "{thing}"; ++at) {
    if (!segments[at].empty() && segments[at] != "search") name += "/" + segments[at];
  }
  return name;
}

/// Works on the shelf that a call is about.
class Shelf {
 public:
  Shelf(World& world, const Call& call) : world_(world), call_(call), row_(*call.published) {
    name_ = shelf_name(row_, call);
    const auto found = world.data.shelves.find(name_);
    things_ = found != world.data.shelves.end() ? found->second : first_things(row_.kind);
    place_ = static_cast<std::size_t>(
        std::find_if(things_.begin(), things_.end(),
                     [&](const Value& thing) { return thing.text_or(row_.id) == call.thing; }) -
        things_.begin());
  }

  Answer perform() {
    if (row_.does == Does::list) return list();
    if (row_.does == Does::create) return create();
    if (place_ == things_.size())
      return refusal(400, "there is no " + words(row_.kind) + " with the id " + call_.thing);
    if (row_.does == Does::update) change(things_[place_]);
    if (row_.does == Does::remove) things_.erase(things_.begin() + static_cast<std::ptrdiff_t>(place_));
    if (row_.does != Does::get) world_.data.shelves[name_] = things_;
    return row_.does == Does::remove ? Answer{row_.status, row_.answer} : shown(things_[place_]);
  }

 private:
  static std::string words(std::string kind) {
    std::replace(kind.begin(), kind.end(), '_', ' ');
    return kind;
  }

  std::string asked(std::string_view name) const {
    const auto in_query = call_.asked(name);
    const Value* in_body = call_.body.find(name);
    if (in_query) return *in_query;
    if (in_body == nullptr || in_body->is_null()) return "";
    return in_body->is_text() ? in_body->text() : encode_json(*in_body);
  }

  Answer list() const {
    std::vector<std::string> problems;
    const std::string skip_text = asked("skip"), limit_text = asked("limit");
    const auto said = [](const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); };
    const std::size_t skip = read_number(said(skip_text), "skip", 0, problems);
    const std::size_t limit = read_number(said(limit_text), "limit", things_.size(), problems);
    if (!problems.empty()) return unprocessable(problems);
    Value::List page;
    for (std::size_t at = skip; at < things_.size() && page.size() < limit; ++at) page.push_back(things_[at]);
    Value answer = with_member(row_.answer, row_.list, std::move(page));
    const std::size_t dot = row_.list.rfind('.');
    const std::string around = dot == std::string::npos ? "" : row_.list.substr(0, dot + 1);
    for (const std::string_view count : {"count", "totalCount", "total"}) {
      const std::string path = around + std::string(count);
      if (member_at(answer, path) != nullptr)
        answer = with_member(answer, path, Value(static_cast<std::int64_t>(things_.size())));
    }
    return {row_.status, std::move(answer)};
  }

  Answer create() {
    Value thing = *member_at(row_.answer, row_.echo);
    const std::string shown_id = thing.text_or(row_.id);
    const bool hexadecimal =
        shown_id.size() == 24 && shown_id.find_first_not_of("0123456789abcdef") == std::string::npos;
    change(thing);
    thing = with_member(thing, row_.id,
                        Value(hexadecimal ? world_.dice.hexadecimal(24) : world_.dice.letters_and_digits(20)));
    if (thing.find("locationId") != nullptr && !call_.location.empty())
      thing = with_member(thing, "locationId", call_.location);
    if (thing.find("contactId") != nullptr && !call_.contact.empty())
      thing = with_member(thing, "contactId", call_.contact);
    things_.push_back(thing);
    world_.data.shelves[name_] = things_;
    return shown(thing);
  }

  /// A member that the thing is shown with, or that the manifest says to be its own.
  void change(Value& thing) const {
    if (!call_.body.is_map()) return;
    for (const auto& [name, value] : call_.body.map()) {
      const bool known = thing.find(name.text()) != nullptr;
      if (known && name.text() != row_.id && among(name.text(), row_.fields))
        thing = with_member(thing, name.text(), value);
    }
  }

  Answer shown(const Value& thing) const {
    const Value* place = member_at(row_.answer, row_.echo);
    const bool shows = place != nullptr && place->is_map() && place->find(row_.id) != nullptr;
    return {row_.status, shows ? with_member(row_.answer, row_.echo, thing) : row_.answer};
  }

  World& world_;
  const Call& call_;
  const Published& row_;
  std::string name_;
  Value::List things_;
  std::size_t place_ = 0;  // of the thing that is meant; behind the last where there is none
};

}  // namespace

const std::vector<Published>& published_operations() {
  static const std::vector<Published> rows = [] {
    std::vector<Published> all;
    for (const auto& [name, action] : actions()) {
      if (action.find("request") != nullptr) all.push_back(row_of(name, action));
    }
    return all;
  }();
  return rows;
}

Answer perform_published(World& world, const Call& call) {
  const Published& row = *call.published;
  std::vector<std::string> missing;
  for (const std::string& name : row.needed) {
    if (call.body.is_map() && call.body.find(name) == nullptr) missing.push_back(name + ": is needed");
  }
  if (!missing.empty()) return unprocessable(missing);
  return row.does == Does::answer ? Answer{row.status, row.answer} : Shelf(world, call).perform();
}

const Value& shown_answer(std::string_view action) {
  static const Value nothing;
  const auto found = actions().find(action);
  const Value* shown =
      found == actions().end() ? nullptr : found->second.find("examples")->list().front().find("output");
  return shown != nullptr ? *shown : nothing;
}

}  // namespace millrace::sandbox
