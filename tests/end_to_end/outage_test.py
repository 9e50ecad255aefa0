"""The far side is away for a while, or the service itself is: what waits is done once when it is back.

MILLRACE_EVENTS says how many events are queued (100000 for the long version), MILLRACE_STOPPED for how many seconds the service is stopped.
"""
import http.client
import json
import signal
import threading
import time
import urllib.parse

from project import main
from service import TWO_EFFECTS, ServiceTest, number_from, wait_until


def send_many(service, numbers, connections=8):
    """Sends each number once; every one has to be accepted."""
    address = urllib.parse.urlsplit(service.url)
    waiting = iter(numbers)
    lock, refused = threading.Lock(), []

    def send():
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        while True:
            with lock:
                number = next(waiting, None)
            if number is None:
                break
            connection.request("POST", "/hooks/count", json.dumps({"n": number}))
            answer = connection.getresponse()
            answer.read()
            if answer.status != 202:
                refused.append((number, answer.status))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


class FarSideIsDown(ServiceTest):
    def wait_out(self, count, cure):
        self.assertEqual(send_many(self.service, range(count)), [])
        status = wait_until(lambda: next((s for s in [self.service.get("status")] if s["alarms"]), None), 30, "the alarm")
        self.assertEqual([alarm["about"] for alarm in status["alarms"]], ["connection far"], "one alarm, however many wait")
        self.assertEqual(status["store"]["unfinished"], count)
        far = self.service.get("connections")["connections"][0]
        self.assertTrue(far["down"])
        self.assertIn("alarm: connection far", self.service.millrace("doctor").stdout)
        cure()
        began = time.monotonic()
        wait_until(lambda: self.service.get("status")["store"]["unfinished"] == 0, 120 + count / 100, "the end of all runs")
        took = time.monotonic() - began
        self.assertEqual(set(self.service.outcomes()), {"completed"})
        for path in ("/first", "/second"):
            self.assertEqual(set(self.far.numbers(path).items()), {(n, 1) for n in range(count)})
        wait_until(lambda: not self.service.get("status")["alarms"], 20, "the all-clear")
        self.assertEqual(self.service.log().count("the connection is down"), 1)
        return took

    def test_p3_events_that_wait_while_nobody_answers_are_done_once_when_the_far_side_is_back(self):
        count = number_from("MILLRACE_EVENTS", 2000)
        self.service.workflow("count", TWO_EFFECTS)
        self.far.refuse()
        self.service.start()
        took = self.wait_out(count, self.far.open)
        print(f"{count} events waited for the far side and were done in {took:.1f} s, {self.service.resident_mib():.0f} MiB resident", flush=True)

    def test_p3_a_far_side_that_answers_503_is_waited_for_and_what_is_queued_survives_a_kill(self):
        self.service.workflow("count", TWO_EFFECTS)
        self.far.status = 503
        self.service.start()

        def cure():
            self.service.kill()
            self.far.status = 200
            self.far.seen.clear()  # what it refused was not done
            self.service.write("log", "")
            self.service.start()
            self.service.write("log", "the connection is down")

        self.wait_out(700, cure)

    def test_p6_a_lane_keeps_the_order_of_acceptance_over_an_outage_and_a_kill(self):
        self.service.workflow("count", TWO_EFFECTS, more="concurrency: {queued: {key: event.n % 3}}\n")
        self.far.refuse()
        self.service.start()
        for n in range(60):
            self.service.promised("count", {"n": n})
        self.service.kill()
        self.far.open()
        self.service.start()
        wait_until(lambda: self.service.outcomes() == {"completed": 60}, 60, "the end of all runs")
        for lane in range(3):
            order = [(seen.body["n"], seen.path) for seen in self.far.seen if seen.body["n"] % 3 == lane]
            self.assertEqual(list(dict.fromkeys(order)), [(n, path) for n in range(lane, 60, 3) for path in ("/first", "/second")])


class ServiceIsStopped(ServiceTest):
    def test_p7_p8_after_sigstop_and_sigcont_timers_and_schedules_catch_up_without_duplicates(self):
        seconds = number_from("MILLRACE_STOPPED", 10)
        self.service.workflow("count", TWO_EFFECTS)
        self.service.workflow("waits", f"  - wait: {max(seconds // 2, 2)}s\n  - action: counter.first\n    with: {{n: 1000 + event.n}}\n")
        self.service.workflow("ticks", "  - action: counter.first\n    with: {n: 2000}\n", '  - cron: "* * * * *"\n    if_missed: run_all\n', more="")
        self.service.start()
        self.service.promised("waits", {"n": 1})
        for n in range(20):
            self.service.promised("count", {"n": n})
        # Over the turn of a minute, so that a slot falls into the pause.
        time.sleep(max(0, 60 - time.time() % 60 - seconds / 2))
        self.service.process.send_signal(signal.SIGSTOP)
        began = time.time()
        time.sleep(seconds)
        self.service.process.send_signal(signal.SIGCONT)
        slots = int(time.time() // 60) - int(began // 60)
        wait_until(lambda: self.far.numbers()[1001] == 1, 10, "the wait that was due")
        wait_until(lambda: len(self.service.runs("ticks", "completed")) >= slots, 10, "the slot that was due")
        self.assertEqual(self.service.hook("count", {"n": 20}).status, 202)
        wait_until(lambda: self.service.outcomes("count") == {"completed": 21}, 20, "the end of all runs")
        self.assertEqual({n: times for n, times in self.far.numbers().items() if n < 2000}, {**{n: 1 for n in range(21)}, 1001: 1})
        # A slot is an event, and its id the time: none twice.
        moments = [event["source_id"] for event in self.service.get("events?limit=1000")["events"] if event["source"].startswith("schedule:ticks")]
        self.assertEqual(len(moments), len(set(moments)))
        self.assertGreaterEqual(len(moments), slots)
        self.assertEqual(len(self.service.runs("ticks")), int(time.time() // 60) - int(self.started // 60))
        self.assertGreaterEqual(self.service.metric("millrace_schedule_lag_seconds"), 0)

    def setUp(self):
        super().setUp()
        self.started = time.time()


if __name__ == "__main__":
    main()
