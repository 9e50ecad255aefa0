#include <algorithm>
#include <memory>
#include <tuple>

#include "base/text.hpp"
#include "checking.hpp"
#include "contact_filters.hpp"
#include "moment.hpp"
#include "operation.hpp"
#include "trace.hpp"

// The documents leave the body and the answer of a search empty. The stand-in does this:
// - without `sort`, the newest contact comes first; contacts that are equal in what they are sorted by come by their
// id;
// - a contact's `searchAfter` holds what it was sorted by, and last its id: sent back with the same sort, it gives what
//   comes behind, also where the contact itself is gone;
// - `page` and `searchAfter` exclude each other, and a page ends at the latest at the 10,000th contact;
// - `query` is searched for in name, email, phone and company; `total` counts all that fit, on every page.

namespace millrace::sandbox {
namespace {

constexpr std::size_t reached_by_page = 10'000;
constexpr std::string_view search_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["locationId", "pageLimit"],
  "properties": {
    "locationId": {"type": "string", "minLength": 1},
    "pageLimit": {"type": "integer", "minimum": 1, "maximum": 500},
    "page": {"type": "integer", "minimum": 1},
    "searchAfter": {"type": "array", "minItems": 1, "items": {"type": ["string", "number"]}},
    "query": {"type": "string", "maxLength": 75},
    "filters": {"type": "array", "items": {"type": "object"}},
    "sort": {"type": "array", "minItems": 1, "items": {
      "type": "object", "additionalProperties": false, "required": ["field", "direction"],
      "properties": {"field": {"type": "string"}, "direction": {"enum": ["asc", "desc"]}}}}}
})";

struct Order {
  std::string field;
  bool falling = false;
};

struct Search {
  std::string location;
  std::size_t limit = 0, page = 1;
  Value::List after;  ///< empty for none
  std::string text;   ///< in small letters
  ContactFilter filter;
  std::vector<Order> sort;

  bool oldest_first() const { return sort.size() == 1 && sort[0].field == "dateAdded" && !sort[0].falling; }
  bool as_stored() const { return sort.size() == 1 && sort[0].field == "dateAdded" && sort[0].falling; }
};

/// What a contact is sorted by, and last its id.
Value::List key_of(const Contact& contact, const std::vector<Order>& sort) {
  Value::List key;
  key.reserve(sort.size() + 1);
  for (const Order& order : sort) {
    if (order.field == "dateAdded") {
      key.emplace_back(contact.added);
    } else if (is_date(order.field)) {
      key.emplace_back(milliseconds(contact.fields.text_or(order.field)));
    } else {
      const Value* value = contact.fields.find(order.field);
      key.emplace_back(value && value->is(Kind::boolean) ? std::string(value->is_true() ? "true" : "false")
                                                         : lower(contact.fields.text_or(order.field)));
    }
  }
  key.emplace_back(contact.id);
  return key;
}

int compare(const Value& left, const Value& right) {
  if (left.is_text() && right.is_text()) return left.text().compare(right.text());
  const std::int64_t first = whole_number(left), second = whole_number(right);
  return first < second ? -1 : first > second ? 1 : 0;
}

/// Whether one key comes before another. REQUIRES: both fit the sort.
bool comes_before(const Value::List& left, const Value::List& right, const std::vector<Order>& sort) {
  for (std::size_t at = 0; at < left.size(); ++at) {
    const int compared = compare(left[at], right[at]);
    if (compared != 0) return (compared < 0) != (at < sort.size() && sort[at].falling);
  }
  return false;
}

void read_sort(const Value* given, Search& search, std::vector<std::string>& problems) {
  if (!given) {
    search.sort = {{.field = "dateAdded", .falling = true}};
    return;
  }
  for (const Value& item : given->list()) {
    const std::string field = searchable_field(item.text_or("field"));
    if (field.empty() || field == "tags") {
      problems.push_back("sort: contacts are not sorted by " + item.text_or("field"));
    }
    search.sort.push_back({.field = field, .falling = item.text_or("direction") == "desc"});
  }
}

void read_cursor(const Value* given, Search& search, std::vector<std::string>& problems) {
  if (!given) return;
  const Value::List& cursor = given->list();
  bool fits = cursor.size() == search.sort.size() + 1;
  for (std::size_t at = 0; fits && at < cursor.size(); ++at) {
    const bool number = at < search.sort.size() && is_date(search.sort[at].field);
    fits = cursor[at].is_text() != number;
  }
  if (fits) {
    search.after = cursor;
  } else {
    problems.emplace_back("searchAfter: must be that of a contact from the same search, with the same sort");
  }
}

