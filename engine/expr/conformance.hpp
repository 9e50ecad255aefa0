#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// Answers one line of the protocol by which CEL implementations are compared: a request such as
/// `{"id": 7, "expr": "x + 1", "bindings": {"x": {"int": "41"}}, "container": ""}` gives
/// `{"id":7,"value":{"int":"42"}}` or
/// `{"id":7,"error":"..."}`. Values carry their type as a tag. The answer has no line break.
/// It keeps to the specification, also where workflows go beyond it.
std::string answer_conformance_line(std::string_view request_json_line);

}  // namespace millrace
