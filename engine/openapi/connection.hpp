#pragma once

#include "openapi/import.hpp"

namespace millrace {

/// The one way to show who asks that a connection has.
struct Security {
  std::string name;  ///< among the document's securitySchemes; empty where it has none
  Spot scheme;
  Spot together;  ///< where operations want it and others at once; nothing where they do not
};

/// The way that most operations name first, or that the document as a whole does. What is wrong is told.
Security find_security(Documents& documents);

/// How connections of the plugin authenticate, as a manifest has it; base_url and auth of `import` are what
/// millrace.yaml shall say, and what cannot be said is told.
Value write_connection(Documents& documents, const Security& security, const std::string& plugin, Import& import);

/// A server's address with the default values of its variables.
std::string server_address(const Spot& server);

}  // namespace millrace
