"""What hangs in a plugin's library holds up its own steps and nothing else."""
import json
import pathlib
import time
import unittest

from project import build, pin
from served import POSTS, ServedTest
from service import wait_until

STUCK = {"manifest": 1, "name": "stuck", "version": "1.0.0", "summary": "Hangs", "library": True,
         "actions": {name: {"summary": "Hang", "effect": "none", "output": {"type": "object"}} for name in ("hold", "forget", "late")}}


DEADLY = {"manifest": 1, "name": "deadly", "version": "1.0.0", "summary": "Dies", "library": True,
          "actions": {"go": {"summary": "Go on", "effect": "none", "output": {"type": "object"}}}}


def children(process):
    """The processes that it has started and that are there."""
    found = []
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if fields[0] != "Z" and int(fields[1]) == process:
            found.append(int(status.parent.name))
    return found


class Hanging(ServedTest):
    """Inside of the engine."""
    apart = "none"

    def setUp(self):
        super().setUp()
        library = (build / "tests" / "plugin" / "stuck.so").read_bytes()
        manifest = self.service.write("plugins/stuck/stuck.json", json.dumps(STUCK)).read_bytes()
        self.service.write("plugins/stuck/stuck.so", library)
        config = (self.service.folder / "millrace.yaml").read_text()
        self.service.write("millrace.yaml", config + f'plugins: {{apart: {self.apart}}}\ntrust: ["{pin("stuck", manifest, library)}"]\n')
        self.service.flow("other", POSTS)

    def step(self, action, timeout="1s"):
        return f"  - id: slow\n    action: stuck.{action}\n" + (f"    timeout: {timeout}\n" if timeout else "")

    def other_goes_on(self):
        self.assertEqual(self.service.ended(self.service.delivered("other", {"n": 1})["runs"][0])["outcome"], "completed")

    def alarm(self, about):
        return next((each["message"] for each in self.service.get("status")["alarms"] if each["about"] == about), None)

    def look_at_what_is_left(self):
        message = wait_until(lambda: self.alarm("plugin stuck"), 20, "the alarm")
        self.assertIn('stuck.hold (step "slow" of slow)', message)
        self.assertIn("8 calls", message)
        refused = self.service.ended(self.service.delivered("slow", {"n": 41})["runs"][0])
        self.assertIn("takes no more calls", refused["note"])

    def test_forty_calls_that_never_end_fail_in_time_and_the_rest_and_the_drain_go_on(self):
        self.service.flow("slow", self.step("hold"), more="concurrency: parallel\n")
        self.service.start()
        for n in range(40):
            self.service.delivered("slow", {"n": n})
        self.other_goes_on()
        runs = self.service.count("slow", 40, 60)
        for run in runs:
            self.assertEqual(run["outcome"], "failed")
        self.assertIn("not done within 1s", self.service.run(runs[0]["id"])["note"])
        self.look_at_what_is_left()
        self.other_goes_on()
        self.assertEqual(self.service.stop(within=30), 0)

    def test_the_drain_is_over_although_calls_without_a_time_limit_are_under_way(self):
        self.service.flow("slow", self.step("hold", None), more="concurrency: parallel\n")
        self.service.start("--drain-timeout", "1s")
        for n in range(20):
            self.service.delivered("slow", {"n": n})
        self.other_goes_on()
        begun = time.monotonic()
        self.assertEqual(self.service.stop(within=60), 0)
        self.assertLess(time.monotonic() - begun, 30)

    def test_whoever_outlives_a_time_limit_has_failed_a_step_as_a_group(self):
        inside = self.step("late", None).replace("  - ", "      - ", 1).replace("\n    ", "\n        ")
        self.service.flow("alone", self.step("late"))
        self.service.flow("grouped", f"  - timeout: 1s\n    do:\n{inside}")
        self.service.flow("silent", self.step("forget"))
        self.service.start()
        for name in ("alone", "grouped", "silent"):
            run = self.service.ended(self.service.delivered(name, {"n": 1})["runs"][0])
            self.assertEqual(run["outcome"], "failed", name)
            self.assertIn("not done within 1s", run["note"], name)
        self.assertEqual(self.service.stop(), 0)


