"""Statistics from the accounts to the report: ten simulated days, pushed figures, and answers that are not as they should be."""
import csv
import datetime
import html.parser
import json
import shutil
import subprocess
import urllib.request

from project import Sandbox, SandboxTest, main, source

COLLECT = """version: 1
name: Collect
locations: all
triggers: manual
actions:
  - id: collected
    action: statistics.collect
    connection: highlevel
    with: {days: 4}
  - action: reports.json
    with: {file: "collected-${{ run.location }}.json", rows: "[collected]"}
  - id: known
    action: statistics.query
    with: {days: 4}
  - action: reports.json
    with: {file: "known-${{ run.location }}.json", rows: "[known]"}
"""

REPORT = """version: 1
name: Report
triggers: manual
actions:
  - id: figures
    action: statistics.query
    with: {from: 2026-09-04, to: 2026-09-16, locations: "['loc_main', 'loc_north']"}
  - action: reports.json
    with: {file: totals.json, rows: "[figures]"}
  - action: reports.csv
    with: {file: rows.csv, rows: figures.rows}
  - action: reports.html
    with: {file: rows.html, rows: figures.rows, summary: figures.totals, title: Thirteen days}
"""

PUSH = """version: 1
name: Push
locations: [loc_main]
triggers: manual
actions:
  - action: statistics.push
    connection: page
    with:
      metrics: "{'likes': 12}"
      user_count: 7
      path: %s
"""


