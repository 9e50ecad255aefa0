#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "openapi/documents.hpp"

namespace millrace {

/// A member of an answer, and where it stands in it.
struct AnswerMember {
  std::vector<std::string> path;
  Spot schema;
  Spot said = {};  ///< perhaps a reference to it
};

/// The members of an answer down to the third level, with those of all its parts (allOf), lists not entered.
std::vector<AnswerMember> members_in(Documents& documents, const Spot& answer);

/// Those of the first level by their names, as they are said.
std::map<std::string, Spot> own_members(Documents& documents, const Spot& schema);

/// The one list that a page of `answer` holds: the answer itself (an empty path), or its member. Of several the one
/// that is called as lists are, or like `noun`.
std::optional<AnswerMember> list_in(Documents& documents, const Spot& answer, const std::string& noun);

/// What tells the things of a list apart; empty where nothing surely does.
std::string id_in(Documents& documents, const Spot& list);

/// "results.tags" of a path.
std::string dotted(const std::vector<std::string>& path);
/// How an expression reads it where it may be missing: "output.?results.?tags".
std::string read_in_cel(const std::vector<std::string>& path);

/// Whether a schema says the type, alone or, as for what may be null, in a list of types or beside
/// that form.
bool is_of_type(const Value* schema, std::string_view type);
inline bool is_of_type(const Spot& schema, std::string_view type) { return is_of_type(schema.value, type); }

}  // namespace millrace
