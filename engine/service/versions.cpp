#include "service/versions.hpp"

#include <utility>

#include "base/log.hpp"
#include "service/new_since.hpp"
#include "service/records.hpp"

namespace millrace {

Task<Status> Versions::read(Entry& entry) {
  const auto recalled = co_await recall();
  if (!recalled) co_return recalled;
  const std::vector<std::string> changed = library_.read(good_);
  const auto revived = co_await revive_broken();
  if (!revived) co_return revived;
  for (const std::string& id : changed) {
    const auto good = good_.find(id);
    const auto live = library_.find(id);
    const bool another = live != nullptr && good != good_.end() && good->second != live->hash;
    if (another) co_await compare_with_last_run(id);
  }
  note_good(entry);
  for (const std::string& id : changed) {
    const auto live = library_.find(id);
    if (live != nullptr) entry.versions.push_back({id, live->hash, live->workflow->source->text});
  }
  co_return Done{};
}

Task<Status> Versions::recall() {
  if (std::exchange(recalled_, true)) co_return Done{};
  const auto known = co_await world_.store.journal().list_states(engine_owner, live_prefix);
  if (!known) co_return known.error();
  for (const auto& [key, hash] : *known) good_[key.substr(live_prefix.size())] = hash.is_text() ? hash.text() : "";
  co_return Done{};
}

/// A file that is broken when the service starts is no worse than one that breaks while it runs: the last good version
/// goes on.
Task<Status> Versions::revive_broken() {
  for (const auto& [id, entry] : library_.entries()) {
    const auto good = good_.find(id);
    if (entry.live != nullptr || good == good_.end()) continue;
    const auto text = co_await world_.store.history().read_version(id, good->second);
    const Status revived = text ? library_.revive(id, *text) : Status(text.error());
    if (!revived)
      log(LogLevel::warning, "the last good version of " + id + " cannot go on: " + revived.error().message);
  }
  co_return Done{};
}

Task<void> Versions::compare_with_last_run(std::string id) {
  widened_.erase(id);
  const auto live = library_.find(id);
  if (live == nullptr) co_return;
  const NewSince since = co_await new_since(world_.store, live->workflow, live->hash, world_.catalog, world_.project);
  for (const std::string& sentence : sentences(since, id)) {
    log(LogLevel::warning, sentence);
    widened_[id].push_back(sentence);
  }
}

Task<void> Versions::look_back() {
  std::vector<std::string> ids;
  for (const auto& [id, hash] : good_) {
    if (!widened_.contains(id)) ids.push_back(id);
  }
  for (const std::string& id : ids) co_await compare_with_last_run(id);
}

/// What has changed since it was written down last.
void Versions::note_good(Entry& entry) {
  for (auto good = good_.begin(); good != good_.end();) {
    const auto here = good++;
    if (library_.entries().contains(here->first)) continue;
    entry.states.push_back(last_good_version(here->first, ""));
    good_.erase(here);
  }
  for (const auto& [id, known] : library_.entries()) {
    if (!known.problem.empty() || known.live == nullptr || good_[id] == known.live->hash) continue;
    entry.states.push_back(last_good_version(id, known.live->hash));
    good_[id] = known.live->hash;
  }
}

std::vector<std::string> Versions::widened(const std::string& workflow) const {
  const auto found = widened_.find(workflow);
  return found == widened_.end() ? std::vector<std::string>() : found->second;
}

}  // namespace millrace
