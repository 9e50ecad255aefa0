"""The vault as people meet it: values that nobody sees, a key that can be lost and brought back, and what uses what."""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import unittest

from project import Project, SandboxTest, main, program

CONNECTION = """version: 1
connections:
  shop:
    plugin: http
    base_url: http://127.0.0.1:9
    auth: {token: "secret:shop_token"}
"""
HOOK = """version: 1
name: Hook
triggers:
  - webhook: hook
    verify: {bearer: "secret:shop_token"}
actions:
  - set: {seen: event}
"""


class Terminal:
    """A program with a terminal of its own, as a person has one."""

    def __init__(self, folder, environment, *arguments):
        self.process, self.end = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execve(program, [str(program), *map(str, arguments)], environment)
        self.said = ""

    def until(self, words, seconds=30):
        while words not in self.said:
            if not select.select([self.end], [], [], seconds)[0]:
                raise AssertionError(f"it did not say {words!r} but {self.said!r}")
            try:
                piece = os.read(self.end, 4096)
            except OSError:
                piece = b""
            if not piece:
                raise AssertionError(f"it ended without {words!r}: {self.said!r}")
            self.said += piece.decode()

    def type(self, text):
        os.write(self.end, text.encode())

    def finish(self):
        try:
            while piece := os.read(self.end, 4096):
                self.said += piece.decode()
        except OSError:
            pass  # the other end is closed
        os.close(self.end)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


