"""What people tell runs and workflows of `millrace serve`, what steps that wait do, and what can be told afterwards."""
import concurrent.futures
import datetime
import json
import pathlib
import signal
import time

from project import main
from served import ServedSandboxTest, ServedTest, POSTS
from service import ask, wait_until

KEPT = "  - id: kept\n    set: {n: \"${{ event.n }}\"}\n"


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def post(path, id, more=""):
    return f"  - id: {id}\n    action: http.request\n    connection: web\n    with: {{method: POST, url: {path}, body: {{n: 1}}}}\n{more}"


class Waiting(ServedTest):
    def test_p7_a_short_wait_is_never_early(self):
        self.service.flow("wait", "  - id: a\n    wait: 1200ms\n  - id: b\n    wait: {until: \"timestamp(event.until)\"}\n")
        self.service.start()
        until = datetime.datetime.fromtimestamp(time.time() + 2, datetime.timezone.utc).isoformat()
        run = self.service.ended(self.service.delivered("wait", {"until": until})["runs"][0])
        first, second = run["steps"]
        self.assertGreaterEqual(moment(first["ended"]) - moment(first["started"]), 1.199)
        self.assertLess(moment(first["ended"]) - moment(first["started"]), 5)
        self.assertGreaterEqual(moment(second["ended"]), moment(until) - 0.001)

    def test_p7_waits_across_restarts_are_neither_early_nor_lost(self):
        self.service.flow("wait", "  - wait: 7s\n" + post("/after", "after"), more="concurrency: parallel\n")
        self.service.start()
        began = time.time()
        runs = [self.service.delivered("wait", {})["runs"][0] for _ in range(5)]
        for run in runs:
            waiting = self.service.reached(run, "waiting")
            self.assertAlmostEqual(moment(waiting["waits_until"]), began + 7, delta=5)
        self.service.kill()
        self.service.start()
        self.assertEqual(self.far.seen, [])
        self.service.stop()
        self.service.start()
        for run in runs:
            step = self.service.ended(run)["steps"][0]
            self.assertGreaterEqual(moment(step["ended"]) - moment(step["started"]), 7)
        self.assertEqual(len(self.far.requests("/after")), 5)

    def test_a_wait_whose_time_came_during_a_stop_ends_at_the_start(self):
        self.service.flow("wait", "  - wait: 6s\n" + post("/after", "after"))
        self.service.start()
        run = self.service.delivered("wait", {})["runs"][0]
        due = moment(self.service.reached(run, "waiting")["waits_until"])
        self.service.kill()
        wait_until(lambda: time.time() > due + 0.5, what="the time")
        self.assertEqual(self.far.seen, [])
        self.service.start()
        self.assertEqual(self.service.ended(run)["outcome"], "completed")

    def test_a_retry_waits_its_time_across_a_restart_and_keeps_its_number_of_attempts(self):
        self.service.flow("again", "  - id: flaky\n    action: counter.first\n    with: {n: 1}\n    retry: {attempts: 3, delay: 6s, backoff: fixed}\n")
        self.far.answers["/first"] = [409, 200]
        self.service.start()
        run = self.service.delivered("again", {})["runs"][0]
        step = wait_until(lambda: next((step for step in self.service.run(run)["steps"] if step["status"] == "waiting"), None), what="the first failure")
        due = moment(step["waits_until"])
        self.assertEqual(step["attempts"], 1)
        self.service.kill()
        self.service.start()
        ended = self.service.ended(run)
        self.assertEqual((ended["outcome"], ended["steps"][0]["attempts"]), ("completed", 2))
        first, second = self.far.requests("/first")
        self.assertGreaterEqual(second.time + (time.time() - time.monotonic()), due - 0.01)
        self.assertEqual(first.key, second.key)

    def test_a_step_that_takes_longer_than_its_timeout_fails(self):
        self.service.flow("slow", post("/slow", "slow", "    timeout: 1s\n"))
        self.service.flow("group", "  - id: all\n    do:\n      - wait: 1h\n    timeout: 1s\n    on_error: continue\n" + KEPT)
        self.far.delay = 5
        self.service.start()
        run = self.service.ended(self.service.delivered("slow", {})["runs"][0])
        self.assertIn(run["outcome"], ("failed", "parked"))
        run = self.service.ended(self.service.delivered("group", {"n": 1})["runs"][0])
        self.assertEqual(run["outcome"], "completed", run)

    def test_repeat_goes_on_until_its_condition_holds_or_its_limit(self):
        turn = "      - action: http.request\n        connection: web\n        id: asked\n        with: {url: /state, effect: read}\n      - wait: 50ms\n"
        self.service.flow("poll", "  - repeat:\n" + turn + "    until: asked.status == 200\n    max: 5\n")
        self.far.answers["/state"] = [202, 202, 200]
        self.service.start()
        self.assertEqual(self.service.ended(self.service.delivered("poll", {})["runs"][0])["outcome"], "completed")
        self.assertEqual(len(self.far.requests("/state")), 3)
        self.far.answers["/state"] = [202]
        self.service.ended(self.service.delivered("poll", {})["runs"][0])
        self.assertEqual(len(self.far.requests("/state")), 8)


