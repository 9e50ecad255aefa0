"""Every template of `millrace new` becomes a workflow that has no finding and plans, whatever is answered."""
import json
import os
import pty
import select
import subprocess
import time
import unittest

from far_server import FarAnswers, FarServer
from init_test import Begun
from project import PATIENCE, build, main, program

NASTY = ["plain", "it's \"quoted\"", "a: b # c", "- x", "${{ event }} {{ x }} ${y} }}", "yes", "null", "1e3", "[a, b", "{a: b}", "'", "\\n \\", "äöü ✓", "* & ! | > % @ `", "<name>", "=1+2",
         "$json.x", "vars.title", "event.name", "{% if %}", "a | upper", "“curly” ‘quotes’", "no break", "#", ":", "?", "my secret: pie", "x" * 400]
# What a text may have and a line may not: line ends, control characters, and what nobody sees.
UNSEEN = ["a\nb", "\n", "a\r\nb", "a\tb", "\ufeffx", "a\u2028b", "a\x85b", "a\x1b[31mb", "a\u202eb"]


class Lists(FarAnswers):
    """A far side with a list of things."""

    def do_GET(self):
        body = json.dumps([{"id": 1, "title": "one"}, {"id": 2, "title": "two"}]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Templates(Begun):
    def setUp(self):
        super().setUp()
        self.begin()
        self.sandbox = self.use_sandbox(self.folder)
        self.far = FarServer(Lists)
        self.addCleanup(self.far.close)
        secrets = self.folder / "state" / "secrets.json"
        secrets.write_text(json.dumps(json.loads(secrets.read_text()) | {name: f"a-value-of-{name}" for name in ("hook_path", "form_path")} | {"slack_hook": "https://hooks.slack.com/services/T/B/X"}))
        (self.folder / "inbox").mkdir()
        (self.folder / "inbox" / "report.csv").write_text("name,total\nada,120\n")
        self.templates = json.loads(self.millrace("new", "--list", "--json").stdout)["templates"]

    def started(self, template, name=None, **answers):
        """A workflow of it. Connections lead to what the test has; the rest is as it is offered, unless said."""
        said = {}
        for question in template["questions"]:
            if question["type"] == "url" and not question["default"].startswith("smtp"):
                said[question["name"]] = self.far.url + "/list"
            elif question["name"] in ("highlevel_url", "users_api_url"):
                said[question["name"]] = self.sandbox.url
        said.update(answers)
        words = [word for key, value in said.items() for word in ("--set", f"{key}={value}")]
        done = self.millrace("new", name or template["name"], "--template", template["name"], "--yes", *words)
        file = self.folder / "millrace.yaml"
        file.write_text(file.read_text().replace("http://127.0.0.1:8720", self.sandbox.url))
        return done

    def good(self, name):
        path = f"workflows/{name}.yaml"
        checked = self.millrace("check", path)
        self.assertEqual((checked.returncode, checked.stdout.count(": ")), (0, 0), name + "\n" + checked.stdout + checked.stderr)
        laid = self.millrace("fmt", "--check", path, "millrace.yaml")
        self.assertEqual(laid.returncode, 0, laid.stdout + laid.stderr)

    def plans(self, command):
        """The last command that `new` names, as it is printed."""
        planned = subprocess.run(["bash", "-c", command], cwd=self.folder, capture_output=True, text=True, timeout=60, check=False,
                                 env={**os.environ, "PATH": f"{build}:{os.environ['PATH']}"})
        self.assertEqual(planned.returncode, 0, command + "\n" + planned.stdout + planned.stderr)
        self.assertIn("Plan of ", planned.stdout)

    def test_each_has_a_sentence_and_becomes_a_workflow_without_a_finding_that_plans(self):
        self.assertGreaterEqual(len(self.templates), 20)
        for template in self.templates:
            with self.subTest(template["name"]):
                self.assertGreater(len(template["summary"]), 20)
                done = self.started(template)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.good(template["name"])
                tested = self.millrace("test", template["name"])
                self.assertEqual(tested.returncode, 0, tested.stdout + tested.stderr)
                self.plans(done.stdout.splitlines()[-1].strip())

    def test_whatever_is_answered_stays_a_value(self):
        """Texts that mean something to YAML, to expressions or to a terminal come back as they were said."""
        asked = 0
        for template in self.templates:
            texts = [question["name"] for question in template["questions"] if question["type"] in ("line", "text")]
            commands = []
            for number, nasty in enumerate(NASTY if texts else []):
                name = f"{template['name']}-{number}"
                with self.subTest(name, value=nasty):
                    done = self.started(template, name, **{text: nasty for text in texts})
                    self.assertEqual(done.returncode, 0, done.stderr)
                    commands.append(done.stdout.splitlines()[-1].strip())
                    asked += 1
            if texts:
                checked = self.millrace("check")
                self.assertEqual(checked.returncode, 0, template["name"] + "\n" + checked.stdout[:3000] + checked.stderr)
                for number in (1, 4, 8, 14):
                    self.plans(commands[number])
                for path in (self.folder / "workflows").glob(template["name"] + "-*"):
                    path.unlink()
        self.assertGreater(asked, 100)

    def test_the_tests_of_a_template_hold_whatever_is_answered(self):
        others = {"number": "3", "duration": "2h", "schedule": "every 2 hours", "name": "other", "secret": "other_one"}
        for template in self.templates:
            texts = [question["name"] for question in template["questions"] if question["type"] in ("line", "text")]
            said = {question["name"]: others[question["type"]] for question in template["questions"] if question["type"] in others}
            for number in (1, 4, 5, 8) if texts else (0,):
                name = f"{template['name']}-{number}"
                self.assertEqual(self.started(template, name, **said, **{text: NASTY[number] for text in texts}).returncode, 0)
                tested = self.millrace("test", name)
                self.assertEqual(tested.returncode, 0, tested.stdout + tested.stderr)

    def test_a_nasty_text_arrives_as_it_was_said(self):
        reminder = next(one for one in self.templates if one["name"] == "month-end-reminder")
        for number, nasty in enumerate(NASTY):
            self.assertEqual(self.started(reminder, f"say-{number}", subject=nasty, text=nasty + "\n" + nasty).returncode, 0)
            body = self.json("plan", f"say-{number}")["changes"][0]["request"]["body"]
            self.assertEqual(body["subject"], nasty)
            self.assertEqual(body["text"], nasty + "\n" + nasty)
        for number, unseen in enumerate(UNSEEN):
            self.assertEqual(self.started(reminder, f"unseen-{number}", text="x" + unseen).returncode, 0)
            self.good(f"unseen-{number}")
            self.assertEqual(self.json("plan", f"unseen-{number}")["changes"][0]["request"]["body"]["text"], "x" + unseen)
            refused = self.started(reminder, "refused", subject="x" + unseen)
            self.assertEqual(refused.returncode, 2, unseen)
            self.assertIn("subject", refused.stderr)

    def json(self, *arguments):
        done = self.millrace(*arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_an_answer_that_its_question_does_not_take_is_refused_and_nothing_is_written(self):
        wrong = {"number": ["", "x", "-1", "1.5", "007", "1 # 2"], "duration": ["", "x", "0s", "5", "1y"], "schedule": ["", "whenever", "every day\nx: 1"],
                 "name": ["", "a b", "a/b", "../x", "a: b", "1", "ä"], "secret": ["", "secret:x", "a b", "a-b"], "url": ["", "x", "ftp://a", "http://a b", "http://a\"", "javascript:x"],
                 "mail": ["", "x", "a@b, c@d", "a@b\nBcc: x@y"], "pattern": ["", "/etc/*", "../*", "a: b", "x\ny"], "line": ["", " ", "a\nb", "x" * 401, "secret:x", "key=secret:x"],
                 "text": ["", "secret:x"], "connection": ["", "a b", "x: y"]}
        tried = set()
        before = self.files()
        for template in self.templates:
            for question in template["questions"]:
                for value in wrong.get(question["type"], []):
                    tried.add(question["type"])
                    done = self.millrace("new", "x", "--template", template["name"], "--yes", "--set", f"{question['name']}={value}")
                    self.assertEqual(done.returncode, 2, (template["name"], question["name"], value))
                    self.assertIn(question["name"], done.stderr)
        self.assertEqual(self.files(), before)
        self.assertEqual(tried, set(wrong))

    def test_wrong_words_are_answered_with_what_was_meant(self):
        for words, said in ((("x", "--template", "webhook-to-slak"), 'did you mean "webhook-to-slack"'), (("x", "--template", "webhook-to-slack", "--yes", "--set", "hok=a"), 'did you mean "hook"'),
                            (("x", "--template", "webhook-to-slack"), "not answered: hook, sender"), (("x",), "millrace new --list"), ((), "millrace new --list"),
                            (("a/b", "--template", "webhook-to-slack", "--yes"), "letters, digits"), (("../x", "--template", "webhook-to-slack", "--yes"), "letters, digits")):
            done = self.millrace("new", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(said, done.stderr)

    def test_what_is_there_stays_also_millrace_yaml(self):
        self.assertEqual(self.started(self.templates[0], "mine").returncode, 0)
        before = self.files()
        for template in self.templates[:5]:
            done = self.millrace("new", "mine", "--template", template["name"], "--yes")
            self.assertEqual(done.returncode, 1)
            self.assertIn("workflows/mine.yaml", done.stderr)
        self.assertEqual(self.files(), before)

    def test_a_connection_that_is_missing_is_added_and_all_else_in_millrace_yaml_stays(self):
        file = self.folder / "millrace.yaml"
        before = file.read_text() + "\n# the end of the file\nserver:\n  listen: 127.0.0.1:8710   # ours\n"
        file.write_text(before)
        daily = next(one for one in self.templates if one["name"] == "daily-mail")
        self.assertEqual(self.started(daily, mail_server="smtps://mail.example.com").returncode, 0)
        after = file.read_text()
        added = "  mail:\n    plugin: notify\n    base_url: \"smtps://mail.example.com\"\n    from: \"millrace@example.com\"\n"
        self.assertEqual(after.replace(added, ""), before)
        self.assertEqual(self.started(daily, "again").returncode, 0)
        self.assertEqual(file.read_text(), after, "it is there now")
        open_ones = self.millrace("new", "third", "--template", "daily-mail").stderr
        self.assertIn("not answered: when, highlevel, to, subject, mail;", open_ones, "its server is known")

    def test_where_millrace_yaml_is_written_in_brackets_a_person_is_told_what_to_add(self):
        (self.folder / "millrace.yaml").write_text("version: 1\nconnections: {}\n")
        done = self.millrace("new", "x", "--template", "health-check", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("  page:\n    plugin: http\n", done.stdout)
        self.assertEqual((self.folder / "millrace.yaml").read_text(), "version: 1\nconnections: {}\n")

    def test_without_a_millrace_yaml_one_is_written_for_the_connection(self):
        (self.folder / "millrace.yaml").unlink()
        done = self.millrace("new", "x", "--template", "health-check", "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.folder / "millrace.yaml").read_text(), "version: 1\nconnections:\n  page:\n    plugin: http\n    base_url: \"http://127.0.0.1:8080/health\"\n")
        self.good("x")

    def test_what_is_to_be_done_next_is_said_and_can_be_done(self):
        (self.folder / "state" / "secrets.json").unlink()
        told = json.loads(self.millrace("new", "tell", "--template", "webhook-to-slack", "--yes", "--json").stdout)
        self.assertEqual(told["next"], ["millrace secret set hook_path", "millrace secret set slack_hook", "millrace check", "millrace plan tell"])
        self.assertEqual(told["written"][0], "workflows/tell.yaml")

    def test_without_a_project_there_is_no_new_workflow(self):
        (self.folder / "empty").mkdir()
        done = self.millrace("-C", "empty", "new", "x", "--template", "health-check", "--yes")
        self.assertEqual(done.returncode, 3)
        self.assertIn("millrace init", done.stderr)


class Asked(Begun):
    """At a terminal."""

    def talk(self, *arguments, answers):
        own, theirs = pty.openpty()
        process = subprocess.Popen([program, *arguments], cwd=self.folder, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True, env={**os.environ, "NO_COLOR": "1"})
        os.close(theirs)
        self.addCleanup(process.kill)
        said, waiting, deadline = "", list(answers), time.monotonic() + 30 * PATIENCE
        while time.monotonic() < deadline:
            if not select.select([own], [], [], 30 * PATIENCE)[0]:
                break
            try:
                said += os.read(own, 65536).decode()
            except OSError:
                break
            if waiting and said.rstrip("\n").endswith("] "):
                answer = waiting.pop(0)
                answer = answer() if callable(answer) else answer
                os.write(own, (answer if answer == "\x04" else answer + "\n").encode())
        code = process.wait(30 * PATIENCE)
        os.close(own)
        return code, said

    def test_each_question_is_asked_with_what_is_offered_and_asked_again_where_the_answer_does_not_fit(self):
        self.begin()
        code, said = self.talk("new", "tell", "--template", "webhook-to-slack", "--set", "title=Ours", answers=["paid orders", "paid-orders", "", "my_slack"])
        self.assertEqual(code, 0, said)
        self.assertIn("[orders]", said)
        self.assertIn("a word is needed", said)
        written = (self.folder / "workflows" / "tell.yaml").read_text()
        for line in ("webhook: paid-orders", 'secret_path: "secret:hook_path"', 'url: "secret:my_slack"', 'title: "Ours"', 'name: "Tell"'):
            self.assertIn(line, written)

    def test_who_says_nothing_is_asked_for_the_template_and_the_name_too(self):
        self.begin()
        code, said = self.talk("new", answers=["helth-check", "health-check", "", *[""] * 7])
        self.assertEqual(code, 0, said)
        self.assertIn("did you mean", said)
        self.assertIn("Tell a Slack channel what a webhook delivers", said)
        self.assertTrue((self.folder / "workflows" / "health-check.yaml").exists())

    def test_who_ends_the_input_leaves_nothing_behind(self):
        self.begin()
        before = self.files()
        code, said = self.talk("new", "tell", "--template", "webhook-to-slack", answers=["", "\x04"])
        self.assertEqual(code, 1, said)
        self.assertIn("nothing was written", said)
        self.assertEqual(self.files(), before)

    def test_a_connection_that_somebody_adds_meanwhile_stays_the_only_one_of_its_name(self):
        self.begin()

        def add_it():
            self.assertEqual(self.millrace("new", "other", "--template", "health-check", "--yes").returncode, 0)
            return ""

        code, said = self.talk("new", "tell", "--template", "health-check", answers=[add_it] + [""] * 6)
        self.assertEqual(code, 0, said)
        self.assertEqual((self.folder / "millrace.yaml").read_text().count("  page:\n"), 1)
        self.assertEqual(self.millrace("check").returncode, 0)

    def test_nobody_is_asked_about_a_connection_that_is_there(self):
        self.begin()
        code, said = self.talk("new", "tell", "--template", "health-check", "--yes", answers=[])
        self.assertEqual(code, 0, said)
        code, said = self.talk("new", "again", "--template", "health-check", answers=[""] * 6)
        self.assertEqual(code, 0, said)
        self.assertNotIn("What is its address", said)
        self.assertEqual((self.folder / "millrace.yaml").read_text().count("plugin: http\n"), 1)


if __name__ == "__main__":
    main()
