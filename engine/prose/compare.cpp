#include "prose/compare.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "prose/explain.hpp"
#include "prose/expression_words.hpp"
#include "prose/match_steps.hpp"
#include "prose/phrases.hpp"

namespace millrace {

namespace {

/// What is told otherwise where it belongs: it follows from something else that is told.
bool is_consequence(const std::string& part) {
  const std::set<std::string> parts = {"effects", "touch",       "scopes", "secrets",
                                       "calls",   "permissions", "safety", "triggers"};
  return parts.contains(part);
}

class TextComparison {
 public:
  TextComparison(const Sentence& before, const Sentence& now) : before_(before), now_(now) {}

  std::vector<Difference> all() {
    if (meaning_of(before_) != meaning_of(now_)) changed("", before_, now_);
    for (const char* part : {"description", "triggers", "runs", "vars"}) headings(part);
    steps();
    for (const char* part : {"touches", "limits"}) headings(part);
    return std::move(found_);
  }

 private:
  void note(Difference::Kind kind, std::string text, const SourceMark& at) {
    found_.push_back({kind, std::move(text), at});
  }

  static std::string labelled(const std::string& where, const std::string& what) {
    return where.empty() ? what : fill(phrases().labelled, {{"about", where}, {"text", what}});
  }

  static std::string without_colon(std::string line) {
    if (line.ends_with(':')) line.pop_back();
    return line;
  }

  void added(const std::string& where, const Sentence& now) {
    const std::string what = fill(phrases().is_new, {{"what", without_colon(line_of(now))}});
    note(Difference::Kind::added, labelled(where, what), now.at);
  }

  void removed(const std::string& where, const Sentence& before) {
    const std::string what = fill(phrases().is_gone, {{"what", without_colon(line_of(before))}});
    note(Difference::Kind::removed, labelled(where, what), before.at);
  }

  void changed(const std::string& where, const Sentence& before, const Sentence& now) {
    const bool input = !now.about.empty() && now.part != "step" && now.about == before.about;
    constexpr std::size_t short_enough = 60;
    const bool short_one = now.text.size() + before.text.size() <= short_enough;
    const std::string what = input ? fill(short_one ? phrases().is_now : phrases().is_now_long,
                                          {{"what", now.about}, {"now", now.text}, {"before", before.text}})
                                   : fill(phrases().now_instead, {{"now", without_colon(line_of(now))},
                                                                  {"before", without_colon(line_of(before))}});
    note(Difference::Kind::changed, labelled(where, what), now.at);
  }

  static const Sentence* heading(const Sentence& whole, std::string_view part) {
    for (const Sentence& each : whole.below) {
      if (each.part == part) return &each;
    }
    return nullptr;
  }

  void headings(const std::string& part) {
    static const Sentence none;
    const Sentence* before = heading(before_, part);
    const Sentence* now = heading(now_, part);
    if (before == nullptr) before = &none;
    if (now == nullptr) now = &none;
    if (part == "description" && before->text != now->text) {
      if (before == &none) return added("", *now);
      if (now == &none) return removed("", *before);
      return changed("", *before, *now);
    }
    lines(part == "vars" ? std::string(phrases().variable_named) : "", before->below, now->below);
  }

  /// Lines of one sentence belong together by what they speak of; several of one part by what they mean, then in order.
  void lines(const std::string& where, const std::vector<Sentence>& before, const std::vector<Sentence>& now) {
    std::vector<const Sentence*> left, right;
    for (const Sentence& each : before)
      if (each.part != "step" && !is_consequence(each.part)) left.push_back(&each);
    for (const Sentence& each : now)
      if (each.part != "step" && !is_consequence(each.part)) right.push_back(&each);
    std::vector<const Sentence*> partners(right.size(), nullptr);
    const auto pair_up = [&](const auto& same) {
      for (std::size_t at = 0; at < right.size(); ++at) {
        if (partners[at] != nullptr) continue;
        const auto found = std::find_if(left.begin(), left.end(), [&](const Sentence* one) {
          return one->part == right[at]->part && one->about == right[at]->about && same(*one, *right[at]);
        });
        if (found == left.end()) continue;
        partners[at] = *found;
        left.erase(found);
      }
    };
    pair_up([](const Sentence& one, const Sentence& other) { return meaning_of(one) == meaning_of(other); });
    // Two triggers that have nothing in common are not one that changed.
    pair_up([](const Sentence& one, const Sentence& other) {
      return one.part != "trigger" ||
             one.meaning.substr(0, one.meaning.find(' ')) == other.meaning.substr(0, other.meaning.find(' '));
    });
    for (std::size_t at = 0; at < right.size(); ++at) line(where, partners[at], *right[at]);
    for (const Sentence* gone : left) removed(where, *gone);
  }

  void line(const std::string& where, const Sentence* before, const Sentence& now) {
    if (before == nullptr) return added(where, now);
    if (meaning_of(*before) != meaning_of(now) && (!now.text.empty() || !before->text.empty())) {
      changed(where, *before, now);
    }
    const std::string inner = now.about.empty() && now.part != "trigger"
                                  ? where
                                  : labelled(where, without_colon(now.about.empty() ? now.text : now.about));
    lines(inner, before->below, now.below);
  }