class Secrets(unittest.TestCase):
    def setUp(self):
        self.project = Project(token=None)
        self.addCleanup(self.project.close)
        shutil.rmtree(self.project.folder / "workflows")
        self.project.write("millrace.yaml", CONNECTION)
        self.project.write("workflows/hook.yaml", HOOK)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="millrace-home-"))
        self.addCleanup(shutil.rmtree, self.home)
        self.environment = {"XDG_CONFIG_HOME": str(self.home)}
        self.key = self.home / "millrace" / "vault.key"
        self.vault = self.project.folder / "state" / "vault"

    def secret(self, *arguments, stdin=None, code=0, **more):
        done = self.project.millrace("secret", *arguments, stdin=stdin, environment={**self.environment, **more})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def terminal(self, *arguments):
        return Terminal(self.project.folder, {**os.environ, **self.environment}, "secret", *arguments)

    def entries(self):
        return json.loads(self.secret("list", "--json").stdout)

    def test_a_value_is_read_from_stdin_and_only_its_name_is_ever_told(self):
        self.assertIn("there is no vault yet", self.secret("list").stdout)
        done = self.secret("set", "shop_token", stdin="pit-0123456789\n")
        self.assertNotIn("pit-", done.stdout + done.stderr)
        listed = self.secret("list").stdout
        self.assertIn("shop_token  set 20", listed)
        self.assertNotIn("pit-", listed + self.vault.read_text())
        entries = self.entries()
        self.assertEqual([(entry["name"], entry["previous"]) for entry in entries["secrets"]], [("shop_token", None)])
        self.assertEqual(entries["vault"]["passphrase"], False)
        self.assertEqual([file.stat().st_mode & 0o777 for file in (self.vault, self.key)], [0o600, 0o600])

    def test_a_value_in_the_arguments_is_refused_and_not_repeated(self):
        for arguments in (("set", "shop_token", "pit-0123456789"), ("set", "shop_token", "pit-0123456789", "--json")):
            done = self.secret(*arguments, code=2)
            self.assertIn("never taken from arguments", done.stderr)
            self.assertNotIn("pit-", done.stdout + done.stderr)
        for verb in ("set", "rotate", "remove"):
            done = self.secret(verb, "shop_token=pit-0123456789", code=2)
            self.assertIn("never taken from arguments", done.stderr)
            self.assertNotIn("pit-", done.stdout + done.stderr)
            done = self.secret(verb, "--value=pit-0123456789 two", "shop_token", code=2)
            self.assertIn("--value", done.stderr)
            self.assertNotIn("pit-", done.stdout + done.stderr)
            self.assertNotIn("two", done.stdout + done.stderr)
        self.assertFalse(self.vault.exists())

    def test_an_act_that_was_refused_is_in_no_audit(self):
        self.secret("set", "shop_token", stdin="pit-0123456789")
        for value in ("", "x" * 70000):
            self.secret("set", "shop_token", stdin=value, code=1)
        self.project.write("safe", "mine")
        for file in ("safe", "no-folder/safe"):
            self.secret("export-recovery", "--to", file, code=1 if file == "safe" else 3)
        self.assertEqual((self.project.folder / "safe").read_text(), "mine")
        self.assertIn("leave --verify out", self.secret("rotate", "shop_token", "--verify", stdin="pit-another", code=1).stderr)
        self.secret("rotate", "shop_token", "--done", code=1)
        self.secret("recover", "-", stdin="AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", code=3)
        self.key.unlink()
        self.secret("set", "shop_token", stdin="pit-another", code=3)
        lines = json.loads(self.project.millrace("audit", "list", "--json", environment=self.environment).stdout)["audit"]
        self.assertEqual([(line["what"], line["about"]) for line in lines], [("set", "secret:shop_token")])

    def test_an_entry_that_is_a_connections_own_is_no_secret_to_set(self):
        self.project.write("millrace.yaml", CONNECTION.replace('{token: "secret:shop_token"}', '{oauth2: {client_id: app, client_secret: "secret:app", authorize_url: /a, token_url: /t}}'))
        for verb in ("set", "rotate"):
            self.assertIn("tokens of connection \"shop\"", self.secret(verb, "oauth_shop", stdin="mine", code=1).stderr)
        self.secret("set", "oauth_other", stdin="mine")
        self.secret("set", "app", stdin="mine-too")
        self.assertIn("connections renew shop", self.secret("rotate", "app", "--verify", stdin="next", code=1).stderr)

    def test_at_a_terminal_a_value_is_asked_for_twice_and_not_shown(self):
        terminal = self.terminal("set", "shop_token")
        terminal.until("The value of shop_token: ")
        terminal.type("pit-0123456789\n")
        terminal.until("Once more: ")
        terminal.type("pit-0123456789\n")
        self.assertEqual(terminal.finish(), 0, terminal.said)
        self.assertNotIn("pit-", terminal.said)
        self.assertEqual(len(self.entries()["secrets"]), 1)

    def test_two_values_that_differ_and_ctrl_c_change_nothing(self):
        terminal = self.terminal("set", "shop_token")
        terminal.until("The value of shop_token: ")
        terminal.type("pit-0123456789\n")
        terminal.until("Once more: ")
        terminal.type("pit-9876543210\n")
        self.assertEqual(terminal.finish(), 1)
        self.assertIn("not the same", terminal.said)
        terminal = self.terminal("set", "shop_token")
        terminal.until("The value of shop_token: ")
        terminal.type("pit-\x03")
        self.assertEqual(terminal.finish(), 130, terminal.said)
        self.assertFalse(self.vault.exists())

    def test_names_that_no_handle_can_have_and_values_that_are_none_are_refused(self):
        for name, value in (("a.b", "x"), ("../x", "x"), ("shop_token", ""), ("shop_token", "\n"), ("shop_token", " \t \n"), ("shop_token", "pit-\0-0123456789")):
            self.secret("set", name, stdin=value, code=1)
        self.assertFalse(self.vault.exists())

    def test_a_connection_finds_its_secret_in_the_vault_and_doctor_tells_of_it(self):
        self.assertIn('"millrace secret set shop_token" gives it a value', self.project.millrace("doctor", environment=self.environment).stdout)
        self.secret("set", "secret:shop_token", stdin="pit-0123456789")
        doctor = self.project.millrace("doctor", environment=self.environment)
        self.assertIn("nothing is broken", doctor.stdout)
        self.assertRegex(doctor.stdout, r"vault: 1 secret in \S*state/vault, sealed with the key [0-9a-f]{16}\n")
        self.vault.chmod(0o644)
        doctor = self.project.millrace("doctor", environment=self.environment)
        self.assertEqual(doctor.returncode, 1)
        self.assertIn("state/vault can be read by others: run", doctor.stdout)

    def test_an_address_that_is_a_secret_is_told_as_one_and_so_is_one_that_holds_no_address(self):
        self.project.write("millrace.yaml", 'version: 1\nconnections:\n  shop: {plugin: http, base_url: "secret:hook"}\n')
        told = lambda *verb: self.project.millrace(*verb, environment=self.environment).stdout
        self.assertIn('at secret:hook, no secret "hook" ', told("connections"))
        self.assertIn('no secret "hook" ', told("doctor"))
        self.secret("set", "hook", stdin="hooks.example/T0/B0/zzToken99")
        for verb in ("connections", "doctor"):
            self.assertIn('what "secret:hook" holds is no address (', told(verb))
            self.assertNotIn("zzToken99", told(verb))
        self.secret("set", "hook", stdin="https://hooks.example/T0/B0/zzToken99")
        self.assertIn("at secret:hook, its secret is there", told("connections"))
        self.assertNotIn("names no credentials", told("doctor"))

    def test_what_comes_before_the_vault_is_said_when_a_value_is_set(self):
        done = self.secret("set", "shop_token", stdin="pit-0123456789", MILLRACE_SECRET_SHOP_TOKEN="another")
        self.assertIn("another value comes before it, from MILLRACE_SECRET_SHOP_TOKEN", done.stderr)

    def test_a_removal_says_what_uses_the_secret_and_asks(self):
        self.secret("set", "shop_token", stdin="pit-0123456789")
        done = self.secret("remove", "shop_token", code=4)
        self.assertIn("used by the connection shop, workflows/hook.yaml:5", done.stderr)
        terminal = self.terminal("remove", "shop_token")
        terminal.until("Remove it? [y/N] ")
        terminal.type("n\n")
        self.assertEqual(terminal.finish(), 1)
        self.assertEqual(len(self.entries()["secrets"]), 1)
        terminal = self.terminal("remove", "shop_token")
        terminal.until("Remove it? [y/N] ")
        terminal.type("y\n")
        self.assertEqual(terminal.finish(), 0)
        self.assertEqual(self.entries()["secrets"], [])
        self.assertIn("there is no", self.secret("remove", "shop_token", "--yes", code=3).stderr)

    def test_a_removal_also_says_which_lines_of_millrace_yaml_beside_connections_use_the_secret(self):
        self.project.write("millrace.yaml", CONNECTION + 'hashicorp_vault: {address: "http://127.0.0.1:9", path: prod, auth: {token: "secret:vault_token"}}\n'
                           'alarms:\n  - action: notify.webhook\n    with: {url: "secret:chat", text: hello}\n')
        for name, uses in (("vault_token", "millrace.yaml:7"), ("chat", "millrace.yaml:10"), ("shop_token", "the connection shop, workflows/hook.yaml:5")):
            self.secret("set", name, stdin="https://a.example/pit-0123456789")
            self.assertIn(f"secret:{name} is used by {uses}\n", self.secret("remove", name, code=4).stderr)

    def test_a_lost_key_comes_back_from_the_recovery_text(self):
        self.secret("set", "shop_token", stdin="pit-0123456789")
        self.assertIn("--to FILE", self.secret("export-recovery", code=2).stderr)
        self.secret("export-recovery", "--to", "safe")
        safe = self.project.folder / "safe"
        self.assertEqual(safe.stat().st_mode & 0o777, 0o600)
        self.assertIn("already", self.secret("export-recovery", "--to", "safe", code=1).stderr)
        terminal = self.terminal("export-recovery")
        self.assertEqual(terminal.finish(), 0)
        shown = re.search(r"millrace-vault-key \S+ \S+", terminal.said)[0]
        self.assertEqual(shown, safe.read_text().strip())
        self.key.unlink()
        self.assertIn("sealed with the key", self.secret("list", code=3).stderr)
        self.secret("set", "other", stdin="x", code=3)
        self.assertFalse(self.key.exists())
        self.secret("recover", "safe")
        self.assertEqual(len(self.entries()["secrets"]), 1)
        self.key.unlink()
        terminal = self.terminal("recover")
        terminal.until("The recovery text: ")
        terminal.type(shown + "\n")
        self.assertEqual(terminal.finish(), 0, terminal.said)
        self.assertNotIn(shown.split()[-1], terminal.said)
        self.assertEqual(len(self.entries()["secrets"]), 1)

    def test_a_passphrase_is_asked_for_at_the_terminal_or_read_from_a_file(self):
        terminal = self.terminal("set", "shop_token", "--passphrase")
        for question, answer in (("The value of shop_token: ", "pit-0123456789"), ("Once more: ", "pit-0123456789"),
                                 ("A new passphrase for the vault: ", "correct horse")):
            terminal.until(question)
            terminal.said = ""
            terminal.type(answer + "\n")
        terminal.until("Once more: ")
        terminal.type("correct horse\n")
        self.assertEqual(terminal.finish(), 0, terminal.said)
        self.assertFalse(self.key.exists())
        terminal = self.terminal("list")
        terminal.until("Passphrase of the vault: ")
        terminal.type("correct horse\n")
        self.assertEqual(terminal.finish(), 0, terminal.said)
        self.assertIn("1 secret", terminal.said)
        terminal = self.terminal("list")
        terminal.until("Passphrase of the vault: ")
        terminal.type("wrong horse\n")
        self.assertEqual(terminal.finish(), 3)
        words = self.project.write("words", "correct horse\n")
        words.chmod(0o600)
        self.secret("set", "other", stdin="second", MILLRACE_VAULT_PASSPHRASE_FILE=str(words))
        words.chmod(0o644)
        self.assertIn("chmod 600", self.secret("list", code=3, MILLRACE_VAULT_PASSPHRASE_FILE=str(words)).stderr)
        self.assertIn("there is a vault already", self.secret("set", "third", "--passphrase", stdin="x", code=1).stderr)

    def test_a_rotation_keeps_the_value_before_until_it_is_ended_either_way(self):
        self.assertIn("its first value", self.secret("rotate", "shop_token", stdin="pit-1", code=3).stderr)
        self.secret("set", "shop_token", stdin="pit-0123456789")
        self.assertIn("no value", self.secret("rotate", "shop_token", "--done", code=1).stderr)
        self.secret("rotate", "shop_token", stdin="pit-next-one")
        self.assertIn("the value before is still good", self.secret("list").stdout)
        first = self.entries()["secrets"][0]
        self.assertLess(first["previous"], first["version"])
        refused = self.secret("rotate", "shop_token", stdin="pit-a-third", code=1)
        self.assertIn("rotate shop_token --back", refused.stderr)
        self.assertIn("rotate shop_token --back", self.secret("set", "shop_token", stdin="pit-a-third", code=1).stderr)
        self.assertEqual(self.entries()["secrets"][0], first)
        self.secret("rotate", "shop_token", "--back")
        second = self.entries()["secrets"][0]
        self.assertIsNone(second["previous"])
        self.assertGreater(second["version"], first["version"])
        self.secret("rotate", "shop_token", stdin="pit-next-one")
        self.secret("rotate", "shop_token", "--done")
        self.assertIsNone(self.entries()["secrets"][0]["previous"])
        self.secret("rotate", "shop_token", "pit-in-arguments", code=2)
        self.secret("rotate", "shop_token", "--done", "--back", code=2)

    def test_what_nobody_uses_cannot_be_verified(self):
        self.secret("set", "lonely", stdin="pit-0123456789")
        self.assertIn("no connection uses", self.secret("rotate", "lonely", "--verify", stdin="pit-1", code=1).stderr)
        self.assertIsNone(self.entries()["secrets"][0]["previous"])

    def test_a_vault_from_another_key_is_refused_by_every_verb_and_stays_as_it_is(self):
        self.secret("set", "shop_token", stdin="pit-0123456789")
        self.key.unlink()
        other = Project(token=None)
        self.addCleanup(other.close)
        self.assertEqual(other.millrace("secret", "set", "theirs", stdin="x", environment=self.environment).returncode, 0)
        before = self.vault.read_bytes()
        for arguments in (("list",), ("set", "shop_token"), ("remove", "shop_token", "--yes"), ("export-recovery", "--to", "safe")):
            self.assertIn("sealed with the key", self.secret(*arguments, stdin="x", code=3).stderr)
        self.assertEqual(self.vault.read_bytes(), before)
        check = self.project.millrace("doctor", environment=self.environment)
        self.assertEqual(check.returncode, 1)
        self.assertIn("the vault: ", check.stdout)


