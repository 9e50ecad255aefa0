#pragma once

#include <string_view>

namespace millrace {

/// The text of schemas/`name`, such as "workflow.schema.json": it is part of the program. Empty where there is none.
std::string_view embedded_schema(std::string_view name);

}  // namespace millrace
