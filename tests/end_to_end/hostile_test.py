"""What somebody who means harm can send, say or lead to, tried on the real program. Nothing here is timed: what is asserted is what the
program answers, sends and holds."""
import json
import os
import socket
import subprocess
import unittest
import urllib.parse

from project import main, program
from served import POSTS, ServedTest
from service import INSTRUMENTED, ask, wait_until

BEHIND = "  - id: changed\n    action: memory.changes\n    with: {key: k, items: '${{ event.rows }}'}\n  - id: behind\n    if: changed.first\n" + POSTS.split("\n", 1)[1]


class HostileTest(ServedTest):
    def start(self):
        self.service.start()
        address = urllib.parse.urlsplit(self.service.url)
        self.address = (address.hostname, address.port)

    def said_to(self, head, body=b""):
        """What comes back for bytes that may lack their end, until the other side closes."""
        with socket.create_connection(self.address, timeout=30) as connection:
            connection.sendall(head.encode() + body)
            said = b""
            while True:
                part = connection.recv(65536)
                if not part:
                    return said.decode()
                said += part

    def healthy(self):
        self.assertEqual(ask(self.service.url, "GET", "/healthz").status, 200)


class Data(HostileTest):
    def test_data_is_not_taken_for_unknown_in_a_live_run(self):
        self.service.flow("flow", BEHIND, "  - webhook: flow\n    verify: public\n    respond: wait\n")
        self.start()
        for rows in ([{"$unknown": "x"}], [{"a": {"$unknown": "x"}}], [{"$$unknown": "x"}, {"$unknown": {"$unknown": 1}}]):
            answer = self.service.hook("flow", {"rows": rows})
            self.assertEqual(answer.status, 200)
        self.assertEqual(len(self.far.requests("/orders")), 1, "only the first of a key is new, and what is behind it was done")
        self.assertEqual(self.service.state("memory", "changes/k"), rows)

    def test_data_is_not_taken_for_unknown_in_a_plan(self):
        self.service.flow("flow", BEHIND, "  - manual\n")
        event = self.service.write("event.json", json.dumps({"rows": [{"$unknown": "x"}]}))
        plan = json.loads(self.service.millrace("plan", "flow", "--event", event, "--json").stdout)
        self.assertEqual([change["step"] for change in plan["runs"][0]["changes"]], ["behind"])
        self.assertNotIn("known after", json.dumps(plan))

    def test_a_plan_that_holds_such_data_is_applied_as_it_was_made(self):
        self.service.flow("flow", POSTS.replace("{n: 1}", "'${{ event.rows }}'"), "  - manual\n")
        event = self.service.write("event.json", json.dumps({"rows": [{"$unknown": "x"}]}))
        self.assertEqual(self.service.millrace("plan", "flow", "--event", event, "--out", "kept.json").returncode, 0)
        applied = self.service.millrace("apply", "kept.json")
        self.assertEqual(applied.returncode, 0, applied.stdout + applied.stderr)
        self.assertEqual([each.body for each in self.far.requests("/orders")], [[{"$unknown": "x"}]])


