"""The pages of docs/ that are made from the program say what it says."""
import json
import pathlib
import re
import subprocess
import sys
import unittest

from project import Project, main

TOP = pathlib.Path(__file__).resolve().parents[2]


class Docs(unittest.TestCase):
    def test_pages_that_are_made_are_what_would_be_made_now(self):
        done = subprocess.run([sys.executable, TOP / "script/docs", "--check"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)


class Readme(unittest.TestCase):
    def test_the_readme_names_the_two_scripts_and_no_other_set_up(self):
        readme = (TOP / "README.md").read_text()
        self.assertIn("script/run", readme)
        self.assertIn("script/test", readme)
        self.assertNotIn("apt-get", readme)


class Reference(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)

    def test_each_example_of_an_action_is_a_step_that_check_accepts(self):
        connections = "  chat: {plugin: notify, base_url: smtp://127.0.0.1:9, from: ops@example.com}\n  api: {plugin: http, base_url: http://127.0.0.1:9}\n"
        self.project.write("millrace.yaml", (self.project.folder / "millrace.yaml").read_text() + connections)
        pages = sorted((TOP / "docs" / "reference" / "plugins").glob("*.md"))
        for page in pages:
            steps = re.findall(r"^```yaml\n(- action: .*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
            if not steps:
                continue
            name = f"workflows/{page.stem.replace('.', '-')}.yaml"
            actions = "".join("  " + line + "\n" for line in "".join(steps).splitlines())
            self.project.write(name, "version: 1\nlocations: [loc_main]\ntriggers: [manual]\nactions:\n" + actions)
            done = self.project.millrace("check", name)
            wrong = [line for line in done.stdout.splitlines() if ": error: " in line and "[unclear-connection]" not in line]  # no example says over which
            self.assertEqual(wrong, [], done.stdout)
            self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertGreater(len(pages), 15)

    def test_what_may_be_null_is_told_so_whatever_its_form(self):
        page = (TOP / "docs" / "reference" / "plugins" / "tags.md").read_text()
        for row in ("| `kept_since` | time or null | yes |", "| `dropped` | text or null | yes |", "| `before` | mapping or null | yes |"):
            self.assertIn(row, page)


class Rules(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)

    def test_a_rule_is_explained_with_a_wrong_line_the_right_one_and_why(self):
        done = self.project.millrace("check", "--explain", "bare-braces")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("wrong:\n", done.stdout)
        self.assertIn('text: "${{ vars.name }}"', done.stdout)
        self.assertEqual(len(re.findall(r"^[a-z-]+$", done.stdout, re.M)), 1)

    def test_without_a_name_all_rules_are_listed_and_an_unknown_one_is_wrong_usage(self):
        every = json.loads(self.project.millrace("check", "--explain", "--json").stdout)["rules"]
        self.assertGreater(len(every), 60)
        self.assertTrue(all(rule["why"] and rule["wrong"] and rule["right"] for rule in every))
        text = self.project.millrace("check", "--explain").stdout
        self.assertEqual(re.findall(r"^[a-z-]+$", text, re.M), [rule["name"] for rule in every])
        done = self.project.millrace("check", "--explain", "bare-brace")
        self.assertEqual(done.returncode, 2)
        self.assertIn('did you mean "bare-braces"?', done.stderr)

    def test_what_nobody_knows_before_the_run_is_told_to_who_asks(self):
        self.project.write("workflows/asks.yaml", "version: 1\ntriggers: [manual]\nactions:\n"
                           "  - action: files.write\n    with: {file: a.txt, text: \"${{ event.contact.name }}\"}\n")
        self.assertEqual(self.project.millrace("check", "workflows/asks.yaml").stdout, "")
        done = self.project.millrace("check", "--verbose", "workflows/asks.yaml")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn('workflows/asks.yaml:5:36: hint: "event" has a shape that is not known before the run', done.stdout)
        self.assertIn("[unknown-shape]", done.stdout)


if __name__ == "__main__":
    main()
