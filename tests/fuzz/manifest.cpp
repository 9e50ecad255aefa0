// A plugin's manifest: whatever it says, it is refused with its place, or its actions can be asked for requests.
#include <string>

#include "catalog/catalog.hpp"
#include "catalog/request.hpp"
#include "fuzz.hpp"
#include "temporary_folder.hpp"

using namespace millrace;

namespace {

void try_action(const Action& action, const Value& input) {
  (void)effect_of(action, input);
  (void)fill(action.target, input);
  (void)fill(action.change, input);
  (void)file_input(action);
  if (!action.request || !action.input->check(input).empty()) return;
  const auto request = build_request(action, input);
  if (!request) fuzz::require(!request.error().message.empty(), "a refusal has a reason");
}

void check_action(const Action& action, const Manifest& manifest) {
  fuzz::require(action.name.starts_with(manifest.name + "."), "an action is its plugin's own");
  fuzz::require(!(action.request && action.result), "an action is done in one way");
  fuzz::require(action.input && action.output, "an action has schemas");
  try_action(action, Value(Map()));
  for (const Example& example : action.examples) try_action(action, example.input);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::TemporaryFolder folder;
  folder.write("fuzz/fuzz.json", std::string(fuzz::Input(data, size).rest()));
  const auto manifest = load_manifest(folder.path() / "fuzz");
  if (!manifest) {
    const Error& error = manifest.error();
    fuzz::require(error.at || error.message.find("fuzz.json") != std::string::npos, "a refusal names the file");
    return 0;
  }
  for (const Action& action : manifest->actions) check_action(action, *manifest);
  return 0;
}
