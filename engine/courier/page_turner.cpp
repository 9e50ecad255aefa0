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
constexpr int most_readings = 2;
constexpr int most_stale_pages = 2, most_empty_pages = 20;  // in a row

/// What asks for nothing: a cursor that is not there.
bool says_nothing(const Value& next) {
  const auto empty = [](const Value& value) { return value.is_null() || (value.is_text() && value.text().empty()); };
  if (!next.is_map()) return empty(next);
  return std::any_of(next.map().begin(), next.map().end(), [&](const Map::Entry& one) { return empty(one.second); });
}

/// Whether one of the inputs is 0 or 1, as a number or as text: some far sides give the first page for both.
bool asks_for_the_first(const Value& inputs) {
  if (!inputs.is_map()) return false;
  return std::any_of(inputs.map().begin(), inputs.map().end(), [](const Map::Entry& one) {
    const std::string written = encode_json(one.second);
    return written == "0" || written == "1" || written == "\"0\"" || written == "\"1\"";
  });
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

/// Reads a Link header from its beginning to its end, as RFC 8288 writes it.
class LinkHeader {
 public:
  explicit LinkHeader(std::string_view header) : rest_(header) {}

  /// The address of the first link that is called next; empty where none is.
  std::string next() {
    while (true) {
      const std::size_t open = rest_.find('<'), close = rest_.find('>', std::min(open, rest_.size()));
      if (close == std::string_view::npos) return "";
      const std::string address(rest_.substr(open + 1, close - open - 1));
      rest_.remove_prefix(close + 1);
      if (is_next()) return address;
    }
  }

 private:
  /// Takes the link's parameters. Of several "rel" the first counts, and it may name several relations.
  bool is_next() {
    std::string relations;
    while (!rest_.empty() && rest_.front() != ',') {
      const std::size_t end = std::min(rest_.find_first_of("=;,"), rest_.size());
      const std::string name = lower(trim(rest_.substr(0, end)));
      rest_.remove_prefix(end);
      const std::string said = rest_.starts_with('=') ? value() : "";
      if (name == "rel" && relations.empty()) relations = lower(said);
      std::replace(relations.begin(), relations.end(), '\t', ' ');
      if (rest_.starts_with(';')) rest_.remove_prefix(1);
    }
    const auto names = split(relations, ' ');
    return std::find(names.begin(), names.end(), "next") != names.end();
  }

  /// What stands behind a "=", in quotes or plain.
  std::string value() {
    rest_.remove_prefix(1);
    const std::size_t begin = std::min(rest_.find_first_not_of(" \t"), rest_.size());
    rest_.remove_prefix(begin);
    const bool quoted = rest_.starts_with('"');
    std::string said;
    std::size_t at = 0;
    if (quoted) {
      for (at = 1; at < rest_.size() && rest_[at] != '"'; ++at) {
        if (rest_[at] == '\\' && at + 1 < rest_.size()) ++at;
        said += rest_[at];
      }
    }
    const std::size_t end = std::min(rest_.find_first_of(";,", at), rest_.size());
    if (!quoted) said = trim(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return said;
  }

  std::string_view rest_;
};

}  // namespace

std::string next_in_link(std::string_view header) { return LinkHeader(header).next(); }

bool goes_on(const Shipment& shipment) {
  return !shipment.of_library && !writes(shipment.effect) && asks_all_pages(*shipment.action, shipment.input);
}

Status PageTurner::take_things(const Value& list) {
  const Pages& pages = *page_.action->request->pages;
  std::size_t fresh = 0;
  // Without ids, pages that look alike may still hold different things.
  const bool seen = !read_.pages.insert(fingerprint(encode_json(list))).second;
  const bool again = seen && read_.may_begin_again;
  for (const Value& thing : list.list()) {
    const Value* id = pages.id.empty() ? nullptr : member_at(thing, pages.id);
    const bool known = again || (id != nullptr && !id->is_null() && !read_.ids.insert(encode_json(*id)).second);
    if (!known) read_.things.push_back(thing);
    fresh += known || seen ? 0 : 1;
  }
  read_.on_page = static_cast<std::int64_t>(list.list().size());
  read_.stale = fresh == 0 ? read_.stale + 1 : 0;
  if (read_.stale < (read_.on_page > 0 ? most_stale_pages : most_empty_pages) || read_.count < 2) return Done{};
  const std::string after = ", after " + counted(read_.ids.empty() ? read_.things.size() : read_.ids.size(), "thing");
  return Error{ErrorCode::unavailable, (read_.on_page > 0 ? "it gives pages again that it had given before" + after
                                                          : "it gives one empty page after the other" + after) +
                                           ": what lies behind them cannot be reached"};
}

void PageTurner::take_total(const Value& output) {
  const auto& total = page_.action->request->pages->total;
  if (!total || read_.count > 1) return;
  Bindings names;
  names.set("output", output);
  names.set("asked", page_.input);
  const auto told = total->evaluate(names);
  if (told && told->is(Kind::integer)) read_.told = told->integer();
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
  names.set("on_page", read_.on_page);
  names.set("so_far", static_cast<std::int64_t>(read_.things.size()));
  const auto next = page_.action->request->pages->next.evaluate(names);
  if (!next) return next.error().within("what asks for the next page");
  if (says_nothing(*next)) return Value();
  if (next->is_text() || (next->is_map() && !next->contains_unknown())) return next;
  return Error{ErrorCode::invalid, "what asks for the next page is neither a mapping of inputs nor an address"};
}

Status PageTurner::turn_to(const Value& next) {
  if (!read_.asked.insert(fingerprint(encode_json(next))).second)
    return Error{ErrorCode::unavailable, "the next page is one that was asked for before: the list does not end"};
  if (read_.count >= most_pages_of_a_list || read_.things.size() >= most_things_of_a_list)
    return Error{ErrorCode::invalid, "the list is longer than 10,000 pages or 1,000,000 things: ask for a part of it"};
  read_.may_begin_again = read_.count == 1 && asks_for_the_first(next);
  if (next.is_text()) {
    page_ = TRY(prepared_at(connections_, page_, TRY(address_of_page(page_, next.text()))));
    return Done{};
  }
  Map input = page_.input.map();
  for (const auto& [name, value] : next.map()) input.set(name, value);
  page_ = TRY(prepared(connections_, *page_.action, Value(std::move(input)), page_.site));
  return Done{};
}

Result<bool> PageTurner::begins_anew() {
  const auto came = static_cast<std::int64_t>(read_.things.size());
  if (!read_.told || came >= *read_.told) return false;
  if (readings_ >= most_readings)
    return Error{ErrorCode::unavailable, "only " + std::to_string(came) + " of " +
                                             counted(static_cast<std::size_t>(*read_.told), "thing") +
                                             " came, twice: the list breaks off, or moves while it is read; try again "
                                             "later"};
  ++readings_;
  read_ = Reading();
  page_ = beginning_;
  return true;
}

Result<bool> PageTurner::go_on(const Result<Value>& output, const HttpHeaders& headers) {
  const Value& page = TRY(output);
  const Value* list = member_at(page, page_.action->request->pages->list);
  if (list == nullptr || !(list->is_list() || list->is_null()))
    return Error{ErrorCode::invalid,
                 "the answer has no list \"" + page_.action->request->pages->list + "\" to go on from"};
  take_total(page);
  const Value none = Value::List();  // some far sides write an empty list as null
  TRY(take_things(list->is_list() ? *list : none));
  const Value next = TRY(next_page(page, headers));
  if (next.is_null()) return begins_anew();
  TRY(turn_to(next));
  return true;
}

bool PageTurner::take(Answer answer, const HttpHeaders& headers) {
  const std::int64_t number = ++read_.count;
  left_ += answer.left ? 1 : 0;
  const Result<Value> output = answer.output;
  if (number == 1) first_ = std::move(answer);
  const auto more = go_on(output, headers);
  if (more) return *more;
  failure_ = number == 1 && !output ? output.error() : more.error().within("page " + std::to_string(number));
  return false;
}

Answer PageTurner::whole() && {
  first_.left = left_ > 0;
  first_.further = std::max<std::int64_t>(left_ - 1, 0);
  if (failure_) {
    first_.output = std::move(*failure_);
  } else {
    first_.output = with_member(*first_.output, page_.action->request->pages->list, Value(std::move(read_.things)));
  }
  first_.settled.reset();
  return std::move(first_);
}

}  // namespace millrace
