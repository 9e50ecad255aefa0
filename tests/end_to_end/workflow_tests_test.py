"""Tests of workflows: each sample has its own, they notice what is changed, and one is made out of a run."""
import json
import socket
import unittest
import xml.etree.ElementTree as xml

from project import Project, SandboxTest, main, samples

# A mistake for each of ten samples and more: what is written in its place, and by which words the test is known that notices.
MISTAKES = [
    ("hello", "Hello, ${{", "Hallo, ${{"),
    ("hello", "today.date", "today.weekday"),
    ("sync-tags", "event.change != 'removed'", "event.change != 'added'"),
    ("sync-tags", "name: ${{ event.tag.name }}", "name: ${{ event.tag.id }}"),
    ("thank-promoters", "event.score >= 9", "event.score > 9"),
    ("thank-promoters", "tags: [promoter]", "tags: [promotor]"),
    ("thank-promoters", "!('promoter' in found.contacts[0].tags)", "true"),
    ("thank-promoters", "operator: eq", "operator: contains"),
    ("real-time-tag-sync", " && it.?color.orValue(null) == tag.color", ""),
    ("real-time-tag-sync", "event.tag.?color.orValue(null) != null ? event.tag.color : before.items[?0].?color.orValue(null)", "event.tag.?color.orValue(null)"),
    ("real-time-tag-sync", "event.change != 'removed' && ", ""),
    ("survey-tagged-contacts", "contact.dnd == false || ", ""),
    ("survey-tagged-contacts", "days_ago(1)", "days_ago(10)"),
    ("survey-tagged-contacts", "within: 90d", "within: 9d"),
    ("survey-tagged-contacts", "(!tags.first || contact.is_new)", "contact.is_new"),
    ("survey-scores", "score: event.score", "score: 10 - event.score"),
    ("prune-unused-tags", "unused_for: 90d", "unused_for: 30d"),
    ("prune-unused-tags", "pruning.delete", "pruning.archive"),
    ("prune-with-care", "max_percent: 10", "max_percent: 1"),
    ("prune-with-care", "archived_for: 30d", "archived_for: 300d"),
    ("prune-with-care", "keep: [newsletter, vip]", "keep: [old promo]"),
    ("weekly-report", "    on_error: continue\n", ""),
    ("weekly-report", "days: 7", "days: 8"),
    ("collect-statistics", "days: 7", "days: 6"),
    ("collect-statistics", "    on_error: continue                  # a day without them is a gap in reports, and the figures are there\n", ""),
    ("analytics-overview", "user_count: week.totals.followers", "user_count: week.totals.likes"),
    ("four-endpoints", "size(tags.tags), 'pushes'", "size(tags.tags) + 1, 'pushes'"),
    ("four-endpoints", "color: ${{ vars.tag.color }}\n", "color: \"#000000\"\n"),
    ("custom-reporting", "if: size(figures.rows) > 0", "if: size(figures.rows) >= 0"),
    ("custom-reporting", "Likes: item.likes", "Likes: item.comments"),
    ("client-report", "name: Harbour Coffee", "name: Harbour Tea"),
    ("client-report", "days: 60", "days: 30"),
]


def millrace(project, *arguments, expect=0):
    done = project.millrace(*arguments)
    if done.returncode != expect:
        raise AssertionError(f"{arguments} exited {done.returncode}, not {expect}:\n{done.stdout}\n{done.stderr}")
    return done


class Samples(unittest.TestCase):
    def setUp(self):
        self.project = Project(token=None)
        self.addCleanup(self.project.close)

    def run_tests(self, *arguments, expect=0):
        return self.project.json("test", *arguments, expect=expect)

    def test_each_sample_has_tests_and_all_of_them_pass_without_a_network_or_a_token(self):
        report = self.run_tests()
        self.assertEqual({file["workflow"] for file in report["files"]}, set(samples))
        self.assertEqual(report["failed"], 0)
        millrace(self.project, "check")
        left = {path.name for path in self.project.folder.iterdir()} - {"workflows", "millrace.yaml", "state"}
        self.assertEqual(left, set())  # no output, no store
        self.assertEqual(list((self.project.folder / "state").iterdir()), [])

    def test_a_mistake_in_a_sample_is_noticed_by_its_tests(self):
        for name, right, wrong in MISTAKES:
            with self.subTest(sample=name, wrong=wrong):
                file = self.project.folder / "workflows" / f"{name}.yaml"
                text = file.read_text()
                self.assertIn(right, text)
                file.write_text(text.replace(right, wrong, 1))
                report = self.run_tests(name, expect=1)
                self.assertGreater(report["failed"], 0)
                self.assertEqual([file["findings"] for file in report["files"]], [[]])  # noticed by what it does
                file.write_text(text)
        self.assertGreaterEqual(len({name for name, _, _ in MISTAKES}), 10)


