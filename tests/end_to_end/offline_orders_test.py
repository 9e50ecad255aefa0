"""What people tell runs and workflows while no service has the store, and at the moment at which one comes."""
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import threading
import unittest
import urllib.parse

from project import main, program
from served import Paths, Served, ServedTest, post, signed
from service import wait_until

APPROVAL = "  - id: ok\n    approve: Go on?\n"
PARALLEL = "concurrency: parallel\n"


class Command:
    """The program at work, which can be held."""

    def __init__(self, folder, *arguments):
        self.process = subprocess.Popen([program, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def hold(self):
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def result(self):
        """Its exit code, and all that it said."""
        said = "".join(self.process.communicate(timeout=120))
        return self.process.returncode, said


class OfflineOrders(ServedTest):
    @contextlib.contextmanager
    def turn(self):
        """As long as this is somebody's turn to write into the store, nobody else's comes: what they read before is read."""
        with open(self.service.folder / "state" / "millrace.db-turn", "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield str(os.fstat(file.fileno()).st_ino)

    def wait_for_turn(self, turn, *processes):
        """Until each of the processes waits for it."""
        waiting = set()
        for process in processes:
            wait_until(lambda: self.waits(turn, process.pid) or process.poll() is not None, 60, "the wait for a turn")
            self.assertIsNone(process.poll(), "it ended before its turn")
            waiting.add(process.pid)
        self.assertEqual(len(waiting), len(processes))

    @staticmethod
    def waits(turn, pid):
        lines = [line.split() for line in pathlib.Path("/proc/locks").read_text().splitlines()]
        return any(words[1] == "->" and words[5] == str(pid) and words[6].endswith(":" + turn) for words in lines)

    def command(self, *arguments):
        command = Command(self.service.folder, *arguments)
        self.addCleanup(command.close)
        return command

    def at_one_moment(self, *orders):
        """Each is given when no service is there, and has seen what it can see before any is written; gives the results."""
        with self.turn() as turn:
            commands = [self.command(*order) for order in orders]
            self.wait_for_turn(turn, *(command.process for command in commands))
        return [command.result() for command in commands]

    def given(self, name, outcome, number=1):
        """So many runs of a workflow when they have come to an outcome."""
        runs = [self.service.delivered(name, {"n": n})["runs"][0] for n in range(number)]
        for run in runs:
            self.service.reached(run, outcome)
        return runs

    def runs_to_order(self):
        """Runs to call off, to approve, to reject, to try again, to try again with all others of "several", and to resolve."""
        self.service.flow("asks", APPROVAL + post("/yes", "yes"), more=PARALLEL)
        for name in ("fails", "several"):
            self.service.flow(name, post("/bad", "bad"), more=PARALLEL)
        self.service.flow("lost", post("/lost", "lost"), more=PARALLEL)
        self.far.answers["/bad"] = [400]
        self.service.start()
        asks = self.given("asks", "waiting", 3)
        fails = [*self.given("fails", "failed"), *self.given("several", "failed")]
        self.far.drop = True
        lost = self.given("lost", "parked")
        self.far.drop = False
        self.far.answers["/bad"] = [200]
        return [*asks, *fails, *lost]

    def order_to_one_that_starts(self):
        """A run, and an order for it that waits for the service: that has the store, and is held before it answers."""
        self.service.flow("asks", APPROVAL, more=PARALLEL)
        self.service.start()
        run, = self.given("asks", "waiting")
        self.service.stop()
        with self.turn() as turn:
            self.service.process = self.service.launch()
            self.wait_for_turn(turn, self.service.process)
            self.service.process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self.service.process.pid, os.WSTOPPED)
        order = self.command("runs", "cancel", run)
        self.assertIn("a service", order.process.stderr.readline())
        return run, order

    def test_an_order_given_while_a_service_starts_is_carried_out_by_it(self):
        self.service.flow("quiet")
        off, yes, no, failed, several, lost = self.runs_to_order()
        self.service.stop()
        with self.turn() as turn:
            orders = [self.command(*order) for order in (
                ("runs", "cancel", off), ("approve", yes), ("approve", no, "--no"), ("runs", "retry", failed), ("runs", "resolve", lost, "--happened"),
                ("runs", "retry", "--outcome", "failed", "--workflow", "several"), ("pause", "quiet"))]
            self.wait_for_turn(turn, *(order.process for order in orders))
            for order in orders:
                order.hold()
        self.service.start()  # and has read all of its store
        for order in orders:
            order.go_on()
            code, said = order.result()
            self.assertEqual((code, "no service" in said), (0, False), said)
        self.assertEqual(self.service.reached(off, "cancelled")["outcome"], "cancelled")
        for run in (yes, failed, several, lost):
            self.assertEqual(self.service.reached(run, "completed")["outcome"], "completed")
        self.assertEqual(self.service.reached(no, "failed")["outcome"], "failed")
        left_out = self.service.delivered("quiet", {})["runs"][0]
        self.assertEqual(self.service.run(left_out)["outcome"], "skipped")
        self.assertEqual((len(self.far.requests("/yes")), len(self.far.requests("/bad")), len(self.far.requests("/lost"))), (1, 4, 1))

    def test_an_order_waits_for_a_service_that_has_the_store_and_does_not_answer_yet(self):
        run, order = self.order_to_one_that_starts()
        self.assertIsNone(order.process.poll())
        self.service.process.send_signal(signal.SIGCONT)
        self.assertEqual(order.result()[0], 0)
        self.service.url = json.loads((self.service.folder / "state" / "service.json").read_text())["url"]
        self.assertEqual(self.service.reached(run, "cancelled")["outcome"], "cancelled")

    def test_an_order_is_written_down_when_the_service_that_was_starting_has_died(self):
        run, order = self.order_to_one_that_starts()
        self.service.kill()
        code, said = order.result()
        self.assertEqual(code, 0, said)
        self.assertIn("no service is running", said)
        self.service.start()
        self.assertEqual(self.service.reached(run, "cancelled")["outcome"], "cancelled")

    def test_an_order_after_a_service_was_killed_is_written_down(self):
        self.service.flow("asks", APPROVAL, more=PARALLEL)
        self.service.start()
        run, = self.given("asks", "waiting")
        self.service.kill()
        said = self.service.millrace("runs", "cancel", run)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.service.start()
        self.assertEqual(self.service.reached(run, "cancelled")["outcome"], "cancelled")

    def leave_behind(self, url):
        """The file of a service that is no more, whose number a living process has got since."""
        about = {"url": url, "listen": urllib.parse.urlsplit(url).netloc, "port": urllib.parse.urlsplit(url).port, "pid": os.getpid()}
        state = self.service.folder / "state"
        seal = signed((state / "api-token").read_text().strip(), "".join(json.dumps(each) + "\n" for each in about.values()).encode(), hashlib.sha256)
        (state / "service.json").write_text(json.dumps({**about, "seal": seal.hexdigest()}))

    def test_an_order_beside_the_file_of_a_service_that_is_no_more_is_written_down(self):
        self.service.flow("asks", APPROVAL, more=PARALLEL)
        for there in ("nobody", "another program"):
            with self.subTest(f"at its address is {there}"):
                self.service.start()
                run, = self.given("asks", "waiting")
                url = self.service.url
                self.service.kill()
                self.far.answers[f"/api/v1/runs/{run}/cancel"] = [404]
                self.leave_behind(url if there == "nobody" else self.far.url)
                said = self.service.millrace("runs", "cancel", run)
                self.assertEqual(said.returncode, 0, said.stderr)
                self.assertIn("no service is running", said.stdout)
                self.service.start()
                self.assertEqual(self.service.reached(run, "cancelled")["outcome"], "cancelled")
                self.service.stop()

    def test_an_order_to_a_store_that_the_service_of_another_project_has_says_where_to_give_it(self):
        self.service.flow("asks", APPROVAL, more=PARALLEL)
        self.service.start()
        run, = self.given("asks", "waiting")
        other = Served(self.far.url)
        self.addCleanup(other.close)
        other.write("millrace.yaml", f"version: 1\nstore: sqlite:{self.service.folder / 'state' / 'millrace.db'}\n")
        said = other.millrace("runs", "cancel", run)
        self.assertEqual(said.returncode, 3, said.stderr)
        folder = os.path.realpath(self.service.folder)
        self.assertIn(f"the service of the project in {folder} (process {self.service.process.pid}) has this project's store", said.stderr)
        self.assertIn(f"-C {folder}", said.stderr)
        self.assertEqual(self.service.run(run)["outcome"], "waiting")

    def test_of_two_orders_at_one_moment_the_second_is_told_what_the_first_made_of_the_run(self):
        off, yes, _, failed, _, lost = self.runs_to_order()
        self.service.stop()
        for told, *orders in (("called off", ("runs", "cancel", off), ("runs", "cancel", off)),
                              ("does not wait for an approval", ("approve", yes), ("approve", yes, "--no")),
                              ("has not ended", ("runs", "retry", failed, "--from", "bad"), ("runs", "retry", failed, "--from", "bad")),
                              ("is unsure", ("runs", "resolve", lost, "--happened"), ("runs", "resolve", lost, "--did-not-happen"))):
            with self.subTest(told):
                results = sorted(self.at_one_moment(*orders))
                self.assertEqual([code for code, _ in results], [0, 1], results)
                self.assertIn(told, results[1][1])
        self.service.start()
        self.service.reached(off, "cancelled")
        for run in (yes, failed, lost):
            wait_until(lambda: self.service.run(run)["outcome"] in ("completed", "failed"), what="the end")
        self.assertEqual(len(self.far.requests("/bad")), 3)

    def test_a_run_is_called_off_once_without_a_service_as_with_one(self):
        self.service.flow("asks", APPROVAL, more=PARALLEL)
        self.service.start()
        run, with_one = self.given("asks", "waiting", 2)
        self.assertEqual([self.service.millrace("runs", "cancel", with_one).returncode for _ in range(2)], [0, 1])
        self.service.stop()
        for _ in range(2):
            said = self.service.millrace("runs", "cancel", run)
        self.assertEqual(said.returncode, 1, said.stdout)
        self.assertIn("the run has been called off", said.stderr)
        self.service.start()
        self.assertEqual(self.service.reached(run, "cancelled")["outcome"], "cancelled")


class Held(Paths):
    """A far side that answers when it is let."""

    def __init__(self):
        self.answers_now = threading.Event()
        super().__init__()

    @property
    def status(self):
        self.answers_now.wait(300)
        return super().status

    @status.setter
    def status(self, status):
        pass


class OfCommands(unittest.TestCase):
    """Orders for runs that a command carries out."""

    def order_while_it_runs(self, *served):
        far = Held()
        self.addCleanup(far.close)
        self.addCleanup(far.answers_now.set)
        service = Served(far.url)
        self.addCleanup(service.close)
        service.flow("two", post("/one", "one") + post("/two", "two"))
        if served:
            service.start()
        run = Command(service.folder, "run", "two", "--live")
        self.addCleanup(run.close)
        wait_until(lambda: far.requests("/one"), what="the first write")
        id = service.json("runs", "list")["runs"][0]["id"]
        said = service.millrace("runs", "cancel", id)
        self.assertEqual(said.returncode, 0, said.stderr)
        far.answers_now.set()
        code, said = run.result()
        self.assertEqual(code, 1, said)
        self.assertIn("not this command's any more", said)
        if not served:
            service.start()
        ended = service.ended(id)
        self.assertEqual(ended["outcome"], "cancelled")
        self.assertIn("not known whether it happened", ended["note"])
        self.assertEqual([seen.path for seen in far.requests()], ["/one"])

    def test_a_run_of_a_command_that_is_called_off_writes_nothing_more(self):
        self.order_while_it_runs()

    def test_doctor_names_a_run_from_the_moment_at_which_its_command_is_gone(self):
        far = Held()
        self.addCleanup(far.close)
        self.addCleanup(far.answers_now.set)
        service = Served(far.url)
        self.addCleanup(service.close)
        service.flow("acts", post("/one", "one"))
        service.flow("rests", "  - wait: 1h\n")
        commands = {}
        for name, outcome in (("acts", "running"), ("rests", "waiting")):
            command = Command(service.folder, "run", name, "--live")
            self.addCleanup(command.close)
            wait_until(lambda: [run for run in service.json("runs", "list", "--workflow", name)["runs"] if run["outcome"] == outcome], what=f"{name} {outcome}")
            commands[service.json("runs", "list", "--workflow", name)["runs"][0]["id"]] = command
        told = service.millrace("doctor")
        self.assertFalse([run for run in commands if run in told.stdout], told.stdout)
        for run, command in commands.items():
            command.process.kill()
            command.process.wait()
            told = service.millrace("doctor")
            self.assertEqual(told.returncode, 1)
            self.assertRegex(told.stdout, f'error: run {run} .* has not ended, and the program that carried it out is gone: "millrace runs cancel {run}"')
            self.assertEqual(service.millrace("runs", "cancel", run).returncode, 0)
            self.assertNotIn(run, service.millrace("doctor").stdout)

    def test_doctor_leaves_a_run_alone_that_waits_for_an_answer_and_names_it_when_no_answer_can_be_given_any_more(self):
        service = Served("http://127.0.0.1:9")
        self.addCleanup(service.close)
        service.flow("asks", APPROVAL)
        service.flow("asks_soon", "  - approve: {message: 'Go on?', expires: 3s}\n")
        for name in ("asks", "asks_soon"):
            self.assertEqual(service.millrace("run", name, "--live").returncode, 4)
        told = service.millrace("doctor")
        self.assertEqual(told.returncode, 0, told.stdout)
        late = service.json("runs", "list", "--workflow", "asks_soon")["runs"][0]["id"]
        self.assertIn(late, wait_until(lambda: next((told.stdout for told in [service.millrace("doctor")] if told.returncode), None), what="the end of the time to answer"))
        self.assertEqual(service.millrace("runs", "cancel", late).returncode, 0)
        service.start()
        service.reached(late, "cancelled")
        told = service.millrace("doctor")
        self.assertEqual(told.returncode, 0, told.stdout)
        asked = service.json("runs", "list", "--workflow", "asks")["runs"][0]["id"]
        self.assertEqual(service.millrace("approve", asked).returncode, 0)
        service.reached(asked, "completed")

    def test_a_run_of_a_command_that_is_called_off_in_the_service_writes_nothing_more(self):
        self.order_while_it_runs("by a service")


if __name__ == "__main__":
    main()
