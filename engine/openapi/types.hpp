#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "openapi/documents.hpp"

namespace millrace {

/// Which types of values a schema takes, as far as it or its parts say it; those that it may hold beside others count.
class Types {
 public:
  Types() = default;
  explicit Types(std::set<std::string> said) : said_(std::move(said)) {}

  bool known() const noexcept { return said_.has_value(); }
  bool hold(std::string_view type) const { return said_ && said_->count(std::string(type)) > 0; }
  /// Whether nothing else fits but null.
  bool are_only(std::string_view type) const;
  const std::optional<std::set<std::string>>& said() const noexcept { return said_; }

 private:
  std::optional<std::set<std::string>> said_;  ///< nothing: any
};

/// Of a schema, through references, allOf, anyOf and oneOf.
Types types_of(Documents& documents, const Spot& schema);

/// Whether a text is the content of a file; of several forms some may be.
enum class FileContent { no, maybe, yes };
/// Of a schema, through references, allOf, anyOf and oneOf; a form that is null says nothing of it. `media_type` is
/// what stands beside it: bytes have one that is neither text nor JSON, and then a schema need not say more.
FileContent file_content(Documents& documents, const Spot& schema, std::string_view media_type);

/// What a schema, or one of its parts, says of the items of a list; nothing where none does.
Spot items_of(Documents& documents, const Spot& schema);

}  // namespace millrace
