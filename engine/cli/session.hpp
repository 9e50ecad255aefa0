#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "workflow/load.hpp"
#include "workflow/project.hpp"

namespace millrace {

/// What every command shares: where it works and how it answers.
struct Session {
  std::filesystem::path folder = ".";  ///< the project's (-C)
  bool json = false;
};

/// Where this program's file lies; the sandbox and the shipped plugins are found from there.
std::filesystem::path program_folder();

/// The folder of the plugins that came with Millrace.
std::filesystem::path shipped_plugins();

/// They and the project's own, held to plugins/lock.yaml and without what is revoked.
Catalog look_at_catalog(const Session& session);
/// Which manifests of plugins that came with Millrace are read at once.
enum class Manifests : std::uint8_t {
  none,  ///< each is read when its plugin is asked for, and told then where it is broken
  all,   ///< for what looks at everything, and for what runs long: an upgrade may put others in their place meanwhile
};
/// The same; what was refused is told on stderr.
Catalog open_catalog(const Session& session, Manifests read = Manifests::none);

/// The project of the session; findings of millrace.yaml are told on stderr, and errors among them give nothing.
std::optional<Project> open_project(const Session& session);

/// Whether the folder holds a project at all: a millrace.yaml or workflows/. That there is none is told on stderr.
bool has_project(const Session& session, const Project& project);

/// Reads and checks one workflow, named by id or path. Findings are told on stderr; nothing where one is an error or a
/// warning.
struct OpenedWorkflow {
  std::shared_ptr<const Workflow> workflow;
  std::filesystem::path file;
  int exit_code = 0;  ///< where there is no workflow
};
OpenedWorkflow open_workflow(const Session& session, const std::string& named, const Catalog& catalog,
                             const Project& project);

/// A line of what is shown, with its end. Whatever is told in it, by whomever, makes no second one.
std::string row(std::string_view line);

/// A line on stdout, and one on stderr; rows, each of which has its end; a document as JSON. Everything that is shown
/// goes this way: what could steer the terminal is spelled out.
void print(std::string_view line);
void print_rows(std::string_view rows);
void print_json(const Value& document);
void tell(std::string_view line);
void tell_rows(std::string_view rows);
/// "error: ..." on stderr.
void complain(const Error& error);
void complain(const Finding& finding);
void complain(const std::string& message);

}  // namespace millrace
