"""What an older program wrote is read, shown and carried on: a store with runs of every standing, and a plan."""
import collections
import json
import shutil
import unittest
import urllib.request

from golden import GOLDEN, PLANNED, PLANNED_AT, FarSide, Golden, golden_json
from project import Sandbox, main
from service import wait_until

STORE = GOLDEN / "store-2.db"
HELD = [("/first", 72), ("/second", 73), ("/second", 80)]  # had left, and were not answered, when the engine died


class GoldenTest(unittest.TestCase):
    def setUp(self):
        self.far = FarSide()
        self.addCleanup(self.far.close)
        self.sandbox = Sandbox("--limit", "off")
        self.addCleanup(self.sandbox.close)
        self.service = Golden(self.far.url, self.sandbox.url)
        self.addCleanup(self.service.close)
        self.service.keep(STORE)
        self.then = golden_json("shown.json")

    def only(self, workflow, outcome, queued=False):
        """The run of that standing, as it was shown."""
        found = [run["id"] for run in self.then["list"]["runs"] if (run["workflow"], run["outcome"], run["queued"]) == (workflow, outcome, queued)]
        self.assertEqual(len(found), 1, (workflow, outcome))
        return found[0]

    def done(self, *arguments):
        told = self.service.millrace(*arguments)
        self.assertEqual(told.returncode, 0, told.stdout + told.stderr)

    def tags_made(self):
        return [each["body"]["name"] for each in self.sandbox.requests() if each["method"] == "POST" and each["path"].endswith("/tags")]

    def make_tag(self, name):
        """By hand, as the far side was when the engine died."""
        request = urllib.request.Request(self.sandbox.url + "/locations/loc_main/tags", json.dumps({"name": name}).encode(), method="POST",
                                         headers={"Authorization": "Bearer sandbox-token", "Version": "2021-07-28", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def holds_still(self, then, now, place=""):
        """Every member that was there is there, with the same value."""
        if isinstance(then, dict):
            for name, value in then.items():
                self.assertIn(name, now, place)
                self.holds_still(value, now[name], f"{place}/{name}")
        elif isinstance(then, list):
            self.assertEqual(len(then), len(now), place)
            for number, value in enumerate(then):
                self.holds_still(value, now[number], f"{place}/{number}")
        else:
            self.assertEqual(then, now, place)


class Store(GoldenTest):
    def test_every_run_is_shown_as_it_was(self):
        self.assertEqual({run["outcome"] for run in self.then["list"]["runs"]},
                         {"running", "completed", "failed", "skipped", "waiting", "stopped_by_safety", "parked", "cancelled"})
        self.holds_still(self.then, self.service.shown())

    def test_a_service_starts_with_it_and_shows_what_has_ended_as_it_was(self):
        self.service.start()
        self.assertEqual([alarm for alarm in self.service.get("status")["alarms"] if alarm["about"].startswith("store")], [])
        for id, run in self.then["runs"].items():
            if run["ended"] and run["outcome"] != "parked":
                self.holds_still(run, self.service.run(id), id)

    def test_what_had_not_ended_goes_on_to_its_end_and_nothing_is_done_twice(self):
        self.make_tag("golden there")
        # What people say while no service runs.
        retried, unsure = self.only("fails", "failed"), self.only("unsure", "parked")
        self.done("runs", "retry", retried)
        self.done("runs", "resolve", unsure, "--happened", "--output", '{"status": 201, "headers": {}, "body": null}')
        self.service.start()
        asks, torn = self.only("asks", "waiting"), self.only("torn", "running")
        self.done("approve", asks)
        self.done("approve", self.only("called", "waiting"))
        self.service.reached(torn, "parked")
        self.done("runs", "resolve", torn, "--happened", "--output", '{"status": 201, "headers": {}, "body": null}')
        going = [run["id"] for run in self.then["list"]["runs"] if run["outcome"] in ("running", "waiting")]
        for run in [*going, retried, unsure]:
            self.assertEqual(self.service.reached(run, "completed")["outcome"], "completed")

        before = {(path, key, body["n"]) for path, key, body in golden_json("sent.json")}
        now = [(each.path, each.key, each.body["n"]) for each in self.far.seen if each.key]
        self.assertEqual(sorted((path, n) for path, _, n in before.intersection(now)), HELD)
        self.assertEqual(len(now), len(set(now)))
        self.assertEqual(collections.Counter((path, n) for path, _, n in now), self.left_to_do())
        self.assertCountEqual([each.path for each in self.far.seen if not each.key], ["/two", "/flaky"])
        # Both creates were on their way when the engine died: one had been done (by hand here), the other had not.
        self.assertEqual(collections.Counter(self.tags_made()), {"golden there": 1, "golden lost": 1})
        made = self.service.run(self.only("lost", "running"))["steps"][0]["output"]["tag"]
        self.assertEqual((made["name"], made["locationId"]), ("golden lost", "loc_north"))

    @staticmethod
    def left_to_do():
        """The requests to the far side that were not answered yet, by the workflow that sends them."""
        loop = [("/first", 72), ("/second", 72), ("/second", 73), *((path, n) for n in (74, 75) for path in ("/first", "/second"))]
        queued = [(path, n) for n in range(81, 86) for path in ("/first", "/second")]
        branches, lost = [("/second", 80), ("/first", 81)], [("/first", 85)]
        approved, called, caller = [("/first", 3)], [("/first", 102)], [("/second", 102)]
        waits, retried, resolved = [("/second", 1)], [("/second", 1)], [("/second", 3)]
        return collections.Counter(loop + queued + branches + lost + approved + called + caller + waits + retried + resolved)

    def test_what_was_paused_and_what_was_remembered_is_so_still(self):
        self.service.start()
        self.assertEqual(self.service.ended(self.service.delivered("paused", {"n": 5})["runs"][0])["outcome"], "skipped")
        self.done("resume", "paused")
        self.assertEqual(self.service.ended(self.service.delivered("paused", {"n": 6})["runs"][0])["outcome"], "completed")
        run = self.service.ended(self.service.delivered("remembers", {"n": 2})["runs"][0])
        outputs = {step["id"]: step["output"] for step in run["steps"]}
        self.assertEqual(outputs["claimed"]["first"], False)
        self.assertEqual((outputs["changed"]["added"], outputs["changed"]["removed"]), ([], []))


class Plan(unittest.TestCase):
    def setUp(self):
        self.sandbox = wait_until(self.sandbox_of_then, 60, f"the sandbox at {PLANNED_AT}")
        self.addCleanup(self.sandbox.close)
        self.project = Golden("http://127.0.0.1:9", self.sandbox.url)
        self.addCleanup(self.project.close)

    @staticmethod
    def sandbox_of_then():
        try:
            return Sandbox(listen=PLANNED_AT)
        except RuntimeError:  # another test is there
            return None

    def writes(self):
        """What was asked by POST only to look at it is none."""
        return [(each["method"], (each["body"] or {}).get("name")) for each in self.sandbox.requests() if each["method"] != "GET" and each["path"] != "/contacts/search"]

    def test_it_is_applied_exactly_once(self):
        self.project.keep(STORE)
        plan = self.project.folder / "plan.json"
        shutil.copy(GOLDEN / "plan-1.json", plan)
        plan.chmod(0o600)
        done = self.project.json("apply", plan)
        self.assertEqual((done["not_made"], done["not_in_plan"]), ([], []))
        self.assertEqual(len(done["changes"]), len(golden_json("plan-1.json")["runs"][0]["changes"]))
        named = [("POST", f"golden {name}") for name in PLANNED["names"]]
        self.assertCountEqual(self.writes(), [("POST", "golden first"), ("PUT", "golden second"), *named, ("DELETE", None)])
        self.assertTrue((self.project.folder / "output" / "golden.txt").exists())
        again = self.project.millrace("apply", plan)
        self.assertEqual(again.returncode, 1, again.stdout)
        self.assertIn("this plan was applied", again.stderr)
        self.assertEqual(len(self.writes()), 6)


if __name__ == "__main__":
    main()
