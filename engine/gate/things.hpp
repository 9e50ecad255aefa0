#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/thing_place.hpp"
#include "courier/shipment.hpp"
#include "value/member_path.hpp"
#include "value/value.hpp"

namespace millrace {

/// The things that a read gave: the items of a list, or the one that was asked for. Empty where the action has no
/// resource.
std::vector<Value> things_in(const Action& action, const Value& output);

/// Where the ids of what it reads or writes mean something.
ThingPlace place_of(const Shipment& shipment);

/// An id as text: APIs send some as numbers, inputs hold them as text. Empty for null and unknown.
std::string id_text(const Value& id);
/// The id of a thing as text; empty where it has none or it is unknown.
std::string id_text(const Resource& resource, const Value& thing);

/// What people call a thing; empty where no usual member says it.
std::string readable_name(const Value& thing);

}  // namespace millrace
