"""The sample workflows, one per row of the mission: each is without findings, planned without a trace, and then done."""
import json
import unittest

from project import Project, Sandbox, main, samples

watched, later = "2026-06-01T09:00:00Z", "2026-09-21T09:00:00Z"


class Workflows(unittest.TestCase):
    """One sandbox and one project, as a person meets them who tries the samples one after the other."""

    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox("--limit", "off")
        cls.project = Project(cls.sandbox.url)

    @classmethod
    def tearDownClass(cls):
        cls.project.close()
        cls.sandbox.close()

    def setUp(self):
        self.sandbox.call("/_sandbox/reset", {})
        for file in (self.project.folder / "state").glob("millrace.db*"):
            file.unlink()

    def run_live(self, workflow, *arguments, event=None):
        more = ["--event", "-"] if event else []
        return self.project.json("run", workflow, "--live", *arguments, *more, stdin=event)

    def plan(self, workflow, *arguments, event=None):
        more = ["--event", "-"] if event else []
        return self.project.json("plan", workflow, *arguments, *more, stdin=event)

    def test_check_is_silent(self):
        done = self.project.millrace("check")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_each_can_be_planned_without_a_trace_and_then_done(self):
        self.run_live("prune-unused-tags", "--as-of", watched)
        for workflow in samples:
            with self.subTest(workflow):
                before = self.sandbox.state()
                plan = self.plan(workflow, "--as-of", later)
                self.assertEqual(plan["writes"], 0)
                self.assertEqual(self.sandbox.state(), before)
                live = self.run_live(workflow, "--as-of", later)
                self.assertEqual(len(live["changes"]), len(plan["changes"]))
                self.assertTrue(all(run["outcome"] == "completed" for run in live["runs"]), live)

    def test_the_tag_sync_planned_again_has_nothing_left_to_do_in_both_readings(self):
        for workflow in ("sync-tags", "real-time-tag-sync"):
            with self.subTest(workflow):
                event = json.dumps({"change": "updated", "location_id": "loc_main", "tag": {"id": "sm-7", "name": "spring offer", "color": "#ff8800", "description": "in spring"}})
                self.assertEqual(len(self.run_live(workflow, event=event)["changes"]), 1)
                self.assertEqual(self.plan(workflow, event=event)["changes"], [])
                renamed = event.replace("spring offer", "summer offer")
                self.assertEqual([change["effect"] for change in self.run_live(workflow, event=renamed)["changes"]], ["update"])
                self.assertEqual(self.plan(workflow, event=renamed)["changes"], [])

    def test_pruning_planned_again_has_nothing_left_to_do(self):
        for workflow, effect in (("prune-unused-tags", "delete"), ("prune-with-care", "update")):
            with self.subTest(workflow):
                self.setUp()
                self.assertEqual(self.run_live(workflow, "--as-of", watched)["changes"], [], "nothing was watched yet")
                done = self.run_live(workflow, "--as-of", later)
                self.assertGreater(sum(change["effect"] == effect for change in done["changes"]), 5)
                self.assertEqual(self.plan(workflow, "--as-of", later)["changes"], [])

    def test_what_was_put_away_is_deleted_a_month_later(self):
        self.run_live("prune-with-care", "--as-of", watched)
        away = self.run_live("prune-with-care", "--as-of", later)
        ids = {change["target"] for change in away["changes"] if change["effect"] == "update"}
        self.assertEqual(self.plan("prune-with-care", "--as-of", "2026-10-05T09:00:00Z")["changes"], [])
        gone = self.run_live("prune-with-care", "--as-of", "2026-10-26T09:00:00Z")
        self.assertEqual({change["target"] for change in gone["changes"] if change["effect"] == "delete"}, ids)

    def test_a_promoter_is_tagged_once_and_a_detractor_not_at_all(self):
        event = json.dumps({"score": 10, "comment": "lovely", "tags": [], "contact": {"email": "ada@example.com"}})
        self.assertEqual([change["request"]["body"] for change in self.run_live("thank-promoters", event=event)["changes"]], [{"tags": ["promoter"]}])
        self.assertEqual(self.plan("thank-promoters", event=event)["changes"], [])
        self.assertEqual(self.plan("thank-promoters", event=event.replace("10", "6"))["changes"], [])

    def test_a_tagged_contact_is_asked_once_in_the_period_and_never_against_do_not_disturb(self):
        def event(tags, dnd=False, id="c1"):
            return json.dumps({"id": id, "location_id": "loc_main", "tags": tags, "dnd": dnd, "email": "eve@example.com", "first_name": "Eve"})
        self.assertEqual(self.run_live("survey-tagged-contacts", event=event(["vip"]))["changes"], [])
        asked = self.run_live("survey-tagged-contacts", event=event(["vip", "customer"]))["changes"]
        self.assertEqual([change["request"]["body"]["segment"] for change in asked], ["customer"])
        self.run_live("survey-tagged-contacts", event=event([]))
        self.assertEqual(self.run_live("survey-tagged-contacts", event=event(["customer"]))["changes"], [], "asked again within 90 days")
        self.assertEqual(self.run_live("survey-tagged-contacts", event=event(["customer", "vip"]))["changes"], [], "nothing was added")
        self.assertEqual(self.run_live("survey-tagged-contacts", event=event(["customer"], dnd=True, id="c2"))["changes"], [])
        much_later = "2028-01-01T09:00:00Z"
        self.run_live("survey-tagged-contacts", "--as-of", much_later, event=event([]))
        self.assertEqual(len(self.run_live("survey-tagged-contacts", "--as-of", much_later, event=event(["customer"]))["changes"]), 1)

    def test_an_old_customer_who_is_seen_for_the_first_time_is_not_asked_and_a_new_contact_is(self):
        at = "2026-09-21T09:00:00Z"
        def asked(**event):
            event = json.dumps({"location_id": "loc_main", "dnd": False, "email": "eve@example.com", "first_name": "Eve", **event})
            return len(self.run_live("survey-tagged-contacts", "--as-of", at, event=event)["changes"])
        self.assertEqual(asked(id="old", tags=["customer", "vip"], date_added="2026-01-01T00:00:00Z"), 0)
        self.assertEqual(asked(id="old", tags=["customer", "vip", "more"], date_added="2026-01-01T00:00:00Z"), 0)
        self.assertEqual(asked(id="untold", tags=["customer"]), 0)
        self.assertEqual(asked(id="new", tags=["customer"], date_added="2026-09-21T08:00:00Z"), 1)

    def test_whether_a_contact_may_be_disturbed_is_looked_up_where_the_event_does_not_tell_and_never_taken_for_granted(self):
        state = self.sandbox.state()
        contacts = [contact for contact in state["contacts"] if contact["locationId"] == "loc_main"][:3]
        for contact, dnd in zip(contacts, (False, True, None), strict=True):
            contact.pop("dnd", None)
            if dnd is not None:
                contact["dnd"] = dnd
        self.sandbox.call("/_sandbox/reset", {"state": state})
        for contact, sent in zip(contacts, (1, 0, 0), strict=True):
            event = {"id": contact["id"], "location_id": "loc_main", "tags": []}
            for told in ({}, {"dnd": None}):
                with self.subTest(sent=sent, told=told):
                    for file in (self.project.folder / "state").glob("millrace.db*"):
                        file.unlink()
                    self.run_live("survey-tagged-contacts", event=json.dumps({**event, **told}))
                    live = self.run_live("survey-tagged-contacts", event=json.dumps({**event, **told, "tags": ["customer"], "email": "eve@example.com"}))
                    self.assertEqual((len(live["changes"]), live["runs"][0]["outcome"]), (sent, "completed"), live)

    def test_the_dashboard_gets_the_four_fields_of_the_page(self):
        pushed = self.run_live("analytics-overview", "--as-of", later)["changes"][-1]["request"]["body"]
        self.assertEqual(set(pushed), {"metrics", "timestamp", "locationId", "userCount"})
        self.assertEqual(pushed["locationId"], "loc_main")
        self.assertGreater(pushed["userCount"], 0)
        self.assertGreater(pushed["metrics"]["impressions"], 0)


if __name__ == "__main__":
    main()