class Reports(unittest.TestCase):
    def setUp(self):
        self.project = Project(token=None)
        self.addCleanup(self.project.close)
        tests = self.project.folder / "workflows" / "hello.test.yaml"
        tests.write_text("version: 1\ntests:\n  - name: is right\n  - name: is <wrong>\n    expect:\n      changes: []\n")

    def test_a_failure_names_the_place_in_the_test_file_with_both_values(self):
        ran = millrace(self.project, "test", "hello", expect=1)
        self.assertIn("  ok      is right\n  FAILED  is <wrong>\n    workflows/hello.test.yaml:6:16: changes[0]: expected nothing, got {", ran.stdout)
        self.assertIn("what it changed:\n        write file hello.txt", ran.stdout)
        self.assertIn("2 tests in 1 file: 1 passed, 1 failed", ran.stdout)
        millrace(self.project, "test", "workflows/hello.test.yaml", expect=1)
        millrace(self.project, "test", "nothing-here", expect=2)

    def test_programs_read_json_and_junit(self):
        report = self.project.folder / "report.xml"
        told = self.project.json("test", "hello", "--junit", report, expect=1)
        self.assertEqual((told["passed"], told["failed"]), (1, 1))
        wrong = told["files"][0]["tests"][1]
        self.assertEqual((wrong["name"], wrong["passed"], wrong["problems"][0]["line"]), ("is <wrong>", False, 6))
        suite = xml.parse(report).getroot()[0]
        self.assertEqual((suite.get("name"), suite.get("tests"), suite.get("failures")), ("workflows/hello.test.yaml", "2", "1"))
        self.assertEqual([case.get("name") for case in suite], ["is right", "is <wrong>"])
        self.assertIn("changes[0]", suite[1][0].get("message"))

    def test_what_no_test_takes_is_listed_with_its_line(self):
        self.project.write("workflows/ways.yaml", "version: 1\ntriggers: manual\nactions:\n  - if: event.a\n    then:\n      - set: {x: 1}\n    else:\n      - set: {x: 2}\n")
        self.project.write("workflows/ways.test.yaml", "version: 1\ntests:\n  - name: goes one way\n    event: {a: true}\n")
        self.assertIn("; 1 of 2 branches taken (--coverage lists the others)", millrace(self.project, "test", "ways").stdout)
        self.assertIn("no test takes:\n  workflows/ways.yaml:8:9: else", millrace(self.project, "test", "ways", "--coverage").stdout)

    def test_mistakes_in_a_test_file_are_found_by_check_and_stop_it(self):
        self.project.write("workflows/hello.test.yaml", "version: 1\ntests:\n  - name: x\n    expect:\n      output: {contians: x}\n")
        for verb in ("check", "test"):
            ran = millrace(self.project, verb, "workflows/hello.test.yaml", expect=1)
            self.assertIn('workflows/hello.test.yaml:5:16: error: there is no matcher "contians"', ran.stdout)
        millrace(self.project, "check", "--fix", "workflows/hello.test.yaml", expect=0)
        self.assertIn("{contains: x}", (self.project.folder / "workflows/hello.test.yaml").read_text())


