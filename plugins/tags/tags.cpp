#include <algorithm>

#include "../support/job.hpp"
#include "base/unicode.hpp"
#include "usage.hpp"

namespace millrace::tags {
namespace {

using job::Call;
using job::Failure;
using job::find;
using job::is_unknown;
using job::Json;
using job::object;
using job::text;
using job::text_of;

/// A tag as the API sends it, with nothing that others do not know.
Json plain_tag(const Json& tag) {
  Json result(rapidjson::kObjectType);
  for (const char* name : {"id", "name", "locationId"}) {
    if (const Json* value = find(tag, name)) result.AddMember(text(name), job::copy(*value), job::memory);
  }
  return result;
}

/// The tag that was written, as the answer tells it and, in what that leaves out, as it was sent.
Json written_tag(const Json* told, const Json& sent) {
  Json result(rapidjson::kObjectType);
  for (const char* name : {"id", "name", "locationId"}) {
    const Json* value = told != nullptr ? find(*told, name) : nullptr;
    const bool tells = value != nullptr && !value->IsNull() && !(value->IsString() && value->GetStringLength() == 0);
    if (!tells) value = find(sent, name);
    if (value != nullptr) result.AddMember(text(name), job::copy(*value), job::memory);
  }
  return result;
}

std::vector<const Json*> list_in(const Json& answer, std::string_view name, std::string_view whose) {
  const Json* listed = find(answer, name);
  if (listed == nullptr || !listed->IsArray()) {
    throw Failure{"invalid", std::string(whose) + " has no list \"" + std::string(name) + "\""};
  }
  std::vector<const Json*> items;
  for (const Json& item : listed->GetArray()) items.push_back(&item);
  return items;
}

const Json* with_name(const std::vector<const Json*>& tags, const std::string& name) {
  for (const Json* tag : tags) {
    const std::string known = text_of(*tag, "name");
    if (!known.empty() && same_name(known, name)) return tag;
  }
  return nullptr;
}

/// One upsert: the tag of another system and what is known here about it.
class Upsert {
 public:
  Upsert(Call& call, const Json& input)
      : call_(call),
        location_(text_of(input, "location_id")),
        key_(text_of(input, "key")),
        name_(text_of(input, "name")) {
    if (name_key(name_).empty()) {
      throw Failure{"invalid", "a tag needs a name" + (name_.empty() ? "" : ": \"" + name_ + "\" is blank or damaged")};
    }
    if (location_.empty())
      throw Failure{"invalid", "it is not known to which location the tag belongs: give location_id"};
  }

  Json perform() {
    list_tags();
    if (!key_.empty()) link_ = call_.read_state(link_key(key_));

    const Json* linked = find_linked();
    if (linked != nullptr && !in_step(text_of(*linked, "name"))) return rename(*linked);
    const Json* there = linked != nullptr ? linked : with_name(tags_, name_);
    if (there == nullptr && key_.empty()) there = find_made();
    if (there == nullptr) return create();
    remember(*there, other_name(*there));
    return object("tag", plain_tag(*there), "change", text("unchanged"), "before", plain_tag(*there));
  }

 private:
  void list_tags() {
    listed_ = call_.action("location_tags.list", object("location_id", text(location_)));
    tags_ = list_in(listed_, "tags", "the answer of location_tags.list");
  }

  std::string link_key(const std::string& key) const { return "link/" + location_ + "/" + key; }

  const Json* with_id(const std::string& id) const {
    for (const Json* tag : tags_) {
      if (!id.empty() && text_of(*tag, "id") == id) return tag;
    }
    return nullptr;
  }

  /// In a dry run a tag may have no id yet, but it has a name.
  std::string owner_key(const Json& tag) const {
    const std::string id = text_of(tag, "id");
    return "owner/" + location_ + "/" + (id.empty() ? "planned " + name_key(text_of(tag, "name")) : id);
  }

  /// The key of another tag of the other system that is linked to this tag; empty where there is none.
  std::string other_owner(const Json& tag) {
    if (key_.empty()) return "";
    const std::string owner = text_of(call_.read_state(owner_key(tag)), "key");
    if (owner.empty() || owner == key_) return "";
    const Json link = call_.read_state(link_key(owner));
    const Json* id = find(link, "id");
    return id != nullptr && *id == tag["id"] ? owner : "";
  }

