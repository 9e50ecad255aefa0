#include "openapi/pages.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "openapi/answer_members.hpp"
#include "openapi/names.hpp"
#include "openapi/page_extensions.hpp"

namespace millrace {

namespace {

using Words = std::vector<std::string_view>;

const Words address_members = {"next",          "next_url",      "next_uri",       "next_link",       "next_href",
                               "next_page_url", "next_page_uri", "next_page_link", "odata_next_link", "href"};
const Words cursor_members = {"next_cursor", "cursor",           "next_page_token",    "next_token", "next_page",
                              "end_cursor",  "next_page_cursor", "continuation_token", "after",      "next_marker",
                              "next",        "starting_after"};
const Words cursor_parameters = {"cursor",
                                 "page_token",
                                 "next_page_token",
                                 "next_token",
                                 "after",
                                 "page_cursor",
                                 "starting_after",
                                 "start_after",
                                 "continuation_token",
                                 "next_cursor",
                                 "pagination_token",
                                 "start_cursor",
                                 "marker",
                                 "page"};
const Words page_parameters = {"page",       "page_number",  "page_no",   "page_num",
                               "pagenumber", "current_page", "page_index"};
const Words offset_parameters = {"offset", "skip", "page_offset", "start"};
const Words more_members = {"has_more", "has_next", "has_next_page", "has_more_pages", "has_more_results"};
const Words total_members = {"total", "total_count", "total_results", "total_items", "total_records"};
const Words total_pages_members = {"total_pages", "page_count", "last_page", "num_pages", "pages"};

template <class Schema>
bool says_number(const Schema& schema) {
  return is_of_type(schema, "integer") || is_of_type(schema, "number");
}
bool is_number(const AnswerMember& one) { return says_number(one.schema); }

/// An input that takes what a parameter, or a member of the body, is in the API.
struct PageInput {
  std::string input;
  const Value* schema = nullptr;
  std::optional<int> first_page = std::nullopt;

  bool is_text() const { return is_of_type(schema, "string"); }
  bool counts() const { return says_number(schema) && !is_text(); }
  /// The number that was asked for, where nothing was said `usual`.
  std::string asked(std::int64_t usual) const {
    return "int(asked.?" + input + ".orValue(" + std::to_string(usual) + "))";
  }
  std::string set(const std::string& value) const {
    return "{'" + input + "': " + (is_text() ? "string(" + value + ")" : value) + "}";
  }
};

class PageFinder {
 public:
  PageFinder(Documents& documents, const Listing& listing) : documents_(documents), listing_(listing) {}

  std::optional<Map> find(const Said& said) {
    const std::string noun = snake_case(last_word(listing_.operation.path));
    list_ = list_in(documents_, listing_.answer, noun);
    members_ = members_in(documents_, listing_.answer);
    read_inputs();
    if (said.pages.is_map()) return by_overlay(said.pages);
    if (const auto extension = read_page_extension(documents_, listing_.operation.spot)) {
      if (!extension->list.empty()) list_ = AnswerMember{extension->list, member_at_path(extension->list)};
      return written(by_extension(*extension));
    }
    if (listing_.link) return written("link");
    return written(by_answer());
  }

 private:
  static std::string last_word(const std::string& path) { return path.substr(path.rfind('/') + 1); }

  void read_inputs() {
    const Value* properties = listing_.input.find("properties");
    for (const std::string_view part : {"query", "body"}) {
      const Value* mapping = listing_.request.find(part);
      if (mapping == nullptr || !mapping->is_map() || properties == nullptr) continue;
      for (const auto& [name, input] : mapping->map()) {
        if (!input.is_text()) continue;
        inputs_.emplace_back(name.text(),
                             PageInput{input.text(), properties->find(input.text()), first_page_of(name.text())});
      }
    }
  }

