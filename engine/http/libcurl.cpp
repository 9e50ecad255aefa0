#include "http/libcurl.hpp"

#include <dlfcn.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>

namespace millrace {

namespace {

constexpr const char* file_name = "libcurl.so.4";

std::unique_ptr<const Libcurl>& loaded() noexcept {
  // Left to the system at the end: threads of the libraries behind it may outlive what is destroyed on the way out.
  static auto& kept = *new std::unique_ptr<const Libcurl>;
  return kept;
}

Error cannot_send(const std::string& why) { return Error{ErrorCode::internal, "cannot send HTTP requests: " + why}; }

}  // namespace

Libcurl::Symbol Libcurl::find(const char* name) noexcept {
  void* address = dlsym(library_, name);
  if (address == nullptr) missing_ = name;
  return {address};
}

Status load_libcurl() {
  if (loaded()) return Done{};
  void* library = dlopen(file_name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return cannot_send("libcurl cannot be loaded: install the package libcurl4 (" + std::string(dlerror()) + ')');
  auto found = std::make_unique<const Libcurl>(library);
  if (found->missing() != nullptr)
    return cannot_send("the package libcurl4 is too old: it has no " + std::string(found->missing()));
  // Writing to a TLS connection that the other side has closed must be an error, not the end of the process.
  struct sigaction current = {};
  if (sigaction(SIGPIPE, nullptr, &current) == 0 && current.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
  if (found->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return cannot_send("libcurl does not start");
  loaded() = std::move(found);
  return Done{};
}

const Libcurl& libcurl() noexcept { return *loaded(); }

}  // namespace millrace
