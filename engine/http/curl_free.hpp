#pragma once

#include "http/libcurl.hpp"

namespace millrace {

/// Gives libcurl back what is its own.
struct CurlFree {
  void operator()(CURL* easy) const noexcept { libcurl().easy_cleanup(easy); }
  void operator()(CURLU* url) const noexcept { libcurl().url_cleanup(url); }
  void operator()(curl_slist* list) const noexcept { libcurl().slist_free_all(list); }
  void operator()(char* text) const noexcept { libcurl().free(text); }
};

}  // namespace millrace
