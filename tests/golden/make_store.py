#!/usr/bin/env python3
"""Makes the golden files: a store with runs of every standing and every kind of event, and a plan.

MILLRACE_BUILD=build python3 tests/golden/make_store.py

They are what the program wrote when they were made, and what it has to read ever after: an older one is not made anew, a
newer layout of the store gets files of its own beside it.
"""
import json
import pathlib
import shutil
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "end_to_end"))

from golden import GOLDEN, PLANNED, PLANNED_AT, FarSide, Golden  # noqa: E402
from project import Sandbox  # noqa: E402
from service import wait_until  # noqa: E402


class Maker:
    def __init__(self):
        self.far = FarSide()
        self.sandbox = Sandbox("--limit", "off")
        self.service = Golden(self.far.url, self.sandbox.url)

    def close(self):
        self.service.close()
        self.sandbox.close()
        self.far.close()

    def delivered(self, workflow, n, **more):
        return self.service.delivered(workflow, {"n": n, **more})["runs"][0]

    def comes_to(self, outcome, workflow, n, **more):
        run = self.delivered(workflow, n, **more)
        self.service.reached(run, outcome)
        return run

    def done(self, *arguments):
        told = self.service.millrace(*arguments)
        if told.returncode:
            raise AssertionError(f"{arguments}: {told.stdout}{told.stderr}")

    def asked_by(self, caller):
        """The run that waits for an approval on behalf of a caller."""
        return wait_until(lambda: next((run["id"] for run in self.service.runs("called") if run["outcome"] == "waiting"), None), what=f"the call of {caller}")

    def ended_runs(self):
        self.far.answers.update({"/state": [202, 202, 200, 202, 200], "/refused": [422], "/two": [409], "/bad": [422], "/flaky": [409]})
        self.comes_to("completed", "every-block", 3)
        newer = self.service.folder / "workflows" / "every-block.yaml"
        newer.write_text(newer.read_text() + "# a second version\n")
        self.service.api("POST", "reload", {})
        self.comes_to("completed", "every-block", 1)
        self.comes_to("failed", "fails", 1)
        again = self.comes_to("failed", "fails", 2)
        self.far.answers["/two"] = [200]
        self.done("runs", "retry", again, "--from", "two")
        self.service.reached(again, "completed")
        self.far.answers["/bad"] = [422]
        loop = self.comes_to("failed", "loop-fails", 1)
        self.far.answers["/bad"] = [200]
        self.done("runs", "retry", loop)
        self.service.reached(loop, "completed")
        self.comes_to("skipped", "skips", 1)
        self.comes_to("stopped_by_safety", "limits", 1)
        off = self.comes_to("waiting", "cancelled", 1)
        self.done("runs", "cancel", off)
        self.service.reached(off, "cancelled")
        self.comes_to("completed", "rehearsal", 1)
        self.comes_to("completed", "remembers", 1)
        self.comes_to("completed", "remembers", 2)
        self.done("run", "terminal", "--live")

    def what_people_said(self):
        self.far.dropped = {"/order"}
        happened, did_not, _ = (self.comes_to("parked", "unsure", n) for n in (1, 2, 3))
        self.far.dropped = set()
        self.done("runs", "resolve", happened, "--happened", "--output", '{"status": 201, "headers": {}, "body": null}')
        self.done("runs", "resolve", did_not, "--did-not-happen")
        yes, no, _ = (self.comes_to("waiting", "asks", n) for n in (1, 2, 3))
        self.done("approve", yes, "--comment", "looks right")
        self.done("approve", no, "--no", "--comment", "too many")
        self.comes_to("completed", "caller", 100, ask=False)
        self.delivered("caller", 101, ask=True)
        self.done("approve", self.asked_by("caller"))
        self.delivered("caller", 102, ask=True)
        for run, outcome in ((happened, "completed"), (did_not, "completed"), (yes, "completed"), (no, "failed")):
            self.service.reached(run, outcome)
        wait_until(lambda: self.service.outcomes("caller") == {"completed": 2, "running": 1}, what="the callers")
        self.asked_by("caller")
        self.done("pause", "paused")
        self.comes_to("skipped", "paused", 1)

    def a_death(self):
        self.far.held = {("/first", 500)}
        run = self.delivered("dies", 500)
        self.leaves("/first", 500)
        self.service.kill()
        self.far.held = set()
        self.service.start()
        self.service.reached(run, "completed")

    def leaves(self, path, n):
        wait_until(lambda: any(each.path == path and each.body and each.body["n"] == n for each in list(self.far.seen)), what=f"{path} {n}")

    def under_way(self):
        """What the last death finds in the middle."""
        self.far.held = {("/first", 72), ("/second", 73), ("/second", 80), ("/torn", 90)}
        self.delivered("loop", 7)
        self.delivered("loop", 8)
        for location in ("loc_main", "loc_north"):
            self.sandbox.fault(path=f"/locations/{location}/tags", method="POST", count=1, delay_ms=600000)
        self.delivered("branches", 80)
        self.delivered("lost", 85)
        self.delivered("torn", 90)
        for path, n in (("/first", 72), ("/second", 73), ("/second", 80), ("/torn", 90)):
            self.leaves(path, n)
        wait_until(lambda: {each["body"]["name"] for each in self.sandbox.requests() if each["method"] == "POST" and each["path"].endswith("/tags")} >= {"golden there", "golden lost"}, what="the tags")
        again = self.delivered("again", 1)
        wait_until(lambda: [step["status"] for step in self.service.run(again)["steps"]] == ["waiting"], what="the first failure")
        self.comes_to("waiting", "waits", 1)
        self.service.kill()

    def kept(self, name):
        shutil.copy(self.service.folder / "state" / "millrace.db-mark", GOLDEN / f"{name}-mark")
        with sqlite3.connect(self.service.folder / "state" / "millrace.db") as store:
            store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.execute("VACUUM")
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.close()
        shutil.copy(self.service.folder / "state" / "millrace.db", GOLDEN / name)


def make_plan():
    """In the world as it is at the sandbox's beginning."""
    sandbox = Sandbox(listen=PLANNED_AT)
    project = Golden("http://127.0.0.1:9", sandbox.url)
    try:
        made = project.folder / "plan.json"
        project.json("plan", "planned", "--event", "-", "--out", made, stdin=json.dumps(PLANNED))
        shutil.copy(made, GOLDEN / "plan-1.json")
    finally:
        project.close()
        sandbox.close()


def main():
    make_plan()
    maker = Maker()
    try:
        maker.service.start()
        maker.ended_runs()
        maker.what_people_said()
        maker.a_death()
        maker.under_way()
        maker.kept("store-2.db")
        write("shown.json", maker.service.shown())
        write("sent.json", [[each.path, each.key, each.body] for each in maker.far.seen if each.key])
    finally:
        maker.close()


def write(name, what):
    (GOLDEN / name).write_text(json.dumps(what, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
