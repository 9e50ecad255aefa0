"""What operators ask: `doctor`, metrics, many retries at once, and the words they try first."""
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from project import Project, SandboxTest, main, program
from served import ServedTest
from service import wait_until

ASKS = "  - action: counter.first\n    with: {n: 1}\n"
NOTHING = "nothing is broken"


class Doctor(ServedTest):
    def diagnosis(self, code, *said):
        done = self.service.millrace("doctor")
        self.assertEqual((done.returncode, NOTHING in done.stdout), (code, code == 0), done.stdout + done.stderr)
        for words in said:
            self.assertIn(words, done.stdout)
        machine = self.service.millrace("doctor", "--json")
        self.assertEqual(machine.returncode, code)
        for words in said:
            self.assertIn(words, machine.stdout)

    def test_where_there_is_no_project_nothing_is_said_to_be_well(self):
        for made in ([], ["output"], ["state"]):
            folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
            self.addCleanup(shutil.rmtree, folder)
            for name in made:
                (folder / name).mkdir()
            for arguments in (["doctor"], ["doctor", "--json"]):
                done = self.service.millrace("-C", folder, *arguments)
                self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
                self.assertIn("there is no project here", done.stderr)

    def test_a_file_in_the_place_of_a_folder_is_told(self):
        for name in ("output", "plugins", "state", "workflows"):
            path = self.service.folder / name
            self.service.flow("beat")
            if path.is_dir():
                shutil.rmtree(path)
            path.write_text("")
            self.diagnosis(1, f"{name} is a file, and a project has a folder of that name")
            path.unlink()

    def test_a_run_in_the_foreground_that_was_killed_in_a_wait_is_told(self):
        self.service.flow("waits", "  - wait: 1h\n", "  - manual\n")
        run = subprocess.Popen([program, "run", "waits", "--live"], cwd=self.service.folder, stdout=subprocess.DEVNULL)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        wait_until(lambda: [each for each in self.service.json("runs", "list")["runs"] if each["outcome"] == "waiting"], what="the wait")
        run.kill()
        run.wait()
        id = self.service.json("runs", "list")["runs"][0]["id"]
        self.diagnosis(1, f"run {id} of", "has not ended", f"millrace runs cancel {id}")
        self.service.millrace("runs", "cancel", id)

    def test_an_alarm_is_told_by_the_running_service_and_from_the_store_once_it_is_gone(self):
        self.service.flow("beat", more="alert_if_no_run_for: 1s\n")
        self.service.start()
        wait_until(lambda: self.service.get("status")["alarms"], what="the alarm")
        self.diagnosis(1, "silence of beat: it has not run for 1s")
        self.assertEqual(self.service.metric("millrace_alarms"), 1)
        wait_until(lambda: self.service.state("engine", "alarm/silence of beat"), what="the alarm in the store")
        self.service.kill()
        self.diagnosis(1, "silence of beat", "as it was left")
        self.service.start()
        self.service.stop()
        self.diagnosis(1, "silence of beat", "as it was left")

    def token_is_refused(self):
        self.diagnosis(1, "token of far", "refused the token")
        self.assertIn("refused the token", self.service.millrace("connections").stdout)
        self.assertIn("refused the token", self.service.json("connections")["connections"][0]["problem"])

    def token_is_taken(self):
        self.diagnosis(0)
        self.assertNotIn("refused the token", self.service.millrace("connections").stdout)
        self.assertIsNone(self.service.json("connections")["connections"][0]["problem"])

    def test_a_token_that_was_refused_is_told_until_it_is_taken_whoever_met_it(self):
        self.service.flow("asks", ASKS, "  - webhook: asks\n    verify: public\n")
        self.far.answers["/first"] = [401]
        self.assertEqual(self.service.millrace("run", "asks", "--live").returncode, 1)
        self.token_is_refused()
        self.service.start()
        self.token_is_refused()
        self.far.answers["/first"] = [200]
        self.assertEqual(self.service.millrace("run", "asks", "--live").returncode, 0)
        wait_until(lambda: not self.service.get("status")["alarms"], what="the all-clear")
        self.token_is_taken()
        self.far.answers["/first"] = [401]
        self.service.ended(self.service.delivered("asks", {})["runs"][0])
        wait_until(lambda: self.service.get("status")["alarms"], what="the alarm")
        self.token_is_refused()
        self.service.stop()
        self.token_is_refused()
        self.far.answers["/first"] = [200]
        self.service.start()
        self.token_is_refused()
        self.service.ended(self.service.delivered("asks", {})["runs"][0])
        wait_until(lambda: not self.service.get("status")["alarms"], what="the all-clear")
        self.service.stop()
        self.token_is_taken()

    def test_a_service_whose_token_is_not_the_one_that_is_there_is_something_broken(self):
        self.service.flow("beat", more="alert_if_no_run_for: 1s\n")
        self.service.start()
        token = self.service.folder / "state" / "api-token"
        wait_until(lambda: self.service.state("engine", "alarm/silence of beat"), what="the alarm in the store")
        right = token.read_text()
        token.write_text("0" * 64 + "\n")
        self.diagnosis(1, "state/api-token was changed since", "silence of beat")
        token.unlink()
        self.diagnosis(1, "api-token", "silence of beat")
        token.write_text(right)


