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
/// Where fewer came than the first page told of, because the list broke off or things moved, all are asked for once
/// more; then that is `unavailable`, too. Each page is held only until its things are taken. Pure, but for what
/// Connections look up.
class PageTurner {
 public:
  /// REQUIRES: goes_on(first); `connections` outlives it.
  PageTurner(const Connections& connections, Shipment first)
      : connections_(connections), beginning_(first), page_(std::move(first)) {}

  /// The page that is to be asked for.
  const Shipment& page() const noexcept { return page_; }
  /// Takes its answer; `headers` are those that came with it. Whether there is another page to ask for.
  bool take(Answer answer, const HttpHeaders& headers);
  /// The first page's answer with the things of all; or why it ended before the last page.
  Answer whole() &&;

 private:
  /// What one reading of the list, from its first page on, knows so far.
  struct Reading {
    Value::List things;
    std::set<std::string> ids, asked, pages;  // fingerprints, but for the ids
    std::optional<std::int64_t> told;         // how many things there are
    std::int64_t count = 0;                   // of pages
    std::int64_t on_page = 0;                 // things, those that had come before among them
    int stale = 0;                            // pages in a row without anything new
    bool may_begin_again = false;             // the next page may be the first one
  };

  Result<bool> go_on(const Result<Value>& output, const HttpHeaders& headers);
  Status take_things(const Value& list);
  void take_total(const Value& output);
  Result<Value> next_page(const Value& output, const HttpHeaders& headers) const;
  Status turn_to(const Value& next);
  /// Behind the last page: whether all are to be asked for once more.
  Result<bool> begins_anew();

  const Connections& connections_;
  const Shipment beginning_;
  Shipment page_;
  Answer first_{Value()};
  std::optional<Error> failure_;
  Reading read_;
  int readings_ = 1;
  std::int64_t left_ = 0;  // pages that left
};

/// Where a Link header says that the next page is; empty where it does not.
std::string next_in_link(std::string_view header);

}  // namespace millrace