class Verified(SandboxTest):
    """A rotation that is tried at the far side before it counts."""

    def setUp(self):
        super().setUp()
        (self.project.folder / "state" / "secrets.json").unlink()
        home = tempfile.mkdtemp(prefix="millrace-home-")
        self.addCleanup(shutil.rmtree, home)
        self.environment = {"XDG_CONFIG_HOME": home}

    def secret(self, *arguments, stdin=None):
        return self.project.millrace("secret", *arguments, stdin=stdin, environment=self.environment)

    def previous(self):
        return json.loads(self.secret("list", "--json").stdout)["secrets"][0]["previous"]

    def test_a_value_that_the_far_side_refuses_changes_nothing_and_one_that_it_takes_is_switched_to(self):
        before = self.sandbox.state()
        self.assertEqual(self.secret("set", "highlevel_token", stdin="an-old-token").returncode, 0)
        refused = self.secret("rotate", "highlevel_token", "--verify", stdin="a-wrong-token")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("nothing was changed", refused.stderr)
        self.assertNotIn("a-wrong-token", refused.stdout + refused.stderr)
        self.assertIsNone(self.previous())
        taken = self.secret("rotate", "highlevel_token", "--verify", stdin="sandbox-token")
        self.assertEqual(taken.returncode, 0, taken.stderr)
        self.assertIn("over highlevel", taken.stdout)
        self.assertIsNotNone(self.previous())
        self.assertEqual(self.sandbox.state(), before)
        lines = json.loads(self.project.millrace("audit", "list", "--json", environment=self.environment).stdout)["audit"]
        self.assertEqual([line["what"] for line in lines], ["rotate", "try", "set"])
        self.assertIn("over highlevel", lines[0]["detail"])

    def test_where_the_far_side_is_not_there_nothing_is_changed(self):
        self.secret("set", "highlevel_token", stdin="an-old-token")
        self.sandbox.close()
        done = self.secret("rotate", "highlevel_token", "--verify", stdin="sandbox-token")
        self.assertNotEqual(done.returncode, 0)
        self.assertIsNone(self.previous())

    def test_while_a_rotation_goes_on_the_value_before_is_used_where_the_new_one_is_refused_and_people_are_told(self):
        self.secret("set", "highlevel_token", stdin="sandbox-token")
        self.secret("rotate", "highlevel_token", stdin="mistyped-token")
        self.project.write("workflows/read.yaml", "version: 1\nname: Read\nmode: live\nlocations: loc_main\nactions:\n  - id: all\n    action: highlevel.location_tags.list\n")
        def read(expect):
            done = self.project.millrace("run", "read", "--live", environment=self.environment)
            self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
            return done
        def doctor():
            return self.project.millrace("doctor", environment=self.environment).stdout
        done = read(0)
        self.assertIn("the new value of secret:highlevel_token was refused", done.stderr)
        self.assertIn("the new value of secret:highlevel_token was refused", doctor())
        for each in ("mistyped-token", "sandbox-token"):
            self.assertNotIn(each, done.stdout + done.stderr)
        self.secret("rotate", "highlevel_token", "--done")
        self.assertNotIn("the new value", read(1).stderr)
        self.secret("set", "highlevel_token", stdin="sandbox-token")
        read(0)
        self.assertNotIn("the new value", doctor())

    def test_what_a_far_side_said_of_a_value_is_told_no_more_once_another_one_is_there(self):
        self.project.write("workflows/read.yaml", "version: 1\nname: Read\nmode: live\nlocations: loc_main\nactions:\n  - id: all\n    action: highlevel.location_tags.list\n")
        def told(expect):
            done = self.project.millrace("run", "read", "--live", environment=self.environment)
            self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
            return self.project.millrace("connections", environment=self.environment).stdout
        def after(*arguments, stdin=None):
            done = self.secret(*arguments, stdin=stdin)
            self.assertEqual(done.returncode, 0, done.stderr)
            return self.project.millrace("connections", environment=self.environment).stdout
        self.secret("set", "highlevel_token", stdin="mistyped-token")
        self.assertIn("refused the token", told(1))
        self.assertNotIn("refused", after("set", "highlevel_token", stdin="sandbox-token"))
        for how, expect in (("--back", 0), ("--done", 1)):
            self.secret("rotate", "highlevel_token", stdin="mistyped-token")
            self.assertIn("the new value of secret:highlevel_token was refused", told(0))
            self.assertNotIn("refused", after("rotate", "highlevel_token", how))
        self.assertIn("refused the token", told(1))
        self.assertNotIn("refused", after("rotate", "highlevel_token", stdin="sandbox-token"))


if __name__ == "__main__":
    main()
