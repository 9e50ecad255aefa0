#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "journal/database.hpp"
#include "journal/history.hpp"
#include "journal/journal.hpp"

namespace millrace {

// Rows as what they stand for. The same for the service's journal and for whoever looks back.

std::int64_t nanoseconds(Timestamp time) noexcept;
Timestamp moment(std::int64_t nanoseconds) noexcept;

Result<StoredRun> select_run(Database& database, RunKey key);

Result<std::string> select_version(Database& database, const std::string& workflow, const std::string& hash);
/// Newest first: by their last runs; one that never ran by when it was kept.
Result<std::vector<VersionHead>> select_versions(Database& database, const std::string& workflow);
Result<EventRecord> select_event(Database& database, EventKey key);
Result<std::vector<RunHead>> select_unfinished(Database& database);
Result<std::vector<UnfinishedEvent>> select_unfinished_events(Database& database);
Result<std::vector<RunHead>> select_runs(Database& database, const RunFilter& filter);
Result<std::vector<OutcomeCount>> select_counts(Database& database, const RunFilter& filter);
Result<std::map<std::string, LastOutcomes>> select_last_outcomes(Database& database,
                                                                 const std::vector<std::string>& workflows, int limit);
Result<std::vector<EventHead>> select_events(Database& database, const std::string& source, int limit,
                                             std::optional<EventKey> before);
Result<std::vector<AuditEntry>> select_audit(Database& database, const std::string& about, int limit,
                                             std::int64_t before);
/// The runs that an event started, in the order of their making.
std::vector<RunKey> select_runs_of(Database& database, EventKey event);

}  // namespace millrace
