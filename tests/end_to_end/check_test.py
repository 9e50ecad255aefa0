"""millrace check: everything wrong in a folder of files is told at once, with place and cure, in the format that is asked for."""
import json
import signal
import subprocess
import time
import unittest

from project import Project, main, program

GOOD = "version: 1\nname: Good\ntriggers:\n  - manual\nactions:\n  - action: files.write\n    with: {file: a.txt, text: hi}\n"

BROKEN = {
    "empty.yaml": (b"", "empty"),
    "binary.yaml": (b"\x00\x01\x02\xff\xfe", "text"),
    "not-a-mapping.yaml": (b"- one\n- two\n", "keys are expected"),
    "unknown-action.yaml": (GOOD.replace("files.write", "files.wrte").encode(), '"files.write"'),
    "unknown-key.yaml": (GOOD.replace("triggers:", "trigers:").encode(), '"triggers"'),
    "wrong-type.yaml": ((GOOD + "safety: {max_changes: many}\n").encode(), "whole number"),
    "bad-expression.yaml": ((GOOD + "    if: 1 +\n").encode(), "expression"),
    "unknown-step.yaml": (GOOD.replace("text: hi", 'text: "${{ fetsh.body }}"').encode(), '"fetsh"'),
    "bare-braces.yaml": (GOOD.replace("text: hi}", "text: {{ event.name }}}").encode(), "${{ event.name }}"),
    "duplicate-key.yaml": ((GOOD + "name: Again\n").encode(), "name"),
    "anchor.yaml": (GOOD.replace("name: Good", "name: &x Good").encode(), "anchor"),
    "tabs.yaml": (GOOD.replace("    with:", "\twith:").encode(), "tab"),
    "zone.yaml": (GOOD.replace("  - manual", "  - {schedule: every monday at 09:00, timezone: CET}").encode(), "Europe"),
    "unverified.yaml": (GOOD.replace("  - manual", "  - webhook: hook").encode(), "verify"),
    "needed-input.yaml": (GOOD.replace("{file: a.txt, text: hi}", "{text: hi}").encode(), "file"),
}


