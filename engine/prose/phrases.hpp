#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {

/// Every word in which workflows and their differences are told, as one language has it: phrases with named places.
/// `{name}` stands for what is put there, and `{n|one form|another}` for the first form where n is 1. A further
/// language is a further table; the compiler misses what it does not say.
struct Phrases {
  // What stands between parts of a sentence: between all, and before the last.
  std::string_view comma, and_last, or_last;

  // How parts of a sentence are put together.
  std::string_view in_brackets, as_written, labelled, cut;

  // Values.
  std::string_view nothing, yes, no, empty_list, empty_map, the_secret, quoted, hole;
  std::string_view days, hours, minutes, seconds;

  // Where values come from.
  std::string_view it, its, the_item, of_item, the_event, of_event, the_delivery, of_delivery, the_run, of_run, now,
      of_today, the_variables, variable, the_approval, of_approval, a_result, of_result, size_of, days_ago, or_else,
      if_there, today;

  // What conditions say; each with its opposite behind it.
  std::string_view always, never, is, is_not, has_value, has_none, below, at_least, above, at_most, before, not_before,
      after, not_after, among, not_among, is_in, is_not_in, begins, begins_not, ends, ends_not, contains, contains_not,
      matches, matches_not, same_name, same_name_not, there, not_there, holds, holds_not, something_in, nothing_in,
      not_so;

  // Headings.
  std::string_view starts, runs, variables, does, on_failure, always_does, touches, limits;

  // What starts it.
  std::string_view by_hand, no_trigger, by_clock, when_called, when_event, when_changed, when_file, after_completed,
      after_failed, after_any, address, over_connection, only_if, if_missed_skip, if_missed_run_once, if_missed_run_all,
      spread, zone, verify_public, verify_highlevel, verify_by, by_hmac, by_bearer, by_header, by_secret_path,
      by_sender, secret, parse, dedupe_none, dedupe_body, dedupe_by, challenge, challenge_hmac, respond_wait, key;

  // How it runs.
  std::string_view mode_live, mode_dry_run, mode_paused, at_all_locations, at_locations, queued, queued_by,
      skip_if_running, parallel_runs, alert;

  // Its steps.
  std::string_view action, unknown_action, if_block, otherwise, switch_block, when_is, when_one_of, when_holds,
      for_each, at_a_time, repeat, parallel, branch, group, set_variables, set_result, stop, stop_message, wait_for,
      wait_until, approve, expires, notify, call, call_event, named;
  std::string_view only_reads, effect, retry, retry_fixed, timeout, goes_on, if_it_fails, ask_me, try_again,
      check_first;

  // What it may touch, and its limits.
  std::string_view touch, touches_nothing, scopes, secrets, calls, narrowed, not_narrowed, may_most, may_not, others,
      send_any, send_none, hosts, files, connections, any, none, max_changes, max_percent, by_default, stop_if_empty,
      no_limits;

  // What differs between two texts.
  std::string_view is_new, is_gone, is_now, is_now_long, now_instead, variable_named, step_number, step_after_failure,
      step_at_end, new_step, step_moved, step_gone, approval_gone, no_more, nothing_changed, and_then, and_more;

  // What the parts of a condition gave.
  std::string_view part_gave, part_gave_because, part_unseen, part_failed, part_unknown, held_for, part_counts,
      part_unseen_for, part_failed_for;
};

/// Those of the language that is spoken: English, until there is another.
const Phrases& phrases() noexcept;

/// The phrase with its places filled. A place that is not given stays as it is.
std::string fill(std::string_view phrase, std::initializer_list<std::pair<std::string_view, std::string_view>> places);

}  // namespace millrace
