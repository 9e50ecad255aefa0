"""What plugins let start runs in `millrace serve`: their deliveries, watches of what they read, and their own libraries."""
import json
import os
import unittest.mock

from project import Sandbox, build, main, pin, source
from served import ServedSandboxTest, ServedTest
from service import COUNTER, ask, wait_until

KEPT = "  - set: {seen: event}\n"


class Connectors(ServedSandboxTest):
    secrets = {"sightmill_hook": "an-unguessable-path"}

    def sample(self, name):
        text = (source / "workflows" / f"{name}.yaml").read_text()
        self.service.write(f"workflows/{name}.yaml", text.replace("version: 1\n", "version: 1\nmode: live\n", 1))

    def emit(self, path, kind, payload):
        return self.sandbox.call("/_sandbox/emit", {"url": f"{self.service.url}/hooks/{path}", "kind": kind, "payload": payload})

    def test_a_tag_that_sightmill_tells_of_becomes_a_location_tag_at_highlevel(self):
        self.sample("sync-tags")
        self.service.start()
        told = {"change": "added", "tagName": "Spring sale", "tagId": "sm-1042", "locationId": "loc_main"}
        self.assertEqual(self.emit("sync-tags/guessed", "sightmill.tags.changed", told)["status"], 401)
        self.assertEqual(self.emit("sync-tags/an-unguessable-path", "sightmill.tags.changed", told)["status"], 202)
        self.service.count("sync-tags", 1)
        self.assertIn("Spring sale", [tag["name"] for tag in self.sandbox.tags()])
        self.emit("sync-tags/an-unguessable-path", "sightmill.tags.changed", {**told, "change": "updated", "tagName": "Summer sale"})
        run = self.service.run(self.service.count("sync-tags", 2)[1]["id"])
        self.assertEqual(run["outcome"], "completed", run)
        names = [tag["name"] for tag in self.sandbox.tags()]
        self.assertIn("Summer sale", names)
        self.assertNotIn("Spring sale", names)
        self.assertEqual(self.emit("sync-tags/an-unguessable-path", "sightmill.tags.changed", {**told, "locationId": "loc_nowhere"})["status"], 202)
        failed = self.service.count("sync-tags", 3)[2]
        self.assertEqual(failed["outcome"], "failed")
        self.assertIn("loc_nowhere", failed["note"])

    def test_only_whole_deliveries_of_the_triggers_own_kind_start_it_and_unknown_is_not_empty(self):
        self.service.flow("news", "  - id: tags\n    action: memory.changes\n    with: {key: '${{ event.id }}', items: event.tags}\n  - set: {seen: tags}\n",
                          "  - trigger: highlevel.contact_tags.updated\n    verify: highlevel\n")
        key = self.sandbox.call("/_sandbox/emit", {"url": f"{self.far.url}/x", "kind": "highlevel", "payload": {}})["public_key"]
        with unittest.mock.patch.dict(os.environ, {"MILLRACE_HIGHLEVEL_WEBHOOK_KEY": key}):
            self.service.start()
        told = {"type": "ContactTagUpdate", "id": "con_1", "locationId": "loc_main", "tags": ["vip", "old"]}
        without = {name: value for name, value in told.items() if name != "tags"}
        self.assertEqual(self.service.hook("news", told).status, 401)
        first, message, no_tags, null_tags, last = [
            self.emit("news", "highlevel", payload) for payload in
            (told, {**without, "type": "InboundMessage"}, without, {**told, "tags": None}, {**told, "tags": ["vip", "new"]})]
        self.assertEqual([answer["status"] for answer in (first, message, no_tags, null_tags, last)], [202] * 5)
        seen = [self.service.run(run["id"])["steps"][0]["output"] for run in self.service.count("news", 2)]
        self.assertEqual([(tags["added"], tags["removed"]) for tags in seen], [(["vip", "old"], []), (["new"], ["old"])])
        other, faulty = (json.loads(answer["body"])["event"] if isinstance(answer["body"], str) else answer["body"]["event"] for answer in (message, no_tags))
        self.assertIn("none of highlevel.contact_tags.updated", " ".join(self.service.reasons("news", "--event", other)))
        self.assertIn("tags: expected a list", " ".join(self.service.reasons("news", "--event", faulty)))
        self.assertEqual(self.service.get("events/" + faulty)["payload"]["delivery"], without)
        alarm, = wait_until(lambda: self.service.get("status")["alarms"], what="an alarm, although a good one came at once")
        self.assertEqual(alarm["about"], "deliveries of hook:news for highlevel.contact_tags.updated")
        lacking, = self.service.get("status")["lacking_deliveries"]
        self.assertEqual((lacking["source"], lacking["trigger"], lacking["count"]), ("hook:news", "highlevel.contact_tags.updated", 2))
        self.service.tells("news", "2 times a delivery to hook:news was kept and started nothing")

    def test_who_gives_a_ten_is_tagged_as_a_promoter(self):
        self.sample("thank-promoters")
        self.service.start()
        contact = next(each for each in self.sandbox.state()["contacts"] if each.get("email") and each["locationId"] == "loc_main" and "promoter" not in each.get("tags", []))
        for score in (3, 10):
            answer = self.emit("thank-promoters/an-unguessable-path", "sightmill.responses.received", {"score": score, "contact": {"email": contact["email"]}})
            self.assertEqual(answer["status"], 202, answer)
        low, high = self.service.count("thank-promoters", 2)
        self.assertEqual((low["changes"], high["changes"]), (0, 1), self.service.run(high["id"]))
        after = next(each for each in self.sandbox.state()["contacts"] if each["id"] == contact["id"])
        self.assertIn("promoter", after["tags"])

    def new_tag(self, name, location="loc_main"):
        return self.tag(f"/locations/{location}/tags", "POST", {"name": name})["tag"]["id"]

    def tag(self, path, method, body=None):
        answer = ask(self.sandbox.url, method, path, body, {"Authorization": "Bearer sandbox-token", "Version": "2021-07-28"})
        self.assertLess(answer.status, 300, answer.body)
        return json.loads(answer.body)

    def changes(self, number):
        return [(event["change"], event["item"]["name"], (event["before"] or {}).get("name")) for event in
                [self.service.event_of(run) for run in self.service.count("tags", number)]]

    def test_a_watch_tells_what_was_added_changed_and_removed_once_also_over_restarts(self):
        self.service.flow("tags", KEPT, "  - watch: highlevel.location_tags.list\n    key: item.id\n    every: 1s\n", more="locations: [loc_main]\n")
        self.service.start()
        wait_until(lambda: self.sandbox.requests(), what="the first look")
        wait_until(lambda: self.service.store("SELECT 1 FROM states WHERE owner = 'trigger:tags/0'"), what="the checkpoint")
        new = self.new_tag("watched")
        self.assertEqual(self.changes(1), [("added", "watched", None)])
        self.service.kill()
        self.tag(f"/locations/loc_main/tags/{new}", "PUT", {"name": "renamed"})
        self.service.start()
        self.assertEqual(self.changes(2)[1:], [("changed", "renamed", "watched")])
        self.service.stop()
        self.service.start()
        self.tag(f"/locations/loc_main/tags/{new}", "DELETE")
        self.assertEqual(self.changes(3)[2:], [("removed", "renamed", "renamed")])

    def test_a_watch_of_several_locations_looks_into_each_and_runs_for_the_one_that_changed(self):
        self.service.flow("tags", KEPT, "  - watch: highlevel.location_tags.list\n    key: item.id\n    every: 1s\n", more="locations: [loc_main, loc_north]\n")
        self.service.start()
        wait_until(lambda: len(self.service.store("SELECT 1 FROM states WHERE owner = 'trigger:tags/0'")) == 2, what="both checkpoints")
        self.new_tag("in the north", "loc_north")
        run = self.service.count("tags", 1)[0]
        self.assertEqual((run["location"], self.service.event_of(run)["item"]["name"]), ("loc_north", "in the north"))

    def test_a_watch_that_looks_at_something_else_than_before_takes_nothing_for_new(self):
        other = Sandbox("--limit", "off")
        self.addCleanup(other.close)
        by = lambda key: f"  - watch: highlevel.location_tags.list\n    key: item.{key}\n    every: 1s\n"
        seen = lambda number: self.service.state(f"trigger:tags/{number}", "watch/loc_main")
        self.service.flow("tags", KEPT, by("id"), more="locations: [loc_main]\n")
        self.service.start()
        looked_anew = lambda: wait_until(lambda: seen(0)["of"] != before["of"], what="a look at something else")
        for triggers in (by("name"), by("id") + by("name")):
            before = wait_until(lambda: seen(0), what="a look")
            self.service.flow("tags", KEPT, triggers, more="locations: [loc_main]\n")
            self.assertEqual(self.service.api("POST", "reload").status, 200)
            looked_anew()
        before = seen(0)
        self.service.stop()
        config = self.service.folder / "millrace.yaml"
        config.write_text(config.read_text().replace(self.sandbox.url, other.url))
        self.service.start()
        looked_anew()
        wait_until(lambda: len(seen(1)["items"]) == len(other.tags()), what="both looks")
        self.assertEqual(self.service.runs("tags"), [])
        self.assertIn("looks at something else than before", self.service.log())
        ask(other.url, "POST", "/locations/loc_main/tags", {"name": "really new"}, {"Authorization": "Bearer sandbox-token", "Version": "2021-07-28"})
        self.assertEqual([event["item"]["name"] for event in map(self.service.event_of, self.service.count("tags", 2))], ["really new"] * 2)

    def test_files_that_another_pattern_finds_and_that_were_there_are_not_new(self):
        for name in ("inbox/a.csv", "inbox/deep/b.csv", "inbox/c.tsv"):
            os.utime(self.service.write(name, "x\n1\n"), (1, 1))
        self.service.flow("files", KEPT, "  - file: inbox/*.csv\n")
        self.service.start()
        before = wait_until(lambda: self.service.state("trigger:files/0", "watch"), what="the first look")
        for pattern in ("inbox/**/*.csv", "inbox/*.{csv,tsv}"):
            self.service.flow("files", KEPT, f"  - file: {pattern}\n")
            self.assertEqual(self.service.api("POST", "reload").status, 200)
            before = wait_until(lambda: next((now for now in [self.service.state("trigger:files/0", "watch")] if now["of"] != before["of"]), None), what="another look")
            self.assertEqual(len(before["items"]), 2)
        self.assertEqual(self.service.runs("files"), [])
        self.service.write("inbox/d.tsv", "x\n1\n")
        self.assertEqual(self.service.event_of(self.service.count("files", 1)[0])["name"], "d.tsv")

    def test_a_watch_that_sees_nothing_for_a_while_loses_nothing(self):
        self.service.flow("tags", KEPT, "  - watch: highlevel.location_tags.list\n    key: item.id\n    every: 1s\n", more="locations: [loc_main]\n")
        self.service.start()
        wait_until(lambda: self.service.store("SELECT 1 FROM states WHERE owner = 'trigger:tags/0'"), what="the checkpoint")
        self.sandbox.fault(path="/locations/loc_main/tags", method="GET", count=2, status=403)
        self.new_tag("meanwhile")
        self.assertEqual(self.changes(1), [("added", "meanwhile", None)])
        self.assertIn("saw nothing", self.service.log())