class Stores(ServedTest):
    def test_a_store_that_is_no_sqlite_file_is_refused_by_every_verb_and_nothing_is_made(self):
        self.service.flow("asks", ASKS, "  - webhook: asks\n    verify: public\n")
        text = (self.service.folder / "millrace.yaml").read_text()
        before = sorted(path.name for path in self.service.folder.iterdir())
        for store in ("postgresql://localhost/millrace", "mysql://localhost/x", "sqlite:///state/x.db"):
            self.service.write("millrace.yaml", text + f"store: {store}\n")
            for code, *verb in ((1, "check"), (3, "doctor"), (78, "serve"), (3, "run", "asks", "--live"), (3, "plan", "asks"), (3, "runs", "list")):
                done = self.service.millrace(*verb)
                self.assertEqual(done.returncode, code, (store, verb, done.stdout, done.stderr))
                self.assertIn("sqlite:state/millrace.db", done.stdout + done.stderr)
                self.assertNotIn(NOTHING, done.stdout)
        self.assertEqual(sorted(path.name for path in self.service.folder.iterdir()), before)


class Connections(ServedTest):
    def test_a_new_connection_can_be_used_without_a_restart_and_what_cannot_be_taken_over_is_said(self):
        self.service.flow("asks", ASKS.replace("counter.first\n", "counter.first\n    connection: later\n"), "  - webhook: asks\n    verify: public\n")
        self.service.flow("other", ASKS.replace("counter.first\n", "counter.first\n    connection: far\n"), "  - webhook: other\n    verify: public\n")
        self.service.start()
        self.assertEqual(self.service.hook("asks", {}).status, 404)
        text = (self.service.folder / "millrace.yaml").read_text()
        later = text.replace("connections:\n", f'connections:\n  later:\n    plugin: counter\n    base_url: {self.far.url}/later\n    auth: {{token: "secret:later"}}\n')
        self.service.write("state/secrets.json", '{"far": "a-token-of-the-far-side", "later": "another-token"}')
        self.service.write("millrace.yaml", later)
        wait_until(lambda: self.service.hook("asks", {}).status == 202, what="the workflow with its connection")
        wait_until(lambda: self.far.requests("/later/first"), what="the request by the new connection")
        self.assertIn("later", [each["name"] for each in self.service.get("connections")["connections"]])
        self.service.ended(self.service.delivered("other", {})["runs"][0])
        self.service.write("millrace.yaml", later.replace("Europe/London", "Europe/Berlin"))
        wait_until(lambda: "timezone" in self.service.log() and "started again" in self.service.log(), what="the sentence")
        self.service.write("millrace.yaml", "version: 2\n")
        wait_until(lambda: "goes on with what it had" in self.service.log(), what="the sentence")
        self.service.ended(self.service.delivered("asks", {})["runs"][0])