Search read_search(const Value& body, std::vector<std::string>& problems) {
  Search search;
  search.location = body.text_or("locationId");
  search.limit = static_cast<std::size_t>(whole_number(*body.find("pageLimit")));
  read_sort(body.find("sort"), search, problems);
  read_cursor(body.find("searchAfter"), search, problems);
  if (const Value* filters = body.find("filters")) search.filter = read_filters(*filters, problems);
  search.text = lower(body.text_or("query"));
  const Value* page = body.find("page");
  if (!page) return search;
  search.page = static_cast<std::size_t>(whole_number(*page));
  if (!search.after.empty()) problems.emplace_back("page: a search goes by page or by searchAfter, not by both");
  if (search.page > reached_by_page / search.limit) {
    problems.emplace_back("page: pages reach the first 10,000 contacts; those behind are reached by searchAfter");
  }
  return search;
}

bool found_by_text(const Contact& contact, const std::string& text) {
  for (const char* field : {"name", "firstName", "lastName", "email", "phone", "companyName"}) {
    if (lower(contact.fields.text_or(field)).find(text) != std::string::npos) return true;
  }
  return false;
}

/// What fits, in order.
std::vector<const Contact*> fitting(std::span<const Contact> contacts, const Search& search) {
  std::vector<const Contact*> found;
  for (const Contact& contact : contacts) {
    if (search.filter && !search.filter(contact)) continue;
    if (search.text.empty() || found_by_text(contact, search.text)) found.push_back(&contact);
  }
  if (search.as_stored()) return found;
  if (search.oldest_first()) {  // what readers of all contacts ask for: quick, without a key for each
    std::sort(found.begin(), found.end(), [](const Contact* left, const Contact* right) {
      return std::tie(left->added, left->id) < std::tie(right->added, right->id);
    });
    return found;
  }
  std::vector<std::pair<Value::List, const Contact*>> keyed;
  keyed.reserve(found.size());
  for (const Contact* contact : found) keyed.emplace_back(key_of(*contact, search.sort), contact);
  std::sort(keyed.begin(), keyed.end(),
            [&](const auto& left, const auto& right) { return comes_before(left.first, right.first, search.sort); });
  std::transform(keyed.begin(), keyed.end(), found.begin(), [](const auto& pair) { return pair.second; });
  return found;
}

Value result_of(const Contact& contact, const Search& search) {
  Map fields = contact.fields.map();
  fields.erase("dndSettings");  // which the real search leaves out, too
  fields.set("searchAfter", key_of(contact, search.sort));
  return fields;
}

const Contact& contact_at(const Contact& contact) { return contact; }
const Contact& contact_at(const Contact* contact) { return *contact; }

/// One page of contacts that are in order.
template <class Ordered>
Answer page_of(const Ordered& ordered, const Search& search, const Value& body) {
  auto at = ordered.begin();
  if (!search.after.empty()) {
    at = std::upper_bound(ordered.begin(), ordered.end(), search.after, [&](const Value::List& after, const auto& one) {
      return comes_before(after, key_of(contact_at(one), search.sort), search.sort);
    });
  } else {
    at += static_cast<std::ptrdiff_t>(std::min(ordered.size(), (search.page - 1) * search.limit));
  }
  Value::List contacts;
  for (; at != ordered.end() && contacts.size() < search.limit; ++at) {
    contacts.push_back(result_of(contact_at(*at), search));
  }
  return {200, Value::object({{"contacts", std::move(contacts)},
                              {"total", static_cast<std::int64_t>(ordered.size())},
                              {"traceId", trace_id(body)}})};
}

Answer search(World& world, const Call& call) {
  static const std::shared_ptr<const Schema> schema = schema_of(search_schema);
  std::vector<std::string> problems = problems_of(*schema, call.body);
  if (!problems.empty()) return unprocessable(problems);
  const Search asked = read_search(call.body, problems);
  if (!problems.empty()) return unprocessable(problems);

  const std::span<const Contact> all = world.data.contacts.in(asked.location);
  if (asked.as_stored() && !asked.filter && asked.text.empty()) return page_of(all, asked, call.body);
  return page_of(fitting(all, asked), asked, call.body);
}

}  // namespace

const std::vector<Operation>& contact_search_operations() {
  static const std::vector<Operation> operations = {
      {"POST", "/contacts/search", "contacts.readonly", BodyKind::json, search, LocationIn::body},
  };
  return operations;
}

}  // namespace millrace::sandbox
