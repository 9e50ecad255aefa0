#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "value/json.hpp"
#include "workflow/format_schemas.hpp"

namespace millrace {

int schema_command(const Session& session, const std::string& which) {
  if (which == "workflow") {
    const Catalog catalog = open_catalog(session);
    print_json(workflow_schema(catalog));
  } else {
    const Value schema = which == "project" ? project_schema() : test_schema();
    print_json(schema);
  }
  return exit_done;
}

int sandbox_command(const std::vector<std::string>& arguments) {
  const std::string program = (program_folder() / "millrace-sandbox").string();
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  execv(program.c_str(), words.data());
  complain("cannot start " + program + ": " + std::strerror(errno));
  return exit_cannot_start;
}

int version_command(const Session& session) {
  if (session.json) {
    std::printf("%s\n", encode_json(Value::object({{"version", MILLRACE_VERSION}})).c_str());
  } else {
    std::puts("millrace " MILLRACE_VERSION);
  }
  return exit_done;
}

}  // namespace millrace
