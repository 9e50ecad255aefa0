#pragma once

#include <dlfcn.h>

#include <string>
#include <utility>

#include "abi/millrace_plugin.h"

namespace millrace {

/// Which rule of the contract a library's table breaks, as a sentence; empty: none. The fields are looked at in the
/// order in which they may be trusted: the size first, then what it covers.
inline std::string table_problem(const mr_plugin* table, const std::string& name) {
  if (table == nullptr) return "mr_plugin_entry gave nothing";
  if (!MR_HAS(table, abi_major)) return "its table is too short to hold a version";
  if (table->abi_major != MR_ABI_MAJOR) {
    return "it was built for version " + std::to_string(table->abi_major) +
           " of the plugin contract, and this program speaks version " + std::to_string(MR_ABI_MAJOR) +
           ": build it again with this program's header";
  }
  if (!MR_HAS(table, begin)) return "its table ends before \"begin\"";
  const std::string own(table->name.data != nullptr ? table->name.data : "",
                        table->name.data != nullptr ? table->name.size : 0);
  if (own != name) return "its library calls itself \"" + own + "\", its manifest \"" + name + "\"";
  const std::pair<const char*, bool> functions[] = {
      {"open", table->open != nullptr}, {"close", table->close != nullptr}, {"begin", table->begin != nullptr}};
  for (const auto& [function, there] : functions) {
    if (!there) return "its table has no \"" + std::string(function) + "\"";
  }
  return {};
}

/// A library that was built before it could ask for milliseconds reads times as text.
inline bool times_in_milliseconds(const mr_plugin& table) {
  return MR_HAS(&table, times_in_milliseconds) && table.times_in_milliseconds != 0;
}

struct LoadedTable {
  const mr_plugin* table = nullptr;  ///< nullptr: `problem` says why
  std::string problem;
};

/// Loads a library and looks at its table. It is never unloaded: threads and exit handlers of a library outlive every
/// moment at which it could be.
inline LoadedTable load_table(const char* file, const std::string& name) {
  constexpr const char* entry = "mr_plugin_entry";
  void* handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* message = dlerror();
    return {nullptr, std::string("its library cannot be loaded: ") + (message ? message : "no reason was given")};
  }
  void* symbol = dlsym(handle, entry);
  if (symbol == nullptr) return {nullptr, std::string("its library has no function ") + entry + ", or hides it"};
  const mr_plugin* table = nullptr;
  try {
    table = reinterpret_cast<const mr_plugin* (*)()>(symbol)();
  } catch (...) {
    return {nullptr, std::string("an exception escaped from ") + entry};
  }
  std::string problem = table_problem(table, name);
  return {problem.empty() ? table : nullptr, std::move(problem)};
}

}  // namespace millrace
