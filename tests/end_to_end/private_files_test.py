"""What lies below state/ is this user's alone, and nothing that somebody else has put there is believed, followed or waited for."""
import json
import os
import stat
import subprocess
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer

from project import main, program
from service import ServiceTest

ENOUGH = 20  # seconds: nothing waits for ever for a FIFO


class PrivateFiles(ServiceTest):
    def setUp(self):
        super().setUp()
        self.service.workflow("count", "  - set: {kept: true}\n")
        self.state = self.service.folder / "state"

    def millrace(self, *arguments):
        return subprocess.run([program, *arguments], cwd=self.service.folder, capture_output=True, text=True, timeout=ENOUGH, check=False, stdin=subprocess.DEVNULL)

    def used_once(self):
        """Everything that Millrace makes there is there."""
        self.service.start()
        self.service.promised("count", {})
        self.service.stop()
        self.assertEqual(self.millrace("plan", "count", "--out", "plan.json").returncode, 0)

    def test_folder_and_files_are_for_nobody_else(self):
        self.state.chmod(0o755)
        before = os.umask(0)
        try:
            self.used_once()
            self.service.start()  # with the log that SQLite keeps beside the store, and the service's address
        finally:
            os.umask(before)
        self.assertEqual(stat.S_IMODE(self.state.stat().st_mode), 0o700)
        names = {path.name: stat.S_IMODE(path.stat().st_mode) for path in self.state.iterdir()}
        self.assertTrue({"api-token", "service.json", "plan-key", "millrace.db", "millrace.db-wal"} <= set(names), names)
        self.assertEqual({name: mode for name, mode in names.items() if mode & 0o077}, {})

    def test_a_folder_that_is_made_is_for_nobody_else(self):
        (self.state / "secrets.json").unlink(missing_ok=True)
        self.state.rmdir()
        self.used_once()
        self.assertEqual(stat.S_IMODE(self.state.stat().st_mode), 0o700)

    def replaced(self, put):
        """With each file of state/ replaced in turn: what each verb and the start of the service say of it."""
        self.used_once()
        names = sorted(path.name for path in self.state.iterdir())
        self.assertTrue({"api-token", "plan-key", "millrace.db"} <= set(names), names)
        names += [name for name in ("service.json", "secrets.json", "millrace.db-wal", "millrace.db-shm", "millrace.db-trees") if name not in names]
        for name in names:
            with self.subTest(name):
                file, aside = self.state / name, self.service.folder / "aside"
                if there := file.exists():
                    file.rename(aside)
                put(file)
                said = [self.millrace("runs", "list"), self.millrace("apply", "plan.json"), self.millrace("doctor"), self.millrace("pause", "count")]
                if name in NEEDED_BY_SERVICE:
                    said.append(self.millrace("serve", "--listen", "127.0.0.1:0"))
                    self.assertNotEqual(said[-1].returncode, 0)
                self.assertTrue(file.is_fifo() or file.is_symlink() or file.read_text() == "{}")
                file.unlink()
                if there:
                    aside.rename(file)
                if name not in ONLY_A_CACHE:
                    self.assertIn(name, "".join(one.stderr + one.stdout for one in said))
                    self.assertTrue(any(one.returncode != 0 for one in said))

    def test_a_fifo_holds_nobody(self):
        self.replaced(lambda file: os.mkfifo(file, 0o600))

    def test_a_link_leads_nowhere(self):
        elsewhere = self.service.folder / "elsewhere"
        elsewhere.write_text("left alone")
        self.replaced(lambda file: file.symlink_to(elsewhere))
        self.assertEqual(elsewhere.read_text(), "left alone")

    def test_a_link_to_what_is_not_there_makes_nothing(self):
        self.replaced(lambda file: file.symlink_to(self.service.folder / "made"))
        self.assertFalse((self.service.folder / "made").exists())

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    def test_what_belongs_to_somebody_else_is_not_believed(self):
        def put(file):
            file.write_text("{}")
            file.chmod(0o600)
            os.chown(file, 65534, 65534)
        self.replaced(put)


class Address(ServiceTest):
    """`millrace` gives the service's token to the address that state/service.json says."""

    def setUp(self):
        super().setUp()
        self.service.workflow("count", "  - set: {kept: true}\n")
        heard = self.heard = []

        class Stranger(BaseHTTPRequestHandler):
            def do_GET(self):
                heard.append(dict(self.headers))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")
            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.stranger = HTTPServer(("127.0.0.1", 0), Stranger)
        threading.Thread(target=self.stranger.serve_forever, daemon=True).start()
        self.addCleanup(self.stranger.server_close)
        self.addCleanup(self.stranger.shutdown)
        self.service.start()
        self.file = self.service.folder / "state" / "service.json"
        self.started = self.service.promised("count", {})["runs"][0]

    def test_nothing_is_sent_to_an_address_that_the_service_did_not_write(self):
        about = json.loads(self.file.read_text())
        url = f"http://127.0.0.1:{self.stranger.server_port}"
        for change in ({"url": url}, {"url": url, "port": self.stranger.server_port}, {"url": url, "seal": ""}, {"url": url, "seal": None}):
            self.file.write_text(json.dumps({**about, **change}))
            for verb in (("pause", "count"), ("resume", "--all"), ("runs", "cancel", self.started), ("backup", "copy.db")):
                done = self.service.millrace(*verb)
                self.assertNotEqual(done.returncode, 0, (verb, done.stdout))
                self.assertIn("was not written by this project's service", done.stderr)
        self.assertEqual(self.heard, [])
        self.file.write_text(json.dumps(about))
        self.assertEqual(self.service.millrace("pause", "count").returncode, 0)


# Without which it does not start; the others it makes anew, or does not need.
NEEDED_BY_SERVICE = {"api-token", "millrace.db", "millrace.db-wal", "millrace.db-shm", "millrace.db-turn", "millrace.db-service", "millrace.db-mark"}
ONLY_A_CACHE = {"millrace.db-trees", "budgets"}  # done without, whatever stands there

if __name__ == "__main__":
    main()