class Replay(unittest.TestCase):
    """What a test may not reach, and what it does as in earnest."""

    def setUp(self):
        self.project = Project(token=None)
        self.addCleanup(self.project.close)

    def write(self, workflow, tests):
        for file in (self.project.folder / "workflows").iterdir():
            file.unlink()
        self.project.write("workflows/w.yaml", "version: 1\ntriggers: manual\n" + workflow)
        self.project.write("workflows/w.test.yaml", "version: 1\ntests:\n" + tests)

    def test_nothing_is_asked_of_an_address_that_is_not_answered(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.write("actions:\n  - id: asked\n    action: http.request\n    with: {url: \"http://127.0.0.1:%d/\"}\n" % server.getsockname()[1], "  - name: asks\n")
            ran = millrace(self.project, "test", expect=1)
            self.assertIn('step "asked" calls http.request, and the test has no answer to it', ran.stdout)
            server.setblocking(False)
            with self.assertRaises(BlockingIOError):
                server.accept()

    def test_a_library_that_waits_for_far_sides_does_so_in_simulated_time(self):
        self.write("actions:\n  - id: seen\n    action: tags.usage\n    with: {location_id: loc_main, social_tags: false}\n    retry: {attempts: 3, delay: 10d}\n",
                   "  - name: is tried again for weeks\n    location: loc_main\n    fail: seen 503 x7\n    answers:\n      highlevel.location_tags.list: {tags: [{id: t1, name: vip}]}\n"
                   "      highlevel.contacts.search: {contacts: [], total: 0}\n    expect:\n      steps: {seen: {outcome: succeeded, attempts: 3}}\n      output: {items: [{id: t1, contacts: 0}]}\n")
        millrace(self.project, "test")  # which is given a minute, and not ten days

    def test_files_are_given_and_written_in_a_folder_of_its_own(self):
        self.write("actions:\n  - id: read\n    action: files.read\n    with: {file: inbox/a.txt}\n  - action: files.write\n    with: {file: b/copy.txt, text: \"${{ read.content }}\"}\n",
                   "  - name: copies\n    files: {inbox/a.txt: given}\n    expect:\n      files: {b/copy.txt: given}\n  - name: has no file\n    expect: {error: {code: not_found}}\n")
        self.project.write("inbox/a.txt", "the project's own")
        millrace(self.project, "test")
        self.assertFalse((self.project.folder / "output").exists())

    def test_a_called_workflow_runs_over_the_same_answers(self):
        self.write("locations: [loc_main]\nactions:\n  - action: highlevel.location_tags.list\n  - id: called\n    call: other\n    with: {name: vip}\n",
                   "  - name: calls\n    answers: {highlevel.location_tags.list: {tags: []}, highlevel.location_tags.create: {tag: {id: t1, name: vip}}}\n    expect: {output: {tag: {id: t1}}}\n")
        self.project.write("workflows/other.yaml", "version: 1\nlocations: [loc_main]\nactions:\n  - action: highlevel.location_tags.create\n    with: {name: \"${{ event.name }}\"}\n")
        millrace(self.project, "test", "w")


class Recording(SandboxTest):
    def test_a_test_is_made_out_of_a_run_without_secrets_and_passes_at_once(self):
        self.project.write("workflows/tagging.yaml", """version: 1
locations: [loc_main]
triggers: manual
actions:
  - id: found
    action: highlevel.contacts.search
    with: {page_limit: 2}
  - id: tagged
    for_each: found.contacts
    as: contact
    do:
      - action: highlevel.contact_tags.add
        with: {contact_id: "${{ contact.id }}", tags: [seen]}
  - id: usage
    action: tags.usage
    with: {social_tags: false}
  - action: files.write
    with: {file: "seen-${{ run.id }}.txt", text: "${{ string(size(tagged.results)) }} ${{ usage.totals.tags }}"}
""")
        event = self.project.write("event.json", json.dumps({"who": "Ada", "access_token": "very-secret-1", "note": "sandbox-token"}))
        run = self.project.json("run", "tagging", "--live", "--event", str(event))["runs"][0]["run"]
        millrace(self.project, "test", "--record", run)
        file = self.project.folder / "workflows" / "tagging.test.yaml"
        text = file.read_text()
        self.assertNotIn("very-secret-1", text)
        self.assertNotIn("sandbox-token", text)
        self.sandbox.close()
        passed = millrace(self.project, "test", "tagging").stdout
        self.assertIn("1 passed, 0 failed", passed)
        again = millrace(self.project, "test", "--record", run, expect=1)
        self.assertIn("is not written over", again.stderr)
        self.assertEqual(file.read_text(), text)
        workflow = self.project.folder / "workflows" / "tagging.yaml"
        workflow.write_text(workflow.read_text().replace("tags: [seen]", "tags: [unseen]"))
        millrace(self.project, "test", "tagging", expect=1)

    def test_a_list_of_three_pages_is_recorded_as_the_one_answer_that_the_run_got(self):
        self.project.write("workflows/counting.yaml", """version: 1
locations: [loc_main]
triggers: manual
actions:
  - id: found
    action: highlevel.locations.search
    with: {limit: "1", all_pages: true}
""")
        run = self.project.json("run", "counting", "--live")["runs"][0]["run"]
        self.assertEqual(len(self.sandbox.requests()), 3)
        millrace(self.project, "test", "--record", run)
        self.sandbox.close()
        self.assertIn("1 passed, 0 failed", millrace(self.project, "test", "counting").stdout)

    def test_a_run_that_failed_is_recorded_with_its_failure_and_a_dry_run_is_not(self):
        self.project.write("workflows/failing.yaml", """version: 1
locations: [loc_main]
triggers: manual
actions:
  - id: gone
    action: highlevel.contacts.get
    with: {contact_id: nobody}
""")
        run = self.project.json("run", "failing", "--live", expect=1)["runs"][0]["run"]
        millrace(self.project, "test", "--record", run)
        self.assertIn("outcome: failed", (self.project.folder / "workflows" / "failing.test.yaml").read_text())
        self.assertIn("1 passed, 0 failed", millrace(self.project, "test", "failing").stdout)
        millrace(self.project, "test", "--record", "nothing", expect=2)
        planned = self.project.json("plan", "hello")["runs"][0]["run"]
        self.assertIn("there is no run", millrace(self.project, "test", "--record", planned, expect=1).stderr)


if __name__ == "__main__":
    main()
