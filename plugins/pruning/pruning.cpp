#include <algorithm>
#include <utility>

#include "../support/job.hpp"
#include "../support/moment.hpp"
#include "base/unicode.hpp"
#include "begun.hpp"
#include "candidates.hpp"
#include "last_look.hpp"
#include "mark.hpp"
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
  Pruning(Call& call, const Wish& wish, const Json& input, const char* change, const char* action)
      : call_(call),
        location_(wish.location),
        change_(change),
        action_(action),
        at_(job::time_text(call.now())),
        portion_(call, wish.location, change, wish.at_most_a_day),
        begun_(call, wish.location, change, input) {}
  virtual ~Pruning() = default;
  Pruning(const Pruning&) = delete;
  Pruning& operator=(const Pruning&) = delete;

  Json perform(Choice choice) {
    names_ = std::move(choice.names);
    kept_ = std::move(choice.kept);
    archive_ = call_.read_state(archive_key(location_));
    if (!archive_.IsObject()) archive_ = Json(rapidjson::kObjectType);
    std::vector<Candidate> unsettled = take_up(choice);
    portion_.cut(choice.candidates);
    const std::size_t meant = unsettled.size() + choice.candidates.size();
    if (meant > 0) call_.announce(action_, meant);
    const std::size_t all = results_.Size() + meant;
    for (const Candidate& tag : unsettled) prune_one(tag, true, all);
    for (const Candidate& tag : choice.candidates) prune_one(tag, false, all);
    if (!refused_.empty()) fail(all);
    end();
    begun_.end();
    const auto count = static_cast<std::uint64_t>(results_.Size());
    return object("results", std::move(results_), "count", Json(count), "portion", portion_.told(), "kept",
                  std::move(kept_), "blind", blind_spots());
  }

 protected:
  /// The name that the tag will have, or nothing where it will have none any more.
  virtual std::string new_name_of(const Candidate& tag) = 0;
  /// The name that the tag has then.
  virtual std::string change(const Candidate& tag, const std::string& new_name) = 0;
  /// Whether the tag is as the change makes it; `now` is its name, or null where it is gone.
  virtual bool is_changed(const std::string* now, const std::string& new_name) const = 0;
  virtual void end() {}

  Call& call_;
  std::string location_;
  const char* change_;
  const char* action_;
  std::string at_;
  std::set<std::string> names_;
  Json archive_;
  Json results_ = Json(rapidjson::kArrayType);

 private:
  std::string record_key(const std::string& id) const { return "done/" + location_ + "/" + id + "/" + change_; }

  /// Tells what earlier attempts of the step did, and gives those tags of which they did not hear how it ended,
  /// although it happened: what was asked is asked again, word for word, so that it is one change, and settled.
  std::vector<Candidate> take_up(Choice& choice) {
    std::vector<Candidate> unsettled;
    std::set<std::string> over;
    for (const std::string& id : begun_.ids()) {
      const Json record = call_.read_state(record_key(id));
      if (text_of(record, "step") != begun_.step()) continue;  // another one has changed it since
      const auto there = choice.there.find(id);
      const std::string* now = there == choice.there.end() ? nullptr : &there->second;
      const bool done = job::is_true(record, "done"), gone = done && now == nullptr;
      if (!gone && !is_changed(now, text_of(record, "new_name"))) continue;  // or it was taken back: it is done anew
      if (done) {
        results_.PushBack(result_of(record), job::memory);
      } else {
        unsettled.push_back(
            {id, text_of(record, "name"), text_of(record, "unused_since"), text_of(record, "new_name")});
      }
      over.insert(id);
    }
    std::erase_if(choice.candidates, [&over](const Candidate& tag) { return over.count(tag.id) > 0; });
    return unsettled;
  }

  void prune_one(const Candidate& tag, bool happened, std::size_t of) {
    try {
      if (call_.cancelled()) throw Failure{"cancelled", "it was cancelled"};
      prune(tag, happened);
    } catch (const Failure& failure) {
      if (failure.code == "not_found") return;  // it is gone already
      if (failure.code != "cancelled") portion_.refuse(tag);
      refused_.push_back({tag.name, failure});
      // What is wrong with one tag holds up none of the others.
      if (failure.code != "invalid" && failure.code != "conflict") fail(of);
    }
  }

  /// Tells of all that were refused, and why one was: the last one that another attempt may help.
  [[noreturn]] void fail(std::size_t of) {
    end();
    std::stable_partition(refused_.begin(), refused_.end(),
                          [](const auto& each) { return each.second.code == "invalid"; });
    const auto& [name, why] = refused_.back();
    std::string others;
    for (std::size_t at = 0; at + 1 < refused_.size(); ++at) {
      others += (at == 0 ? "; nor " : ", ") + ("\"" + refused_[at].first + "\"");
    }
    throw Failure{why.code, "after " + std::to_string(results_.Size()) + " of " + std::to_string(of) + " tags were " +
                                change_ + ", \"" + name + "\" was not: " + why.message + others};
  }

  /// What undoing it will need is written down before the change, so that nothing that ends the run in between can lose
  /// it; that it was done, after it. Each change has a record of its own: deleting does not take the place of what
  /// archiving wrote.
  void prune(const Candidate& tag, bool happened) {
    if (const auto spared = happened ? std::nullopt : last_look(call_, location_, tag)) return spare(tag, *spared);
    std::string new_name = tag.new_name.empty() ? new_name_of(tag) : tag.new_name;
    const Json* archived = find(archive_, tag.id);
    const std::string first_name = archived != nullptr ? text_of(*archived, "name") : tag.name;
    Json record =
        object("id", text(tag.id), "name", text(tag.name), "how", text(change_), "new_name", time_or_null(new_name),
               "first_name", text(first_name), "at", text(at_), "contacts", Json(0), "unused_since",
               time_or_null(tag.unused_since), "done", Json(false), "step", text(begun_.step()));
    portion_.take(tag);
    begun_.add(tag.id);
    call_.write_state(record_key(tag.id), record);
    if (!new_name.empty()) note_in_archive(tag, new_name);  // it counts only while the tag has that name
    const std::string name_now = change_or_settle(tag, new_name, happened);
    record["done"] = true;
    if (name_now != new_name) record["new_name"] = text(name_now);
    call_.write_state(record_key(tag.id), record);
    if (new_name.empty() || name_now != new_name) note_in_archive(tag, name_now);
    results_.PushBack(result_of(record), job::memory);
  }

  void spare(const Candidate& tag, const Spared& spared) {
    kept_[spared.reason] = job::integer_of(kept_, spared.reason) + 1;
    call_.log(MR_LOG_WARNING, "tag \"" + tag.name + "\" is kept: " + spared.why);
  }

  /// Where it has `happened` the far side may refuse to do it once more: the tag is gone.
  std::string change_or_settle(const Candidate& tag, const std::string& new_name, bool happened) {
    try {
      return change(tag, new_name);
    } catch (const Failure& failure) {
      if (!happened || failure.code == "cancelled") throw;
      return new_name;
    }
  }

  Json result_of(const Json& record) const {
    const Json &id = record["id"], &name = record["name"];
    return object("id", job::copy(id), "name", job::copy(name), "change", text(change_), "new_name",
                  job::copy(record["new_name"]), "before",
                  object("id", job::copy(id), "name", job::copy(name), "locationId", text(location_)), "at", text(at_));
  }

  void note_in_archive(const Candidate& tag, const std::string& new_name) {
    const bool there = archive_.RemoveMember(tag.id.c_str());
    if (!new_name.empty()) {
      job::add_members(archive_, tag.id, object("name", text(tag.name), "new_name", text(new_name), "at", text(at_)));
    }
    if (there || !new_name.empty()) call_.write_state(archive_key(location_), archive_);
  }

  Json kept_;  ///< how many, by reason
  Portion portion_;
  Begun begun_;
  std::vector<std::pair<std::string, Failure>> refused_;  ///< names
};

