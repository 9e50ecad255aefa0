"""What steps that wait do in `millrace serve`: for a time, for a person, for another workflow."""
import concurrent.futures
import datetime
import json
import time

from project import main
from served import ServedSandboxTest, ServedTest, moment, post
from service import wait_until

KEPT = "  - id: kept\n    set: {n: \"${{ event.n }}\"}\n"


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


if __name__ == "__main__":
    main()