  Failure two_of_one_name(const Json& tag, const std::string& other) const {
    const Json* listed = with_id(text_of(tag, "id"));
    return {"conflict", "the tag \"" + name_ + "\" (" + key_ + ") of the other system was not carried over: \"" +
                            text_of(listed != nullptr ? *listed : tag, "name") +
                            "\" is linked to another one there, whose name comes to the same (" + other +
                            "), and both would rename it in turn; give one of them another name"};
  }

  /// Whether a linked tag needs no renaming: it has the name, or what the far side made of it when it was sent (small
  /// letters, say, or a part of it). Any other name was given by somebody else, an undo among them. Earlier versions
  /// linked that as "kept", too, so it is not read.
  bool in_step(const std::string& now) const {
    if (now == name_) return true;
    return text_of(link_, "name") == name_ && (same_name(now, name_) || same_name(now, text_of(link_, "keeps")));
  }

  /// The name of a tag where it is another one than the wished one; else empty.
  std::string other_name(const Json& tag) const {
    const std::string name = text_of(tag, "name");
    return same_name(name, name_) ? "" : name;
  }

  /// The tag that an earlier upsert linked to the key, if it is still there and no other one's.
  const Json* find_linked() {
    if (const Json* tag = with_id(text_of(link_, "id"))) return other_owner(*tag).empty() ? tag : nullptr;
    // Linked earlier in the same dry run: its id is only known after the run, the name it was given is not.
    const Json* planned = find(link_, "id");
    return planned != nullptr && is_unknown(*planned) ? with_name(tags_, text_of(link_, "name")) : nullptr;
  }

  std::string made_key() const { return "made/" + location_ + "/" + name_key(name_); }

  /// The tag that an earlier upsert without a key made, if it still has the name that the far side gave it.
  const Json* find_made() {
    const Json made = call_.read_state(made_key());
    const Json* tag = with_id(text_of(made, "id"));
    return tag != nullptr && same_name(text_of(*tag, "name"), text_of(made, "keeps")) ? tag : nullptr;
  }

  Json create() {
    const Json made = call_.action("location_tags.create", object("location_id", text(location_), "name", text(name_)));
    const Json* tag = find(made, "tag");
    if (tag == nullptr || !tag->IsObject())
      throw Failure{"invalid", "the answer of location_tags.create has no \"tag\""};
    Json written = written_tag(tag, object("name", text(name_)));
    remember_written(written);
    return object("tag", std::move(written), "change", text("created"), "before", Json());
  }

  Json rename(const Json& linked) {
    const Json* taken = with_name(tags_, name_);
    if (taken != nullptr && taken != &linked) {
      throw Failure{"conflict", "tag \"" + text_of(linked, "name") + "\" cannot be renamed to \"" + name_ +
                                    "\": another tag has that name; delete or rename one of them"};
    }
    const Json answer = call_.action("location_tags.update", object("location_id", text(location_), "tag_id",
                                                                    job::copy(linked["id"]), "name", text(name_)));
    const Json sent = object("id", job::copy(linked["id"]), "name", text(name_), "locationId", text(location_));
    Json before = plain_tag(linked), tag = written_tag(find(answer, "tag"), sent);
    remember_written(tag);
    return object("tag", std::move(tag), "change", text("renamed"), "before", std::move(before));
  }

  /// Links a tag that was just written. Which name the far side keeps its answer tells; where that has only the one
  /// that was sent, which many answer whatever they keep, the list right behind it does. No later list would: somebody
  /// else may have renamed the tag by then.
  void remember_written(const Json& tag) {
    std::string keeps = other_name(tag);
    remember(tag, keeps);
    if (keeps.empty()) {
      list_tags();
      const Json* listed = with_id(text_of(tag, "id"));
      keeps = listed != nullptr ? other_name(*listed) : "";
      if (!keeps.empty()) remember(tag, keeps);
    }
    const std::string id = text_of(tag, "id");
    if (key_.empty() && !id.empty() && !keeps.empty())
      call_.write_state(made_key(), object("id", text(id), "keeps", text(keeps)));
  }

