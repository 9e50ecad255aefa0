#pragma once

#include <string>

namespace millrace {

// What the engine keeps for itself among the durable values, all of it under one owner; times are RFC 3339 text.
// Whoever writes or reads one takes its name from here, so that no two mean different things by the same.
//
//     running               {since, pid, stopped}         `stopped` once it was drained
//     clock                 {shown, lasting}              how far what lasts is ahead of the clock
//     skipped/<workflow>    {slots, count, policy, at}    the schedule's slots that were missed and left out last
//     down/<connection>     {since, reason}               while the far side is down
//     paused                {by, since}                   everything
//     paused/<workflow>     {by, since}
//     live/<workflow>       the hash of its last good version
//     faulty/<source> <trigger>   {reason, over}          its last own delivery lacked what it needs
//     lacking/<source> <trigger>  {count, reason, at}     deliveries that lacked what it needs
//     refused/<source>      {count, reason, at}           deliveries that were refused, with the last reason
//     other_body/<source>   {count, reason, at}           those under an id that was known, with another body
//     restored              {since}                       until "resume --all"
//     resumed               {since}                       when everything was resumed last
//     ids_since             text                          since when no id of a delivery was forgotten
//     watched/<workflow>    {since}                       since when it may run: first seen, or resumed
//     succeeded/<workflow>  {at}                          when a run in the foreground was completed last
//     alarm/<about>         {message, since}              while it is on
//     calls/<workflow>/<location>  [{connection, location, reads, writes}]  of its last run, where that is many
//     day/<connection>/<location>  {left, most, ends}     of a day's requests, where that is few
//     told/<about>          {message, since}              what people were told of last about it
//     session/<hash>        {who, roles, begun, seen, key}    of a browser
//     token/<name>          {roles, made, made_by, hash}  of a program
//     user/<name>           {roles, made, made_by, ...}   with what a password is checked by
//     secret_use/<secret> <host>  {since}                 its first use there
//     claim                 number                        of the newest claim of the store

inline const std::string engine_owner = "engine";
inline const std::string running_key = "running", clock_key = "clock", paused_key = "paused", restored_key = "restored",
                         resumed_key = "resumed", ids_since_key = "ids_since", claim_key = "claim";
inline const std::string skipped_prefix = "skipped/", down_prefix = "down/", paused_prefix = "paused/",
                         live_prefix = "live/", faulty_prefix = "faulty/", lacking_prefix = "lacking/",
                         refused_prefix = "refused/", other_body_prefix = "other_body/", watched_prefix = "watched/",
                         succeeded_prefix = "succeeded/", alarm_prefix = "alarm/", told_prefix = "told/",
                         calls_prefix = "calls/", day_prefix = "day/", session_prefix = "session/",
                         token_prefix = "token/", user_prefix = "user/", secret_use_prefix = "secret_use/";

}  // namespace millrace
