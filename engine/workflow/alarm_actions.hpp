#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "expr/type.hpp"
#include "workflow/load.hpp"

namespace millrace {

/// The entries of `alarms:` in millrace.yaml are the steps of one more workflow, of which each telling is a run: so
/// they are checked, kept, tried again and looked up like all others. No file's workflow is called like it.
inline const std::string alarms_workflow = "alarms@millrace.yaml";

/// Reads them from the text of millrace.yaml. What an entry does not say, the alarm does: `text` and `subject` are its
/// own, it goes on where one fails, and tries for an hour and more, even where the first may have arrived.
LoadedWorkflow load_alarm_actions(std::shared_ptr<const SourceText> text, const Catalog& catalog);

/// Those of the project, checked like steps. Without a file or an entry there is no workflow, and nothing is found.
LoadedWorkflow load_and_check_alarm_actions(const std::filesystem::path& project_folder, const Catalog& catalog,
                                            const Project* project);

/// The same of a text that need not be in its file.
LoadedWorkflow load_and_check_alarm_actions(std::shared_ptr<const SourceText> text, const Catalog& catalog,
                                            const Project* project);

/// What its expressions see as `event`.
Type alarm_event_type();

/// The connections through which alarms leave: what is wrong with them cannot be told through them.
std::set<std::string> connections_of_alarms(const Workflow& alarms, const Project& project, const Catalog& catalog);

}  // namespace millrace
