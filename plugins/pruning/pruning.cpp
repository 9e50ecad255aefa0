#include "../support/job.hpp"
#include "../support/moment.hpp"
#include "base/unicode.hpp"
#include "candidates.hpp"
#include "portion.hpp"
#include "turn.hpp"

namespace millrace::pruning {
namespace {

using job::Call;
using job::Failure;
using job::find;
using job::Json;
using job::object;
using job::text;
using job::text_of;

Json time_or_null(const std::string& time) { return time.empty() ? Json() : text(time); }

Json candidates(Call& call, const Json& input) {
  const Wish wish = wish_in(input);
  Choice choice = choose(call, wish, "");
  if (choice.unknown) return object("$unknown", text("which tags are unused"));
  Json items(rapidjson::kArrayType);
  if (!choice.doubt.empty()) choice.candidates.clear();  // on such evidence nothing can be told
  for (const Candidate& tag : choice.candidates) {
    items.PushBack(object("id", text(tag.id), "name", text(tag.name), "unused_since", time_or_null(tag.unused_since)),
                   job::memory);
  }
  return object("items", std::move(items), "kept", std::move(choice.kept), "doubt", time_or_null(choice.doubt),
                "kept_since", time_or_null(choice.kept_since), "blind", blind_spots());
}

/// Archives or deletes the candidates, one after the other, each noted with all that undoing it will need.
class Pruning {
 public:
  Pruning(Call& call, const Wish& wish, const char* change, const char* action)
      : call_(call),
        location_(wish.location),
        change_(change),
        action_(action),
        at_(job::time_text(call.now())),
        portion_(call, wish.location, change, wish.at_most_a_day) {}
  virtual ~Pruning() = default;
  Pruning(const Pruning&) = delete;
  Pruning& operator=(const Pruning&) = delete;

  Json perform(Choice choice) {
    names_ = std::move(choice.names);
    archive_ = call_.read_state(archive_key(location_));
    if (!archive_.IsObject()) archive_ = Json(rapidjson::kObjectType);
    portion_.cut(choice.candidates);
    if (!choice.candidates.empty()) call_.announce(action_, choice.candidates.size());
    for (const Candidate& tag : choice.candidates) {
      try {
        if (call_.cancelled()) throw Failure{"cancelled", "it was cancelled"};
        prune(tag);
      } catch (const Failure& failure) {
        if (failure.code == "not_found") continue;  // it is gone already
        end();
        throw Failure{failure.code, "after " + std::to_string(results_.Size()) + " of " +
                                        std::to_string(choice.candidates.size()) + " tags were " + change_ + ", \"" +
                                        tag.name + "\" was not: " + failure.message};
      }
    }
    end();
    const auto count = static_cast<std::uint64_t>(results_.Size());
    return object("results", std::move(results_), "count", Json(count), "portion", portion_.told(), "kept",
                  std::move(choice.kept), "blind", blind_spots());
  }

 protected:
  /// The name that the tag will have, or nothing where it will have none any more.
  virtual std::string new_name_of(const Candidate& tag) = 0;
  virtual void change(const Candidate& tag, const std::string& new_name) = 0;
  virtual void end() {}

  Call& call_;
  std::string location_;
  const char* change_;
  const char* action_;
  std::string at_;
  std::set<std::string> names_;
  Json archive_;

