#include "rehearsal/made_changes.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "catalog/kind.hpp"
#include "catalog/request.hpp"
#include "decider/run_state.hpp"
#include "rehearsal/joined_changes.hpp"
#include "value/json.hpp"
#include "value/member_path.hpp"
#include "workflow/connections.hpp"

namespace millrace {
namespace {

/// What a step read.
struct ReadByStep {
  const Action* action;
  Value input, output;
  std::string connection, location;  ///< the one that was meant: the input's, else the run's
  ThingPlace place;
};

/// The things in what was read, or the one.
std::vector<Value> things_read(const ReadByStep& read) {
  if (!read.action->resource) return {};
  if (const Value* thing = thing_in(*read.action, read.output)) return {*thing};
  const Value* list = member_at(read.output, read.action->resource->list_path);
  return list != nullptr && list->is_list() ? list->list() : std::vector<Value>();
}

/// Notes what an earlier step of the run read of the thing that `change` is about.
void note_read(MadeChange& change, const std::vector<ReadByStep>& reads, const Catalog& catalog) {
  const auto& look = change.action->inverse->before;
  const Action* asked = look ? catalog.find_action(look->action) : nullptr;
  if (asked == nullptr) return;
  Bindings names;
  names.set("input", change.past.input);
  const auto question = question_of(*look, *change.action, *asked, names);
  for (auto read = reads.rbegin(); read != reads.rend(); ++read) {
    const bool same_far_side = read->connection == change.connection && read->location == change.location;
    if (question && same_far_side && read->action == asked &&
        without_location(read->input) == without_location(*question)) {
      const auto seen = seen_by(*look, *asked, change.past.input, read->output);
      if (seen) {
        change.past.before = *seen;
        return;
      }
    }
    if (look->find || !change.action->resource || !lies_in(read->place, change.place)) continue;
    for (const Value& thing : things_read(*read)) {
      const Value* id = member_at(thing, read->action->resource->id);
      if (id == nullptr || id_words(*id) != id_of(change)) continue;
      change.past.before = thing;
      change.partly = read->action != asked;
      return;
    }
  }
}

/// Notes what is in each field after the change: as the far side told it, else as it was sent.
void note_left(MadeChange& change) {
  if (!change.action->resource || change.effect == Effect::remove) return;
  const Value* thing = thing_in(*change.action, change.past.output);
  Map left;
  for (const auto& [field, input] : change.action->resource->fields) {
    const Value* sent = change.past.input.find(input);
    const bool emptied = sent != nullptr && sent->is_null() && change.effect == Effect::update;
    if (sent == nullptr || (sent->is_null() && !emptied) || input == "location_id") continue;
    const Value* told = thing != nullptr ? member_at(*thing, field) : nullptr;
    left.set(field, told != nullptr ? *told : *sent);
    if (told != nullptr) change.told.insert(field);
    if (told != nullptr || member_at(change.past.before, field) != nullptr) change.shown.insert(field);
  }
  change.left = Value(std::move(left));
}

/// Hears the events of a run one after the other.
class Hearing {
 public:
  Hearing(const PastRun& run, const Catalog& catalog, const Project& project)
      : workflow_(run.workflow), location_(run.run->head.location), catalog_(catalog), project_(project) {}

  void hear(const RunEvent& event) {
    now_ = std::max(now_, event.at);  // its order stays, even where the clock was set back
    std::visit(*this, event.what);
  }

  void operator()(const BeforeSeen& event) { seen_.try_emplace(event.key, event.seen); }
  void operator()(const StepStarted& event) { inputs_[event.path] = event.input; }
  void operator()(const ChangeMade& event) { add(event); }
  void operator()(const StepSucceeded& event) {
    tell(event.path, event.output);
    const auto* step = workflow_ != nullptr ? std::get_if<ActionStep>(&step_at(*workflow_, event.path).what) : nullptr;
    const Action* action = step != nullptr ? catalog_.find_action(step->action) : nullptr;
    if (action == nullptr || !action->request) return;
    const Value& input = inputs_[event.path];
    if (!writes(effect_of(*action, input))) {
      note_read_by(*step, *action, input, event.output);
    } else if (!steps_.contains(label_of(*workflow_, event.path))) {
      add_found_done(*action);
    }
  }
  void operator()(const StepResolved& event) {
    if (event.happened) tell(event.path, event.output);
  }
  void operator()(const EffectEnded& event) {
    if (!event.failure) give(render(event.key), event.output);
  }
  void operator()(const auto&) {}

  std::vector<MadeChange> take() {
    for (MadeChange& change : changes) {
      if (change.recorded && change.action != nullptr) note_left(change);
    }
    return std::move(changes);
  }

 private:
  void add(const ChangeMade& event) {
    MadeChange change;
    change.at = now_;
    change.action_name = event.change.text_or("action");
    change.summary = event.change.text_or("summary");
    steps_.insert(event.change.text_or("step"));
    change.effect = parse_effect(event.change.text_or("effect")).value_or(Effect::update);
    const Value* request = event.change.find("request");
    change.file = request == nullptr || request->is_null();
    change.action = catalog_.find_action(change.action_name);
    const Value& record = event.taken_back_by;
    change.recorded = record.is_map();
    if (change.recorded) {
      change.connection = record.text_or("connection");
      change.location = record.text_or("location");
      if (const Value* input = record.find("input")) change.past.input = *input;
      change.of_run = location_;
      if (change.action != nullptr)
        change.place = place_of(*change.action, change.past.input, change.connection, location_);
      const std::string entry = record.text_or("entry");
      waiting_.emplace(entry, changes.size());
      const EffectKey key = parse_effect_key(entry);
      if (key.inside.empty()) entries_[key.step] = entry;
      note_before(change, event.key);
      change.seen = listed_at(change.place);
    }
    changes.push_back(std::move(change));
  }

