"""A plan is kept, and applied later: exactly its changes, and once."""
import concurrent.futures
import datetime
import json
import signal
import subprocess
import time

from kept_plan import TAGS, Apply
from project import main, program, tag_event
from service import wait_until


class Applied(Apply):
    def test_the_changes_of_the_plan_are_made_and_no_others(self):
        plan = self.plan()
        self.assertEqual(self.sent(), [])
        done = self.apply()
        self.assertEqual(done["mode"], "live")
        self.assertEqual((done["writes"], done["not_made"], done["not_in_plan"]), (1, [], []))
        self.assertEqual([(c["effect"], c["target"], c["request"]) for c in done["changes"]],
                         [(c["effect"], c["target"], c["request"]) for c in plan["changes"]])
        self.assertEqual([(r["method"], r["path"], r["body"]) for r in self.sent()], [("POST", TAGS, {"name": "brand new"})])
        self.assertIn("brand new", self.names())

    def test_ids_and_times_of_the_run_are_those_of_the_plan_and_loops_may_go_any_way(self):
        plan = self.many([f"tag {number}" for number in range(12)])
        self.apply()
        self.assertEqual(sorted(r["body"]["name"] for r in self.sent()), sorted(c["request"]["body"]["name"] for c in plan["changes"]))

    def test_what_the_plan_could_not_know_is_filled_in(self):
        self.project.write("workflows/chain.yaml", """version: 1
name: Make and rename
locations: [loc_main]
triggers: [manual]
actions:
  - id: made
    action: highlevel.location_tags.create
    with: {name: first}
  - action: highlevel.location_tags.update
    with:
      tag_id: ${{ made.tag.id }}
      name: second
""")
        plan = self.plan("{}", "chain")
        self.assertIn("$unknown", json.dumps(plan["changes"]))
        done = self.apply()
        self.assertEqual(done["writes"], 2)
        self.assertIn("second", self.names())

    def test_each_location_gets_its_own_changes(self):
        self.many(["a", "b"], locations="loc_main, loc_north")
        self.assertEqual(self.apply()["writes"], 4)
        self.assertEqual(len([name for name in self.names("loc_north") if name.startswith(("a of", "b of"))]), 2)

    def test_the_runs_of_a_plan_have_names_of_their_own_when_all_are_told_the_same_time(self):
        self.many(["a"], locations="loc_main, loc_north", more=("--as-of", "2026-03-01T09:00:00Z"))
        self.assertEqual(len({run["run"] for run in self.apply()["runs"]}), 2)

    def test_a_plan_without_changes_is_applied_and_changes_nothing(self):
        self.plan(tag_event("x", change="removed"))
        self.assertEqual(self.apply()["changes"], [])

    def test_a_file_is_written_when_the_plan_is_applied(self):
        self.plan("{}", "hello")
        self.assertFalse((self.project.folder / "output" / "hello.txt").exists())
        self.apply()
        self.assertIn("Hello", (self.project.folder / "output" / "hello.txt").read_text())

    def test_the_plan_may_be_applied_from_elsewhere(self):
        self.plan()
        done = self.project.millrace("-C", self.project.folder, "apply", self.plan_file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("create tag brand new", done.stdout)

    def test_a_plan_for_another_time_is_applied_at_that_time(self):
        self.project.write("workflows/dated.yaml", """version: 1
name: Dated
triggers: [manual]
actions:
  - action: files.write
    with: {file: "${{ today.date }}.txt", text: x}
""")
        self.plan("{}", "dated", more=("--as-of", "2026-03-01T09:00:00Z"))
        self.apply()
        self.assertTrue((self.project.folder / "output" / "2026-03-01.txt").exists())

    def test_a_run_is_dated_when_it_happened_whatever_time_it_is_told(self):
        self.project.write("workflows/dated.yaml", """version: 1
name: Dated
triggers: [manual]
actions:
  - action: files.write
    with: {file: "${{ now.getFullYear() }}-${{ run.location }}.txt", text: x, overwrite: true}
""")
        before = datetime.datetime.now(datetime.timezone.utc)
        self.plan("{}", "dated", more=("--as-of", "2026-03-01T09:00:00Z"))
        ids = [self.apply()["runs"][0]["run"]]
        ids.append(self.project.json("run", "dated", "--live", "--as-of", "2024-03-01T09:00:00Z")["runs"][0]["run"])
        self.assertEqual({run["id"] for run in self.project.json("runs", "list", "--since", "1h")["runs"]}, set(ids))
        for run, told in zip(ids, ("2026-", "2024-")):
            shown = self.project.json("runs", "show", run)
            for moment in ("started", "ended"):
                self.assertGreater(datetime.datetime.fromisoformat(shown[moment]), before - datetime.timedelta(seconds=1))
            self.assertTrue(list((self.project.folder / "output").glob(told + "*")))

    def test_a_read_that_fails_once_is_tried_again(self):
        self.plan()
        self.sandbox.fault(path=TAGS, method="GET", count=1, status=503)
        self.assertEqual(self.apply()["writes"], 1)


class AppliedBefore(Apply):
    """A plan is applied once. Whoever tries again learns when that was, by which run, how it ended, and what to do."""

    def again(self, run, *expected):
        self.remember_writes()
        kept = self.project.json("runs", "show", run)
        for _ in range(2):
            done = self.refused("this plan was applied", f"by run {run}", time.strftime("at %Y-%m-%dT"), *expected)
            self.assertNotIn("not done", done.stderr)
        told = self.apply(expect=1)["applied"]
        self.assertEqual([(each["run"], each["outcome"]) for each in told], [(run, kept["outcome"])])

    def test_one_that_came_to_its_end(self):
        self.plan()
        run = self.apply()["runs"][0]["run"]
        self.again(run, "applied once", "millrace plan sync-tags --out")

    def test_one_without_changes(self):
        self.plan(tag_event("x", change="removed"))
        self.again(self.apply()["runs"][0]["run"], "applied once")

    def test_one_for_another_time(self):
        self.plan(more=("--as-of", "2026-03-01T09:00:00Z"))
        self.again(self.apply()["runs"][0]["run"], "applied once")

    def test_one_that_was_copied_and_laid_out_anew(self):
        self.plan()
        run = self.apply()["runs"][0]["run"]
        self.plan_file.write_text(json.dumps(json.loads(self.plan_file.read_text()), indent=7))
        self.again(run, "applied once")

    def test_one_that_failed(self):
        self.many(["a", "b", "c"])
        self.sandbox.fault(path=TAGS, method="POST", count=99, status=422)
        run = self.apply(expect=1)["runs"][0]["run"]
        self.sandbox.fault(path=TAGS, method="POST", count=0, status=200)
        self.again(run, "ended as failed", f"millrace runs show {run}", "for what is left", "millrace plan many --out")

    def test_one_that_failed_for_its_second_location(self):
        self.many(["a"], locations="loc_main, loc_north")
        self.sandbox.fault(path="/locations/loc_north/tags", method="POST", count=99, status=422)
        first, second = self.apply(expect=1)["runs"]
        self.remember_writes()
        self.refused("for loc_main at", f"by run {first['run']}, and a plan is applied once", "for loc_north", f"by run {second['run']}, which ended as failed")

    def test_one_that_did_not_get_to_its_second_location(self):
        self.many(["a"], locations="loc_main, loc_north")
        self.sandbox.fault(path=TAGS, method="POST", count=1, delay_ms=20000)
        applying = subprocess.Popen([program, "apply", self.plan_file], cwd=self.project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: self.project.json("runs", "list")["runs"])
        applying.send_signal(signal.SIGINT)
        applying.communicate(timeout=60)
        self.remember_writes()
        self.refused("for loc_main", "did not get to all of its locations", "millrace plan many --out")

    def test_many_at_the_same_moment(self):
        self.plan()
        with concurrent.futures.ThreadPoolExecutor(4) as programs:
            done = list(programs.map(lambda _: self.project.millrace("apply", self.plan_file), range(4)))
        self.assertEqual(sorted(each.returncode for each in done), [0, 1, 1, 1], [each.stderr for each in done])
        run = self.project.json("runs", "list")["runs"][0]["id"]
        for each in done:
            if each.returncode:
                self.assertRegex(each.stderr, f"this plan (was|is being) applied.* by run {run}|the world has changed")
                self.assertNotIn("not done", each.stderr)
        self.assertEqual(len(self.sent()), 1)
        self.again(run, "applied once")

    def test_a_name_that_another_run_has_is_given_up(self):
        self.plan("{}", "hello")
        other = self.project.json("run", "hello", "--live", "--event", "-", stdin="{}")["runs"][0]["run"]
        kept = json.loads(self.plan_file.read_text())
        kept["runs"][0]["run"] = other
        self.rewrite(kept)
        self.assertNotEqual(self.apply()["runs"][0]["run"], other)


class WhileItIsApplied(Apply):
    """What comes otherwise than planned, although the world was the same when it was compared."""

    def test_a_change_that_is_not_made_is_named(self):
        self.many(["a", "b", "c"], on_error="on_error: continue")
        self.sandbox.fault(path=TAGS, method="POST", count=1, status=422)
        done = self.apply(expect=1)
        self.assertEqual((len(done["changes"]), len(done["not_made"])), (2, 1))
        self.assertEqual(done["not_made"][0]["effect"], "create")

    def test_a_change_that_the_plan_could_not_foresee_is_not_made(self):
        self.project.write("workflows/unforeseen.yaml", """version: 1
name: Depends on an id
locations: [loc_main]
triggers: [manual]
actions:
  - id: made
    action: highlevel.location_tags.create
    with: {name: first}
  - if: made.tag.id != 'x'
    action: highlevel.location_tags.create
    with: {name: second}
""")
        self.assertEqual(len(self.plan("{}", "unforeseen")["changes"]), 1)
        done = self.project.millrace("apply", self.plan_file)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("not in the plan", done.stderr)
        self.assertEqual([r["body"] for r in self.sent()], [{"name": "first"}])

    def test_a_plan_that_is_shorter_than_what_would_be_done(self):
        self.many(["a", "b"])
        kept = json.loads(self.plan_file.read_text())
        kept["runs"][0]["changes"].pop()
        self.rewrite(kept)
        self.refused("would be made now, and is not in the plan: create tag b")


if __name__ == "__main__":
    main()