class Approving(ServedTest):
    def setUp(self):
        super().setUp()
        self.service.flow("ask", "  - id: asked\n    approve: \"Delete ${{ event.n }} tags?\"\n" + post("/go", "go") +
                          "  - id: said\n    set: {by: \"${{ asked.by }}\", comment: \"${{ asked.comment }}\"}\n")

    def asked(self, n=3):
        run = self.service.delivered("ask", {"n": n})["runs"][0]
        self.service.reached(run, "waiting")
        return run

    def test_a_run_that_asks_waits_for_a_person_also_over_a_restart_and_goes_on_when_approved(self):
        self.service.start()
        run = self.asked()
        step = self.service.run(run)["steps"][0]
        self.assertEqual(step["waits_for"], "approval")
        self.assertIn("waiting", self.service.millrace("runs", "list").stdout)
        self.assertIn("Delete 3 tags?", self.service.millrace("runs", "show", run).stdout + " ".join(self.service.reasons("ask")))
        self.service.kill()
        self.service.start()
        self.assertEqual(self.service.run(run)["outcome"], "waiting")
        done = self.service.millrace("approve", run, "--comment", "looks right")
        self.assertEqual(done.returncode, 0, done.stderr)
        ended = self.service.ended(run)
        self.assertEqual(ended["outcome"], "completed", ended)
        said = ended["steps"][-1]["output"]
        self.assertEqual(said["comment"], "looks right")
        self.assertTrue(said["by"])
        self.assertEqual(len(self.far.requests("/go")), 1)
        line = next(line for line in self.service.get("audit?about=" + run)["audit"] if line["what"] == "approve")
        self.assertEqual((line["who"], line["detail"]), (said["by"], "looks right"))
        again = self.service.millrace("approve", run)
        self.assertEqual(again.returncode, 1, again.stdout)

    def test_a_refusal_fails_the_run_with_who_and_why(self):
        self.service.start()
        run = self.asked()
        self.assertEqual(self.service.millrace("approve", run, "--no", "--comment", "too many").returncode, 0)
        ended = self.service.ended(run)
        self.assertEqual(ended["outcome"], "failed")
        self.assertIn("did not agree: too many", ended["note"])
        self.assertEqual(self.far.seen, [])

    def test_an_approval_that_nobody_gives_expires(self):
        self.service.flow("expires", "  - approve: {message: May it go on, expires: 1s}\n" + post("/go", "go"))
        self.service.start()
        ended = self.service.ended(self.service.delivered("expires", {})["runs"][0])
        self.assertEqual(ended["outcome"], "failed")
        self.assertIn("nobody has agreed in time", ended["note"])
        self.assertEqual(self.far.seen, [])

    def test_an_approval_given_while_no_service_runs_is_acted_on_by_the_next(self):
        self.service.start()
        run = self.asked()
        self.service.stop()
        said = self.service.millrace("approve", run)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn("no service is running", said.stdout)
        self.assertEqual(self.far.seen, [])
        self.service.start()
        self.assertEqual(self.service.ended(run)["outcome"], "completed")

    def test_many_answers_at_once_are_one_answer(self):
        self.service.start()
        run = self.asked()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            codes = list(pool.map(lambda _: self.service.api("POST", f"runs/{run}/approve", {"yes": True}).status, range(8)))
        self.assertEqual(codes.count(200), 1, codes)
        self.service.ended(run)
        self.assertEqual(len(self.far.requests("/go")), 1)

    def test_a_run_in_the_foreground_that_asks_exits_4_and_goes_on_in_the_service_when_approved(self):
        for served in (False, True):
            if served:
                self.service.start()
            done = self.service.millrace("run", "ask", "--live", "--json", "--event", "-", stdin='{"n": 1}')
            self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
            self.assertEqual(json.loads(done.stdout)["runs"][0]["outcome"], "waiting")
            run = json.loads(done.stdout)["runs"][0]["run"]
            self.assertEqual(self.far.requests("/go"), [])
            self.assertEqual(self.service.millrace("approve", run).returncode, 0)
            if not served:
                self.service.start()
            self.assertEqual(self.service.ended(run)["outcome"], "completed")
            self.assertEqual(len(self.far.requests("/go")), 1)
            self.far.seen.clear()
            self.service.stop()


