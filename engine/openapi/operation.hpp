#pragma once

#include <string>

#include "openapi/documents.hpp"

namespace millrace {

/// One method of one path of a document.
struct Operation {
  std::string method;    ///< "GET"
  std::string path;      ///< as the document has it: "/pets/{petId}"
  Spot spot;             ///< what is said of it
  Spot item;             ///< of its path
  Spot shown = {};       ///< the scheme by which its connection shows who asks
  std::string name;      ///< the action's, without the plugin: "pets.list"
  bool lists = false;    ///< its answer is a list, or the path goes on with one of its things
  bool creates = false;  ///< an answer is 201, or the path goes on with one of its things
};

/// How an operation is named where people speak of it: "GET /pets/{petId}".
inline std::string words_for(const Operation& operation) { return operation.method + " " + operation.path; }

}  // namespace millrace
