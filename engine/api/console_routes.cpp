#include <utility>

#include "api/routes.hpp"

namespace millrace {

namespace {

Task<OutgoingResponse> show_page(std::shared_ptr<Api> api, Asked asked) { co_return api->page.index(asked.request); }

Task<OutgoingResponse> show_asset(std::shared_ptr<Api> api, Asked asked) {
  co_return api->page.asset(asked.request, asked.places[0]);
}

constexpr Route console_table[] = {
    {"GET",
     "/",
     Access::page,
     show_page,
     {.does = "The console. A browser gets the same page at each address at which nothing else is, for the page knows "
              "what to show there.",
      .answers = "a page",
      .refuses = "503 the program was built without it"}},
    {"GET",
     "/assets/{path...}",
     Access::page,
     show_asset,
     {.does = "A file that the page loads. Its name holds what is in it, so it may be kept for good.",
      .answers = "a file",
      .refuses = "404 no such file"}},
};

}  // namespace

std::span<const Route> console_routes() { return console_table; }

}  // namespace millrace
