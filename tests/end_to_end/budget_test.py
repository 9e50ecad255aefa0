"""The request budget of a far side: kept to, told in plans, and too short for a run that has not begun."""
import json
import subprocess
import time
import unittest

from far_server import FarAnswers, FarServer
from project import Project, Sandbox, main, program
from served import Served
from service import PATIENCE, wait_until

USAGE = """version: 1
name: Usage
mode: live
locations: [loc_main]
{triggers}actions:
  - id: usage
    action: tags.usage
"""

CALLER = """version: 1
name: Caller
mode: live
{triggers}actions:
  - call: usage
"""

MANY_OR_ONE = USAGE.split("  - id: usage")[0] + """  - if: event.many
    then:
      - action: tags.usage
    else:
      - action: highlevel.location_tags.list
"""


def world(tags, contacts, posts):
    """An account of that size: contacts come by 500, posts by 100."""
    day = "2026-06-01T00:00:00.000Z"
    return {"now": "2026-11-27T09:00:00Z",
            "locations": [{"id": "loc_main", "name": "Main"}],
            "location_tags": [{"id": f"tag_{n}", "name": f"tag number {n}", "locationId": "loc_main"} for n in range(tags)],
            "contacts": [{"id": f"con_{n}", "locationId": "loc_main", "dateAdded": f"2026-01-01T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}.000Z",
                          "tags": [f"tag number {n % tags}"]} for n in range(contacts)],
            "social_tags": [{"_id": f"{n:024x}", "tag": f"social {n}", "locationId": "loc_main", "createdBy": "user_ada", "deleted": False,
                             "createdAt": day, "updatedAt": day} for n in range(20)],
            "social_posts": [{"_id": f"{n:024x}", "locationId": "loc_main", "accountId": "a", "platform": "facebook", "type": "post",
                              "status": "published", "summary": f"post {n}", "tags": [f"{n % 20:024x}"], "createdAt": day, "updatedAt": day,
                              "publishedAt": day, "displayDate": day} for n in range(posts)]}


