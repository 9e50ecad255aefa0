"""Pruning from the first observation to the last tag: planned, done, nothing left, and nothing at all on doubtful evidence."""
import json

from project import SandboxTest, main

WATCH = """version: 1
name: Watch the tags
locations: [loc_main]
actions:
  - id: seen
    action: tags.usage
"""
PRUNE = """version: 1
name: Prune unused tags
locations: [loc_main]
actions:
  - id: pruned
    action: pruning.{action}
    with:
      unused_for: 90d
"""
JUNE, NOVEMBER, DECEMBER = "2026-06-01T07:00:00Z", "2026-11-23T07:00:00Z", "2026-12-30T07:00:00Z"


def world(tags, used, contacts):
    """`tags` location tags of which the first `used` are carried by `contacts` contacts."""
    return {"locations": [{"id": "loc_main", "name": "Main"}],
            "location_tags": [{"id": f"tag_{n}", "name": f"tag number {n}", "locationId": "loc_main"} for n in range(tags)],
            "contacts": [{"id": f"con_{n}", "locationId": "loc_main", "dateAdded": f"2026-01-01T00:{n // 60:02}:{n % 60:02}.000Z",
                          "tags": [f"Tag Number {n % used}"]} for n in range(contacts)] if used else []}


class Prune(SandboxTest):
    def setUp(self):
        super().setUp()
        self.project.write("workflows/watch.yaml", WATCH)
        for action in ("delete", "archive"):
            self.project.write(f"workflows/{action}.yaml", PRUNE.format(action=action))

    def reset(self, **made):
        self.sandbox.call("/_sandbox/reset", {"state": world(**made)})

    def watched(self, tags=40, used=38, contacts=80):
        """The world, watched since June."""
        self.reset(tags=tags, used=used, contacts=contacts)
        self.run_live("watch", JUNE)

    def run_live(self, name, at=NOVEMBER, expect=0):
        return self.project.json("run", name, "--live", "--as-of", at, expect=expect)

    def plan(self, name, at=NOVEMBER, expect=0):
        return self.project.json("run", name, "--as-of", at, expect=expect)

    def names(self):
        return {tag["id"]: tag["name"] for tag in self.sandbox.tags()}

    def refused(self, name, says, expect=5):
        """Planned or live, nothing is changed and the reason is told."""
        before = self.sandbox.state()
        for live in ([], ["--live"]):
            done = self.project.millrace("run", name, *live, "--json", "--as-of", NOVEMBER)
            self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
            self.assertIn(says, done.stdout + done.stderr)
            self.assertEqual(json.loads(done.stdout)["writes"], 0)
        self.assertEqual(self.sandbox.state(), before)

    def test_a_tag_is_pruned_only_after_it_was_watched(self):
        self.reset(tags=40, used=38, contacts=80)
        first = self.run_live("delete")
        self.assertEqual(first["changes"], [])
        self.assertEqual(first["runs"][0]["output"]["kept"]["not_watched"], 2)

    def test_a_planned_prune_is_the_live_one_and_then_nothing_is_left(self):
        self.watched()
        before = self.sandbox.state()
        planned = self.plan("delete")
        self.assertEqual((planned["mode"], planned["writes"]), ("dry_run", 0))
        self.assertEqual([change["summary"] for change in planned["changes"]], ["delete tag tag number 38", "delete tag tag number 39"])
        self.assertIn("tag_38", planned["changes"][0]["target"])
        self.assertEqual(self.sandbox.state(), before)
        live = self.run_live("delete")
        self.assertEqual((live["changes"], live["writes"]), (planned["changes"], 2))
        self.assertEqual(live["runs"][0]["output"]["count"], 2)
        self.assertEqual(len(self.names()), 38)
        self.assertEqual(self.plan("delete")["changes"], [])

    def test_a_tag_is_kept_however_contacts_write_its_name(self):
        written = [("Promo", "promo"), ("VIỆT NAM", "việt nam"), ("Ștefan", "ștefan"), ("ΟΔΟΣ", "οδος"), ("Café", "cafe\u0301"),
                   ("trailing ", "trailing"), ("two  blanks", "two blanks"), ("no\u00a0break", "no break"), ("🔥 Hot", "🔥 hot"),
                   ("Straße", "STRASSE"), ("ısparta", "ISPARTA"), ("ＶＩＰ", "vip"), ("  ", "nobody"), ("idle", None)]
        filler = [f"filler {n}" for n in range(40)]
        tags = [{"id": f"tag_{n}", "name": name, "locationId": "loc_main"} for n, name in enumerate([a for a, _ in written] + filler)]
        contact = {"id": "con", "locationId": "loc_main", "dateAdded": "2026-01-01T00:00:00.000Z", "tags": [b for _, b in written if b] + filler}
        self.sandbox.call("/_sandbox/reset", {"state": {"locations": [{"id": "loc_main", "name": "Main"}], "location_tags": tags,
                                                        "contacts": [contact]}})
        self.run_live("watch", JUNE)
        planned = self.plan("delete")
        self.assertEqual([change["summary"] for change in planned["changes"]], ["delete tag idle"])
        self.assertEqual(self.run_live("delete")["changes"], planned["changes"])
        self.assertEqual(set(self.names().values()), {tag["name"] for tag in tags} - {"idle"})

    def test_archiving_keeps_the_id_and_what_was_archived_is_deleted_later(self):
        self.watched()
        planned = self.plan("archive")
        self.assertEqual(planned["changes"][0]["summary"], "rename tag tag number 38 to [archived 2026-11-23] tag number 38")
        live = self.run_live("archive")
        self.assertEqual(live["changes"], planned["changes"])
        self.assertEqual(self.names()["tag_38"], "[archived 2026-11-23] tag number 38")
        self.assertEqual(self.plan("archive")["changes"], [])
        self.assertEqual(self.plan("delete")["changes"], [])
        self.project.write("workflows/sweep.yaml", PRUNE.format(action="delete").replace("unused_for: 90d", "archived_for: 30d"))
        self.assertEqual(self.plan("sweep")["changes"], [])
        self.assertEqual(len(self.run_live("sweep", DECEMBER)["changes"]), 2)
        self.assertNotIn("tag_38", self.names())

    def test_over_the_limit_nothing_is_deleted_at_all_and_a_plan_lists_everything(self):
        self.watched(tags=40, used=30)
        before = self.sandbox.state()
        planned = self.plan("delete", expect=5)
        self.assertEqual(len(planned["changes"]), 10)
        done = self.project.millrace("run", "delete", "--live", "--json", "--as-of", NOVEMBER)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertEqual(json.loads(done.stdout)["changes"], [])
        self.assertIn("max_percent", done.stdout)
        self.assertEqual(self.sandbox.state(), before)

    def daily(self, most, more=""):
        self.project.write("workflows/daily.yaml", PRUNE.format(action="delete") + f"      at_most_a_day: {most}\n{more}")

    def test_a_daily_portion_is_planned_taken_and_goes_on_tomorrow_until_nothing_is_left(self):
        self.watched(tags=100, used=93, contacts=93)
        self.daily(3)
        left = 7
        for day, taken in (("2026-11-23", 3), ("2026-11-24", 3), ("2026-11-25", 1), ("2026-11-26", 0)):
            planned = self.plan("daily", f"{day}T07:00:00Z")
            self.assertEqual(self.plan("daily", f"{day}T07:00:00Z")["changes"], planned["changes"])  # a plan uses nothing up
            portion = planned["runs"][0]["output"]["portion"]
            self.assertEqual((portion["of"], portion["today"], portion["tomorrow"]), (left, taken, left - taken))
            live = self.run_live("daily", f"{day}T07:00:00Z")
            self.assertEqual(live["changes"], planned["changes"])
            self.assertEqual(len(live["changes"]), taken)
            left -= taken
            self.assertEqual(self.run_live("daily", f"{day}T22:00:00Z")["changes"], [])  # the day is used up
            self.assertEqual(len(self.names()), 93 + left)

    def test_steps_that_prune_one_location_beside_each_other_have_one_portion(self):
        self.watched(tags=100, used=93, contacts=93)
        step = "    - - id: pruned_NUMBER\n        action: pruning.delete\n        with: {unused_for: 90d, at_most_a_day: 4}\n"
        self.project.write("workflows/beside.yaml", WATCH.split("actions:")[0] + "actions:\n  - parallel:\n" +
                           "".join(step.replace("NUMBER", str(number)) for number in range(3)))
        planned = self.plan("beside")
        self.assertEqual(len(planned["changes"]), 4)
        self.assertEqual(len(self.run_live("beside")["changes"]), 4)
        self.assertEqual(len(self.names()), 96)
        self.assertEqual(self.run_live("beside", "2026-11-23T22:00:00Z")["changes"], [])

    def test_the_day_is_that_of_the_runs_zone(self):
        settings = self.project.folder / "millrace.yaml"
        settings.write_text("\n".join(line for line in settings.read_text().splitlines() if not line.startswith("timezone:")) + "\ntimezone: Asia/Tokyo\n")
        self.watched(tags=100, used=93, contacts=93)
        self.daily(2)
        for time, taken in (("2026-11-23T14:00:00Z", 2), ("2026-11-23T14:59:59Z", 0), ("2026-11-23T15:00:00Z", 2), ("2026-11-24T14:00:00Z", 0)):
            self.assertEqual(len(self.run_live("daily", time)["changes"]), taken, time)

        self.assertEqual(self.run_live("archive", "2026-11-24T15:00:00Z")["runs"][0]["output"]["results"][0]["new_name"],
                         "[archived 2026-11-25] tag number 97")

    def test_a_failure_in_the_middle_uses_up_no_more_of_the_day_than_it_took(self):
        self.watched(tags=100, used=93, contacts=93)
        self.daily(3)
        self.sandbox.fault(path="/locations/loc_main/tags/tag_94", method="DELETE", status=422)
        self.run_live("daily", expect=1)
        self.assertEqual(len(self.names()), 98)
        again = self.run_live("daily")
        self.assertEqual(([change["summary"] for change in again["changes"]], len(self.names())), (["delete tag tag number 94"], 97))
        self.assertEqual(self.run_live("daily")["changes"], [])

    def test_a_portion_over_a_limit_stops_and_one_below_it_does_not(self):
        self.watched(tags=40, used=30)  # ten unused are more than 10 percent
        self.daily(3)
        self.assertEqual(len(self.run_live("daily")["changes"]), 3)
        self.daily(8)
        self.assertEqual(len(self.plan("daily", "2026-11-24T07:00:00Z", expect=5)["changes"]), 7)
        self.run_live("daily", "2026-11-24T07:00:00Z", expect=5)
        self.daily(8, "safety: {max_changes: 2}\n")
        self.run_live("daily", "2026-11-25T07:00:00Z", expect=5)
        self.assertEqual(len(self.names()), 37)
        self.daily(2, "safety: {max_changes: 2}\n")
        self.assertEqual(len(self.run_live("daily", "2026-11-25T07:00:00Z")["changes"]), 2)

    def test_a_portion_on_doubtful_evidence_deletes_nothing_and_is_not_used_up(self):
        self.watched(tags=100, used=93, contacts=93)
        self.daily(3)
        state = self.sandbox.state()
        for fault in ({"text": '{"contacts": [], "total": 0, "traceId": "t"}', "status": 200}, {"status": 500}, {"truncate": True}):
            self.sandbox.fault(path="/contacts/search", count=0, **fault)
            self.assertNotEqual(self.project.millrace("run", "daily", "--live", "--as-of", NOVEMBER).returncode, 0)
            self.sandbox.call("/_sandbox/reset", {"state": state})
        self.assertEqual(len(self.names()), 100)
        self.assertEqual(len(self.run_live("daily")["changes"]), 3)

    def test_more_than_half_may_be_deleted_on_purpose_and_the_next_look_is_not_startled(self):
        self.watched(tags=10, used=4)
        path = self.project.folder / "workflows" / "delete.yaml"
        path.write_text(path.read_text() + "safety: {max_percent: 100}\n")
        self.assertEqual(len(self.run_live("delete")["changes"]), 6)
        self.assertEqual(self.plan("delete")["changes"], [])

    def test_a_list_that_is_suddenly_empty_or_halved_changes_nothing(self):
        for made, says in ((dict(tags=40, used=38, contacts=40), "40 contacts now against 80 on 2026-06-01"),
                           (dict(tags=40, used=0, contacts=0), "0 contacts now against 80 on 2026-06-01"),
                           (dict(tags=20, used=18, contacts=80), "20 location tags now against 40 on 2026-06-01"),
                           (dict(tags=0, used=38, contacts=80), "0 location tags now against 40 on 2026-06-01")):
            self.watched()
            self.reset(**made)
            for name in ("delete", "archive"):
                self.refused(name, says)
                self.refused(name, "accept_drop: true")
            self.assertIn("against", self.run_live("watch")["runs"][0]["output"]["dropped"])

    def test_an_answer_that_is_an_error_changes_nothing(self):
        self.watched()
        for path, fault in (("/contacts/search", {"status": 400}), ("/contacts/search", {"status": 500}), ("/contacts/search", {"truncate": True}),
                            ("/contacts/search", {"text": '{"contacts": [], "traceId": "t"}', "status": 200}),
                            ("/contacts/search", {"text": '{"contacts": [], "total": 80, "traceId": "t"}', "status": 200}),
                            ("/contacts/search", {"text": '{"contacts": null, "total": 0}', "status": 200}),
                            ("/locations/loc_main/tags", {"text": "{}", "status": 200}), ("/locations/loc_main/tags", {"status": 401})):
            self.sandbox.fault(path=path, count=0, **fault)
            self.refused("delete", "", expect=1)
            self.sandbox.call("/_sandbox/reset", {"state": self.sandbox.state()})
        self.assertEqual(len(self.run_live("delete")["changes"]), 2)

    def test_an_answer_of_200_that_is_an_error_or_a_storm_of_refusals_changes_nothing_and_says_why(self):
        self.watched()
        contacts, tags = "/contacts/search", "/locations/loc_main/tags"
        error = {"statusCode": 500, "message": "Internal error", "error": "x"}
        for path, code, fault, says in (
                (contacts, 1, {"text": json.dumps(error)}, 'has no list \\"contacts\\"'),
                (contacts, 5, {"text": json.dumps({**error, "contacts": [], "total": 0})}, "0 contacts now against 80"),
                (contacts, 1, {"text": "<html>maintenance</html>"}, "is not JSON"),
                (tags, 1, {"text": json.dumps(error)}, 'has no list \\"tags\\"'),
                (tags, 5, {"text": json.dumps({**error, "tags": []})}, "0 location tags now against 40"),
                (contacts, 1, {"status": 429, "headers": {"Retry-After": "1"}}, "takes no further requests now"),
                (tags, 1, {"status": 429, "headers": {"Retry-After": "1"}}, "takes no further requests now")):
            with self.subTest(path=path, fault=fault):
                self.sandbox.fault(path=path, count=0, **{"status": 200, **fault})
                self.refused("delete", says, expect=code)
                self.sandbox.call("/_sandbox/reset", {"state": self.sandbox.state()})

    def test_pages_that_are_missing_empty_or_come_again_in_the_middle_change_nothing_and_say_why(self):
        """Three pages of contacts, and what comes in the place of the second, however often it is looked again."""
        self.watched(contacts=1200)
        contacts = [{"id": f"con_{n}", "tags": [f"Tag Number {n % 38}"], "searchAfter": [1767225600000 + 1000 * n, f"con_{n}"]} for n in range(1200)]
        as_usual, runs = {"delay_ms": 0}, 2
        for page, requests, looks, says in ((contacts[1000:], 3, 2, "listed only 700 of 1200 contacts, twice"),
                                            ([], 2, 2, "listed only 500 of 1200 contacts, twice"),
                                            (contacts[:500], 2, 1, "gave a page again that it had given before")):
            with self.subTest(says=says):
                wrong = {"status": 200, "text": json.dumps({"contacts": page, "total": 1200, "traceId": "t"})}
                for fault in [as_usual, wrong, as_usual][:requests] * looks * runs:
                    self.sandbox.fault(path="/contacts/search", **fault)
                self.refused("delete", says, expect=1)
                self.sandbox.call("/_sandbox/reset", {"state": self.sandbox.state()})
        self.assertEqual(len(self.run_live("delete")["changes"]), 2)

    def test_contacts_that_are_all_there_without_their_tags_change_nothing(self):
        for carried in ([], ["nobody's"]):
            self.watched()
            contacts = [{"id": f"con_{n}", "locationId": "loc_main", "tags": carried} for n in range(80)]
            self.sandbox.fault(path="/contacts/search", count=0, status=200, text=json.dumps({"contacts": contacts, "total": 80}))
            for name in ("delete", "archive"):
                self.refused(name, "0 used location tags now against 38 on 2026-06-01")

    def test_an_answer_that_cannot_be_read_changes_nothing_and_says_why(self):
        contacts, tags = "/contacts/search", "/locations/loc_main/tags"
        said = {contacts: 'has no list \\"contacts\\"', tags: 'has no list \\"tags\\"'}
        self.watched()
        for path, answers in ((contacts, ("", "null", "[]", '{"contacts": {}, "total": 0}', '{"contacts": "", "total": 0}')),
                              (tags, ("", "null", "[]", '{"tags": null}', '{"tags": {}}'))):
            for answer in answers:
                with self.subTest(path=path, answer=answer):
                    self.sandbox.fault(path=path, count=0, status=200, text=answer)
                    self.refused("delete", said[path], expect=1)
                    self.sandbox.call("/_sandbox/reset", {"state": self.sandbox.state()})
        for total in ('"80"', "null", "-1", "0.0"):
            with self.subTest(total=total):
                self.sandbox.fault(path=contacts, count=0, status=200, text='{"contacts": [], "total": %s}' % total)
                self.refused("delete", "it cannot be told whether it is complete", expect=1)
                self.sandbox.call("/_sandbox/reset", {"state": self.sandbox.state()})

    def test_steps_and_later_runs_may_share_one_look_and_what_deletes_looks_anew(self):
        self.watched()
        self.run_live("delete")
        self.project.write("workflows/shared.yaml", """version: 1
name: One look
locations: [loc_main]
actions:
  - {id: seen, action: tags.usage, with: {max_age: 1h}}
  - {id: unused, action: pruning.candidates, with: {unused_for: 90d, max_age: 1h}}
  - {id: pruned, action: pruning.delete, with: {unused_for: 90d}}
  - {set: {kept_since: "${{ [seen.kept_since, unused.kept_since] }}"}}
""")
        looks = []
        for run in (self.plan, self.run_live, self.run_live):
            before = len(self.sandbox.requests())
            done = run("shared")
            made = self.sandbox.requests()[before:]
            self.assertEqual(done["calls"][0]["calls"], len(made))
            looks.append((sum(request["path"].startswith("/contacts/search") for request in made),
                          [since is None for since in done["runs"][0]["output"]["kept_since"]]))
        self.assertEqual(looks, [(2, [True, False]), (2, [True, False]), (1, [False, False])])

    def test_what_the_last_look_at_a_tag_shows_keeps_it_and_is_said(self):
        renamed = {"tag": {"id": "tag_38", "name": "VIP customers", "locationId": "loc_main"}}
        carried = {"contacts": [{"id": "con_1", "tags": ["tag number 38"]}], "total": 1}
        for action in ("archive", "delete"):
            for reason, says in (("renamed", 'its name is "VIP customers" by now'), ("used", "1 contact carries it now")):
                with self.subTest(action=action, reason=reason):
                    self.watched()
                    if reason == "renamed":
                        self.sandbox.fault(path="/locations/loc_main/tags/tag_38", method="GET", status=200, text=json.dumps(renamed))
                    else:
                        self.sandbox.fault(path="/contacts/search", delay_ms=0)  # the look at all of them
                        self.sandbox.fault(path="/contacts/search", status=200, text=json.dumps(carried))
                    done = self.project.millrace("run", action, "--live", "--json", "--as-of", NOVEMBER)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    output = json.loads(done.stdout)["runs"][0]["output"]
                    self.assertEqual(([result["id"] for result in output["results"]], output["kept"][reason]), (["tag_39"], 1 + 38 * (reason == "used")))
                    self.assertIn(says, done.stderr)
                    self.assertEqual(self.names()["tag_38"], "tag number 38")

    def test_a_failure_in_the_middle_ends_and_the_next_run_does_the_rest(self):
        self.watched()
        self.sandbox.fault(path="/locations/loc_main/tags/tag_39", method="DELETE", status=422)
        failed = self.run_live("delete", expect=1)
        self.assertIn("after 1 of 2 tags were deleted", json.dumps(failed))
        self.assertEqual(set(self.names()) & {"tag_38", "tag_39"}, {"tag_39"})
        self.assertEqual([change["summary"] for change in self.run_live("delete")["changes"]], ["delete tag tag number 39"])

    def test_a_step_that_is_tried_again_changes_no_tag_twice_and_tells_of_all(self):
        """Refused at the second of three tags, or done and nobody heard it."""
        for action, method in (("archive", "PUT"), ("delete", "DELETE")):
            for fault in ({"status": 409}, {"drop": "after", "count": 5}):
                with self.subTest(action=action, fault=fault):
                    self.watched(tags=40, used=37)
                    self.project.write("workflows/again.yaml", f"""version: 1
name: Prune what was found
locations: [loc_main]
actions:
  - {{id: found, action: pruning.candidates, with: {{unused_for: 90d}}}}
  - id: pruned
    action: pruning.{action}
    with: {{tags: found.items}}
    retry: {{attempts: 3, delay: 1s}}
""")
                    planned = self.plan("again")
                    self.sandbox.fault(path="/locations/loc_main/tags/tag_38", method=method, **fault)
                    live = self.run_live("again")
                    output = live["runs"][0]["output"]
                    self.assertEqual((sorted(result["id"] for result in output["results"]), output["count"]), (["tag_37", "tag_38", "tag_39"], 3))
                    self.assertEqual(sorted(change["summary"] for change in live["changes"]), [change["summary"] for change in planned["changes"]])
                    left = {f"tag_{n}": f"[archived 2026-11-23] tag number {n}" for n in (37, 38, 39)} if action == "archive" else {}
                    self.assertEqual({id: name for id, name in self.names().items() if id in ("tag_37", "tag_38", "tag_39")}, left)


if __name__ == "__main__":
    main()
