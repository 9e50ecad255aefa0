"""For random states of the far side, the plan of every sample workflow says what the live run behind it does.

More states than `script/test` tries: MILLRACE_STATES=5000 MILLRACE_BUILD=build python3 tests/end_to_end/plan_is_the_truth_test.py
"""
import json
import os
import random
import unittest

from project import SandboxTest, main, samples

# Which part of the states, as "2/3", so that several cores can share them.
part, parts = map(int, os.environ.get("MILLRACE_PART", "1/1").split("/"))
states = int(os.environ.get("MILLRACE_STATES", "300"))
# What these do hangs on nothing that a state has more or less of, so a tenth of the states shows as much; half of the time was theirs.
reporting = {"client-report", "collect-statistics", "custom-reporting", "four-endpoints", "hello", "survey-scores"}
watched, today = "2026-06-01T09:00:00Z", "2026-09-21T09:00:00Z"


def same(planned, live):
    """Equal, where what the plan could not know equals everything."""
    if isinstance(planned, dict) and set(planned) == {"$unknown"}:
        return True
    if isinstance(planned, dict) and isinstance(live, dict):
        return planned.keys() == live.keys() and all(same(planned[key], live[key]) for key in planned)
    if isinstance(planned, list) and isinstance(live, list):
        return len(planned) == len(live) and all(map(same, planned, live))
    return planned == live


class PlanIsTheTruth(SandboxTest):
    def event(self, workflow, state, chance, seed):
        """An event that the workflow's trigger could give in this state, or nothing for schedules."""
        location = chance.choice(["loc_main", "loc_north"])
        contacts = state["contacts"] or [{"id": "nobody", "email": "nobody@example.com", "tags": []}]
        if workflow in ("sync-tags", "real-time-tag-sync"):
            names = [tag["name"] for tag in state["location_tags"]] + [f"new {seed}", f"Ünïcode {seed} ☕"]
            ids = [tag["tagId"] for tag in state.get("page_tags", [])] + ["sm_1", "sm_2"] * 5
            tag = {"id": chance.choice(ids), "name": chance.choice(names), "color": chance.choice([None, "#ff8800"]), "description": chance.choice([None, "words"])}
            return {"change": chance.choice(["added", "updated", "updated", "removed"]), "location_id": location, "tag": tag}
        if workflow == "thank-promoters":
            contact = chance.choice(contacts)
            return {"score": chance.choice([3, 9, 10]), "comment": "", "tags": [], "contact": {"email": contact.get("email") or "nobody@example.com"}}
        if workflow == "survey-tagged-contacts":
            contact = chance.choice(contacts)
            return {"id": contact["id"], "location_id": contact.get("locationId", location), "dnd": bool(contact.get("dnd")), "email": contact.get("email") or "nobody@example.com",
                    "first_name": contact.get("firstName") or "Ada", "date_added": chance.choice([None, today]), "tags": chance.choice([["customer"], ["other"], ["customer", "other"], []])}
        return None

    def both(self, workflow, event, as_of, seed):
        arguments = [workflow, "--json", "--as-of", as_of] + (["--event", "-"] if event else [])
        stdin = json.dumps(event) if event else None
        before = self.sandbox.state()
        foreseen = self.project.millrace("plan", *arguments, stdin=stdin)
        self.assertEqual(self.sandbox.state(), before, f"seed {seed}: the plan of {workflow} changed something")
        done = self.project.millrace("run", "--live", *arguments, stdin=stdin)
        told = f"seed {seed}, {workflow}, {event}\n{foreseen.stdout}\n{foreseen.stderr}\n{done.stdout}\n{done.stderr}"
        self.assertEqual(foreseen.returncode, done.returncode, told)
        planned, live = json.loads(foreseen.stdout), json.loads(done.stdout)
        self.assertEqual(planned["writes"], 0, told)
        for plan, run in zip(planned["runs"], live["runs"], strict=True):
            self.assertEqual(plan["outcome"], run["outcome"], told)
            if plan["outcome"] == "stopped_by_safety":  # a plan lists what is too much, too; only the run comes to `on_failure`
                made = [change for change in run["changes"] if change["action"] != "files.write"]
                self.assertTrue(all(any(same(listed, change) for listed in plan["changes"]) for change in made), told)
            else:
                self.assertTrue(same(plan["changes"], run["changes"]), told)
        return planned, live

    def test_the_changes_of_plans_are_those_of_the_runs_that_follow(self):
        changes = {}
        for seed in range(states):
            if seed % parts != part - 1:
                continue
            chance = random.Random(seed)
            self.sandbox.call("/_sandbox/reset", {"seed": seed + 2})
            for file in (self.project.folder / "state").glob("millrace.db*"):
                file.unlink()
            self.both("prune-unused-tags", None, watched, seed)  # so that there is something that was seen unused long ago
            twice = samples + ["sync-tags", "real-time-tag-sync"]  # the second time there may be something to rename
            for workflow in chance.sample(twice, len(twice)):
                if workflow in reporting and seed // parts % 10 != 0:
                    continue
                _, live = self.both(workflow, self.event(workflow, self.sandbox.state(), chance, seed), today, seed)
                for run in live["runs"]:
                    for change in run["changes"] or [{"effect": run["outcome"] if run["outcome"] != "completed" else "nothing"}]:
                        changes.setdefault(workflow, {}).setdefault(change["effect"], 0)
                        changes[workflow][change["effect"]] += 1
        if states < 100:
            return
        for workflow, effect in (("sync-tags", "create"), ("sync-tags", "update"), ("prune-unused-tags", "delete"), ("prune-with-care", "update"),
                                 ("thank-promoters", "update"), ("survey-tagged-contacts", "send"), ("real-time-tag-sync", "update"),
                                 ("analytics-overview", "send"), ("weekly-report", "create"), ("prune-unused-tags", "stopped_by_safety")):
            self.assertGreater(changes[workflow].get(effect, 0), 0, f"{workflow} never came to {effect}: {changes[workflow]}")


if __name__ == "__main__":
    main()
