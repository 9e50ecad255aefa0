#pragma once

#include <map>
#include <string>

#include "openapi/inputs.hpp"
#include "openapi/operation.hpp"
#include "openapi/schemas.hpp"
#include "openapi/types.hpp"

namespace millrace {

/// What the parameters of one operation become: inputs, and the places of a manifest's request that they go to.
class ParameterWriter {
 public:
  ParameterWriter(Documents& documents, SchemaBook& book, const Operation& operation, ActionInputs& inputs)
      : documents_(documents), book_(book), operation_(operation), inputs_(inputs) {}

  /// Adds path, query, styles and headers to `request`; what cannot be said and is needed is the error.
  Status write(Map& request);

 private:
  struct Parameter {
    Spot spot;
    std::string name, in;
    bool required = false;
  };
  void collect(const Spot& list);
  bool check(const Parameter& parameter);
  bool is_shown(const Parameter& parameter) const;
  Status add(const Parameter& parameter);
  Status add_query(const Parameter& parameter);
  Status add_header(const Parameter& parameter);
  Status add_path(const Parameter& parameter);
  Status add_cookie(const Parameter& parameter);
  Status leave_out(const Parameter& parameter, const std::string& why);
  Value schema_of(const Parameter& parameter);
  bool as_one_text(const Parameter& parameter);
  std::string way_of(const Parameter& parameter, const Types& types) const;
  std::string why_unwritable(const Parameter& parameter, const Types& types) const;
  Value without_mappings(const Parameter& parameter, const Types& types, const Value& schema);
  Result<std::string> written_path();

  Documents& documents_;
  SchemaBook& book_;
  const Operation& operation_;
  ActionInputs& inputs_;
  std::map<std::string, Parameter> parameters_;  ///< by place and name: an operation's take the place of its path's
  std::vector<std::string> order_;
  std::map<std::string, std::string> in_path_;  ///< the input of each parameter of the path
  Map query_, styles_, headers_, cookies_;
  Map header_schemas_;
  Value::List required_headers_;
};

/// The manifest's word for the style that `said` names for a list or mapping in a query or a form; empty for OpenAPI's
/// usual way, which is that of a list in any style, too, where each item has a pair of its own ("explode").
std::string way_of_style(const Spot& said);

}  // namespace millrace
