"""What far sides really answer, and what becomes of it: statuses, redirects, charsets, packed and broken bodies, in one
run at the terminal and in the service."""
import email.utils
import gzip
import json
import time
import unittest

from far_server import FarAnswers, FarServer
from project import main
from served import Served
from service import Service, ask, wait_until

PICTURE = bytes(range(256))
ANSWERS = {  # path: status, headers, body
    "/latin1": (200, {"Content-Type": "text/plain; charset=ISO-8859-1"}, "Müller Straße".encode("latin-1")),
    "/utf16": (200, {"Content-Type": "application/json; charset=utf-16"}, '{"name":"Müller"}'.encode("utf-16")),
    "/gzip": (200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, gzip.compress(b'{"ok":true}')),
    "/version": (200, {"Content-Type": "text/plain"}, b"1.10"),
    "/odd": (200, {"Content-Type": "application/json"}, b'{"list":[{"name":"a\\ud800"},{"name":"b"}],"n":1e400}'),
    "/moved": (302, {"Location": "/version"}, b""),
    "/png": (200, {"Content-Type": "image/png"}, PICTURE),
}


class FarSide(FarServer):
    """`statuses` maps a path to the statuses of its next answers; the last one stays."""

    def __init__(self):
        self.asked, self.statuses, self.retry_after = [], {}, None
        super().__init__(Answering)


class Answering(FarAnswers):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((time.time(), self.command, self.path))
        if self.path == "/half":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
            self.close_connection = True
            return
        status, headers, body = ANSWERS.get(self.path, (200, {"Content-Type": "application/json"}, b"{}"))
        statuses = self.server.statuses.get(self.path)
        if statuses:
            status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        if status >= 400:
            headers, body = {"Content-Type": "application/json"}, b'{"message":"nope"}'
        if status in (429, 503) and self.server.retry_after:
            headers = {**headers, "Retry-After": self.server.retry_after()}
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = answer


def request(path, more="", id="sent", behind=""):
    return f"  - id: {id}\n    action: http.request\n    connection: web\n    with: {{url: {path}{more}}}\n{behind}"


POST = ", method: POST, body: {n: 1}"


class FarSideTest(unittest.TestCase):
    def setUp(self):
        self.far = FarSide()
        self.addCleanup(self.far.close)
        self.service = Served(self.far.url)
        self.addCleanup(self.service.close)

    def live(self, actions, code=0, more=""):
        self.service.flow("now", actions, "  - manual\n", more)
        done = self.service.millrace("run", "now", "--live", "--json")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)["runs"][0]

    def served(self, actions, more="", name="hook"):
        self.service.flow(name, actions, more=more)
        self.service.start()
        return self.service.ended(self.service.delivered(name, {})["runs"][0], 60)

    def count(self, path):
        return len([each for each in self.far.asked if each[2] == path])


