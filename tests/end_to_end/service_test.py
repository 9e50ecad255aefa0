"""`millrace serve` starts, stops and answers as its operators rely on."""
import json
import os
import re
import socket
import signal
import sqlite3
import time
import unittest.mock
import urllib.parse

from project import main
from service import PATIENCE, TWO_EFFECTS, Service, ServiceTest, ask, wait_until

SLOW = "  - wait: 1500ms\n" + TWO_EFFECTS


class UnderSystemd(ServiceTest):
    def setUp(self):
        super().setUp()
        self.notes = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.notes.close)
        self.notes.bind(str(self.service.folder / "notify"))
        self.notes.settimeout(0.05)
        self.said = []

    def hear(self):
        try:
            while True:
                self.said += self.notes.recv(4096).decode().splitlines()
        except TimeoutError:
            return self.said

    def count(self, line):
        return self.hear().count(line)

    def test_systemd_is_told_when_the_service_is_ready_lives_reloads_and_stops(self):
        self.service.workflow("count", TWO_EFFECTS)
        with unittest.mock.patch.dict(os.environ, {"NOTIFY_SOCKET": str(self.service.folder / "notify"), "WATCHDOG_USEC": "900000"}):
            self.service.start()
        wait_until(lambda: self.count("READY=1") == 1, what="READY")
        wait_until(lambda: self.count("WATCHDOG=1") >= 3, what="signs of life of a service that has nothing to do")
        self.assertTrue(any(line.startswith("STATUS=") for line in self.said))
        self.assertEqual(self.count("RELOADING=1"), 0)
        self.service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.count("RELOADING=1") == 1 and self.count("READY=1") == 2, what="the reload")
        self.assertEqual(self.service.stop(), 0)
        self.assertEqual(self.count("STOPPING=1"), 1)

    def test_a_service_whose_process_stands_still_gives_no_sign_of_life(self):
        with unittest.mock.patch.dict(os.environ, {"NOTIFY_SOCKET": str(self.service.folder / "notify"), "WATCHDOG_USEC": "900000"}):
            self.service.start()
        wait_until(lambda: self.count("WATCHDOG=1") >= 1, what="a sign of life")
        self.service.process.send_signal(signal.SIGSTOP)
        self.hear()
        before = self.count("WATCHDOG=1")
        deadline = time.monotonic() + 1.5
        wait_until(lambda: time.monotonic() > deadline, what="the time")
        self.assertLessEqual(self.count("WATCHDOG=1"), before)
        self.service.process.send_signal(signal.SIGCONT)
        wait_until(lambda: self.count("WATCHDOG=1") > before, what="a sign of life")


class Stops(ServiceTest):
    def test_p14_sigterm_lets_runs_end_within_the_drain_time_and_exits_0(self):
        self.service.workflow("count", TWO_EFFECTS)
        self.far.delay = 0.7
        self.service.start("--drain-timeout", "20s")
        receipts = [self.service.promised("count", {"n": n}) for n in range(5)]
        wait_until(lambda: len(self.far.requests("/first")) == 5, what="the first effects")
        began = time.monotonic()
        self.assertEqual(self.service.stop(), 0)
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(len(self.far.requests("/second")), 5)
        self.far.delay = 0
        self.service.start()
        self.assertEqual({run["id"]: run["outcome"] for run in self.service.runs()}, {receipt["runs"][0]: "completed" for receipt in receipts})
        self.assertEqual(len(self.far.seen), 10)

    def test_p14_what_does_not_end_within_the_drain_time_goes_on_at_the_next_start(self):
        self.service.workflow("count", TWO_EFFECTS)
        self.far.delay = 6
        self.service.start("--drain-timeout", "1s")
        self.service.promised("count", {"n": 1})
        wait_until(lambda: self.far.requests("/first"), what="the first effect")
        began = time.monotonic()
        self.assertEqual(self.service.stop(), 0)
        self.assertLess(time.monotonic() - began, 5)
        self.far.delay = 0
        self.service.start()
        wait_until(lambda: self.service.outcomes() == {"completed": 1}, what="the end of the run")
        self.assertEqual(self.far.numbers("/first"), {1: 1})
        self.assertEqual(self.far.numbers("/second"), {1: 1})

    def test_p14_a_stopping_service_takes_no_deliveries_and_says_so(self):
        self.service.workflow("count", TWO_EFFECTS)
        self.far.delay = 2
        self.service.start("--drain-timeout", "20s")
        self.service.promised("count", {"n": 1})
        wait_until(lambda: self.far.requests("/first"), what="the first effect")
        self.service.process.send_signal(signal.SIGTERM)
        ready = wait_until(lambda: next((answer for answer in [ask(self.service.url, "GET", "/readyz")] if answer.status == 503), None), 2, "503")
        self.assertIn(b"stopping", ready.body)
        refused = self.service.hook("count", {"n": 2})
        self.assertEqual(refused.status, 503)
        self.assertIn("retry-after", refused.headers)
        self.assertEqual(ask(self.service.url, "GET", "/healthz").status, 200)
        self.assertEqual(self.service.ended(), 0)
        self.assertEqual(self.far.numbers("/second"), {1: 1})

    def test_a_second_signal_stops_it_at_once_and_nothing_is_lost(self):
        self.service.workflow("count", TWO_EFFECTS)
        self.far.delay = 5
        self.service.start("--drain-timeout", "60s")
        self.service.promised("count", {"n": 1})
        wait_until(lambda: self.far.requests("/first"), what="the first effect")
        self.service.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        began = time.monotonic()
        self.assertEqual(self.service.stop(), 0)
        self.assertLess(time.monotonic() - began, 2)
        self.far.delay = 0
        self.service.start()
        wait_until(lambda: self.service.outcomes() == {"completed": 1}, what="the end of the run")

    def test_p7_a_wait_goes_on_over_a_restart_and_is_not_early(self):
        self.service.workflow("count", SLOW)
        self.service.start()
        began = time.monotonic()
        self.service.promised("count", {"n": 1})
        self.service.kill()
        self.service.start()
        wait_until(lambda: self.far.requests("/second"), what="the effect after the wait")
        self.assertGreaterEqual(self.far.seen[0].time - began, 1.5)


