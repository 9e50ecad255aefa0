#include "usage.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "../support/moment.hpp"
#include "../support/pages.hpp"
#include "contact_count.hpp"
#include "kept_look.hpp"
#include "of_location.hpp"

namespace millrace::tags {

using job::Call;
using job::Failure;
using job::find;
using job::is_unknown;
using job::Json;
using job::object;
using job::text;
using job::text_of;

namespace {

Json number(std::int64_t value) { return Json(value); }

std::string location_in(const Json& input) {
  std::string location = text_of(input, "location_id");
  if (location.empty()) throw Failure{"invalid", "it is not known which location is meant: give location_id"};
  return location;
}

std::string state_key(const std::string& location) { return "usage/" + location; }

/// Since when the last observation knew each unused tag to be so.
std::map<std::string, std::string> unused_in(const Json& observation) {
  std::map<std::string, std::string> times;
  const Json* unused = find(observation, "unused");
  if (unused == nullptr || !unused->IsObject()) return times;
  for (const auto& [id, since] : unused->GetObject()) {
    if (since.IsString()) times.emplace(id.GetString(), since.GetString());
  }
  return times;
}

Json observation(const std::string& at, std::int64_t tags, std::int64_t contacts,
                 const std::map<std::string, std::string>& unused) {
  Json times(rapidjson::kObjectType);
  for (const auto& [id, since] : unused) job::add_members(times, id, text(since));
  return object("at", text(at), "tags", number(tags), "contacts", number(contacts), "unused", std::move(times));
}

std::string plural(std::int64_t count, const std::string& things) {
  return std::to_string(count) + " " + (count == 1 ? things.substr(0, things.size() - 1) : things);
}

/// One look at a location, and what earlier ones saw.
class Usage {
 public:
  Usage(Call& call, const Json& input)
      : call_(call), location_(location_in(input)), accept_drop_(job::is_true(input, "accept_drop")) {
    posts_within_ = job::milliseconds_in(input, "posts_within").value_or(365 * job::a_day);
    with_social_ = job::is_true(input, "social_tags", true);
  }

  Json perform() {
    read_tags();
    ContactCount contacts(call_, location_, counts_);
    contacts_ = contacts.read();
    unreadable_ = contacts.unreadable();
    if (contacts.without_id() > 0) warn(contacts.without_id(), "contacts have no id");
    Json social(rapidjson::kArrayType);
    if (with_social_) social = read_social();

    const Json before = call_.read_state(state_key(location_));
    const std::string dropped = doubt_about(before);
    Json items = judge(before);
    remember(before, dropped.empty());
    Json totals = object("tags", number(static_cast<std::int64_t>(tags_.size())), "contacts", number(contacts_),
                         "social_tags", std::move(social_tags_), "posts", std::move(posts_));
    Json seen_before = before.IsObject()
                           ? object("at", text(text_of(before, "at")), "tags", number(job::integer_of(before, "tags")),
                                    "contacts", number(job::integer_of(before, "contacts")))
                           : Json();
    return object("items", std::move(items), "social", std::move(social), "totals", std::move(totals), "before",
                  std::move(seen_before), "kept_since", Json(), "dropped", dropped.empty() ? Json() : text(dropped),
                  "warnings", std::move(warnings_));
  }

 private:
  struct Tag {
    Json id;  // unknown where the tag was only planned
    std::string name;
    std::size_t place;
  };

  void warn(std::size_t count, const std::string& what) {
    warnings_.PushBack(text(std::to_string(count) + " " + what), job::memory);
  }

  void note_pages(const job::SkipPages& pages, const std::string& things) {
    if (pages.without_id() > 0) warn(pages.without_id(), things + " without an id were left out");
    if (pages.missing() > 0)
      warn(static_cast<std::size_t>(pages.missing()), "of the " + things + " that were told did not come");
    if (!pages.restless()) return;
    warnings_.PushBack(text(things + " came or went while they were read, three times over: some may be missing"),
                       job::memory);
  }

  void read_tags() {
    const Json answer = call_.action("location_tags.list", object("location_id", text(location_)));
    const Json* listed = find(answer, "tags");
    if (listed == nullptr || !listed->IsArray()) {
      throw Failure{"invalid", "the answer of location_tags.list has no list \"tags\""};
    }
    std::set<std::string> ids;
    std::size_t nameless = 0;
    for (const Json& tag : listed->GetArray()) {
      must_be_of(location_, tag, "location_tags.list", "tags");
      const Json* id = find(tag, "id");
      const std::string name = text_of(tag, "name");
      const std::string known_id = text_of(tag, "id");
      const auto place = counts_.place_of(name);
      if (id == nullptr || !place || (known_id.empty() && !is_unknown(*id))) {
        ++nameless;
      } else if (known_id.empty() || ids.insert(known_id).second) {
        tags_.push_back({job::copy(*id), name, *place});
      }
    }
    if (nameless > 0) warn(nameless, "location tags without an id or a name that can be compared were left out");
  }

  Json read_social() {
    std::map<std::string, std::int64_t> posts_of;
    const std::int64_t now = call_.now();
    job::SkipPages posts(call_, "social_posts.list", "posts");
    const Json window = object("location_id", text(location_), "from_date", text(job::time_text(now - posts_within_)),
                               "to_date", text(job::time_text(now)), "include_users", text("false"));
    posts_ = number(posts.read(window, [&](const std::string&, const Json& post) {
      const Json* carried = find(post, "tags");
      if (carried == nullptr || !carried->IsArray()) return;
      std::set<std::string> once;
      for (const Json& tag : carried->GetArray()) {
        if (tag.IsString()) once.emplace(tag.GetString(), tag.GetStringLength());
      }
      for (const std::string& tag : once) ++posts_of[tag];
    }));
    note_pages(posts, "posts");

    Json items(rapidjson::kArrayType);
    job::SkipPages tags(call_, "social_tags.list", "tags");
    social_tags_ =
        number(tags.read(object("location_id", text(location_)), [&](const std::string& id, const Json& tag) {
          items.PushBack(object("id", text(id), "name", text(text_of(tag, "tag")), "posts", number(posts_of[id]),
                                "deleted", Json(job::is_true(tag, "deleted"))),
                         job::memory);
        }));
    note_pages(tags, "social tags");
    return items;
  }

