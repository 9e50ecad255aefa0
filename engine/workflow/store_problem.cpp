#include "workflow/store_problem.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "base/text.hpp"

namespace millrace {
namespace {

constexpr std::string_view sqlite = "sqlite:";

/// Whether something else of a project is called so: a store in its place would hide it, or take it for a store.
bool is_taken(std::string_view path) {
  static constexpr std::string_view names[] = {"state",           "output",
                                               "plugins",         "workflows",
                                               "millrace.yaml",   "state/vault",
                                               "state/api-token", "state/plan-key",
                                               "state/audit-key", "state/secrets.json",
                                               "state/budgets",   "state/service.json"};
  const std::string name = lower(std::filesystem::path(path).lexically_normal().generic_string());
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool ends_in_dots(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name == "." || name == "..";
}

}  // namespace

std::optional<StoreProblem> store_problem(std::string_view store) {
  const std::string cure = ": a store is an SQLite file, such as sqlite:state/millrace.db";
  const std::size_t colon = store.find(':');
  const std::string scheme = lower(store.substr(0, colon));
  if (colon == std::string_view::npos)
    return StoreProblem{"where \"" + std::string(store) + "\" is kept is not said" + cure,
                        store.empty() ? "" : std::string(sqlite) + std::string(store)};
  if (scheme.starts_with("postgres"))
    return StoreProblem{"Millrace cannot keep its store in PostgreSQL yet" + cure, ""};
  if (scheme != "sqlite") return StoreProblem{"Millrace cannot keep its store in " + scheme + cure, ""};
  std::string_view path = store.substr(colon + 1);
  if (path.starts_with("//")) {
    // As other programs write it: sqlite:///a is a path below, sqlite:////a one from the root.
    path.remove_prefix(path.starts_with("///") ? 3 : 2);
    return StoreProblem{"it is a path and no address" + cure,
                        path.empty() ? "" : std::string(sqlite) + std::string(path)};
  }
  if (trim(path) != path)
    return StoreProblem{"the path of the store begins or ends with a blank" + cure,
                        trim(path).empty() ? "" : std::string(sqlite) + std::string(trim(path))};
  if (path.empty() || path.front() == ':' || path.ends_with('/') || ends_in_dots(path))
    return StoreProblem{"that names no file" + cure, ""};
  if (path.front() == '~' || path.find('$') != std::string_view::npos)
    return StoreProblem{"~ and $ stand for nothing in the path of a store, so write it out" + cure, ""};
  if (is_taken(path))
    return StoreProblem{"\"" + std::string(path) + "\" is the name of something else in a project" + cure, ""};
  if (path.find('?') != std::string_view::npos) return StoreProblem{"a store takes no options" + cure, ""};
  if (!store.starts_with(sqlite))
    return StoreProblem{"\"sqlite\" is written small" + cure, std::string(sqlite) + std::string(path)};
  return std::nullopt;
}

}  // namespace millrace
