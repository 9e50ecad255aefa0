#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/routes.hpp"

namespace millrace {

// What stands between a request and its handler.

/// What the table says about a request.
struct Found {
  const Route* route = nullptr;          ///< nullptr: nothing is at this address, or it takes other methods
  Access access = Access::anyone;        ///< what opens the address, even where nothing is there
  std::vector<std::string_view> places;  ///< parts of the request's path, still encoded
  std::string allowed;  ///< the methods of the address: "GET, HEAD, POST"; empty where nothing is there
};
/// `path` as sent; it outlives what is found.
Found find_route(std::string_view method, std::string_view path);

/// What is said to a request that does not come in; nothing where its handler is to be asked. Where who asks has to
/// prove it, he is told as `visitor`.
std::optional<OutgoingResponse> turned_away(Api& api, const Found& found, const IncomingRequest& request,
                                            Visitor& visitor);

/// Reads the rest of the request into `asked`; what cannot be read is refused. REQUIRES: it was not turned away, and
/// `asked` knows the visitor.
std::optional<OutgoingResponse> unreadable(const Found& found, const IncomingRequest& request, Asked& asked);

}  // namespace millrace
