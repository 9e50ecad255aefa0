#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugin/job_bench.hpp"

namespace millrace::test {

/// A location whose contacts are given in pages of 500 by the cursor that each contact carries.
struct Location : JobBench {
  Location() : JobBench("tags") {
    services.answer = [this](const std::string& action, const Value& input) { return connector(action, input); };
  }

  void contact(const std::string& id, const std::string& tags) {
    contacts.push_back(json(R"({"id": ")" + id + R"(", "tags": )" + tags + R"(, "searchAfter": [)" +
                            std::to_string(contacts.size() + 1) + "]}"));
  }

  /// They come by page number, so that one that goes moves all behind it.
  void contacts_without_cursor(int count) {
    for (int number = 0; number < count; ++number)
      contacts.push_back(json(R"({"id": "c)" + std::to_string(number) + R"(", "tags": ["old"]})"));
  }

  Result<Value> connector(const std::string& action, const Value& input) {
    if (action == "location_tags.list") return Value::object({{"tags", tags.list()}});
    if (action == "contacts.search") return contacts_page(input);
    if (before_page) before_page(action);
    const bool posts_asked = action == "social_posts.list";
    const Value::List& all = posts_asked ? posts.list() : social.list();
    const auto skip = static_cast<std::size_t>(std::stoi(input.text_or("skip")));
    const auto limit = static_cast<std::size_t>(std::stoi(input.text_or("limit")));
    const Value::List page = slice(all, skip, limit);
    return Value::object(
        {{"results", Value::object({{posts_asked ? "posts" : "tags", page}, {"count", all.size() + not_listed}})}});
  }

  Result<Value> contacts_page(const Value& input) {
    ++searches;
    if (before_search) before_search();
    if (fails) return Error{ErrorCode::unavailable, "the far side is down"};
    const Value* after = input.find("search_after");
    const Value* page = input.find("page");
    std::size_t from = after != nullptr ? static_cast<std::size_t>(after->list()[0].integer()) : 0;
    if (page != nullptr) from = static_cast<std::size_t>(page->integer() - 1) * 500;
    if (same_page_again) from = 0;
    return Value::object({{"contacts", slice(contacts, from, 500)},
                          {"total", total.value_or(static_cast<std::int64_t>(contacts.size()))}});
  }

  static Value::List slice(const Value::List& all, std::size_t from, std::size_t count) {
    const std::size_t begin = std::min(from, all.size());
    const std::size_t end = std::min(begin + count, all.size());
    return {all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end)};
  }

  std::string usage(const std::string& input = R"({"social_tags": false})") {
    Map given = json(input).map();
    given.set("location_id", "loc");
    return call("usage", given);
  }
  /// "a 2, b 0 since 2026-09-21": the items of a usage in short.
  std::string items(const std::string& input = R"({"social_tags": false})") {
    const std::string told = usage(input);
    if (!told.starts_with("{")) return told;
    const Value answer = json(told);
    std::string text;
    for (const Value& item : answer.find("items")->list()) {
      text += (text.empty() ? "" : ", ") + item.text_or("id") + " " + test::told(*item.find("contacts"));
      const Value* since = item.find("unused_since");
      if (since->is_text()) text += " since " + since->text().substr(0, 10);
    }
    return text;
  }
  void a_day_later(int days = 1) { services.time.seconds += days * 86'400; }

  std::function<void(const std::string& action)> before_page;  ///< of posts and social tags
  std::function<void()> before_search;                         ///< of contacts
  Value tags = json(R"([{"id": "a", "name": "VIP"}, {"id": "b", "name": "old"}])");
  Value social = json("[]"), posts = json("[]");
  Value::List contacts;
  std::optional<std::int64_t> total;
  bool same_page_again = false;
  std::size_t not_listed = 0;  ///< posts and social tags that are counted, and never come
  bool fails = false;
  int searches = 0;
};

}  // namespace millrace::test
