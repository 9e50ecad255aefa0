#pragma once

#include <string>
#include <string_view>

#include "lsp/place.hpp"
#include "lsp/project_view.hpp"

namespace millrace::lsp {

// What a file of tests says of the workflow that it tests.

/// The workflow as it is on the disk: nullptr where there is none, or none that can be read.
const Workflow* tested_workflow(const Place& place, const ProjectView& view);

/// The action that a test calls so: by its full name, or by the id of a step.
const Action* action_named(const Place& place, const std::string& name, const ProjectView& view);

/// The step that is named at the place: by a key in `answers`, `steps` or `approve`. Nullptr: there is none.
const Step* step_named_at(const Place& place, const ProjectView& view);

/// What is said of a step or action that stands there, as Markdown; empty where there is none.
std::string about_test_name(const Place& place, const ProjectView& view);

}  // namespace millrace::lsp