  /// A write that was found done after a crash, of which nothing was written down.
  void add_found_done(const Action& action) {
    MadeChange change;
    change.at = now_;
    change.action_name = action.name;
    change.summary = action.summary;
    change.effect = action.effect;
    change.action = &action;
    changes.push_back(std::move(change));
  }

  /// What was read by a connection that is not known today tells nothing.
  void note_read_by(const ActionStep& step, const Action& action, const Value& input, const Value& output) {
    const auto found = connection_of(action, step.connection, project_, catalog_);
    if (!found) return;
    const std::string connection = *found != nullptr ? (*found)->name : "";
    reads_.push_back({&action, input, output, connection, input.text_or("location_id", location_),
                      place_of(action, input, connection, location_)});
    note_list(reads_.back());
  }

  void note_list(const ReadByStep& read) {
    if (!read.action->resource || read.action->resource->list_path.empty()) return;
    auto& listed = listed_[listed_as(read.place)];
    auto ids = listed != nullptr ? std::make_shared<std::set<std::string>>(*listed)
                                 : std::make_shared<std::set<std::string>>();
    for (const Value& thing : things_read(read)) {
      if (const Value* id = member_at(thing, read.action->resource->id)) ids->insert(id_words(*id));
    }
    listed = std::move(ids);
  }

  /// Of what lies in a place the text begins with the place's.
  static std::string listed_as(const ThingPlace& place) {
    return place.where + "\n" + place.kind + "\n" + place.parents;
  }

  std::shared_ptr<const std::set<std::string>> listed_at(const ThingPlace& place) const {
    const std::string begin = listed_as(place);
    std::shared_ptr<const std::set<std::string>> all;
    for (auto each = listed_.lower_bound(begin); each != listed_.end() && each->first.starts_with(begin); ++each) {
      auto ids = each->second;
      if (all != nullptr) {
        auto both = std::make_shared<std::set<std::string>>(*all);
        both->insert(ids->begin(), ids->end());
        ids = std::move(both);
      }
      all = std::move(ids);
    }
    return all;
  }

  void note_before(MadeChange& change, const std::string& key) {
    const auto seen = seen_.find(key);
    if (seen != seen_.end()) {
      change.looked = true;
      if (const Value* before = seen->second.find("before")) change.past.before = *before;
      if (const Value* carriers = seen->second.find("carriers")) change.carriers = *carriers;
      change.untold = seen->second.text_or("untold");
    } else if (change.action != nullptr && change.action->inverse) {
      note_read(change, reads_, catalog_);
    }
  }

  /// What a step gave is what its one request did.
  void tell(const StepPath& path, const Value& output) {
    const auto entry = entries_.find(path);
    if (entry != entries_.end()) give(entry->second, output);
  }

  void give(const std::string& entry, const Value& output) {
    const auto waiting = waiting_.find(entry);
    if (waiting == waiting_.end()) return;
    changes[waiting->second].past.output = output;
    waiting_.erase(waiting);
  }

  std::vector<MadeChange> changes;
  const Workflow* workflow_;
  const std::string& location_;
  const Catalog& catalog_;
  const Project& project_;
  Timestamp now_;
  std::map<std::string, Value> seen_;           // by the effect's key
  std::map<std::string, std::size_t> waiting_;  // by the ledger's: changes of which the output is not heard yet
  std::map<StepPath, std::string> entries_;     // of steps that are one request, the latest
  std::map<StepPath, Value> inputs_;
  std::set<std::string> steps_;  // labels of those that have changes
  std::vector<ReadByStep> reads_;
  std::map<std::string, std::shared_ptr<const std::set<std::string>>> listed_;  // by place: the ids so far
};

}  // namespace

Value without_location(const Value& input) {
  if (!input.is_map()) return Value(Map());
  Map rest = input.map();
  rest.erase("location_id");
  return Value(std::move(rest));
}

std::string id_words(const Value& id) { return id.is_text() ? id.text() : encode_json(id); }

std::string id_of(const MadeChange& change) {
  const auto& resource = change.action->resource;
  if (!resource) return "";
  const Value* given = resource->id_input.empty() ? nullptr : change.past.input.find(resource->id_input);
  if (given != nullptr && !given->is_null()) return id_words(*given);
  const Value* thing = thing_in(*change.action, change.past.output);
  const Value* id = thing != nullptr ? member_at(*thing, resource->id) : nullptr;
  return id != nullptr && !id->is_null() ? id_words(*id) : "";
}

std::vector<MadeChange> changes_in(const std::vector<PastRun>& runs, const Catalog& catalog, const Project& project) {
  std::vector<MadeChange> made;
  for (const PastRun& each : runs) {
    Hearing hearing(each, catalog, project);
    for (const RunEvent& event : each.run->events) hearing.hear(event);
    std::vector<MadeChange> of_run = hearing.take();
    std::move(of_run.begin(), of_run.end(), std::back_inserter(made));
  }
  std::stable_sort(made.begin(), made.end(),
                   [](const MadeChange& one, const MadeChange& other) { return one.at < other.at; });
  return joined(std::move(made), catalog);
}

}  // namespace millrace