class Table(html.parser.HTMLParser):
    """The cells of the table in a page, row by row."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.cell, self.tags = [], None, set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.cell = ""

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.rows[-1].append(self.cell)
            self.cell = None


class Statistics(SandboxTest):
    def setUp(self):
        super().setUp()
        for name, text in (("collect", COLLECT), ("report", REPORT)):
            self.project.write(f"workflows/{name}.yaml", text)

    def at(self, day):
        """Sets the sandbox's clock to noon of a day."""
        self.sandbox.call("/_sandbox/reset", {"state": {**self.sandbox.state(), "now": f"{day}T12:00:00Z"}})

    def collect(self, day, expect=0):
        self.project.json("run", "collect", "--live", "--as-of", f"{day}T12:00:00Z", expect=expect)
        return {location: self.output(f"collected-{location}.json")[0] for location in ("loc_main", "loc_north")}

    def output(self, name):
        return json.loads((self.project.folder / "output" / name).read_text())

    def asked_directly(self, location, day):
        """The figures of one day as the API tells them, without Millrace."""
        headers = {"Authorization": "Bearer sandbox-token", "Version": "v3", "Content-Type": "application/json"}
        profiles = [one["profileId"] for one in self.sandbox.state()["social_accounts"] if one["locationId"] == location]
        body = {"profileIds": profiles, "currentRange": {"startDate": f"{day}T00:00:00.000Z", "endDate": f"{day}T23:59:59.999Z"}}
        request = urllib.request.Request(f"{self.sandbox.url}/social-media-posting/statistics?locationId={location}",
                                         json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())["results"]["totals"]

    def test_ten_days_with_overlaps_give_the_totals_of_an_independent_sum(self):
        first = datetime.date(2026, 9, 8)
        new_days = []
        for number in range(10):
            day = first + datetime.timedelta(number)
            self.at(day)
            new_days.append(self.collect(day)["loc_main"]["new_days"])
        self.assertEqual(new_days, [4] + [1] * 9)

        self.project.json("run", "report", "--live", "--as-of", "2026-09-17T12:00:00Z")
        figures = self.output("totals.json")[0]
        self.assertEqual(figures["days_with_data"], 13)
        expected = dict.fromkeys(figures["totals"], 0)
        for location in ("loc_main", "loc_north"):
            for number in range(13):
                told = self.asked_directly(location, datetime.date(2026, 9, 4) + datetime.timedelta(number))
                for metric in ("posts", "impressions", "likes", "comments"):
                    expected[metric] += told[metric]
            expected["followers"] += told["followers"]
        self.assertEqual(figures["totals"], expected)
        self.assertGreater(expected["likes"], 0)

        folder = self.project.folder / "output"
        with open(folder / "rows.csv", newline="", encoding="utf-8") as file:
            as_csv = list(csv.reader(file))
        page = Table((folder / "rows.html").read_text(encoding="utf-8"))
        self.assertEqual(page.rows, as_csv)
        self.assertEqual(len(as_csv), 1 + len(figures["rows"]))
        likes = as_csv[0].index("likes")
        self.assertEqual(sum(int(row[likes]) for row in as_csv[1:]), figures["totals"]["likes"])
        for one in figures["platforms"]:
            rows = [row for row in figures["rows"] if row["platform"] == one["platform"]]
            self.assertEqual(one["totals"]["likes"], sum(row["likes"] for row in rows))
            self.assertEqual(one["days_with_data"], len(rows))
            ends = [[row["followers"] for row in rows if row["location_id"] == location] for location in ("loc_main", "loc_north")]
            grown = sum(known[-1] - known[0] for known in ends if known)  # nothing is known of the period before
            self.assertEqual(one["follower_growth"]["gained"], grown)
        self.assertEqual(figures["follower_growth"]["gained"], sum(one["follower_growth"]["gained"] for one in figures["platforms"]))
        self.assertEqual((figures["warnings"], figures["change"]["likes"]), ([], None))
        self.assertFalse(page.tags & {"script", "link", "img", "iframe"})

    def test_sixty_days_make_a_report_for_clients_with_the_totals_of_an_independent_sum(self):
        last = datetime.date(2026, 9, 20)
        days = [last - datetime.timedelta(number) for number in range(60)]
        for day in reversed(days[::3]):  # of each four days, so that they overlap
            self.at(day + datetime.timedelta(1))
            self.collect(day + datetime.timedelta(1))
        expected = dict.fromkeys(("posts", "impressions", "likes", "comments"), 0)
        for day in days:
            told = self.asked_directly("loc_main", day)
            for metric in expected:
                expected[metric] += told[metric]
        totals = {metric: f"{number:,}" for metric, number in {**expected, "followers": self.asked_directly("loc_main", last)["followers"]}.items()}
        arabic, japanese = "قائمة بريدية", "東京のお客様"
        self.sandbox.call("/_sandbox/reset", {"state": {**self.sandbox.state(), "location_tags": [
            *self.sandbox.state()["location_tags"], {"id": "t_ar", "name": arabic, "locationId": "loc_main"}, {"id": "t_ja", "name": japanese, "locationId": "loc_main"}]}})
        sample = (source / "workflows" / "client-report.yaml").read_text()
        for brand in ("{name: Harbour Coffee, colour: \"#1f4b7d\"}", "{name: Sonnenhof, colour: \"#ffc83d\"}"):
            self.project.write("workflows/client-report.yaml", sample.replace('{name: Harbour Coffee, colour: "#1f4b7d"}', brand)
                               .replace(".sortBy(tag, tag.contacts, true).take(12)", ".filter(tag, tag.id.startsWith('t_'))"))
            self.project.json("run", "client-report", "--live", "--as-of", "2026-09-21T12:00:00Z")
            run = next(run["id"] for run in self.project.json("runs", "list")["runs"] if (run["workflow"], run["location"]) == ("client-report", "loc_main"))
            name = self.project.folder / "output" / "client-loc_main-2026-09-21"
            page = name.with_suffix(".html").read_text(encoding="utf-8")
            table = name.with_suffix(".csv").read_text(encoding="utf-8-sig")
            for metric, number in totals.items():
                self.assertIn(f"<li>{metric.capitalize()}: {number}.</li>", page.splitlines())
                self.assertIn(f"{metric.capitalize()},{number.replace(',', '')},,,{run}", table.splitlines())
            self.assertIn(f'<li id="run-1">{run}</li>', page.splitlines())
            lines = list(csv.reader(table.splitlines()))
            begin = lines.index(["Day by day"]) + 2
            self.assertEqual([line[0] for line in lines[begin:begin + 60]], [str(day) for day in reversed(days)])
            self.assertEqual(sum(int(line[3]) for line in lines[begin:begin + 60]), expected["likes"])
            if all(map(shutil.which, ("pdftotext", "qpdf", "fc-list"))):
                file = name.with_suffix(".pdf")
                text = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
                for word in (*totals.values(), run, brand.split(",")[0].removeprefix("{name: "), "Main Street", "23 July 2026 to 20 September 2026"):
                    self.assertIn(word, text)
                if subprocess.run(["fc-list", ":lang=ja"], capture_output=True, check=True).stdout:  # else it is boxes, which a warning says
                    self.assertRegex(text, f"{japanese} +0")
                subprocess.run(["qpdf", "--check", file], capture_output=True, check=True)

    def test_the_same_period_twice_changes_nothing(self):
        self.at("2026-09-10")
        self.collect("2026-09-10")
        again = self.collect("2026-09-10")["loc_main"]
        self.assertEqual((again["days"], again["new_days"], again["changed_days"]), (4, 0, 0))
        known = self.output("known-loc_north.json")[0]  # of the run's location, which the step does not name
        self.assertEqual((known["locations"], known["days_with_data"]), (["loc_north"], 4))

    def test_a_plan_collects_nothing_and_still_shows_what_the_report_would_be(self):
        self.at("2026-09-17")
        plan = self.project.json("plan", "collect", "--as-of", "2026-09-17T12:00:00Z")
        self.assertEqual(plan["writes"], 0)
        self.assertEqual([change["summary"] for run in plan["runs"] for change in run["changes"]],
                         [f"write file {name}-{location}.json" for location in ("loc_main", "loc_north") for name in ("collected", "known")])
        self.assertEqual(self.collect("2026-09-17")["loc_main"]["new_days"], 4)

    def test_without_accounts_nothing_is_recorded(self):
        state = self.sandbox.state()
        self.sandbox.call("/_sandbox/reset", {"state": {**state, "social_accounts": [], "now": "2026-09-10T12:00:00Z"}})
        collected = self.collect("2026-09-10")["loc_main"]
        self.assertEqual((collected["days"], collected["totals"]["likes"]), (0, None))
        self.assertIn("no social account", collected["warnings"][-1])

    def test_an_answer_that_is_an_error_fails_the_run_and_keeps_what_was_known(self):
        self.at("2026-09-10")
        before = self.collect("2026-09-10")["loc_main"]["totals"]
        self.sandbox.fault(path="/social-media-posting/statistics", method="POST", count=2, status=400)
        self.project.json("run", "collect", "--live", "--as-of", "2026-09-10T12:00:00Z", expect=1)
        again = self.collect("2026-09-10")["loc_main"]
        self.assertEqual((again["totals"], again["changed_days"]), (before, 0))

    def test_a_connector_that_has_only_the_older_call_tells_the_last_seven_days(self):
        manifest = json.loads((source / "plugins/highlevel/highlevel.json").read_text())
        manifest["name"] = "older"
        del manifest["actions"]["social_statistics.get_range"]
        self.project.write("plugins/older/older.json", json.dumps(manifest))
        project = self.project.folder / "millrace.yaml"
        project.write_text(project.read_text() + f"""  older:
    plugin: older
    base_url: {self.sandbox.url}
    auth: {{token: "secret:highlevel_token"}}
    locations: [loc_main]
""")
        self.project.write("workflows/older.yaml", "version: 1\nname: Older\nlocations: [loc_main]\ntriggers: manual\nactions:\n"
                           "  - action: statistics.collect\n    connection: older\n  - action: statistics.query\n    with: {days: 7}\n")
        told = self.project.json("run", "older", "--live")["runs"][0]
        self.assertEqual(told["outcome"], "completed", told)
        self.assertEqual(told["output"]["days_with_data"], 7)
        self.assertEqual(told["output"]["missing_days"], [])