class Statuses(FarSideTest):
    def test_a_status_of_400_and_above_fails_the_step_and_on_error_and_on_failure_act(self):
        for status in (400, 404, 409, 503):
            for more in ("", POST):
                self.far.statuses["/x"] = [status]
                failed = self.live(request("/x", more), 1)
                self.assertEqual((failed["outcome"], failed["changes"]), ("failed", []))
                self.assertIn(f"({status}: nope)", failed["error"]["message"])
        self.far.statuses["/x"] = [404]
        went_on = self.live(request("/x", POST, behind="    on_error: continue\n") + "  - id: seen\n    set: {code: \"${{ sent.error.code }}\"}\n")
        self.assertEqual((went_on["outcome"], went_on["output"]), ("completed", {"code": "not_found"}))
        self.service.flow("hook", request("/x", POST) + "on_failure:\n" + request("/alarm", POST, "told"))
        self.service.start()
        run = self.service.ended(self.service.delivered("hook", {})["runs"][0])
        self.assertEqual((run["outcome"], run["changes"]), ("failed", 1))
        self.assertEqual(self.count("/alarm"), 1)

    def test_statuses_that_a_step_accepts_are_answers(self):
        self.far.statuses["/x"] = [404]
        for accept in ("[404]", "404", "any", "${{ [404] }}"):
            run = self.live(request("/x", f", accept: {accept}"))
            self.assertEqual(run["output"]["status"], 404, accept)
        self.live(request("/x", ", accept: [410]"), 1)
        for wrong in ("some", "[200]", "[x]"):
            self.service.flow("now", request("/x", f", accept: {wrong}"), "  - manual\n")
            self.assertEqual(self.service.millrace("check").returncode, 1, wrong)

    def test_without_a_method_it_is_a_get_and_a_get_reads_in_a_plan_too(self):
        self.service.flow("now", request("/version") + request("/orders", POST, "told"), "  - manual\n")
        plan = self.service.json("plan", "now")
        self.assertEqual((plan["reads"], [change["step"] for change in plan["changes"]]), (1, ["told"]))
        self.assertEqual(self.far.asked[0][1:], ("GET", "/version"))
        self.assertEqual(self.count("/orders"), 0)

    def test_half_a_head_is_no_answer(self):
        self.assertEqual(self.live(request("/half", POST), 1)["outcome"], "parked")
        self.assertEqual(self.count("/half"), 1)
        self.assertEqual(self.live(request("/half"), 1)["outcome"], "failed")


class Bodies(FarSideTest):
    def test_what_comes_is_read_as_it_says_that_it_is(self):
        for path, body in (("/latin1", "Müller Straße"), ("/utf16", {"name": "Müller"}), ("/gzip", {"ok": True}), ("/version", "1.10"), ("/moved", "1.10"),
                           ("/odd", {"list": [{"name": "a\ufffd"}, {"name": "b"}], "n": 1.7976931348623157e308})):
            self.assertEqual(self.live(request(path))["output"]["body"], body, path)

    def test_bytes_come_to_a_file_as_they_are(self):
        saved = self.live(request("/png", ", save_as: pictures/a.png"))
        self.assertEqual((self.service.folder / "output/pictures/a.png").read_bytes(), PICTURE)
        self.assertEqual((saved["output"]["body"], saved["output"]["bytes"], saved["output"]["file"]), (None, 256, "output/pictures/a.png"))
        self.assertEqual([change["summary"] for change in saved["changes"]], ["write file pictures/a.png"])


class Attempts(FarSideTest):
    def test_attempts_that_were_refused_count_for_no_limit_and_are_in_no_list(self):
        flow = request("/x", POST, behind="    retry: {attempts: 3, delay: 50ms}\n")
        limit = "safety:\n  max_changes: 1\n"
        self.far.statuses["/x"] = [503, 503, 200]
        run = self.live(flow, more=limit)
        self.assertEqual((run["outcome"], run["writes"], len(run["changes"])), ("completed", 1, 1))
        self.far.statuses["/x"] = [503, 409, 200]
        run = self.served(flow, limit)
        self.assertEqual((run["outcome"], run["changes"], len(run["change_list"])), ("completed", 1, 1))
        self.assertEqual(set(run["change_list"][0]), {"step", "action", "effect", "target", "summary", "request"})

    def test_the_same_in_a_loop_and_over_a_restart(self):
        loop = ("  - for_each: [1, 2]\n    do:\n      - action: http.request\n        connection: web\n        with: {url: /x, method: POST, body: {n: 1}}\n"
                "        retry: {attempts: 3, delay: 50ms}\n")
        self.far.statuses["/x"] = [503, 503, 200, 409, 503, 200]
        self.far.statuses["/y"] = [500, 200]
        later = request("/y", POST, "late", "    retry: {attempts: 2, delay: 8s}\n")
        self.service.flow("hook", loop + later, more="safety:\n  max_changes: 3\n")
        self.service.start()
        id = self.service.delivered("hook", {})["runs"][0]
        wait_until(lambda: self.count("/y") == 1 and self.service.run(id)["outcome"] == "waiting", 60, "the failure that may have happened")
        self.service.kill()
        self.service.start()
        run = self.service.ended(id, 60)
        self.assertEqual((run["outcome"], run["changes"], len(run["change_list"])), ("completed", 3, 3), run["note"])

    def test_retry_after_as_seconds_and_as_a_date_is_kept_in_the_service(self):
        self.service.flow("hook", request("/${{ event.path }}", POST))
        self.service.start()
        for name, when in (("seconds", lambda: "2"), ("date", lambda: email.utils.formatdate(time.time() + 3, usegmt=True))):
            for status in (429, 503):
                path = f"{name}{status}"
                self.far.statuses["/" + path] = [status, 200]
                self.far.retry_after = when
                run = self.service.ended(self.service.delivered("hook", {"path": path})["runs"][0], 60)
                self.assertEqual(run["outcome"], "completed", run["note"])
                first, second = [at for at, _, asked in self.far.asked if asked == "/" + path]
                self.assertGreater(second - first, 1.9)


