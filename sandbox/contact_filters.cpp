#include "contact_filters.hpp"

#include <algorithm>
#include <iterator>
#include <memory>

#include "base/text.hpp"
#include "checking.hpp"
#include "moment.hpp"

// The documents leave the body of a search empty. The stand-in does this:
// - text is compared without regard to case; `contains` means that it holds the asked text somewhere;
// - tags: `eq` wants the contact to carry the tag, or each tag of a list; `contains` wants one that holds the text;
// - another field `eq` a list is one of its texts;
// - `exists` takes no value: there is such a field, and it is not empty;
// - `range` takes gt, gte, lt and lte; dates are compared as times, anything else as text;
// - a contact without the field fits the negated operators alone.

namespace millrace::sandbox {
namespace {

constexpr std::string_view filter_schema = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "group": {"enum": ["AND", "OR"]},
    "filters": {"type": "array", "items": {"type": "object"}},
    "field": {"type": "string"},
    "operator": {"enum": ["eq", "not_eq", "contains", "not_contains", "exists", "not_exists", "range"]},
    "value": {"type": ["string", "boolean", "number", "array", "object"], "items": {"type": "string"},
              "additionalProperties": {"type": ["string", "number"]}}}
})";

/// What contacts are searched by.
const std::vector<std::string>& fields() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list = contact_texts();
    list.insert(list.end(), {"dnd", "tags"});
    return list;
  }();
  return names;
}

/// What is compared of a field: its texts in small letters.
std::vector<std::string> texts_of(const Value* value) {
  if (!value || value->is_null()) return {};
  if (value->is_text()) return {lower(value->text())};
  if (value->is(Kind::boolean)) return {value->is_true() ? "true" : "false"};
  std::vector<std::string> texts;
  if (value->is_list()) {
    for (const Value& item : value->list()) texts.push_back(lower(item.text()));
  }
  return texts;
}

