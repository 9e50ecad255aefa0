"""A plan is kept, and applied later: exactly its changes, or nothing where the world is not the same any more."""
import concurrent.futures
import datetime
import hmac
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest
import urllib.request

from project import SandboxTest, main, program, tag_event
from service import wait_until

TAGS = "/locations/loc_main/tags"

# One more tag for each name that the event brings, all at once.
MANY = """version: 1
name: Many tags
locations: [{locations}]
triggers: [manual]
{safety}
actions:
  - id: known
    action: highlevel.location_tags.list
    connection: highlevel
  - id: made
    for_each: event.names
    parallel: 4
    do:
      - action: highlevel.location_tags.create
        connection: highlevel
        {on_error}
        with: {{name: "${{{{ item }}}} of ${{{{ run.id }}}} at ${{{{ now }}}}"}}
"""


class Apply(SandboxTest):
    def setUp(self):
        super().setUp()
        self.plan_file = self.project.folder / "kept.json"

    def plan(self, event=None, workflow="sync-tags", expect=0, more=()):
        return self.project.json("plan", workflow, "--event", "-", "--out", self.plan_file, *more, stdin=event or tag_event("brand new"), expect=expect)

    def rewrite(self, plan):
        """The plan as if it had been made so: under the seal of the project."""
        plan.pop("seal")
        key = (self.project.folder / "state" / "plan-key").read_text().strip()
        said = json.dumps(plan, separators=(",", ":"), ensure_ascii=False)
        plan["seal"] = hmac.new(key.encode(), said.encode(), "sha256").hexdigest()
        self.plan_file.write_text(json.dumps(plan))

    def apply(self, expect=0):
        return self.project.json("apply", self.plan_file, expect=expect)

    def refused(self, *expected, code=1):
        """Applying is refused for these reasons, and nothing is written."""
        before = self.sandbox.state()
        done = self.project.millrace("apply", self.plan_file)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for text in expected:
            self.assertIn(text, done.stderr)
        self.assertEqual(self.sandbox.state(), before)
        self.assertEqual([r for r in self.sandbox.requests() if r["method"] != "GET"], self.writes)
        return done

    writes = []

    def remember_writes(self):
        self.writes = self.sent()

    def sent(self):
        return [r for r in self.sandbox.requests() if r["method"] != "GET"]

    def names(self, location="loc_main"):
        return [tag["name"] for tag in self.sandbox.tags(location)]

    def call(self, method, path, body=None):
        """What somebody else does meanwhile."""
        request = urllib.request.Request(self.sandbox.url + path, None if body is None else json.dumps(body).encode(), method=method,
                                         headers={"Authorization": "Bearer sandbox-token", "Version": "2021-07-28", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or "null")

    def many(self, names, safety="", on_error="", locations="loc_main", expect=0, more=()):
        self.project.write("workflows/many.yaml", MANY.format(safety=safety, on_error=on_error, locations=locations))
        return self.plan(json.dumps({"names": names}), "many", expect, more)


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


class Refused(Apply):
    def test_what_is_new_gone_and_changed_is_named(self):
        gone, renamed = self.sandbox.tags()[:2]
        self.plan()
        fresh = self.call("POST", TAGS, {"name": "by hand"})["tag"]
        self.call("DELETE", f"{TAGS}/{gone['id']}")
        self.call("PUT", f"{TAGS}/{renamed['id']}", {"name": "renamed by hand"})
        self.remember_writes()
        self.refused(f'new: "by hand" ({fresh["id"]})', f'gone: "{gone["name"]}" ({gone["id"]})',
                     f'changed: "{renamed["name"]}" ({renamed["id"]}), now "renamed by hand"')

    def test_the_differences_in_json(self):
        self.plan()
        self.call("POST", TAGS, {"name": "by hand"})
        refused = self.apply(expect=1)
        self.assertEqual((refused["mode"], refused["writes"], refused["runs"]), ("live", 0, []))
        self.assertEqual(len(refused["differences"]), 1, refused)
        self.assertIn('"by hand"', refused["differences"][0])

    def test_one_location_that_has_changed_stops_them_all(self):
        self.many(["a"], locations="loc_main, loc_north")
        self.call("POST", "/locations/loc_north/tags", {"name": "by hand"})
        self.remember_writes()
        self.refused("location tags of loc_north", '"by hand"')

    def test_a_change_of_our_own_records_alone(self):
        self.plan(tag_event("brand new", id="sm_1"))
        # The link of sm_1 to a tag is ours; the list of tags is as it was once the tag is gone again.
        self.project.json("run", "sync-tags", "--live", "--event", "-", stdin=tag_event(self.names()[0], id="sm_1"))
        self.remember_writes()
        self.refused("is in the plan, and would not be made now: create tag brand new")

    def test_a_workflow_that_was_edited(self):
        self.plan()
        path = self.project.folder / "workflows" / "sync-tags.yaml"
        path.write_text(path.read_text() + "# a word more\n")
        self.refused("workflows/sync-tags.yaml was changed after this plan was made")

    def test_a_workflow_that_is_gone(self):
        self.plan()
        (self.project.folder / "workflows" / "sync-tags.yaml").unlink()
        self.refused("the workflow of this plan is gone")

    def test_files_that_are_no_plan(self):
        self.plan()
        whole = self.plan_file.read_text()
        other = json.loads(whole)
        other["millrace_plan"] = 99
        broken = json.loads(whole)
        del broken["runs"][0]["changes"]
        self.rewrite(broken)
        for text, why in (("", "is no plan"), (whole[:len(whole) // 2], "is no plan, or only a part of one"), ("{}", "is no plan"), ("[]", "is no plan"),
                          (json.dumps(other), "format 99"), (json.dumps(broken), '"changes" is missing'), ("\0\xff", "is no plan")):
            self.plan_file.write_text(text)
            self.refused(why)

    def test_a_file_that_is_not_there(self):
        self.refused("there is no file")

    def test_without_the_secret_or_the_connection_nothing_begins(self):
        self.plan()
        (self.project.folder / "state" / "secrets.json").unlink()
        self.refused("MILLRACE_SECRET_HIGHLEVEL_TOKEN", code=3)
        self.project.write("millrace.yaml", "version: 1\n")
        self.refused("connection", code=3)

    def test_a_plan_over_a_safety_limit_is_kept_but_not_applied(self):
        self.many(["a", "b"], safety="safety: {max_changes: 1}", expect=5)
        self.assertEqual(len(json.loads(self.plan_file.read_text())["runs"][0]["changes"]), 2)
        self.refused("this plan cannot be applied", "max_changes is 1", code=5)

    def test_a_plan_of_a_run_that_fails(self):
        self.sandbox.fault(path=TAGS, method="GET", count=99, status=403)
        self.project.millrace("plan", "sync-tags", "--event", "-", "--out", self.plan_file, stdin=tag_event("brand new"))
        self.sandbox.call("/_sandbox/reset", {})
        self.refused("this plan cannot be applied", "403")

    def test_another_far_side(self):
        self.plan()
        settings = self.project.folder / "millrace.yaml"
        settings.write_text(settings.read_text().replace("loc_main: Main Street, ", ""))
        self.refused("loc_main")


class Kept(Apply):
    def test_only_its_owner_may_read_it_and_no_secret_stands_in_it(self):
        self.plan()
        self.assertEqual(stat.S_IMODE(self.plan_file.stat().st_mode), 0o600)
        self.assertNotIn("sandbox-token", self.plan_file.read_text())
        self.assertEqual([path.name for path in self.project.folder.glob(".kept*")], [])

    def test_where_it_cannot_be_written(self):
        for place in (self.project.folder / "nowhere" / "plan.json", self.project.folder, "/dev/null"):
            done = self.project.millrace("plan", "sync-tags", "--event", "-", "--out", place, stdin=tag_event("brand new"))
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("cannot write the plan", done.stderr)


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


class SomebodyElses(Apply):
    """Whoever can write a plan would choose what is sent with the project's tokens."""

    def setUp(self):
        super().setUp()
        self.plan()
        self.whole = self.plan_file.read_text()
        self.kept = json.loads(self.whole)

    def test_one_that_was_changed_after_it_was_made(self):
        for change in ({"event": {"something": "else"}}, {"path": "../elsewhere.yaml"}, {"as_of": "2026-01-01T00:00:00Z"}, {"runs": []},
                       {"extra": True}, {"seal": "0" * 64}, {"seal": None}):
            with self.subTest(change):
                self.plan_file.write_text(json.dumps({**self.kept, **change}))
                self.refused("was not made with this project, or was changed after it was made")
        del self.kept["seal"]
        self.plan_file.write_text(json.dumps(self.kept))
        self.refused("was not made with this project")

    def test_one_of_another_project(self):
        (self.project.folder / "state" / "plan-key").unlink()
        self.refused("was not made with this project")

    def test_one_that_others_can_write(self):
        for mode in (0o602, 0o620, 0o666):
            self.plan_file.chmod(mode)
            self.refused("can be written by others", "chmod go-w")

    def test_one_that_is_not_a_file_of_ones_own(self):
        elsewhere = self.project.folder / "elsewhere.json"
        self.plan_file.rename(elsewhere)
        self.plan_file.symlink_to(elsewhere)
        self.refused("is a link")
        self.plan_file.unlink()
        os.mkfifo(self.plan_file, 0o600)
        self.refused("is no ordinary file")

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    def test_one_of_another_user(self):
        os.chown(self.plan_file, 65534, 65534)
        self.refused("belongs to nobody")

    def test_one_whose_workflow_lies_outside_of_the_project(self):
        outside = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        self.addCleanup(shutil.rmtree, outside)
        workflow = self.project.folder / "workflows" / "sync-tags.yaml"
        shutil.copy(workflow, outside / "sync-tags.yaml")
        self.plan(workflow=outside / "sync-tags.yaml")
        self.refused("lies outside of the project")
        self.plan()
        workflow.unlink()
        workflow.symlink_to(outside / "sync-tags.yaml")
        self.refused("lies outside of the project")

    def test_from_stdin_its_seal_speaks_for_it(self):
        done = self.project.millrace("apply", "-", stdin=self.whole.replace("brand new", "something else"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("was not made with this project", done.stderr)
        done = self.project.millrace("apply", "-", stdin=self.whole)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    main()
