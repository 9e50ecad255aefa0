"""What a run has changed is taken back by the service, while others do the same and the world goes on."""
import concurrent.futures
import json
import subprocess

from project import main, program, world
from served import ServedSandboxTest
from service import wait_until


class ServedUndo(ServedSandboxTest):
    def setUp(self):
        super().setUp()
        self.sandbox.call("/_sandbox/reset", {"state": world(["a", "b"])})

    def tags_gone(self):
        """A run that has deleted both tags, and the plan by which it would be undone."""
        self.service.flow("gone", "  - for_each: event.ids\n    do:\n      - {action: highlevel.location_tags.delete, with: {tag_id: \"${{ item }}\"}}\n",
                          more="locations: [loc_main]\nsafety: {max_changes: 9}\n")
        self.service.start()
        run = self.service.ended(self.service.delivered("gone", {"ids": ["tag_0", "tag_1"]})["runs"][0])["id"]
        shown = json.loads(self.service.api("POST", f"runs/{run}/undo", {}).body)["plan"]
        return run, shown

    def test_the_service_gives_the_plan_and_changes_nothing(self):
        self.service.flow("gone", "  - for_each: event.ids\n    do:\n      - {action: highlevel.location_tags.delete, with: {tag_id: \"${{ item }}\"}}\n",
                          more="locations: [loc_main]\nsafety: {max_changes: 9}\n")
        self.service.flow("dry", "  - {action: highlevel.location_tags.create, with: {name: x}}\n", more="locations: [loc_main]\n", mode="dry_run")
        self.service.start()
        run = self.service.ended(self.service.delivered("gone", {"ids": ["tag_0", "tag_1"]})["runs"][0])
        plan = self.service.api("POST", f"runs/{run['id']}/undo", {})
        self.assertEqual(plan.status, 200, plan.body)
        plan = json.loads(plan.body)
        self.assertEqual((plan["undoes"], [change["summary"] for change in plan["changes"]][:2]), (run["id"], ["create tag b", "create tag a"]))
        self.assertEqual(self.sandbox.tags(), [])
        dry = self.service.ended(self.service.delivered("dry", {})["runs"][0])
        refused = self.service.api("POST", f"runs/{dry['id']}/undo", {})
        self.assertEqual(refused.status, 409)
        self.assertIn(f"run {dry['id']} was a dry run: it changed nothing, so there is nothing to undo", refused.body.decode())
        undone = self.service.json("runs", "undo", run["id"], "--yes")  # beside the service
        self.assertEqual(undone["runs"][0]["outcome"], "completed")
        self.assertEqual(len(self.sandbox.tags()), 2)
        self.assertEqual(self.service.api("POST", f"runs/{run['id']}/undo", {}).status, 409)

    def test_the_service_undoes_what_was_shown_and_nothing_where_the_world_has_changed_since(self):
        run, shown = self.tags_gone()
        self.assertEqual(self.service.api("POST", f"runs/{run}/undo/apply", {}).status, 400)
        self.assertEqual(self.service.api("POST", f"runs/{run}/undo/apply", {"plan": "another"}).status, 409)
        self.sandbox.call("/_sandbox/reset", {"state": world(["a"])})  # somebody has made one of them again
        refused = self.service.api("POST", f"runs/{run}/undo/apply", {"plan": shown})
        self.assertEqual(refused.status, 409, refused.body)
        self.assertIn("the world has changed since this was shown, so nothing was undone", refused.body.decode())
        self.assertEqual([tag["name"] for tag in self.sandbox.tags()], ["a"])
        self.sandbox.call("/_sandbox/reset", {"state": world([])})
        again = json.loads(self.service.api("POST", f"runs/{run}/undo", {}).body)["plan"]
        done = self.service.api("POST", f"runs/{run}/undo/apply", {"plan": again}, {"X-Millrace-Who": "ada"})
        self.assertEqual(done.status, 202, done.body)
        undoing = json.loads(done.body)["run"]
        self.assertEqual(self.service.run(undoing)["id"], undoing)  # whoever hears of it looks at once
        wait_until(lambda: undoing in [one["id"] for one in self.service.runs(outcome="completed")], 20, "the undo")
        self.assertEqual(sorted(tag["name"] for tag in self.sandbox.tags()), ["a", "b"])
        self.assertIn(("ada by api", "undo", run), [(line["who"], line["what"], line["about"]) for line in self.service.get("audit")["audit"]])
        twice = self.service.api("POST", f"runs/{run}/undo/apply", {"plan": again})
        self.assertEqual(twice.status, 409)

    def test_the_service_does_not_undo_where_more_is_lost_by_now_than_was_shown(self):
        self.service.flow("make", "  - {action: highlevel.location_tags.create, with: {name: made}}\n", more="locations: [loc_main]\n")
        self.service.start()
        run = self.service.ended(self.service.delivered("make", {})["runs"][0])["id"]
        shown = json.loads(self.service.api("POST", f"runs/{run}/undo", {}).body)
        self.assertEqual(shown["cannot_be_restored"], [])
        state = self.sandbox.state()
        state["contacts"][0]["tags"] = ["made"]
        self.sandbox.call("/_sandbox/reset", {"state": state})
        self.assertEqual(self.service.api("POST", f"runs/{run}/undo/apply", {"plan": shown["plan"]}).status, 409)
        self.assertIn("made", [tag["name"] for tag in self.sandbox.tags()])

    def test_of_many_who_undo_a_run_at_once_one_does(self):
        run, shown = self.tags_gone()
        with concurrent.futures.ThreadPoolExecutor(8) as people:
            answers = list(people.map(lambda _: self.service.api("POST", f"runs/{run}/undo/apply", {"plan": shown}).status, range(8)))
        self.assertEqual(sorted(answers), [202] + [409] * 7)
        wait_until(lambda: len(self.sandbox.tags()) == 2, 20, "the undo")
        self.assertEqual(len([line for line in self.service.get("audit")["audit"] if line["what"] == "undo"]), 1)

    def test_a_run_that_waits_is_not_undone_before_it_has_ended(self):
        self.service.flow("waits", "  - {action: highlevel.location_tags.create, with: {name: x}}\n  - approve: go on?\n", more="locations: [loc_main]\n")
        self.service.start()
        run = self.service.delivered("waits", {})["runs"][0]
        self.service.reached(run, "waiting")
        done = self.service.millrace("runs", "undo", run, "--yes")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f'run {run} waits to go on: "millrace runs cancel {run}" ends it, and then it can be undone', done.stderr)
        self.service.millrace("runs", "cancel", run)
        self.service.reached(run, "cancelled")
        self.service.json("runs", "undo", run, "--yes")
        self.assertEqual(sorted(tag["name"] for tag in self.sandbox.tags()), ["a", "b"])

    def test_an_undo_that_was_killed_in_the_middle_is_told_and_then_finished(self):
        self.service.flow("gone", "  - for_each: event.ids\n    do:\n      - {action: highlevel.location_tags.delete, with: {tag_id: \"${{ item }}\"}}\n",
                          more="locations: [loc_main]\nsafety: {max_changes: 9}\n")
        self.service.start()
        run = self.service.ended(self.service.delivered("gone", {"ids": ["tag_0", "tag_1"]})["runs"][0])["id"]
        state = self.sandbox.state()
        for contact in state["contacts"]:
            contact["tags"] = []
        self.sandbox.call("/_sandbox/reset", {"state": state})
        self.sandbox.fault(path="/contacts/con_0/tags", method="POST", delay_ms=60000, status=503, count=1)
        undo = subprocess.Popen([program, "runs", "undo", run, "--yes"], cwd=self.service.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: len(self.sandbox.tags()) == 2, what="the tags")
        begun = wait_until(lambda: self.service.runs(f"undo-{run}"), what="the undo")[0]["id"]
        wait_until(lambda: any(step["action"] == "highlevel.contact_tags.add" for step in self.service.run(begun)["steps"]), what="the first contact")
        undo.kill()
        undo.wait(10)
        done = self.service.millrace("runs", "undo", run, "--yes")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"by run {begun}, which is under way or was broken off", done.stderr)
        self.service.millrace("runs", "cancel", begun)
        self.service.ended(begun)
        if self.service.run(begun)["outcome"] == "parked":
            self.service.millrace("runs", "resolve", begun, "--did-not-happen")
        self.service.millrace("runs", "undo", run, "--yes")
        self.assertEqual({contact["id"]: sorted(contact["tags"]) for contact in self.sandbox.state()["contacts"]}, {"con_0": ["a", "b"], "con_1": ["a", "b"]})


if __name__ == "__main__":
    main()