  /// Links the key to the tag, with the name that was sent and the other one that the far side keeps, if it does. The
  /// far side may have made two names into one, and answered with a tag that is another one's.
  void remember(const Json& tag, const std::string& keeps) {
    const Json* id = find(tag, "id");
    if (key_.empty() || id == nullptr) return;
    if (const std::string other = other_owner(tag); !other.empty()) throw two_of_one_name(tag, other);
    Json link = object("id", job::copy(*id), "name", text(name_));
    if (!keeps.empty()) job::add_members(link, "keeps", text(keeps));
    if (link_ != link || is_unknown(*id)) call_.write_state(link_key(key_), link);
    link_ = std::move(link);
    const Json owner = call_.read_state(owner_key(tag));
    if (text_of(owner, "key") == key_) return;
    const auto swap = call_.swap_state(owner_key(tag), owner, object("key", text(key_)));
    if (!swap.swapped) throw two_of_one_name(tag, text_of(swap.held, "key"));  // linked in this moment
  }

  Call& call_;
  std::string location_, key_, name_;
  Json listed_;                    ///< the latest list
  std::vector<const Json*> tags_;  ///< those in it
  Json link_;
};

Json upsert(Call& call, const Json& input) {
  const Json* name = find(input, "name");
  if (name != nullptr && is_unknown(*name)) return object("$unknown", text("which tag it becomes"));
  return Upsert(call, input).perform();
}

/// The tags of a list that can be told apart. In a dry run a name may not be known yet: then neither is the difference.
struct Side {
  std::vector<const Json*> tags;
  bool known = true;
};

Side side(const Json& input, std::string_view name) {
  const Json* listed = find(input, name);
  if (listed != nullptr && is_unknown(*listed)) return {{}, false};
  Side result{list_in(input, name, "the input"), true};
  for (const Json* tag : result.tags) {
    const Json* title = find(*tag, "name");
    if (is_unknown(*tag) || (title != nullptr && is_unknown(*title))) result.known = false;
  }
  return result;
}

/// The tag of the same id on the other side; nullptr where it has none.
const Json* with_id_of(const Json& tag, const Side& others) {
  const std::string id = text_of(tag, "id");
  for (const Json* other : others.tags) {
    if (!id.empty() && text_of(*other, "id") == id) return other;
  }
  return nullptr;
}

bool same_names(const Json& one, const Json& other) { return same_name(text_of(one, "name"), text_of(other, "name")); }

/// The names on the other side once those that are renamed are.
std::vector<std::string> names_after(const Side& from, const Side& to) {
  std::vector<std::string> names;
  for (const Json* tag : to.tags) {
    const Json* renamed = with_id_of(*tag, from);
    names.push_back(text_of(renamed != nullptr ? *renamed : *tag, "name"));
  }
  return names;
}

bool is_among(const std::string& name, const std::vector<std::string>& names) {
  return !name.empty() && std::any_of(names.begin(), names.end(), [&](auto& one) { return same_name(name, one); });
}

/// Whether a tag that is there, and has no counterpart by id, should be: not where another one is to get its name.
bool should_be(const Json& tag, const Side& from, const Side& to) {
  return std::any_of(from.tags.begin(), from.tags.end(), [&](const Json* other) {
    const Json* renamed = with_id_of(*other, to);
    return !text_of(tag, "name").empty() && same_names(tag, *other) &&
           (renamed == nullptr || same_names(*renamed, *other));
  });
}

Json diff(Call&, const Json& input) {
  const Side from = side(input, "from");
  const Side to = side(input, "to");
  if (!from.known || !to.known) return object("$unknown", text("how the tags differ"));
  Json missing(rapidjson::kArrayType), extra(rapidjson::kArrayType), renamed(rapidjson::kArrayType);
  const std::vector<std::string> after = names_after(from, to);
  for (const Json* tag : from.tags) {
    const Json* other = with_id_of(*tag, to);
    if (other == nullptr && !is_among(text_of(*tag, "name"), after)) missing.PushBack(job::copy(*tag), job::memory);
    if (other != nullptr && !same_names(*tag, *other))
      renamed.PushBack(object("from", job::copy(*tag), "to", job::copy(*other)), job::memory);
  }
  for (const Json* tag : to.tags) {
    if (with_id_of(*tag, from) == nullptr && !should_be(*tag, from, to)) extra.PushBack(job::copy(*tag), job::memory);
  }
  return object("missing", std::move(missing), "extra", std::move(extra), "renamed", std::move(renamed));
}

}  // namespace
}  // namespace millrace::tags

const mr_plugin* mr_plugin_entry() {
  return millrace::job::plugin("tags", {{"upsert", millrace::tags::upsert},
                                        {"diff", millrace::tags::diff},
                                        {"usage", millrace::tags::usage},
                                        {"forget", millrace::tags::forget}});
}