class ManyRetries(ServedTest):
    def failed(self, workflow="asks", number=3):
        for n in range(number):
            self.service.ended(self.service.delivered(workflow, {"n": n})["runs"][0])
        return [run["id"] for run in self.service.runs(workflow)][::-1]

    def setUp(self):
        super().setUp()
        for name in ("asks", "others"):
            self.service.flow(name, ASKS.replace("n: 1", "n: event.n"), "  - webhook: NAME\n    verify: public\n")
        self.far.answers["/first"] = [422]
        self.service.start()

    def test_runs_that_fit_are_tried_again_in_their_order_with_and_without_a_service(self):
        mine, others = self.failed(), self.failed("others", 2)
        listed = self.service.json("runs", "list", "--outcome", "failed", "--since", "1h")["runs"]
        self.assertEqual({run["id"] for run in listed}, {*mine, *others})
        for since in ("2030-01-01T00:00:00Z", "0s"):
            self.assertEqual(self.service.json("runs", "retry", "--since", since), {"retried": [], "refused": []})
        self.far.answers["/first"] = [200]
        done = self.service.millrace("runs", "retry", "--outcome", "failed", "--since", "2h", "--workflow", "asks")
        self.assertEqual((done.returncode, done.stdout), (0, "".join(f"{run} of asks goes on\n" for run in mine) + "3 runs go on\n"), done.stderr)
        for run in mine:
            self.service.reached(run, "completed")
        self.service.stop()
        self.assertEqual(self.service.json("runs", "retry", "--outcome", "failed"), {"retried": others, "refused": []})
        self.service.start()
        for run in others:
            self.service.reached(run, "completed")

    def test_a_called_run_is_left_where_the_step_that_called_it_has_called_another_one_since(self):
        for attempts in (1, 2, 3):
            self.service.flow(f"calls{attempts}", f"  - id: a\n    call: asks\n    with: {{n: {attempts}}}\n    retry: {{attempts: {attempts}, delay: 10ms}}\n",
                              "  - webhook: NAME\n    verify: public\n")
        self.service.flow("each", "  - for_each: [1, 2]\n    do:\n      - call: others\n        with: {n: '${{ item }}'}\n        retry: {attempts: 2, delay: 10ms}\n",
                          "  - webhook: NAME\n    verify: public\n")
        for name in ("calls1", "calls2", "calls3", "each"):
            wait_until(lambda: self.service.hook(name, {}).status == 202, what="the workflow")
            self.service.ended(self.service.runs(name)[0]["id"])
        asked, others = [[run["id"] for run in self.service.runs(name)][::-1] for name in ("asks", "others")]
        self.assertEqual((len(asked), len(others)), (6, 2))  # the loop ends with its first item
        before = len(self.far.requests("/first"))
        self.far.answers["/first"] = [200]
        replaced = [asked[1], asked[3], asked[4], others[0]]
        done = self.service.json("runs", "retry", "--outcome", "failed")
        self.assertEqual((done["refused"], sorted(done["replaced"])), ([], sorted(replaced)))
        for name in ("calls1", "calls2", "calls3", "each"):
            self.service.reached(self.service.runs(name)[-1]["id"], "completed")
        for run in replaced:
            self.assertEqual(self.service.run(run)["outcome"], "failed")
            alone = self.service.millrace("runs", "retry", run)
            self.assertEqual(alone.returncode, 1, alone.stdout)
            self.assertIn("has called another one since", alone.stderr)
        self.assertEqual(len(self.far.requests("/first")) - before, 5)  # each of their steps once
        self.service.stop()
        self.assertIn("has called another one since", self.service.millrace("runs", "retry", replaced[0]).stderr)
        again = self.service.millrace("runs", "retry", replaced[0], "--from", "0/0")
        self.assertEqual(again.returncode, 0, again.stderr)

    def test_what_cannot_be_meant_is_refused_before_anything_is_done(self):
        self.failed(number=1)
        for wrong in ((), ("r06f8w3k2q1m9s", "--outcome", "failed"), ("--outcome", "completed"), ("--outcome", "running"), ("--outcome", "waiting"),
                      ("--outcome", "broken"), ("--since", "yesterday")):
            done = self.service.millrace("runs", "retry", *wrong)
            self.assertEqual((done.returncode, done.stdout), (2, ""), (wrong, done.stderr))
            self.assertIn("error: ", done.stderr)
        self.assertEqual(self.service.outcomes(), {"failed": 1})


