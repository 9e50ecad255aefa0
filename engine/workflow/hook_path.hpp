#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/url.hpp"
#include "catalog/catalog.hpp"
#include "workflow/model.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// Below this the service takes deliveries.
inline constexpr std::string_view hooks_prefix = "/hooks/";

/// The path below it on which a webhook or a plugin's webhook trigger listens; `secret_path` not included.
std::string hook_path(const Workflow& workflow, const TriggerSpec& trigger);

/// Why senders do not reach the path that a file says, for people, and the one that was meant, where that can be told.
struct UnreachedPath {
  std::string why, meant;
};
std::optional<UnreachedPath> unreached(std::string_view path);

/// Whether deliveries come to it below hooks_prefix.
bool is_hook(const TriggerSpec& trigger, const Catalog& catalog);

/// Whether triggers can share a path: whoever sends there is proved, read, told apart and answered before it is asked
/// whose delivery it is.
bool take_alike(const TriggerSpec& one, const TriggerSpec& other);
inline constexpr const char* taken_alike =
    "triggers on one path need the same verify, parse, dedupe, challenge and respond";

/// The hook to which a URL leads, where it leads to the service of this very project: "a/b" of
/// "http://localhost:8710/hooks/a/b?x=1".
std::optional<std::string> own_hook(const Url& url, const Project& project);

/// By this header a run that sends to a hook of its own project says which workflows led to it, oldest first, so that
/// a circle over HTTP ends as every other does. Whoever else sends it only makes the chain of his delivery longer.
inline constexpr const char* chain_header = "Millrace-Chain";
std::string render_chain(const std::vector<std::string>& workflows);
std::vector<std::string> parse_chain(std::string_view text);

}  // namespace millrace
