#include "base/log.hpp"
#include "cli/cli.hpp"
#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "host/serving.hpp"

namespace millrace {

int serve_command(const Session& session, const ServeOptions& options) {
  const auto drain_timeout = parse_duration(options.drain_timeout);
  if (!drain_timeout || *drain_timeout < Duration::zero()) {
    complain("--drain-timeout has to be a duration such as 30s");
    return exit_usage;
  }
  use_service_log();
  auto project = open_project(session);
  if (!project) return exit_configuration;
  if (!has_project(session, *project)) return exit_cannot_start;
  const Catalog catalog = open_catalog(session, Manifests::all);
  const auto served = serve_project(session.folder, *project, catalog, {*drain_timeout, options.listen});
  if (served) return *served ? exit_done : exit_failed;
  complain(served.error());
  return served.error().code == ErrorCode::invalid ? exit_configuration : exit_cannot_start;
}

}  // namespace millrace