OVER_TIME = {
    "watch": """version: 1
name: Watch
locations: [loc_main]
triggers: manual
actions:
  - action: statistics.collect_tags
    connection: highlevel
""",
    "answers": """version: 1
name: Answers
locations: [loc_main]
triggers:
  - trigger: sightmill.responses.received
    connection: sightmill
    verify: public
    dedupe: body
actions:
  - action: statistics.note_response
    with: {location_id: loc_main, score: event.score}
""",
    "week": """version: 1
name: Week
locations: [loc_main]
triggers: manual
actions:
  - id: week
    action: statistics.query
    with: {days: 7, tags: [vip]}
  - id: same
    action: statistics.compute
    with: {rows: week.rows, responses: "[9, '10', 3]"}
  - action: reports.json
    with: {file: query.json, rows: "[week, same]"}
  - action: reports.csv
    with:
      file: week.csv
      title: The week
      period: {from: "${{ week.from }}", to: "${{ week.to }}"}
      sections:
        - {heading: In short, figures: week.totals, before: week.previous, change: week.change}
        - {heading: Tags, rows: week.tags.items, columns: {Tag: tag, Contacts: count, Before: before}}
        - {heading: Recommended, figures: week.nps}
"""}


class OverTime(SandboxTest):
    """What no API tells of the past: the use of tags, and what people answered."""

    def setUp(self):
        super().setUp()
        for name, text in OVER_TIME.items():
            self.project.write(f"workflows/{name}.yaml", text)

    def world(self, carried, others=40):
        """Contacts of which the first `carried` carry vip."""
        contacts = [{"id": f"con_{n}", "locationId": "loc_main", "dateAdded": f"2026-01-01T00:{n // 60:02}:{n % 60:02}.000Z",
                     "tags": ["vip"] if n < carried else ["other"]} for n in range(others)]
        tags = [{"id": f"tag_{name}", "name": name, "locationId": "loc_main"} for name in ("vip", "other", "idle")]
        self.sandbox.call("/_sandbox/reset", {"state": {**self.sandbox.state(), "contacts": contacts, "location_tags": tags}})

    def run_at(self, name, day, *arguments, stdin=None):
        return self.project.json("run", name, "--live", "--as-of", f"{day}T12:00:00Z", *arguments, stdin=stdin)["runs"][0]

    def test_tags_and_answers_of_two_weeks_make_a_report(self):
        for day, carried in (("2026-09-06", 4), ("2026-09-08", 6), ("2026-09-08", 7), ("2026-09-12", 9)):
            self.world(carried)
            kept = self.run_at("watch", day)["output"]
            self.assertEqual((kept["date"], kept["kept"], kept["used_tags"], kept["tags"]), (day, True, 2, 3))
        for day, score in (("2026-09-02", 3), ("2026-09-09", 9), ("2026-09-09", 10), ("2026-09-10", 7)):
            event = {"score": score, "comment": None, "tags": [], "contact": {}}
            self.assertEqual(self.run_at("answers", day, "--event", "-", stdin=json.dumps(event))["outcome"], "completed")
        self.run_at("week", "2026-09-14")
        week, same = json.loads((self.project.folder / "output" / "query.json").read_text())
        self.assertEqual([(row["date"], row["count"]) for row in week["tags"]["rows"]], [("2026-09-08", 7), ("2026-09-12", 9)])
        vip = next(item for item in week["tags"]["items"] if item["tag"] == "vip")
        self.assertEqual((vip["count"], vip["before"], vip["change"]), (9, 4, 5))
        self.assertEqual((week["nps"]["score"], week["nps"]["responses"], week["nps"]["previous"]["score"]), (66.7, 3, -100))
        self.assertEqual((week["days_with_data"], week["totals"]["likes"]), (0, None))  # no figures were collected: a gap, not zero
        self.assertEqual(same["nps"]["score"], 33.3)
        report = (self.project.folder / "output" / "week.csv").read_text(encoding="utf-8")
        self.assertIn("vip,9,4", report)
        self.assertIn("Score,66.7", report)

    def test_a_list_that_is_suddenly_halved_leaves_a_gap(self):
        self.world(9)
        self.run_at("watch", "2026-09-10")
        self.world(9, others=10)
        kept = self.run_at("watch", "2026-09-11")["output"]
        self.assertFalse(kept["kept"])
        self.assertIn("10 contacts now against 40 on 2026-09-10", kept["warnings"][-1])
        self.run_at("week", "2026-09-14")
        week, _ = json.loads((self.project.folder / "output" / "query.json").read_text())
        self.assertEqual([row["date"] for row in week["tags"]["by_day"]], ["2026-09-10"])

    def test_a_plan_keeps_nothing(self):
        self.world(9)
        self.project.json("plan", "watch", "--as-of", "2026-09-10T12:00:00Z")
        self.project.json("run", "answers", "--event", "-", stdin=json.dumps({"score": 9, "comment": None, "tags": [], "contact": {}}))
        self.run_at("week", "2026-09-14")
        week, _ = json.loads((self.project.folder / "output" / "query.json").read_text())
        self.assertEqual((week["tags"]["by_day"], week["nps"]["responses"]), ([], 0))


