#include "gate/change.hpp"

#include <cmath>
#include <cstdio>
#include <utility>

#include "base/text.hpp"
#include "catalog/request.hpp"
#include "gate/redacted.hpp"

namespace millrace {

namespace {

std::string as_words(const Value& filled) { return filled.is_unknown() ? filled.unknown_what() : filled.text(); }

std::string percent_text(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", std::round(percent * 10) / 10);
  return text;
}

/// "location_tag" as people write it.
std::string words_of(std::string kind) {
  for (char& c : kind) c = c == '_' ? ' ' : c;
  return kind;
}

}  // namespace

std::string kind_touched(const Action& action) {
  if (action.resource) return action.resource->kind;
  const std::size_t colon = action.target.find(':');
  return colon == std::string::npos ? "" : action.target.substr(0, colon);
}

Change change_of(const Shipment& shipment, const Secrets& secrets) {
  const Action& action = *shipment.action;
  Change change;
  change.step = shipment.site.step;
  change.action = action.name;
  change.effect = shipment.effect;
  change.summary = action.change.empty() ? action.summary : as_words(fill(action.change, shipment.input));
  change.target = action.target.empty() ? shipment.to.shown_url : fill(action.target, shipment.input);
  change.method = shipment.parts.method;
  change.url = shipment.to.shown_url;
  change.body = shipment.parts.body;
  return redacted(secrets, std::move(change));
}

Change change_of_file(const Action& action, const CallSite& site, const std::string& name,
                      const std::string& shown_path, const Secrets& secrets) {
  Change change;
  change.step = site.step;
  change.action = action.name;
  change.effect = writes(action.effect) ? action.effect : Effect::create;
  // Not its size: what a plan writes may hold values that are not known yet.
  change.summary = "write file " + name;
  change.target = "file:" + name;
  change.url = shown_path;
  return redacted(secrets, std::move(change));
}

std::optional<Error> Safety::count(const Change& change, const std::string& kind, const GateRecord& record) {
  ++changes_;
  std::optional<Error> passes;
  if (max_changes_ && changes_ > *max_changes_) {
    passes = Error{ErrorCode::limited, "safety: " + change.summary + " would be change " + std::to_string(changes_) +
                                           " of this run, and max_changes is " + std::to_string(*max_changes_)};
  } else if (max_percent_ && !change.method.empty()) {
    passes = passes_percent(change, kind, record);
  }
  if (passes && !passed_) passed_ = passes;
  return passes ? passes : passed_;
}

std::optional<Error> Safety::passes_percent(const Change& change, const std::string& kind, const GateRecord& record) {
  const std::string limit = "max_percent is " + percent_text(*max_percent_);
  const auto read = record.seen.find(kind);
  if (read == record.seen.end() || read->second.empty()) {
    const std::string things = kind.empty() ? "of what it touches" : "of kind \"" + words_of(kind) + "\"";
    return Error{ErrorCode::limited, "safety: " + change.summary + " cannot be weighed, because nothing " + things +
                                         " was read before in this run, and " + limit +
                                         ": read them first, or leave max_percent out"};
  }
  auto& touched = touched_[kind];
  // Two unknown targets are two things, even if they are called alike.
  touched.insert(change.target.is_text() ? change.target.text() : "?" + std::to_string(changes_));
  const double percent = 100.0 * static_cast<double>(touched.size()) / static_cast<double>(read->second.size());
  if (percent <= *max_percent_) return std::nullopt;
  return Error{ErrorCode::limited, "safety: " + change.summary + " would be change " + std::to_string(touched.size()) +
                                       " to the " + std::to_string(read->second.size()) + " read of kind \"" +
                                       words_of(kind) + "\" (" + percent_text(percent) + " percent), and " + limit};
}

}  // namespace millrace
