"""What goes wrong outside ends with one clear message, the right exit code, and nothing half-done hidden."""
import json
import pathlib
import signal
import socket
import subprocess
import threading
import time
import unittest

from project import Project, SandboxTest, main, program, tag_event

TAGS = "/locations/loc_main/tags"


class FarSide(SandboxTest):
    def fail(self, *expected, event=None, code=1, **fault):
        if fault:
            self.sandbox.fault(**fault)
        done = self.project.millrace("run", "sync-tags", "--live", "--event", "-", stdin=event or tag_event("new tag"))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for text in expected:
            self.assertIn(text, done.stderr)
        self.assertEqual(done.stderr.count("error:"), 1, done.stderr)
        return done

    def test_a_refused_token_names_the_connection_and_the_cure(self):
        (self.project.folder / "state" / "secrets.json").write_text(json.dumps({"highlevel_token": "wrong-token-here"}))
        self.fail("401", "highlevel", "MILLRACE_SECRET_HIGHLEVEL_TOKEN")

    def test_a_location_that_the_token_may_not_touch(self):
        self.fail("403", path=TAGS, method="GET", count=1, status=403)

    def test_not_found(self):
        self.fail("404", path=TAGS, method="GET", count=9, status=404)

    def test_a_422_gives_its_messages(self):
        self.fail("422", path=TAGS, method="POST", count=1, status=422)

    def test_429_is_waited_for_and_the_run_succeeds(self):
        self.sandbox.fault(path=TAGS, method="GET", count=1, status=429)
        done = self.project.millrace("run", "sync-tags", "--live", "--event", "-", stdin=tag_event("after a pause"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("after a pause", [tag["name"] for tag in self.sandbox.tags()])

    def test_a_read_is_tried_again_after_a_500(self):
        self.sandbox.fault(path=TAGS, method="GET", count=1, status=500)
        done = self.project.millrace("run", "sync-tags", "--live", "--event", "-", stdin=tag_event("after a fault"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_write_whose_answer_is_lost_is_said_to_be_unsure_and_is_not_repeated(self):
        self.sandbox.fault(path=TAGS, method="POST", count=1, drop=True)
        done = self.project.millrace("run", "sync-tags", "--live", "--json", "--event", "-", stdin=tag_event("lost answer"))
        self.assertEqual(done.returncode, 1, done.stderr)
        run = json.loads(done.stdout)["runs"][0]
        self.assertEqual(run["outcome"], "parked")
        self.assertEqual([r["method"] for r in self.sandbox.requests()].count("POST"), 1)

    def test_half_an_answer_and_one_that_is_no_json(self):
        self.fail("127.0.0.1", path=TAGS, method="GET", count=9, truncate=10)

    def test_ctrl_c_calls_the_run_off_and_says_what_had_been_done(self):
        self.sandbox.fault(path=TAGS, method="GET", count=1, delay_ms=20000)
        running = subprocess.Popen([program, "run", "sync-tags", "--live", "--json"], cwd=self.project.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 10
        while not self.connected():
            self.assertLess(time.monotonic(), deadline, "the run never asked the sandbox")
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=10)
        self.assertEqual(running.returncode, 130)
        self.assertEqual(json.loads(out)["runs"][0]["outcome"], "cancelled")

    def connected(self):
        """Whether somebody has a connection to the sandbox, as the kernel sees it."""
        lines = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        established = "01"
        return any(line[2].endswith(f":{self.sandbox.port:04X}") and line[3] == established for line in lines)

    def test_the_sandbox_is_not_running(self):
        self.sandbox.close()
        try:
            self.fail("could not connect", "millrace sandbox")
        finally:
            self.sandbox.__init__()

    def test_an_answer_that_is_not_json(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def answer():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<html>oh</html>")

        threading.Thread(target=answer, daemon=True).start()
        project = Project(f"http://127.0.0.1:{listener.getsockname()[1]}")
        self.addCleanup(project.close)
        done = project.millrace("run", "sync-tags", "--live", "--event", "-", stdin=tag_event("x"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("not JSON", done.stderr)


class CannotStart(unittest.TestCase):
    def setUp(self):
        self.project = Project(token=None)
        self.addCleanup(self.project.close)

    def test_without_the_secret_nothing_begins(self):
        done = self.project.millrace("plan", "sync-tags", "--event", "-", stdin=tag_event("x"))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("MILLRACE_SECRET_HIGHLEVEL_TOKEN", done.stderr)

    def test_without_the_connection_nothing_begins(self):
        self.project.write("millrace.yaml", "version: 1\n")
        done = self.project.millrace("plan", "sync-tags", "--event", "-", stdin=tag_event("x"))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("connection", done.stderr)

    def test_a_workflow_that_is_not_there_is_named_with_a_guess(self):
        done = self.project.millrace("plan", "sync-tag")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('"sync-tags"', done.stderr)

    def test_a_folder_without_a_project(self):
        done = self.project.millrace("-C", self.project.folder / "state", "plan", "hello")
        self.assertEqual(done.returncode, 3, done.stderr)

    def test_wrong_usage(self):
        for arguments in (["plan"], ["nonsense"], ["run", "hello", "--nonsense"]):
            done = self.project.millrace(*arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("error:", done.stderr)

    def test_an_event_that_the_trigger_could_not_give(self):
        done = self.project.millrace("plan", "sync-tags", "--event", "-", stdin='{"change": "added", "tag": {"id": "a", "name": 3}}')
        self.assertEqual(done.returncode, 1)
        self.assertIn("at tag/name: expected text", done.stderr)

    def test_an_event_that_is_no_json(self):
        done = self.project.millrace("plan", "hello", "--event", "-", stdin="{broken")
        self.assertEqual(done.returncode, 1)
        self.assertIn("event", done.stderr)


if __name__ == "__main__":
    main()
