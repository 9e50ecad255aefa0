#include "cli/plugin_consent.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace millrace {
namespace {

std::string red(const std::string& text, bool colours) { return colours ? "\x1b[31m" + text + "\x1b[0m" : text; }

std::string line(std::string_view label, const std::string& text) {
  std::string made = "  " + std::string(label);
  made.resize(10, ' ');
  return made + text + "\n";
}

std::string day_of(const std::string& time) { return time.substr(0, 10); }

std::string signed_by(const Consent& consent, bool colours) {
  if (!consent.signer) return red("not signed", colours);
  const TrustedKey& key = consent.signer->key;
  const std::string since = consent.signer->first_seen
                                ? red("seen for the first time: compare it with what its author publishes", colours)
                                : "trusted since " + day_of(printable(key.since));
  const std::string whose = key.name.empty() ? "signed" : "signed by " + printable(key.name);
  return whose + " (key " + printable(key.key) + ", " + since + ")";
}

std::string how_it_runs(const Permissions& asked) {
  if (asked.memory_mib == 0) return "It has no library: the engine makes its requests.";
  return "Runs apart from the engine: no network, " +
         std::string(asked.files.empty() ? "no files" : "no files but those below") + ", " +
         std::to_string(asked.memory_mib) + " MiB.";
}

/// "contacts.list (read)": of a plain name what any connector's action of that name does.
std::string with_effect(const std::string& call, const Catalog& catalog) {
  const std::string name = call.ends_with('?') ? call.substr(0, call.size() - 1) : call;
  const Action* action = catalog.find_action(name);
  for (const auto& plugin : catalog.plugins()) {
    if (action == nullptr) action = catalog.find_action(plugin->name + "." + name);
  }
  if (action != nullptr) return name + " (" + std::string(name_of(action->effect)) + ")";
  return name + " (of an action that is not installed)";
}

std::string joined(const std::vector<std::string>& list) { return printable(join(list, ", ")); }

/// The numbers in front of "-" and "+", which are not looked at.
std::array<long, 3> numbers_of(const std::string& version) {
  std::array<long, 3> numbers = {};
  const auto parts = split(version.substr(0, version.find_first_of("-+")), '.');
  for (std::size_t at = 0; at < numbers.size() && at < parts.size(); ++at)
    numbers.at(at) = std::strtol(parts[at].c_str(), nullptr, 10);
  return numbers;
}

}  // namespace

bool is_older(const std::string& version, const std::string& other) { return numbers_of(version) < numbers_of(other); }

std::string render(const Consent& consent, const Catalog& catalog, bool colours) {
  const Permissions& asked = consent.asked;
  std::string text = printable(consent.name + " " + consent.version) + ", " + signed_by(consent, colours) + ". " +
                     how_it_runs(asked) + "\n";
  std::vector<std::string> calls, folders;
  for (const std::string& call : asked.calls) calls.push_back(with_effect(call, catalog));
  for (const std::string& folder : asked.files) folders.push_back("output/" + folder + "/");
  if (consent.signer && consent.signer->ahead)
    text += line("time", red("it was signed later than this machine's clock says", colours));
  if (!asked.does.empty()) text += line("does", joined(asked.does));
  if (!calls.empty()) text += line("calls", joined(calls));
  if (!asked.hosts.empty()) text += line("hosts", joined(asked.hosts) + ", through the engine, no token of yours");
  if (!folders.empty()) text += line("files", joined(folders));
  if (consent.before == nullptr) return text;
  const std::string since = printable(consent.before->version);
  if (is_older(consent.version, consent.before->version))
    text += line("older", red("than " + since + ", which is here", colours));
  text += consent.wider.empty() ? line("new", "nothing that was not agreed to for " + since)
                                : line("new", red("since " + since + ": " + joined(consent.wider), colours));
  return text;
}

}  // namespace millrace
