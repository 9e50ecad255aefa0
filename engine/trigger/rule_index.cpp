#include "trigger/rule_index.hpp"

#include <algorithm>

#include "expr/requirements.hpp"

namespace millrace {

namespace {

const Value* at_path(const Value& event, const std::vector<std::string>& path) {
  const Value* value = &event;
  for (const std::string& member : path) {
    value = value->find(member);
    if (value == nullptr) return nullptr;
  }
  return value;
}

}  // namespace

void RuleIndex::add(std::size_t rule, const PlacedExpression* condition) {
  const auto known = [this](const Requirement& requirement) {
    return std::find_if(fields_.begin(), fields_.end(),
                        [&](const Field& field) { return field.path == requirement.path; });
  };
  // How many rules an event finds in the fullest of the places where this one would stand.
  const auto company = [&](const Requirement& requirement) {
    std::size_t most = 0;
    const auto field = known(requirement);
    if (field == fields_.end()) return most;
    for (const std::string& text : requirement.texts) {
      const auto rules = field->by_text.find(text);
      if (rules != field->by_text.end()) most = std::max(most, rules->second.size());
    }
    return most;
  };
  const auto required = condition ? requirements(condition->expression, "event") : std::vector<Requirement>();
  const Requirement* best = nullptr;
  std::pair<std::size_t, bool> best_cost;
  for (const Requirement& requirement : required) {
    const std::pair cost(company(requirement), known(requirement) == fields_.end());  // every field costs a look-up
    if (best && best_cost <= cost) continue;
    best = &requirement;
    best_cost = cost;
  }
  if (best == nullptr) {
    always_.push_back(rule);
    return;
  }
  auto field = known(*best);
  if (field == fields_.end()) field = fields_.insert(fields_.end(), Field{best->path, {}});
  for (const std::string& text : best->texts) field->by_text[text].push_back(rule);
}

void RuleIndex::candidates(const Value& event, std::vector<std::size_t>& found) const {
  const auto begin = static_cast<std::ptrdiff_t>(found.size());
  found.insert(found.end(), always_.begin(), always_.end());
  for (const Field& field : fields_) {
    const Value* value = at_path(event, field.path);
    if (value == nullptr || !value->is_text()) continue;
    const auto rules = field.by_text.find(value->text());
    if (rules != field.by_text.end()) found.insert(found.end(), rules->second.begin(), rules->second.end());
  }
  std::sort(found.begin() + begin, found.end());
}

}  // namespace millrace
