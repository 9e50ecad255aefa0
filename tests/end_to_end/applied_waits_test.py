"""A plan that was applied and waits for a person: what goes on later, in another process, is held to the plan."""
import json

from project import main
from served import ServedSandboxTest

CREATE = "action: highlevel.location_tags.create\n{0}connection: highlevel\n{0}with: {{name: \"{1}\"}}\n"
ASK = "  - id: asked\n    approve: Go on?\n"
LOOK = "  - id: known\n    action: highlevel.location_tags.list\n    connection: highlevel\n"
PLACE = "locations: [loc_main]\n"


def mark(of):
    """One more tag for each whose name begins so; of gold it is called as that of top."""
    return (LOOK + f"  - for_each: known.tags.filter(each, each.name.startsWith({of}))\n    do:\n      - "
            + CREATE.format(" " * 8, "marked ${{ item.name.replace('gold', 'top') }}"))


class AppliedAndWaiting(ServedSandboxTest):
    def setUp(self):
        super().setUp()
        self.service.flow("tag", "  - " + CREATE.format("    ", "${{ event.name }}"), more=PLACE)
        self.tag("top one")

    def tag(self, name):
        done = self.service.millrace("run", "tag", "--live", "--event", "-", stdin=json.dumps({"name": name}))
        self.assertEqual(done.returncode, 0, done.stderr)

    def marked(self):
        return sorted(tag["name"] for tag in self.sandbox.tags() if tag["name"].startswith("marked"))

    def applied(self, workflow):
        """What `apply` says of the plan of a workflow that asks, and its run."""
        planned = self.service.millrace("plan", workflow, "--out", workflow + ".plan")
        self.assertEqual(planned.returncode, 0, planned.stderr)
        done = self.service.json("apply", workflow + ".plan", expect=4)
        return done, done["runs"][0]["run"]

    def approve(self, run):
        done = self.service.millrace("approve", run)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_apply_says_what_waits_for_the_approval_and_does_not_call_it_undone(self):
        self.service.flow("later", ASK + mark("'top'"), more=PLACE)
        done, _ = self.applied("later")
        self.assertEqual(done["not_made"], [])
        self.assertEqual([change["summary"] for change in done["waiting"]], ["create tag marked top one"])
        self.service.flow("again", ASK + mark("'top'"), more=PLACE)
        self.assertEqual(self.service.millrace("plan", "again", "--out", "again.plan").returncode, 0)
        done = self.service.millrace("apply", "again.plan")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("in the plan, and waits for the approval: create tag marked top one", done.stderr)
        self.assertNotIn("not done", done.stderr)

    def test_behind_an_approval_a_run_is_held_to_its_plan_also_where_it_is_tried_again(self):
        self.service.flow("later", ASK + mark("'top'"), more=PLACE)
        _, run = self.applied("later")
        self.tag("top two")
        self.service.start()
        self.approve(run)
        ended = self.service.ended(run)
        self.assertEqual(self.marked(), ["marked top one"])
        self.assertEqual(ended["outcome"], "failed", ended)
        self.assertIn("not in the plan: create tag marked top two", ended["note"])
        self.assertEqual(self.service.millrace("runs", "retry", run).returncode, 0)
        self.service.reached(run, "failed")
        self.service.stop()
        self.assertEqual(self.service.millrace("runs", "retry", run).returncode, 0)
        self.service.start()
        self.service.reached(run, "failed")
        self.assertEqual(self.marked(), ["marked top one"])

    def test_what_it_calls_behind_the_approval_has_the_same_plan_of_which_each_change_is_made_once(self):
        self.tag("gold zero")
        self.service.flow("mark", mark("event.of"), more=PLACE)
        self.service.flow("caller", LOOK + "  - call: mark\n    with: {of: top}\n" + ASK + "  - call: mark\n    with: {of: gold}\n", more=PLACE)
        _, run = self.applied("caller")
        self.assertEqual(self.marked(), ["marked top one"])
        self.tag("gold one")
        self.service.start()
        self.approve(run)
        ended = self.service.ended(run)
        self.assertEqual(self.marked(), ["marked top one", "marked top zero"])
        self.assertIn("not in the plan: create tag marked top one", ended["note"])


if __name__ == "__main__":
    main()
