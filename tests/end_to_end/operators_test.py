"""What operators ask: `doctor`, metrics, many retries at once, and the words they try first."""
import json
import os
import pathlib
import re
import shutil
import tempfile
import time

from project import Project, main
from served import POSTS, ServedTest
from service import wait_until

ASKS = "  - action: counter.first\n    with: {n: 1}\n"
NOTHING = "nothing is broken"


class Doctor(ServedTest):
    def diagnosis(self, code, *said):
        done = self.service.millrace("doctor")
        self.assertEqual((done.returncode, NOTHING in done.stdout), (code, code == 0), done.stdout + done.stderr)
        for words in said:
            self.assertIn(words, done.stdout)
        machine = self.service.millrace("doctor", "--json")
        self.assertEqual(machine.returncode, code)
        for words in said:
            self.assertIn(words, machine.stdout)

    def test_where_there_is_no_project_nothing_is_said_to_be_well(self):
        for made in ([], ["output"], ["state"]):
            folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
            self.addCleanup(shutil.rmtree, folder)
            for name in made:
                (folder / name).mkdir()
            for arguments in (["doctor"], ["doctor", "--json"]):
                done = self.service.millrace("-C", folder, *arguments)
                self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
                self.assertIn("there is no project here", done.stderr)

    def test_an_alarm_is_told_by_the_running_service_and_from_the_store_once_it_is_gone(self):
        self.service.flow("beat", more="alert_if_no_run_for: 1s\n")
        self.service.start()
        wait_until(lambda: self.service.get("status")["alarms"], what="the alarm")
        self.diagnosis(1, "silence of beat: it has not run for 1s")
        self.assertEqual(self.service.metric("millrace_alarms"), 1)
        wait_until(lambda: self.service.state("engine", "alarm/silence of beat"), what="the alarm in the store")
        self.service.kill()
        self.diagnosis(1, "silence of beat", "as it was left")
        self.service.start()
        self.service.stop()
        self.diagnosis(1, "silence of beat", "as it was left")

    def test_a_token_that_was_refused_is_told_until_it_is_taken_whoever_met_it(self):
        self.service.flow("asks", ASKS, "  - webhook: asks\n    verify: public\n")
        self.far.answers["/first"] = [401]
        self.assertEqual(self.service.millrace("run", "asks", "--live").returncode, 1)
        self.diagnosis(1, "token of far", "refused the token")
        self.service.start()
        self.diagnosis(1, "token of far")
        self.far.answers["/first"] = [200]
        self.assertEqual(self.service.millrace("run", "asks", "--live").returncode, 0)
        wait_until(lambda: not self.service.get("status")["alarms"], what="the all-clear")
        self.diagnosis(0)
        self.far.answers["/first"] = [401]
        self.service.ended(self.service.delivered("asks", {})["runs"][0])
        wait_until(lambda: self.service.get("status")["alarms"], what="the alarm")
        self.diagnosis(1, "token of far")
        self.service.stop()
        self.diagnosis(1, "token of far")
        self.far.answers["/first"] = [200]
        self.service.start()
        self.diagnosis(1, "token of far")
        self.service.ended(self.service.delivered("asks", {})["runs"][0])
        wait_until(lambda: not self.service.get("status")["alarms"], what="the all-clear")
        self.service.stop()
        self.diagnosis(0)

    def test_a_service_that_does_not_let_us_in_is_something_broken(self):
        self.service.flow("beat", more="alert_if_no_run_for: 1s\n")
        self.service.start()
        token = self.service.folder / "state" / "api-token"
        wait_until(lambda: self.service.state("engine", "alarm/silence of beat"), what="the alarm in the store")
        right = token.read_text()
        token.write_text("0" * 64 + "\n")
        self.diagnosis(1, "the service does not let us in", "silence of beat")
        token.unlink()
        self.diagnosis(1, "api-token", "silence of beat")
        token.write_text(right)


class Metrics(ServedTest):
    def last_success(self):
        return self.service.metric("millrace_last_success_timestamp_seconds")

    def test_the_last_success_is_known_at_the_first_look_after_a_restart_and_a_run_in_the_foreground_counts(self):
        self.service.flow("asks", ASKS, "  - webhook: asks\n    verify: public\n")
        begun = time.time()
        self.assertEqual(self.service.millrace("run", "asks", "--live").returncode, 0)
        self.service.start()
        first = wait_until(self.last_success, what="the metric")
        self.assertGreaterEqual(first, int(begun))
        self.service.stop()
        self.service.start()
        self.assertEqual(wait_until(self.last_success, what="the metric"), first)
        self.far.answers["/first"] = [422]
        self.assertEqual(self.service.millrace("run", "asks", "--live").returncode, 1)
        self.far.answers["/first"] = [200]
        wait_until(lambda: time.time() > first + 1.1, what="another second")
        self.assertEqual(self.service.millrace("run", "asks", "--live").returncode, 0)
        wait_until(lambda: self.last_success() > first, what="the later success")


if __name__ == "__main__":
    main()
