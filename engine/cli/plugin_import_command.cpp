#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/history.hpp"
#include "cli/plugin_name.hpp"
#include "openapi/differences.hpp"
#include "openapi/import.hpp"
#include "value/json.hpp"
#include "value/list_of.hpp"
#include "workflow/plugin_lock.hpp"

namespace millrace {
namespace {

constexpr std::size_t largest_part = 64u << 20;  // of a document, in bytes
constexpr std::size_t most_lines = 20;           // of one kind, for people; --json has all

Result<std::string> read_document(const std::filesystem::path& file) {
  std::error_code failed;
  if (std::filesystem::exists(file, failed) && !std::filesystem::is_regular_file(file, failed))
    return Error{ErrorCode::invalid, "this is a folder or a device: name the file of the document"};
  if (!std::filesystem::exists(file, failed)) return Error{ErrorCode::not_found, "there is no such file"};
  if (std::filesystem::file_size(file, failed) > largest_part)
    return Error{ErrorCode::invalid, "the file is larger than 64 MiB"};
  return read_input(file.string());
}

/// Files that a document refers to lie below its folder, wherever links on the way lead.
Documents::Reader reader_below(const std::filesystem::path& document) {
  const std::filesystem::path folder = std::filesystem::absolute(document).parent_path();
  return [folder](const std::string& path) -> Result<std::string> {
    std::error_code failed;
    const auto root = std::filesystem::weakly_canonical(folder, failed);
    const auto file = std::filesystem::weakly_canonical(folder / path, failed);
    const auto way = file.lexically_relative(root);
    if (failed || way.empty() || *way.begin() == "..")
      return Error{ErrorCode::denied, "it leads out of the document's folder"};
    return read_document(file);
  };
}

/// The plugin of this name as it is there now.
struct There {
  std::optional<std::string> text;  ///< of its manifest; nothing: it is not there
  Value document;
  std::optional<Manifest> manifest;
};

Result<There> look_there(const Session& session, const std::string& name) {
  std::error_code failed;
  const std::filesystem::path folder = session.folder / "plugins" / name, file = folder / (name + ".json");
  const LoadedLock locked = load_plugin_lock(session.folder);
  if (!locked.lock) return Error{ErrorCode::invalid, "plugins/lock.yaml cannot be read: millrace check says why"};
  if (locked.lock->find(name) != nullptr)
    return Error{ErrorCode::conflict, "the plugin \"" + name + "\" came as a package: give another name"};
  if (!std::filesystem::exists(file, failed)) return There{};
  auto manifest = load_manifest(folder);
  if (!manifest) return manifest.error().within("the plugin that is there cannot be read: mend it, or take it away");
  if (manifest->imported_from.empty() || manifest->library)
    return Error{ErrorCode::conflict,
                 "the plugin \"" + name + "\" was not imported, and is not written over: give another name"};
  std::string text = TRY(read_document(file));
  auto document = parse_json(text);
  if (!document) return document.error();
  return There{std::move(text), std::move(*document), std::move(*manifest)};
}

Value encode_finding(const ImportFinding& finding) {
  return Value::object({{"severity", millrace::name_of(finding.severity)},
                        {"rule", finding.rule},
                        {"file", finding.file},
                        {"pointer", finding.pointer},
                        {"line", finding.line},
                        {"column", finding.column},
                        {"message", finding.message}});
}

Value encode_more(const ImportFindings& findings) {
  Map more;
  for (const auto& [rule, count] : findings.more()) more.set(Value(rule), static_cast<std::int64_t>(count));
  return more;
}

Value encode_import(const std::string& name, const Import& import, const ImportDifferences& changes, bool written) {
  Value::List left_out, findings, changed, connection;
  for (const LeftOut& one : import.left_out)
    left_out.push_back(Value::object({{"operation", one.operation}, {"reason", one.why}}));
  for (const ImportFinding& one : import.findings.list()) findings.push_back(encode_finding(one));
  for (const auto& [action, parts] : changes.changed)
    changed.push_back(Value::object({{"action", action}, {"parts", list_of(parts)}}));
  for (const ConnectionChange& one : changes.connection)
    connection.push_back(Value::object({{"part", one.part}, {"before", one.before}, {"after", one.after}}));
  return Value::object({{"name", name},
                        {"written", written},
                        {"title", import.title},
                        {"version", import.version},
                        {"operations", static_cast<std::int64_t>(import.operations)},
                        {"imported", static_cast<std::int64_t>(import.operations - import.left_out.size())},
                        {"left_out", Value(std::move(left_out))},
                        {"added", list_of(changes.added)},
                        {"removed", list_of(changes.removed)},
                        {"changed", Value(std::move(changed))},
                        {"connection", Value(std::move(connection))},
                        {"base_url", import.base_url},
                        {"auth", import.auth},
                        {"findings", Value(std::move(findings))},
                        {"more_findings", encode_more(import.findings)}});
}

std::string rendered(const ImportFinding& finding) {
  std::string place = finding.file;
  if (finding.line > 0) place += fmt::format(":{}:{}", finding.line, finding.column);
  if (!finding.pointer.empty()) place += " " + finding.pointer;
  return fmt::format("{}: {}: {} [{}]", place, name_of(finding.severity), finding.message, finding.rule);
}

/// Findings go to stderr: those of a rule that is met often are counted, for --json tells all.
void tell_findings(const ImportFindings& findings) {
  std::map<std::string, std::size_t> met;
  for (const ImportFinding& finding : findings.list()) {
    if (++met[finding.rule] <= most_lines) tell(rendered(finding));
  }
  for (const auto& [rule, count] : met) {
    const auto more = findings.more().find(rule);
    const std::size_t all = count + (more == findings.more().end() ? 0 : more->second);
    if (all > most_lines) tell(fmt::format("and {} more of [{}]; --json names them", all - most_lines, rule));
  }
}

void print_names(const char* word, const std::vector<std::string>& names) {
  for (const std::string& name : names) print(fmt::format("  {:<8} {}", word, name));
}

void print_import(const std::string& name, const Import& import, const ImportDifferences& changes, bool first) {
  print(fmt::format("{}: {} of {} operations of {} {}", name, import.operations - import.left_out.size(),
                    import.operations, import.title, import.version));
  std::size_t lines = 0;
  for (const LeftOut& one : import.left_out) {
    if (++lines <= most_lines) print(fmt::format("  left out {}: {}", one.operation, one.why));
  }
  if (lines > most_lines) print(fmt::format("  and {} more left out; --json names them", lines - most_lines));
  if (first) return;
  print_names("added", changes.added);
  print_names("removed", changes.removed);
  for (const auto& [action, parts] : changes.changed)
    print(fmt::format("  {:<8} {}: {}", "changed", action, join(parts, ", ")));
  const auto shown = [](const std::string& text) { return text.empty() ? std::string("nothing") : text; };
  for (const ConnectionChange& one : changes.connection)
    print(fmt::format("  {:<8} the connection: {}: {}, and not {}", "changed", one.part, shown(one.after),
                      shown(one.before)));
  if (!changes.any()) print("  nothing has changed since the import before");
}

void print_next(const std::string& name, const Import& import) {
  const std::string url = import.base_url.empty() ? "https://..." + import.base_path : import.base_url;
  const std::string auth = import.auth.empty() ? "" : ", auth: " + import.auth;
  print(fmt::format("plugins/{0}/{0}.json was written. millrace.yaml has to say where the API is:", name));
  print("  connections:");
  print(fmt::format("    {0}: {{plugin: {0}, base_url: \"{1}\"{2}}}", name, url, auth));
}

int refused(const Session& session, const std::string& name, const Import& import) {
  if (session.json) print_json(encode_import(name, import, {}, false));
  if (!session.json) tell_findings(import.findings);
  return exit_failed;
}

Status write_plugin(const Session& session, const std::string& name, const There& there, const std::string& text) {
  const std::filesystem::path folder = session.folder / "plugins" / name;
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return Error{ErrorCode::denied, folder.string() + " cannot be made: " + failed.message()};
  return rewrite_file((folder / (name + ".json")).string(), there.text, text);
}

int write_and_tell(const Session& session, const Project& project, const PluginImportOptions& options,
                   const There& there, const Import& import) {
  std::string text = encode_json(import.manifest, JsonStyle::indented) + "\n";
  if (text.size() > largest_manifest) {
    complain(options.file + ": the plugin would be larger than 32 MiB: leave operations out, in an overlay");
    return exit_failed;
  }
  // What is written is what will be read: nothing takes the place of a plugin that works and does not work itself.
  const auto manifest = parse_manifest(text, session.folder / "plugins" / options.name);
  if (!manifest) {
    complain(manifest.error().within("the manifest that was made of " + options.file + " cannot be used"));
    return exit_failed;
  }
  ImportDifferences changes;
  if (there.manifest) {
    changes = differences({there.document, *there.manifest}, {import.manifest, *manifest});
  } else {
    for (const auto& [action, value] : import.manifest.find("actions")->map()) changes.added.push_back(action.text());
  }
  const bool is_new = text != there.text;
  const std::string what = "imported from " + options.file + ", " + counted(manifest->actions.size(), "action");
  if (is_new && !note_act(session, project, {"add", "plugin " + options.name, what})) return exit_failed;
  if (const Status written = write_plugin(session, options.name, there, text); !written) {
    complain(written.error());
    return exit_failed;
  }
  if (session.json) {
    print_json(encode_import(options.name, import, changes, true));
  } else {
    tell_findings(import.findings);
    print_import(options.name, import, changes, !there.manifest);
    print_next(options.name, import);
  }
  if (import.findings.has_errors()) return exit_failed;
  return options.detailed_exit_code && changes.any() ? exit_changes : exit_done;
}

}  // namespace

int plugin_import_command(const Session& session, const PluginImportOptions& options) {
  const Status named = check_plugin_name(options.name);
  if (!named) {
    complain(named.error());
    return named.error().code == ErrorCode::invalid ? exit_usage : exit_failed;
  }
  const auto project = open_project(session);
  if (!project) return exit_failed;
  if (!has_project(session, *project)) return exit_cannot_start;
  const auto there = look_there(session, options.name);
  const auto text = read_document(options.file);
  if (!there || !text) {
    complain(!there ? there.error() : text.error().within(options.file));
    return exit_failed;
  }
  const std::string overlay_name = "plugins/" + options.name + "/" + options.name + ".overlay.yaml";
  const std::filesystem::path overlay = session.folder / overlay_name;
  std::error_code failed;
  const auto said =
      std::filesystem::exists(overlay, failed) ? read_document(overlay) : Result<std::string>(std::string());
  if (!said) {
    complain(said.error().within(overlay_name));
    return exit_failed;
  }
  const Import import = import_openapi(
      {options.name, options.file, *text, reader_below(options.file), overlay_name, *said, names_in(there->document)});
  if (import.manifest.is_null()) return refused(session, options.name, import);
  return write_and_tell(session, *project, options, *there, import);
}

}  // namespace millrace