  /// Where pages are counted from, as far as the document tells.
  std::optional<int> first_page_of(const std::string& name) {
    for (const Spot& place : {listing_.operation.spot, listing_.operation.item}) {
      const Spot list = place.at("parameters");
      for (std::size_t at = 0; list.is_list() && at < list.value->list().size(); ++at) {
        const Spot parameter = documents_.follow(list.item(at));
        if (parameter.text("name") == name) return first_page_said(parameter);
      }
    }
    return std::nullopt;
  }
  std::optional<int> first_page_said(const Spot& parameter) {
    const Spot schema = documents_.follow(parameter.at("schema"));
    const Spot usual = schema.at("default"), least = schema.at("minimum");
    if (usual && (*usual.value == Value(0) || *usual.value == Value(1))) return *usual.value == Value(0) ? 0 : 1;
    const std::string words = lower(parameter.text("description") + " " + schema.text("description"));
    const auto said = [&words](const Words& phrases) {
      return std::any_of(phrases.begin(), phrases.end(),
                         [&](std::string_view phrase) { return words.find(phrase) != std::string::npos; });
    };
    if (said({"zero-based", "0-based", "zero based", "starting at 0", "starts at 0", "starting from 0",
              "starts from 0"}))
      return 0;
    if (said({"one-based", "1-based", "one based", "starting at 1", "starts at 1", "starting from 1", "starts from 1"}))
      return 1;
    return least && *least.value == Value(1) ? std::optional(1) : std::nullopt;
  }

  const PageInput* input(const Words& words) const {
    for (const std::string_view word : words) {
      for (const auto& [name, input] : inputs_) {
        if (snake_case(name) == word) return &input;
      }
    }
    return nullptr;
  }
  const PageInput* input_named(const std::string& name) const {
    const auto found = std::find_if(inputs_.begin(), inputs_.end(), [&](const auto& one) { return one.first == name; });
    return found == inputs_.end() ? nullptr : &found->second;
  }

  Spot member_at_path(const std::vector<std::string>& path) const {
    const auto found =
        std::find_if(members_.begin(), members_.end(), [&](const AnswerMember& one) { return one.path == path; });
    return found == members_.end() ? Spot() : found->schema;
  }

  template <class Fits>
  const AnswerMember* member(const Words& words, Fits fits) const {
    for (const std::string_view word : words) {
      for (const AnswerMember& one : members_) {
        if (snake_case(one.path.back()) == word && fits(one)) return &one;
      }
    }
    return nullptr;
  }

  /// The next page's address: what is called so, and "next" where it is none of the cursors that a parameter takes.
  const AnswerMember* address() const {
    return member(address_members, [](const AnswerMember& one) {
      if (!is_of_type(one.schema, "string")) return false;
      const std::string name = snake_case(one.path.back());
      const std::string around = one.path.size() > 1 ? snake_case(one.path[one.path.size() - 2]) : "";
      if (name == "href") return around == "next";
      if (name != "next") return true;
      const std::string format = one.schema.text("format");
      return format == "uri" || format == "url" || format == "uri-reference" || around == "links" || around == "_links";
    });
  }

  std::string by_extension(const SaidPages& said) const {
    if (!said.address.empty()) return read_in_cel(said.address) + ".orValue(null)";
    const PageInput* cursor = input_named(said.cursor_parameter);
    if (cursor != nullptr && !said.cursor.empty()) return by_cursor(*cursor, said.cursor);
    if (const PageInput* page = input_named(said.page_parameter)) return by_page(*page);
    const PageInput* offset = input_named(said.offset_parameter);
    return offset != nullptr ? by_offset(*offset) : "";
  }

  std::string by_answer() const {
    if (const AnswerMember* next = address()) return read_in_cel(next->path) + ".orValue(null)";
    if (const PageInput* cursor = input(cursor_parameters)) {
      const bool counts = cursor->counts();
      const AnswerMember* next = member(cursor_members, [counts](const AnswerMember& one) {
        const std::string around = one.path.size() > 1 ? snake_case(one.path[one.path.size() - 2]) : "";
        if (snake_case(one.path.back()) == "after" && around != "next" && around != "cursors") return false;
        return counts ? is_number(one) : is_of_type(one.schema, "string");
      });
      if (next != nullptr) return by_cursor(*cursor, next->path);
      if (const std::string last = by_last_id(); !last.empty()) return last;
    }
    const PageInput* page = input(page_parameters);
    if (page != nullptr && (page->counts() || page->is_text())) return by_page(*page);
    const PageInput* offset = input(offset_parameters);
    return offset != nullptr && (offset->counts() || offset->is_text()) ? by_offset(*offset) : "";
  }