TICKS = {"manifest": 1, "name": "ticks", "version": "1.0.0", "summary": "Counts", "library": True,
         "triggers": {name: {"summary": "A number", "kind": "library", "id": "delivery.number", "map": "{'n': delivery.n}",
                             "event": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}} for name in ("counted", "broken")}}
TICKS.update(connection={"auth": "none"}, files=["kept"], actions={"first": COUNTER["actions"]["first"]})
TICKS["triggers"]["curious"] = {"summary": "What it is told", "kind": "library", "id": "delivery.number", "map": "{'asked': delivery.number, 'ok': delivery.n, 'said': delivery.said}",
                                "event": {"type": "object"}, "calls": ["first", "files.write", "http.request"]}


class OfPlugins(ServedTest):
    """A plugin's own trigger, through the C contract."""

    def setUp(self):
        super().setUp()
        self.install(TICKS)

    def install(self, manifest):
        library = build / "tests" / "plugin" / "ticks.so"
        manifest = self.service.write("plugins/ticks/ticks.json", json.dumps(manifest))
        self.service.write("plugins/ticks/ticks.so", library.read_bytes())
        config = (self.service.folder / "millrace.yaml").read_text()
        config += f"  clock:\n    plugin: ticks\n    base_url: {self.far.url}\n"
        self.service.write("millrace.yaml", config + f'trust: ["{pin("ticks", manifest.read_bytes(), library.read_bytes())}"]\n')

    def cursor(self, workflow, trigger=0):
        return self.service.state(f"trigger:{workflow}/{trigger}", "ticks.counted/told")

    def test_each_event_that_a_library_emits_starts_a_run_once_also_over_restarts(self):
        self.service.flow("counts", KEPT, "  - trigger: ticks.counted\n    if: event.n != 2\n")
        self.service.start()
        self.assertEqual([self.service.event_of(run) for run in self.service.count("counts", 2)], [{"n": 1}, {"n": 3}])
        wait_until(lambda: self.cursor("counts") == 3, what="the plugin's cursor")
        self.assertEqual([event["source_id"] for event in self.service.get("events?source=trigger:counts/0")["events"]], ["tick-3", "tick-2", "tick-1"])
        self.assertIn("event.n != 2 was false", " ".join(self.service.reasons("counts", "--event", self.service.get("events")["events"][1]["id"])))
        self.service.kill()
        self.service.put_state("trigger:counts/0", "ticks.counted/told", 1)
        self.service.start()
        wait_until(lambda: self.cursor("counts") == 3, what="the plugin's cursor")
        self.assertEqual(self.service.stop(within=10), 0)
        self.assertEqual(self.service.store("SELECT count(*) FROM events"), [(3,)])

    def test_what_a_library_emits_and_lacks_something_is_told_although_a_good_event_follows(self):
        (self.service.folder / "millrace.yaml").write_text((self.service.folder / "millrace.yaml").read_text().split("  clock:")[0])
        counted = {**TICKS["triggers"]["counted"], "event": {"type": "object", "properties": {"n": {"enum": [1, 3]}}}}
        self.install({**TICKS, "triggers": {**TICKS["triggers"], "counted": counted}})
        self.service.flow("counts", KEPT, "  - trigger: ticks.counted\n")
        self.service.start()
        self.assertEqual([self.service.event_of(run) for run in self.service.count("counts", 2)], [{"n": 1}, {"n": 3}])
        alarm, = wait_until(lambda: self.service.get("status")["alarms"], what="an alarm")
        self.assertEqual(alarm["about"], "deliveries of trigger:counts/0 for ticks.counted")
        self.service.tells("counts", "1 time a delivery to trigger:counts/0 was kept and started nothing")
        wait_until(lambda: not self.service.get("status")["alarms"], what="its end")

    def test_each_workflow_that_listens_hears_everything_however_far_others_have_heard(self):
        events = [{"n": 1}, {"n": 2}, {"n": 3}]
        heard = lambda workflow: sorted((self.service.event_of(run) for run in self.service.count(workflow, 3)), key=lambda event: event["n"])
        for workflow in ("first", "second"):
            self.service.flow(workflow, KEPT, "  - trigger: ticks.counted\n")
        self.service.flow("twice", KEPT, "  - trigger: ticks.counted\n    if: event.n == 1\n  - trigger: ticks.counted\n    if: event.n > 1\n")
        self.service.start()
        for workflow in ("first", "second", "twice"):
            self.assertEqual(heard(workflow), events)
        self.service.flow("later", KEPT, "  - trigger: ticks.counted\n")
        self.assertEqual(self.service.api("POST", "reload").status, 200)
        self.assertEqual(heard("later"), events)
        self.service.kill()
        self.service.put_state("trigger:second/0", "ticks.counted/told", 1)
        self.service.start()
        wait_until(lambda: self.cursor("second") == 3, what="what it had not heard")
        self.assertEqual([self.cursor(*each) for each in (("first",), ("twice", 0), ("twice", 1), ("later",))], [3] * 4)
        self.assertEqual([len(self.service.runs(workflow)) for workflow in ("first", "second", "twice", "later")], [3] * 4)

    def test_what_a_trigger_has_not_written_is_what_the_plugin_keeps(self):
        self.service.start()
        self.service.stop()
        self.service.put_state("ticks", "told", 2)
        self.service.flow("counts", KEPT, "  - trigger: ticks.counted\n")
        self.service.start()
        self.assertEqual([self.service.event_of(run) for run in self.service.count("counts", 1)], [{"n": 3}])
        wait_until(lambda: self.cursor("counts") == 3, what="the plugin's cursor")
        self.assertEqual(self.service.state("ticks", "told"), 2)

    def test_a_trigger_that_gives_up_begins_anew_and_is_told_of(self):
        self.service.flow("breaks", KEPT, "  - trigger: ticks.broken\n")
        self.service.start()
        wait_until(lambda: self.service.log().count("the clock has stopped") >= 2, what="the second attempt")
        wait_until(lambda: any("the clock has stopped" in alarm["message"] for alarm in self.service.get("status")["alarms"]), what="the alarm")
        self.service.count("breaks", 1)

    def test_a_trigger_of_a_library_reads_and_keeps_its_state_and_can_write_nothing(self):
        self.service.flow("asks", KEPT, "  - trigger: ticks.curious\n    connection: clock\n")
        self.service.start()
        told = [self.service.event_of(run) for run in self.service.count("asks", 9)]
        answers = {each["asked"]: each["said"] for each in told if each["ok"]}
        refusals = {each["asked"]: each["said"] for each in told if not each["ok"]}
        self.assertEqual(answers.keys(), {"get", "written", "swapped"})
        self.assertEqual(answers["get"]["status"], 200)
        self.assertEqual({refusal["code"] for refusal in refusals.values()}, {"denied"}, refusals)
        self.assertEqual({asked: refusal["message"] for asked, refusal in refusals.items()}, {
            "post": "ticks.curious asks with POST, and a trigger only reads: where that reads, let it call an action that says so",
            "file": "ticks.curious writes the file kept/of-a-trigger.txt, and a trigger only reads",
            "action": "ticks.first writes, and a trigger only reads",
            "job": "files.write writes the file of-a-job.txt, and a trigger only reads",
            "saved body": "http.request writes the file saved.json, and a trigger only reads",
            "announced": "ticks.first announces changes, and a trigger only reads"})
        self.assertEqual([each.path for each in self.far.requests()], ["/read"])
        self.assertFalse((self.service.folder / "output").exists())
        self.assertEqual([self.service.state("trigger:asks/0", "ticks.curious/" + key) for key in ("kept", "claimed")], [1, 2])

    def test_a_watch_saves_no_body_and_says_so(self):
        self.service.flow("looks", KEPT, "  - watch: http.request\n    every: 1s\n    key: item.id\n    connection: web\n    with: {url: /list, save_as: list.json}\n")
        self.service.start()
        wait_until(lambda: any("http.request writes the file list.json, and a watch only reads" in alarm["message"]
                               for alarm in self.service.get("status")["alarms"]), what="the alarm")
        self.assertEqual(self.far.requests("/list"), [])
        self.assertFalse((self.service.folder / "output").exists())


if __name__ == "__main__":
    main()
