"""Runs at the terminal that call others: what of them goes on in the service."""
import signal
import subprocess
import unittest

from project import main, program
from served import Paths, Served, post
from service import wait_until


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

    def test_a_group_that_is_tried_again_calls_once_more_only_where_it_asks_for_something_else(self):
        def at_terminal(name):
            self.ordered("run", name, "--live")

        def in_service(name):
            run = self.service.delivered(name, {})["runs"][0]
            self.assertEqual(self.service.ended(run)["outcome"], "completed")

        self.service.flow("low", post("/told", "told"))
        for place, carry_out in (("terminal", at_terminal), ("service", in_service)):
            for n, calls in (("7", 1), ('"${{ vars.turn }}"', 3)):
                with self.subTest(f"{place}, {n}"):
                    name = f"{place}_{calls}"
                    self.far.answers[f"/close-{name}"] = [500, 500, 200]
                    close = "".join("    " + line + "\n" for line in post(f"/close-{name}", "close").splitlines())
                    group = '  - do:\n      - set: {turn: "${{ vars.turn + 1 }}"}\n' + f"      - call: low\n        with: {{n: {n}}}\n" + close
                    self.service.flow(name, group + "    retry: {attempts: 3, delay: 10ms}\n", more="vars: {turn: 0}\n")
                    before = len(self.far.requests("/told"))
                    if place == "service":
                        self.service.start()
                    carry_out(name)
                    if place == "service":
                        self.service.stop()
                    self.assertEqual(len(self.far.requests(f"/close-{name}")), 3)
                    self.assertEqual(len(self.far.requests("/told")) - before, calls)

    def outcomes(self):
        """Of the newest run of each workflow."""
        runs = self.service.json("runs", "list")["runs"]
        return {run["workflow"]: run["outcome"] for run in reversed(runs)}

    def test_a_call_that_is_called_off_at_its_timeout_ends_what_it_called_and_tells_the_write_that_may_have_happened(self):
        self.far.slow = {"/slow": 20}
        timeout = "timeout: 700ms\n    on_error: continue\n"
        self.service.flow("low", post("/slow", "slow") + post("/behind", "behind"))
        self.service.flow("between", call("low"))
        group = "  - do:\n      - {call: low, with: {n: 1}}\n    " + timeout
        cases = {"of_call": (call("low", "    " + timeout), ["low"]), "of_group": (group, ["low"]), "of_two": (call("between", "    " + timeout), ["between", "low"])}
        for number, (name, (calls, called)) in enumerate(cases.items(), 1):
            with self.subTest(name):
                self.service.flow(name, calls + post("/top", "top"))
                done = self.service.millrace("run", name, "--live")
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn("not known", done.stderr)
                self.assertEqual(self.outcomes(), {**self.outcomes(), name: "parked", **{each: "cancelled" for each in called}})
                self.assertEqual(self.service.millrace("doctor").returncode, 0)
                self.ordered("runs", "resolve", self.only(name)["id"], "--happened")
                self.service.start()
                self.service.reached(self.only(name)["id"], "completed")
                self.service.stop()
                self.assertEqual(self.arrived(), {"/slow": number, "/top": number})

    def test_a_call_whose_time_is_over_ends_a_called_run_that_only_waits_and_its_caller_goes_on(self):
        self.service.flow("low", "  - wait: 1h\n")
        self.service.flow("top", call("low", "    timeout: 300ms\n    on_error: continue\n") + post("/top", "top"))
        done = self.service.millrace("run", "top", "--live")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("not done within 300ms", done.stdout)
        self.assertEqual(self.outcomes(), {"top": "completed", "low": "cancelled"})

    def test_a_run_that_is_called_off_at_the_terminal_takes_all_that_it_called_with_it(self):
        self.far.slow = {"/slow": 20}
        self.service.flow("low", post("/slow", "slow"))
        self.service.flow("between", call("low"))
        self.service.flow("top", call("between") + post("/top", "top"))
        for number, by in enumerate((signal.SIGINT, signal.SIGTERM), 1):
            with self.subTest(by):
                command = subprocess.Popen([program, "run", "top", "--live"], cwd=self.service.folder, stdin=subprocess.DEVNULL,
                                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                wait_until(lambda: len(self.far.requests("/slow")) == number, what="the slow request")
                command.send_signal(by)
                said = command.communicate(timeout=60)[0]
                self.assertEqual(command.returncode, 128 + by, said)
                self.assertIn("called off by hand", said)
                self.assertIn("not known", said)
                self.assertEqual(self.outcomes(), {"top": "cancelled", "between": "cancelled", "low": "cancelled"})
                self.assertEqual(self.service.millrace("doctor").returncode, 0)

    def asks(self):
        """Three workflows that call one another; the last one asks."""
        self.service.flow("low", "  - id: ok\n    approve: Go on?\n" + post("/low", "low"))
        self.service.flow("between", call("low") + post("/between", "between"))
        self.service.flow("top", post("/first", "first") + call("between") + post("/top", "top"))

    def left(self, *command):
        """The run that a command which leaves its own to the service says to approve."""
        done = self.service.millrace(*command)
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        low = self.only("low")["id"]
        self.assertIn(f"millrace approve {low}", done.stdout)
        self.assertEqual(self.outcomes(), {"top": "waiting", "between": "waiting", "low": "waiting"})
        self.assertEqual(self.service.millrace("doctor").returncode, 0)
        self.assertIn(f"millrace approve {low}", self.service.millrace("why", "top").stdout)
        return low

    def completed(self):
        for workflow in ("low", "between", "top"):
            self.service.reached(self.only(workflow)["id"], "completed")
        self.assertEqual(self.arrived(), {"/first": 1, "/low": 1, "/between": 1, "/top": 1})

    def test_a_run_whose_called_run_asks_exits_4_and_goes_on_in_the_service_when_that_is_approved(self):
        self.asks()
        self.service.start()
        self.ordered("approve", self.left("run", "top", "--live"))
        self.completed()
        self.assertEqual(self.service.millrace("doctor").returncode, 0)

    def test_an_answer_to_a_called_run_that_is_given_while_no_service_runs_takes_its_callers_with_it_in_the_next(self):
        self.asks()
        self.ordered("approve", self.left("run", "top", "--live"))
        self.service.start()
        self.completed()

    def test_apply_exits_4_where_a_called_run_asks_and_its_plan_holds_in_the_service(self):
        self.asks()
        self.assertEqual(self.service.millrace("plan", "top", "--out", "top.plan").returncode, 0)
        self.service.start()
        self.ordered("approve", self.left("apply", "top.plan"))
        self.completed()

    def test_a_refusal_in_a_called_run_fails_its_callers(self):
        self.asks()
        low = self.left("run", "top", "--live")
        self.service.start()
        self.ordered("approve", low, "--no")
        for workflow in ("low", "between", "top"):
            self.service.reached(self.only(workflow)["id"], "failed")
        self.assertEqual(self.arrived(), {"/first": 1})

    def test_a_caller_that_has_something_else_to_do_first_is_taken_over_when_its_command_has_left_it(self):
        self.far.slow = {"/slow": 3}
        self.asks()
        slow = "      - - action: http.request\n          connection: web\n          with: {method: POST, url: /slow, body: {n: 1}}\n"
        self.service.flow("top", "  - parallel:\n      - - call: low\n          with: {n: 1}\n" + slow + post("/top", "top"))
        self.service.start()
        command = subprocess.Popen([program, "run", "top", "--live"], cwd=self.service.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(command.kill)
        wait_until(lambda: self.outcomes().get("low") == "waiting", what="the question")
        self.ordered("approve", self.only("low")["id"])
        self.service.reached(self.only("low")["id"], "completed")
        self.assertEqual(command.wait(60), 4)
        self.service.reached(self.only("top")["id"], "completed")
        self.assertEqual(self.arrived(), {"/low": 1, "/slow": 1, "/top": 1})

    def test_a_caller_that_is_tried_again_goes_on_with_what_it_called_where_the_command_was_killed(self):
        self.service.flow("low", post("/first", "first") + "  - wait: 3s\n")
        self.service.flow("top", call("low") + post("/top", "top"))
        command = subprocess.Popen([program, "run", "top", "--live"], cwd=self.service.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.outcomes().get("low") == "waiting", what="the wait")
        command.kill()
        command.wait()
        self.service.start()
        self.ordered("runs", "cancel", self.only("top")["id"])
        self.service.reached(self.only("top")["id"], "cancelled")
        self.ordered("runs", "retry", self.only("top")["id"])
        for workflow in ("low", "top"):
            self.service.reached(self.only(workflow)["id"], "completed")
        self.assertEqual(self.arrived(), {"/first": 1, "/top": 1})


if __name__ == "__main__":
    main()
