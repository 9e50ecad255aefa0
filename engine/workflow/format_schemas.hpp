#pragma once

#include <string_view>

#include "schema/schema.hpp"

namespace millrace {

/// schemas/workflow.schema.json without what stands inside steps and triggers: each of those is checked by its own
/// part, so that a message is about the one form that was meant. Read once a process.
const Schema& workflow_format();

/// One definition of it, such as "action_step"; nullptr where there is none.
const Schema* workflow_part(std::string_view definition);

/// schemas/project.schema.json.
const Schema& project_format();

/// This and the one of tests for editors, as `workflow_schema` is.
Value project_schema();
Value test_schema();

/// schemas/plugin_lock.schema.json.
const Schema& plugin_lock_format();

/// schemas/test.schema.json.
const Schema& test_format();

/// A schema that came with the program, as it is.
Value shipped_schema(std::string_view file);

/// The object with this member, in the place of the one of that name.
Value with_entry(const Value& object, std::string_view name, Value value);

inline SchemaView view_of(const Schema& schema) { return {schema.document(), schema.document()}; }

}  // namespace millrace
