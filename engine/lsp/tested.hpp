#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lsp/place.hpp"
#include "lsp/project_view.hpp"
#include "lsp/text_lines.hpp"

namespace millrace::lsp {

// What a file of tests says of the workflow that it tests.

/// The workflow as it is on the disk: nullptr where there is none, or none that can be read.
const Workflow* tested_workflow(const Place& place, const ProjectView& view);

/// The action that a test calls so: by its full name, or by the id of a step.
const Action* action_named(const Place& place, const std::string& name, const ProjectView& view);

/// The step that is named at the place: by a key in `answers`, `steps` or `approve`. Nullptr: there is none.
const Step* step_named_at(const Place& place, const ProjectView& view);

/// Where a file of tests names this step of this workflow, in the order of the text. Empty where it tests another.
std::vector<Range> step_in_tests(const SourceText& tests, std::string_view workflow, std::string_view step);

/// What is said of a step or action that stands there, as Markdown; empty where there is none.
std::string about_test_name(const Place& place, const ProjectView& view);

}  // namespace millrace::lsp