 private:
  /// What undoing it will need is written down before the change, so that nothing that ends the run in between can lose
  /// it; that it was done, after it. Each change has a record of its own: deleting does not take the place of what
  /// archiving wrote.
  void prune(const Candidate& tag) {
    const std::string new_name = new_name_of(tag);
    const Json* archived = find(archive_, tag.id);
    const std::string first_name = archived != nullptr ? text_of(*archived, "name") : tag.name;
    const std::string key = "done/" + location_ + "/" + tag.id + "/" + change_;
    Json record = object("id", text(tag.id), "name", text(tag.name), "how", text(change_), "new_name",
                         time_or_null(new_name), "first_name", text(first_name), "at", text(at_), "contacts", Json(0),
                         "unused_since", time_or_null(tag.unused_since), "done", Json(false));
    portion_.take(tag);
    call_.write_state(key, record);
    if (!new_name.empty()) note_in_archive(tag, new_name);  // it counts only while the tag has that name
    change(tag, new_name);
    record["done"] = true;
    call_.write_state(key, record);
    if (new_name.empty()) note_in_archive(tag, new_name);
    results_.PushBack(
        object("id", text(tag.id), "name", text(tag.name), "change", text(change_), "new_name", time_or_null(new_name),
               "before", object("id", text(tag.id), "name", text(tag.name), "locationId", text(location_)), "at",
               text(at_)),
        job::memory);
  }

  void note_in_archive(const Candidate& tag, const std::string& new_name) {
    const bool there = archive_.RemoveMember(tag.id.c_str());
    if (!new_name.empty()) {
      job::add_members(archive_, tag.id, object("name", text(tag.name), "new_name", text(new_name), "at", text(at_)));
    }
    if (there || !new_name.empty()) call_.write_state(archive_key(location_), archive_);
  }

  Portion portion_;
  Json results_ = Json(rapidjson::kArrayType);
};

class Archiving final : public Pruning {
 public:
  Archiving(Call& call, const Wish& wish) : Pruning(call, wish, "archived", "location_tags.update") {}

 private:
  std::string new_name_of(const Candidate& tag) override {
    return free_name("[archived " + at_.substr(0, 10) + "] " + tag.name);
  }

  void change(const Candidate& tag, const std::string& new_name) override {
    call_.action(action_, object("location_id", text(location_), "tag_id", text(tag.id), "name", text(new_name)));
    names_.insert(vague_name_key(new_name));
  }

  std::string free_name(const std::string& wanted) const {
    std::string name = wanted;
    for (int number = 2; names_.count(vague_name_key(name)) > 0; ++number) {
      name = wanted + " (" + std::to_string(number) + ")";
    }
    return name;
  }
};

class Deleting final : public Pruning {
 public:
  Deleting(Call& call, const Wish& wish) : Pruning(call, wish, "deleted", "location_tags.delete") {}

 private:
  std::string new_name_of(const Candidate&) override { return ""; }

  void change(const Candidate& tag, const std::string&) override {
    call_.action(action_, object("location_id", text(location_), "tag_id", text(tag.id)));
    ids_.PushBack(text(tag.id), job::memory);
  }

  /// Tags that were deleted on purpose must not look like an answer that is suddenly halved.
  void end() override {
    if (ids_.Empty()) return;
    try {
      call_.action("tags.forget", object("location_id", text(location_), "tag_ids", std::move(ids_)));
    } catch (const Failure& failure) {
      call_.log(MR_LOG_WARNING, "the next observation may miss the deleted tags: " + failure.message);
    }
  }

  Json ids_ = Json(rapidjson::kArrayType);
};

template <class Kind>
Json prune(Call& call, const Json& input, const char* done_to_them) {
  const Wish wish = wish_in(input);
  const Turn turn(call, wish.location);
  Choice choice = choose(call, wish, done_to_them);
  if (choice.unknown) return object("$unknown", text(std::string("which tags are ") + done_to_them));
  if (!choice.doubt.empty()) throw Failure{"limited", choice.doubt};
  return Kind(call, wish).perform(std::move(choice));
}

Json archive(Call& call, const Json& input) { return prune<Archiving>(call, input, "archived"); }
Json remove(Call& call, const Json& input) { return prune<Deleting>(call, input, "deleted"); }

}  // namespace
}  // namespace millrace::pruning

const mr_plugin* mr_plugin_entry() {
  return millrace::job::plugin("pruning", {{"candidates", millrace::pruning::candidates},
                                           {"archive", millrace::pruning::archive},
                                           {"delete", millrace::pruning::remove}});
}