class Calling(ServedTest):
    def test_a_called_workflow_gives_its_output_and_shows_as_a_run_of_its_own(self):
        self.service.flow("caller", "  - id: sum\n    call: sums\n    with: {a: \"${{ event.n }}\"}\n  - id: told\n    set: {sum: \"${{ sum.sum }}\"}\n")
        self.service.flow("sums", "  - wait: 100ms\n  - set: {sum: \"${{ event.a + 1 }}\"}\n    id: sum\n", "  - manual\n")
        self.service.start()
        run = self.service.ended(self.service.delivered("caller", {"n": 4})["runs"][0])
        self.assertEqual((run["outcome"], run["steps"][-1]["output"]), ("completed", {"sum": 5}), run)
        called = self.service.run(self.service.count("sums", 1)[0]["id"])
        self.assertEqual((called["trigger"], called["payload"]), ("call", {"a": 4}))

    def test_a_call_across_a_restart_finds_the_run_that_it_began(self):
        self.service.flow("caller", "  - call: slow\n" + post("/after", "after"))
        self.service.flow("slow", post("/first", "one") + "  - wait: 6s\n", "  - manual\n")
        self.service.start()
        run = self.service.delivered("caller", {})["runs"][0]
        wait_until(lambda: self.service.runs("slow", "waiting"), what="the called run to wait")
        self.service.kill()
        self.service.start()
        self.assertEqual(self.service.ended(run, 30)["outcome"], "completed")
        self.assertEqual((len(self.far.requests("/first")), len(self.far.requests("/after")), len(self.service.runs("slow"))), (1, 1, 1))

    def test_a_call_that_failed_is_made_anew_by_retry_and_by_runs_retry(self):
        self.service.flow("caller", "  - call: flaky\n    retry: {attempts: 2, delay: 100ms}\n")
        self.service.flow("flaky", "  - id: asked\n    action: http.request\n    connection: web\n    with: {url: /state, effect: read}\n"
                          "  - if: asked.status != 200\n    then:\n      - stop: {outcome: failed, message: not yet}\n", "  - manual\n")
        self.far.answers["/state"] = [202, 202, 202, 200]
        self.service.start()
        run = self.service.delivered("caller", {})["runs"][0]
        ended = self.service.ended(run)
        self.assertEqual(ended["outcome"], "failed")
        self.assertIn("not yet", ended["note"])
        self.assertEqual(len(self.service.runs("flaky")), 2)
        self.assertEqual(self.service.millrace("runs", "retry", run).returncode, 0)
        self.assertEqual(self.service.reached(run, "completed")["outcome"], "completed")
        self.assertEqual(len(self.service.runs("flaky")), 4)

    def test_on_failure_and_always_run_at_the_end_and_see_what_went_wrong(self):
        text = ("version: 1\nmode: live\ntriggers:\n  - webhook: ends\n    verify: public\nactions:\n"
                "  - if: event.fail\n    then:\n      - stop: {outcome: failed, message: as asked}\n"
                "on_failure:\n  - id: told\n    set: {why: \"${{ run.error.message }}\"}\nalways:\n  - id: last\n    set: {at: end}\n")
        self.service.write("workflows/ends.yaml", text)
        self.service.start()
        good = self.service.ended(self.service.delivered("ends", {"fail": False})["runs"][0])
        bad = self.service.ended(self.service.delivered("ends", {"fail": True})["runs"][0])
        self.assertEqual((good["outcome"], [step["id"] for step in good["steps"] if step["id"]]), ("completed", ["last"]))
        self.assertEqual(bad["outcome"], "failed")
        self.assertIn("as asked", next(step for step in bad["steps"] if step["id"] == "told")["output"]["why"])
        self.assertIn("last", [step["id"] for step in bad["steps"]])


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

    def test_p3_the_runs_of_each_event_are_found(self):
        self.service.flow("a", KEPT, "  - webhook: both\n    verify: public\n")
        self.service.flow("b", KEPT, "  - webhook: both\n    verify: public\n", mode="dry_run")
        self.service.flow("c", KEPT, "  - webhook: both\n    verify: public\n", mode="paused")
        self.service.start()
        receipt = self.service.delivered("both", {"n": 1})
        runs = self.service.json("runs", "list", "--event", receipt["event"])["runs"]
        self.assertEqual(sorted(run["id"] for run in runs), sorted(receipt["runs"]))
        self.assertEqual({run["workflow"]: run["outcome"] for run in runs}, {"a": "completed", "b": "completed", "c": "skipped"})
        self.assertEqual({run["workflow"]: run["mode"] for run in runs}["b"], "dry_run")


