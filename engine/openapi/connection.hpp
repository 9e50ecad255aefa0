#pragma once

#include "openapi/import.hpp"

namespace millrace {

/// How connections of the plugin authenticate, as a manifest has it; base_url and auth of `import` are what
/// millrace.yaml shall say, and what cannot be said is told.
Value write_connection(Documents& documents, const std::string& plugin, Import& import);

}  // namespace millrace