class DryRuns(HostileTest):
    def methods_of(self, inputs, event):
        """What leaves for the far side when a plan, and a dry run of the service, are made of such a request."""
        step = "  - action: http.request\n    connection: web\n    with: {url: /things/1, " + inputs + "}\n"
        self.service.flow("flow", step, "  - manual\n  - webhook: flow\n    verify: public\n    respond: wait\n", mode="dry_run")
        before = len(self.far.seen)
        given = self.service.write("event.json", json.dumps(event))
        planned = self.service.millrace("plan", "flow", "--event", given, "--json")
        self.assertEqual(planned.returncode, 0, planned.stderr)
        return len(self.far.seen) - before, [change["effect"] for change in json.loads(planned.stdout)["runs"][0]["changes"]]

    def test_what_is_called_a_read_leaves_by_no_method_that_writes(self):
        for method, effects in (("DELETE", ["delete"]), ("PUT", ["update"]), ("PATCH", ["update"])):
            self.assertEqual(self.methods_of(f"method: {method}, effect: read", {}), (0, effects))
            self.assertEqual(self.methods_of("method: '${{ event.m }}', effect: read", {"m": method}), (0, effects))
            self.assertEqual(self.methods_of("method: '${{ event.m }}', effect: '${{ event.e }}'", {"m": method, "e": "read"}), (0, effects))
        self.assertEqual(self.methods_of("method: '${{ event.m }}', effect: read", {"m": "POST"}), (0, []))
        self.assertEqual(self.methods_of("method: POST, effect: '${{ event.e }}'", {"e": "read"}), (0, []))
        self.assertEqual(self.methods_of("effect: read, headers: {X-HTTP-Method-Override: DELETE}", {}), (0, []))
        self.assertEqual(self.methods_of("method: POST, effect: read", {}), (1, []), "the file itself says that this POST asks")
        self.assertEqual(self.methods_of("effect: read", {}), (1, []))

    def test_a_manifest_that_calls_a_delete_a_read_deletes_nothing_in_a_plan(self):
        for method, effects in (("DELETE", ["delete"]), ("PUT", ["update"]), ("POST", [])):
            action = {"summary": "Look", "effect": "read", "target": "thing", "change": "look", "input": {"type": "object", "properties": {}}, "output": {"type": "object"},
                      "request": {"method": method, "path": "/things/1"}, "repeat": "idempotent", "connection": True, "examples": []}
            self.service.write("plugins/sly/sly.json", json.dumps({"manifest": 1, "name": "sly", "version": "1.0.0", "summary": "Sly", "library": False,
                                                                   "connection": {"auth": "bearer"}, "actions": {"look": action}}))
            config = (self.service.folder / "millrace.yaml").read_text()
            if "sly:" not in config:
                self.service.write("millrace.yaml", config + f"  sly:\n    plugin: sly\n    base_url: {self.far.url}\n")
            self.service.flow("flow", "  - action: sly.look\n", "  - manual\n")
            before = len(self.far.seen)
            planned = self.service.millrace("plan", "flow", "--json")
            self.assertEqual(planned.returncode, 0, planned.stdout + planned.stderr)
            self.assertEqual([change["effect"] for change in json.loads(planned.stdout)["runs"][0]["changes"]], effects)
            self.assertEqual(len(self.far.seen) - before, 1 if method == "POST" else 0, method)


class Paths(HostileTest):
    secrets = {"shop": "a-token"}

    def test_nothing_in_an_event_leads_out_of_the_address_of_a_connection(self):
        self.service.flow("flow", "  - action: http.request\n    connection: web\n    with: {url: '${{ event.path }}'}\n", "  - webhook: flow\n    verify: public\n    respond: wait\n")
        self.start()
        for path in ("/../admin", "/%2e%2e/admin", "/..;/admin", "/..\\admin", "/a\x00b", "/%00", "/%252e%252e/admin", "/a%5c..%5cadmin", "/%2e%2e/%zz", "/x\r\ny"):
            answer = self.service.hook("flow", {"path": path})
            self.assertEqual(answer.status, 500, path)
        self.assertEqual(self.far.seen, [])
        self.assertEqual(self.service.hook("flow", {"path": "/orders/1?q=..%2F"}).status, 200)

    def test_a_whole_address_has_the_token_below_the_connections_address_only(self):
        config = (self.service.folder / "millrace.yaml").read_text()
        self.service.write("millrace.yaml", config + f"  shop:\n    plugin: http\n    base_url: {self.far.url}/v1\n    auth: {{token: \"secret:shop\"}}\n")
        self.service.flow("flow", "  - action: http.request\n    connection: shop\n    with: {url: '${{ event.next }}'}\n", "  - webhook: flow\n    verify: public\n    respond: wait\n")
        self.start()
        for path in ("/v1/orders?page=2", "/v1?page=2"):
            self.assertEqual(self.service.hook("flow", {"next": self.far.url + path}).status, 200, path)
        self.assertEqual([each.path for each in self.far.seen], ["/v1/orders?page=2", "/v1?page=2"])
        for path in ("", "/", "/v2/orders", "/v10", "/admin?/v1/", "//v1/orders", "/v1;x/orders", "/v1%2Forders", "/v1/%2e%2e/admin"):
            answer = self.service.hook("flow", {"next": self.far.url + path})
            self.assertEqual(answer.status, 500, path)
        self.assertIn(b"its token goes nowhere else", self.service.hook("flow", {"next": self.far.url + "/v2/orders"}).body)
        self.assertEqual(len(self.far.seen), 2)


