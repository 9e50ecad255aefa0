#include <memory>

#include "cli/people_command.hpp"
#include "cli/verbs.hpp"

namespace millrace {

namespace {

using Named = std::shared_ptr<NamedOptions>;

void add_name(CLI::App* verb, const Named& options, const std::string& kind) {
  verb->add_option("name", options->name, "letters, digits, dots, dashes, underscores and @")
      ->required()
      ->type_name(kind);
}

void add_roles(CLI::App* verb, const Named& options) {
  verb->add_option("--role", options->roles, "viewer, approver, editor or admin; may be given several times")
      ->required()
      ->type_name("ROLE");
}

void add_user(CLI::App& app, Session& session, const Named& options, Job& job) {
  CLI::App* user = app.add_subcommand("user", "people who come into the console by name and password");
  user->require_subcommand(1);
  CLI::App* add = add_verb(*user, "add", "invite somebody: prints a link to set a password", job,
                           [&session, options] { return user_add_command(session, *options); });
  CLI::App* list = add_verb(*user, "list", "who there is", job, [&session] { return user_list_command(session); });
  CLI::App* remove = add_verb(*user, "remove", "remove somebody, and send him out", job,
                              [&session, options] { return user_remove_command(session, *options); });
  for (CLI::App* verb : {add, remove}) add_name(verb, options, "USER");
  add_roles(add, options);
  for (CLI::App* verb : {add, list, remove}) add_json(verb, session);
}

void add_token(CLI::App& app, Session& session, const Named& options, Job& job) {
  CLI::App* token = app.add_subcommand("token", "tokens of programs that use the HTTP API");
  token->require_subcommand(1);
  CLI::App* add = add_verb(*token, "add", "make one, and print it this once", job,
                           [&session, options] { return token_add_command(session, *options); });
  CLI::App* list = add_verb(*token, "list", "which there are", job, [&session] { return token_list_command(session); });
  CLI::App* revoke = add_verb(*token, "revoke", "end one", job,
                              [&session, options] { return token_revoke_command(session, *options); });
  for (CLI::App* verb : {add, revoke}) add_name(verb, options, "TOKEN");
  add_roles(add, options);
  for (CLI::App* verb : {add, list, revoke}) add_json(verb, session);
}

}  // namespace

void add_people(CLI::App& app, Session& session, PeopleOptions& options, Job& job) {
  CLI::App* open =
      add_verb(app, "open", "open the console in a browser", job, [&] { return open_command(session, options); });
  open->add_flag("--print", options.print, "print the address in place of opening it");
  add_json(open, session);
  const auto named = std::make_shared<NamedOptions>();
  add_user(app, session, named, job);
  add_token(app, session, named, job);
}

}  // namespace millrace