class Pausing(ServedTest):
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


CLEANED = """  - id: listed
    action: highlevel.location_tags.list
  - approve: Delete some?
  - for_each: listed.tags
    as: tag
    do:
      - action: highlevel.location_tags.delete
        with: {tag_id: "${{ tag.id }}"}
"""


class SafetyAfterAWait(ServedSandboxTest):
    def test_what_was_read_before_an_approval_is_what_max_percent_is_measured_against_after_it(self):
        total = len(self.sandbox.tags())
        self.service.flow("clean", CLEANED, more="locations: [loc_main]\nsafety: {max_changes: 1000, max_percent: 50}\n")
        self.service.start()
        run = self.service.delivered("clean", {})["runs"][0]
        self.service.reached(run, "waiting")
        self.service.kill()
        self.service.start()
        self.assertEqual(self.service.millrace("approve", run).returncode, 0)
        self.assertEqual(self.service.ended(run)["outcome"], "stopped_by_safety")
        self.assertEqual(len(self.sandbox.tags()), total - total // 2)


class LookingBack(ServedTest):
    def test_a_failed_run_is_retried_from_what_failed_or_from_a_chosen_step(self):
        read = "  - id: read\n    action: http.request\n    connection: web\n    with: {url: /state, effect: read}\n  - if: read.status != 200\n    then:\n      - stop: {outcome: failed}\n"
        self.service.flow("steps", post("/one", "one") + post("/two", "two", "    on_error: stop\n") + read)
        self.far.answers["/state"] = [202, 202, 200]
        self.service.start()
        run = self.service.delivered("steps", {})["runs"][0]
        self.assertEqual(self.service.ended(run)["outcome"], "failed")
        self.assertEqual(self.service.millrace("runs", "retry", run, "--from", "read").returncode, 0)
        wait_until(lambda: len(self.far.requests("/state")) == 2, what="the second look")
        self.service.ended(run)
        self.assertEqual(len(self.far.requests("/one")), 1)
        self.assertEqual(self.service.millrace("runs", "retry", run, "--from", "two").returncode, 0)
        self.assertEqual(self.service.reached(run, "completed")["outcome"], "completed")
        self.assertEqual([len(self.far.requests(path)) for path in ("/one", "/two", "/state")], [1, 2, 3])
        for arguments in ((run, "--from", "nowhere"), (run,)):
            self.assertEqual(self.service.millrace("runs", "retry", *arguments).returncode, 1)

    def test_what_failed_is_tried_again_as_the_same_effect_and_what_is_repeated_from_a_step_is_another_one(self):
        self.service.flow("two", "".join(f"  - id: {name}\n    action: counter.{name}\n    with: {{n: 1}}\n" for name in ("first", "second")),
                          more="always:\n  - id: told\n    action: counter.first\n    with: {n: 2}\n")
        self.far.answers["/second"] = [422, 200]
        self.service.start()
        run = self.service.delivered("two", {})["runs"][0]
        self.assertEqual(self.service.ended(run)["outcome"], "failed")
        for arguments in ((run,), (run, "--from", "second"), (run, "--from", "first")):
            self.assertEqual(self.service.millrace("runs", "retry", *arguments).returncode, 0)
            self.service.reached(run, "completed")
        second = [each.key for each in self.far.requests("/second")]
        self.assertEqual(second[0], second[1], "tried again because it had failed")
        self.assertEqual(len(set(second)), 3, second)
        first = [each.key for each in self.far.requests("/first") if each.body["n"] == 1]
        self.assertEqual((len(first), len(set(first))), (2, 2))
        told = [each.key for each in self.far.requests("/first") if each.body["n"] == 2]
        self.assertEqual((len(told), len(set(told))), (4, 4), "each end of the run is told")

    def test_an_approval_that_comes_too_late_is_refused_and_changes_nothing(self):
        self.service.flow("ask", "  - approve: {message: \"Go on?\", expires: 2s}\n" + post("/go", "go"))
        self.service.start()
        run = self.service.delivered("ask", {})["runs"][0]
        due = moment(self.service.reached(run, "waiting")["waits_until"])
        self.service.kill()
        wait_until(lambda: time.time() > due, what="the time")
        late = self.service.millrace("approve", run)
        self.assertEqual(late.returncode, 1)
        self.assertIn("the time to answer ended", late.stderr)
        self.service.start()
        ended = self.service.ended(run)
        self.assertEqual(ended["outcome"], "failed")
        self.assertIn("nobody has agreed in time", json.dumps(ended))
        self.assertEqual(self.far.requests("/go"), [])

    def test_changes_made_before_a_restart_count_for_max_changes(self):
        self.service.flow("many", "  - for_each: [1, 2, 3, 4, 5]\n    as: n\n    do:\n      - action: counter.first\n        with: {n: n}\n      - wait: 500ms\n",
                          more="safety: {max_changes: 3}\n")
        self.service.start()
        run = self.service.delivered("many", {})["runs"][0]
        wait_until(lambda: self.service.run(run)["changes"] == 2, what="two changes")
        self.service.kill()
        self.service.start()
        self.assertEqual(self.service.ended(run)["outcome"], "stopped_by_safety")
        self.assertEqual(sorted(self.far.numbers()), [1, 2, 3])

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

    def unsure(self, more="", name="order"):
        self.service.flow(name, post("/order", "order", more) + post("/after", "after"))
        self.far.drop = True
        self.service.start()
        return self.service.delivered(name, {})["runs"][0]

    def test_p5_a_write_whose_answer_was_lost_parks_the_run_until_a_person_says_that_it_happened(self):
        run = self.unsure()
        parked = self.service.reached(run, "parked")
        self.assertEqual(parked["steps"][0]["status"], "unsure")
        self.assertIn("resolve", " ".join(self.service.reasons("order")))
        self.far.drop = False
        self.assertEqual(self.service.millrace("runs", "resolve", run).returncode, 2)
        done = self.service.millrace("runs", "resolve", run, "--happened", "--output", '{"status": 201, "headers": {}, "body": null}')
        self.assertEqual(done.returncode, 0, done.stderr)
        ended = self.service.reached(run, "completed")
        self.assertEqual(ended["steps"][0]["output"]["status"], 201)
        self.assertEqual((len(self.far.requests("/order")), len(self.far.requests("/after"))), (1, 1))
        self.assertIn("resolve", [line["what"] for line in self.service.get("audit?about=" + run)["audit"]])

    def test_p5_a_write_that_did_not_happen_is_sent_again_also_when_said_offline(self):
        run = self.unsure()
        self.service.reached(run, "parked")
        self.service.stop()
        self.far.drop = False
        self.assertEqual(self.service.millrace("runs", "resolve", run, "--did-not-happen").returncode, 0)
        self.assertEqual(len(self.far.requests("/order")), 1)
        self.service.start()
        self.service.reached(run, "completed")
        self.assertEqual((len(self.far.requests("/order")), len(self.far.requests("/after"))), (2, 1))

    def test_if_unsure_try_again_sends_again_by_itself(self):
        run = self.unsure("    if_unsure: try_again\n    retry: {attempts: 5, delay: 300ms, backoff: fixed}\n")
        wait_until(lambda: len(self.far.requests("/order")) >= 1, what="the first attempt")
        self.far.drop = False
        self.assertEqual(self.service.ended(run)["outcome"], "completed")
        self.assertGreaterEqual(len(self.far.requests("/order")), 2)

    PROBED = {"manifest": 1, "name": "shop", "version": "1.0.0", "summary": "Orders that can be looked up", "connection": {"auth": "bearer"},
              "actions": {
                  "order": {"summary": "Order", "effect": "create", "target": "order:{n}", "repeat": "neither", "probe": "find",
                            "input": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, "output": {"type": "object"},
                            "request": {"method": "POST", "path": "/orders", "body": {"n": "n"}}},
                  "find": {"summary": "Find an order", "effect": "read", "target": "order:{n}",
                           "input": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, "output": {"type": "object"},
                           "request": {"method": "GET", "path": "/orders/{n}"}}}}

    def probed(self, found):
        self.service.write("plugins/shop/shop.json", json.dumps(self.PROBED))
        config = (self.service.folder / "millrace.yaml").read_text()
        self.service.write("millrace.yaml", config + f'  shop:\n    plugin: shop\n    base_url: {self.far.url}\n    auth: {{token: "secret:far"}}\n')
        self.service.flow("buy", "  - id: bought\n    action: shop.order\n    with: {n: 7}\n    if_unsure: check_first\n" + post("/after", "after"))
        self.far.answers["/orders/7"] = [200 if found else 404]
        self.far.delay = 3
        self.service.start()
        run = self.service.delivered("buy", {})["runs"][0]
        wait_until(lambda: self.far.requests("/orders"), what="the order")
        self.service.kill()
        self.far.delay = 0
        self.service.start()
        ended = self.service.ended(run)
        self.assertEqual(ended["outcome"], "completed", ended)
        self.assertEqual((len(self.far.requests("/orders/7")), len(self.far.requests("/after"))), (1, 1))
        return len(self.far.requests("/orders"))

    def test_if_unsure_check_first_asks_the_far_side_and_does_not_repeat_what_happened(self):
        self.assertEqual(self.probed(found=True), 1)

    def test_if_unsure_check_first_repeats_what_did_not_happen(self):
        self.assertEqual(self.probed(found=False), 2)

    def test_runs_list_and_show_tell_the_same_as_the_api_with_and_without_a_service(self):
        self.service.flow("two", KEPT)
        self.service.start()
        runs = [self.service.ended(self.service.delivered("two", {"n": n})["runs"][0])["id"] for n in range(3)]
        served = self.service.json("runs", "list", "--workflow", "two", "--limit", "2")
        self.assertEqual([run["id"] for run in served["runs"]], runs[:0:-1])
        self.assertEqual([run["id"] for run in self.service.json("runs", "list", "--before", runs[1])["runs"]], runs[:1])
        shown = self.service.json("runs", "show", runs[0])
        self.assertEqual(shown, self.service.run(runs[0]))
        self.service.stop()
        self.assertEqual(self.service.json("runs", "show", runs[0]), shown)
        self.assertEqual(self.service.json("runs", "list", "--outcome", "failed")["runs"], [])
        self.assertEqual(self.service.millrace("runs", "list", "--outcome", "fialed").returncode, 2)
        self.assertEqual(self.service.millrace("runs", "show", "r0000000000000").returncode, 1)

    def why(self, *sentence, workflow="flow", event=()):
        said = " ".join(self.service.reasons(workflow, *event))
        for part in sentence:
            self.assertIn(part, said)
        if self.service.process is not None:
            self.assertEqual(" ".join(self.service.get(f"workflows/{workflow}/why" + (f"?event={event[1]}" if event else ""))["reasons"])[:40], said[:40])

    def test_why_says_the_cause_in_a_sentence(self):
        self.service.flow("flow", "  - if: event.n == 1\n    then:\n      - stop: {outcome: failed, message: one is not allowed}\n  - approve: May it?\n",
                          "  - webhook: NAME\n    verify: public\n    if: event.n > 0\n")
        self.why("no service has run on this project yet")
        self.service.start()
        self.why("no event has come for it yet")
        none = self.service.delivered("flow", {"n": 0})
        self.why("event.n > 0 was false", "event.n was 0", event=("--event", none["event"]))
        failed = self.service.delivered("flow", {"n": 1})
        self.service.ended(failed["runs"][0])
        self.why("one is not allowed", event=("--event", failed["event"]))
        asking = self.service.delivered("flow", {"n": 2})
        self.service.reached(asking["runs"][0], "waiting")
        self.why("May it?")
        behind = self.service.delivered("flow", {"n": 3})
        self.why(asking["runs"][0], event=("--event", behind["event"]))
        self.service.millrace("pause", "flow")
        self.why("paused by hand")
        self.service.millrace("resume", "flow")
        self.service.write("workflows/flow.yaml", "version: 1\nactions: []\n")
        self.why("its file is broken")
        self.service.flow("flow", mode="paused")
        self.why("mode: paused")
        self.service.kill()
        self.why("ended without being stopped")
        self.service.start()
        self.service.stop(signal.SIGTERM)
        self.why("it was stopped")


if __name__ == "__main__":
    main()
