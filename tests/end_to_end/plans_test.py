"""What a page does with the service: it looks, writes a file under what it saw, plans, and applies exactly that."""
import json

from project import main
from served import ENDED, ServedSandboxTest
from service import wait_until

TIDY = """version: 1
name: Tidy the tags
locations: [loc_main]
mode: dry_run
triggers: manual
safety: {max_changes: 60}
actions:
  - {id: seen, action: tags.usage}
  - {action: highlevel.location_tags.create, with: {name: made by a plan}}
  - {action: highlevel.location_tags.delete, with: {tag_id: "${{ event.id }}"}}
"""


class Plans(ServedSandboxTest):
    def setUp(self):
        super().setUp()
        self.service.write("workflows/tidy.yaml", TIDY)
        self.service.start()
        self.first, self.second = self.sandbox.tags()[:2]

    def said(self, method, path, status, body=None, headers=None):
        answer = self.service.api(method, path, body, headers)
        self.assertEqual(answer.status, status, answer.body)
        return json.loads(answer.body)

    def planned(self, **more):
        id = self.said("POST", "plans", 202, {"workflow": "tidy", "event": {"id": self.first["id"]}, **more})["id"]
        return wait_until(lambda: next((plan for plan in [self.service.get(f"plans/{id}")] if plan["state"] == "planned"), None), what="the plan")

    def names(self):
        return {tag["name"] for tag in self.sandbox.tags()}

    def test_a_plan_is_looked_at_and_applied_once(self):
        before = self.names()
        plan = self.planned()
        self.assertEqual(plan["counts"], {"create": 1, "delete": 1})
        self.assertEqual(self.names(), before)
        changes = self.service.get(f"plans/{plan['id']}/changes?effect=delete")["changes"]
        self.assertEqual([change["location"] for change in changes], ["loc_main"])
        run = self.said("POST", f"plans/{plan['id']}/apply", 202)["run"]
        self.assertEqual(self.service.run(run)["id"], run)  # whoever hears of it looks at once
        wait_until(lambda: self.service.run(run)["outcome"] in ENDED, what="the end of the run")
        self.assertEqual(self.names(), before - {self.first["name"]} | {"made by a plan"})
        head = wait_until(lambda: next((plan for plan in [self.service.get(f"plans/{plan['id']}")] if plan["state"] == "applied"), None), what="the end")
        self.assertEqual((head["runs"], head["not_made"], head["refused"]), ([run], [], None))
        self.said("POST", f"plans/{plan['id']}/apply", 409)
        self.assertIn("apply", [line["what"] for line in self.service.get("audit?about=tidy")["audit"]])
        steps = self.service.get(f"runs/{run}?payloads=no")["steps"]
        self.assertNotIn("output", steps[0])
        self.assertGreater(self.service.get(f"runs/{run}")["changes"], 0)
        self.assertTrue(self.service.get(f"runs/{run}/steps/0.0")["output"])

    def test_what_changed_meanwhile_is_named_and_nothing_is_written(self):
        plan = self.planned()
        self.sandbox.call("/_sandbox/reset", {"state": {**self.sandbox.state(), "location_tags": [
            tag for tag in self.sandbox.state()["location_tags"] if tag["id"] != self.second["id"]]}})
        before = self.names()
        refused = self.said("POST", f"plans/{plan['id']}/apply", 409)
        self.assertIn(self.second["name"], "\n".join(refused["differences"]))
        self.assertEqual(self.names(), before)

    def test_a_text_on_a_screen_is_planned_and_applied_when_it_is_saved(self):
        text = TIDY.replace("made by a plan", "made by a text")
        draft = self.planned(text=text)
        self.assertFalse(draft["of_file"])
        self.said("POST", f"plans/{draft['id']}/apply", 409)
        seen = self.service.get("workflows/tidy")
        saved = self.said("PUT", "workflows/tidy", 200, {"text": text}, {"If-Match": f'"{seen["version"]}"'})
        self.assertEqual(saved["live_version"], saved["version"])
        lost = self.said("PUT", "workflows/tidy", 412, {"text": TIDY}, {"If-Match": f'"{seen["version"]}"'})
        self.assertEqual((lost["text"], lost["version"]), (text, saved["version"]))
        self.assertEqual((self.service.folder / "workflows/tidy.yaml").read_text(), text)
        run = self.said("POST", f"plans/{draft['id']}/apply", 202)["run"]
        wait_until(lambda: self.service.run(run)["outcome"] in ENDED, what="the end of the run")
        self.assertIn("made by a text", self.names())


if __name__ == "__main__":
    main()
