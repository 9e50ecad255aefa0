#include "catalog/pages.hpp"

#include <utility>

#include "catalog/decode_inverse.hpp"

namespace millrace {

std::shared_ptr<const Pages> decode_pages(const Value& written, const std::string& here,
                                          std::vector<ManifestProblem>& problems) {
  auto next = parse_expression(written.text_or("next"), deeper(here, "next"), problems);
  std::optional<Expression> total;
  if (const std::string said = written.text_or("total"); !said.empty())
    total = parse_expression(said, deeper(here, "total"), problems);
  if (!next) return nullptr;
  return std::make_shared<const Pages>(
      Pages{written.text_or("list"), written.text_or("id"), std::move(*next), std::move(total)});
}

void check_pages(const Action& action, const std::string& here, std::vector<ManifestProblem>& problems) {
  if (!action.request->pages) return;
  if (action.effect != Effect::read || !action.request->save_input.empty())
    problems.push_back({.pointer = here, .message = "only what reads, and saves no file, comes by pages"});
  check_names(action.request->pages->next, {"output", "asked", "link", "on_page", "so_far"}, here + "/next", problems);
  if (action.request->pages->total)
    check_names(*action.request->pages->total, {"output", "asked"}, here + "/total", problems);
}

Value grown_input(const Value& action, bool located) {
  const Value* written = action.find("input");
  Map schema = written != nullptr ? written->map() : Map();
  if (schema.find("type") == nullptr) schema.set("type", "object");
  if (schema.find("additionalProperties") == nullptr) schema.set("additionalProperties", false);
  const Value* listed = schema.find("properties");
  Map properties = listed != nullptr && listed->is_map() ? listed->map() : Map();
  const auto grow = [&properties](std::string_view name, const char* type, const char* description) {
    if (properties.find(name) == nullptr)
      properties.set(name, Value::object({{"type", type}, {"description", description}}));
  };
  if (located) grow("location_id", "string", "The location; the run's own where it is not given.");
  const Value* request = action.find("request");
  if (request != nullptr && request->find("pages") != nullptr)
    grow(all_pages_input, "boolean", "true: the things of all pages, in the list of the first page's answer.");
  schema.set("properties", std::move(properties));
  return schema;
}

bool asks_all_pages(const Action& action, const Value& input) {
  const Value* said = action.request && action.request->pages ? input.find(all_pages_input) : nullptr;
  return said != nullptr && said->is_true();
}

}  // namespace millrace
