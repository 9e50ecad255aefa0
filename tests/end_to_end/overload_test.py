"""P11: overload and bad input are refused loudly, and never by a crash, a loss or unbounded memory."""
import json
import os
import pathlib
import resource
import selectors
import socket
import subprocess
import threading
import time
import unittest
import urllib.parse

from outage_test import send_many
from project import main
from service import INSTRUMENTED, PATIENCE, TWO_EFFECTS, Service, ServiceTest, ask, number_from, wait_until

PURE = "  - set: {x: event.n}\n"


class BadInput(ServiceTest):
    def setUp(self):
        super().setUp()
        self.service.workflow("count", PURE)
        self.service.start()
        address = urllib.parse.urlsplit(self.service.url)
        self.address = (address.hostname, address.port)

    def tearDown(self):
        """Whatever came, the service still serves, and nothing of it became a run."""
        self.assertEqual(self.service.promised("count", {"n": 1})["runs"].__len__(), 1)
        wait_until(lambda: self.service.outcomes() == {"completed": 1}, what="the run")
        self.assertEqual(len(self.service.get("events")["events"]), 1)

    def raw(self, data, patience=10):
        """What the service says to these bytes."""
        with socket.create_connection(self.address, timeout=patience) as connection:
            said = b""
            try:
                connection.sendall(data)
                while part := connection.recv(65536):
                    said += part
            except ConnectionError:
                pass
            except TimeoutError:
                return said or b"(nothing)"
        return said

    def test_a_body_that_is_too_large_is_413(self):
        head = b"POST /hooks/count HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (5 << 20)
        self.assertIn(b" 413 ", self.raw(head).split(b"\r\n")[0])  # before any of it was sent
        self.assertIn(b" 413 ", self.raw(head + b"x" * (5 << 20)).split(b"\r\n")[0])
        chunk = b"%x\r\n" % (1 << 20) + b" " * (1 << 20) + b"\r\n"
        self.assertIn(b" 413 ", self.raw(b"POST /hooks/count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 6 + b"0\r\n\r\n").split(b"\r\n")[0])

    def test_the_largest_body_that_is_allowed_is_accepted(self):
        body = json.dumps({"n": "x" * ((4 << 20) - 64)}).encode()
        self.assertEqual(self.service.hook("other", body).status, 404)  # taken, and nobody listens there
        self.assertLess(self.service.resident_mib(), 1000 if INSTRUMENTED else 200)

    def test_lying_lengths_are_refused_and_hold_nothing(self):
        post = b"POST /hooks/count HTTP/1.1\r\nHost: x\r\n"
        for head in (b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length: 1\r\nContent-Length: 7",
                     b"Content-Length: 7\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: gzip", b"Content-Length: 0x7"):
            first = self.raw(post + head + b"\r\n\r\n" + b'{"n":1}').split(b"\r\n")[0]
            self.assertRegex(first, rb" 4(00|13) ", head)
        # Less than was announced, and then the end.
        with socket.create_connection(self.address, timeout=10) as connection:
            connection.sendall(post + b"Content-Length: 500\r\n\r\n" + b'{"n":1}')
            connection.shutdown(socket.SHUT_WR)
            self.assertIn(b" 400 ", connection.recv(65536))

    def test_garbage_is_400(self):
        for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(500), os.urandom(4096) + b"\r\n\r\n", b"GET\r\n\r\n",
                     b"GET / HTTP/9.9\r\n\r\n", b"\0" * 9000):
            said = self.raw(data, 3)
            self.assertTrue(said.startswith(b"HTTP/1.1 4"), said[:80])
        self.assertIn(b" 431 ", self.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 60000 + b"\r\n\r\n"))

    def test_a_body_that_is_no_json_or_too_deep_is_400(self):
        for body in (b"{", b"[" * 100_000, b'{"a":' * 100_000, b"[" * 1000 + b"]" * 1000, b'{"a":1,"a":2}', b'{"n":1}}', b"nul"):
            answer = self.service.hook("count", body)
            self.assertEqual(answer.status, 400, (body[:40], answer.body))
            self.assertIn("error", json.loads(answer.body))

    def test_paths_and_methods_that_are_not_there(self):
        for path in ("/hooks/", "/hooks/none", "/hooks/%00", "/hooks/%zz", "/hooks/../api/v1/runs", "/hooks/count/extra", "/nothing"):
            answer = ask(self.service.url, "POST", path, {"n": 1})
            self.assertIn(answer.status, (400, 404, 405), path)
        self.assertEqual(ask(self.service.url, "GET", "/hooks/count").status, 405)