  /// Of those that go on behind the last thing.
  std::string by_last_id() const {
    const PageInput* after = input({"starting_after"});
    const std::string id = list_ ? id_in(documents_, list_->schema) : "", more = says_end(nullptr);
    if (after == nullptr || id.empty() || more.empty()) return "";
    const std::string list = list_->path.empty() ? "output" : read_in_cel(list_->path) + ".orValue([])";
    return "on_page == 0" + more + " ? null : " + after->set(list + "[on_page - 1]." + id);
  }

  std::string by_cursor(const PageInput& input, const std::vector<std::string>& path) const {
    const std::string end = says_end(nullptr),
                      next = "{'" + input.input + "': " + read_in_cel(path) + ".orValue(null)}";
    return end.empty() ? next : end.substr(4) + " ? null : " + next;
  }
  /// In doubt the first page is 0: where it is 1 it comes once more, and is recognised. The other way round the second
  /// one would be left out.
  std::string by_page(const PageInput& page) const {
    return "on_page == 0" + says_end(&page) + " ? null : " + page.set(page.asked(page.first_page.value_or(0)) + " + 1");
  }
  std::string by_offset(const PageInput& offset) const {
    return "on_page == 0" + says_end(nullptr) + says_total() +
           " ? null : " + offset.set(offset.asked(0) + " + on_page");
  }

  /// Where an answer says that there is nothing behind it: an expression that begins with " || ", or nothing.
  std::string says_end(const PageInput* page) const {
    std::string end;
    const auto is_flag = [](const AnswerMember& one) { return is_of_type(one.schema, "boolean"); };
    if (const AnswerMember* more = member(more_members, is_flag))
      end += " || " + read_in_cel(more->path) + " == optional.of(false)";
    if (page == nullptr) return end;
    const AnswerMember* last = member(total_pages_members, is_number);
    if (last != nullptr)
      end += " || " + read_in_cel(last->path) + ".optMap(last, type(last) == type(0) && " +
             page->asked(page->first_page.value_or(0)) + (page->first_page == 0 ? " + 1" : "") +
             " >= last).orValue(false)";
    return last != nullptr ? end : end + says_total();
  }
  std::string says_total() const {
    const AnswerMember* total = member(total_members, is_number);
    if (total == nullptr) return "";
    return " || " + read_in_cel(total->path) + ".optMap(all, type(all) == type(0) && so_far >= all).orValue(false)";
  }

  /// `so_far` counts from the first page that was asked for: it reaches the total only where that was the first of all.
  std::optional<Map> written(const std::string& next) {
    if (next.empty()) return std::nullopt;
    if (!list_) {
      documents_.tell(Severity::hint, "unread-pages", listing_.operation.spot,
                      "it lists by pages, and it is not clear which of its lists that is: say it in the overlay");
      return std::nullopt;
    }
    return pages_of(dotted(list_->path), id_in(documents_, list_->schema), next);
  }

  std::optional<Map> by_overlay(const Value& said) const {
    const std::string list = list_ ? dotted(list_->path) : "", id = list_ ? id_in(documents_, list_->schema) : "";
    Map pages = pages_of(said.text_or("list", list), said.text_or("id", said.find("list") == nullptr ? id : ""),
                         said.text_or("next"));
    if (const Value* total = said.find("total")) pages.set("total", *total);
    return pages;
  }

  static Map pages_of(const std::string& list, const std::string& id, const std::string& next) {
    Map pages;
    if (!list.empty()) pages.set("list", list);
    if (!id.empty()) pages.set("id", id);
    pages.set("next", next);
    return pages;
  }

  Documents& documents_;
  const Listing& listing_;
  std::optional<AnswerMember> list_;
  std::vector<AnswerMember> members_;
  std::vector<std::pair<std::string, PageInput>> inputs_;
};

}  // namespace

std::optional<Map> find_pages(Documents& documents, const Listing& listing, const Said& said) {
  if (said.no_pages) return std::nullopt;
  return PageFinder(documents, listing).find(said);
}

}  // namespace millrace
