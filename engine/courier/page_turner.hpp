#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "courier/answer.hpp"
#include "courier/connections.hpp"
#include "courier/shipment.hpp"
#include "http/http_message.hpp"

namespace millrace {

/// Whether the shipment asks for all pages of what its action lists.
bool goes_on(const Shipment& shipment);

/// Goes through the pages of a list: which one is asked for now, and what all of them hold together. Pages that come
/// again end it with `unavailable`, and things that moved to a later page meanwhile come once, where they have an id.
/// Each page is held only until its things are taken. Pure, but for what Connections look up.
class PageTurner {
 public:
  /// REQUIRES: goes_on(first); `connections` outlives it.
  PageTurner(const Connections& connections, Shipment first) : connections_(connections), page_(std::move(first)) {}

  /// The page that is to be asked for.
  const Shipment& page() const noexcept { return page_; }
  /// Takes its answer; `headers` are those that came with it. Whether there is another page to ask for.
  bool take(Answer answer, const HttpHeaders& headers);
  /// The first page's answer with the things of all; or why it ended before the last page.
  Answer whole() &&;

 private:
  Status take_things(const Value& list);
  Result<Value> next_page(const Value& output, const HttpHeaders& headers) const;
  Status turn_to(const Value& next);

  const Connections& connections_;
  Shipment page_;
  Answer first_{Value()};
  std::optional<Error> failure_;
  Value::List things_;
  std::set<std::string> ids_, asked_;
  std::string last_list_;     // a fingerprint
  std::int64_t on_page_ = 0;  // things, those that had come before among them
  std::int64_t pages_ = 0;    // that were answered
  std::int64_t left_ = 0;     // that left
  int stale_ = 0;             // pages in a row without anything new
};

/// Where a Link header says that the next page is; empty where it does not.
std::string next_in_link(std::string_view header);

}  // namespace millrace