class Intake(HostileTest):
    secrets = {"sender": "the-right-one"}

    def setUp(self):
        super().setUp()
        self.service.flow("open")
        self.service.flow("form", triggers="  - {webhook: form, verify: public, parse: form}\n")
        self.service.flow("guarded", triggers="  - {webhook: guarded, verify: {bearer: \"secret:sender\"}}\n")
        self.service.flow("hidden", triggers="  - {webhook: hidden, verify: {secret_path: \"secret:sender\"}}\n")
        self.service.flow("text", triggers="  - {webhook: text, verify: public, if: event.a.contains(event.b) || event.a.matches(event.b)}\n")

    def test_whoever_is_not_known_is_refused_at_the_head_of_the_request(self):
        self.start()
        for path, headers, status in (("/hooks/guarded", "", 401), ("/hooks/guarded", "Authorization: Bearer wrong\r\n", 401), ("/hooks/hidden/wrong", "", 401),
                                      ("/hooks/nobody", "", 404), ("/api/v1/reload", "", 401), ("/nothing", "", 404), ("/healthz", "", 405)):
            said = self.said_to(f"POST {path} HTTP/1.1\r\nHost: {self.address[0]}\r\n{headers}Content-Length: 4000000\r\n\r\n")
            self.assertTrue(said.startswith(f"HTTP/1.1 {status} "), (path, said))
        said = self.said_to(f"POST /api/v1/reload HTTP/1.1\r\nHost: {self.address[0]}\r\nAuthorization: Bearer {self.service.token()}\r\nContent-Length: 2000000\r\n\r\n")
        self.assertTrue(said.startswith("HTTP/1.1 413 "), said)
        self.healthy()

    def test_bodies_of_many_senders_at_once_share_one_room(self):
        self.start()
        connections = []
        for _ in range(40):
            connection = socket.create_connection(self.address, timeout=30)
            self.addCleanup(connection.close)
            connection.sendall(b"POST /hooks/open HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n")
            connections.append(connection)
        for connection in connections:
            try:
                connection.sendall(b"x" * 3_900_000)
            except OSError:
                pass  # refused while it was sending
        waiting = set(connections)

        def refused():
            waiting.difference_update([each for each in waiting if self.is_refused(each)])
            return len(connections) - len(waiting) > 20

        wait_until(refused, what="refusals")
        self.assertLess(self.service.resident_mib(), 1000 if INSTRUMENTED else 200)
        self.healthy()
        for connection in connections:
            connection.close()
        wait_until(lambda: self.service.hook("open", b'"' + b"x" * 3_000_000 + b'"').status == 202, what="room again")

    def is_refused(self, connection):
        connection.setblocking(False)
        try:
            return connection.recv(100).startswith(b"HTTP/1.1 503 ")
        except BlockingIOError:
            return False
        except OSError:
            return True

    def test_one_address_cannot_take_all_connections(self):
        self.start()
        connections = []
        for _ in range(600):
            connection = socket.create_connection(self.address, timeout=30)
            self.addCleanup(connection.close)
            connection.sendall(b"POST /hooks/open HTTP/1.1\r\nHo")
            connections.append(connection)
        self.healthy()
        wait_until(lambda: self.service.hook("open", {}).status == 202, what="an answer")
        closed = sum(self.is_closed(connection) for connection in connections)
        self.assertGreaterEqual(closed, 600 - 256)
        self.assertFalse(self.is_closed(connections[-1]), "those that have waited longest gave way")

    def is_closed(self, connection):
        connection.setblocking(False)
        try:
            return connection.recv(1) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def test_without_descriptors_there_is_still_an_answer(self):
        def with_few(*arguments):
            with open(self.service.folder / "log", "ab") as log:
                return subprocess.Popen(["prlimit", "--nofile=64:64", str(program), "serve", "--listen", "127.0.0.1:0", *arguments], cwd=self.service.folder,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)

        self.service.launch = with_few
        self.start()
        for _ in range(120):
            connection = socket.create_connection(self.address, timeout=30)
            self.addCleanup(connection.close)
            connection.sendall(b"GET /heal")
        for _ in range(10):
            self.healthy()
        self.assertEqual(self.service.hook("open", {}).status, 202)

    def test_what_a_sender_wrote_is_read_or_refused_and_others_are_answered(self):
        self.start()
        form = "application/x-www-form-urlencoded"
        self.assertEqual(self.service.hook("form", b"&".join([b"a=1"] * 50_000), {"Content-Type": form}).status, 202)
        self.assertEqual(self.service.hook("form", b"&".join([b"a"] * 1_900_000), {"Content-Type": form}).status, 400)
        self.assertEqual(self.service.hook("open", b"[" + b"{}," * 1_300_000 + b"{}]").status, 400)
        for a, b in (("a" * 2_000_000, "a" * 1_000_000 + "b"), ("a" * 3_000_000, "(x+x+)+y" * 100_000), ("a" * 3_000_000, "(a|b|[a-z]){1,100}[0-9]")):
            answer = self.service.hook("text", {"a": a, "b": b})
            self.assertEqual(json.loads(answer.body)["runs"], [], "the condition does not hold, or was given up")
        self.healthy()

    def test_a_browser_that_was_led_here_reads_nothing(self):
        self.start()
        self.assertEqual(ask(self.service.url, "GET", "/metrics", headers={"Host": "evil.example"}).status, 403)
        self.assertEqual(self.service.api("GET", "status", headers={"Host": "evil.example:8710"}).status, 403)
        self.assertEqual(ask(self.service.url, "GET", "/metrics").status, 200)


