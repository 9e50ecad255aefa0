#include "gate/things.hpp"

#include <algorithm>
#include <utility>

#include "catalog/request.hpp"
#include "value/json.hpp"

namespace millrace {

std::vector<Value> things_in(const Action& action, const Value& output) {
  if (!action.resource) return {};
  const Resource& resource = *action.resource;
  const bool one = !resource.echo.empty() || !resource.id_input.empty();
  const Value* found = member_at(output, one ? resource.echo : resource.list_path);
  if (!found) return {};
  if (found->is_list()) return found->list();
  return found->is_map() && one ? std::vector<Value>{*found} : std::vector<Value>{};
}

ThingPlace place_of(const Shipment& shipment) {
  return place_of(*shipment.action, shipment.input, shipment.site.connection, shipment.site.location);
}

std::string id_text(const Value& id) {
  if (id.is_null() || id.is_unknown()) return "";
  return id.is_text() ? id.text() : encode_json(id);
}

std::string id_text(const Resource& resource, const Value& thing) {
  const Value* id = member_at(thing, resource.id);
  return id ? id_text(*id) : "";
}

std::string readable_name(const Value& thing) {
  for (const std::string_view member : {"name", "contactName", "title"}) {
    std::string name = thing.text_or(member);
    if (!name.empty()) return name;
  }
  return "";
}

}  // namespace millrace
