#pragma once

#include <string_view>

#include "base/result.hpp"
#include "lsp/documents.hpp"
#include "lsp/project_view.hpp"
#include "lsp/text_lines.hpp"
#include "value/value.hpp"

namespace millrace::lsp {

constexpr int request_failed = -32803;

/// A request about a text that is open: from the protocol's objects to one of the functions of this room, and back.
struct Request {
  std::string_view method;
  /// `documents` are those among which `document` is, with what else is open.
  Result<Value> (*answer)(const Value& params, const Document& document, const ProjectView& view,
                          const Documents& documents);
};
const Request* find_request(std::string_view method);

/// What the server says that it can do.
Value capabilities(Units units);

}  // namespace millrace::lsp