class HangingApart(Hanging):
    """The same in a process of its own: it is replaced, and nothing is left."""
    apart = "strangers"

    def look_at_what_is_left(self):
        self.assertIn('stuck.hold (step "slow" of slow)', wait_until(lambda: self.alarm("plugin stuck"), 20, "the alarm"))
        run = self.service.ended(self.service.delivered("slow", {"n": 41})["runs"][0])
        self.assertIn("not done within 1s", run["note"])
        wait_until(lambda: len(children(self.service.process.pid)) <= 1, 30, "the end of the processes that hung")


class DeadlyApart(ServedTest):
    def test_a_library_that_dies_fails_its_step_and_the_engine_lives(self):
        library = (build / "tests" / "plugin" / "deadly.so").read_bytes()
        manifest = self.service.write("plugins/deadly/deadly.json", json.dumps(DEADLY)).read_bytes()
        self.service.write("plugins/deadly/deadly.so", library)
        config = (self.service.folder / "millrace.yaml").read_text()
        self.service.write("millrace.yaml", config + f'trust: ["{pin("deadly", manifest, library)}"]\n')
        self.service.flow("fatal", "  - id: fatal\n    action: deadly.go\n")
        self.service.flow("other", POSTS)
        self.service.start()
        run = self.service.ended(self.service.delivered("fatal", {"n": 1})["runs"][0])
        self.assertEqual(run["outcome"], "failed")
        self.assertIn("deadly ended by itself (86) twice in this step", run["note"])
        self.assertEqual(self.service.ended(self.service.delivered("other", {"n": 1})["runs"][0])["outcome"], "completed")
        for n in (2, 3):
            self.service.ended(self.service.delivered("fatal", {"n": n})["runs"][0])
        alarm = wait_until(lambda: next((each["message"] for each in self.service.get("status")["alarms"] if each["about"] == "plugin deadly"), None), 20, "the alarm")
        self.assertIn('(step "fatal" of fatal)', alarm)
        self.assertIn("out of service for now, and its calls wait", alarm)
        waiting = self.service.delivered("fatal", {"n": 4})["runs"][0]
        self.assertEqual(self.service.ended(self.service.delivered("other", {"n": 2})["runs"][0])["outcome"], "completed")
        self.assertEqual(self.service.get(f"runs/{waiting}")["outcome"], "running")
        allowed = self.service.millrace("plugin", "allow", "deadly")
        self.assertEqual((allowed.returncode, allowed.stdout), (0, "deadly is tried again\n"), allowed.stderr)
        self.assertIn("twice in this step", self.service.ended(waiting)["note"])
        self.assertIn("not out of service", self.service.millrace("plugin", "allow", "deadly").stderr)
        self.assertIn("allow", [line["what"] for line in self.service.get("audit")["audit"]])
        engine = self.service.process.pid
        self.assertEqual(children(engine), [])
        self.assertEqual(self.service.stop(), 0)

    def test_a_process_apart_ends_with_the_engine_however_that_ends(self):
        library = (build / "tests" / "plugin" / "stuck.so").read_bytes()
        manifest = self.service.write("plugins/stuck/stuck.json", json.dumps(STUCK)).read_bytes()
        self.service.write("plugins/stuck/stuck.so", library)
        config = (self.service.folder / "millrace.yaml").read_text()
        self.service.write("millrace.yaml", config + f'trust: ["{pin("stuck", manifest, library)}"]\n')
        self.service.flow("slow", "  - action: stuck.hold\n")
        self.service.start()
        self.service.delivered("slow", {"n": 1})
        process = wait_until(lambda: children(self.service.process.pid), 20, "its process")[0]
        self.service.kill()
        wait_until(lambda: not pathlib.Path(f"/proc/{process}").exists(), 20, "its end")


if __name__ == "__main__":
    unittest.main()
