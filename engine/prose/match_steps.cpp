#include "prose/match_steps.hpp"

#include <algorithm>
#include <map>

namespace millrace {

namespace {

void collect_steps(const Sentence& sentence, const std::string& heading, std::optional<std::size_t> parent,
                   const std::string& inside, std::vector<PlacedStep>& steps) {
  std::map<std::string, int> parts;  // cases and branches are told apart by their order
  for (const Sentence& each : sentence.below) {
    if (each.part == "step") {
      steps.push_back({&each, heading, parent, inside});
      collect_steps(each, heading, steps.size() - 1, "", steps);
    } else {
      const std::string part = each.part + " " + std::to_string(++parts[each.part]);
      collect_steps(each, heading, parent, inside.empty() ? part : inside, steps);
    }
  }
}

/// All that a step says itself, and what is inside it.
std::string whole_meaning(const Sentence& step) {
  std::string text = step.part + "\n" + step.about + "\n" + meaning_of(step) + "\n";
  for (const Sentence& each : step.below) text += whole_meaning(each);
  return text;
}

/// "if" of what an `if` block means.
std::string kind_of(const Sentence& step) { return meaning_of(step).substr(0, meaning_of(step).find(' ')); }

using Matches = std::vector<std::optional<std::size_t>>;

/// Takes for each step that has no match yet the first free one of the same key; steps without a key are left alone.
template <class Key>
void match_by(const std::vector<PlacedStep>& before, const std::vector<PlacedStep>& now, Matches& matches,
              const Key& key) {
  std::vector<bool> taken(before.size(), false);
  for (const auto& match : matches) {
    if (match) taken[*match] = true;
  }
  std::map<std::string, std::vector<std::size_t>> known;
  for (std::size_t at = 0; at < before.size(); ++at) {
    if (!taken[at]) known[key(*before[at].step)].push_back(at);
  }
  known.erase("");
  for (std::size_t at = 0; at < now.size(); ++at) {
    const Sentence& step = *now[at].step;
    const auto found = matches[at] ? known.end() : known.find(key(step));
    if (found == known.end()) continue;
    for (const std::size_t one : found->second) {
      const Sentence& other = *before[one].step;
      const bool two_ids = !other.about.empty() && !step.about.empty() && other.about != step.about;
      if (taken[one] || two_ids) continue;
      matches[at] = one;
      taken[one] = true;
      break;
    }
  }
}

bool same_list(const PlacedStep& one, const PlacedStep& other) {
  return one.heading == other.heading && one.parent == other.parent && one.inside == other.inside;
}

bool same_place(const PlacedStep& before, const PlacedStep& now, const Matches& matches) {
  if (before.heading != now.heading || before.inside != now.inside ||
      before.parent.has_value() != now.parent.has_value())
    return false;
  return !now.parent || matches[*now.parent] == before.parent;
}

/// Of these numbers those outside the longest run of them that ascends.
std::vector<bool> out_of_order(const std::vector<std::size_t>& numbers) {
  std::vector<std::size_t> length(numbers.size(), 1), previous(numbers.size(), numbers.size());
  std::size_t last = 0;
  for (std::size_t at = 0; at < numbers.size(); ++at) {
    for (std::size_t one = 0; one < at; ++one) {
      if (numbers[one] > numbers[at] || length[one] + 1 <= length[at]) continue;
      length[at] = length[one] + 1;
      previous[at] = one;
    }
    if (length[at] > length[last]) last = at;
  }
  std::vector<bool> out(numbers.size(), true);
  for (std::size_t at = last; at < numbers.size(); at = previous[at]) out[at] = false;
  return out;
}

}  // namespace

const std::string& meaning_of(const Sentence& sentence) {
  return sentence.meaning.empty() ? sentence.text : sentence.meaning;
}

std::vector<PlacedStep> placed_steps(const Sentence& explained) {
  std::vector<PlacedStep> steps;
  for (const Sentence& heading : explained.below) {
    collect_steps(heading, heading.part, std::nullopt, "", steps);
  }
  return steps;
}

Matches match_steps(const std::vector<PlacedStep>& before, const std::vector<PlacedStep>& now) {
  Matches matches(now.size());
  match_by(before, now, matches, [](const Sentence& step) { return step.about; });
  match_by(before, now, matches, [](const Sentence& step) { return whole_meaning(step); });
  match_by(before, now, matches, [](const Sentence& step) { return meaning_of(step); });
  match_by(before, now, matches, [](const Sentence& step) {
    const std::string kind = kind_of(step);
    return kind == "action" ? "" : kind;  // another action is another step
  });
  return matches;
}

std::vector<bool> moved_steps(const std::vector<PlacedStep>& before, const std::vector<PlacedStep>& now,
                              const Matches& matches) {
  std::vector<bool> moved(now.size(), false), seen(now.size(), false);
  for (std::size_t first = 0; first < now.size(); ++first) {
    if (seen[first]) continue;
    std::vector<std::size_t> beside, places;  // steps of one list that were of one list before
    for (std::size_t at = first; at < now.size(); ++at) {
      if (!same_list(now[at], now[first])) continue;
      seen[at] = true;
      if (!matches[at]) continue;
      if (!same_place(before[*matches[at]], now[at], matches)) {
        moved[at] = true;
        continue;
      }
      beside.push_back(at);
      places.push_back(*matches[at]);
    }
    const auto out = out_of_order(places);
    for (std::size_t at = 0; at < beside.size(); ++at) moved[beside[at]] = out[at];
  }
  return moved;
}

}  // namespace millrace