class Push(SandboxTest):
    def setUp(self):
        super().setUp()
        self.receiver = Sandbox("--limit", "off")
        self.addCleanup(self.receiver.close)
        settings = self.project.folder / "millrace.yaml"
        settings.write_text(settings.read_text() + f"\n  page:\n    plugin: users_api\n    base_url: {self.receiver.url}/page\n"
                            "    auth: {token: \"secret:highlevel_token\"}\n    locations: [loc_main]\n")

    def push(self, path, *arguments, expect=0):
        self.project.write("workflows/push.yaml", PUSH % path)
        return self.project.json("run", "push", "--as-of", "2026-09-10T12:00:00Z", *arguments, expect=expect)

    def test_figures_go_to_any_connection_planned_first(self):
        path = "/social-media-posting/statistics"
        body = {"metrics": {"likes": 12}, "timestamp": "2026-09-10T12:00:00Z", "locationId": "loc_main", "userCount": 7}
        planned = self.push(path)["runs"][0]["changes"]
        self.assertEqual(planned[0]["summary"], f"push statistics of loc_main to {path}")
        self.assertEqual(planned[0]["request"]["body"], body)
        self.assertEqual(self.receiver.requests(), [])
        live = self.push(path, "--live")
        self.assertEqual(live["runs"][0]["changes"], planned)
        sent = self.receiver.requests()
        self.assertEqual([(one["method"], one["path"], one["body"]) for one in sent], [("POST", "/page" + path, body)])

    def test_highlevel_itself_takes_no_statistics_however_its_address_is_told(self):
        live = "https://services.leadconnectorhq.com/social-media-posting/statistics"
        settings = self.project.folder / "millrace.yaml"
        sandbox = settings.read_text()
        for connection, said, base in (("page", live, None), ("highlevel", live, None), ("page", "${{ event.to }}", None), ("highlevel", "${{ event.to }}", None),
                                       ("highlevel", None, "https://services.leadconnectorhq.com")):
            with self.subTest(connection=connection, said=said, base=base):
                settings.write_text(sandbox.replace(self.sandbox.url, base) if base else sandbox)
                self.project.write("workflows/push.yaml", "version: 1\nname: Push\nlocations: [loc_main]\ntriggers: manual\nactions:\n  - action: statistics.push\n"
                                   f"    connection: {connection}\n    with:\n      metrics: \"{{'likes': 1}}\"\n" + (f"      url: {said}\n" if said else "      path: /any\n"))
                arguments = ("--event", "-", "--json")
                checked = self.project.millrace("check", "workflows/push.yaml")
                self.assertEqual(checked.returncode, 1 if said == live or base else 0, checked.stderr)
                for verb in (("plan", "push"), ("run", "push", "--live")):
                    done = self.project.millrace(*verb, *arguments, stdin=json.dumps({"to": live}))
                    self.assertEqual(done.returncode, 1, done.stdout)
                    self.assertIn("HighLevel takes no statistics", done.stdout + done.stderr)
        settings.write_text(sandbox)

    def test_another_answer_than_success_is_a_failure(self):
        failed = self.push("/nowhere", "--live", expect=1)
        self.assertIn("the statistics were answered with 404", failed["runs"][0]["error"]["message"])


if __name__ == "__main__":
    main()