class Deliveries(FarSideTest):
    def test_a_delivery_with_an_odd_name_or_number_in_it_is_taken(self):
        self.service.flow("hook", "  - id: names\n    set: {names: \"${{ event.list.map(each, each.name).join('|') }}\"}\n")
        self.service.start()
        for body in (b'{"list":[{"name":"a\\ud800"},{"name":"b"}]}', b'{"list":[{"name":"a\\udfff"},{"name":"b"}],"big":123456789012345678901234,"n":1e400}',
                     b'{"list":[{"name":"a\xff"},{"name":"b"}]}'):
            run = self.service.ended(self.service.delivered("hook", body)["runs"][0])
            self.assertEqual((run["outcome"], run["steps"][0]["output"]), ("completed", {"names": "a\ufffd|b"}))

    def test_what_a_dry_run_answers_says_that_nothing_was_written(self):
        wait = "  - webhook: NAME\n    verify: public\n    respond: wait\n    dedupe: event.id\n"
        stop = "  - if: event.fail\n    then:\n      - stop: {outcome: failed, message: no}\n"
        self.service.flow("dry", request("/x", POST), "  - webhook: NAME\n    verify: public\n    dedupe: event.id\n", mode="dry_run")
        self.service.flow("waits", stop + request("/x", POST) + "  - set: {a: 1}\n", wait, mode="dry_run")
        self.service.flow("real", request("/x", POST), wait)
        self.service.start()
        for _ in range(2):  # a repeated delivery hears the same
            answer = self.service.hook("dry", {"id": "1"})
            self.assertEqual((answer.status, answer.headers.get("millrace-dry-run"), json.loads(answer.body)["dry_run"]), (202, "true", True))
            answer = self.service.hook("waits", {"id": "1", "fail": False})
            self.assertEqual((answer.status, answer.headers.get("millrace-dry-run"), json.loads(answer.body)), (200, "true", {"a": 1}))
            answer = self.service.hook("waits", {"id": "2", "fail": True})
            self.assertEqual((answer.status, answer.headers.get("millrace-dry-run"), json.loads(answer.body)["dry_run"]), (500, "true", True))
            answer = self.service.hook("real", {"id": "1"})
            self.assertEqual((answer.status, answer.headers.get("millrace-dry-run")), (200, None))
        self.assertEqual(self.count("/x"), 1)
        listed = self.service.millrace("runs", "list").stdout.splitlines()
        self.assertEqual({("(dry run)" in line) for line in listed if " real " in line}, {False})
        self.assertEqual({("(dry run)" in line) for line in listed if " dry " in line or " waits " in line}, {True})
        self.assertIn("dry runs, which change nothing: dry, waits", self.service.log())


if __name__ == "__main__":
    main()
