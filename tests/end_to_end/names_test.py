"""Runs, events and plans get names that no other has, however many programs make them at once and whatever time they are told.

The long version: MILLRACE_RUNS=10000 MILLRACE_BUILD=build python3 tests/end_to_end/names_test.py
"""
import concurrent.futures
import json
import os
import sqlite3
import unittest

from project import Project, main

runs = int(os.environ.get("MILLRACE_RUNS", "200"))
at_once = 8
time = ("--as-of", "2026-09-21T09:00:00Z")

NOTHING = """version: 1
name: Nothing
triggers: [manual]
actions:
  - set: {run: "${{ run.id }}"}
"""

CALLS = """version: 1
name: Calls
triggers: [manual]
actions:
  - call: nothing
    with: {}
"""


class Names(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)
        self.project.write("workflows/nothing.yaml", NOTHING)
        self.project.write("workflows/calls.yaml", CALLS)

    def all_at_once(self, number, *arguments):
        """The documents of so many calls by eight programs at once; none of them fails."""
        def one(which):
            done = self.project.millrace(*(str(each).format(which) for each in arguments), "--json", timeout=300)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return json.loads(done.stdout)
        with concurrent.futures.ThreadPoolExecutor(at_once) as programs:
            return list(programs.map(one, range(number)))

    def kept(self):
        """The ids of the runs in the store, as lists show them, and how many there are with an event of their own."""
        store = sqlite3.connect(self.project.folder / "state" / "millrace.db")
        self.addCleanup(store.close)
        count, = store.execute("SELECT count(DISTINCT event) FROM runs WHERE event IN (SELECT key FROM events)").fetchone()
        return sorted(run["id"] for run in self.project.json("runs", "list", "--limit", "1000")["runs"]), count

    def test_live_runs_at_one_and_the_same_time(self):
        made = [document["runs"][0] for document in self.all_at_once(runs, "run", "nothing", "--live", *time)]
        self.assertEqual({run["outcome"] for run in made}, {"completed"})
        names, count = self.kept()
        self.assertEqual((len({run["run"] for run in made}), count), (runs, runs))
        self.assertLessEqual(set(names), {run["run"] for run in made})

    def test_runs_that_call_others(self):
        number = min(runs, 40)
        self.all_at_once(number, "run", "calls", "--live", *time)
        names, count = self.kept()
        self.assertEqual((len(set(names)), count), (2 * number, 2 * number))

    def test_plans_that_are_applied(self):
        number = min(runs, 40)
        self.all_at_once(number, "plan", "nothing", *time, "--out", "plan-{}.json")
        plans = [json.loads((self.project.folder / f"plan-{which}.json").read_text())["runs"][0]["run"] for which in range(number)]
        self.assertEqual(len(set(plans)), number)
        self.all_at_once(number, "apply", "plan-{}.json")
        self.assertEqual(self.kept(), (sorted(plans), number))


if __name__ == "__main__":
    main()