class Usage(unittest.TestCase):
    """The use of 300 tags, over 3,000 contacts and 900 posts, in an account that allows five requests in 400 ms."""

    def opened(self, *limits):
        self.sandbox = Sandbox(*limits)
        self.addCleanup(self.sandbox.close)
        self.sandbox.call("/_sandbox/reset", {"state": world(300, 3000, 900)})
        self.project = Project(self.sandbox.url)
        self.addCleanup(self.project.close)
        self.project.write("workflows/usage.yaml", USAGE.format(triggers=""))

    def asked(self, function):
        """What that gives, and the statuses of the requests that it made."""
        before = len(self.sandbox.requests())
        given = function()
        return given, [request["status"] for request in self.sandbox.requests()[before:]]

    def test_nothing_is_refused_and_the_plan_knows_how_many_calls_the_run_makes(self):
        self.opened("--limit", "5", "--interval", "400")
        plan, planned = self.asked(lambda: self.project.json("plan", "usage"))
        live, made = self.asked(lambda: self.project.json("run", "usage", "--live"))
        self.assertNotIn(429, planned + made)
        totals = live["runs"][0]["output"]["totals"]
        self.assertEqual((totals["tags"], totals["contacts"], totals["posts"]), (300, 3000, 900))
        (foretold,), (told,) = plan["calls"], live["calls"]
        self.assertEqual((told["connection"], told["location"], told["calls"]), ("highlevel", "loc_main", len(made)))
        self.assertLessEqual(abs(foretold["calls"] - len(made)), len(made) / 10)
        self.assertFalse(plan["calls_at_least"])
        self.assertEqual(foretold["day_most"], 200000)
        self.assertTrue(foretold["fits_today"])
        intervals = (len(made) - 1) // 5
        self.assertGreaterEqual(foretold["seconds"], 0.4 * (intervals - 1))
        text = self.project.millrace("plan", "usage").stdout
        self.assertIn(f"  {len(made)} calls to highlevel for loc_main: about ", text)
        self.assertIn(", less than 1 percent of the 200000 of a day\n", text)

    def test_a_storm_of_refusals_between_the_pages_is_weathered_and_nothing_is_missed(self):
        self.opened("--limit", "500")
        for headers in ({"Retry-After": "1"}, {}):
            with self.subTest(headers=headers):
                for fault in ({"delay_ms": 0}, {"delay_ms": 0}, *[{"status": 429, "headers": headers}] * 3):
                    self.sandbox.fault(path="/contacts/search", **fault)
                live, made = self.asked(lambda: self.project.json("run", "usage", "--live"))
                self.assertEqual(made.count(429), 3)
                output = live["runs"][0]["output"]
                self.assertEqual((output["totals"]["contacts"], sum(tag["contacts"] for tag in output["items"])), (3000, 3000))

    def test_a_run_that_does_not_fit_into_the_rest_of_the_day_does_not_begin(self):
        self.opened("--limit", "500", "--daily", "30")
        self.project.json("run", "usage", "--live")
        refused, made = self.asked(lambda: self.project.millrace("run", "usage", "--live"))
        self.assertEqual((refused.returncode, made), (1, []))
        self.assertRegex(refused.stderr, r"not begun: \d+ calls to highlevel for loc_main do not fit into the \d+ that are left today, which are "
                                         r"renewed in \S+; --yes begins it all the same")
        begun, made = self.asked(lambda: self.project.millrace("run", "usage", "--live", "--yes"))
        self.assertNotEqual(made, [])
        self.assertIn("the daily limit of highlevel is used up", begun.stderr)

    def test_a_first_run_is_held_against_its_plan_and_does_not_begin_where_that_does_not_fit(self):
        self.opened("--limit", "500", "--daily", "40")
        for _ in range(2):
            (foretold,) = self.project.json("plan", "usage")["calls"]
        self.assertFalse(foretold["fits_today"])
        refused, made = self.asked(lambda: self.project.millrace("run", "usage", "--live"))
        self.assertEqual((refused.returncode, made), (1, []))
        self.assertIn(f"not begun: {foretold['calls']} calls to highlevel for loc_main do not fit into the {foretold['day_left']} that are left today", refused.stderr)
        self.assertEqual((self.project.folder / "state" / "planned-calls.json").stat().st_mode & 0o777, 0o600)

    def test_a_plan_that_needs_little_takes_the_place_of_one_that_needed_much(self):
        self.opened("--limit", "500", "--daily", "100")
        (much,) = self.project.json("plan", "usage")["calls"]
        self.project.write("workflows/other.yaml", USAGE.format(triggers=""))
        self.project.write("workflows/usage.yaml", USAGE.format(triggers="").replace("tags.usage", "highlevel.location_tags.list"))
        (little,) = self.project.json("plan", "usage")["calls"]
        left = little["day_left"]
        while left >= much["calls"]:
            left = self.project.json("plan", "other")["calls"][0]["day_left"]
        self.assertGreaterEqual(left, little["calls"])
        self.project.json("run", "usage", "--live")

    def test_a_run_is_held_against_the_last_one_and_no_earlier_one(self):
        self.opened("--limit", "500", "--daily", "100")
        self.project.write("workflows/usage.yaml", MANY_OR_ONE.format(triggers=""))
        self.project.write("workflows/look.yaml", USAGE.format(triggers="").replace("tags.usage", "highlevel.location_tags.list"))
        command = ("run", "usage", "--live", "--event", "-")
        many, one = (self.project.json(*command, stdin=json.dumps({"many": many}))["calls"][0]["calls"] for many in (True, False))
        self.assertGreater(many, 14)
        self.assertEqual(one, 1)
        for _ in range(100 - many - 13):
            self.sandbox.tags()
        self.project.json("run", "look", "--live")
        self.project.json(*command, stdin='{"many": false}')

    def test_of_a_run_without_a_past_or_a_plan_it_is_said_that_little_of_the_day_is_left(self):
        self.opened("--limit", "500", "--daily", "400")
        for _ in range(370):
            self.sandbox.tags()
        self.project.json("run", "usage", "--live")
        self.project.write("workflows/look.yaml", USAGE.format(triggers="").replace("tags.usage", "highlevel.location_tags.list"))
        said = self.project.millrace("run", "look", "--live")
        self.assertEqual(said.returncode, 0)
        self.assertRegex(said.stderr, r'note: how many calls this run makes is not known, and \d+ of the 400 of a day to highlevel for loc_main are left: '
                                      r'"millrace plan look" counts them')

    def test_a_plan_tells_that_it_does_not_fit_and_is_not_applied(self):
        self.opened("--limit", "500", "--daily", "50")
        self.project.write("workflows/make.yaml", """version: 1
name: Make
locations: [loc_main]
vars: {names: [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28]}
safety: {max_changes: 100, max_percent: 100}
actions:
  - id: there
    action: highlevel.location_tags.list
  - for_each: vars.names
    as: name
    do:
      - action: highlevel.location_tags.create
        with: {name: "${{ name }}"}
""")
        plan = self.project.json("plan", "make", "--out", "plan.json")
        self.assertEqual(plan["calls"][0]["writes"], 28)
        self.assertTrue(plan["calls"][0]["fits_today"])
        for _ in range(25):
            self.sandbox.tags()
        applied, made = self.asked(lambda: self.project.millrace("apply", "plan.json"))
        self.assertEqual(applied.returncode, 1)
        self.assertIn("29 calls to highlevel for loc_main do not fit into the ", applied.stderr)
        self.assertEqual(len(made), 1)  # it looked whether the world is still the same
        again = self.project.json("plan", "make")
        self.assertFalse(again["calls"][0]["fits_today"])