class Check(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)

    def test_the_samples_are_silent(self):
        done = self.project.millrace("check")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_a_file_that_a_request_saves_is_known_as_written(self):
        save = "  - action: http.request\n    with: {url: 'https://example.com/a', save_as: a.csv}\n"
        self.project.write("workflows/twice.yaml", "version: 1\nname: Twice\ntriggers: manual\nactions:\n" + save + save)
        self.project.write("workflows/round.yaml", "version: 1\nname: Round\ntriggers:\n  - file: output/*.csv\nactions:\n" + save)
        done = self.project.millrace("check", "--format", "json")
        told = {finding["rule"]: finding for finding in json.loads(done.stdout)["findings"]}
        self.assertEqual(told["overwritten-file"]["file"], "workflows/twice.yaml")
        self.assertNotIn("overwrite: true", told["overwritten-file"]["message"])  # the action has no such input
        self.assertEqual(told["starts-itself"]["file"], "workflows/round.yaml")

    def test_each_broken_file_is_told_with_file_line_column_and_cure(self):
        for name, (content, _) in BROKEN.items():
            self.project.write("broken/" + name, content)
        done = self.project.millrace("check", "broken", "--format", "json")
        self.assertEqual(done.returncode, 1, done.stderr)
        findings = json.loads(done.stdout)["findings"]
        for name, (_, expected) in BROKEN.items():
            of_file = [f for f in findings if f["file"] == "broken/" + name]
            self.assertTrue(of_file, f"nothing was found in {name}")
            self.assertTrue(all(f["line"] >= 1 and f["column"] >= 1 and f["rule"] for f in of_file), of_file)
            told = " ".join(f["message"] + " " + (f["fix"] or "") for f in of_file)
            self.assertIn(expected, told, name)

    def test_the_text_form_shows_the_line_and_a_caret(self):
        self.project.write("workflows/wrong.yaml", BROKEN["unknown-action.yaml"][0])
        done = self.project.millrace("check")
        self.assertIn('workflows/wrong.yaml:6:13: error: ', done.stdout)
        self.assertIn("6 |   - action: files.wrte", done.stdout)
        self.assertIn("^^^^^^^^^^", done.stdout)

    def test_sarif_and_github_name_the_same_place(self):
        self.project.write("workflows/wrong.yaml", BROKEN["unknown-action.yaml"][0])
        sarif = json.loads(self.project.millrace("check", "--format", "sarif").stdout)
        place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        self.assertEqual(sarif["version"], "2.1.0")
        self.assertEqual((place["artifactLocation"]["uri"], place["region"]["startLine"], place["region"]["startColumn"]),
                         ("workflows/wrong.yaml", 6, 13))
        github = self.project.millrace("check", "--format", "github").stdout
        self.assertTrue(github.startswith("::error file=workflows/wrong.yaml,line=6,col=13,"), github)

    def test_fix_puts_the_corrections_in_and_keeps_the_comments(self):
        path = self.project.write("workflows/wrong.yaml", b"# Keep me\n" + BROKEN["unknown-action.yaml"][0])
        done = self.project.millrace("check", "--fix")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertEqual(path.read_text(), "# Keep me\n" + GOOD)

    def test_fix_writes_into_a_file_what_was_wrong_in_that_one_and_in_no_other(self):
        project = self.project.folder / "millrace.yaml"
        before = project.read_text()
        self.project.write("plugins/lock.yaml", "version: 1\ntimezome: UTC\n")
        self.assertEqual(self.project.millrace("check", "--fix", "millrace.yaml").returncode, 1)
        self.assertEqual(project.read_text(), before)

    def test_fix_says_what_it_corrected_and_leaves_what_may_be_meant_otherwise(self):
        path = self.project.write("workflows/wrong.yaml", "version: 1\ntriggers:\n  - schedule: every mondey at 09:00\nactions:\n"
                                  "  - acton: files.write\n    with: {file: a.txt, text: hi}\n")
        done = self.project.millrace("check", "--fix", "workflows/wrong.yaml", "--format", "json")
        self.assertIn("workflows/wrong.yaml:5: corrected acton -> action", done.stderr)
        self.assertEqual([f["rule"] for f in json.loads(done.stdout)["findings"]], ["wrong-schedule"])
        self.assertEqual(path.read_text().count("mondey"), 1)

    def test_fix_corrects_what_only_plugins_know_of_the_project_too_named_or_not(self):
        settings = self.project.folder / "millrace.yaml"
        wrong = settings.read_text() + "alarms:\n  # Keep me\n  - action: notify.webhok\n    with: {preset: slack, url: \"secret:ops_slack\"}\n"
        for paths in (["millrace.yaml"], []):
            settings.write_text(wrong)
            done = self.project.millrace("check", "--fix", *paths)
            self.assertIn("corrected notify.webhok -> notify.webhook", done.stderr)
            self.assertEqual(settings.read_text(), wrong.replace("webhok", "webhook"))

    def test_fix_never_puts_an_action_in_the_place_of_a_trigger_that_is_called_nearly_so_nor_the_reverse(self):
        for trigger, action in (("contacts.deleted", "contacts.delete"), ("contacts.updated", "contacts.update"),
                                ("contact_tasks.completed", "contact_tasks.complete")):
            wrong = (f"version: 1\ntriggers:\n  - trigger: highlevel.{action}\nactions:\n  - action: highlevel.{trigger}\n"
                     f"    with: {{contact_id: a}}\n")
            path = self.project.write("workflows/wrong.yaml", wrong)
            done = self.project.millrace("check", "--fix", "workflows/wrong.yaml")
            self.assertIn(f'unknown action "highlevel.{trigger}": it is a trigger, and stands under triggers', done.stdout)
            self.assertIn(f'unknown trigger "highlevel.{action}": it is an action, and stands under actions', done.stdout)
            self.assertEqual(path.read_text(), wrong)

    def test_fix_never_puts_one_file_in_the_place_of_another(self):
        settings = self.project.folder / "millrace.yaml"
        before = settings.read_text()
        lock = self.project.write("plugins/lock.yaml", "verson: 1\nplugins: []\n")
        done = self.project.millrace("check", "--fix", "millrace.yaml")
        self.assertIn("plugins/lock.yaml:1:1", done.stdout)
        self.assertEqual((settings.read_text(), lock.read_text()), (before, "verson: 1\nplugins: []\n"))

    def test_workflows_that_start_each_other_for_ever_are_refused_and_a_condition_makes_it_a_warning(self):
        a = self.project.write("workflows/a.yaml", "version: 1\nactions:\n  - call: b\n")
        self.project.write("workflows/b.yaml", "version: 1\nactions:\n  - call: c\n")
        self.project.write("workflows/c.yaml", "version: 1\nactions:\n  - call: a\n")
        for paths in ([], ["workflows/a.yaml"]):
            done = self.project.millrace("check", *paths, "--format", "json")
            self.assertEqual(done.returncode, 1)
            found = json.loads(done.stdout)["findings"]
            self.assertTrue(all(f["rule"] == "starts-itself" and f["severity"] == "error" for f in found), found)
            self.assertEqual([f["file"] for f in found], paths or ["workflows/a.yaml", "workflows/b.yaml", "workflows/c.yaml"])
        for arguments in (["plan", "a"], ["run", "a"], ["run", "a", "--live"]):
            done = self.project.millrace(*arguments)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("this goes round for ever: a calls b, b calls c, c calls a", done.stderr)
        a.write_text("version: 1\nactions:\n  - if: event.size() > 0\n    call: b\n")
        done = self.project.millrace("check", "--format", "json")
        self.assertEqual({f["severity"] for f in json.loads(done.stdout)["findings"]}, {"warning"})

    def test_calls_inside_calls_end_at_a_depth_with_the_way_they_took(self):
        self.project.write("workflows/a.yaml", "version: 1\nactions:\n  - if: run.id != ''\n    call: b\n")
        self.project.write("workflows/b.yaml", "version: 1\nactions:\n  - if: run.id != ''\n    call: a\n")
        for arguments in (["plan", "a"], ["run", "a", "--live"]):
            done = self.project.millrace(*arguments, "--json")
            self.assertEqual(done.returncode, 1, done.stderr)
            message = json.loads(done.stdout)["runs"][0]["error"]["message"]
            self.assertIn("end after 25", message)
            self.assertIn("a > b > a > b", message)
        with open(self.project.folder / "millrace.yaml", "a") as file:
            file.write("limits: {chain: 3}\n")
        done = self.project.millrace("plan", "a", "--json")
        self.assertIn("by the way a > b > a > b;", json.loads(done.stdout)["runs"][0]["error"]["message"])

    def test_a_plan_of_calls_inside_calls_heeds_signals(self):
        with open(self.project.folder / "millrace.yaml", "a") as file:
            file.write("limits: {chain: 1000}\n")
        calls = "  - if: run.id != ''\n    call: %s\n    on_error: continue\n"
        self.project.write("workflows/a.yaml", "version: 1\nactions:\n" + calls.replace("%s", "b") * 2)
        self.project.write("workflows/b.yaml", "version: 1\nactions:\n" + calls.replace("%s", "a") * 2)
        plan = subprocess.Popen([program, "plan", "a", "--trace"], cwd=self.project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(plan.kill)
        while "->  true" not in plan.stderr.readline():  # until it is under way
            self.assertIsNone(plan.poll())
        plan.send_signal(signal.SIGTERM)
        plan.communicate(timeout=60)
        self.assertEqual(plan.returncode, 143)

    def test_an_id_stands_for_the_workflow_and_its_tests_as_for_other_verbs(self):
        self.project.write("workflows/wrong.yaml", BROKEN["unknown-action.yaml"][0])
        self.project.write("workflows/wrong.test.yaml", "version: 1\ntests: []\nnonsense: 1\n")
        done = self.project.millrace("check", "wrong")
        self.assertEqual(done.returncode, 1)
        self.assertIn("workflows/wrong.yaml:6:13: error: ", done.stdout)
        self.assertIn("workflows/wrong.test.yaml:3:1: error: ", done.stdout)
        self.assertEqual(self.project.millrace("check", "hello").stdout, "")
        done = self.project.millrace("check", "helo")
        self.assertEqual(done.returncode, 1)
        self.assertIn('there is no workflow "helo", did you mean "hello"?', done.stdout)
        self.project.write("workflows/wrong.yaml", GOOD.replace("  - action", "  -   action").replace("    with", "      with"))
        done = self.project.millrace("fmt", "wrong")
        self.assertEqual((done.returncode, (self.project.folder / "workflows/wrong.yaml").read_text()), (0, GOOD), done.stderr)
        self.assertIn('did you mean "hello"?', self.project.millrace("fmt", "helo").stderr)

    def test_two_files_of_one_id_are_an_error_and_each_verb_takes_the_same(self):
        for name, text in (("two.yaml", "first"), ("two.yml", "second")):
            self.project.write(f"workflows/{name}", GOOD.replace("text: hi", f"text: {text}").replace("a.txt", f"{text}.txt"))
        told = 'workflows/two.yml: error: "two" is the id of two.yaml already, so this file is not used: it needs another name [taken-id]'
        for paths in ((), ("workflows/two.yml",), ("workflows",)):
            done = self.project.millrace("check", *paths)
            self.assertEqual(done.returncode, 1)
            self.assertIn(told.split("/")[1], done.stdout)
        self.assertIn("first.txt", self.project.millrace("plan", "two").stdout)
        refused = self.project.millrace("plan", "workflows/two.yml")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("two.yaml already", refused.stdout + refused.stderr)
        self.assertIn("workflows/two.yml", self.project.millrace("doctor").stdout)

    def test_a_file_that_is_not_there(self):
        done = self.project.millrace("check", "workflows/nowhere.yaml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nowhere.yaml", done.stdout)

    def test_a_broken_project_file_has_its_place_too(self):
        self.project.write("millrace.yaml", "version: 1\nconections: {}\n")
        done = self.project.millrace("check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("millrace.yaml:2:1: error:", done.stdout)
        self.assertIn('"connections"', done.stdout)

    def test_a_run_tells_the_findings_first_and_does_nothing(self):
        self.project.write("workflows/wrong.yaml", BROKEN["unknown-step.yaml"][0])
        done = self.project.millrace("run", "wrong", "--live")
        self.assertEqual(done.returncode, 1)
        self.assertIn("workflows/wrong.yaml:7:", done.stderr)
        self.assertFalse((self.project.folder / "output").exists())

    def test_a_run_in_the_foreground_waits_where_the_workflow_waits(self):
        self.project.write("workflows/waits.yaml", GOOD + "  - wait: 1s\n")
        self.assertEqual(self.project.millrace("check", "workflows/waits.yaml").returncode, 0)
        began = time.monotonic()
        done = self.project.millrace("run", "waits", "--live")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreaterEqual(time.monotonic() - began, 1.0)


if __name__ == "__main__":
    main()
