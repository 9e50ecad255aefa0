"""A large account: 10,000 tags, 50,000 contacts, 5,000 posts. What looks at all of it keeps to the budget, needs little memory, and
makes as many calls as the plan said. The sandbox's intervals are short here; MILLRACE_INTERVAL=10000 gives those of the published API."""
import json
import os
import unittest

from project import Project, Sandbox, main
from served import Served
from service import INSTRUMENTED, PATIENCE

TAGS, CONTACTS, POSTS, UNUSED = 10_000, 50_000, 5_000, 30
MOST_MIB, MOST_WITH_A_KEPT_PLAN = 100, 110  # what was read of each thing lies in a kept plan, and is held against what is there now
ONE_STEP = """version: 1
name: {action}
mode: live
locations: [loc_main]
safety: {{max_changes: 100}}
{more}actions:
  - id: done
    action: {action}
    with: {inputs}
"""
WATCHED, LATER = "2026-06-01T07:00:00Z", "2026-11-27T09:00:00Z"


def world():
    day = "2026-06-01T00:00:00.000Z"
    used = TAGS - UNUSED
    return {"now": LATER, "locations": [{"id": "loc_main", "name": "Main"}],
            "location_tags": [{"id": f"tag_{n:016}", "name": f"tag number {n}", "locationId": "loc_main"} for n in range(TAGS)],
            "contacts": [{"id": f"con_{n:016}", "locationId": "loc_main", "firstName": f"Somebody {n}", "email": f"somebody{n}@example.com",
                          "dateAdded": f"2026-01-01T{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}.000Z",
                          "tags": [f"tag number {(n + more) % used}" for more in range(3)]} for n in range(CONTACTS)],
            "social_tags": [{"_id": f"{n:024x}", "tag": f"social {n}", "locationId": "loc_main", "createdBy": "user_ada", "deleted": False,
                             "createdAt": day, "updatedAt": day} for n in range(20)],
            "social_posts": [{"_id": f"{n:024x}", "locationId": "loc_main", "accountId": "a", "platform": "facebook", "type": "post",
                              "status": "published", "summary": f"post {n} " + "with some words " * 10, "tags": [f"{n % 20:024x}"],
                              "createdAt": day, "updatedAt": day, "publishedAt": day, "displayDate": day} for n in range(POSTS)]}


class LargeAccount(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("--limit", "100", "--interval", os.environ.get("MILLRACE_INTERVAL", "500"))
        self.addCleanup(self.sandbox.close)
        self.sandbox.call("/_sandbox/reset", {"state": world()})

    def project(self):
        project = Project(self.sandbox.url)
        self.addCleanup(project.close)
        for name, action, inputs in (("usage", "tags.usage", "{}"), ("candidates", "pruning.candidates", "{unused_for: 90d}"),
                                     ("prune", "pruning.delete", "{unused_for: 90d}")):
            project.write(f"workflows/{name}.yaml", ONE_STEP.format(action=action, inputs=inputs, more=""))
        return project

    def within_bounds(self, project, *arguments, most=MOST_MIB):
        """What the command said, how many calls it spoke of, and how many it made: none of them refused, in little memory."""
        before = len(self.sandbox.requests())
        peak, said = project.peak_of(*arguments, "--json", timeout=300 * PATIENCE)
        statuses = [request["status"] for request in self.sandbox.requests()[before:]]
        self.assertNotIn(429, statuses)
        if not INSTRUMENTED:
            self.assertLess(peak, most, arguments)
        said = json.loads(said)
        (calls,) = said["calls"]
        print(f"{' '.join(arguments)}: {len(statuses)} requests, {calls['calls']} calls, {peak:.0f} MiB")
        return said, calls["calls"], len(statuses)

    def foretold(self, project, name, *arguments):
        """What the live run of a workflow said, and its calls, which the plan knew."""
        _, planned, _ = self.within_bounds(project, "plan", name, *arguments)
        live, told, made = self.within_bounds(project, "run", name, "--live", *arguments)
        self.assertEqual(told, made)
        self.assertLessEqual(abs(planned - made), made / 10)
        return live["runs"][0]["output"], made

    def test_all_of_it_is_looked_at_within_the_budget_and_in_little_memory(self):
        project = self.project()
        usage, made = self.foretold(project, "usage", "--as-of", WATCHED)
        self.assertEqual([usage["totals"][things] for things in ("tags", "contacts", "posts")], [TAGS, CONTACTS, POSTS])
        self.assertEqual(sum(tag["contacts"] for tag in usage["items"]), CONTACTS * 3)
        self.assertLess(made, 160)
        candidates, _ = self.foretold(project, "candidates", "--as-of", LATER)
        self.assertEqual((len(candidates["items"]), candidates["doubt"]), (UNUSED, None))
        pruned, _ = self.foretold(project, "prune", "--as-of", LATER)
        self.assertEqual(pruned["count"], UNUSED)
        self.assertEqual(len(self.sandbox.tags()), TAGS - UNUSED)

    def test_a_plan_of_all_of_it_is_kept_and_applied_in_little_memory(self):
        project = self.project()
        self.within_bounds(project, "run", "usage", "--live", "--as-of", WATCHED)
        self.within_bounds(project, "plan", "prune", "--as-of", LATER, "--out", "plan.json", most=MOST_WITH_A_KEPT_PLAN)
        applied, _, _ = self.within_bounds(project, "apply", "plan.json", most=MOST_WITH_A_KEPT_PLAN)
        self.assertEqual(applied["runs"][0]["output"]["count"], UNUSED)

    def test_a_service_looks_at_all_of_it_in_little_memory(self):
        service = Served("http://127.0.0.1:9", self.sandbox.url)
        self.addCleanup(service.close)
        service.write("workflows/usage.yaml", ONE_STEP.format(action="tags.usage", inputs="{}", more="triggers:\n  - webhook: usage\n    verify: public\n"))
        service.start()
        for looks in (1, 2):
            service.delivered("usage", {})
            run = service.count("usage", looks, within=300)[-1]
            self.assertEqual(run["outcome"], "completed")
        self.assertNotIn(429, [request["status"] for request in self.sandbox.requests()])
        peak = service.peak_mib()
        print(f"a service: {peak:.0f} MiB")
        if not INSTRUMENTED:
            self.assertLess(peak, MOST_MIB)


if __name__ == "__main__":
    main()
