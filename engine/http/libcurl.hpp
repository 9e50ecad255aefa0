#pragma once

#include <curl/curl.h>

#include "base/result.hpp"

namespace millrace {

/// The functions of libcurl that the engine calls, each with the type that curl's own header gives it.
///
/// The program is not linked with libcurl: thirty libraries come with it, and binding their names costs more than all
/// else that a short command does (docs/decisions/0017). It is loaded when the first request needs it.
class Libcurl {
 public:
  /// Finds what is named below. REQUIRES: `library` is what dlopen gave.
  explicit Libcurl(void* library) noexcept : library_(library) {}
  Libcurl(const Libcurl&) = delete;
  Libcurl& operator=(const Libcurl&) = delete;

  const char* missing() const noexcept { return missing_; }  ///< a function that it lacks; null: none

 private:
  /// What stands at an address has the type of whoever takes it.
  struct Symbol {
    void* address;
    template <class Function>
    operator Function*() const noexcept {
      return reinterpret_cast<Function*>(address);
    }
  };
  Symbol find(const char* name) noexcept;

  void* library_;  // before the functions: they are found in it
  const char* missing_ = nullptr;

 public:
  const decltype(&curl_global_init) global_init = find("curl_global_init");
  const decltype(&curl_easy_init) easy_init = find("curl_easy_init");
  const decltype(&curl_easy_reset) easy_reset = find("curl_easy_reset");
  const decltype(&curl_easy_cleanup) easy_cleanup = find("curl_easy_cleanup");
  const decltype(&curl_easy_perform) easy_perform = find("curl_easy_perform");
  const decltype(&curl_easy_setopt) easy_setopt = find("curl_easy_setopt");
  const decltype(&curl_easy_getinfo) easy_getinfo = find("curl_easy_getinfo");
  const decltype(&curl_easy_strerror) easy_strerror = find("curl_easy_strerror");
  const decltype(&curl_multi_init) multi_init = find("curl_multi_init");
  const decltype(&curl_multi_cleanup) multi_cleanup = find("curl_multi_cleanup");
  const decltype(&curl_multi_setopt) multi_setopt = find("curl_multi_setopt");
  const decltype(&curl_multi_assign) multi_assign = find("curl_multi_assign");
  const decltype(&curl_multi_add_handle) multi_add_handle = find("curl_multi_add_handle");
  const decltype(&curl_multi_remove_handle) multi_remove_handle = find("curl_multi_remove_handle");
  const decltype(&curl_multi_socket_action) multi_socket_action = find("curl_multi_socket_action");
  const decltype(&curl_multi_info_read) multi_info_read = find("curl_multi_info_read");
  const decltype(&curl_multi_strerror) multi_strerror = find("curl_multi_strerror");
  const decltype(&curl_slist_append) slist_append = find("curl_slist_append");
  const decltype(&curl_slist_free_all) slist_free_all = find("curl_slist_free_all");
  const decltype(&curl_url) url = find("curl_url");
  const decltype(&curl_url_cleanup) url_cleanup = find("curl_url_cleanup");
  const decltype(&curl_url_get) url_get = find("curl_url_get");
  const decltype(&curl_url_set) url_set = find("curl_url_set");
  const decltype(&curl_free) free = find("curl_free");
};

/// Loads and initialises libcurl, once in the process, which takes milliseconds. The error names the package that is
/// missing. Loop thread only.
Status load_libcurl();

/// It is never unloaded. REQUIRES: `load_libcurl` has succeeded.
const Libcurl& libcurl() noexcept;

}  // namespace millrace