class Overload(ServiceTest):
    def test_p11_two_thousand_slow_clients_do_not_keep_a_quick_one_waiting(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 2000
        if hard != resource.RLIM_INFINITY and hard < 2 * wanted + 200:
            self.skipTest(f"only {hard} open files are allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * wanted + 200), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.service.workflow("count", PURE)
        self.service.start()
        address = urllib.parse.urlsplit(self.service.url)
        before = self.service.resident_mib()
        slow = []
        for n in range(wanted):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex((address.hostname, address.port))
            slow.append(client)
        waiting = selectors.DefaultSelector()
        for client in slow:
            waiting.register(client, selectors.EVENT_WRITE)
        head = b"POST /hooks/count HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
        begun, deadline = 0, time.monotonic() + 20
        while begun < wanted and time.monotonic() < deadline:
            for key, _ in waiting.select(1):
                key.fileobj.send(head)
                waiting.unregister(key.fileobj)
                begun += 1
        self.assertEqual(begun, wanted)
        times = []
        for n in range(40):
            for client in slow[n::40]:
                try:
                    client.send(b"x")  # a byte now and then
                except OSError:
                    pass
            began = time.monotonic()
            self.service.promised("count", {"n": n})
            times.append(time.monotonic() - began)
        times.sort()
        grown = self.service.resident_mib() - before
        print(f"{wanted} slow clients: a quick one is answered in {times[20] * 1000:.1f} ms (median), {times[-1] * 1000:.0f} ms (worst); "
              f"{grown:.0f} MiB more resident", flush=True)
        self.assertLess(times[-1], 2 * PATIENCE)
        self.assertLess(grown, 100 + wanted * (0.2 if INSTRUMENTED else 0.1))  # what they have announced is all that they can take
        for client in slow:
            client.close()
        wait_until(lambda: self.service.outcomes() == {"completed": 40}, what="the runs")

    def test_p11_more_deliveries_at_once_than_a_source_may_have_are_429_with_retry_after(self):
        """respond: wait keeps a delivery under way for as long as its run takes. One address could not have so many connections."""
        self.service.workflow("count", TWO_EFFECTS, "  - webhook: count\n    verify: public\n    respond: wait\n")
        self.far.delay = 3
        self.service.start()
        answers = []
        threads = [threading.Thread(target=lambda n=n: answers.append(self.service.hook("count", {"n": n}, sender=f"127.0.0.{1 + n % 2}"))) for n in range(300)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = [answer for answer in answers if answer.status == 429]
        self.assertEqual(len(answers), 300)
        self.assertGreater(len(refused), 0)
        self.assertEqual(sum(answer.status == 200 for answer in answers), 300 - len(refused))
        for answer in refused:
            self.assertGreater(int(answer.headers["retry-after"]), 0)
        self.assertEqual(self.service.outcomes(), {"completed": 300 - len(refused)})
        self.assertEqual(self.service.metric("millrace_webhook_requests_total"), 300)

    def test_p11_memory_stays_flat_over_20000_events(self):
        count = number_from("MILLRACE_EVENTS", 20_000)
        self.service.workflow("count", PURE)
        self.service.start()

        def send(first, last):
            self.assertEqual(send_many(self.service, range(first, last)), [])
            wait_until(lambda: self.service.get("status")["store"]["unfinished"] == 0, 60, "the end of the runs")
            return self.service.resident_mib()

        warm = send(0, count // 4)
        end = send(count // 4, count)
        print(f"{count} events: {warm:.1f} MiB resident after the first quarter, {end:.1f} at the end", flush=True)
        if not INSTRUMENTED:
            self.assertLess(end - warm, 12)
            self.assertLess(end, 120)


class DiskIsFull(ServiceTest):
    def setUp(self):
        super().setUp()
        self.disk = self.service.folder / "disk"
        self.disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", self.disk], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("a small disk cannot be mounted here: " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=False)
        text = (self.service.folder / "millrace.yaml").read_text()
        self.service.write("millrace.yaml", text + "store: sqlite:disk/millrace.db\n")

    def fill(self):
        with open(self.disk / "filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                pass

    def test_p1_p11_a_full_disk_refuses_loudly_and_the_service_goes_on_by_itself_when_there_is_room(self):
        self.service.workflow("count", TWO_EFFECTS)
        self.service.start()
        for n in range(20):
            self.service.promised("count", {"n": n})
        self.far.delay = 0.5
        self.service.promised("count", {"n": 20})
        wait_until(lambda: self.far.numbers()[20], what="a run under way")
        self.fill()
        promised, refused = 21, None
        while refused is None and promised < 2000:
            answer = self.service.hook("count", {"n": promised, "padding": "y" * 20_000})
            if answer.status == 202:
                promised += 1
            else:
                refused = answer
        self.assertEqual(refused.status, 503, refused)
        self.assertIn("retry-after", refused.headers)
        self.assertIn("disk is full", refused.body.decode())
        time.sleep(3)  # what is under way meets the full disk, too
        self.assertEqual(self.service.hook("count", {"n": -1, "padding": "y" * 20_000}).status, 503)
        self.assertEqual(ask(self.service.url, "GET", "/healthz").status, 200)
        self.assertIsNone(self.service.process.poll())
        self.assertIn("disk", [alarm["about"] for alarm in wait_until(lambda: self.service.get("status")["alarms"], 10, "an alarm")])
        (self.disk / "filler").unlink()
        self.far.delay = 0
        wait_until(lambda: self.service.hook("count", {"n": promised}).status == 202, 20, "intake")
        wait_until(lambda: self.service.get("status")["store"]["unfinished"] == 0, 30, "the end of the runs")
        self.assertEqual(set(self.service.outcomes()), {"completed"})
        for path in ("/first", "/second"):
            self.assertEqual(dict(self.far.numbers(path)), {n: 1 for n in range(promised + 1)})
        wait_until(lambda: not self.service.get("status")["alarms"], 20, "the all-clear")
        self.assertEqual(self.service.stop(), 0)


if __name__ == "__main__":
    main()
