#include "openapi/page_extensions.hpp"

#include "base/text.hpp"

namespace millrace {

namespace {

/// "$.data.items" and "$response.data.items" as a path; empty where it says more than members.
std::vector<std::string> path_said(const std::string& text, std::string_view root) {
  if (!text.starts_with(std::string(root) + ".") || text.find_first_of("[]*'\"#()?@") != std::string::npos) return {};
  return split(text.substr(root.size() + 1), '.');
}

std::string last_of(const std::vector<std::string>& path) { return path.empty() ? "" : path.back(); }

SaidPages read_azure(const Spot& said) {
  SaidPages pages;
  pages.list = {said.text("itemName").empty() ? "value" : said.text("itemName")};
  if (!said.text("nextLinkName").empty()) pages.address = {said.text("nextLinkName")};
  return pages;
}

SaidPages read_speakeasy(const Spot& said) {
  SaidPages pages;
  const Spot outputs = said.at("outputs"), inputs = said.at("inputs");
  pages.list = path_said(outputs.text("results"), "$");
  pages.address = path_said(outputs.text("nextUrl"), "$");
  pages.cursor = path_said(outputs.text("nextCursor"), "$");
  for (std::size_t at = 0; inputs.is_list() && at < inputs.value->list().size(); ++at) {
    const std::string type = inputs.item(at).text("type"), name = inputs.item(at).text("name");
    if (type == "cursor") pages.cursor_parameter = name;
    if (type == "page") pages.page_parameter = name;
    if (type == "offset") pages.offset_parameter = name;
  }
  return pages;
}

SaidPages read_fern(const Spot& said) {
  SaidPages pages;
  pages.list = path_said(said.text("results"), "$response");
  pages.address = path_said(said.text("next_uri"), "$response");
  pages.cursor = path_said(said.text("next_cursor"), "$response");
  pages.cursor_parameter = last_of(path_said(said.text("cursor"), "$request"));
  const std::string counted = last_of(path_said(said.text("offset"), "$request"));
  (counted.find("page") != std::string::npos ? pages.page_parameter : pages.offset_parameter) = counted;
  return pages;
}

}  // namespace

std::optional<SaidPages> read_page_extension(Documents& documents, const Spot& operation) {
  struct Way {
    std::string_view word;
    SaidPages (*read)(const Spot&);
  };
  for (const Way& way : {Way{"x-ms-pageable", read_azure}, Way{"x-speakeasy-pagination", read_speakeasy},
                         Way{"x-fern-pagination", read_fern}}) {
    const Spot said = operation.at(way.word);
    if (!said) continue;
    SaidPages pages = way.read(said);
    if (pages.any()) return pages;
    if (way.word == "x-ms-pageable" && said.at("nextLinkName")) return std::nullopt;  // null: all in one page
    documents.tell(Severity::hint, "unread-pages", said,
                   "\"" + std::string(way.word) + "\" says pages in a way that is not read: say them in the overlay");
  }
  return std::nullopt;
}

}  // namespace millrace
