#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "checking.hpp"
#include "operation.hpp"

// Where the documents are silent, the stand-in does this:
// - a contact that does not exist is answered with 400, because 404 is not among the documented statuses;
// - tags are compared without regard to case, and kept as they were sent first; to add one that is there, or to remove
//   one that is not, changes nothing;
// - a tag that the location does not have is added to the contact alone, and the location's tags stay as they are;
// - the dates of a contact stay, so that the same requests always give the same world.

namespace millrace::sandbox {
namespace {

constexpr std::string_view tags_schema = R"({
  "type": "object", "required": ["tags"],
  "properties": {"tags": {"type": "array", "items": {"type": "string"}}}
})";

Answer no_such_contact(const Call& call) { return refusal(400, "there is no contact with the id " + call.thing); }

Answer get_contact(World& world, const Call& call) {
  const Contact* contact = world.data.contacts.find(call.thing);
  return contact ? Answer{200, Value::object({{"contact", contact->fields}})} : no_such_contact(call);
}

bool carried(const Value::List& tags, const std::string& name) {
  return std::any_of(tags.begin(), tags.end(), [&](const Value& tag) { return lower(tag.text()) == lower(name); });
}

/// The tags that `change` makes of what the contact carries and what the body names.
template <class Change>
Answer change_tags(World& world, const Call& call, int status, Change change) {
  static const std::shared_ptr<const Schema> schema = schema_of(tags_schema);
  const std::vector<std::string> problems = problems_of(*schema, call.body);
  if (!problems.empty()) return unprocessable(problems);
  const Contact* contact = world.data.contacts.find(call.thing);
  if (!contact) return no_such_contact(call);
  Value::List tags = contact->fields.find("tags")->list();
  change(tags, call.body.find("tags")->list());
  world.data.contacts.set_tags(call.thing, tags);
  return {status, Value::object({{"tags", std::move(tags)}})};
}

Answer add_tags(World& world, const Call& call) {
  return change_tags(world, call, 201, [](Value::List& tags, const Value::List& named) {
    for (const Value& name : named) {
      if (!carried(tags, name.text()) && !trim(name.text()).empty()) tags.push_back(name);
    }
  });
}

Answer remove_tags(World& world, const Call& call) {
  return change_tags(world, call, 200, [](Value::List& tags, const Value::List& named) {
    std::erase_if(tags, [&](const Value& tag) { return carried(named, tag.text()); });
  });
}

}  // namespace

const std::vector<Operation>& contact_operations() {
  static const std::vector<Operation> operations = {
      {"GET", "/contacts/{thing}", "contacts.readonly", BodyKind::none, get_contact, LocationIn::contact},
      {"POST", "/contacts/{thing}/tags", "contacts.write", BodyKind::json, add_tags, LocationIn::contact},
      {"DELETE", "/contacts/{thing}/tags", "contacts.write", BodyKind::json, remove_tags, LocationIn::contact},
  };
  return operations;
}

}  // namespace millrace::sandbox
