#include "last_look.hpp"

#include <algorithm>

#include "base/unicode.hpp"

namespace millrace::pruning {

using job::Call;
using job::Failure;
using job::find;
using job::is_unknown;
using job::Json;
using job::object;
using job::text;
using job::text_of;

namespace {

constexpr int page_limit = 500;  // the most that the API gives at once

std::optional<Spared> as_it_is_now(Call& call, const std::string& location, const Candidate& tag) {
  const Json answer = call.action("location_tags.get", object("location_id", text(location), "tag_id", text(tag.id)));
  const Json* now = find(answer, "tag");
  if (is_unknown(answer) || (now != nullptr && is_unknown(*now))) return std::nullopt;
  const std::string id = now != nullptr ? text_of(*now, "id") : "",
                    of = now != nullptr ? text_of(*now, "locationId") : "";
  if (id != tag.id || (!of.empty() && of != location))
    return Spared{"renamed", "asked for it, the far side does not tell of this tag now, but of something else"};
  const Json* name = find(*now, "name");
  if (name != nullptr && is_unknown(*name)) return std::nullopt;
  if (same_name(text_of(*now, "name"), tag.name)) return std::nullopt;
  return Spared{"renamed", "its name is \"" + text_of(*now, "name") + "\" by now"};
}

/// Where what a contact carries cannot be read, it may be the tag.
bool may_carry(const Json& contact, const std::string& key) {
  const Json* carried = find(contact, "tags");
  if (carried == nullptr || !carried->IsArray()) return true;
  return std::any_of(carried->Begin(), carried->End(), [&key](const Json& name) {
    return !name.IsString() || vague_name_key({name.GetString(), name.GetStringLength()}) == key;
  });
}

std::optional<Spared> carried_now(Call& call, const std::string& location, const Candidate& tag) {
  Json filters(rapidjson::kArrayType);
  filters.PushBack(object("field", text("tags"), "operator", text("eq"), "value", text(tag.name)), job::memory);
  const Json answer = call.action("contacts.search", object("location_id", text(location), "page_limit",
                                                            Json(page_limit), "filters", std::move(filters)));
  const Json* contacts = find(answer, "contacts");
  if (is_unknown(answer) || (contacts != nullptr && is_unknown(*contacts))) return std::nullopt;
  if (contacts == nullptr || !contacts->IsArray())
    throw Failure{"invalid",
                  "the answer of contacts.search has no list \"contacts\", so it cannot be told who carries it"};
  const std::string key = vague_name_key(tag.name);
  auto carriers = std::count_if(contacts->Begin(), contacts->End(),
                                [&key](const Json& contact) { return may_carry(contact, key); });
  if (contacts->Empty()) carriers = job::integer_of(answer, "total");  // that they are not listed does not unmake them
  if (carriers <= 0) return std::nullopt;
  return Spared{"used", job::counted(static_cast<std::uint64_t>(carriers), "contact") +
                            (carriers == 1 ? " carries it now" : " carry it now")};
}

}  // namespace

std::optional<Spared> last_look(Call& call, const std::string& location, const Candidate& tag) {
  if (auto spared = as_it_is_now(call, location, tag)) return spared;
  return carried_now(call, location, tag);
}

}  // namespace millrace::pruning