bool holds(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

ContactFilter equal_to(const std::string& field, const Value& value) {
  return [field, wanted = texts_of(&value)](const Contact& contact) {
    const std::vector<std::string> texts = texts_of(contact.fields.find(field));
    const auto there = [&](const std::string& text) { return holds(texts, text); };
    return field == "tags" ? std::all_of(wanted.begin(), wanted.end(), there)
                           : std::any_of(wanted.begin(), wanted.end(), there);
  };
}

ContactFilter containing(const std::string& field, const Value& value) {
  return [field, wanted = texts_of(&value)](const Contact& contact) {
    for (const std::string& text : texts_of(contact.fields.find(field))) {
      const auto inside = [&](const std::string& part) { return text.find(part) != std::string::npos; };
      if (std::any_of(wanted.begin(), wanted.end(), inside)) return true;
    }
    return false;
  };
}

ContactFilter existing(const std::string& field) {
  return [field](const Contact& contact) {
    const std::vector<std::string> texts = texts_of(contact.fields.find(field));
    return !texts.empty() && !texts.front().empty();
  };
}

bool within(int compared, const std::string& limit) {
  if (limit == "gt") return compared > 0;
  if (limit == "gte") return compared >= 0;
  if (limit == "lt") return compared < 0;
  return compared <= 0;
}

int order(std::int64_t left, std::int64_t right) { return left < right ? -1 : left > right ? 1 : 0; }

/// A limit of a range of dates: a time, a day, or milliseconds since 1970.
std::optional<std::int64_t> read_time(const Value& limit) {
  if (!limit.is_text()) return whole_number(limit);
  const std::string text = limit.text().size() == 10 ? limit.text() + "T00:00:00Z" : limit.text();
  const Result<Timestamp> time = parse_timestamp(text);
  return time ? std::optional(milliseconds(*time)) : std::nullopt;
}

ContactFilter in_range(const std::string& field, const Value& value, const std::string& place,
                       std::vector<std::string>& problems) {
  struct Limit {
    std::string name;
    std::int64_t time;
    std::string text;
  };
  std::vector<Limit> limits;
  for (const auto& [name, limit] : value.map()) {
    const std::optional<std::int64_t> time = is_date(field) ? read_time(limit) : 0;
    const bool known = name == Value("gt") || name == Value("gte") || name == Value("lt") || name == Value("lte");
    if (!known || !time || (!is_date(field) && !limit.is_text())) {
      problems.push_back(place + "/value: a range has gt, gte, lt and lte, each a time for a date, else a text");
      break;
    }
    limits.push_back({name.text(), *time, limit.is_text() ? lower(limit.text()) : ""});
  }
  return [field, limits](const Contact& contact) {
    const std::vector<std::string> texts = texts_of(contact.fields.find(field));
    if (texts.empty()) return false;
    const std::int64_t time = is_date(field) ? milliseconds(contact.fields.text_or(field)) : 0;
    return std::all_of(limits.begin(), limits.end(), [&](const Limit& limit) {
      return within(is_date(field) ? order(time, limit.time) : texts.front().compare(limit.text), limit.name);
    });
  };
}

ContactFilter negated(ContactFilter filter) {
  return [filter = std::move(filter)](const Contact& contact) { return !filter(contact); };
}

ContactFilter never() {
  return [](const Contact&) { return false; };
}

ContactFilter read_condition(const Value& filter, const std::string& place, std::vector<std::string>& problems) {
  const std::string field = searchable_field(filter.text_or("field"));
  if (field.empty()) {
    const std::string name = filter.text_or("field");
    problems.push_back(place + "/field: contacts are not searched by \"" + name + "\"" + did_you_mean(name, fields()));
    return never();
  }
  std::string name = filter.text_or("operator");
  const bool turned = name.starts_with("not_");
  if (turned) name.erase(0, 4);
  if (name == "exists") return turned ? negated(existing(field)) : existing(field);

  const Value* value = filter.find("value");
  if (name.empty() || !value || value->is_map() != (name == "range")) {
    problems.push_back(place + ": a filter has a field, an operator and the operator's value");
    return never();
  }
  if (name == "range") return in_range(field, *value, place, problems);
  ContactFilter filter_made = name == "eq" ? equal_to(field, *value) : containing(field, *value);
  return turned ? negated(std::move(filter_made)) : filter_made;
}

ContactFilter read_group(const Value& filters, bool every, const std::string& place,
                         std::vector<std::string>& problems) {
  static const std::shared_ptr<const Schema> schema = schema_of(filter_schema);
  std::vector<ContactFilter> parts;
  std::size_t number = 0;
  for (const Value& filter : filters.list()) {
    const std::string here = place + "/" + std::to_string(number++);
    std::vector<std::string> wrong = problems_of(*schema, filter);
    for (const std::string& problem : wrong) problems.push_back(here + ": " + problem);
    if (!wrong.empty()) continue;
    const Value* inner = filter.find("filters");
    parts.push_back(inner ? read_group(*inner, filter.text_or("group", "AND") == "AND", here + "/filters", problems)
                          : read_condition(filter, here, problems));
  }
  return [parts, every](const Contact& contact) {
    const auto holds_for = [&](const ContactFilter& part) { return part(contact); };
    return every ? std::all_of(parts.begin(), parts.end(), holds_for)
                 : std::any_of(parts.begin(), parts.end(), holds_for);
  };
}

}  // namespace

ContactFilter read_filters(const Value& filters, std::vector<std::string>& problems) {
  return read_group(filters, true, "filters", problems);
}

std::string searchable_field(const std::string& name) {
  if (name == "firstNameLowerCase") return "firstName";
  if (name == "lastNameLowerCase") return "lastName";
  if (name == "fullNameLowerCase") return "name";
  if (name == "emailLowerCase") return "email";
  return holds(fields(), name) ? name : "";
}

bool is_date(std::string_view field) noexcept { return field == "dateAdded" || field == "dateUpdated"; }

}  // namespace millrace::sandbox
