#include "rehearsal/undo_looks.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "catalog/inverse.hpp"
#include "catalog/probe.hpp"
#include "rehearsal/seen_member.hpp"
#include "rehearsal/undo_compare.hpp"
#include "value/json.hpp"
#include "value/member_path.hpp"

namespace millrace {

std::string id_in(const Action& create, const Value& output) {
  const Value* thing = thing_in(create, output);
  const Value* id = thing != nullptr ? member_at(*thing, create.resource->id) : nullptr;
  return id != nullptr ? id_words(*id) : "";
}

namespace {

std::string asked_as(const Action& read, const MadeChange& change, const Value& question) {
  return read.name + " " + change.connection + " " + change.location + " " + encode_json(question);
}

/// The fields of its thing that an action sets.
Map fields_given(const Action& action, const Value& input) {
  Map fields;
  for (const auto& [field, name] : action.resource->fields) {
    const Value* given = input.find(name);
    if (given != nullptr && name != "location_id") fields.set(field, *given);
  }
  return fields;
}

Value with_fields(Value thing, const Map& fields) {
  for (const auto& [field, value] : fields) thing = with_member(thing, field.text(), value);
  return thing;
}

/// The list when items are taken out of it that are all in it, or put into it that are not: those that were there
/// before at their place of then. Nothing where it is neither.
std::optional<Value::List> list_after(const Value::List& now, const Value::List& items, const Value& before) {
  const auto is_in = [](const Value::List& list, const Value& one) {
    return std::any_of(list.begin(), list.end(), [&one](const Value& other) { return same_value(one, other); });
  };
  const auto known = std::count_if(items.begin(), items.end(), [&](const Value& one) { return is_in(now, one); });
  Value::List after;
  if (known == static_cast<std::ptrdiff_t>(items.size())) {
    std::copy_if(now.begin(), now.end(), std::back_inserter(after),
                 [&](const Value& one) { return !is_in(items, one); });
    return after;
  }
  if (known > 0) return std::nullopt;
  for (const Value& was : before.is_list() ? before.list() : Value::List()) {
    if (is_in(now, was) || is_in(items, was)) after.push_back(was);
  }
  for (const Value::List& more : {now, items}) {
    std::copy_if(more.begin(), more.end(), std::back_inserter(after),
                 [&](const Value& one) { return !is_in(after, one); });
  }
  return after;
}

/// The thing with its list as it is then; nothing where it is not known which one that is.
std::optional<Value> with_list_after(const Look& look, const Action& read, const MadeChange& change, const Value& input,
                                     const Value& answer) {
  const Value* thing = thing_in(read, answer);
  const auto now = seen_by(look, read, input, answer);
  const std::vector<std::string> lists = list_inputs(input);
  if (thing == nullptr || !now || !now->is_list() || lists.size() != 1) return std::nullopt;
  const auto after = list_after(now->list(), input.find(lists.front())->list(), change.past.before);
  const auto member = after ? member_seen(look, read, input, *thing, Value(*after), lists) : std::nullopt;
  if (!member) return std::nullopt;
  Map changed = thing->map();
  changed.set(*member, *after);
  return Value(std::move(changed));
}

}  // namespace

const std::optional<Look>& Looks::look_for(const MadeChange& change, const Action& action) const {
  return action.inverse && action.inverse->before ? action.inverse->before : change.action->inverse->before;
}

std::string Looks::thing(const MadeChange& change, const Action& action, const Value& input, const Value& id) {
  return names_.name_of(place_of(action, input, change.connection, change.of_run), id_words(id));
}

void Looks::note(const MadeChange& change, const Action& action, const Value& input) {
  const Value* id = action.resource ? input.find(action.resource->id_input) : nullptr;
  if (id == nullptr) return;
  const std::string name = thing(change, action, input, *id);
  if (action.effect == Effect::remove) deleted_.insert(name);
  if (action.effect != Effect::update) return;
  for (const auto& [field, value] : fields_given(action, input)) put_back_[name].set(field, value);
}

/// The things in what was read as they are after all that is planned: without what is deleted, and with what is put
/// back, a name that another thing shall have again among it.
Value Looks::later(const MadeChange& change, const Action& read, const Value& asked, const Value& answer) {
  const Value* list = read.resource ? member_at(answer, read.resource->list_path) : nullptr;
  if (list == nullptr || !list->is_list()) return answer;
  Value::List things;
  for (const Value& each : list->list()) {
    const Value* id = member_at(each, read.resource->id);
    const std::string name = id != nullptr ? thing(change, read, asked, *id) : "";
    if (deleted_.contains(name)) continue;
    const auto put_back = put_back_.find(name);
    things.push_back(put_back == put_back_.end() ? each : with_fields(each, put_back->second));
  }
  return with_member(answer, read.resource->list_path, std::move(things));
}

void Looks::lay_over(const MadeChange& change, const Action& action, const Value& input) {
  note(change, action, input);
  const auto& look = look_for(change, action);
  const Action* read = look ? catalog_.find_action(look->action) : nullptr;
  if (read == nullptr || !read->resource) return;
  Bindings names;
  names.set("input", input);
  const auto question = question_of(*look, action, *read, names);
  const auto asked = question ? asked_.find(asked_as(*read, change, *question)) : asked_.end();
  if (asked == asked_.end() || !asked->second) return;
  const Value* thing = thing_in(*read, *asked->second);
  if (thing == nullptr) return;
  std::optional<Value> changed;
  if (action.effect == Effect::update && action.resource) {
    changed = with_fields(*thing, fields_given(action, input));
  } else {
    changed = with_list_after(*look, *read, change, input, *asked->second);
  }
  if (changed) asked->second = with_member(*asked->second, read->resource->echo, std::move(*changed));
}

Task<Result<Value>> Looks::today(const MadeChange& change, const Action& action, Value input) {
  const auto& look = look_for(change, action);
  const Action* read = look ? catalog_.find_action(look->action) : nullptr;
  if (read == nullptr) co_return Value();
  Bindings names;
  names.set("input", input);
  auto question = question_of(*look, action, *read, names);
  if (!question) co_return question.error();
  const Value asked = std::move(*question);
  const auto answer = co_await ask(*read, change, asked);
  if (!answer) co_return answer.error();
  co_return seen_by(*look, *read, input, *answer);
}

Task<Result<Value::List>> Looks::probed(const MadeChange& change, const Action& create, Value input) {
  const Action* asked = create.probe ? catalog_.find_action(create.probe->action) : nullptr;
  if (asked == nullptr) co_return Value::List();
  const Value question = Value(shared_inputs(question_of(*create.probe, input), *asked));
  const auto answer = co_await ask(*asked, change, question);
  if (!answer && may_be_asked_later(answer.error())) co_return answer.error();
  const Result<Value> seen = answer ? later(change, *asked, question, *answer) : answer;
  auto found = found_by(*create.probe, input, seen, Timestamp{});  // whenever it was made
  if (!found) co_return Error{ErrorCode::invalid, found.error().message};
  std::erase_if(*found, [&](const Value& each) {
    return deleted_.contains(thing(change, create, input, Value(id_in(create, each))));
  });
  co_return found;
}

Task<Result<bool>> Looks::gone(const MadeChange& change) {
  const Action* maker = maker_of(*change.action);
  if (maker == nullptr || probe_for(*maker, change.past.input) == nullptr) co_return false;
  const auto found = co_await probed(change, *maker, change.past.input);
  if (!found) co_return found.error();
  co_return std::none_of(found->begin(), found->end(),
                         [&](const Value& each) { return id_in(*maker, each) == id_of(change); });
}

Task<Result<Value::List>> Looks::carriers(const MadeChange& change, const Action& removal, Value input, Value thing) {
  const Carriers& carriers = *removal.inverse->carriers;
  const Action* read = catalog_.find_action(carriers.look.action);
  if (read == nullptr) co_return Error{ErrorCode::not_found, "there is no action \"" + carriers.look.action + "\""};
  Bindings names;
  names.set("input", input);
  names.set("before", thing);
  auto question = question_of(carriers.look, removal, *read, names);
  if (!question) co_return question.error();
  Value asked = std::move(*question);
  Value::List all;
  for (int page = 0; page < most_carrier_pages; ++page) {
    const auto answer = co_await perform(*read, change, asked);
    if (!answer) co_return answer.error();
    auto seen = carriers_on(carriers, names, asked, *answer);
    if (!seen) co_return seen.error();
    all.insert(all.end(), seen->found.begin(), seen->found.end());
    if (seen->next.is_null()) co_return all;
    asked = std::move(seen->next);
  }
  co_return Error{ErrorCode::invalid, "the list of those who carry it does not end"};
}

/// What makes things like the one that was changed, if its probe finds them; else nullptr.
const Action* Looks::maker_of(const Action& write) const {
  if (write.effect == Effect::create) return write.probe ? &write : nullptr;
  const Manifest* plugin = catalog_.find_plugin(write.name.substr(0, write.name.find('.')));
  const auto whole = plugin != nullptr && write.resource ? catalog_.whole(*plugin) : Error{ErrorCode::not_found, ""};
  if (!whole) return nullptr;
  const auto maker = std::find_if(whole->actions.begin(), whole->actions.end(), [&write](const Action& each) {
    return each.effect == Effect::create && each.probe && each.resource &&
           each.resource->kind == write.resource->kind && each.resource->collection == write.resource->collection;
  });
  return maker == whole->actions.end() ? nullptr : catalog_.find_action(maker->name);
}

/// The same is asked once.
Task<Result<Value>> Looks::ask(const Action& read, const MadeChange& change, Value input) {
  const std::string question = asked_as(read, change, input);
  const auto asked = asked_.find(question);
  if (asked != asked_.end()) co_return asked->second;
  auto answer = co_await perform(read, change, std::move(input));
  asked_.emplace(question, answer);
  co_return answer;
}

Task<Result<Value>> Looks::perform(const Action& read, const MadeChange& change, Value input) {
  CallSite site;
  site.step = "undo";
  site.workflow = "undo";
  site.location = change.location;
  site.connection = change.connection;
  site.now = now_;
  auto answer = co_await gate_.perform(read, std::move(input), std::move(site));
  co_return answer;
}

}  // namespace millrace
