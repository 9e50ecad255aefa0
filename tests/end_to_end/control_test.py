"""Which runs of `millrace serve` take their turn, and what people tell runs and workflows."""
import pathlib
import time

from project import main
from served import POSTS, ServedTest, moment, post
from service import wait_until

class Turns(ServedTest):
    def test_p6_runs_of_one_key_go_one_at_a_time_in_the_order_of_acceptance(self):
        self.service.flow("lane", post("/work", "work").replace("n: 1", "key: \"${{ event.key }}\", n: \"${{ event.n }}\""), more="concurrency: {queued: {key: event.key}}\n")
        self.far.delay = 0.05
        self.service.start()
        for n in range(24):
            self.service.delivered("lane", {"key": "abc"[n % 3], "n": n})
        runs = [self.service.run(run["id"]) for run in self.service.count("lane", 24)]
        for key in "abc":
            mine = [run for run in runs if run["payload"]["key"] == key]
            for one, next_one in zip(mine, mine[1:]):
                self.assertLessEqual(moment(one["ended"]), moment(next_one["started"]) + 0.001)
            self.assertEqual([seen.body["n"] for seen in self.far.seen if seen.body["key"] == key], sorted(run["payload"]["n"] for run in mine))
        overlapping = any(moment(one["started"]) < moment(other["ended"]) and moment(other["started"]) < moment(one["ended"])
                          for one in runs for other in runs if one["payload"]["key"] != other["payload"]["key"])
        self.assertTrue(overlapping, "different keys wait for each other")

    def test_p6_the_order_survives_a_crash(self):
        self.service.flow("line", post("/work", "work").replace("n: 1", "n: \"${{ event.n }}\"").replace("connection: web", "connection: web\n    if_unsure: try_again"))
        self.far.delay = 0.1
        self.service.start()
        for n in range(10):
            self.service.delivered("line", {"n": n})
        wait_until(lambda: len(self.far.seen) >= 3, what="some work")
        self.service.kill()
        self.service.start()
        self.service.count("line", 10)
        order = [seen.body["n"] for seen in self.far.seen]
        self.assertEqual(sorted(set(order)), list(range(10)))
        self.assertEqual(order, sorted(order))

    def test_p3_skip_if_running_leaves_a_record_of_what_it_skipped(self):
        self.service.flow("one", "  - wait: 700ms\n", more="concurrency: skip_if_running\n")
        self.service.start()
        first = self.service.delivered("one", {"n": 1})["runs"][0]
        second = self.service.delivered("one", {"n": 2})["runs"][0]
        self.assertEqual(self.service.run(second)["outcome"], "skipped")
        self.assertIn("skip_if_running", self.service.run(second)["note"])
        self.assertEqual(self.service.ended(first)["outcome"], "completed")
        third = self.service.delivered("one", {"n": 3})["runs"][0]
        self.assertEqual(self.service.ended(third)["outcome"], "completed")

    def test_parallel_runs_go_beside_each_other(self):
        self.service.flow("many", "  - wait: 1s\n", more="concurrency: parallel\n")
        self.service.start()
        began = time.monotonic()
        for n in range(8):
            self.service.delivered("many", {"n": n})
        self.service.count("many", 8)
        self.assertLess(time.monotonic() - began, 6)


