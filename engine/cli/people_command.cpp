#include "cli/people_command.hpp"

#include <utility>

#include "base/percent.hpp"
#include "base/text.hpp"
#include "cli/cli.hpp"
#include "host/service_file.hpp"
#include "value/list_of.hpp"

namespace millrace {

namespace {

/// What the project's service answers; who may is its affair, so nothing is done without it.
std::optional<Value> asked_of_service(const Session& session, const std::string& method, const std::string& path,
                                      const Value& body, int& exit_code) {
  exit_code = exit_cannot_start;
  const auto service = find_service(session.folder);
  if (!service || !*service) {
    if (service) complain("no service runs for this project: \"millrace serve\" starts one");
    if (!service) complain(service.error());
    return std::nullopt;
  }
  const auto answer = ask_service(**service, method, path, body);
  exit_code = answer ? exit_done : exit_failed;
  if (answer) return *answer;
  complain(answer.error());
  return std::nullopt;
}

int list_people(const Session& session, const std::string& kind, const std::string& none) {
  int exit_code = exit_done;
  const auto answer = asked_of_service(session, "GET", kind, Value(), exit_code);
  if (!answer) return exit_code;
  if (session.json) {
    print_json(*answer);
    return exit_code;
  }
  const Value* list = answer->find(kind);
  if (list == nullptr || !list->is_list() || list->list().empty()) {
    print(none);
    return exit_code;
  }
  for (const Value& each : list->list()) {
    const Value* ready = each.find("has_password");
    const bool invited = ready != nullptr && ready->is(Kind::boolean) && !ready->boolean();
    print(each.text_or("name") + "  " + join(texts_of(each.find("roles")), ", ") + (invited ? "  (invited)" : ""));
  }
  return exit_code;
}

/// `member`: what is told this once.
int add_somebody(const Session& session, const NamedOptions& options, const std::string& kind,
                 const std::string& member, const std::string& about) {
  int exit_code = exit_done;
  const Value body = Value::object({{"name", options.name}, {"roles", list_of(options.roles)}});
  const auto answer = asked_of_service(session, "POST", kind, body, exit_code);
  if (!answer) return exit_code;
  if (session.json) {
    print_json(*answer);
    return exit_code;
  }
  print(answer->text_or(member));
  tell(about);
  return exit_code;
}

int remove_somebody(const Session& session, const NamedOptions& options, const std::string& kind,
                    const std::string& done) {
  int exit_code = exit_done;
  const auto answer =
      asked_of_service(session, "DELETE", kind + "/" + percent_encode(options.name), Value(), exit_code);
  if (answer && session.json) print_json(*answer);
  if (answer && !session.json) print(options.name + done);
  return exit_code;
}

}  // namespace

int user_add_command(const Session& session, const NamedOptions& options) {
  return add_somebody(session, options, "users", "address",
                      "Whoever opens this link sets the password of " + options.name + ", once, within 7 days.");
}

int user_list_command(const Session& session) {
  return list_people(session, "users", "there are no users: millrace open lets in whoever may read state/api-token");
}

int user_remove_command(const Session& session, const NamedOptions& options) {
  return remove_somebody(session, options, "users", " is removed, and out");
}

int token_add_command(const Session& session, const NamedOptions& options) {
  return add_somebody(session, options, "tokens", "token", "It is told this once: \"Authorization: Bearer TOKEN\".");
}

int token_list_command(const Session& session) {
  return list_people(session, "tokens", "there are no tokens but the one in state/api-token");
}

int token_revoke_command(const Session& session, const NamedOptions& options) {
  return remove_somebody(session, options, "tokens", " is revoked");
}

}  // namespace millrace
