"""The limits of a project beside those of the far side: told in plans, kept over a restart, and named where they are in the way."""
import json
import unittest

from project import Project, Sandbox, main

READ = """version: 1
name: Read
locations: [loc_main]
actions:
""" + "  - action: highlevel.location_tags.list\n" * 4

MAKE = """version: 1
name: Make
locations: [loc_main]
vars: {names: [NAMES]}
safety: {max_changes: 500, max_percent: 100}
actions:
  - id: there
    action: highlevel.location_tags.list
  - for_each: vars.names
    as: name
    do:
      - action: highlevel.location_tags.create
        with: {name: "${{ name }}"}
"""


class Limits(unittest.TestCase):
    def opened(self, *limits):
        self.sandbox = Sandbox(*limits)
        self.addCleanup(self.sandbox.close)
        self.project = Project(self.sandbox.url)
        self.addCleanup(self.project.close)

    def asked(self, function):
        """What that gives, and the statuses of the requests that it made."""
        before = len(self.sandbox.requests())
        given = function()
        return given, [request["status"] for request in self.sandbox.requests()[before:]]

    def makes(self, count):
        self.project.write("workflows/make.yaml", MAKE.replace("NAMES", ", ".join(f"made{n}" for n in range(count))))

    def limited(self, limits):
        settings = self.project.folder / "millrace.yaml"
        lines = [line for line in settings.read_text().splitlines() if "limits:" not in line]
        at = next(i for i, line in enumerate(lines) if "base_url:" in line)
        indent = lines[at][:len(lines[at]) - len(lines[at].lstrip())]
        settings.write_text("\n".join([*lines[:at + 1], *([f"{indent}limits: {limits}"] if limits else []), *lines[at + 1:]]) + "\n")

    def test_a_plan_knows_a_limit_of_the_project_that_is_wider_and_longer_than_the_far_sides(self):
        self.opened("--limit", "100", "--interval", "10000")
        self.makes(230)
        self.limited("{requests: 110, per: 2h}")
        self.assertGreaterEqual(self.project.json("plan", "make")["calls"][0]["seconds"], 3600)
        self.limited("")
        self.assertLess(self.project.json("plan", "make")["calls"][0]["seconds"], 3600)

    def test_a_plan_that_broke_off_says_at_least_and_what_it_used_of_the_day_counts_after_a_restart_too(self):
        self.opened("--limit", "500")
        self.limited("{daily: 3}")
        self.project.write("workflows/reads.yaml", READ)
        broken = self.project.millrace("plan", "reads", "--json")
        self.assertEqual(broken.returncode, 1)
        told = json.loads(broken.stdout)
        self.assertTrue(told["calls_at_least"])
        (self.project.folder / "state" / "budgets").unlink()  # as when the machine has started anew
        again, made = self.asked(lambda: self.project.millrace("plan", "reads", "--json"))
        self.assertEqual((again.returncode, made), (1, []))
        self.limited("")  # a limit that is none any more holds up nothing
        (self.project.folder / "state" / "budgets").unlink()
        self.assertFalse(self.project.json("plan", "reads")["calls_at_least"])

    def test_a_plan_that_cannot_fit_today_is_not_even_made_anew_and_a_failure_on_the_way_is_told_as_it_is(self):
        self.opened("--limit", "500", "--daily", "40")
        self.makes(1)
        self.project.write("workflows/make.yaml", MAKE.replace("NAMES", "m").replace("actions:\n", "actions:\n  - action: tags.usage\n"))
        self.project.json("plan", "make", "--out", "plan.json")
        used = len(self.sandbox.requests())
        for _ in range(39 - used):
            self.sandbox.tags()
        self.project.millrace("plan", "make")  # tells it how little is left
        refused, made = self.asked(lambda: self.project.millrace("apply", "plan.json"))
        self.assertEqual((refused.returncode, made), (1, []))
        self.assertIn("do not fit into the 0 that are left today", refused.stderr)
        for answer in ([], ["--json"]):
            begun = self.project.millrace("apply", "plan.json", "--yes", *answer)
            self.assertEqual(begun.returncode, 1)
            self.assertIn("the plan could not be made once more for loc_main, so nothing was written: ", begun.stderr)
            self.assertIn("the daily limit of highlevel is used up", begun.stdout if answer else begun.stderr)
            self.assertNotIn("the world has changed", begun.stderr)


if __name__ == "__main__":
    main()
