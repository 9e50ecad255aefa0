#pragma once

#include <map>
#include <string>
#include <vector>

#include "openapi/documents.hpp"
#include "openapi/findings.hpp"
#include "value/value.hpp"

namespace millrace {

/// What an OpenAPI document is to become.
struct ImportOrder {
  std::string plugin;                         ///< the name that it shall have
  std::string name, text;                     ///< the document as the person named it, and what is in it
  Documents::Reader reader;                   ///< of the files that it refers to
  std::string overlay_name, overlay;          ///< what a person says beside the document, in YAML; may be empty
  std::map<std::string, std::string> before;  ///< by names_in: the names that its operations have had so far
};

/// What is to be done about one operation that is in no manifest.
struct LeftOut {
  std::string operation;  ///< "POST /pets/{petId}/photo"
  std::string why;
};

struct Import {
  Value manifest;  ///< null where nothing could be made of it, and `findings` says why
  std::string title, version;
  std::size_t operations = 0;  ///< in the document
  std::vector<LeftOut> left_out;
  std::string base_url;   ///< of the first server, absolute; or empty
  std::string base_path;  ///< of a first server that says no host: "/v3"; or empty
  std::string auth;       ///< a connection's auth in millrace.yaml: "{token: \"secret:pets\"}"; or empty
  ImportFindings findings;
};

/// Pure: the same order gives the same import, and nothing is asked but `reader`.
Import import_openapi(const ImportOrder& order);

/// The requests of a manifest that was imported, and the actions' names, for the next import.
std::map<std::string, std::string> names_in(const Value& manifest);

}  // namespace millrace