class CannotStart(ServiceTest):
    def refused(self, code, *expected):
        process = self.service.launch()
        out, _ = process.communicate(timeout=30 * PATIENCE)
        log = self.service.log()
        self.assertEqual(process.returncode, code, log)
        self.assertEqual(out, "")
        for text in expected:
            self.assertIn(text, log)

    def test_a_second_service_on_the_same_store_is_refused_with_the_first_ones_pid(self):
        self.service.workflow("count", TWO_EFFECTS)
        self.service.start()
        self.refused(3, str(self.service.process.pid))
        self.service.promised("count", {"n": 1})
        wait_until(lambda: self.service.outcomes() == {"completed": 1}, what="the end of the run")
        self.assertEqual(self.service.millrace("runs", "list").returncode, 0)  # it is still found

    def test_an_address_that_is_taken_is_refused(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            done = self.service.millrace("serve", "--listen", f"127.0.0.1:{other.getsockname()[1]}")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("another program", done.stderr)

    def test_a_broken_millrace_yaml_exits_78_with_its_place(self):
        self.service.write("millrace.yaml", "version: 1\nconections: {}\n")
        self.refused(78, "millrace.yaml:2:1", "connections")

    def test_a_store_of_a_newer_version_exits_78_and_stays_as_it_is(self):
        self.service.start()
        self.service.stop()
        store = self.service.folder / "state" / "millrace.db"
        with sqlite3.connect(store) as database:
            database.execute("PRAGMA user_version = 999")
        database.close()
        self.refused(78, "newer version")
        with sqlite3.connect(store) as database:
            self.assertEqual(database.execute("PRAGMA user_version").fetchone(), (999,))
        database.close()

    def test_a_store_that_is_something_else_exits_78(self):
        self.service.write("state/millrace.db", "this was a letter to the bank\n" * 400)
        self.refused(78, "millrace.db")

    def test_a_torn_store_is_named_with_the_cure(self):
        self.service.workflow("count", TWO_EFFECTS)
        self.service.start()
        for n in range(50):
            self.service.promised("count", {"n": n})
        wait_until(lambda: self.service.outcomes() == {"completed": 50}, what="the end of the runs")
        self.service.stop()
        store = self.service.folder / "state" / "millrace.db"
        whole = store.read_bytes()
        store.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
        done = self.service.millrace("doctor")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("millrace restore", done.stdout)
        self.refused(78, "damaged")


class Operators(ServiceTest):
    def setUp(self):
        super().setUp()
        self.service.workflow("count", TWO_EFFECTS)
        self.service.workflow("tick", "  - set: {x: 1}\n", "  - schedule: every monday at 09:00\n")
        self.service.start()

    def test_healthz_and_readyz_need_no_token(self):
        for path in ("/healthz", "/readyz"):
            self.assertEqual(ask(self.service.url, "GET", path).status, 200)
        self.assertEqual(ask(self.service.url, "POST", "/healthz", {}).status, 405)

    def test_the_metrics_have_the_names_and_labels_that_alarms_are_made_of(self):
        for n in range(3):
            self.service.promised("count", {"n": n})
        self.service.hook("count", b"{broken")
        wait_until(lambda: self.service.outcomes() == {"completed": 3}, what="the end of the runs")
        answer = ask(self.service.url, "GET", "/metrics")
        self.assertTrue(answer.headers["content-type"].startswith("text/plain; version=0.0.4"))
        text = answer.body.decode()
        for name in ("millrace_runs_total", "millrace_run_duration_seconds", "millrace_queue_length", "millrace_oldest_queued_age_seconds",
                     "millrace_webhook_requests_total", "millrace_api_requests_total", "millrace_last_success_timestamp_seconds",
                     "millrace_storage_bytes", "millrace_build_info"):
            self.assertRegex(text, rf"(?m)^# TYPE {name} (counter|gauge|histogram)$")
            self.assertRegex(text, rf"(?m)^{name}[a-z_]*({{.*}})? [0-9.e+]+$")
        self.assertIn('millrace_runs_total{mode="live",outcome="completed",trigger="webhook",workflow="count"} 3', self.with_sorted_labels(text))
        self.assertRegex(text, r'millrace_webhook_requests_total{code="202"} 3')
        self.assertRegex(text, r'millrace_webhook_requests_total{code="400"} 1')
        self.assertIn('millrace_api_requests_total{code="200",connection="far"} 6', self.with_sorted_labels(text))
        self.assertNotRegex(text, r"r0[0-9a-z]{12}")  # no run's id becomes a label
        names = re.findall(r"(?m)^# TYPE (\S+)", text)
        self.assertEqual(len(names), len(set(names)))

    def with_sorted_labels(self, text):
        return re.sub(r"{(.*?)}", lambda found: "{" + ",".join(sorted(found[1].split(","))) + "}", text)

    def test_p12_the_api_needs_its_token_and_refuses_foreign_pages(self):
        address = urllib.parse.urlsplit(self.service.url).netloc
        self.assertEqual(self.service.api("GET", "runs").status, 200)
        self.assertEqual(ask(self.service.url, "GET", "/api/v1/runs").status, 401)
        self.assertEqual(self.service.api("GET", "runs", headers={"Authorization": "Bearer " + "0" * 64}).status, 401)
        self.assertEqual(self.service.api("GET", "runs", headers={"Host": "evil.example"}).status, 403)
        self.assertEqual(self.service.api("POST", "pause", headers={"Origin": "http://evil.example"}).status, 403)
        self.assertEqual(self.service.api("GET", "runs", headers={"Origin": "http://" + address}).status, 200)
        self.assertEqual((self.service.folder / "state" / "api-token").stat().st_mode & 0o777, 0o600)
        self.assertFalse(any(workflow["paused"] for workflow in self.service.get("workflows")["workflows"]))

    def test_p12_the_secret_of_a_connection_is_in_no_answer_log_or_store(self):
        self.service.promised("count", {"n": 1})
        wait_until(lambda: self.service.outcomes() == {"completed": 1}, what="the end of the run")
        told = json.dumps([self.service.get(path) for path in ("runs", "runs/" + self.service.runs()[0]["id"], "connections", "status", "events", "audit")])
        self.service.stop()
        store = (self.service.folder / "state" / "millrace.db").read_bytes()
        for text in (told, self.service.log(), store.decode("latin-1")):
            self.assertNotIn("a-token-of-the-far-side", text)

    def test_pause_is_kept_over_a_restart_and_each_delivery_is_found_as_skipped(self):
        self.assertEqual(self.service.millrace("pause", "count").returncode, 0)
        self.service.kill()
        self.service.start()
        receipt = self.service.promised("count", {"n": 1})
        self.assertEqual(self.service.run(receipt["runs"][0])["outcome"], "skipped")
        self.assertIn("paused", self.service.run(receipt["runs"][0])["note"])
        self.assertEqual(self.service.millrace("resume", "count").returncode, 0)
        self.service.promised("count", {"n": 2})
        wait_until(lambda: self.far.numbers("/second") == {2: 1}, what="the second delivery")
        audit = self.service.get("audit")["audit"]
        self.assertEqual([line["what"] for line in audit if line["what"] in ("pause", "resume")], ["resume", "pause"])

    def test_doctor_is_content_and_names_what_is_broken(self):
        done = self.service.millrace("doctor")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.service.write("workflows/count.yaml", "version: 1\nname: count\nactions: 7\n")
        self.service.write("state/secrets.json", "{}")
        done = self.service.millrace("doctor")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("count.yaml", done.stdout)
        self.assertIn("MILLRACE_SECRET_FAR", done.stdout)
        self.assertIn("findings", json.loads(self.service.millrace("doctor", "--json").stdout))

    def test_each_line_of_the_log_is_an_object_with_time_level_and_message(self):
        self.service.write("workflows/broken.yaml", "version: 1\nname: [\n")
        wait_until(lambda: "broken.yaml" in self.service.log(), what="the line in the log")
        self.service.stop()
        for line in self.service.log().splitlines():
            self.assertLessEqual({"time", "level", "message"}, set(json.loads(line)))


if __name__ == "__main__":
    main()
