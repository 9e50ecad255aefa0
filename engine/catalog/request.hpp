#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "catalog/catalog.hpp"
#include "value/value.hpp"

namespace millrace {

/// A request before a connection is added. In plans parts of it may be unknown.
struct RequestParts {
  std::string method;
  Value path;  ///< text below the base URL, percent-encoded and with its query; or an absolute URL; or unknown
  std::vector<std::pair<std::string, std::string>> headers;
  Value body;  ///< null for none
};

/// Fills the action's request mapping. REQUIRES: action.request; `input` fits action.input and holds `location_id`
/// where used. Inputs that are not given have the "default" of their schema, where it says one. `now` is the run's
/// time, for a body that says it.
Result<RequestParts> build_request(const Action& action, const Value& input, Timestamp now = {});

/// The input with what its schema says ("default") for members that were not given.
Value with_defaults(const Action& action, const Value& input);

/// Each input under its name, those that are not given being null.
void bind_inputs(Bindings& names, const Action& action, const Value& input);

/// Whether a request of the action with this input is nothing without a signature (RequestMapping::signed_if); false
/// where that is not known yet.
bool needs_signature(const Action& action, const Value& input);

/// What a method says by itself: GET, HEAD and OPTIONS ask and change nothing.
bool reads_by_method(std::string_view method) noexcept;

/// What the action does with this input. Where the manifest lets an input say it, one that names an effect which
/// touches the outside does; else, where the effect follows the method, GET, HEAD and OPTIONS read and DELETE deletes.
/// Otherwise, and where the input is not known yet, it is what the manifest declares. Whatever is said, PUT, PATCH and
/// DELETE do not read.
Effect effect_of(const Action& action, const Value& input);

/// What a request does that is said to have the effect `said`: PUT, PATCH and DELETE write whatever is said.
Effect effect_by(std::string_view method, Effect said) noexcept;

/// Fills the `{name}` places of `pattern` with inputs as text, a list as its items; unknown where one of them is
/// unknown.
Value fill(std::string_view pattern, const Value& input);

}  // namespace millrace
