#include "service/sources.hpp"

#include <algorithm>
#include <utility>

#include "base/percent.hpp"
#include "trigger/delivery.hpp"
#include "trigger/schedule_trigger.hpp"
#include "value/json.hpp"
#include "workflow/hook_path.hpp"

namespace millrace {

namespace {

/// Whether both make the same event of each delivery.
bool make_alike(const TriggerSpec& one, const TriggerSpec& other) {
  if (one.kind != "plugin" || other.kind != "plugin") return one.kind == other.kind;
  return one.name == other.name && one.with == other.with;
}

}  // namespace

std::string kind_of_events(const TriggerSpec& spec) {
  if (spec.kind != "plugin") return spec.kind;
  const bool alone = spec.with.is_null() || (spec.with.is_map() && spec.with.map().empty());
  return alone ? spec.name : spec.name + " " + encode_json(spec.with);
}

Bindings condition_names(Value event, Timestamp now, Value delivery) {
  Bindings names;
  names.set("event", std::move(event));
  names.set("now", now);
  names.set("delivery", std::move(delivery));
  return names;
}

Result<bool> holds(const PlacedExpression& condition, const Bindings& names, Allowance& left) {
  const auto value = condition.expression.evaluate(names, left);
  const bool decided = value && (value->is(Kind::boolean) || value->is_unknown());
  if (decided) return value->is_true();
  return Error{
      ErrorCode::invalid,
      "the trigger's condition " + condition.expression.text() + " could not be evaluated (" +
          (value ? "it gives " + std::string(name_of(value->kind())) + ", not true or false" : value.error().message) +
          ")"};
}

Sources::Sources(const Library& library, const Project& project, const Catalog& catalog) {
  for (const auto& [id, entry] : library.entries()) {
    if (entry.live == nullptr) continue;
    for (std::size_t i = 0; i < entry.live->workflow->triggers.size(); ++i) add({entry.live, i}, project, catalog);
  }
}

void Sources::add(Listener listener, const Project& project, const Catalog& catalog) {
  const TriggerSpec& spec = listener.spec();
  if (spec.kind == "schedule" || spec.kind == "cron") {
    auto schedule = schedule_of(spec, project.timezone);
    if (!schedule) {
      problems_[listener.workflow()] = schedule.error().message;
      return;
    }
    schedules_.push_back({std::move(listener), std::move(*schedule)});
  } else if (spec.kind == "watch" || spec.kind == "file") {
    polls_.push_back(std::move(listener));
  } else if (spec.kind == "after") {
    after_[spec.name].push_back(std::move(listener));
  } else if (is_hook(spec, catalog)) {
    add_hook(std::move(listener));
  } else if (is_emitter(spec, catalog)) {
    emitters_.push_back(std::move(listener));
  }
}

void Sources::add_hook(Listener listener) {
  const TriggerSpec& spec = listener.spec();
  auto verifier = verifier_of(spec);
  if (!verifier) {
    problems_[listener.workflow()] = verifier.error().message;
    return;
  }
  const std::string path = hook_path(*listener.live->workflow, spec);
  std::shared_ptr<HookSource>& source = hooks_[path];
  if (source == nullptr) {
    source = std::make_shared<HookSource>();
    source->path = path;
    source->verifier = std::move(*verifier);
    source->waits = spec.settings.text_or("respond") == "wait";
  } else if (!take_alike(source->spec(), spec)) {
    problems_[listener.workflow()] = std::string(hooks_prefix) + path + " is read in another way by the workflow \"" +
                                     source->readings.front().listeners.front().workflow() + "\": " + taken_alike;
    return;
  }
  source->add(std::move(listener));
}

void HookSource::add(Listener listener) {
  const TriggerSpec& spec = listener.spec();
  auto reading = std::find_if(readings.begin(), readings.end(),
                              [&](const HookReading& each) { return make_alike(each.spec(), spec); });
  if (reading == readings.end()) {
    reading = readings.emplace(readings.end());
    reading->kind = kind_of_events(spec);
  }
  reading->index.add(reading->listeners.size(), spec.condition ? &*spec.condition : nullptr);
  reading->listeners.push_back(std::move(listener));
}

std::shared_ptr<HookSource> Sources::find_hook(std::string_view path) const {
  const auto at = [this](std::string_view encoded) -> std::shared_ptr<HookSource> {
    const auto decoded = percent_decode(encoded);
    const auto found = decoded ? hooks_.find(*decoded) : hooks_.end();
    return found == hooks_.end() ? nullptr : found->second;
  };
  if (auto whole = at(path)) return whole;
  // Split before it is decoded: the secret may hold a "/", too.
  const std::size_t slash = path.rfind('/');
  auto found = slash == std::string_view::npos ? nullptr : at(path.substr(0, slash));
  return found != nullptr && found->verifier.kind == Verifier::Kind::secret_path ? found : nullptr;
}

bool Sources::listens_to(const std::string& source, const std::string& trigger) const {
  const std::string name = source.substr(source.find(':') + 1);
  const auto is_it = [&trigger](const Listener& each) { return each.spec().condition && each.name() == trigger; };
  const auto any = [&is_it](const std::vector<Listener>& all) { return std::any_of(all.begin(), all.end(), is_it); };
  if (source.starts_with("hook:")) {
    const auto hook = hooks_.find(name);
    return hook != hooks_.end() &&
           std::any_of(hook->second->readings.begin(), hook->second->readings.end(),
                       [&](const HookReading& each) { return each.kind == trigger || any(each.listeners); });
  }
  if (source.starts_with("after:")) return after(name) != nullptr && any(*after(name));
  const auto emits = [&](const Listener& each) {
    return each.name() == name && (kind_of_events(each.spec()) == trigger || is_it(each));
  };
  return any(polls_) || std::any_of(emitters_.begin(), emitters_.end(), emits) ||
         std::any_of(schedules_.begin(), schedules_.end(),
                     [&](const ScheduleSource& each) { return is_it(each.listener); });
}

const std::vector<Listener>* Sources::after(const std::string& workflow) const noexcept {
  const auto found = after_.find(workflow);
  return found == after_.end() ? nullptr : &found->second;
}

bool is_emitter(const TriggerSpec& spec, const Catalog& catalog) {
  const Trigger* trigger = spec.kind == "plugin" ? catalog.find_trigger(spec.name) : nullptr;
  return trigger != nullptr && trigger->kind == "library";
}

std::string describe(const Listener& listener, const Catalog& catalog) {
  const TriggerSpec& spec = listener.spec();
  if (spec.kind == "webhook") return "webhook " + std::string(hooks_prefix) + spec.name;
  if (is_emitter(spec, catalog)) return spec.name;
  if (spec.kind == "plugin")
    return spec.name + " at " + std::string(hooks_prefix) + hook_path(*listener.live->workflow, spec);
  if (spec.kind == "manual") return "manual";
  return spec.kind + ": " + spec.name;
}

}  // namespace millrace