class Pipes(HostileTest):
    def test_what_is_no_file_is_told_and_nobody_is_waited_for(self):
        self.service.flow("done", triggers="  - manual\n")
        self.assertEqual(self.service.millrace("plan", "done", "--out", "kept.json").returncode, 0)
        file = self.service.folder / "workflows" / "done.yaml"
        file.unlink()
        os.mkfifo(file)
        for verb in (("apply", "kept.json"), ("diff", "done", "done"), ("rollback", "done", "abcd"), ("check", "done"), ("explain", "done"), ("run", "done")):
            done = self.service.millrace(*verb, timeout=60)
            self.assertNotEqual(done.returncode, 0, verb)
        self.assertIn("this is not a file that can be read", self.service.millrace("apply", "kept.json").stderr)
        self.service.millrace("versions", "done", timeout=60)
        self.service.millrace("doctor", timeout=60)

    def test_a_pipe_a_device_or_a_folder_is_no_file_that_a_command_reads(self):
        self.service.flow("done", triggers="  - manual\n")
        os.mkfifo(self.service.folder / "pipe")
        for odd in ("pipe", "/dev/zero", "workflows"):
            for verb in (("run", "done", "--event", odd), ("run", "done", "--delivery", odd), ("apply", odd), ("diff", odd, odd), ("fmt", odd), ("check", odd), ("test", odd),
                         ("plugin", "import-openapi", odd, "--name", "shop"), ("secret", "recover", odd), ("plugin", "add", odd, "--key", odd), ("plugin", "add", odd), ("restore", odd), ("audit", "verify", "--heads", odd)):
                if odd == "workflows" and verb[0] in ("fmt", "check", "test"):
                    continue  # the files in it
                done = self.service.millrace(*verb, timeout=60)
                self.assertNotEqual(done.returncode, 0, verb)
                self.assertIn("error: ", done.stdout + done.stderr, verb)
                self.assertNotIn("millrace --help", done.stderr, verb)


if __name__ == "__main__":
    main()
