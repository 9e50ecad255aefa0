"""The verbs that look at things, and what a workflow can do on the command line."""
import contextlib
import ctypes.util
import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import tempfile
import termios
import time
import unittest

from project import Project, SandboxTest, build, main, program
from service import PATIENCE


class Commands(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)

    def test_bare_millrace_says_what_is_here_and_what_to_do_next(self):
        done = self.project.millrace()
        self.assertEqual(done.returncode, 0)
        self.assertIn("sync-tags", done.stdout)
        self.assertIn("Next: millrace plan", done.stdout)

    def test_who_leaves_a_word_out_is_told_how_the_verb_is_written_and_what_there_is(self):
        self.project.write("workflows/hello.yaml", "version: 1\nname: Hello\ntriggers: manual\nactions:\n  - stop: completed\n")
        for verb in ("plan", "run", "explain"):
            done = self.project.millrace(verb)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(f"error: workflow is required\nit is written: millrace {verb} WORKFLOW\nWORKFLOW can be ", done.stderr)
            self.assertRegex(done.stderr, r"WORKFLOW can be .*\bhello\b")
        self.assertIn("it is written: millrace runs show RUN\n", self.project.millrace("runs", "show").stderr)
        self.assertNotIn("it is written", self.project.millrace("plan", "hello", "--no-such-thing").stderr)

    def test_eval(self):
        self.assertEqual(self.project.millrace("eval", "1 + 2 * 3").stdout, "7\n")
        self.assertEqual(self.project.millrace("eval", "--with", "-", "tags.filter(t, t.n > 1).size()", stdin='{"tags": [{"n": 1}, {"n": 2}]}').stdout, "1\n")
        self.assertEqual(self.project.millrace("eval", "--as-of", "2026-03-01T09:00:00Z", "now + duration('24h')").stdout, '"2026-03-02T09:00:00Z"\n')
        self.assertEqual(self.project.millrace("eval", "now > timestamp('2026-01-01T00:00:00Z')").stdout, "true\n")
        self.assertEqual(self.project.millrace("eval", "--with", "-", "now", stdin='{"now": "then"}').stdout, '"then"\n')
        self.assertEqual(self.project.millrace("eval", "--as-of", "tomorrow", "now").returncode, 2)
        self.assertEqual(self.project.millrace("eval", "-2 + 3").stdout, "1\n")
        self.assertEqual(self.project.millrace("eval", "--with", "-", "-x", "--json", stdin='{"x": 2}').stdout, '{"value":-2}\n')
        self.assertEqual(self.project.millrace("eval", "--", "--1").stdout, self.project.millrace("eval", "-(-1)").stdout)
        for words in [["-1", "-2"], ["--wiht"], ["1", "+", "2"]]:
            refused = self.project.millrace("eval", *words)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("not expected", refused.stderr)
        wrong = self.project.millrace("eval", "1 +")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("^", wrong.stderr)

    def test_a_correction_of_eval_replaces_letters_and_not_bytes(self):
        for said, fixed in [("name == ‘Ada’ || name == 'Bob'", "name == 'Ada' || name == 'Bob'"), ("‘a’ == 'a'", "'a' == 'a'"), ("1 > 0 &&\n‘ä’ == 'ä'", "'ä' == 'ä'")]:
            wrong = self.project.millrace("eval", said)
            self.assertIn(f"fix | {fixed}\n", wrong.stderr)
        self.assertIn("| ^^^ 'a'\n", self.project.millrace("eval", "‘a’ == 'a'").stderr)

    def test_eval_stdio_answers_a_line_for_a_line(self):
        lines = '{"id": 1, "expr": "x + 1", "bindings": {"x": {"int": "41"}}}\n{"id": 2, "expr": "nope"}\n'
        answers = [json.loads(line) for line in self.project.millrace("eval", "--stdio", stdin=lines).stdout.splitlines()]
        self.assertEqual(answers[0], {"id": 1, "value": {"int": "42"}})
        self.assertIn("error", answers[1])

    def test_eval_says_what_to_do_where_nobody_types(self):
        done = self.project.millrace("eval", stdin="1 + 2\n")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("millrace eval '1 + 2'", done.stderr)

    def test_catalog_names_effect_scope_method_and_path(self):
        entries = {entry["name"]: entry for entry in self.project.json("catalog")["entries"]}
        self.assertEqual(entries["highlevel.location_tags.create"] | {"summary": ""},
                         {"name": "highlevel.location_tags.create", "plugin": "highlevel", "kind": "action", "effect": "create",
                          "scope": "locations/tags.write", "method": "POST", "path": "/locations/{location_id}/tags", "summary": ""})
        self.assertEqual(entries["highlevel.social_tags.get_many"]["effect"], "read")
        self.assertEqual(entries["sightmill.tags.changed"]["kind"], "trigger")
        shown = self.project.millrace("catalog", "show", "tags.upsrt")
        self.assertEqual(shown.returncode, 1)
        self.assertIn('"tags.upsert"', shown.stderr)
        for words in (["catalog", "notify"], ["catalog", "list", "notify"]):
            self.assertEqual([entry["name"] for entry in self.project.json(*words)["entries"]], ["notify.email", "notify.webhook"])
        other = self.project.millrace("catalog", "notfy")
        self.assertEqual(other.returncode, 1)
        self.assertIn('did you mean "notify"?', other.stderr)
        functions = self.project.millrace("catalog", "functions").stdout
        self.assertIn("days_ago", functions)
        self.assertIn("'Straße'.upper()  =>  'STRASSE'", functions)
        listed = json.loads(self.project.millrace("catalog", "functions", "--json").stdout)["functions"]
        self.assertTrue(all("  =>  " in function["example"] for function in listed), listed)

    def test_the_schema_for_editors_knows_the_inputs_of_the_installed_plugins(self):
        schema = self.project.millrace("schema").stdout
        self.assertIn("highlevel.location_tags.create", schema)
        json.loads(schema)
        json.loads(self.project.millrace("schema", "project").stdout)

    def test_version(self):
        self.assertRegex(self.project.millrace("version").stdout, r"^millrace \d+\.\d+\.\d+\n$")

    def test_a_time_of_ones_own_is_taken_only_where_the_far_side_is_surely_this_machine(self):
        self.project.write("workflows/ask.yaml", "version: 1\nname: Ask\nactions:\n  - action: http.request\n    connection: web\n    with: {url: /}\n")
        for url, taken in (("https://127.example.com", False), ("https://127.0.0.1.example.com", False), ("http://0.0.0.0:9", False),
                           ("http://127.0.0.1:9@evil.example", False), ("http://evil.example?://127.1", False),
                           ("http://127.0.0.1:9", True), ("http://LOCALHOST:9", True), ("http://[::1]:9", True)):
            with self.subTest(url):
                self.project.write("millrace.yaml", f"version: 1\nconnections:\n  web:\n    plugin: http\n    base_url: \"{url}\"\n")
                done = self.project.millrace("plan", "ask", "--as-of", "2026-03-01T09:00:00Z")
                refused = any(words in done.stderr for words in ("loopback connections only", "no user stands in an address"))
                self.assertEqual((done.returncode != 3, not refused), (taken, taken), done.stderr)

    def test_a_plan_and_a_run_are_told_how_the_event_came(self):
        self.project.write("workflows/code.yaml", "version: 1\ntriggers:\n  - webhook: code\n    verify: {github: \"secret:x\"}\n    dedupe: none\n"
                           "actions:\n  - id: told\n    if: delivery.headers['x-github-event'] == 'push'\n    set: {said: '${{ delivery }}'}\n"
                           "  - {action: files.write, with: {file: 'told-${{ delivery.query.n }}.json', text: '${{ delivery.method }} ${{ delivery.path }}', overwrite: true}}\n")
        self.project.write("push.json", json.dumps({"headers": {"X-GitHub-Event": "push", "X-Hub-Signature": "sha1=abc"}, "query": {"n": "7"}}))
        self.project.write("event.json", "{}")
        told = ("--event", "event.json", "--delivery", "push.json")
        for verb in (("plan", "code"), ("run", "code"), ("run", "code", "--live")):
            done = self.project.millrace(*verb, *told, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            run = json.loads(done.stdout)["runs"][0]
            self.assertEqual([change["target"] for change in run["changes"]], ["file:told-7.json"])
        self.assertEqual((self.project.folder / "output/told-7.json").read_text(), "POST /hooks/code")
        self.assertNotIn("sha1=abc", done.stdout)
        (self.project.folder / "output/told-7.json").unlink()
        self.assertEqual(self.project.millrace("plan", "code", *told, "--out", "kept.json").returncode, 0)
        self.assertNotIn("sha1=abc", (self.project.folder / "kept.json").read_text())
        applied = self.project.millrace("apply", "kept.json")
        self.assertEqual(applied.returncode, 0, applied.stdout + applied.stderr)
        self.assertEqual((self.project.folder / "output/told-7.json").read_text(), "POST /hooks/code")
        self.project.write("push.json", json.dumps({"header": {"X-GitHub-Event": "push"}}))
        for verb in ("plan", "run"):
            refused = self.project.millrace(verb, "code", *told)
            self.assertEqual(refused.returncode, 1)
            self.assertIn('error: the delivery in push.json: unknown key "header", did you mean "headers"?', refused.stderr)
        self.assertIn("not_there.json", self.project.millrace("plan", "code", "--delivery", "not_there.json").stderr)

    def test_a_verb_that_cannot_write_its_output_says_so_and_fails(self):
        self.project.write("event.json", "{}")
        verbs = [[], ["--help"], ["version"], ["catalog"], ["catalog", "--json"], ["catalog", "functions"], ["check", "--format", "json"],
                 ["schema"], ["eval", "1 + 2"], ["plugin", "list"], ["plan", "hello", "--event", "event.json"], ["run", "hello", "--json"], ["runs", "list"]]
        if not os.path.exists("/dev/full"):
            self.skipTest("this system has no /dev/full")
        for verb in verbs:
            with open("/dev/full", "w") as full:
                done = subprocess.run([program, *verb], cwd=self.project.folder, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            self.assertNotEqual(done.returncode, 0, verb)
            self.assertIn("error: the output could not be written: No space left on device", done.stderr, verb)
            closed = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', program, *verb], cwd=self.project.folder, stderr=subprocess.PIPE, text=True, timeout=60)
            self.assertNotEqual(closed.returncode, 0, verb)
            self.assertIn("the output could not be written", closed.stderr, verb)
        for arguments in (["--help"],):
            with open("/dev/full", "w") as full:
                done = subprocess.run([build / "millrace-sandbox", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            self.assertEqual(done.returncode, 1)
            self.assertIn("could not be written", done.stderr)

    def test_of_a_reader_that_has_gone_away_nobody_hears(self):
        for verb in (["catalog", "--json"], ["schema"], ["version"]):
            reading, writing = os.pipe()
            os.close(reading)
            done = subprocess.run([program, *verb], cwd=self.project.folder, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
            os.close(writing)
            self.assertEqual((done.returncode, done.stderr), (141, ""), verb)

    def test_all_shipped_plugins_work(self):
        done = self.project.millrace("plugin", "check")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_local_workflow_filters_loops_and_writes_below_output_only(self):
        self.project.write("workflows/local.yaml", """version: 1
name: Local
triggers:
  - manual
vars:
  guests: [Ada, Grace, Edsger]
actions:
  - id: short
    action: list.filter
    with:
      items: vars.guests
      where: size(item) < 6
  - for_each: short.items
    as: guest
    parallel: 2
    do:
      - action: files.write
        with: {file: "${{ guest }}.txt", text: "Hello ${{ guest }}"}
""")
        plan = self.project.json("plan", "local")
        self.assertEqual((plan["writes"], len(plan["changes"])), (0, 2))
        self.assertFalse((self.project.folder / "output").exists())
        done = self.project.json("run", "local", "--live")
        self.assertEqual(sorted(path.name for path in (self.project.folder / "output").iterdir()), ["Ada.txt", "Grace.txt"])
        self.assertEqual(done["runs"][0]["outcome"], "completed")

    def test_a_file_name_that_tries_to_leave_the_output_folder_is_refused(self):
        self.project.write("workflows/escape.yaml", "version: 1\nname: Escape\ntriggers:\n  - manual\nactions:\n"
                           "  - action: files.write\n    with: {file: ../escaped.txt, text: x}\n")
        self.assertEqual(self.project.millrace("run", "escape", "--live").returncode, 1)
        self.assertFalse((self.project.folder / "escaped.txt").exists())


CLEAN = """version: 1
name: Clean
triggers:
  - manual
locations: [loc_main]
safety: {%s}
actions:
  - id: all_tags
    action: highlevel.location_tags.list
  - for_each: all_tags.tags
    as: tag
    do:
      - action: highlevel.location_tags.delete
        with: {tag_id: "${{ tag.id }}"}
"""


class Safety(SandboxTest):
    def both(self, safety):
        self.project.write("workflows/clean.yaml", CLEAN % safety)
        plan = self.project.json("plan", "clean", expect=5)
        before = self.sandbox.state()
        run = self.project.json("run", "clean", "--live", expect=5)
        return plan, run, before

    def test_a_plan_over_the_limit_lists_all_and_exits_5_and_a_run_stops_at_the_limit(self):
        plan, run, _ = self.both("max_changes: 2")
        self.assertGreater(len(plan["changes"]), 2)
        self.assertEqual(plan["runs"][0]["outcome"], "stopped_by_safety")
        self.assertEqual((run["writes"], run["runs"][0]["outcome"]), (2, "stopped_by_safety"))

    def test_max_percent_is_of_what_was_read(self):
        total = len(self.sandbox.tags())
        _, run, _ = self.both("max_changes: 1000, max_percent: 50")
        self.assertEqual(run["writes"], total // 2)

    def test_a_loop_that_deletes_has_limits_that_the_file_does_not_say(self):
        self.project.write("workflows/clean.yaml", CLEAN.replace("safety: {%s}\n", ""))
        plan = self.project.json("plan", "clean", expect=5)
        self.assertEqual(len(plan["changes"]), len(self.sandbox.tags()))
        run = self.project.json("run", "clean", "--live", expect=5)
        self.assertEqual((run["writes"], run["runs"][0]["outcome"]), (min(50, len(plan["changes"]) // 10), "stopped_by_safety"))
        self.assertIn("the default of highlevel.location_tags.delete", run["runs"][0]["error"]["message"])

    def test_an_empty_list_stops_before_anything_is_done(self):
        self.sandbox.call("/_sandbox/reset", {"state": {**self.sandbox.state(), "location_tags": []}})
        self.assertEqual(self.sandbox.tags(), [])
        _, run, before = self.both("stop_if_empty: all_tags.tags")
        self.assertEqual(run["changes"], [])
        self.assertEqual(self.sandbox.state(), before)

    def test_each_location_has_a_run_of_its_own(self):
        self.project.write("workflows/look.yaml", "version: 1\nname: Look\ntriggers:\n  - manual\nlocations: all\nactions:\n"
                           "  - {id: tags, action: highlevel.location_tags.list}\n")
        plan = self.project.json("plan", "look")
        self.assertEqual([run["location"] for run in plan["runs"]], ["loc_main", "loc_north"])
        self.assertEqual(plan["reads"], 2)


class EvalAtATerminal(unittest.TestCase):
    def setUp(self):
        if ctypes.util.find_library("edit") is None:
            reason = "libedit is not here, so nobody has edited a line"
            print("skipped: " + reason, flush=True)
            self.skipTest(reason)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        self.addCleanup(shutil.rmtree, self.home)
        self.memory = self.home / ".local" / "state" / "millrace" / "eval_history"
        (self.home / "names.json").write_text('{"person": {"name": "Ada", "tags": ["x"]}}')

    @contextlib.contextmanager
    def terminal(self, *arguments, **more):
        """Somebody at a terminal: types keys, and waits until something is said."""
        own, theirs = pty.openpty()
        environment = {key: value for key, value in os.environ.items() if key not in ("XDG_STATE_HOME", "LC_ALL", "LANG")}
        environment |= {"HOME": str(self.home), "TERM": "xterm", **more}
        process = subprocess.Popen([program, "eval", *arguments], cwd=self.home, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True)
        os.close(theirs)
        said, heard = "", 0

        def put(keys):
            """Whoever types sees the prompt a moment before the editor has the terminal; until then Ctrl-D is the terminal's."""
            deadline = time.monotonic() + 60 * PATIENCE
            while termios.tcgetattr(own)[3] & termios.ICANON:
                self.assertLess(time.monotonic(), deadline, "nobody edits a line")
                time.sleep(0.001)
            os.write(own, keys.encode())

        def type_keys(keys, *wanted):
            nonlocal said, heard
            if keys:
                put(keys)
            deadline = time.monotonic() + 60 * PATIENCE
            for each in wanted:
                while each not in said[heard:]:
                    self.assertLess(time.monotonic(), deadline, f"{each!r} is not in {said!r}")
                    if select.select([own], [], [], 1)[0]:
                        said += os.read(own, 65536).decode(errors="replace")
                heard = said.index(each, heard) + len(each)

        try:
            type_keys("", "Tab completes", "> ")
            yield type_keys
            put("\x04")
            self.assertEqual(process.wait(60 * PATIENCE), 0)
        finally:
            process.kill()
            process.wait()
            os.close(own)

    def test_an_expression_a_line_is_answered_and_a_wrong_one_ends_nothing(self):
        with self.terminal() as type_keys:
            type_keys("1 + 2 * 3\r", "\n7\r\n", "> ")
            type_keys("1 +\r", "error: ", "^", "> ")
            type_keys("\r", "> ")
            type_keys("'\u00e4' + 'b'\r", '\n"\u00e4b"\r\n', "> ")

    def test_the_tab_key_completes_functions_names_and_members(self):
        with self.terminal("--with", "names.json") as type_keys:
            type_keys("'abc'.startsW\t'a')\r", "\ntrue\r\n", "> ")
            type_keys("per\t.na\t\r", '\n"Ada"\r\n', "> ")
            type_keys("'\u00e4\u00e4'.si\t)\r", "\n2\r\n", "> ")
            type_keys("[1].exists(one, on\t > 0)\r", "\ntrue\r\n", "> ")
            type_keys("person.tags.\t\t", "join(", "size(")
            type_keys("size()\r", "\n1\r\n", "> ")

    def test_what_was_typed_is_there_the_next_time_and_for_nobody_else(self):
        with self.terminal() as type_keys:
            type_keys("40 + 2\r", "\n42\r\n", "> ")
            type_keys("'same'\r", '\n"same"\r\n', "> ")
            type_keys("'same'\r", '\n"same"\r\n', "> ")
        self.assertEqual(self.memory.read_text(), "40 + 2\n'same'\n")
        self.assertEqual(self.memory.stat().st_mode & 0o777, 0o600)
        with self.terminal() as type_keys:
            type_keys("\x1b[A\x1b[A\r", "\n42\r\n", "> ")

    def test_no_home_and_a_memory_that_is_a_link_are_no_hindrance(self):
        with self.terminal(HOME="") as type_keys:
            type_keys("1 + 1\r", "\n2\r\n", "> ")
        self.assertFalse(self.memory.exists())
        self.memory.parent.mkdir(parents=True)
        other = self.home / "other"
        other.write_text("kept\n")
        self.memory.symlink_to(other)
        with self.terminal() as type_keys:
            type_keys("1 + 1\r", "\n2\r\n", "> ")
        self.assertEqual(other.read_text(), "kept\n")


if __name__ == "__main__":
    main()
