#include "candidates.hpp"

#include <algorithm>
#include <map>

#include "../support/moment.hpp"
#include "../support/written_times.hpp"
#include "base/unicode.hpp"
#include "mark.hpp"

namespace millrace::pruning {

using job::Call;
using job::Failure;
using job::find;
using job::is_unknown;
using job::Json;
using job::object;
using job::text;
using job::text_of;

namespace {

/// What is shorter than a day, for people: "23h", "90m".
std::string short_duration(std::int64_t milliseconds) {
  for (const auto& [unit, length] : {std::pair("h", 3'600'000), std::pair("m", 60'000), std::pair("s", 1000)}) {
    if (milliseconds % length == 0) return std::to_string(milliseconds / length) + unit;
  }
  return std::to_string(milliseconds) + "ms";
}

std::optional<std::int64_t> duration_in(const Json& input, const char* name) {
  const auto duration = job::milliseconds_in(input, name);
  if (duration && *duration < job::a_day) {
    throw Failure{"invalid", std::string(name) + " is \"" + short_duration(*duration) +
                                 "\", and less than a day is too rash: write 1d or more"};
  }
  return duration;
}

/// Whether a tag still has the name that archiving gave it. Where that is in doubt the answer is `otherwise`.
bool listed_by_us(const Json& archive, const std::string& id, const std::string& name, bool otherwise) {
  const Json* entry = find(archive, id);
  if (entry == nullptr) return false;
  const std::string given = text_of(*entry, "new_name");
  if (has_given_name(name, given)) return true;
  return otherwise && vague_name_key(given) == vague_name_key(name);
}

/// That no contact carries any of so many tags, or nothing: contacts that came without what they carry look like that.
std::string nobody_carries_any(const Json& items) {
  constexpr rapidjson::SizeType many = 4;
  const bool any = std::any_of(items.Begin(), items.End(), [](const Json& item) {
    const Json* contacts = find(item, "contacts");
    return contacts == nullptr || !contacts->IsInt64() || contacts->GetInt64() > 0;
  });
  if (any || items.Size() < many) return "";
  return "none of the " + std::to_string(items.Size()) +
         " tags is carried by any contact, which may be an error of the far side";
}

/// Why a look at the location is no ground for changes: an error of the far side looks like tags that nobody carries.
std::string doubt_about(const Json& usage) {
  static const Json none(rapidjson::kObjectType);
  const Json* totals = find(usage, "totals");
  const std::string dropped = text_of(usage, "dropped");
  std::string doubt = dropped;
  for (const char* things : {"contacts", "tags"}) {
    if (job::integer_of(totals != nullptr ? *totals : none, things) == 0 && dropped.empty()) {
      doubt = std::string("the list of ") + things + " is empty, which may be an error of the far side";
    }
  }
  if (doubt.empty()) doubt = nobody_carries_any(*find(usage, "items"));
  if (doubt.empty()) return "";
  return "nothing was changed: " + doubt + "; if it is right, say accept_drop: true";
}

/// A name that keeps no tag must not look as if it did.
std::string key_of_exception(const std::string& name) {
  std::string key = vague_name_key(name);
  if (!key.empty() || name.find("\xEF\xBF\xBD") == std::string::npos) return key;
  throw Failure{"invalid", "except names \"" + name +
                               "\", of which letters were lost on the way: it cannot be told which tag is kept, so "
                               "nothing is done; write that name anew"};
}

/// Goes through the tags of a location and sorts them into those that are meant and the reasons for the others.
class Sieve {
 public:
  Sieve(const Wish& wish, const Json& usage, const Json& archive, std::int64_t now)
      : wish_(wish), archive_(archive), now_(now) {
    for (const char* reason : {"used", "too_young", "not_watched", "excepted", "archived", "not_archived", "renamed"}) {
      reasons_[reason] = 0;
    }
    for (const Json& item : find(usage, "items")->GetArray()) {
      const std::string id = text_of(item, "id"), name = text_of(item, "name");
      std::string key = vague_name_key(name);
      if (!id.empty()) there_[id] = name;
      if (key.empty()) continue;  // who carries it cannot be told
      names_.insert(std::move(key));
      if (!id.empty()) by_id_[id] = &item;
    }
  }

  Choice look() {
    for (const auto& [id, item] : by_id_) {
      const char* reason = reason_to_keep(id, *item);
      reason == nullptr ? add(id, *item) : note(reason);
    }
    return chosen();
  }

  /// The tags that were named: one that is gone is nothing to do, one that has another name by now is another tag, one
  /// that somebody carries is refused.
  Choice take(const Json& tags, const std::string& done_to_them) {
    std::set<std::string> once;
    for (const Json& tag : tags.GetArray()) {
      const std::string id = text_of(tag, "id");
      if (id.empty()) throw Failure{"invalid", "each of tags needs an id"};
      const auto found = by_id_.find(id);
      if (found == by_id_.end() || !once.insert(id).second) continue;
      const std::int64_t contacts = job::integer_of(*found->second, "contacts");
      if (excepted(id, *found->second)) {
        note("excepted");
      } else if (wish_.archives && is_archived(id, *found->second)) {
        note("archived");
      } else if (is_renamed(id, *found->second, text_of(tag, "name"))) {
        note("renamed");
      } else if (contacts > 0) {
        throw Failure{"conflict", "tag \"" + text_of(*found->second, "name") + "\" is not " + done_to_them +
                                      ", and none of the others: " + std::to_string(contacts) +
                                      (contacts == 1 ? " contact carries it" : " contacts carry it") +
                                      " now; take it out of the list, or take it from them first"};
      } else {
        add(id, *found->second);
      }
    }
    return chosen();
  }

 private:
  /// By its name, and by the one that it had before it was archived.
  bool excepted(const std::string& id, const Json& item) const {
    const Json* entry = find(archive_, id);
    return is_excepted(text_of(item, "name")) || (entry != nullptr && is_excepted(text_of(*entry, "name")));
  }
  bool is_excepted(const std::string& name) const {
    std::string key = vague_name_key(name);
    while (wish_.except.count(key) == 0) {
      if (!has_mark(key)) return false;
      key = without_mark(key);
    }
    return true;
  }

  /// A mark that is not in the record is not archived over either: the name would begin to grow.
  bool is_archived(const std::string& id, const Json& item) const {
    const std::string name = text_of(item, "name");
    return listed_by_us(archive_, id, name, true) || has_mark(vague_name_key(name));
  }

  /// Whether the tag is not the one any more that was meant by the name `meant`; archiving it made no other tag of it.
  bool is_renamed(const std::string& id, const Json& item, const std::string& meant) const {
    const std::string name = text_of(item, "name");
    if (meant.empty() || same_name(name, meant)) return false;
    return !listed_by_us(archive_, id, name, false) || !same_name(text_of(*find(archive_, id), "name"), meant);
  }

  /// Null where the tag is meant.
  const char* reason_to_keep(const std::string& id, const Json& item) const {
    if (job::integer_of(item, "contacts") > 0) return "used";
    if (excepted(id, item)) return "excepted";
    const bool archived = listed_by_us(archive_, id, text_of(item, "name"), !wish_.archived_for);
    if (wish_.archived_for) {
      if (!archived) return "not_archived";
      const auto at = job::parse_time(text_of(*find(archive_, id), "at"));
      return at && now_ - *at >= *wish_.archived_for ? nullptr : "too_young";
    }
    if (archived || (wish_.archives && is_archived(id, item))) return "archived";
    const auto since = job::parse_time(text_of(item, "unused_since"));
    if (!since) return "not_watched";
    return now_ - *since >= *wish_.unused_for ? nullptr : "too_young";
  }

  void note(const char* reason) { ++reasons_[reason]; }
  void add(const std::string& id, const Json& item) {
    candidates_.push_back({id, text_of(item, "name"), text_of(item, "unused_since")});
  }

  Choice chosen() {
    std::stable_sort(candidates_.begin(), candidates_.end(), [](const Candidate& left, const Candidate& right) {
      return std::tie(left.unused_since, left.name) < std::tie(right.unused_since, right.name);
    });
    Choice choice;
    choice.candidates = std::move(candidates_);
    choice.names = std::move(names_);
    choice.there = std::move(there_);
    choice.kept = Json(rapidjson::kObjectType);
    for (const auto& [reason, count] : reasons_) job::add_members(choice.kept, reason, Json(count));
    return choice;
  }

  const Wish& wish_;
  const Json& archive_;
  std::int64_t now_;
  std::map<std::string, const Json*> by_id_;
  std::set<std::string> names_;
  std::map<std::string, std::string> there_;
  std::map<std::string, std::int64_t> reasons_;
  std::vector<Candidate> candidates_;
};

}  // namespace

bool has_given_name(const std::string& name, const std::string& given) {
  return same_name(given, name) || is_left_of(name_key(name), name_key(given));
}

Wish wish_in(const Json& input) {
  Wish wish;
  for (const char* name : {"unused_for", "archived_for", "tags", "except", "at_most_a_day", "max_age", "accept_drop"}) {
    const Json* value = find(input, name);
    if (value != nullptr && is_unknown(*value)) wish.unknown = true;
  }
  if (wish.unknown) return wish;
  wish.location = text_of(input, "location_id");
  if (wish.location.empty()) throw Failure{"invalid", "it is not known which location is meant: give location_id"};
  wish.unused_for = duration_in(input, "unused_for");
  wish.archived_for = duration_in(input, "archived_for");
  const Json* tags = find(input, "tags");
  if (tags != nullptr && tags->IsArray()) wish.tags = tags;
  const int ways = (wish.unused_for ? 1 : 0) + (wish.archived_for ? 1 : 0) + (wish.tags != nullptr ? 1 : 0);
  if (ways != 1) {
    throw Failure{"invalid", std::string(ways == 0 ? "it is not said which tags are meant"
                                                   : "which tags are meant is said twice") +
                                 ": give one of unused_for (such as 90d), tags or, for pruning.delete, archived_for"};
  }
  if (wish.tags != nullptr) {
    for (const Json& tag : tags->GetArray()) {
      const Json* id = find(tag, "id");
      wish.unknown = wish.unknown || is_unknown(tag) || (id != nullptr && is_unknown(*id));
    }
  }
  const Json* except = find(input, "except");
  if (except != nullptr && except->IsArray()) {
    for (const Json& name : except->GetArray()) {
      if (is_unknown(name)) wish.unknown = true;
      if (name.IsString()) wish.except.insert(key_of_exception({name.GetString(), name.GetStringLength()}));
    }
  }
  if (const auto most = job::integer_of(input, "at_most_a_day"); most > 0) wish.at_most_a_day = most;
  wish.max_age = job::milliseconds_in(input, "max_age");
  wish.accept_drop = job::is_true(input, "accept_drop");
  return wish;
}

Choice choose(Call& call, const Wish& wish, const std::string& done_to_them) {
  Choice unknown;
  unknown.unknown = true;
  if (wish.unknown) return unknown;
  Json asked =
      object("location_id", text(wish.location), "social_tags", Json(false), "accept_drop", Json(wish.accept_drop));
  if (wish.max_age) job::add_members(asked, "max_age", text(std::to_string(*wish.max_age) + "ms"));
  const Json usage = call.action("tags.usage", asked);
  if (is_unknown(usage)) return unknown;
  const Json* items = find(usage, "items");
  if (items == nullptr || !items->IsArray()) throw Failure{"invalid", "the answer of tags.usage has no list \"items\""};
  const Json archive = call.read_state(archive_key(wish.location));
  Sieve sieve(wish, usage, archive, call.now());
  const std::string doubt = wish.accept_drop ? std::string() : doubt_about(usage);
  Choice choice = wish.tags == nullptr ? sieve.look() : doubt.empty() ? sieve.take(*wish.tags, done_to_them) : Choice{};
  choice.doubt = doubt;
  choice.kept_since = text_of(usage, "kept_since");
  return choice;
}

Json blind_spots() {
  Json sentences(rapidjson::kArrayType);
  for (const char* sentence :
       {"automations, forms and smart lists in HighLevel may refer to a tag, and no API tells it: look there before "
        "you "
        "let a tag go",
        "a tag that contacts carried and lost again between two observations looks unused in between"}) {
    sentences.PushBack(text(sentence), job::memory);
  }
  return sentences;
}

std::string archive_key(const std::string& location) { return "archived/" + location; }

}  // namespace millrace::pruning