  /// "step 2.1 after a failure".
  static std::string number_of(const PlacedStep& placed) {
    const std::string_view phrase = placed.heading == "on_failure" ? phrases().step_after_failure
                                    : placed.heading == "always"   ? phrases().step_at_end
                                                                   : phrases().step_number;
    return fill(phrase, {{"n", placed.step->number}});
  }

  /// "step 2.1, tags": how a step is called.
  static std::string name_of_step(const PlacedStep& placed) {
    const std::string& id = placed.step->about;
    return id.empty() ? number_of(placed) : number_of(placed) + std::string(phrases().comma) + id;
  }

  void steps() {
    const auto before = placed_steps(before_);
    const auto now = placed_steps(now_);
    const auto matches = match_steps(before, now);
    const auto moved = moved_steps(before, now, matches);
    std::vector<bool> kept(before.size(), false);
    for (std::size_t at = 0; at < now.size(); ++at) {
      const Sentence& step = *now[at].step;
      const std::string name = name_of_step(now[at]);
      if (!matches[at]) {
        note(Difference::Kind::added, fill(phrases().new_step, {{"name", name}, {"what", without_colon(step.text)}}),
             step.at);
        continue;
      }
      kept[*matches[at]] = true;
      const Sentence& was = *before[*matches[at]].step;
      if (moved[at])
        note(Difference::Kind::moved,
             fill(phrases().step_moved, {{"name", name}, {"before", number_of(before[*matches[at]])}}), step.at);
      if (meaning_of(was) != meaning_of(step)) {
        Sentence old_text = {"", "", was.text}, new_text = {"", "", step.text, "", step.at};
        changed(name, old_text, new_text);
      }
      lines(name, was.below, step.below);
    }
    for (std::size_t at = 0; at < before.size(); ++at) {
      const Sentence& step = *before[at].step;
      if (kept[at]) continue;
      const std::string_view phrase =
          step.meaning.starts_with("approve ") ? phrases().approval_gone : phrases().step_gone;
      note(Difference::Kind::removed,
           fill(phrase, {{"name", name_of_step(before[at])}, {"what", without_colon(step.text)}}), step.at);
    }
  }

  const Sentence& before_;
  const Sentence& now_;
  std::vector<Difference> found_;
};

/// What tokens need now and did not.
void note_scopes(const Account& before, const Account& now, std::vector<Difference>& found) {
  for (const std::string& connection : connections_in(now)) {
    const auto had = scopes_at(before, connection);
    std::vector<std::string> more;
    for (const std::string& scope : scopes_at(now, connection)) {
      if (!had.contains(scope)) more.push_back(scope);
    }
    if (!more.empty())
      found.push_back(
          {Difference::Kind::wider, fill(phrases().scopes, {{"name", connection}, {"scopes", all_of(more)}})});
  }
}

}  // namespace

std::string_view name_of(Difference::Kind kind) noexcept {
  switch (kind) {
    case Difference::Kind::wider:
      return "wider";
    case Difference::Kind::narrower:
      return "narrower";
    case Difference::Kind::added:
      return "added";
    case Difference::Kind::removed:
      return "removed";
    case Difference::Kind::changed:
      return "changed";
    case Difference::Kind::moved:
      return "moved";
  }
  return "changed";
}

std::vector<Difference> compare(const Account& before, const Account& now, const Catalog& catalog,
                                const Project& project) {
  std::vector<Difference> found;
  for (const Widening& each : widened(before, now)) found.push_back({Difference::Kind::wider, each.sentence, each.at});
  note_scopes(before, now, found);
  for (const Widening& each : narrowed(before, now))
    found.push_back({Difference::Kind::narrower, fill(phrases().no_more, {{"what", each.sentence}}), each.at});
  const Sentence old_text = explain(before, catalog, project);
  const Sentence new_text = explain(now, catalog, project);
  for (Difference& each : TextComparison(old_text, new_text).all()) found.push_back(std::move(each));
  return found;
}

std::string in_short(const std::vector<Difference>& differences) {
  constexpr std::size_t most = 2;
  if (differences.empty()) return std::string(phrases().nothing_changed);
  std::string text = differences.front().text;
  for (std::size_t at = 1; at < std::min(most, differences.size()); ++at)
    text += std::string(phrases().and_then) + differences[at].text;
  if (differences.size() <= most) return text;
  return fill(phrases().and_more, {{"what", text}, {"n", std::to_string(differences.size() - most)}});
}

Value encode_differences(const std::vector<Difference>& differences) {
  Value::List list;
  for (const Difference& each : differences) {
    const bool placed = each.at.line > 0 && each.at.source != nullptr;
    list.push_back(Value::object({{"kind", name_of(each.kind)},
                                  {"text", each.text},
                                  {"file", placed ? Value(each.at.source->name) : Value()},
                                  {"line", placed ? Value(std::int64_t{each.at.line}) : Value()}}));
  }
  return Value(std::move(list));
}

}  // namespace millrace