class Pausing(ServedTest):
    def test_resume_says_what_keeps_a_workflow_from_going_on_all_the_same_and_what_ends_that(self):
        self.service.flow("a")
        self.service.flow("b")
        self.service.flow("held", mode="paused")
        self.service.start()
        for with_service in (True, False):
            if not with_service:
                self.service.stop()
            resumed = lambda *what: self.service.millrace("resume", *what).stdout
            self.service.millrace("pause", "--all")
            self.service.millrace("pause", "b")
            self.assertIn('a is resumed, and stays paused until "millrace resume --all", because everything is paused', resumed("a"))
            self.assertIn("everything goes on, but for what is paused by its name: b", resumed("--all"))
            self.assertIn("held is resumed, and stays paused for as long as its file says mode: paused", resumed("held"))
            self.assertIn("b goes on", resumed("b"))
            self.assertTrue(resumed("--all").startswith("everything goes on"))

    def test_a_paused_workflow_starts_nothing_until_resumed_also_over_a_restart_and_says_who(self):
        self.service.flow("a")
        self.service.flow("b")
        self.service.start()
        self.assertEqual(self.service.millrace("pause", "a").returncode, 0)
        self.service.kill()
        self.service.start()
        left_out = self.service.delivered("a", {})["runs"][0]
        self.assertEqual((self.service.run(left_out)["outcome"], self.service.run(left_out)["note"]), ("skipped", "the workflow was paused"))
        self.assertEqual(self.service.ended(self.service.delivered("b", {})["runs"][0])["outcome"], "completed")
        a = next(each for each in self.service.get("workflows")["workflows"] if each["id"] == "a")
        self.assertTrue(a["paused"] and a["paused_by"] and a["paused_since"])
        self.assertIn("paused by hand", " ".join(self.service.reasons("a")))
        self.assertEqual(self.service.millrace("resume", "a").returncode, 0)
        self.assertEqual(self.service.ended(self.service.delivered("a", {})["runs"][0])["outcome"], "completed")
        self.assertEqual([(line["what"], line["about"]) for line in self.service.get("audit")["audit"]][:2], [("resume", "a"), ("pause", "a")])
        self.assertEqual(self.service.millrace("pause", "nobody").returncode, 1)

    def test_everything_paused_offline_stays_so_and_queued_and_waiting_runs_go_on_when_resumed(self):
        self.service.flow("line", "  - wait: 6s\n" + post("/after", "after"))
        self.service.start()
        runs = [self.service.delivered("line", {"n": n})["runs"][0] for n in range(2)]
        due = moment(self.service.reached(runs[0], "waiting")["waits_until"])
        self.service.stop()
        said = self.service.millrace("pause", "--all")
        self.assertEqual(said.returncode, 0, said.stderr)
        self.service.start()
        wait_until(lambda: time.time() > due + 1, what="the time of the wait")
        self.assertEqual({run["outcome"] for run in self.service.runs()} & {"completed", "failed"}, set())
        self.assertEqual(self.far.seen, [])
        before = self.processor_time()
        time.sleep(1)  # what is measured
        self.assertLess(self.processor_time() - before, 0.3, "a paused service keeps a processor busy")
        self.assertEqual(self.service.millrace("resume", "--all").returncode, 0)
        for run in runs:
            self.assertEqual(self.service.ended(run, 30)["outcome"], "completed")

    def processor_time(self):
        fields = pathlib.Path(f"/proc/{self.service.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def test_p10_a_dry_run_in_the_service_changes_nothing_outside_and_says_what_it_would_do(self):
        self.service.flow("dry", POSTS + "  - action: files.write\n    with: {file: out.txt, text: hello}\n", mode="dry_run")
        self.service.start()
        run = self.service.ended(self.service.delivered("dry", {})["runs"][0])
        self.assertEqual((run["outcome"], run["mode"]), ("completed", "dry_run"), run)
        self.assertEqual([(change["effect"]) for change in run["change_list"]][:1], ["update"])
        self.assertEqual(self.far.seen, [])
        self.assertFalse((self.service.folder / "output" / "out.txt").exists())
        self.assertIn("dry_run", " ".join(self.service.reasons("dry")))

    def test_a_workflow_that_is_silent_for_too_long_raises_an_alarm_until_it_runs(self):
        self.service.flow("beat", more="alert_if_no_run_for: 1s\n")
        self.service.start()
        alarm = wait_until(lambda: next((each for each in self.service.get("status")["alarms"] if "beat" in each["about"]), None), what="the alarm")
        self.assertIn("1s", alarm["message"])
        doctor = self.service.millrace("doctor")
        self.assertIn("beat", doctor.stdout + doctor.stderr)
        self.service.flow("beat", more="alert_if_no_run_for: 1h\n")
        self.service.api("POST", "reload")
        self.service.delivered("beat", {})
        wait_until(lambda: not self.service.get("status")["alarms"], what="the all-clear")

    def test_a_run_is_called_off_while_it_waits_while_it_works_and_in_the_queue(self):
        self.service.flow("line", "  - approve: Go on?\n" + post("/go", "go"))
        self.service.flow("works", post("/slow", "slow", "    if_unsure: try_again\n"))
        self.far.delay = 20
        self.service.start()
        waiting = self.service.delivered("line", {})["runs"][0]
        queued = self.service.delivered("line", {})["runs"][0]
        last = self.service.delivered("line", {})["runs"][0]
        self.service.reached(waiting, "waiting")
        self.assertIn("queued", self.service.millrace("runs", "list").stdout)
        self.assertEqual(self.service.millrace("runs", "cancel", queued).returncode, 0)
        self.assertEqual(self.service.ended(queued)["outcome"], "cancelled")
        self.assertEqual(self.service.millrace("runs", "cancel", waiting).returncode, 0)
        self.assertEqual(self.service.ended(waiting)["outcome"], "cancelled")
        self.service.reached(last, "waiting")
        works = self.service.delivered("works", {})["runs"][0]
        wait_until(lambda: self.far.requests("/slow"), what="the work")
        self.assertEqual(self.service.millrace("runs", "cancel", works).returncode, 0)
        self.assertEqual(self.service.ended(works)["outcome"], "cancelled")
        self.assertEqual(self.service.millrace("runs", "cancel", works).returncode, 1)
        self.assertEqual(self.far.requests("/go"), [])
        told = self.service.millrace("runs", "show", queued)
        self.assertIn("called off by", told.stdout)


if __name__ == "__main__":
    main()
