"""Workflow files change while the service runs: what is right is live within seconds, and what is broken changes nothing."""
import json
import os
import time

from project import main
from service import ServiceTest, wait_until


def telling(n, more=""):
    return f"{more}  - action: counter.first\n    with: {{n: {n}}}\n"


class Reload(ServiceTest):
    def setUp(self):
        super().setUp()
        self.service.workflow("count", telling(1))
        self.service.start()

    def told(self):
        """The number that the live version tells."""
        run = self.service.promised("count", {})["runs"][0]
        wait_until(lambda: self.service.run(run)["outcome"] == "completed", what="the end of the run")
        return self.far.seen[-1].body["n"]

    def status(self, workflow="count"):
        return {each["id"]: each for each in self.service.get("workflows")["workflows"]}.get(workflow)

    def test_a_changed_workflow_is_live_within_seconds(self):
        self.assertEqual(self.told(), 1)
        self.service.workflow("count", telling(2))
        began = time.monotonic()
        wait_until(lambda: self.told() == 2, 10, "the new version")
        self.assertLess(time.monotonic() - began, 8)
        self.assertIn("count is swapped for its new version", self.service.log())

    def test_sighup_and_the_api_read_the_files_at_once(self):
        self.service.workflow("count", telling(3))
        changes = json.loads(self.service.api("POST", "reload").body)["changes"]
        self.assertEqual(changes, ["count is swapped for its new version"])
        self.assertEqual(self.told(), 3)

    def test_a_new_file_listens_and_one_that_is_gone_does_not(self):
        self.service.workflow("other", telling(5))
        wait_until(lambda: self.service.hook("other", {}).status == 202, 10, "the new hook")
        (self.service.folder / "workflows" / "count.yaml").unlink()
        wait_until(lambda: self.service.hook("count", {}).status == 404, 10, "the end of the old hook")
        self.assertIsNone(self.status())

    def test_a_broken_save_leaves_the_version_before_it_live_and_says_so(self):
        self.service.write("workflows/count.yaml", "version: 1\nname: count\nmode: live\ntriggers:\n  - webhook: count\n    verify: public\nactions:\n  - action: counter.frist\n")
        wait_until(lambda: self.status()["problem"], 10, "the problem")
        self.assertIn("counter.frist", self.status()["problem"])
        self.assertEqual(self.told(), 1)
        self.assertIn("count.yaml:8:13", self.service.log())
        self.assertIn("the version before it", self.service.log())
        self.assertEqual([alarm["about"] for alarm in self.service.get("status")["alarms"]], ["workflow count"])
        doctor = self.service.millrace("doctor")
        self.assertEqual(doctor.returncode, 1)
        self.assertIn("count.yaml", doctor.stdout)
        self.service.workflow("count", telling(4))
        wait_until(lambda: not self.status()["problem"], 10, "the cure")
        self.assertEqual(self.told(), 4)
        self.assertEqual(self.service.get("status")["alarms"], [])

    def test_a_file_that_is_being_written_in_halves_is_not_taken_half(self):
        """Both halves are valid workflows: taken half, it would tell 7 and then not 8."""
        path = self.service.folder / "workflows" / "count.yaml"
        whole = path.read_text().replace(telling(1), telling(7) + telling(8))
        half = whole.index(telling(8))
        for _ in range(2):
            with open(path, "w") as file:
                file.write(whole[:half])
                file.flush()
                os.fsync(file.fileno())
                for letter in whole[half:]:
                    time.sleep(0.05)
                    file.write(letter)
                    file.flush()
            wait_until(lambda: self.told() == 8, 10, "the whole version")
            self.service.workflow("count", telling(1))
            wait_until(lambda: self.told() == 1, 10, "the version before")
        # A half that was taken is a version of its own.
        self.assertEqual([problem for problem in self.service.log().splitlines() if "broken" in problem], [])
        sevens = [place for place, seen in enumerate(self.far.seen) if seen.body["n"] == 7]
        self.assertTrue(sevens)
        for place in sevens:
            self.assertEqual(self.far.seen[place + 1].body["n"], 8)

    def test_p9_a_run_ends_on_the_version_it_began_with(self):
        self.service.workflow("count", telling(1, "  - wait: 7s\n"))
        self.service.api("POST", "reload")
        old = self.service.promised("count", {})["runs"][0]
        self.service.workflow("count", telling(2))
        self.service.api("POST", "reload")
        self.assertEqual(self.told(), 2)
        self.service.kill()  # the version is kept in the store, not in memory
        self.service.start()
        wait_until(lambda: self.service.run(old)["outcome"] == "completed", 20, "the end of the old run")
        self.assertEqual([seen.body["n"] for seen in self.far.seen], [2, 1])
        (self.service.folder / "workflows" / "count.yaml").unlink()
        self.service.api("POST", "reload")
        self.assertEqual(self.service.run(old)["outcome"], "completed")

    def test_p9_a_run_ends_although_its_file_is_gone(self):
        self.service.workflow("count", telling(1, "  - wait: 1s\n"))
        self.service.api("POST", "reload")
        run = self.service.promised("count", {})["runs"][0]
        (self.service.folder / "workflows" / "count.yaml").unlink()
        self.service.kill()
        self.service.start()
        wait_until(lambda: self.service.run(run)["outcome"] == "completed", 20, "the end of the run")
        self.assertEqual(len(self.far.seen), 1)


if __name__ == "__main__":
    main()
