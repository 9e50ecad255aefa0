#pragma once

#include <string>
#include <utility>

#include "catalog/catalog.hpp"
#include "support/json.hpp"
#include "support/temporary_folder.hpp"

namespace millrace::test {

/// A project's plugins/ with manifests that a test writes.
class PluginFolder {
 public:
  const std::filesystem::path& path() const { return folder_.path(); }

  /// Writes NAME/NAME.json and gives the folder.
  std::filesystem::path write(const std::string& name, const std::string& manifest) const {
    return folder_.write(name + "/" + name + ".json", manifest).parent_path();
  }

  /// A plugin "demo" of one action "do", its JSON given; `more` are further members of the manifest.
  Result<Manifest> demo(const std::string& action,
                        const std::string& more = R"("connection": {"locations": true})") const {
    const std::string manifest = R"({"manifest": 1, "name": "demo", "version": "1.0.0", "summary": "A demo", )" + more +
                                 R"(, "actions": {"do": )" + action + "}}";
    return load_manifest(write("demo", manifest));
  }

  /// `text` without the folder's own, random name.
  std::string shortened(std::string text) const {
    const std::string prefix = path().string() + "/";
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace millrace::test
