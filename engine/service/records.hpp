#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/engine_states.hpp"
#include "journal/journal.hpp"
#include "value/value.hpp"

namespace millrace {

// What the service leaves in the store beside runs and events (journal/engine_states.hpp), so that people can be told
// afterwards why nothing happened.

StateChange service_runs(Timestamp since, std::int64_t pid);
StateChange service_stopped(Timestamp since, Timestamp stopped);
/// Slots that a schedule missed while the engine was down, and left out as `policy` says; the newest 20 are kept.
StateChange skipped_slots(const std::string& workflow, const std::vector<Timestamp>& slots, const std::string& policy,
                          Timestamp now);
/// `reason` empty: it is back.
StateChange connection_down(const std::string& connection, const std::string& reason, Timestamp since);

/// `hash` empty: its file is gone.
StateChange last_good_version(const std::string& workflow, const std::string& hash);

/// The deliveries of a source ("hook:survey") that are events of one trigger there, as the store names them; and back.
/// Both may have blanks.
std::string of_trigger(const std::string& source, const std::string& trigger);
std::pair<std::string, std::string> source_and_trigger(const std::string& name);
/// `over`: a good one has come.
StateChange faulty_delivery(const std::string& name, const std::string& reason, bool over);
StateChange faulty_deliveries_over(const std::string& name);

/// Whether what came had what a trigger needs to start something: what its events must have (then `trigger` is
/// kind_of_events), or what its condition reads (Listener::name).
struct Lack {
  std::string source, trigger;
  std::string reason;  ///< what it lacked; empty: nothing
};

/// How often something happened, and the last time of it.
struct Tally {
  std::int64_t count = 0;
  std::string reason;  ///< for people
  Timestamp at;
};
StateChange tally_kept(std::string key, const Tally& tally);
std::optional<Tally> tally_in(const Value& stored);

/// Since when a workflow may run by itself: silence is counted from there. `since` empty: it may not.
StateChange watched_since(const std::string& workflow, const std::optional<Timestamp>& since);
StateChange all_resumed(Timestamp since);
std::optional<Timestamp> since_in(const Value& stored);

/// Whether a run ended so because it did not take place: by a pause, for example.
inline bool left_out(RunOutcome outcome, const std::string& note) {
  return outcome == RunOutcome::skipped && !note.empty();
}
/// Whether a run that takes place only goes through the motions.
inline bool is_dry(const RunHead& head) { return !head.live && !left_out(head.outcome, head.note); }

/// For the entry that ends a run in the foreground: adds what a service wants to know of it.
void note_foreground_end(Entry& ending);
std::optional<Timestamp> success_in(const Value& stored);

/// What needs somebody: alarms that are on.
struct Alarm {
  std::string about;    ///< "connection highlevel", "workflow prune", "store"
  std::string message;  ///< one sentence
  Timestamp since;
};
StateChange alarm_raised(const Alarm& alarm);
StateChange alarm_over(const std::string& about);
std::string about_in(const StateChange& alarm);
/// Those that `Journal::list_states` gives for `alarm_prefix`.
std::vector<Alarm> alarms_in(const std::vector<std::pair<std::string, Value>>& stored);

/// The alarm about a connection that is down, or whose far side wants no requests for long.
inline constexpr const char* connection_kind = "connection";

/// What is wrong now: `problem` empty where nothing is any more. Writes only what is news.
Task<Status> keep_alarm(Journal& journal, std::string about, std::string problem, Timestamp now);

/// The alarm about what a far side said of a connection's token.
inline constexpr const char* token_kind = "token";
std::string token_alarm(const std::string& connection);

/// The alarm about the list of revocations that somebody else keeps.
inline constexpr const char* revocations_kind = "revocations";
inline constexpr const char* revocations_alarm = "revocations of plugins";

/// The alarm about files that do not take how far the audit has come.
inline constexpr const char* audit_kind = "audit";
inline constexpr const char* audit_heads_alarm = "audit heads";

/// The alarm about a run that the engine parked, because it dies of it or cannot read it. `message` empty: somebody has
/// decided on the run.
inline constexpr const char* run_kind = "run";
StateChange run_in_trouble(RunKey run, const std::string& message, Timestamp now);

/// The service as the store remembers it.
struct ServiceRecord {
  Timestamp since;
  std::int64_t pid = 0;
  std::optional<Timestamp> stopped;
};
std::optional<ServiceRecord> service_record(const Value& stored);
bool process_is_alive(std::int64_t pid) noexcept;

struct SkippedSlots {
  std::vector<Timestamp> slots;  ///< oldest first
  std::int64_t count = 0;
  std::string policy;
  Timestamp at;
};
std::optional<SkippedSlots> skipped_record(const Value& stored);

}  // namespace millrace
