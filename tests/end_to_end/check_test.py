"""millrace check: everything wrong in a folder of files is told at once, with place and cure, in the format that is asked for."""
import json
import time
import unittest

from project import Project, main

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
