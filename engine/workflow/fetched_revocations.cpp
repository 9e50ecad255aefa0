#include "workflow/fetched_revocations.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/files.hpp"
#include "base/private_files.hpp"
#include "base/text.hpp"
#include "crypto/minisign.hpp"
#include "value/json.hpp"

namespace millrace {
namespace {

constexpr std::size_t largest_kept = 4u << 20;

std::string file_in(const std::filesystem::path& root) { return (root / fetched_revocations_file).string(); }

/// Of "serial 12", the first line.
std::optional<std::int64_t> serial_in(const std::vector<Revocation>& list) {
  if (list.empty() || list.front().what != "serial") return std::nullopt;
  const std::string& digits = list.front().reason;
  std::int64_t serial = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), serial);
  const bool whole = failed == std::errc() && end == digits.data() + digits.size();
  return whole && serial > 0 ? std::optional(serial) : std::nullopt;
}

}  // namespace

Result<FetchedRevocations> read_fetched(const RevocationSource& source, std::string text, std::string signature) {
  const MinisignKey key = TRY(parse_minisign_key(source.key));
  TRY(check_minisign(TRY(parse_minisign_signature(signature)), key, text));
  FetchedRevocations fetched{std::move(text), std::move(signature), 0, {}};
  fetched.list = revocations_in(fetched.text, source.url);
  const auto serial = serial_in(fetched.list);
  if (!serial) return Error{ErrorCode::invalid, "its first line must be \"serial\" and a number above 0"};
  fetched.serial = *serial;
  fetched.list.erase(fetched.list.begin());
  return fetched;
}

Result<std::optional<FetchedRevocations>> kept_revocations(const std::filesystem::path& root,
                                                           const RevocationSource& source) {
  const auto kept = TRY(read_private_file(file_in(root), Others::may_read, largest_kept));
  if (!kept) return std::optional<FetchedRevocations>();
  const Value document = TRY(parse_json(*kept));
  if (document.text_or("url") != source.url) return std::optional<FetchedRevocations>();
  return std::optional(TRY(read_fetched(source, document.text_or("text"), document.text_or("signature"))));
}

Status keep_revocations(const std::filesystem::path& root, const RevocationSource& source,
                        const FetchedRevocations& fetched) {
  const auto kept = kept_revocations(root, source);  // what cannot be believed is replaced
  if (kept && *kept) {
    const FetchedRevocations& before = **kept;
    const std::string serials =
        "serial " + std::to_string(fetched.serial) + ", and serial " + std::to_string(before.serial) + " is known";
    if (fetched.serial < before.serial) return Error{ErrorCode::denied, "it is an older one: it has " + serials};
    if (fetched.serial == before.serial && fetched.text != before.text)
      return Error{ErrorCode::denied, "it differs from the one of the same number: it has " + serials};
    if (fetched.text == before.text && fetched.signature == before.signature) return Done{};
  }
  const Value document = Value::object({{"url", source.url}, {"text", fetched.text}, {"signature", fetched.signature}});
  return replace_file(file_in(root), encode_json(document), 0600);
}

KnownRevocations known_revocations(const std::filesystem::path& root) {
  KnownRevocations known{load_revocations(root).list.value_or(std::vector<Revocation>()), ""};
  std::error_code failed;
  if (!std::filesystem::exists(std::filesystem::symlink_status(file_in(root), failed))) return known;
  const auto project = load_project(root).project;
  if (!project || !project->revocations) return known;
  auto kept = kept_revocations(root, *project->revocations);
  if (!kept) {
    known.problem = "nothing is known of what " + project->revocations->url +
                    " revokes: " + std::string(fetched_revocations_file) + ": " + kept.error().message +
                    "; a service that starts fetches it again";
  } else if (*kept) {
    std::move((*kept)->list.begin(), (*kept)->list.end(), std::back_inserter(known.list));
  }
  return known;
}

}  // namespace millrace
