#include "courier/page_turner.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "base/url.hpp"
#include "base/url_path.hpp"
#include "catalog/pages.hpp"
#include "courier/redirect.hpp"
#include "crypto/digest.hpp"
#include "value/json.hpp"
#include "value/member_path.hpp"

namespace millrace {

namespace {

constexpr std::int64_t most_pages_of_a_list = 10'000;
constexpr std::size_t most_things_of_a_list = 1'000'000;

/// What asks for nothing: a cursor that is not there.
bool says_nothing(const Value& next) {
  const auto empty = [](const Value& value) { return value.is_null() || (value.is_text() && value.text().empty()); };
  if (!next.is_map()) return empty(next);
  return std::any_of(next.map().begin(), next.map().end(), [&](const Map::Entry& one) { return empty(one.second); });
}

/// The query without what the connection itself shows there: some far sides repeat it in the addresses they give.
std::string without_shown(const std::string& query, const ConnectionSettings* connection) {
  if (connection == nullptr || !connection->shown || connection->shown->place != ShownSecret::Place::query)
    return query;
  std::vector<std::string> kept;
  for (const std::string& pair : split(query, '&')) {
    if (!pair.starts_with(connection->shown->name + "=")) kept.push_back(pair);
  }
  return join(kept, "&");
}

/// Below the connection's address where it has one, so that an address that is a secret is not shown.
std::string below_base(const Destination& to, std::string url) {
  const bool below = !to.base.empty() && url.starts_with(to.base) && url.size() > to.base.size() &&
                     (url[to.base.size()] == '/' || url[to.base.size()] == '?');
  return below ? url.substr(to.base.size()) : url;
}

/// The address of the next page as far sides give it. One that names another host than was asked, as behind a proxy,
/// means the page of that query here: nothing is ever sent elsewhere.
Result<std::string> address_of_page(const Shipment& page, const std::string& said) {
  const Url here = TRY(parse_url(page.to.url));
  const std::string address = TRY(resolved(here, said));
  const Url there = TRY(parse_url(address));
  if (const std::string strange = strange_in_path(there.path()); !strange.empty())
    return Error{ErrorCode::denied, "the address of the next page " + strange};
  if (there.origin() != here.origin() && there.path() != here.path())
    return Error{ErrorCode::denied, "the next page would be at " + there.place() + ", and what is asked of " +
                                        page.to.place + " is asked nowhere else"};
  const std::string query =
      without_shown(there.rest.substr(std::min(there.path().size() + 1, there.rest.size())), page.to.connection);
  return below_base(page.to, here.site() + std::string(there.path()) + (query.empty() ? "" : "?" + query));
}

}  // namespace

std::string next_in_link(std::string_view header) {
  for (std::size_t open = header.find('<'); open != std::string_view::npos; open = header.find('<', open + 1)) {
    const std::size_t close = header.find('>', open);
    if (close == std::string_view::npos) return "";
    const std::size_t end = std::min(header.find('<', close), header.size());
    for (const std::string& parameter : split(std::string(header.substr(close + 1, end - close - 1)), ';')) {
      std::string said = lower(trim(parameter));
      while (said.ends_with(',')) said = trim(said.substr(0, said.size() - 1));
      if (said == "rel=next" || said == "rel=\"next\"") return std::string(header.substr(open + 1, close - open - 1));
    }
  }
  return "";
}

bool goes_on(const Shipment& shipment) {
  return !shipment.of_library && !writes(shipment.effect) && asks_all_pages(*shipment.action, shipment.input);
}

Status PageTurner::take_things(const Value& list) {
  const Pages& pages = *page_.action->request->pages;
  std::size_t fresh = 0;
  const std::string print = fingerprint(encode_json(list));
  const bool again = print == last_list_;  // some far sides give the first page for the numbers 0 and 1
  for (const Value& thing : list.list()) {
    const Value* id = pages.id.empty() ? nullptr : member_at(thing, pages.id);
    const bool known = again || (id != nullptr && !id->is_null() && !ids_.insert(encode_json(*id)).second);
    if (!known) things_.push_back(thing);
    fresh += known ? 0 : 1;
  }
  on_page_ = static_cast<std::int64_t>(list.list().size());
  last_list_ = print;
  stale_ = on_page_ > 0 && fresh == 0 ? stale_ + 1 : 0;
  if (stale_ < 2 || pages_ < 2) return Done{};
  return Error{ErrorCode::unavailable, "it gives pages again that it had given before, after " +
                                           counted(ids_.empty() ? things_.size() : ids_.size(), "thing") +
                                           ": what lies behind them cannot be reached"};
}

Result<Value> PageTurner::next_page(const Value& output, const HttpHeaders& headers) const {
  std::string next_link;
  for (const auto& [name, value] : headers) {
    if (next_link.empty() && lower(name) == "link") next_link = next_in_link(value);
  }
  Bindings names;
  names.set("output", output);
  names.set("asked", page_.input);
  names.set("link", next_link.empty() ? Value() : Value(next_link));
  names.set("on_page", on_page_);
  names.set("so_far", static_cast<std::int64_t>(things_.size()));
  const auto next = page_.action->request->pages->next.evaluate(names);
  if (!next) return next.error().within("what asks for the next page");
  if (says_nothing(*next)) return Value();
  if (next->is_text() || (next->is_map() && !next->contains_unknown())) return next;
  return Error{ErrorCode::invalid, "what asks for the next page is neither a mapping of inputs nor an address"};
}

Status PageTurner::turn_to(const Value& next) {
  if (!asked_.insert(fingerprint(encode_json(next))).second)
    return Error{ErrorCode::unavailable, "the next page is one that was asked for before: the list does not end"};
  if (pages_ >= most_pages_of_a_list || things_.size() >= most_things_of_a_list)
    return Error{ErrorCode::invalid, "the list is longer than 10,000 pages or 1,000,000 things: ask for a part of it"};
  if (next.is_text()) {
    page_ = TRY(prepared_at(connections_, page_, TRY(address_of_page(page_, next.text()))));
    return Done{};
  }
  Map input = page_.input.map();
  for (const auto& [name, value] : next.map()) input.set(name, value);
  page_ = TRY(prepared(connections_, *page_.action, Value(std::move(input)), page_.site));
  return Done{};
}

bool PageTurner::take(Answer answer, const HttpHeaders& headers) {
  ++pages_;
  left_ += answer.left ? 1 : 0;
  const Result<Value> output = answer.output;
  if (pages_ == 1) first_ = std::move(answer);
  const auto go_on = [&]() -> Result<bool> {
    const Value& page = TRY(output);
    const Value* list = member_at(page, page_.action->request->pages->list);
    if (list == nullptr || !list->is_list())
      return Error{ErrorCode::invalid,
                   "the answer has no list \"" + page_.action->request->pages->list + "\" to go on from"};
    TRY(take_things(*list));
    const Value next = TRY(next_page(page, headers));
    if (!next.is_null()) TRY(turn_to(next));
    return !next.is_null();
  };
  const auto more = go_on();
  if (more) return *more;
  failure_ = pages_ == 1 && !output ? output.error() : more.error().within("page " + std::to_string(pages_));
  return false;
}

Answer PageTurner::whole() && {
  first_.left = left_ > 0;
  first_.further = std::max<std::int64_t>(left_ - 1, 0);
  if (failure_) {
    first_.output = std::move(*failure_);
  } else {
    first_.output = with_member(*first_.output, page_.action->request->pages->list, Value(std::move(things_)));
  }
  first_.settled.reset();
  return std::move(first_);
}

}  // namespace millrace