class SeveralPrograms(unittest.TestCase):
    """One account, which allows ten requests in 400 ms, and several programs on one store that look at all of it at once."""

    def setUp(self):
        self.sandbox = Sandbox("--limit", "10", "--interval", "400")
        self.addCleanup(self.sandbox.close)
        self.sandbox.call("/_sandbox/reset", {"state": world(100, 6000, 1500)})

    def begin(self, project, *arguments):
        child = subprocess.Popen([program, *arguments, "--json"], cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (child.kill(), child.communicate()) if child.poll() is None else None)
        return child

    def ended(self, child):
        said, complained = child.communicate(timeout=60 * PATIENCE)
        self.assertEqual(child.returncode, 0, complained)
        return json.loads(said)["calls"][0]["calls"]

    def nothing_was_refused(self, calls):
        statuses = [request["status"] for request in self.sandbox.requests()]
        self.assertNotIn(429, statuses)
        self.assertEqual(len(statuses), calls)

    def test_three_at_once_keep_to_the_limit_together(self):
        project = Project(self.sandbox.url)
        self.addCleanup(project.close)
        project.write("workflows/usage.yaml", USAGE.format(triggers=""))
        children = [self.begin(project, *command) for command in (("run", "usage", "--live"), ("plan", "usage"), ("run", "usage", "--live"))]
        self.nothing_was_refused(sum(self.ended(child) for child in children))

    def test_so_do_those_beside_a_service(self):
        service = Served("http://127.0.0.1:9", self.sandbox.url)
        self.addCleanup(service.close)
        service.write("workflows/usage.yaml", USAGE.format(triggers="triggers:\n  - webhook: usage\n    verify: public\n"))
        service.start()
        service.delivered("usage", {})
        children = [self.begin(service, "plan", "usage") for _ in range(2)]
        calls = [self.ended(child) for child in children]
        service.delivered("usage", {})
        self.assertEqual({run["outcome"] for run in service.count("usage", 2, within=60)}, {"completed"})
        self.nothing_was_refused(sum(calls) + 2 * calls[0])

    def test_one_that_was_killed_leaves_the_others_their_budget(self):
        project = Project(self.sandbox.url)
        self.addCleanup(project.close)
        project.write("workflows/usage.yaml", USAGE.format(triggers=""))
        before = 0
        for _ in range(3):
            killed = self.begin(project, "plan", "usage")
            wait_until(lambda: len(self.sandbox.requests()) > before + 5, what="a few requests")
            killed.kill()
            killed.communicate()
            before = len(self.sandbox.requests())
        calls = self.ended(self.begin(project, "plan", "usage"))
        statuses = [request["status"] for request in self.sandbox.requests()]
        self.assertNotIn(429, statuses)
        self.assertGreaterEqual(len(statuses), before + calls)  # what the last one had sent when it was killed may come behind `before`


class Storm(FarServer):
    """Allows so many requests in an interval, and says nothing about it: neither how many nor when to come back."""

    def __init__(self, allowed, interval):
        self.allowed, self.interval, self.ends, self.left, self.statuses = allowed, interval, 0, 0, []
        super().__init__(Stormy)

    def status(self):
        now = time.monotonic()
        if now >= self.ends:
            self.ends, self.left = now + self.interval, self.allowed
        self.left -= 1
        self.statuses.append(200 if self.left >= 0 else 429)
        return self.statuses[-1]


class Stormy(FarAnswers):
    def do_GET(self):
        self.send_response(self.server.status())
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


class Refusals(unittest.TestCase):
    def test_of_a_far_side_that_names_no_limits_the_refusals_teach_what_it_takes(self):
        far = Storm(10, 1)
        self.addCleanup(far.close)
        project = Project()
        self.addCleanup(project.close)
        project.write("workflows/ask.yaml", f"""version: 1
name: Ask
vars: {{numbers: {list(range(40))}}}
actions:
  - id: asked
    for_each: vars.numbers
    as: number
    parallel: 8
    do:
      - action: http.request
        connection: far
        with: {{url: /}}
""")
        project.write("millrace.yaml", f"version: 1\nconnections:\n  far: {{plugin: http, base_url: '{far.url}'}}\n")
        done = project.json("run", "ask", "--live")
        self.assertEqual(done["runs"][0]["outcome"], "completed")
        self.assertEqual(far.statuses.count(200), 40)
        self.assertLess(far.statuses.count(429), 20)


