#include "yaml/rule_entries.hpp"

namespace millrace {

namespace {

constexpr RuleEntry entries_of_file_rules[] = {
    {Rule::unreadable_file, "unreadable-file", "The file is not there, is a folder, or may not be read.",
     RuleEntry::Example::told, "millrace check workflws/hello.yaml", "millrace check workflows/hello.yaml",
     "Only what is there and may be read can be checked."},
    {Rule::file_too_large, "file-too-large", "A file of a project holds at most 256 KiB.", RuleEntry::Example::told,
     "vars: {addresses: [...]}     # 300 KiB of them",
     "- id: addresses\n  action: files.read\n  with: {file: data/addresses.csv, as: csv}",
     "A workflow is read by people. What is data stands in a file of its own, which files.read reads."},
    {Rule::not_text, "not-text", "A file of a project is UTF-8 text without control characters.",
     RuleEntry::Example::told, "workflows/report.xlsx, renamed to report.yaml", "a file of an editor, saved as UTF-8",
     "A character that nobody sees can change what a file says."},
    {Rule::empty_file, "empty-file", "The file holds nothing but blanks and comments.", RuleEntry::Example::file,
     "# to be written", "version: 1\nactions:\n  - action: log.write\n    with: {text: hello}",
     "An empty file in workflows/ is more often a mishap than a wish."},
    {Rule::not_a_mapping, "not-a-mapping", "A file begins with keys and their values, such as \"version: 1\".",
     RuleEntry::Example::file, "- action: log.write\n  with: {text: hello}",
     "version: 1\nactions:\n  - action: log.write\n    with: {text: hello}",
     "What a list of steps is to be is said by the key above it."},
    {Rule::yaml_syntax, "yaml-syntax", "The text is not YAML.", RuleEntry::Example::step,
     "- action: log.write\n  with: {text: \"hello}", "- action: log.write\n  with: {text: \"hello\"}",
     "A quote or a bracket that is not closed makes the rest of the file a part of it."},
    {Rule::tab_indentation, "tab-indentation", "YAML is indented with blanks, never with tabs.",
     RuleEntry::Example::step, "- action: log.write\n\twith: {text: hello}",
     "- action: log.write\n  with: {text: hello}",
     "How wide a tab is depends on who looks, so nobody can tell what stands inside of what."},
    {Rule::wrong_indentation, "wrong-indentation", "A line stands neither inside nor beside what is above it.",
     RuleEntry::Example::step, "- action: log.write\n with: {text: hello}",
     "- action: log.write\n  with: {text: hello}",
     "Keys of one step begin in one column: that is how it is known that they belong together."},
    {Rule::missing_blank, "missing-blank", "A key's colon is followed by a blank.", RuleEntry::Example::step,
     "- action:log.write\n  with: {text: hello}", "- action: log.write\n  with: {text: hello}",
     "Without the blank it is one word with a colon in it, as in 10:30."},
    {Rule::too_deep, "too-deep", "Lists and mappings stand at most 40 deep inside each other.",
     RuleEntry::Example::told, "with: {data: [[[[[[...]]]]]]}     # 41 of them", "with: {data: [...]}",
     "What stands so deep was made by a program, or is an attempt to tire one."},
    {Rule::anchor_or_alias, "anchor-or-alias", "Anchors (&name) and aliases (*name) are not part of the format.",
     RuleEntry::Example::step, "- action: log.write\n  with: {text: &greeting hello}",
     "- action: log.write\n  with: {text: hello}",
     "What a step does is read where it stands, and not put together out of other places. Words that come twice stand "
     "in vars."},
    {Rule::yaml_tag, "yaml-tag", "Tags (!name) are not part of the format: a field's type comes from its schema.",
     RuleEntry::Example::step, "- action: log.write\n  with: {text: !!str 5}", "- action: log.write\n  with: {text: 5}",
     "A text field takes 5, no and 10:30 as they are written, so nothing has to be said about types."},
    {Rule::merge_key, "merge-key", "Merge keys (<<) are not part of the format.", RuleEntry::Example::top,
     "vars:\n  <<: {name: Ada}", "vars:\n  name: Ada", "What a step does is read where it stands."},
    {Rule::duplicate_key, "duplicate-key", "A key stands once in its mapping.", RuleEntry::Example::step,
     "- action: log.write\n  with:\n    text: hello\n    text: good morning",
     "- action: log.write\n  with:\n    text: good morning", "Most programs take one of the two and say nothing."},
    {Rule::second_document, "second-document", "A file holds one document.", RuleEntry::Example::file,
     "version: 1\nactions:\n  - action: log.write\n    with: {text: hello}\n---\nversion: 1",
     "version: 1\nactions:\n  - action: log.write\n    with: {text: hello}",
     "A workflow is a file, and its id is the name of that file."},
};

}  // namespace

std::span<const RuleEntry> file_rules() noexcept { return entries_of_file_rules; }

}  // namespace millrace
