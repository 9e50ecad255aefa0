#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "workflow/project.hpp"
#include "workflow/revocations.hpp"

namespace millrace {

/// Where the service keeps the list that `plugins: {revocations}` names, as messages have it.
inline constexpr std::string_view fetched_revocations_file = "state/revoked.json";

/// A list of revocations that somebody else keeps: the lines of plugins/revoked.txt, of which the first is "serial N",
/// and its signature as minisign writes it.
struct FetchedRevocations {
  std::string text, signature;
  std::int64_t serial = 0;  ///< only grows, so that nobody can bring an older list
  std::vector<Revocation> list;
};

/// `denied` where it is not signed with the key of millrace.yaml, `invalid` where it is no such list.
Result<FetchedRevocations> read_fetched(const RevocationSource& source, std::string text, std::string signature);

/// What was kept last of this source, signature and all; nothing where nothing was.
Result<std::optional<FetchedRevocations>> kept_revocations(const std::filesystem::path& root,
                                                           const RevocationSource& source);

/// Keeps it in the place of what was kept. `denied` where that has a higher serial, or the same for another list.
Status keep_revocations(const std::filesystem::path& root, const RevocationSource& source,
                        const FetchedRevocations& fetched);

struct KnownRevocations {
  std::vector<Revocation> list;
  std::string problem;  ///< why nothing of the fetched list is known; empty where it is, or where there is none
};

/// What is revoked in the project: by people of it, and by the list that was fetched. A plugins/revoked.txt that cannot
/// be read is told where the project is read, and stops it.
KnownRevocations known_revocations(const std::filesystem::path& root);

}  // namespace millrace
