#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "openapi/documents.hpp"
#include "openapi/names.hpp"
#include "value/value.hpp"

namespace millrace {

/// Writes a document's schemas as a manifest has them (JSON Schema, draft 7). What has a name stays a definition, so
/// what is written is about as large as what was read, and schemas that hold themselves are nothing special.
///
/// What a schema says and the manifest's cannot say is told as a hint; what is no schema at all, as an error.
class SchemaBook {
 public:
  /// `newer`: the document is of version 3.1, whose schemas are JSON Schema; those of 3.0 are a dialect.
  SchemaBook(Documents& documents, bool newer) : documents_(documents), newer_(newer) {}

  bool newer() const noexcept { return newer_; }
  /// The schema at `spot`. Where there is none, and where it cannot be read, everything is allowed.
  Value write(const Spot& spot);
  /// Everything that was referred to so far, with circles cut. Call once, at the end.
  Map definitions();

 private:
  friend class SchemaWriter;
  /// The name under which the schema that `spot` refers to will be among the definitions; empty where there is none.
  std::string name_of(const Spot& spot);

  Documents& documents_;
  bool newer_;
  std::map<std::pair<std::size_t, std::string>, std::string> names_;  ///< by file and pointer
  TakenNames taken_;
  std::vector<std::pair<std::string, Spot>> open_;  ///< referred to and not written yet
  std::map<std::string, Spot> spots_;               ///< of each definition
};

}  // namespace millrace
