"""The first job: a SightMill tag change is planned, then carried into the location tags."""
import json
import unittest

from project import SandboxTest, main, tag_event


class SyncTags(SandboxTest):
    def plan(self, event):
        return self.project.json("plan", "workflows/sync-tags.yaml", "--event", "-", stdin=event)

    def run_live(self, event, expect=0):
        return self.project.json("run", "workflows/sync-tags.yaml", "--live", "--event", "-", stdin=event, expect=expect)

    def names(self):
        return sorted(tag["name"] for tag in self.sandbox.tags())

    def test_a_plan_lists_the_change_and_changes_nothing(self):
        before = self.sandbox.state()
        plan = self.plan(tag_event("brand new"))
        self.assertEqual(plan["mode"], "dry_run")
        self.assertEqual(plan["writes"], 0)
        self.assertEqual([(c["effect"], c["request"]["method"], c["request"]["body"]) for c in plan["changes"]],
                         [("create", "POST", {"name": "brand new"})])
        self.assertEqual(self.sandbox.state(), before)
        self.assertEqual({r["method"] for r in self.sandbox.requests()}, {"GET"})

    def test_a_run_without_live_is_a_dry_run_and_says_so(self):
        before = self.sandbox.state()
        done = self.project.millrace("run", "sync-tags", "--event", "-", stdin=tag_event("brand new"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("--live", done.stderr)
        self.assertEqual(self.sandbox.state(), before)

    def test_a_live_run_creates_the_tag_and_a_second_one_changes_nothing(self):
        first = self.run_live(tag_event("brand new"))
        self.assertEqual((first["writes"], len(first["changes"])), (1, 1))
        self.assertIn("brand new", self.names())
        second = self.run_live(tag_event("brand new"))
        self.assertEqual((second["writes"], second["changes"]), (0, []))

    def test_a_tag_with_another_name_is_renamed_where_it_was_linked(self):
        self.run_live(tag_event("first name", id="sm_7"))
        renamed = self.run_live(tag_event("second name", id="sm_7", change="updated"))
        self.assertEqual([(c["effect"], c["request"]["method"]) for c in renamed["changes"]], [("update", "PUT")])
        self.assertIn("second name", self.names())
        self.assertNotIn("first name", self.names())

    def test_a_tag_of_the_same_name_in_other_letters_is_linked_and_then_renamed(self):
        old = self.sandbox.tags()[0]
        adopted = self.run_live(tag_event(old["name"].upper(), id="sm_8"))
        self.assertLessEqual(len(adopted["changes"]), 1)
        self.run_live(tag_event("a new name", id="sm_8", change="updated"))
        self.assertEqual([t["name"] for t in self.sandbox.tags() if t["id"] == old["id"]], ["a new name"])

    def test_a_removed_tag_changes_nothing(self):
        self.assertEqual(self.run_live(tag_event("x", change="removed"))["changes"], [])

    def test_a_plan_leaves_no_link_behind(self):
        self.plan(tag_event("only planned", id="sm_9"))
        again = self.plan(tag_event("only planned", id="sm_9"))
        self.assertEqual(len(again["changes"]), 1)

    def test_a_name_from_outside_cannot_steer_the_terminal(self):
        event = tag_event("red \x1b[31m\x07 and \u202eback\nnext line")
        for arguments in (("plan", "sync-tags"), ("run", "sync-tags", "--live")):
            done = self.project.millrace(*arguments, "--event", "-", stdin=event)
            self.assertIn("create tag red \\u001b[31m\\u0007 and \\u202eback\\nnext line", done.stdout)
            self.assertNotIn("\x1b", done.stdout + done.stderr)
            self.assertNotIn("\u202e", done.stdout + done.stderr)

    def test_the_token_stands_in_no_output_and_no_file_but_its_own(self):
        done = self.project.millrace("run", "sync-tags", "--live", "--json", "--trace", "--event", "-", stdin=tag_event("secret"))
        self.assertNotIn("sandbox-token", done.stdout + done.stderr)
        for path in self.project.folder.rglob("*"):
            if path.is_file() and path.name != "secrets.json":
                self.assertNotIn(b"sandbox-token", path.read_bytes(), path)


if __name__ == "__main__":
    main()
