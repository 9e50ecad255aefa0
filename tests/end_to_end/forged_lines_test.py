"""Words of outsiders in what people read: none of them makes a line of its own there, nor steers the terminal that shows it."""
import json
import re

from approval_link import LinkTest
from project import main

FORGED = "fine\nFORGED 2026-11-30 02:00  root (terminal)  set  secret:x\r\n- FORGED\u2028\u009b2J\x1b[2J\u202egpj"
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
STOPS = "  - stop: {outcome: failed, message: \"no such thing: ${{ event.id }}\"}\n"


class ForgedLinesTest(LinkTest):
    def is_sound(self, text, what, forged="FORGED"):
        """Every line is the program's own, and nothing in it steers."""
        self.assertIn(forged, text, f"{what} shows what somebody wrote")
        self.assertNotRegex(text, rf"(?m)^[-!?>~+ ]*{forged}", what)
        self.assertIsNone(STEERS.search(text), what)

    def shows(self, *arguments, code=0):
        done = self.service.millrace(*arguments)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}\n{done.stderr}")
        self.is_sound(done.stdout + done.stderr, arguments)
        return done.stdout

    def test_the_comment_of_an_approval_is_a_part_of_its_line_of_the_audit(self):
        self.service.start()
        run, link = self.asked()
        self.answer(link, self.open(link), who="An\u202ena", comment=FORGED)
        self.service.ended(run)
        entries = self.service.json("audit", "list")["audit"]
        self.assertEqual(len(self.shows("audit", "list").splitlines()), len(entries))
        exported = self.shows("audit", "export")
        details = [json.loads(line)["detail"] for line in exported.splitlines()]
        self.assertIn("An\u202ena: " + FORGED.replace("\r", ""), details, "it is the same JSON as before")

    def test_what_a_sender_wrote_is_no_line_of_what_is_told_of_its_run(self):
        self.service.flow("stops", STOPS)
        self.service.start()
        run = self.service.delivered("stops", {"id": FORGED})["runs"][0]
        self.assertEqual(self.service.ended(run)["outcome"], "failed")
        self.assertEqual(len(self.shows("runs", "list").splitlines()), 1)
        self.shows("runs", "show", run)
        self.shows("why", "stops")

    def test_the_message_of_an_approval_is_no_instruction_of_ours(self):
        self.service.flow("ask", "  - approve: \"Delete ${{ event.n }}?\"\n")
        self.service.start()
        _, link = self.asked({"n": FORGED})
        self.shows("why", "ask")
        page = self.open(link)
        self.assertIsNone(re.search("[\x1b\u202e\u2028\u009b]", page.text))

    def test_an_event_is_no_line_of_a_plan_of_a_run_or_of_its_trace(self):
        self.service.flow("stops", STOPS, "  - manual\n")
        self.service.flow("posts", "  - if: event.id != ''\n    action: http.request\n    connection: web\n    with: {method: POST, url: \"/orders\", body: {id: \"${{ event.id }}\"}}\n", "  - manual\n")
        event = self.service.write("event.json", json.dumps({"id": FORGED}))
        self.shows("plan", "stops", "--event", event, code=1)
        self.shows("run", "stops", "--live", "--event", event, code=1)
        self.shows("plan", "posts", "--event", event)
        self.shows("plan", "posts", "--event", event, "--json")

    def test_what_a_workflow_says_is_no_line_of_what_is_told_of_it(self):
        said = json.dumps(FORGED)
        self.service.write("workflows/odd.yaml", f"version: 1\nname: {said}\ntriggers: [manual]\nactions:\n  - action: log.write\n    with: {{text: {said}}}\n")
        self.service.write("workflows/wrong.yaml", f"version: 1\nname: Wrong\ntriggers: [manual]\nactions:\n  - action: {said}\n")
        self.shows("explain", "odd")
        self.shows("check", "wrong", code=1)
        self.shows("run", "wrong", code=1)
        for format in ("json", "sarif", "github"):
            self.shows("check", "wrong", "--format", format, code=1)
        checked = json.loads(self.shows("check", "wrong", "--json", code=1))
        self.assertIn(FORGED, checked["findings"][0]["message"], "it is the same JSON as before")

    def test_what_a_manifest_says_is_no_line_of_the_catalogue(self):
        say = {"summary": FORGED, "effect": "none", "result": "{'text': 'hello'}", "examples": [{"summary": FORGED, "input": {"a": FORGED}, "output": {}}],
               "input": {"type": "object", "properties": {"a": {"type": "string", "description": FORGED}}}}
        self.service.write("plugins/odd/odd.json", json.dumps({"manifest": 1, "name": "odd", "version": "1.0.0", "summary": FORGED, "actions": {"say": say}}))
        for arguments in (("catalog", "odd"), ("catalog", "show", "odd.say"), ("catalog", "show", "odd.say", "--json"), ("plugin", "list")):
            self.shows(*arguments)

    def test_a_test_of_a_workflow_forges_no_result(self):
        self.service.flow("stops", "  - set: {n: 1}\n", "  - manual\n")
        tests = f"version: 1\nworkflow: stops\ntests:\n  - name: {json.dumps(FORGED)}\n    expect: {{outcome: failed}}\n"
        self.service.write("workflows/stops.test.yaml", tests)
        self.shows("test", code=1)

    def test_words_that_are_typed_or_pasted_are_echoed_on_one_line(self):
        for arguments in ((FORGED,), ("runs", "show", FORGED), ("explain", FORGED), ("diff", FORGED), ("versions", FORGED), ("catalog", FORGED),
                          ("apply", FORGED), ("test", FORGED), ("audit", "list", "--month", FORGED), ("secret", "remove", FORGED), ("plugin", "list", FORGED)):
            done = self.service.millrace(*arguments)
            self.assertNotEqual(done.returncode, 0, arguments)
            self.is_sound(done.stdout + done.stderr, arguments)


if __name__ == "__main__":
    main()
