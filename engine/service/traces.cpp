#include "service/traces.hpp"

#include <algorithm>
#include <optional>
#include <system_error>

#include "base/url.hpp"
#include "catalog/inverse.hpp"
#include "catalog/kind.hpp"
#include "gate/gate.hpp"
#include "value/list_of.hpp"
#include "value/time.hpp"
#include "workflow/connections.hpp"
#include "workflow/file_pattern.hpp"

namespace millrace {

namespace {

namespace fs = std::filesystem;

/// Lists of a far side may show a change only some time after it was made.
constexpr Duration lists_lag = std::chrono::minutes(1);

/// The file as somebody sees it who looks where the parts say: they may lead there through linked folders. Empty where
/// they do not lead there.
std::string seen_through(const FilePattern::Parts& parts, const fs::path& folder, const fs::path& file) {
  fs::path fixed;
  for (std::size_t i = 0; i + 1 < parts.size() && parts[i].find_first_of("*?[") == std::string::npos; ++i)
    fixed /= parts[i];
  std::error_code failed;
  const fs::path meant = fs::weakly_canonical(folder / fixed, failed);
  if (failed) return {};
  const fs::path written = fs::weakly_canonical(folder / file, failed);
  if (failed) return {};
  const fs::path below = written.lexically_relative(meant);
  return below.empty() || *below.begin() == ".." ? "" : (fixed / below).generic_string();
}

/// The file by the name that the trigger sees it by; empty where it does not watch it.
std::string watched_name(const TriggerSpec& spec, const std::string& target, const fs::path& folder) {
  const auto pattern = FilePattern::parse(spec.name);
  if (!pattern || !target.starts_with(file_target)) return {};
  const fs::path file = (fs::path(output_folder) / target.substr(file_target.size())).lexically_normal();
  if (pattern->matches(file.generic_string())) return file.generic_string();
  for (const FilePattern::Parts& parts : pattern->choices()) {
    std::string seen = seen_through(parts, folder, file);
    if (!seen.empty() && pattern->matches(seen)) return seen;
  }
  return {};
}

std::optional<Url> without_query(const std::string& text) {
  const auto url = parse_url(text);
  if (!url) return std::nullopt;
  Url bare = *url;
  bare.rest = std::string(url->path());
  return bare;
}

/// Of actions that are told an address: whether that of the change and that of the watch have nothing to do with each
/// other. An address that is not known here may be any.
bool is_elsewhere(const TriggerSpec& spec, const Action& watched, const Value& change, const WroteWhere& where) {
  if (!watched.request || watched.request->url_input.empty()) return false;
  const Value* request = change.find("request");
  std::string looked_at = spec.with.text_or(watched.request->url_input);
  if (!is_absolute_url(looked_at)) {
    const auto connection = connection_of(watched, spec.connection, where.project, where.catalog);
    if (!connection || *connection == nullptr) return false;
    looked_at = (*connection)->base_url + looked_at;
  }
  const auto here = without_query(looked_at);
  const auto there = without_query(request != nullptr ? request->text_or("url") : "");
  return here && there && !lies_below(*here, *there) && !lies_below(*there, *here);
}

/// What the change names the thing; empty where the listener does not watch it.
std::string subject_for(const TriggerSpec& spec, const Value& change, const WroteWhere& where) {
  const std::string target = change.text_or("target");
  if (spec.kind == "file") return watched_name(spec, target, where.folder);
  const Action* watched = where.catalog.find_action(spec.name);
  const Action* done = where.catalog.find_action(change.text_or("action"));
  if (watched == nullptr || done == nullptr || kind_touched(*done).empty()) return {};
  const bool same = same_kind(kind_touched(*watched), kind_touched(*done));
  return same && !is_elsewhere(spec, *watched, change, where) ? target : "";
}

/// The key that the watch would give to what was changed, by the answer: the thing that it holds, or it is itself, or
/// is wrapped in it. Empty where it does not say.
std::string key_in(const Value& answer, const TriggerSpec& spec, const Action& done) {
  const bool wrapped = done.request && done.request->whole_response;
  const Value* thing = thing_in(done, answer);
  if (thing == nullptr) thing = wrapped ? answer.find("body") : &answer;
  if (thing == nullptr || !thing->is_map()) return {};
  if (const auto key = watched_key(spec, *thing)) return *key;
  for (const auto& [name, member] : thing->map()) {
    const auto key = member.is_map() ? watched_key(spec, member) : Result<std::string>(Error{});
    if (key) return *key;
  }
  return {};
}

/// Whether what the change names is this, or several of which this is one: "contact:main/a", "contacts:main/a,b".
bool names(std::string_view subject, std::string_view key) {
  constexpr std::string_view around = "/:,[]\"?& ";
  for (std::size_t at = subject.find(key); at != std::string_view::npos; at = subject.find(key, at + 1)) {
    const std::size_t end = at + key.size();
    const bool begins = at == 0 || around.find(subject[at - 1]) != std::string_view::npos;
    if (begins && (end == subject.size() || around.find(subject[end]) != std::string_view::npos)) return true;
  }
  return false;
}

/// Whether the change names the thing so, whatever is in the name.
bool ends_with_name(std::string_view subject, std::string_view name) {
  if (name.empty() || !subject.ends_with(name)) return false;
  const std::size_t before = subject.size() - name.size();
  return before > 0 && (subject[before - 1] == '/' || subject[before - 1] == ':');
}

}  // namespace

std::vector<StateChange> traces_of(const Wrote& wrote, const Sources& sources, const WroteWhere& where) {
  std::vector<StateChange> traces;
  const Value value = Value::object({{"chain", list_of(wrote.chain)}, {"at", wrote.at.seconds}});
  const Action* done = where.catalog.find_action(wrote.change.text_or("action"));
  for (const Listener& listener : sources.polls()) {
    const TriggerSpec& spec = listener.spec();
    const std::string subject = subject_for(spec, wrote.change, where);
    if (subject.empty()) continue;
    const std::string owner = "trigger:" + listener.name();
    traces.push_back({owner, std::string(trace_prefix) + subject, value});
    if (spec.kind == "file" || wrote.answer == nullptr) continue;
    const std::string key = key_in(*wrote.answer, spec, *done);
    if (!key.empty() && key != subject) traces.push_back({owner, std::string(trace_prefix) + key, value});
  }
  return traces;
}

bool led_to(const std::string& trace, const WatchedChange& change) {
  const std::string_view subject = std::string_view(trace).substr(trace_prefix.size());
  if (subject == change.key) return true;
  const std::size_t kind_ends = subject.find(':');
  if (kind_ends == std::string_view::npos) return false;
  if (names(subject.substr(kind_ends + 1), change.key)) return true;
  const Value* item = change.event.find("item");
  if (item == nullptr || !item->is_map()) return false;
  const Map& members = item->map();
  return std::any_of(members.begin(), members.end(), [&](const auto& member) {
    return member.second.is_text() && ends_with_name(subject, member.second.text());
  });
}

std::vector<std::string> chain_of(const Traces& traces, const WatchedChange& change) {
  std::vector<std::string> longest;
  for (const auto& [trace, value] : traces) {
    if (!led_to(trace, change)) continue;
    std::vector<std::string> chain = texts_of(value.find("chain"));
    if (chain.size() > longest.size()) longest = std::move(chain);
  }
  return longest;
}

bool is_past(const Value& trace, Duration interval, Timestamp now) {
  const Value* at = trace.find("at");
  if (at == nullptr || !at->is(Kind::integer)) return true;
  const auto until = add(Timestamp{at->integer(), 0}, std::max<Duration>(2 * interval, lists_lag));
  return !until || *until < now;
}

}  // namespace millrace
