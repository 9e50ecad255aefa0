// The files below state/ as somebody else may have left them: secrets, where the service is, keys, the store's mark,
// the trees of the last start.
#include <sys/stat.h>

#include <memory>
#include <string>

#include "fuzz.hpp"
#include "host/project_key.hpp"
#include "host/service_file.hpp"
#include "journal/store_files.hpp"
#include "secret/secrets.hpp"
#include "temporary_folder.hpp"
#include "yaml/kept_trees.hpp"

using namespace millrace;

namespace {

/// A project whose state/ holds that one file.
class Place {
 public:
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::filesystem::path file(const std::string& name) const { return folder_.path() / "state" / name; }
  void write(const std::string& name, std::string_view content) {
    folder_.write("state/" + name, std::string(content));
    ::chmod(file(name).c_str(), 0600);
  }

 private:
  test::TemporaryFolder folder_;
};

Place& place() {
  static Place only;
  return only;
}

void read_secrets(std::string_view content) {
  place().write("secrets.json", content);
  const auto secrets = open_secrets(place().folder());
  for (const char* handle : {"secret:a", "secret:token", "secret:b_2"}) {
    const auto found = secrets->find(handle);
    if (!found) continue;
    const std::string& text = found->reveal();
    const bool shows_itself = text.size() < 6 || std::string("secret:").find_first_of(text) != std::string::npos;
    const std::string redacted = secrets->redact("<" + text + ">");
    fuzz::require(shows_itself || redacted.find(text) == std::string::npos, "a secret is kept out of what is written");
  }
}

void read_service(std::string_view content) {
  place().write("api-token", std::string(64, 'a') + "\n");
  place().write("service.json", content);
  const auto found = find_service(place().folder());
  if (found && *found) fuzz::require((*found)->token == std::string(64, 'a'), "the token is the project's");
}

void read_key(std::string_view content) {
  place().write(plan_key, content);
  const auto key = open_project_key(place().folder(), plan_key);
  fuzz::require(!key || key->size() >= 32, "a key is long enough");
  fuzz::require(!key || *open_project_key(place().folder(), plan_key) == *key, "a key stays what it is");
}

void read_mark(std::string_view content) {
  const std::filesystem::path store = place().file("millrace.db");
  place().write("millrace.db-mark", content);
  StoreFiles files(store);
  const auto mark = files.read_mark();
  if (!mark) return;
  files.write_mark(*mark);
  const auto again = files.read_mark();
  fuzz::require(again && again->store == mark->store && again->entries == mark->entries && again->moved == mark->moved,
                "a mark is read as it was written");
}

/// The first line is the text whose tree is looked for.
void read_trees(fuzz::Input input) {
  const auto source = std::make_shared<const SourceText>(SourceText{"flow.yaml", std::string(input.line())});
  place().write("trees", input.rest());
  const KeptTrees trees({place().file("trees"), "fuzz"});
  KeptTrees::Kept kept;
  const YamlDocument document = trees.read(source, kept);
  const YamlDocument fresh = KeptTrees(TreesFile{}).read(source, kept);
  fuzz::require(document.findings.size() == fresh.findings.size(), "a kept tree has the findings of its text");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  switch (input.choice(5)) {
    case 0:
      read_secrets(input.rest());
      break;
    case 1:
      read_service(input.rest());
      break;
    case 2:
      read_key(input.rest());
      break;
    case 3:
      read_mark(input.rest());
      break;
    default:
      read_trees(input);
  }
  return 0;
}
