"""What makes the engine die, or stand, does so once or twice and is then set aside; everything else goes on."""
import fcntl
import json
import os
import re
import shutil
import subprocess
import unittest

from project import build, pin, program
from served import POSTS, ServedTest, post
from service import ask, wait_until

DEADLY = {"manifest": 1, "name": "deadly", "version": "1.0.0", "summary": "Dies", "library": True,
          "actions": {"go": {"summary": "Go on", "effect": "none", "output": {"type": "object"}}}}
GO = "  - id: fatal\n    action: deadly.go\n"


class Deadly(ServedTest):
    def setUp(self):
        super().setUp()
        library = (build / "tests" / "plugin" / "deadly.so").read_bytes()
        manifest = self.service.write("plugins/deadly/deadly.json", json.dumps(DEADLY)).read_bytes()
        self.service.write("plugins/deadly/deadly.so", library)
        config = (self.service.folder / "millrace.yaml").read_text()
        # Inside of the engine, where a crash of the library is its own.
        self.service.write("millrace.yaml", config + f'plugins: {{apart: none}}\ntrust: ["{pin("deadly", manifest, library)}"]\n')

    def live(self, comes_about, most=10):
        """Starts the service again and again, until that comes about; how often it died before."""
        for deaths in range(most):
            self.service.process = self.service.launch()
            found = re.search(r"http://127\.0\.0\.1:\d+", self.service.process.stdout.readline())
            if found:
                self.service.url = found[0]
                if wait_until(lambda: self.so(comes_about) or self.service.process.poll() is not None, what="that it lives or dies") and self.so(comes_about):
                    return deaths
            self.assertEqual(self.service.ended(), 86, self.service.log())
        raise AssertionError(f"it died {most} times:\n{self.service.log()}")

    def so(self, comes_about):
        try:
            return comes_about()
        except OSError:
            return False

    def deliver_and_die(self, hook):
        try:
            self.service.hook(hook, {"n": 1})
        except OSError:
            pass
        self.assertEqual(self.service.ended(), 86)

    def test_a_step_that_kills_the_engine_is_parked_after_two_deaths_and_named_by_alarm_and_doctor(self):
        for name, mode, actions in [("boom", "live", GO), ("dry", "dry_run", GO), ("loop", "live", "  - for_each: \"[1, 2]\"\n    do:\n      - {action: deadly.go}\n")]:
            with self.subTest(name):
                self.service.flow(name, actions, mode=mode)
                self.service.flow("other", POSTS)
                self.service.start()
                self.deliver_and_die(name)
                self.assertEqual(self.live(lambda: self.service.runs(name)[0]["outcome"] == "parked"), 1)
                run = self.service.runs(name)[0]["id"]
                self.assertEqual(self.service.ended(self.service.delivered("other", {"n": 1})["runs"][0])["outcome"], "completed")
                alarm = wait_until(lambda: next((each["message"] for each in self.service.get("status")["alarms"] if each["about"] == "run " + run), None), 20, "the alarm")
                for said in (alarm, self.service.run(run)["note"]):
                    self.assertIn("deadly.go", said)
                    self.assertIn('plugin "deadly"', said)
                self.assertEqual(self.service.stop(), 0)
                told = self.service.millrace("doctor")
                self.assertEqual(told.returncode, 1)
                self.assertIn(run, told.stdout)
                self.assertIn("deadly.go", told.stdout)
                self.assertEqual(self.service.millrace("runs", "cancel", run).returncode, 0)
                self.assertNotIn(run, self.service.millrace("doctor").stdout)

    def test_what_is_asked_between_two_deaths_is_done_before_the_run_goes_on(self):
        for order in (["runs", "cancel"], ["pause"]):
            with self.subTest(" ".join(order)):
                self.service.flow("boom", GO)
                self.service.start()
                self.deliver_and_die("boom")
                run = json.loads(self.service.millrace("runs", "list", "--json").stdout)["runs"][0]["id"]
                asked = self.service.millrace(*order, run if order[0] == "runs" else "boom")
                self.assertEqual(asked.returncode, 0, asked.stderr)
                wanted = "cancelled" if order[0] == "runs" else "running"
                ready = lambda: ask(self.service.url, "GET", "/readyz").status == 200 and self.service.run(run)["outcome"] == wanted
                self.assertEqual(self.live(ready), 0)
                self.assertEqual(self.service.stop(), 0)


    def test_a_step_that_was_under_way_is_parked_where_its_plugin_is_gone_at_the_next_start(self):
        for gone in ("folder", "library", "action"):
            with self.subTest(gone):
                self.service.flow("boom", GO)
                self.service.flow("other", POSTS)
                self.service.start()
                self.deliver_and_die("boom")
                folder, kept = self.service.folder / "plugins" / "deadly", self.service.folder / "kept"
                shutil.copytree(folder, kept)
                if gone == "folder":
                    shutil.rmtree(folder)
                elif gone == "library":
                    (folder / "deadly.so").unlink()
                else:
                    (folder / "deadly.json").write_text(json.dumps({**DEADLY, "actions": {"other": DEADLY["actions"]["go"]}}))
                self.service.start()
                run = self.service.runs("boom")[0]["id"]
                self.assertEqual(self.service.ended(self.service.delivered("other", {"n": 1})["runs"][0])["outcome"], "completed")
                note = self.service.reached(run, "parked")["note"]
                self.assertIn("deadly", note)
                self.assertEqual(self.service.stop(), 0)
                self.assertEqual(self.service.millrace("runs", "cancel", run).returncode, 0)
                shutil.rmtree(folder, ignore_errors=True)
                kept.rename(folder)


class CutOff(ServedTest):
    def test_a_dry_run_that_a_kill_cut_off_begins_anew_and_counts_each_change_once(self):
        read = "  - id: read\n    action: http.request\n    connection: web\n    with: {url: /read}\n"
        self.service.flow("dry", post("/a", "a") + read + post("/b", "b"), mode="dry_run")
        self.far.delay = 60
        self.service.start()
        run = self.service.delivered("dry", {})["runs"][0]
        wait_until(lambda: self.far.requests("/read"), what="the read")
        self.service.kill()
        self.far.delay = 0
        self.service.start()
        ended = self.service.ended(run)
        self.assertEqual((ended["outcome"], ended["changes"], len(ended["change_list"])), ("completed", 2, 2))


class Unread(ServedTest):
    def test_output_that_nobody_reads_holds_up_neither_the_service_nor_its_end(self):
        self.service.flow("count", POSTS)
        self.service.start()
        self.assertEqual(self.service.stop(), 0)
        read, written = os.pipe()
        fcntl.fcntl(written, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(written, False)
        try:
            while True:
                os.write(written, b"x" * 100)
        except BlockingIOError:
            os.set_blocking(written, True)
        process = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0"], cwd=self.service.folder, stdin=subprocess.DEVNULL, stdout=written, stderr=written)
        try:
            file = self.service.folder / "state" / "service.json"
            self.service.url = wait_until(lambda: file.exists() and json.loads(file.read_text())["url"], what="the service")
            wait_until(lambda: ask(self.service.url, "GET", "/readyz").status == 200, what="readiness")
            for n in range(50):
                self.service.write(f"workflows/broken{n}.yaml", "nothing: good\n")  # each is told
            for n in range(5):
                self.assertEqual(self.service.ended(self.service.delivered("count", {"n": n})["runs"][0])["outcome"], "completed")
            process.terminate()
            self.assertEqual(process.wait(20), 0)
        finally:
            process.kill()
            os.close(read)
            os.close(written)


if __name__ == "__main__":
    unittest.main()
