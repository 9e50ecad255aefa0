"""A plan in a file, to be applied, and the world that it was made for: what its tests share."""
import hmac
import json
import urllib.request

from project import SandboxTest, tag_event

TAGS = "/locations/loc_main/tags"

# One more tag for each name that the event brings, all at once.
MANY = """version: 1
name: Many tags
locations: [{locations}]
triggers: [manual]
{safety}
actions:
  - id: known
    action: highlevel.location_tags.list
    connection: highlevel
  - id: made
    for_each: event.names
    parallel: 4
    do:
      - action: highlevel.location_tags.create
        connection: highlevel
        {on_error}
        with: {{name: "${{{{ item }}}} of ${{{{ run.id }}}} at ${{{{ now }}}}"}}
"""


class Apply(SandboxTest):
    def setUp(self):
        super().setUp()
        self.plan_file = self.project.folder / "kept.json"

    def plan(self, event=None, workflow="sync-tags", expect=0, more=()):
        return self.project.json("plan", workflow, "--event", "-", "--out", self.plan_file, *more, stdin=event or tag_event("brand new"), expect=expect)

    def rewrite(self, plan):
        """The plan as if it had been made so: under the seal of the project."""
        plan.pop("seal")
        key = (self.project.folder / "state" / "plan-key").read_text().strip()
        said = json.dumps(plan, separators=(",", ":"), ensure_ascii=False)
        plan["seal"] = hmac.new(key.encode(), said.encode(), "sha256").hexdigest()
        self.plan_file.write_text(json.dumps(plan))

    def apply(self, expect=0):
        return self.project.json("apply", self.plan_file, expect=expect)

    def refused(self, *expected, code=1):
        """Applying is refused for these reasons, and nothing is written."""
        before = self.sandbox.state()
        done = self.project.millrace("apply", self.plan_file)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        for text in expected:
            self.assertIn(text, done.stderr)
        self.assertEqual(self.sandbox.state(), before)
        self.assertEqual([r for r in self.sandbox.requests() if r["method"] != "GET"], self.writes)
        return done

    writes = []

    def remember_writes(self):
        self.writes = self.sent()

    def sent(self):
        return [r for r in self.sandbox.requests() if r["method"] != "GET"]

    def names(self, location="loc_main"):
        return [tag["name"] for tag in self.sandbox.tags(location)]

    def call(self, method, path, body=None):
        """What somebody else does meanwhile."""
        request = urllib.request.Request(self.sandbox.url + path, None if body is None else json.dumps(body).encode(), method=method,
                                         headers={"Authorization": "Bearer sandbox-token", "Version": "2021-07-28", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or "null")

    def many(self, names, safety="", on_error="", locations="loc_main", expect=0, more=()):
        self.project.write("workflows/many.yaml", MANY.format(safety=safety, on_error=on_error, locations=locations))
        return self.plan(json.dumps({"names": names}), "many", expect, more)
