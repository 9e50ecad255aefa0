"""What hangs in a plugin's library holds up its own steps and nothing else."""
import json
import time
import unittest

from project import build, pin
from served import POSTS, ServedTest
from service import wait_until

STUCK = {"manifest": 1, "name": "stuck", "version": "1.0.0", "summary": "Hangs", "library": True,
         "actions": {name: {"summary": "Hang", "effect": "none", "output": {"type": "object"}} for name in ("hold", "forget", "late")}}


class Hanging(ServedTest):
    def setUp(self):
        super().setUp()
        library = (build / "tests" / "plugin" / "stuck.so").read_bytes()
        manifest = self.service.write("plugins/stuck/stuck.json", json.dumps(STUCK)).read_bytes()
        self.service.write("plugins/stuck/stuck.so", library)
        config = (self.service.folder / "millrace.yaml").read_text()
        self.service.write("millrace.yaml", config + f'trust: ["{pin("stuck", manifest, library)}"]\n')
        self.service.flow("other", POSTS)

    def step(self, action, timeout="1s"):
        return f"  - id: slow\n    action: stuck.{action}\n" + (f"    timeout: {timeout}\n" if timeout else "")

    def other_goes_on(self):
        self.assertEqual(self.service.ended(self.service.delivered("other", {"n": 1})["runs"][0])["outcome"], "completed")

    def alarm(self, about):
        return next((each["message"] for each in self.service.get("status")["alarms"] if each["about"] == about), None)

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
        message = wait_until(lambda: self.alarm("plugin stuck"), 20, "the alarm")
        self.assertIn('stuck.hold (step "slow" of slow)', message)
        self.assertIn("8 calls", message)
        refused = self.service.ended(self.service.delivered("slow", {"n": 41})["runs"][0])
        self.assertIn("takes no more calls", refused["note"])
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


if __name__ == "__main__":
    unittest.main()
