#include "gate/seen_things.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace millrace {

void SeenThings::add(const ThingPlace& place, std::string id, std::string name) {
  if (place.known) things_[{place.where, place.kind}][place.parents].try_emplace(std::move(id), std::move(name));
}

std::string SeenThings::name_of(const ThingPlace& place, const std::string& id) const {
  for (const Ids* ids : read_at(place)) {
    const auto found = ids->find(id);
    if (found != ids->end() && !found->second.empty()) return found->second;
  }
  return "";
}

bool SeenThings::holds(const ThingPlace& place, const std::string& id) const {
  const auto holds_it = [&id](const Ids* ids) { return ids->contains(id); };
  const std::vector<const Ids*> there = read_at(place), around = read_around(place);
  return std::any_of(there.begin(), there.end(), holds_it) || std::any_of(around.begin(), around.end(), holds_it);
}

bool SeenThings::any_at(const ThingPlace& place) const { return !read_at(place).empty(); }

std::size_t SeenThings::count(const ThingPlace& place) const {
  const OfKind* all = of_kind(place);
  if (all == nullptr) return 0;
  if (all->size() == 1) return all->begin()->second.size();
  const bool needs_no_parents = place.known && place.parents.empty();
  std::size_t things = 0;
  std::set<std::string_view> ids;  // then the same one may have been read in several ways
  for (const auto& [parents, each] : *all) {
    things += each.size();
    if (!needs_no_parents) continue;
    for (const auto& [id, name] : each) ids.insert(id);
  }
  return needs_no_parents ? ids.size() : things;
}

const SeenThings::OfKind* SeenThings::of_kind(const ThingPlace& place) const {
  const auto found = things_.find({place.where, place.kind});
  return found == things_.end() ? nullptr : &found->second;
}

/// Those of which `lies_in` is true: their parents begin with those that are named.
std::vector<const SeenThings::Ids*> SeenThings::read_at(const ThingPlace& place) const {
  std::vector<const Ids*> found;
  const OfKind* all = place.known ? of_kind(place) : nullptr;
  if (all == nullptr) return found;
  for (auto each = all->lower_bound(place.parents); each != all->end(); ++each) {
    if (!each->first.starts_with(place.parents)) break;
    found.push_back(&each->second);
  }
  return found;
}

/// Those that were read with fewer parents.
std::vector<const SeenThings::Ids*> SeenThings::read_around(const ThingPlace& place) const {
  std::vector<const Ids*> found;
  const OfKind* all = place.known ? of_kind(place) : nullptr;
  if (all == nullptr) return found;
  for (std::size_t end = 0; end < place.parents.size(); end = place.parents.find('\n', end) + 1) {
    const auto each = all->find(place.parents.substr(0, end));
    if (each != all->end()) found.push_back(&each->second);
  }
  return found;
}

}  // namespace millrace