  /// Why what was seen is not believed, or nothing.
  std::string doubt_about(const Json& before) const {
    if (accept_drop_) return "";
    if (unreadable_ == 0) return dropped_since(before);
    return plural(static_cast<std::int64_t>(unreadable_), "contacts") +
           " came without a list of names of tags: what cannot be read is not empty";
  }

  /// How many tags any contact carries.
  std::int64_t used() const {
    return std::count_if(tags_.begin(), tags_.end(), [this](const Tag& tag) { return counts_.at(tag.place) > 0; });
  }

  /// What is suddenly empty or halved, or nothing: an error of the far side looks like tags that nobody carries.
  std::string dropped_since(const Json& before) const {
    if (!before.IsObject()) return "";
    const std::string day = text_of(before, "at").substr(0, 10);
    std::string told;
    const auto compare = [&](std::int64_t had, std::int64_t has, const std::string& things) {
      if (had == 0 || has * 2 > had) return;
      told +=
          (told.empty() ? "" : ", and ") + plural(has, things) + " now against " + std::to_string(had) + " on " + day;
    };
    compare(job::integer_of(before, "tags"), static_cast<std::int64_t>(tags_.size()), "location tags");
    compare(job::integer_of(before, "contacts"), contacts_, "contacts");
    // Contacts that are all there, but without what they carried. Of very few tags one loses its last contact every
    // day.
    constexpr std::int64_t least = 4;
    const std::int64_t used_before =
        job::integer_of(before, "tags") - static_cast<std::int64_t>(unused_in(before).size());
    if (used_before >= least) compare(used_before, used(), "used location tags");
    if (!told.empty()) told += ": a list that is suddenly empty or halved may be an error of the far side";
    return told;
  }

  /// The items. Fills `unused_`: a tag that is seen to be used, or
  /// that is gone, loses its time.
  Json judge(const Json& before) {
    const auto known = unused_in(before);
    const bool told = unreadable_ == 0 || accept_drop_;  // whether a tag without contacts is known to be unused
    const std::string now = job::time_text(call_.now());
    Json items(rapidjson::kArrayType);
    for (const Tag& tag : tags_) {
      const std::int64_t contacts = counts_.at(tag.place);
      std::string since;
      if (contacts == 0 && tag.id.IsString()) {
        const std::string id(tag.id.GetString(), tag.id.GetStringLength());
        if (const auto found = known.find(id); found != known.end() && told) since = found->second;
        unused_[id] = since.empty() ? now : since;
      }
      items.PushBack(object("id", job::copy(tag.id), "name", text(tag.name), "contacts", number(contacts),
                            "unused_since", since.empty() ? Json() : text(since)),
                     job::memory);
    }
    return items;
  }

  void remember(const Json& before, bool believed) {
    if (!believed) return forget_the_used(before);
    call_.write_state(state_key(location_), observation(job::time_text(call_.now()),
                                                        static_cast<std::int64_t>(tags_.size()), contacts_, unused_));
  }

  /// What a doubtful answer shows as used is used all the same; that something is missing in it says nothing.
  void forget_the_used(const Json& before) {
    auto unused = unused_in(before);
    bool changed = false;
    for (const Tag& tag : tags_) {
      if (counts_.at(tag.place) > 0 && tag.id.IsString()) changed = unused.erase(tag.id.GetString()) > 0 || changed;
    }
    if (!changed) return;
    call_.write_state(state_key(location_), observation(text_of(before, "at"), job::integer_of(before, "tags"),
                                                        job::integer_of(before, "contacts"), unused));
  }

  Call& call_;
  std::string location_;
  bool accept_drop_;
  bool with_social_ = true;
  std::int64_t posts_within_ = 0;
  NameCount counts_;
  std::vector<Tag> tags_;
  std::int64_t contacts_ = 0;
  std::size_t unreadable_ = 0;  // contacts of which it is not known what they carry
  Json social_tags_, posts_;
  std::map<std::string, std::string> unused_;  // what is known about each tag without contacts
  Json warnings_ = Json(rapidjson::kArrayType);
};

}  // namespace

Json usage(Call& call, const Json& input) {
  KeptLook look(call, input);
  if (auto kept = look.find()) return std::move(*kept);
  Json told = Usage(call, input).perform();
  look.keep(told);
  return told;
}

Json forget(Call& call, const Json& input) {
  const std::string location = location_in(input);
  drop_kept_look(call, location);
  const Json before = call.read_state(state_key(location));
  const Json* ids = find(input, "tag_ids");
  if (!before.IsObject() || ids == nullptr || !ids->IsArray()) return object("tags", number(0));
  std::int64_t tags = job::integer_of(before, "tags");
  auto unused = unused_in(before);
  for (const Json& id : ids->GetArray()) {
    if (tags > 0) --tags;
    if (id.IsString()) unused.erase(id.GetString());
  }
  call.write_state(state_key(location),
                   observation(text_of(before, "at"), tags, job::integer_of(before, "contacts"), unused));
  return object("tags", number(tags));
}

}  // namespace millrace::tags
