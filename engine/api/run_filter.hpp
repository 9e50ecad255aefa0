#pragma once

#include "api/routes.hpp"
#include "base/result.hpp"
#include "journal/history.hpp"

namespace millrace {

/// The names that people and programs have for them. `not_found`: the text is none.
Result<RunKey> run_key_named(const std::string& text);
Result<EventKey> event_key_named(const std::string& text);

/// A whole number in that range, or `unsaid`.
Result<int> number_in(const Asked& asked, std::string_view name, int unsaid, int least, int most);
/// `limit`, 50 unless said.
Result<int> limit_in(const Asked& asked);

/// A time that the query names, as since_named reads it; nothing where it does not.
Result<std::optional<Timestamp>> time_in(const Asked& asked, std::string_view name, Timestamp now);

/// What the query asks of runs. `invalid` and `not_found` say what cannot be read.
Result<RunFilter> filter_of(const Asked& asked, Timestamp now);

/// Its names, for the reference.
inline constexpr std::string_view filter_words =
    "`workflow`; `outcome`, such as `failed`; `mode`, `live` or `dry_run`; `location`; `trigger`, such as `schedule`; "
    "`from` and `to`, times or how long ago (`2h`): when they were made; `since`: those that have not ended before; "
    "`q`, "
    "a part of the note; `event`, which started them";

}  // namespace millrace
