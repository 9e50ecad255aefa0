#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "value/value.hpp"

namespace millrace::sandbox {

struct Contact {
  std::string id, location_id;
  std::int64_t added = 0;  ///< milliseconds since 1970
  Value fields;            ///< all of it, as the documents write a contact; always with `tags` and `dateAdded`
};

/// The fields of the documents' contact that are text.
const std::vector<std::string>& contact_texts();

/// What keeps a value from being a contact, or nothing.
std::optional<std::string> problem_of(const Value& fields);

/// The contact that a state describes. REQUIRES: there is no `problem_of(fields)`.
Contact contact_of(const Value& fields);

/// All contacts, those of a location together with the newest first: a page of many thousands costs no more than a page
/// of a few.
class Contacts {
 public:
  /// Refuses two with the same id.
  static Result<Contacts> of(std::vector<Contact> contacts);

  const std::vector<Contact>& all() const noexcept { return all_; }
  std::span<const Contact> in(const std::string& location) const;
  const Contact* find(const std::string& id) const;
  /// REQUIRES: there is such a contact.
  void set_tags(const std::string& id, Value::List tags);
  /// Adds one, or puts it in the place of the one with its id.
  void put(Contact contact);
  void remove(const std::string& id);

 private:
  std::vector<Contact> all_;
  std::unordered_map<std::string, std::size_t> places_;                            // by id
  std::unordered_map<std::string, std::pair<std::size_t, std::size_t>> sections_;  // by location: begin and size
};

}  // namespace millrace::sandbox