class OneLocation(SandboxTest):
    LOOK = "version: 1\nname: Look\nmode: live\n%striggers:\n  - manual\nactions:\n  - {id: tags, action: highlevel.location_tags.list}\n"

    def test_a_person_chooses_one_of_the_locations(self):
        self.project.write("workflows/look.yaml", self.LOOK % "locations: all\n")
        self.project.write("workflows/unsaid.yaml", self.LOOK % "")
        for verb in (["plan"], ["run"], ["run", "--live"]):
            for workflow in ("look", "unsaid"):
                if workflow == "look":
                    self.assertEqual([run["location"] for run in self.project.json(verb[0], workflow, *verb[1:])["runs"]], ["loc_main", "loc_north"])
                done = self.project.json(verb[0], workflow, *verb[1:], "--location", "loc_north")
                self.assertEqual([run["location"] for run in done["runs"]], ["loc_north"])
            done = self.project.millrace(verb[0], "look", *verb[1:], "--location", "loc_nroth")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("loc_north", done.stderr)

    def test_a_plan_for_one_location_is_applied_for_that_one(self):
        self.project.write("workflows/look.yaml", self.LOOK % "locations: all\n" + "  - action: files.write\n    with: {file: \"${{ run.location }}.txt\", text: x}\n")
        self.assertEqual(self.project.millrace("plan", "look", "--location", "loc_north", "--out", "one.json").returncode, 0)
        done = self.project.millrace("apply", "one.json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual([path.name for path in (self.project.folder / "output").iterdir()], ["loc_north.txt"])

    def test_where_locations_play_no_part_none_can_be_chosen(self):
        self.project.write("workflows/none.yaml", "version: 1\nname: None\ntriggers:\n  - manual\nactions:\n  - set: {a: 1}\n")
        done = self.project.millrace("run", "none", "--location", "loc_main")
        self.assertEqual(done.returncode, 2)
        self.assertIn("nothing to do with locations", done.stderr)


class FirstWords(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)

    def test_the_version_is_told_however_it_is_asked_for(self):
        said = self.project.millrace("version").stdout
        for word in ("--version", "-V"):
            done = self.project.millrace(word)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, said, ""))

    def test_help_is_what_the_option_of_that_name_prints(self):
        for verbs in ([], ["run"], ["runs"], ["runs", "retry"], ["catalog", "show"], ["help"]):
            asked, flagged = self.project.millrace("help", *verbs), self.project.millrace(*verbs, "--help")
            self.assertEqual((asked.returncode, asked.stderr), (0, ""))
            self.assertEqual(asked.stdout, flagged.stdout, verbs)
        for verbs in (["rnu"], ["runs", "retyr"]):
            done = self.project.millrace("help", *verbs)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("did you mean", done.stderr)


class Metrics(ServedTest):
    def last_success(self):
        return self.service.metric("millrace_last_success_timestamp_seconds")

    def test_the_last_success_is_known_at_the_first_look_after_a_restart_and_a_run_in_the_foreground_counts(self):
        self.service.flow("asks", ASKS, "  - webhook: asks\n    verify: public\n")
        begun = time.time()
        self.assertEqual(self.service.millrace("run", "asks", "--live").returncode, 0)
        self.service.start()
        first = wait_until(self.last_success, what="the metric")
        self.assertGreaterEqual(first, int(begun))
        self.service.stop()
        self.service.start()
        self.assertEqual(wait_until(self.last_success, what="the metric"), first)
        self.far.answers["/first"] = [422]
        self.assertEqual(self.service.millrace("run", "asks", "--live").returncode, 1)
        self.far.answers["/first"] = [200]
        wait_until(lambda: time.time() > first + 1.1, what="another second")
        self.assertEqual(self.service.millrace("run", "asks", "--live").returncode, 0)
        wait_until(lambda: self.last_success() > first, what="the later success")


if __name__ == "__main__":
    main()
