"""Runs at the terminal that call others: what of them goes on in the service."""
import unittest

from project import main
from served import Paths, Served, post


class Far(Paths):
    """Requests for a path of `lost` are not answered, those for one of `slow` late."""

    def __init__(self):
        self.lost, self.slow = set(), {}
        super().__init__()

    @property
    def drop(self):
        return self.seen[-1].path in self.lost

    @drop.setter
    def drop(self, drop):
        pass

    @property
    def delay(self):
        return self.slow.get(self.seen[-1].path, 0)

    @delay.setter
    def delay(self, delay):
        pass


def call(name, more=""):
    return f"  - id: asked\n    call: {name}\n    with: {{n: 1}}\n{more}"


class TerminalCalls(unittest.TestCase):
    def setUp(self):
        self.far = Far()
        self.addCleanup(self.far.close)
        self.service = Served(self.far.url)
        self.addCleanup(self.service.close)

    def arrived(self):
        """How often each path was asked for."""
        return {path: len(self.far.requests(path)) for path in sorted({seen.path for seen in self.far.requests()})}

    def only(self, workflow):
        runs = self.service.json("runs", "list", "--workflow", workflow)["runs"]
        self.assertEqual(len(runs), 1, runs)
        return runs[0]

    def ordered(self, *order):
        done = self.service.millrace(*order)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_caller_that_is_tried_again_in_the_service_finds_the_run_that_it_called_at_the_terminal(self):
        low = post("/told", "told") + post("/behind", "behind")
        loop = "  - for_each: [1]\n    do:\n      - call: low\n        with: {n: 1}\n"
        cases = {"plain": (call("low"), ""), "loop": (loop, ""), "middle": (call("between"), "")}
        for number, (name, (calls, more)) in enumerate(cases.items()):
            with self.subTest(name):
                self.service.flow("low", low.replace("/told", f"/told-{name}").replace("/behind", f"/behind-{name}"))
                self.service.flow("between", call("low") + post(f"/between-{name}", "between"))
                self.service.flow(name, calls + post(f"/top-{name}", "top"), more=more)
                self.far.lost = {f"/told-{name}"}
                self.assertEqual(self.service.millrace("run", name, "--live").returncode, 1)
                self.far.lost = set()
                if number == 0:
                    self.service.start()
                called = self.service.json("runs", "list", "--workflow", "low")["runs"][0]["id"]
                self.ordered("runs", "resolve", called, "--happened")
                self.service.reached(called, "completed")
                if name == "middle":
                    self.ordered("runs", "retry", self.only("between")["id"])
                    self.service.reached(self.only("between")["id"], "completed")
                self.ordered("runs", "retry", self.only(name)["id"])
                self.service.reached(self.only(name)["id"], "completed")
                counted = {path: count for path, count in self.arrived().items() if path.endswith(name)}
                self.assertEqual(set(counted.values()), {1}, counted)
                self.assertEqual(len(self.service.runs("low")), number + 1)

    def test_a_call_that_is_tried_again_at_the_terminal_is_a_run_of_its_own_each_time_and_the_service_finds_the_last(self):
        self.far.answers["/told"] = [500, 500, 500, 200]
        self.service.flow("low", post("/told", "told"))
        self.service.flow("top", call("low", "    retry: {attempts: 3, delay: 10ms}\n"))
        self.assertEqual(self.service.millrace("run", "top", "--live").returncode, 1)
        called = self.service.json("runs", "list", "--workflow", "low")["runs"]
        self.assertEqual([run["outcome"] for run in called], ["failed"] * 3)
        self.service.start()
        self.ordered("runs", "retry", called[0]["id"])
        self.service.reached(called[0]["id"], "completed")
        self.ordered("runs", "retry", self.only("top")["id"])
        self.service.reached(self.only("top")["id"], "completed")
        self.assertEqual(self.arrived(), {"/told": 4})


if __name__ == "__main__":
    main()
