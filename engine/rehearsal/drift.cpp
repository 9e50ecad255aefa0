#include "rehearsal/drift.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "value/json.hpp"

namespace millrace {

namespace {

constexpr std::size_t most_names = 8;

using Source = std::tuple<std::string, std::string, std::string>;  // action, connection, location
using Things = std::map<std::string_view, const ReadThing*>;       // by id

Source source_of(const Reading& reading) { return {reading.action, reading.connection, reading.location}; }

/// What one source told, over all its pages.
struct Told {
  std::string kind;
  Things then, now;
};

/// The same question, each time it was asked.
struct Asked {
  std::string shown;  // "highlevel.contacts.get (contact c_1)"
  Source source;
  std::vector<std::string> then, now;
};

std::string things_words(const std::string& kind, const Source& source) {
  const auto& [action, connection, location] = source;
  std::string words = kind;
  std::replace(words.begin(), words.end(), '_', ' ');
  if (words.ends_with('y')) {
    words.replace(words.size() - 1, 1, "ies");
  } else {
    words += "s";
  }
  if (words.size() == 1) words = "what " + action + " gives";
  const std::string& of = location.empty() ? connection : location;
  return of.empty() ? words : words + " of " + of;
}

std::string named(std::string_view id, const std::string& name) {
  const std::string text(id);
  return name.empty() ? text : "\"" + name + "\" (" + text + ")";
}

void add_part(std::vector<std::string>& parts, const std::string& word, std::vector<std::string> names) {
  if (names.empty()) return;
  const std::size_t more = names.size() > most_names ? names.size() - most_names : 0;
  names.resize(names.size() - more);
  parts.push_back(word + ": " + join(names, ", ") + (more > 0 ? " and " + std::to_string(more) + " more" : ""));
}

/// "new: "vip" (q2); gone: ..."; empty where nothing is different.
std::string difference(const Things& then, const Things& now) {
  std::vector<std::string> fresh, gone, changed;
  for (const auto& [id, thing] : now) {
    const auto before = then.find(id);
    if (before == then.end()) {
      fresh.push_back(named(id, thing->name));
    } else if (const ReadThing& was = *before->second; was.answer != thing->answer) {
      changed.push_back(named(id, was.name) + (was.name != thing->name ? ", now \"" + thing->name + "\"" : ""));
    }
  }
  for (const auto& [id, thing] : then) {
    if (now.count(id) == 0) gone.push_back(named(id, thing->name));
  }
  std::vector<std::string> parts;
  add_part(parts, "new", std::move(fresh));
  add_part(parts, "gone", std::move(gone));
  add_part(parts, "changed", std::move(changed));
  return join(parts, "; ");
}

/// Sentences about lists; `explained` are the sources of which something was said.
void compare_things(const PlannedRun& then, const PlannedRun& now, std::vector<std::string>& sentences,
                    std::set<Source>& explained) {
  std::map<Source, Told> told;
  for (const auto& [run, side] : {std::pair(&then, &Told::then), std::pair(&now, &Told::now)}) {
    for (const Reading& reading : run->readings) {
      Told& one = told[source_of(reading)];
      one.kind = reading.kind;
      for (const auto& [id, thing] : reading.things) (one.*side).insert_or_assign(id, &thing);
    }
  }
  for (const auto& [source, one] : told) {
    const std::string said = difference(one.then, one.now);
    if (said.empty()) continue;
    sentences.push_back(things_words(one.kind, source) + ": " + said);
    explained.insert(source);
  }
}

std::map<std::pair<Source, std::string>, Asked> questions_of(const PlannedRun& then, const PlannedRun& now) {
  std::map<std::pair<Source, std::string>, Asked> questions;
  for (const auto& [run, side] : {std::pair(&then, &Asked::then), std::pair(&now, &Asked::now)}) {
    for (const Reading& reading : run->readings) {
      Asked& asked = questions[{source_of(reading), reading.question}];
      asked.source = source_of(reading);
      asked.shown = reading.action + (reading.target.empty() ? "" : " (" + reading.target + ")");
      (asked.*side).push_back(reading.failure.empty() ? reading.answer : "failed: " + reading.failure);
    }
  }
  return questions;
}

/// A failure that was followed by an answer to the same question is over.
void settle(std::vector<std::string>& answers) {
  const auto failed = [](const std::string& answer) { return answer.starts_with("failed: "); };
  if (!std::all_of(answers.begin(), answers.end(), failed))
    answers.erase(std::remove_if(answers.begin(), answers.end(), failed), answers.end());
  std::sort(answers.begin(), answers.end());
}

void compare_answers(const PlannedRun& then, const PlannedRun& now, std::vector<std::string>& sentences,
                     const std::set<Source>& explained) {
  for (auto& [question, asked] : questions_of(then, now)) {
    settle(asked.then);
    settle(asked.now);
    if (asked.then == asked.now || explained.count(asked.source) > 0) continue;
    if (asked.then.empty()) {
      sentences.push_back(asked.shown + " is asked now, and was not asked for the plan");
    } else if (asked.now.empty()) {
      sentences.push_back(asked.shown + " was asked for the plan, and is not asked any more");
    } else {
      sentences.push_back("the answer of " + asked.shown + " is different");
    }
  }
}

/// What makes two changes the same, whatever step they come from.
std::string key_of(const Change& change) {
  return encode_json(Value::object({{"action", change.action},
                                    {"effect", name_of(change.effect)},
                                    {"target", change.target},
                                    {"method", change.method},
                                    {"url", change.method.empty() ? Value() : change.url},
                                    {"body", change.body}}));
}

void compare_changes(const PlannedRun& then, const PlannedRun& now, std::vector<std::string>& sentences) {
  std::multimap<std::string, const Change*> before;
  for (const Change& change : then.changes) before.emplace(key_of(change), &change);
  for (const Change& change : now.changes) {
    const auto same = before.find(key_of(change));
    if (same != before.end()) {
      before.erase(same);
    } else {
      sentences.push_back("would be made now, and is not in the plan: " + change.summary);
    }
  }
  for (const auto& [key, change] : before)
    sentences.push_back("is in the plan, and would not be made now: " + change->summary);
}

}  // namespace

std::vector<std::string> drift(const PlannedRun& then, const PlannedRun& now) {
  std::vector<std::string> sentences;
  std::set<Source> explained;
  compare_things(then, now, sentences, explained);
  compare_answers(then, now, sentences, explained);
  compare_changes(then, now, sentences);
  return sentences;
}

}  // namespace millrace
