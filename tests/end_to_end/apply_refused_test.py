"""A plan that is not applied: the world is another, the file is no plan, or somebody else could have written it."""
import json
import os
import pathlib
import shutil
import stat
import tempfile
import unittest

from kept_plan import TAGS, Apply
from project import main, tag_event


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

    def test_under_another_store_which_does_not_know_what_was_applied(self):
        settings = self.project.folder / "millrace.yaml"
        before = settings.read_text()
        self.plan()
        self.assertNotIn("store:", before)
        settings.write_text(before + "store: sqlite:state/other.db\n")
        self.refused("the project's store was state/millrace.db, and state/other.db does not know whether it was applied")
        settings.write_text(before)
        self.apply()
        self.remember_writes()
        self.refused("a plan is applied once")
        settings.write_text(before + "store: sqlite:state/other.db\n")
        self.refused("make the plan anew")

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
