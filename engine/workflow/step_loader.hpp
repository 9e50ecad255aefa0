#pragma once

#include <optional>
#include <string>

#include "catalog/catalog.hpp"
#include "workflow/fields.hpp"
#include "workflow/foreign_words.hpp"
#include "workflow/model.hpp"

namespace millrace {

/// Makes steps of nodes. Each gets the findings of its own form; what is wrong in one leaves the others as they are.
class StepLoader {
 public:
  StepLoader(FieldReader& fields, const YamlDocument& document, const Catalog& catalog)
      : fields_(fields), document_(document), catalog_(catalog) {}

  /// A list of steps, or a lone one; nullptr and what is no step at all gives none.
  Steps steps(const Node* node);

 private:
  struct Form {
    std::string key;         ///< the key that tells what the step does
    std::string definition;  ///< of the schema
  };
  Form form(const Node& node);
  Form unclear_form(const Node& node);
  bool misspelled_block(const Node& node);
  bool beside_its_key(const Node& node, const Schema& part);
  std::vector<const Node::Member*> beside_with(const Node& node, const Action& action) const;
  void misplaced_keys(const Node& node);
  std::optional<ForeignKey> meant_block(const std::string& key) const;
  Step step(const Node& node);
  void common(Step& step, const Node& node, const Value& value);
  void read(Step& step, const Form& form, const Node& node, const Value& value);
  ActionStep action(const Node& node, const Value& value);
  SwitchBlock choice(const Node& node);
  ForEachBlock loop(const Node& node, const Value& value);
  SetBlock set(const Node& node);
  StopBlock stop(const Node& node, const Value& value);
  WaitBlock wait(const Node& node, const Value& value);
  ApproveBlock approve(const Node& node, const Value& value);
  CallBlock call(const Node& node, const Value& value);

  FieldReader& fields_;
  const YamlDocument& document_;
  const Catalog& catalog_;
};

/// A member of `value` as a duration, or nothing.
std::optional<Duration> duration_in(const Value& value, std::string_view name);

}  // namespace millrace