class Archiving final : public Pruning {
 public:
  static constexpr bool archives = true;
  Archiving(Call& call, const Wish& wish, const Json& input)
      : Pruning(call, wish, input, "archived", "location_tags.update"),
        day_(job::date_text(job::day_of(call.now() + call.utc_offset(call.now())))) {}

 private:
  std::string new_name_of(const Candidate& tag) override { return free_name(marked(tag.name, day_)); }

  std::string change(const Candidate& tag, const std::string& new_name) override {
    const Json answer =
        call_.action(action_, object("location_id", text(location_), "tag_id", text(tag.id), "name", text(new_name)));
    const Json* told = find(answer, "tag");
    const std::string name_now = told != nullptr && text_of(*told, "id") == tag.id ? text_of(*told, "name") : "";
    // An answer with the name before, or one that cannot be compared, tells nothing.
    const bool tells = !name_key(name_now).empty() && !same_name(name_now, tag.name);
    names_.insert(vague_name_key(tells ? name_now : new_name));
    return tells ? name_now : new_name;
  }

  bool is_changed(const std::string* now, const std::string& new_name) const override {
    return now != nullptr && has_given_name(*now, new_name);
  }

  std::string free_name(const std::string& wanted) const {
    std::string name = wanted;
    for (int number = 2; names_.count(vague_name_key(name)) > 0; ++number) {
      name = wanted + " (" + std::to_string(number) + ")";
    }
    return name;
  }

  std::string day_;  ///< by the clocks of the run's zone
};

class Deleting final : public Pruning {
 public:
  static constexpr bool archives = false;
  Deleting(Call& call, const Wish& wish, const Json& input)
      : Pruning(call, wish, input, "deleted", "location_tags.delete") {}

 private:
  std::string new_name_of(const Candidate&) override { return ""; }

  std::string change(const Candidate& tag, const std::string&) override {
    call_.action(action_, object("location_id", text(location_), "tag_id", text(tag.id)));
    return "";
  }

  bool is_changed(const std::string* now, const std::string&) const override { return now == nullptr; }

  /// Tags that were deleted on purpose must not look like an answer that is suddenly halved.
  void end() override {
    if (results_.Empty()) return;
    Json ids(rapidjson::kArrayType);
    for (const Json& result : results_.GetArray()) ids.PushBack(job::copy(result["id"]), job::memory);
    try {
      call_.action("tags.forget", object("location_id", text(location_), "tag_ids", std::move(ids)));
    } catch (const Failure& failure) {
      call_.log(MR_LOG_WARNING, "the next observation may miss the deleted tags: " + failure.message);
    }
  }
};

template <class Kind>
Json prune(Call& call, const Json& input, const char* done_to_them) {
  Wish wish = wish_in(input);
  wish.archives = Kind::archives;
  const Turn turn(call, wish.location);
  Choice choice = choose(call, wish, done_to_them);
  if (choice.unknown) return object("$unknown", text(std::string("which tags are ") + done_to_them));
  if (!choice.doubt.empty()) throw Failure{"limited", choice.doubt};
  return Kind(call, wish, input).perform(std::move(choice));
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
