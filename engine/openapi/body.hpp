#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "openapi/inputs.hpp"
#include "openapi/operation.hpp"
#include "openapi/schemas.hpp"

namespace millrace {

/// What the body of one operation becomes. The members of a mapping are inputs of their own; what is no plain mapping
/// is one input, "body".
class BodyWriter {
 public:
  BodyWriter(Documents& documents, SchemaBook& book, const Operation& operation, ActionInputs& inputs)
      : documents_(documents), book_(book), operation_(operation), inputs_(inputs) {}

  /// Adds body, its format and its headers to `request`; what cannot be said and is needed is the error.
  Status write(Map& request);

 private:
  struct Member {
    std::string name;
    Spot schema;
    bool required = false;
  };
  /// The members of a mapping that is nothing but its members, those of all its parts together.
  bool collect(const Spot& schema, int depth, std::vector<Member>& members, std::set<std::string>& required);
  std::optional<std::vector<Member>> members_of(const Spot& schema);
  /// A body of parts, of which some are files.
  Status write_parts(const Spot& media, Map& request);
  Value part_schema(const Spot& media, const Member& member);
  std::string part_type(const Spot& media, const std::string& name);
  Status write_content(const std::string& type, const Spot& media, bool needed, Map& request);
  void write_members(const std::vector<Member>& members, Map& request);
  void write_whole(Value schema, bool needed, Map& request);
  void write_styles(const Spot& media, const std::vector<Member>& members, Map& request);
  std::string way_of(const Spot& media, const Member& member);
  bool says_more(const Spot& reference) const;
  void tell_encoding(const Spot& spot, std::string message);

  Documents& documents_;
  SchemaBook& book_;
  const Operation& operation_;
  ActionInputs& inputs_;
  int walked_ = 0;  ///< parts of the body that is looked through
};

/// "application/json; charset=utf-8", "application/problem+json" and "*/*" are JSON.
bool is_json_type(std::string_view media_type);

/// Adds a header to a request that has perhaps none yet.
void set_header(Map& request, std::string_view name, std::string_view value);

}  // namespace millrace
