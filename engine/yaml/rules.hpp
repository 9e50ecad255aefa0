#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace millrace {

/// What can be wrong in a file. Each has its entry in `rules()`, which is also its documentation.
enum class Rule : std::uint8_t {
  unreadable_file,
  file_too_large,
  not_text,
  empty_file,
  not_a_mapping,
  yaml_syntax,
  tab_indentation,
  wrong_indentation,
  missing_blank,
  too_deep,
  anchor_or_alias,
  yaml_tag,
  merge_key,
  duplicate_key,
  second_document,
  bare_braces,
  forgotten_braces,
  unclosed_hole,
  text_cut,
  unquoted_text,
  printed_quotes,
  missing_key,
  unknown_key,
  wrong_value,
  one_block,
  lone_item,
  spelled_truth,
  mixed_expression,
  expression_syntax,
  half_comparison,
  unknown_name,
  not_yet_run,
  out_of_reach,
  wrong_type,
  unfit_condition,
  unknown_shape,
  whole_division,
  overwritten_file,
  unknown_action,
  unknown_trigger,
  broken_plugin,
  untrusted_plugin,
  other_than_locked,
  unknown_connection,
  missing_connection,
  unclear_connection,
  refused_host,
  not_permitted,
  unknown_kind,
  widened,
  unknown_location,
  missing_location,
  reserved_id,
  bad_id,
  duplicate_id,
  wrong_schedule,
  wrong_pattern,
  wrong_path,
  unknown_zone,
  missing_verify,
  plain_secret,
  unread_secret,
  missing_secret,
  missing_dedupe,
  unreachable_case,
  unknown_workflow,
  taken_id,
  starts_itself,
  unknown_matcher,
};

struct RuleEntry {
  /// What the two examples are.
  enum class Example : std::uint8_t {
    step,  ///< steps of a workflow
    top,   ///< keys of a workflow, behind its version
    file,  ///< a whole workflow
    told,  ///< told in words: more than the text of a workflow takes part in it
  };
  Rule rule;
  std::string_view name;      ///< kebab-case: it stands in brackets behind each message and never changes
  std::string_view sentence;  ///< for people
  Example example;
  std::string_view wrong, right;  ///< lines that break the rule, and what stands in their place
  std::string_view why;           ///< the rule is there, in a sentence or two
};

/// Every rule, in the order of the enumeration.
std::span<const RuleEntry> rules() noexcept;
std::string name_of(Rule rule);
/// The rule of that name, or nullptr.
const RuleEntry* find_rule(std::string_view name) noexcept;

/// A finding of severity error; the other severities are set by who needs them.
Finding finding(Rule rule, SourceMark at, std::string message, std::string suggestion = "");

/// True when something among them forbids running the workflow.
bool has_errors(const std::vector<Finding>& findings) noexcept;

}  // namespace millrace
