#include "contact_count.hpp"

#include <algorithm>

#include "of_location.hpp"

namespace millrace::tags {

using job::Failure;
using job::find;
using job::Json;
using job::object;
using job::text;
using job::text_of;

namespace {

constexpr int page_limit = 500;                        // the most that the API gives at once
constexpr int within_numbers = 10'000;                 // how far pages with numbers reach
constexpr const char* broken_letter = "\xEF\xBF\xBD";  // U+FFFD

/// Oldest first: contacts that are made meanwhile come behind the others and move none.
Json oldest_first() {
  Json sort(rapidjson::kArrayType);
  sort.PushBack(object("field", text("dateAdded"), "direction", text("asc")), job::memory);
  return sort;
}

}  // namespace

std::int64_t ContactCount::read() {
  if (!read_all() && !read_all()) {
    throw Failure{"unavailable", "contacts.search listed only " + seen_of_total() +
                                     ", twice: from an incomplete list it cannot be told which tags are unused; try "
                                     "again later"};
  }
  return static_cast<std::int64_t>(seen_.size());
}

bool ContactCount::read_all() {
  seen_.clear();
  tags_.clear();
  total_ = 0;
  without_id_ = 0;
  unreadable_ = 0;
  cursor_ = Json();
  page_ = 1;
  for (;;) {
    if (call_.cancelled()) throw Failure{"cancelled", "it was cancelled"};
    const Json answer = next_page();
    const Json* contacts = find(answer, "contacts");
    const Json* total = find(answer, "total");
    if (contacts == nullptr || !contacts->IsArray()) {
      throw Failure{"invalid", "the answer of contacts.search has no list \"contacts\""};
    }
    if (total == nullptr || !total->IsInt64() || total->GetInt64() < 0) {
      throw Failure{
          "invalid",
          "the answer of contacts.search has no number \"total\", so it cannot be told whether it is complete"};
    }
    total_ = std::max(total_, total->GetInt64());
    const std::size_t fresh = take(*contacts);
    const bool complete = static_cast<std::int64_t>(seen_.size()) >= total_;
    if (contacts->Empty() || (complete && contacts->Size() < page_limit)) return complete;
    if (fresh == 0) {
      throw Failure{"unavailable", "contacts.search gave a page again that it had given before, after " +
                                       seen_of_total() + ": what lies behind it cannot be reached"};
    }
    if (turn_to_the_page_behind(*contacts)) continue;
    if (complete) return true;
    throw Failure{"unavailable",
                  "the contacts carry no \"searchAfter\", and without it contacts.search reaches only the "
                  "first " +
                      std::to_string(within_numbers) + " of " + std::to_string(total_)};
  }
}

Json ContactCount::next_page() {
  Json request = object("location_id", text(location_), "page_limit", Json(page_limit), "sort", oldest_first());
  if (!cursor_.IsNull()) {
    job::add_members(request, "search_after", job::copy(cursor_));
  } else if (page_ > 1) {
    job::add_members(request, "page", Json(page_));
  }
  return call_.action("contacts.search", request);
}

std::size_t ContactCount::take(const Json& contacts) {
  std::size_t fresh = 0;
  for (const Json& contact : contacts.GetArray()) {
    must_be_of(location_, contact, "contacts.search", "contacts");
    std::string id = text_of(contact, "id");
    if (id.empty()) {
      ++without_id_;  // counted all the same: rather a tag too many looks used
    } else if (!seen_.insert(std::move(id)).second) {
      continue;
    } else {
      ++fresh;
    }
    if (!count_carried(contact)) ++unreadable_;
  }
  return fresh;
}

bool ContactCount::count_carried(const Json& contact) {
  const Json* carried = find(contact, "tags");
  if (carried == nullptr || !carried->IsArray()) return false;
  bool readable = true;
  tags_.begin_carrier();
  for (const Json& tag : carried->GetArray()) {
    const std::string name = tag.IsString() ? std::string(tag.GetString(), tag.GetStringLength()) : "";
    // A letter that was broken on the way: it may be any tag's name.
    readable = readable && tag.IsString() && name.find(broken_letter) == std::string::npos;
    if (tag.IsString()) tags_.count(name);
  }
  return readable;
}

bool ContactCount::turn_to_the_page_behind(const Json& contacts) {
  const Json* cursor = find(contacts[contacts.Size() - 1], "searchAfter");
  const bool there = cursor != nullptr && cursor->IsArray() && !cursor->Empty();
  cursor_ = there ? job::copy(*cursor) : Json();
  return there || ++page_ * page_limit <= within_numbers;
}

std::string ContactCount::seen_of_total() const {
  std::string told = std::to_string(seen_.size()) + " of " + std::to_string(total_) + " contacts";
  if (without_id_ > 0) told += " (" + std::to_string(without_id_) + " have no id and cannot be told apart)";
  return told;
}

}  // namespace millrace::tags
