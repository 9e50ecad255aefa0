#include "cli/verbs.hpp"

namespace millrace {

void add_secret(CLI::App& app, Session& session, SecretOptions& options, Job& job) {
  CLI::App* secret = app.add_subcommand("secret", "the secrets of the project's vault; a value never comes out again");
  secret->require_subcommand(1);
  CLI::App* set = add_verb(*secret, "set", "give a secret a value, which is asked for, or read from stdin", job,
                           [&] { return secret_set_command(session, options); });
  set->add_flag("--passphrase", options.passphrase, "a vault that is new shall open with a passphrase, not a key file");
  CLI::App* list = add_verb(*secret, "list", "their names and when they were set", job,
                            [&] { return secret_list_command(session); });
  CLI::App* remove = add_verb(*secret, "remove", "forget one, after saying what uses it", job,
                              [&] { return secret_remove_command(session, options); });
  remove->add_flag("--yes", options.yes, "without being asked");
  CLI::App* rotate = add_verb(*secret, "rotate", "give a secret its next value; the one before stays good for a while",
                              job, [&] { return secret_rotate_command(session, options); });
  rotate->add_flag("--verify", options.verify, "read with the new value first, over the connections that use it");
  rotate->add_flag("--done", options.done, "end a rotation: the value before is forgotten");
  rotate->add_flag("--back", options.back, "end a rotation: the value before is used again");
  for (CLI::App* verb : {set, rotate, remove}) {
    verb->add_option("name", options.name, "such as highlevel_token")->required()->type_name("SECRET");
    verb->add_option("value", options.more)->group("");  // so that what is no place for one is not repeated
  }
  CLI::App* export_key = add_verb(*secret, "export-recovery", "the vault's key, for the safe", job,
                                  [&] { return secret_export_command(session, options); });
  export_key->add_option("--to", options.file, "into this file, which must not exist (default: to the terminal)")
      ->type_name("FILE");
  CLI::App* recover = add_verb(*secret, "recover", "make a recovery text this user's key again", job,
                               [&] { return secret_recover_command(session, options); });
  recover->add_option("file", options.file, "the file that holds it (default: it is asked for)")->type_name("FILE");
  for (CLI::App* verb : {set, list, rotate, remove, export_key, recover}) add_json(verb, session);
}

void add_audit(CLI::App& app, Session& session, AuditOptions& options, Job& job) {
  CLI::App* audit = app.add_subcommand("audit", "who did what, and which secret was used where");
  audit->require_subcommand(1);
  CLI::App* list =
      add_verb(*audit, "list", "the newest lines first", job, [&] { return audit_list_command(session, options); });
  list->add_option("--limit", options.limit, "how many (default: 50)")->check(CLI::Range(1, 100000))->type_name("N");
  CLI::App* export_lines = add_verb(*audit, "export", "every line, the oldest first, one JSON document a line", job,
                                    [&] { return audit_export_command(session, options); });
  export_lines->add_option("--month", options.month, "of this month only, in UTC, such as 2026-11")->type_name("MONTH");
  export_lines->add_option("--out", options.file, "into this file, which must not exist (default: to stdout)")
      ->type_name("FILE");
  for (CLI::App* verb : {list, export_lines}) {
    verb->add_option("--about", options.about, "only what was done to this: a run, workflow, secret or plugin")
        ->type_name("WHAT");
    verb->add_option("--who", options.who, "only of this person or program")->type_name("WHO");
    verb->add_option("--what", options.what, "only this act, such as pause")->type_name("ACT");
    verb->add_option("--since", options.since, "only since then, such as 2h or 2026-03-01T09:00:00Z")
        ->type_name("TIME");
  }
  CLI::App* verify = add_verb(*audit, "verify", "whether any line was changed, taken out or put in", job,
                              [&] { return audit_verify_command(session, options); });
  verify
      ->add_option("--heads", options.heads,
                   "files with heads that were kept elsewhere, or such a head itself: what was cut off is found, too")
      ->type_name("FILE");
  verify->add_option("--key", options.keys, "whose signature each head has to have; the project's own key unless said")
      ->type_name("KEY");
  for (CLI::App* verb : {list, verify}) add_json(verb, session);
}

}  // namespace millrace
