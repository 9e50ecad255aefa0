// A plan's file: what is taken as a plan is the same when it was saved and loaded again.
#include <sys/stat.h>

#include <string>

#include "base/files.hpp"
#include "fuzz.hpp"
#include "rehearsal/plan_file.hpp"
#include "temporary_folder.hpp"

using namespace millrace;

namespace {

const std::string key(64, 'k');

std::string text_of(const PlanFile& plan, const std::filesystem::path& file) {
  fuzz::require(static_cast<bool>(save_plan(plan, file, key)), "a plan can be saved");
  return *read_input(file.string());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::TemporaryFolder folder;
  const auto file = folder.write("plan.json", std::string(fuzz::Input(data, size).rest()));
  ::chmod(file.c_str(), 0600);
  const auto plan = load_plan(file.string(), key);
  if (!plan) {
    fuzz::require(!plan.error().message.empty(), "a refusal has a reason");
    return 0;
  }
  const std::filesystem::path saved = folder.path() / "saved.json";
  const std::string text = text_of(*plan, saved);
  const auto again = load_plan(saved.string(), key);
  fuzz::require(static_cast<bool>(again), "a saved plan is one");
  fuzz::require(text_of(*again, saved) == text, "a plan is loaded as it was saved");
  fuzz::require(!load_plan(saved.string(), "another key"), "a plan of another project is none");
  return 0;
}
