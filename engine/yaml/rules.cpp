#include "yaml/rules.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {

constexpr RuleEntry entries[] = {
    {Rule::unreadable_file, "unreadable-file", "The file is not there, is a folder, or may not be read."},
    {Rule::file_too_large, "file-too-large", "A file of a project holds at most 256 KiB."},
    {Rule::not_text, "not-text", "A file of a project is UTF-8 text without control characters."},
    {Rule::empty_file, "empty-file", "The file holds nothing but blanks and comments."},
    {Rule::not_a_mapping, "not-a-mapping", "A file begins with keys and their values, such as \"version: 1\"."},
    {Rule::yaml_syntax, "yaml-syntax", "The text is not YAML."},
    {Rule::tab_indentation, "tab-indentation", "YAML is indented with blanks, never with tabs."},
    {Rule::wrong_indentation, "wrong-indentation", "A line stands neither inside nor beside what is above it."},
    {Rule::missing_blank, "missing-blank", "A key's colon is followed by a blank."},
    {Rule::too_deep, "too-deep", "Lists and mappings stand at most 40 deep inside each other."},
    {Rule::anchor_or_alias, "anchor-or-alias", "Anchors (&name) and aliases (*name) are not part of the format."},
    {Rule::yaml_tag, "yaml-tag", "Tags (!name) are not part of the format: a field's type comes from its schema."},
    {Rule::merge_key, "merge-key", "Merge keys (<<) are not part of the format."},
    {Rule::duplicate_key, "duplicate-key", "A key stands once in its mapping."},
    {Rule::second_document, "second-document", "A file holds one document."},
    {Rule::bare_braces, "bare-braces",
     "An expression inside text is written ${{ }}, with a dollar sign and two braces."},
    {Rule::forgotten_braces, "forgotten-braces",
     "Text that reads as an expression over known names stands in ${{ }}, or in quotes where it is meant as text."},
    {Rule::unclosed_hole, "unclosed-hole", "Each ${{ has its }}."},
    {Rule::text_cut, "text-cut", "Text that is not quoted ends at a blank and \"#\", because a comment begins there."},
    {Rule::unquoted_text, "unquoted-text",
     "Text with a colon and a blank in it is understood here, but other YAML tools want quotes."},
    {Rule::missing_key, "missing-key", "Something that must be said is not said."},
    {Rule::unknown_key, "unknown-key", "Only keys that the format or the action knows may stand there."},
    {Rule::wrong_value, "wrong-value", "A value has another type, or is not one of those that are allowed."},
    {Rule::one_block, "one-block", "A step does exactly one thing: one action or one block."},
    {Rule::lone_item, "lone-item", "An action's list is written as a list, also when it has one item."},
    {Rule::spelled_truth, "spelled-truth", "Truth is written true or false."},
    {Rule::mixed_expression, "mixed-expression",
     "A field that is not text is one expression, with nothing around ${{ }}."},
    {Rule::expression_syntax, "expression-syntax", "The expression cannot be read."},
    {Rule::half_comparison, "half-comparison", "A comparison has something on both sides."},
    {Rule::unknown_name, "unknown-name", "An expression uses a name, a member or a function that does not exist."},
    {Rule::not_yet_run, "not-yet-run", "An expression uses the result of a step that runs later."},
    {Rule::out_of_reach, "out-of-reach", "An expression uses the result of a step inside another block."},
    {Rule::wrong_type, "wrong-type", "An expression gives, or works on, values of a type that does not fit."},
    {Rule::unfit_condition, "unfit-condition", "A condition is true or false."},
    {Rule::whole_division, "whole-division",
     "A whole number divided by a whole number is cut to one, which rates and shares do not expect."},
    {Rule::overwritten_file, "overwritten-file",
     "A run does not write a file twice, unless the step says overwrite: true."},
    {Rule::unknown_action, "unknown-action", "No installed plugin offers an action of that name."},
    {Rule::unknown_trigger, "unknown-trigger", "No installed plugin offers a trigger of that name."},
    {Rule::broken_plugin, "broken-plugin", "The action or trigger belongs to a plugin that could not be loaded."},
    {Rule::untrusted_plugin, "untrusted-plugin",
     "The library of a plugin that did not come with Millrace is used only where trust: names it and its manifest."},
    {Rule::other_than_locked, "other-than-locked",
     "What lies in plugins/ is what somebody agreed to, as plugins/lock.yaml has it."},
    {Rule::unknown_connection, "unknown-connection",
     "millrace.yaml has no connection of that name, or it does not fit the action."},
    {Rule::missing_connection, "missing-connection", "An action needs a connection that millrace.yaml does not have."},
    {Rule::unclear_connection, "unclear-connection",
     "Several connections fit an action and it does not say which it means."},
    {Rule::refused_host, "refused-host",
     "A plugin names hosts at which its writes would not do what they say; none goes there."},
    {Rule::not_permitted, "not-permitted",
     "A step touches only what permissions: allows, those of the file and those of millrace.yaml."},
    {Rule::unknown_kind, "unknown-kind", "permissions: names kinds of things that an installed plugin touches."},
    {Rule::widened, "widened", "The file may touch more than the version of it that ran last."},
    {Rule::unknown_location, "unknown-location", "A workflow names a location that its connection does not have."},
    {Rule::missing_location, "missing-location", "An action belongs to a location and nothing says to which."},
    {Rule::reserved_id, "reserved-id", "Names that expressions need for themselves cannot be ids."},
    {Rule::bad_id, "bad-id", "An id is made of letters, digits and _, and begins with a letter."},
    {Rule::duplicate_id, "duplicate-id", "An id stands for one step of a workflow."},
    {Rule::wrong_schedule, "wrong-schedule",
     "A schedule is a sentence such as \"every monday at 09:00\", or five fields of cron."},
    {Rule::wrong_pattern, "wrong-pattern",
     "A file trigger names files below the project's folder, such as inbox/*.csv."},
    {Rule::unknown_zone, "unknown-zone", "Time zones have the names of the IANA list, such as Europe/London."},
    {Rule::missing_verify, "missing-verify", "A webhook says how its senders are verified."},
    {Rule::plain_secret, "plain-secret", "Secrets are named in files (secret:name), never written into them."},
    {Rule::unread_secret, "unread-secret",
     "Where secret:name is not read it would be sent as these words: a connection's auth holds secrets."},
    {Rule::missing_secret, "missing-secret", "The secret that proves a trigger's senders has no value here."},
    {Rule::missing_dedupe, "missing-dedupe",
     "Where neither an id nor a time is proved, the trigger says what tells a repeated delivery from a new one."},
    {Rule::unreachable_case, "unreachable-case", "A case that an earlier case has taken already never runs."},
    {Rule::unknown_workflow, "unknown-workflow", "A called workflow is another one of the same project."},
    {Rule::starts_itself, "starts-itself",
     "A workflow does not start itself, be it through others, through files or through its own hooks."},
};

}  // namespace

std::span<const RuleEntry> rules() noexcept { return entries; }

std::string name_of(Rule rule) {
  for (const RuleEntry& entry : rules()) {
    if (entry.rule == rule) return std::string(entry.name);
  }
  return {};
}

Finding finding(Rule rule, SourceMark at, std::string message, std::string suggestion) {
  Finding found = {Severity::error, name_of(rule), std::move(message), std::move(at), std::nullopt};
  if (!suggestion.empty()) found.suggestion = std::move(suggestion);
  return found;
}

bool has_errors(const std::vector<Finding>& findings) noexcept {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& one) { return one.severity == Severity::error; });
}

}  // namespace millrace
