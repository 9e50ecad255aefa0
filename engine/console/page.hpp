#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/http_server.hpp"
#include "schema/embedded.hpp"

namespace millrace {

/// The console as browsers get it: one page for every address that people see, and the files that it loads. All of it
/// is public; what it shows comes from /api/v1.
class Page {
 public:
  /// `files` are packed, and outlive the page. `base` is the path below which people reach it: "/", "/flows/".
  Page(std::span<const EmbeddedFile> files, std::string base);

  /// The page.
  OutgoingResponse index(const IncomingRequest& request) const;
  /// The file of this name below /assets/, which has its content in its name.
  OutgoingResponse asset(const IncomingRequest& request, std::string_view name) const;
  /// What is said at an address where nothing else is: a file beside the page ("/favicon.svg"), or the page itself
  /// where a browser opens one of its places.
  std::optional<OutgoingResponse> elsewhere(const IncomingRequest& request) const;

 private:
  std::span<const EmbeddedFile> files_;
  std::string base_;
  std::string index_;  ///< unpacked, where its base is not that of the file
};

/// "/flows/" of "https://mill.example/flows"; "/" where the address has no path, and where it is none.
std::string base_of(const std::string& public_url);

}  // namespace millrace
