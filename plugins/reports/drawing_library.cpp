#include "drawing_library.hpp"

#include <dlfcn.h>

#include <memory>
#include <string>

#include "../support/job.hpp"

namespace millrace::reports {

namespace {

constexpr const char* file_name = "libpangocairo-1.0.so.0";

job::Failure cannot_draw(const std::string& why) { return {"unavailable", "cannot draw a report: " + why}; }

const DrawingLibrary& load() {
  void* library = dlopen(file_name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    throw cannot_draw("Pango cannot be loaded: install the package libpangocairo-1.0-0 (" + std::string(dlerror()) +
                      ')');
  auto found = std::make_unique<const DrawingLibrary>(library);
  if (found->missing() != nullptr)
    throw cannot_draw("the packages libpangocairo-1.0-0 and libcairo2 are too old: they have no " +
                      std::string(found->missing()));
  return *found.release();  // for as long as the process lives
}

}  // namespace

DrawingLibrary::Symbol DrawingLibrary::find(const char* name) noexcept {
  void* address = dlsym(library_, name);
  if (address == nullptr) missing_ = name;
  return {address};
}

const DrawingLibrary& drawing_library() {
  static const DrawingLibrary& loaded = load();
  return loaded;
}

}  // namespace millrace::reports
