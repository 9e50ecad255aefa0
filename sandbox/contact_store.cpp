#include "contact_store.hpp"

#include <algorithm>
#include <tuple>

#include "base/text.hpp"
#include "moment.hpp"

namespace millrace::sandbox {
namespace {

/// What a field that is no text must be; nothing where there is no such field.
std::optional<Kind> kind_of(std::string_view field) {
  if (field == "dnd") return Kind::boolean;
  if (field == "tags" || field == "customFields") return Kind::list;
  if (field == "dndSettings") return Kind::map;
  const std::vector<std::string>& texts = contact_texts();
  if (std::find(texts.begin(), texts.end(), field) != texts.end()) return Kind::text;
  return std::nullopt;
}

bool all_text(const Value& list) {
  return std::all_of(list.list().begin(), list.list().end(), [](const Value& item) { return item.is_text(); });
}

}  // namespace

const std::vector<std::string>& contact_texts() {
  static const std::vector<std::string> names = {
      "id",         "locationId", "name",    "firstName",   "lastName",  "email",       "phone",        "companyName",
      "timezone",   "type",       "source",  "assignedTo",  "address1",  "city",        "state",        "country",
      "postalCode", "website",    "keyword", "dateOfBirth", "dateAdded", "dateUpdated", "lastActivity", "businessId"};
  return names;
}

std::optional<std::string> problem_of(const Value& fields) {
  if (!fields.is_map()) return "a contact must be an object";
  const std::string id = fields.text_or("id");
  if (id.empty() || fields.text_or("locationId").empty()) return "a contact needs an id and a locationId";
  for (const auto& [key, value] : fields.map()) {
    const std::string& field = key.text();
    const std::optional<Kind> kind = kind_of(field);
    if (!kind)
      return "contact " + id + ": a contact has no field \"" + field + "\"" + did_you_mean(field, contact_texts());
    if (!value.is(*kind) || (field == "tags" && !all_text(value))) {
      return "contact " + id + ": " + field + " must be " +
             (field == "tags" ? "a list of texts" : std::string(name_of(*kind)));
    }
  }
  return std::nullopt;
}

Contact contact_of(const Value& fields) {
  Map map = fields.map();
  if (!map.find("tags")) map.set("tags", Value::List());
  if (!map.find("dateAdded")) map.set("dateAdded", some_moment);
  return {.id = fields.text_or("id"),
          .location_id = fields.text_or("locationId"),
          .added = milliseconds(map.find("dateAdded")->text()),
          .fields = std::move(map)};
}

Result<Contacts> Contacts::of(std::vector<Contact> contacts) {
  std::sort(contacts.begin(), contacts.end(), [](const Contact& left, const Contact& right) {
    return std::tie(left.location_id, right.added, left.id) < std::tie(right.location_id, left.added, right.id);
  });
  Contacts made;
  made.all_ = std::move(contacts);
  made.places_.reserve(made.all_.size());
  for (std::size_t at = 0; at < made.all_.size(); ++at) {
    const Contact& contact = made.all_[at];
    if (!made.places_.emplace(contact.id, at).second) {
      return Error{ErrorCode::invalid, "two contacts have the id " + contact.id};
    }
    ++made.sections_.try_emplace(contact.location_id, at, 0).first->second.second;
  }
  return made;
}

std::span<const Contact> Contacts::in(const std::string& location) const {
  const auto found = sections_.find(location);
  if (found == sections_.end()) return {};
  return std::span(all_).subspan(found->second.first, found->second.second);
}

const Contact* Contacts::find(const std::string& id) const {
  const auto found = places_.find(id);
  return found == places_.end() ? nullptr : &all_[found->second];
}

void Contacts::set_tags(const std::string& id, Value::List tags) {
  Contact& contact = all_[places_.at(id)];
  Map fields = contact.fields.map();
  fields.set("tags", std::move(tags));
  contact.fields = std::move(fields);
}

void Contacts::put(Contact contact) {
  std::vector<Contact> all = std::move(all_);
  std::erase_if(all, [&](const Contact& one) { return one.id == contact.id; });
  all.push_back(std::move(contact));
  *this = *of(std::move(all));
}

void Contacts::remove(const std::string& id) {
  std::vector<Contact> all = std::move(all_);
  std::erase_if(all, [&](const Contact& one) { return one.id == id; });
  *this = *of(std::move(all));
}

}  // namespace millrace::sandbox
