#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "schema/schema.hpp"
#include "value/value.hpp"

namespace millrace {

/// The schemas that the inputs and outputs of a manifest share. Each of those becomes a document of its own, with what
/// it refers to and nothing else: thousands of actions may share thousands of schemas, and values share their parts.
class SharedDefinitions {
 public:
  /// `definitions` is the manifest's member of that name, or null where it has none.
  explicit SharedDefinitions(const Value* definitions);

  /// What is wrong with the definitions themselves, or null.
  const Error* problem() const { return problem_ ? &*problem_ : nullptr; }
  /// `schema` as a document of its own. One that has its own "definitions" refers to those alone.
  Result<std::shared_ptr<const Schema>> parse(Value schema);

 private:
  using Names = std::vector<std::string_view>;
  const Names& referred_by(const std::string& definition);

  Value definitions_;
  std::map<std::string, Names> referred_;  ///< by definition, each found out once
  std::optional<Error> problem_;
};

}  // namespace millrace
