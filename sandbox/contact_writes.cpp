#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "checking.hpp"
#include "moment.hpp"
#include "operation.hpp"

// Where the documents are silent, the stand-in does this:
// - two contacts of a location are the same where their email or, without one, their phone is; a second one is refused
//   with 400 on create, and changed by upsert;
// - of a body only what a contact has is kept; `tags` takes the place of all that were there, as published;
// - a contact that does not exist is answered with 400, and in a list of them with an item that says so.

namespace millrace::sandbox {
namespace {

const Contact* same_contact(const World& world, const std::string& location, const Value& fields) {
  const std::string email = lower(fields.text_or("email")), phone = fields.text_or("phone");
  for (const Contact& contact : world.data.contacts.in(location)) {
    const bool by_email = !email.empty() && lower(contact.fields.text_or("email")) == email;
    const bool by_phone = email.empty() && !phone.empty() && contact.fields.text_or("phone") == phone;
    if (by_email || by_phone) return &contact;
  }
  return nullptr;
}

/// What is kept of a body: members of a contact that are of the right kind.
Map kept_of(const Value& body) {
  Map kept;
  if (!body.is_map()) return kept;
  for (const auto& [name, value] : body.map()) {
    Map alone = Value::object({{"id", "x"}, {"locationId", "x"}}).map();
    if (name.text() == "id" || name.text() == "locationId") continue;
    alone.set(name, value);
    if (!problem_of(Value(std::move(alone)))) kept.set(name, value);
  }
  return kept;
}

Answer shown(const Contact& contact, int status, std::initializer_list<std::pair<const char*, Value>> beside = {}) {
  Map answer;
  for (const auto& [name, value] : beside) answer.set(name, value);
  answer.set("contact", contact.fields);
  return {status, Value(std::move(answer))};
}

const Contact& changed(World& world, const Contact& contact, const Value& body) {
  const std::string id = contact.id;
  Map fields = contact.fields.map();
  const Map kept = kept_of(body);
  for (const auto& [name, value] : kept) fields.set(name, value);
  world.data.contacts.put(contact_of(Value(std::move(fields))));
  return *world.data.contacts.find(id);
}

const Contact& made(World& world, const Call& call) {
  Map fields = kept_of(call.body);
  const std::string id = world.dice.letters_and_digits(20);
  fields.set("id", id);
  fields.set("locationId", call.location);
  fields.set("dateAdded", render(now_utc()));
  world.data.contacts.put(contact_of(Value(std::move(fields))));
  return *world.data.contacts.find(id);
}

Answer create_contact(World& world, const Call& call) {
  if (call.location.empty()) return unprocessable({"locationId: is needed"});
  if (same_contact(world, call.location, call.body) != nullptr)
    return refusal(400, "This location does not allow duplicated contacts.");
  return shown(made(world, call), 201);
}

Answer upsert_contact(World& world, const Call& call) {
  if (call.location.empty()) return unprocessable({"locationId: is needed"});
  const Contact* known = same_contact(world, call.location, call.body);
  if (known == nullptr) return shown(made(world, call), 200, {{"new", true}});
  return shown(changed(world, *known, call.body), 200, {{"new", false}});
}

Answer no_contact(const std::string& id) { return refusal(400, "there is no contact with the id " + id); }

Answer update_contact(World& world, const Call& call) {
  const Contact* contact = world.data.contacts.find(call.thing);
  if (contact == nullptr) return no_contact(call.thing);
  return shown(changed(world, *contact, call.body), 200, {{"succeded", true}});
}

Answer delete_contact(World& world, const Call& call) {
  if (world.data.contacts.find(call.thing) == nullptr) return no_contact(call.thing);
  world.data.contacts.remove(call.thing);
  return {200, Value::object({{"succeded", true}})};
}

Answer find_duplicate(World& world, const Call& call) {
  const Value asked =
      Value::object({{"email", call.asked("email").value_or("")}, {"phone", call.asked("number").value_or("")}});
  const Contact* known = same_contact(world, call.location, asked);
  return {200, Value::object({{"contact", known != nullptr ? known->fields : Value()}})};
}

Answer list_of_business(World& world, const Call& call) {
  std::vector<std::string> problems;
  const std::size_t skip = read_number(call.asked("skip"), "skip", 0, problems);
  const std::size_t limit = read_number(call.asked("limit"), "limit", 25, problems);
  if (!problems.empty()) return unprocessable(problems);
  std::vector<const Contact*> all;
  for (const Contact& contact : world.data.contacts.in(call.location)) {
    if (contact.fields.text_or("businessId") == call.thing) all.push_back(&contact);
  }
  Value::List page;
  for (std::size_t at = skip; at < all.size() && page.size() < limit; ++at) page.push_back(all[at]->fields);
  return {200, Value::object({{"contacts", std::move(page)}, {"count", static_cast<std::int64_t>(all.size())}})};
}

Answer put_into_business(World& world, const Call& call) {
  static const std::shared_ptr<const Schema> schema = schema_of(R"({
    "type": "object", "required": ["ids", "locationId", "businessId"],
    "properties": {"ids": {"type": "array", "items": {"type": "string"}}, "businessId": {"type": ["string", "null"]}}})");
  const std::vector<std::string> problems = problems_of(*schema, call.body);
  if (!problems.empty()) return unprocessable(problems);
  Value::List done;
  for (const Value& id : call.body.find("ids")->list()) {
    const Contact* contact = world.data.contacts.find(id.text());
    if (contact == nullptr || contact->location_id != call.location) continue;
    changed(world, *contact, Value::object({{"businessId", call.body.text_or("businessId")}}));
    done.push_back(id);
  }
  return {200, Value::object({{"success", true}, {"ids", std::move(done)}})};
}

bool has_tag(const Value::List& tags, const Value& name) {
  return std::any_of(tags.begin(), tags.end(),
                     [&](const Value& tag) { return lower(tag.text()) == lower(name.text()); });
}

/// One line of the answer to a change of many: what it did to the contact.
Value change_tags_of(World& world, const Contact& contact, const Call& call) {
  const Value::List old = contact.fields.find("tags")->list(), named = call.body.find("tags")->list();
  const Value* all = call.body.find("removeAllTags");
  const bool adds = call.thing == "add", clears = !adds && all != nullptr && all->is_true();
  Value::List tags = old, added, removed;
  for (const Value& name : named) {
    if (adds && !has_tag(tags, name)) tags.push_back(name), added.push_back(name);
  }
  for (const Value& tag : old) {
    if (!adds && (clears || has_tag(named, tag))) removed.push_back(tag);
  }
  std::erase_if(tags, [&](const Value& tag) { return has_tag(removed, tag); });
  world.data.contacts.set_tags(contact.id, std::move(tags));
  return Value::object({{"contactId", contact.id},
                        {"message", "Tags updated"},
                        {"type", "success"},
                        {"oldTags", old},
                        {"tagsAdded", std::move(added)},
                        {"tagsRemoved", std::move(removed)}});
}

Answer change_tags_of_many(World& world, const Call& call) {
  static const std::shared_ptr<const Schema> schema = schema_of(R"({
    "type": "object", "required": ["contacts", "tags", "locationId"],
    "properties": {"contacts": {"type": "array", "items": {"type": "string"}},
                   "tags": {"type": "array", "items": {"type": "string"}}, "removeAllTags": {"type": "boolean"}}})");
  std::vector<std::string> problems = problems_of(*schema, call.body);
  if (call.thing != "add" && call.thing != "remove") problems.emplace_back("type: must be add or remove");
  if (!problems.empty()) return unprocessable(problems);
  Value::List lines;
  std::int64_t errors = 0;
  for (const Value& id : call.body.find("contacts")->list()) {
    const Contact* contact = world.data.contacts.find(id.text());
    const bool there = contact != nullptr && contact->location_id == call.location;
    errors += there ? 0 : 1;
    lines.push_back(there ? change_tags_of(world, *contact, call)
                          : Value::object({{"contactId", id}, {"message", "Contact not found"}, {"type", "error"}}));
  }
  return {201, Value::object({{"succeded", errors == 0}, {"errorCount", errors}, {"responses", std::move(lines)}})};
}

}  // namespace

const std::vector<Operation>& contact_write_operations() {
  constexpr std::string_view reads = "contacts.readonly", writes = "contacts.write";
  static const std::vector<Operation> operations = {
      {"POST", "/contacts/", writes, BodyKind::json, create_contact, LocationIn::body},
      {"POST", "/contacts/upsert", writes, BodyKind::json, upsert_contact, LocationIn::body},
      {"PUT", "/contacts/{thing}", writes, BodyKind::json, update_contact, LocationIn::contact},
      {"DELETE", "/contacts/{thing}", writes, BodyKind::none, delete_contact, LocationIn::contact},
      {"GET", "/contacts/search/duplicate", reads, BodyKind::none, find_duplicate, LocationIn::query},
      {"GET", "/contacts/business/{thing}", reads, BodyKind::none, list_of_business, LocationIn::query},
      {"POST", "/contacts/bulk/business", writes, BodyKind::json, put_into_business, LocationIn::body},
      {"POST", "/contacts/bulk/tags/update/{thing}", writes, BodyKind::json, change_tags_of_many, LocationIn::body},
  };
  return operations;
}

}  // namespace millrace::sandbox
