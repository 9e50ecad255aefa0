#pragma once

#include "openapi/operation.hpp"
#include "openapi/schemas.hpp"

namespace millrace {

/// The successful answers of an operation.
struct Answers {
  std::vector<Spot> schemas;  ///< of those that are JSON
  std::string json_type;      ///< of the first of them
  bool other = false;         ///< there are some that are no JSON, and none that is
  bool created = false;       ///< 201 is among them
  bool link = false;          ///< one has a Link header
};

/// What the document says of answers of 200 to 299, or of all where it says nothing of those.
Answers find_answers(Documents& documents, const Operation& operation);

/// Adds to `request` what an answer needs, and gives the schema of the action's output.
Value write_answer(SchemaBook& book, const Answers& answers, Map& request);

/// Whether an answer of this schema is a list: as a whole, or as the one list among its members.
bool is_list_answer(Documents& documents, const Answers& answers);

}  // namespace millrace