class Serving(unittest.TestCase):
    def test_a_run_of_the_service_is_held_against_the_last_one_and_no_earlier_one(self):
        sandbox = Sandbox("--limit", "500", "--daily", "100")
        self.addCleanup(sandbox.close)
        sandbox.call("/_sandbox/reset", {"state": world(300, 3000, 900)})
        service = Served("http://127.0.0.1:9", sandbox.url)
        self.addCleanup(service.close)
        hook = "triggers:\n  - webhook: NAME\n    verify: public\n"
        service.write("workflows/usage.yaml", MANY_OR_ONE.format(triggers=hook.replace("NAME", "usage")))
        service.write("workflows/look.yaml", USAGE.format(triggers=hook.replace("NAME", "look")).replace("tags.usage", "highlevel.location_tags.list"))
        service.start()
        for many in (True, False):
            self.assertEqual(service.ended(service.delivered("usage", {"many": many})["runs"][0])["outcome"], "completed")
        asked = len(sandbox.requests())
        self.assertGreater(asked, 15)
        for _ in range(100 - asked - 12):
            sandbox.tags()
        service.ended(service.delivered("look", {})["runs"][0])
        last = service.ended(service.delivered("usage", {"many": False, "n": 2})["runs"][0])
        self.assertEqual(last["outcome"], "completed", last["note"])

    def holds_a_first_run_against_its_plan(self, hook):
        sandbox = Sandbox("--limit", "500", "--daily", "40")
        self.addCleanup(sandbox.close)
        sandbox.call("/_sandbox/reset", {"state": world(300, 3000, 900)})
        service = Served("http://127.0.0.1:9", sandbox.url)
        self.addCleanup(service.close)
        for name, text in (("usage", USAGE), ("caller", CALLER)):
            service.write(f"workflows/{name}.yaml", text.format(triggers=f"triggers:\n  - webhook: {name}\n    verify: public\n"))
        service.start()
        for _ in range(2):
            self.assertEqual(service.millrace("plan", hook).returncode, 0)
        asked = len(sandbox.requests())
        service.delivered(hook, {})
        first = service.count(hook, 1)[0]
        self.assertEqual(first["outcome"], "failed")
        self.assertRegex(first["note"], r"^not begun: its last plan counted as many calls as do not fit today: \d+ calls to highlevel for "
                                        rf"loc_main do not fit into the {40 - asked} that are left today, which are renewed in ")
        self.assertEqual(len(sandbox.requests()), asked)
        wait_until(lambda: f"budget {hook}" in [alarm["about"] for alarm in service.get("status")["alarms"]], what="the alarm")

    def test_a_service_holds_a_first_run_against_its_plan(self):
        self.holds_a_first_run_against_its_plan("usage")

    def test_so_it_does_where_only_what_the_workflow_calls_needs_them(self):
        self.holds_a_first_run_against_its_plan("caller")

    def test_a_service_does_not_begin_what_does_not_fit_and_tells_what_is_left(self):
        sandbox = Sandbox("--limit", "500", "--daily", "30")
        self.addCleanup(sandbox.close)
        sandbox.call("/_sandbox/reset", {"state": world(300, 3000, 900)})
        service = Served("http://127.0.0.1:9", sandbox.url)
        self.addCleanup(service.close)
        service.write("workflows/usage.yaml", USAGE.format(triggers="triggers:\n  - webhook: usage\n    verify: public\n"))
        service.start()
        service.delivered("usage", {})
        first = service.count("usage", 1)[0]
        self.assertEqual(first["outcome"], "completed")
        asked = len(sandbox.requests())
        service.delivered("usage", {})
        second = service.count("usage", 2)[1]
        self.assertEqual(second["outcome"], "failed")
        self.assertIn("do not fit into the", second["note"])
        self.assertEqual(len(sandbox.requests()), asked)
        (budget,) = next(each for each in service.get("connections")["connections"] if each["name"] == "highlevel")["budgets"]
        self.assertEqual((budget["location"], budget["day_left"], budget["day_most"]), ("loc_main", 30 - asked, 30))
        self.assertGreater(budget["day_renewed_in_seconds"], 80000)
        self.assertRegex(service.millrace("connections").stdout, rf"loc_main: \d+ of 500 requests left.*; {30 - asked} of 30 left today, all again in ")
        self.assertEqual(service.metric("millrace_api_day_remaining"), 30 - asked)
        wait_until(lambda: "budget usage" in [alarm["about"] for alarm in service.get("status")["alarms"]], what="the alarm")


if __name__ == "__main__":
    main()
