#include "starter/new_project.hpp"

#include "base/text.hpp"
#include "crypto/random.hpp"
#include "starter/starter_files.hpp"

namespace millrace {
namespace {

std::string own(std::string_view name) { return std::string(find_embedded(starter_files(), name)); }

/// The token that the sandbox takes, and a part of a hook's address that nobody guesses.
Result<std::string> first_secrets() {
  const std::string hook = hex(TRY(random_bytes(16)));
  return "{\n  \"highlevel_token\": \"" + std::string(sandbox_token) + "\",\n  \"sightmill_hook\": \"" + hook +
         "\"\n}\n";
}

}  // namespace

Result<std::vector<NewFile>> new_project(const std::string& workflow_schema, const std::string& project_schema,
                                         const std::string& test_schema) {
  const std::string workflow(first_workflow);
  std::vector<NewFile> files = {
      {.path = "millrace.yaml", .text = own("project/millrace.yaml")},
      {.path = "workflows/" + workflow + ".yaml", .text = own("project/" + workflow + ".yaml")},
      {.path = "workflows/" + workflow + ".test.yaml", .text = own("project/" + workflow + ".test.yaml")},
      {.path = "state/secrets.json", .text = TRY(first_secrets()), .secret = true},
      {.path = ".gitignore", .text = own("project/gitignore"), .may_stand = true},
      {.path = ".editorconfig", .text = own("project/editorconfig"), .may_stand = true},
      {.path = ".vscode/settings.json", .text = own("project/vscode-settings.json"), .may_stand = true},
      {.path = ".vscode/extensions.json", .text = own("project/vscode-extensions.json"), .may_stand = true},
      {.path = "schemas/workflow.schema.json", .text = workflow_schema},
      {.path = "schemas/project.schema.json", .text = project_schema},
      {.path = "schemas/test.schema.json", .text = test_schema},
  };
  return files;
}

}  // namespace millrace
