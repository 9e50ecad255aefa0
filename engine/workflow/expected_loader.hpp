#pragma once

#include <string>

#include "workflow/expected.hpp"
#include "workflow/fields.hpp"

namespace millrace {

/// Reads what a test file expects. What a mapping of the format itself may hold (`expect`, a step, a change) is checked
/// here; what data may hold is not known.
class ExpectedLoader {
 public:
  explicit ExpectedLoader(FieldReader& fields, const YamlDocument& document) : fields_(fields), document_(document) {}

  /// All of `expect` with what is said in short written out, and `outcome` in it; `node` may be nullptr. `at` is where
  /// the test stands.
  Expected load(const Node* node, const SourceMark& at);

 private:
  Expected value(const Node& node);
  Expected matchers(const Node& node);
  Expected matcher(const Node::Member& member);
  Expected where(const Node& node);
  Expected error(const Node& node);
  Expected steps(const Node& node);
  Expected changes(const Node& node);
  Expected change(const Node& node);
  Expected step(const Node& node);
  Expected of_format(const Node& node, const std::vector<std::string>& known);
  Expected under(const char* name, Expected inner) const;

  FieldReader& fields_;
  const YamlDocument& document_;
};

}  // namespace millrace
