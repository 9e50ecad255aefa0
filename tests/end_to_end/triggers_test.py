"""What starts a run in `millrace serve`, and what does not, as senders and authors of workflows rely on it."""
import base64
import concurrent.futures
import datetime
import hashlib
import json
import os
import pathlib
import time
import unittest
import unittest.mock

from project import build, main, source
from served import POSTS, ServedSandboxTest, ServedTest, signed
from service import COUNTER, ask, wait_until

KEPT = "  - set: {seen: event}\n"


class Webhooks(ServedTest):
    secrets = {"shop": "an-hmac-key", "caller": "a-bearer-token", "form": "guess-me-not",
               "old": "whsec_" + base64.b64encode(b"the old key").decode(), "new": "whsec_" + base64.b64encode(b"the new key").decode()}

    def hooked(self, name, verify, more="", actions=KEPT):
        self.service.flow(name, actions, f"  - webhook: NAME\n    verify: {verify}\n{more}")

    def refused(self, path, body, headers=None, events=0):
        answer = self.service.hook(path, body, headers)
        self.assertEqual(answer.status, 401, answer.body)
        self.assertEqual(json.loads(answer.body)["error"]["code"], "denied")
        self.assertEqual(len(self.service.get("events")["events"]), events)

    def test_a_public_webhook_takes_a_delivery_from_anybody_and_its_run_sees_the_body(self):
        self.hooked("open", "public")
        self.service.start()
        receipt = self.service.delivered("open", {"n": 1})
        self.assertEqual(self.service.ended(receipt["runs"][0])["payload"], {"n": 1})
        self.assertEqual(self.service.get("events/" + receipt["event"])["payload"], {"n": 1})

    def test_an_address_where_nobody_listens_is_404_and_other_methods_are_405(self):
        self.hooked("open", "public")
        self.service.start()
        for path in ("nobody", "open/further", "", "open%2f.."):
            self.assertEqual(self.service.hook(path, {}).status, 404, path)
        answer = ask(self.service.url, "GET", "/hooks/open")
        self.assertEqual((answer.status, answer.headers["allow"]), (405, "POST"))

    def test_hmac_in_hex_and_base64_of_the_raw_bytes_and_a_wrong_one_leaves_nothing(self):
        self.hooked("hex", '{hmac: {secret: "secret:shop", header: X-Signature}}')
        self.hooked("base64", '{hmac: {secret: "secret:shop", header: x-signature, encoding: base64}}')
        self.service.start()
        body = b'{ "n" : 1 }'
        proof = signed("an-hmac-key", body)
        self.refused("hex", body)
        self.refused("hex", body, {"x-signature": "00" * 32})
        self.refused("hex", body + b" ", {"x-signature": proof.hexdigest()})
        self.refused("base64", body, {"x-signature": proof.hexdigest()})
        self.assertEqual(self.service.runs(), [])
        self.service.delivered("hex", body, {"X-SIGNATURE": proof.hexdigest().upper()})
        self.service.delivered("hex", body, {"x-signature": "sha256=" + proof.hexdigest()})
        self.service.delivered("base64", body, {"x-signature": base64.b64encode(proof.digest()).decode()})
        self.service.count("hex", 2)
        self.service.count("base64", 1)

    def test_a_bearer_token_and_a_secret_path(self):
        self.hooked("bearer", '{bearer: "secret:caller"}')
        self.hooked("form", '{secret_path: "secret:form"}')
        self.service.start()
        self.refused("bearer", {})
        self.refused("bearer", {}, {"Authorization": "Bearer a-bearer-toke"})
        self.refused("form", {})
        self.refused("form/guess-me", {})
        self.service.delivered("bearer", {}, {"Authorization": "Bearer a-bearer-token"})
        self.service.delivered("form/guess-me-not", {})
        self.service.count("form", 1)
        self.assertNotIn("guess-me-not", self.service.log() + json.dumps(self.service.get("events")))

    def test_a_secret_that_is_not_there_is_no_refusal_of_the_sender(self):
        self.hooked("late", '{bearer: "secret:not_yet"}')
        self.service.start()
        answer = self.service.hook("late", {}, {"Authorization": "Bearer x"})
        self.assertEqual(answer.status, 503)
        self.assertIn("retry-after", answer.headers)

    def standard(self, key, id, body, age=0):
        sent = str(int(time.time()) - age)
        proof = base64.b64encode(signed(key, f"{id}.{sent}.".encode() + body).digest()).decode()
        return {"webhook-id": id, "webhook-timestamp": sent, "webhook-signature": "v1,bm90IHRoaXMgb25l v1," + proof}

    def test_standard_webhooks_with_two_keys_during_rotation_late_ones_kept_and_repeats_told_the_same(self):
        self.hooked("standard", '{standard_webhooks: ["secret:old", "secret:new"]}')
        self.service.start()
        body = b'{"n": 1}'
        self.refused("standard", body)
        self.refused("standard", body, self.standard("another key", "m0", body))
        self.refused("standard", body, self.standard("the new key", "m0", body, age=-900))
        first = self.service.delivered("standard", body, self.standard("the old key", "m1", body))
        late = self.service.delivered("standard", body, self.standard("the new key", "m2", body, age=7200))
        self.assertEqual(self.service.delivered("standard", body, self.standard("the new key", "m1", body, age=60)), first)
        self.assertEqual(self.service.delivered("standard", body, self.standard("the old key", "m2", body)), late)
        self.service.count("standard", 2)

    def test_dedupe_by_an_expression_by_the_body_and_not_at_all(self):
        self.hooked("order", "public", "    dedupe: event.order.id\n")
        self.hooked("body", "public", "    dedupe: body\n")
        self.hooked("none", "public", "    dedupe: none\n")
        self.service.start()
        first = self.service.delivered("order", {"order": {"id": 7}, "n": 1})
        self.assertEqual(self.service.delivered("order", {"order": {"id": 7}, "n": 2}), first)
        self.assertNotEqual(self.service.delivered("order", {"order": {"id": 8}}), first)
        first = self.service.delivered("body", {"n": 1})
        self.assertEqual(self.service.delivered("body", {"n": 1}), first)
        self.assertNotEqual(self.service.delivered("body", {"n": 2}), first)
        self.assertNotEqual(self.service.delivered("none", {"n": 1}), self.service.delivered("none", {"n": 1}))
        for workflow in ("order", "body", "none"):
            self.service.count(workflow, 2)
        self.assertEqual(self.service.hook("order", {"no": "order"}).status, 400)

    def test_p2_a_delivery_repeated_after_a_restart_is_told_the_same(self):
        self.hooked("order", "public", "    dedupe: event.id\n")
        self.service.start()
        first = self.service.delivered("order", {"id": "a"})
        self.service.ended(first["runs"][0])
        self.service.stop()
        self.service.start()
        self.assertEqual(self.service.delivered("order", {"id": "a"}), first)
        self.service.count("order", 1)

    def test_p2_repeats_that_come_at_once_do_not_hold_up_the_ones_behind_them(self):
        self.hooked("order", "public", "    dedupe: event.id\n")
        self.service.start()
        bodies = [{"id": str(n // 3)} for n in range(60)]
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            receipts = list(pool.map(lambda body: self.service.delivered("order", body), bodies))
        self.assertEqual(len({receipt["event"] for receipt in receipts}), 20)
        self.service.count("order", 20)

    def test_respond_wait_gives_the_output_of_the_run(self):
        self.hooked("sum", "public", "    respond: wait\n", "  - id: sum\n    set: {sum: \"${{ event.a + event.b }}\"}\n")
        self.service.start()
        self.assertEqual(self.service.delivered("sum", {"a": 2, "b": 3}, status=200), {"sum": 5})

    def test_respond_wait_also_answers_those_that_stand_in_the_queue_and_repeats(self):
        self.hooked("slow", "public", "    respond: wait\n    dedupe: event.n\n", '  - wait: 200ms\n  - id: n\n    set: {n: "${{ event.n }}"}\n')
        self.service.start()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda n: self.service.delivered("slow", {"n": n}, status=200), [1, 2, 3, 1]))
        self.assertEqual(answers, [{"n": 1}, {"n": 2}, {"n": 3}, {"n": 1}])
        self.assertEqual(self.service.delivered("slow", {"n": 2}, status=200), {"n": 2})
        self.service.count("slow", 3)

    def test_respond_wait_tells_a_failure_and_gives_the_receipt_where_the_run_has_to_wait_for_long(self):
        self.hooked("fails", "public", "    respond: wait\n", "  - stop: {outcome: failed, message: not today}\n")
        self.hooked("asks", "public", "    respond: wait\n", "  - approve: Go on?\n")
        self.service.start()
        answer = self.service.delivered("fails", {}, status=500)
        self.assertIn("not today", answer["error"]["message"])
        self.assertEqual((sorted(answer["error"]), answer["error"]["code"]), (["code", "message"], "invalid"))
        self.assertEqual(self.service.run(answer["run"])["outcome"], "failed")
        began = time.monotonic()
        receipt = self.service.delivered("asks", {})
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(self.service.run(receipt["runs"][0])["outcome"], "waiting")

    def test_a_form_is_read_where_the_trigger_says_so_whatever_its_content_type(self):
        self.hooked("form", "public", "    parse: form\n")
        self.hooked("json", "public")
        self.service.start()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        receipt = self.service.delivered("form", b"name=Ada+L&tag=a&tag=b&empty=", {"Content-Type": "application/json"})
        self.assertEqual(self.service.event_of(receipt["runs"][0]), {"name": "Ada L", "tag": ["a", "b"], "empty": ""})
        self.assertEqual(self.service.hook("json", b"name=Ada", form).status, 400)
        self.service.delivered("json", b'{"n": 1}', form)

    def test_p3_a_delivery_that_meets_no_condition_is_kept_and_why_says_what_it_saw(self):
        self.hooked("paid", "public", '    if: event.status == "paid"\n')
        self.service.flow("big", KEPT, "  - webhook: paid\n    verify: public\n    if: event.total > 100\n")
        self.service.start()
        both = self.service.delivered("paid", {"status": "paid", "total": 500})
        one = self.service.delivered("paid", {"status": "paid", "total": 5})
        none = self.service.delivered("paid", {"status": "open", "total": 5})
        self.assertEqual([len(each["runs"]) for each in (both, one, none)], [2, 1, 0])
        self.assertEqual(self.service.get("events/" + none["event"])["payload"]["status"], "open")
        said = " ".join(self.service.reasons("paid", "--event", none["event"]))
        self.assertIn('event.status == "paid" was false', said)
        self.assertIn('event.status was "open"', said)


class HighLevel(ServedTest):
    """Their Ed25519 signatures, by samples that others have signed; those lie beside the project, not in it."""

    def setUp(self):
        super().setUp()
        shared = pathlib.Path(os.environ.get("MILLRACE_SHARED", source.parent / "shared"))
        try:
            self.samples = json.loads((shared / "domain" / "webhook-samples.json").read_text())
        except FileNotFoundError:
            self.skipTest("the signed samples are not here")

    def test_each_signed_sample_over_http_gets_the_outcome_that_it_asks_for(self):
        self.service.flow("any", KEPT, "  - webhook: NAME\n    verify: highlevel\n", more="concurrency: parallel\n")
        with unittest.mock.patch.dict(os.environ, {"MILLRACE_HIGHLEVEL_WEBHOOK_KEY": self.samples["testKeys"]["ed25519PublicPem"]}):
            self.service.start()
        told, counts = {}, {"accepted": 0, "known": 0, "refused": 0}
        for sample in self.samples["samples"]:
            if sample["direction"] == "out" or sample["sender"] != "highlevel":
                continue
            answer = self.service.hook("any", sample["rawBody"].encode(), {name: str(value) for name, value in sample["headers"].items()})
            outcome = sample["suggestedOutcome"]
            self.assertEqual(answer.status, 202 if outcome.startswith("accept") else 401, sample["name"])
            if answer.status == 401:
                counts["refused"] += 1
                continue
            receipt = json.loads(answer.body)
            known = receipt["event"] in told
            self.assertEqual(known, outcome == "accept, do not process again", sample["name"])
            counts["known" if known else "accepted"] += 1
            told[receipt["event"]] = sample
            self.assertEqual(self.service.get("events/" + receipt["event"])["payload"], sample["payload"] if not known else told[receipt["event"]]["payload"])
        self.assertGreater(counts["accepted"], 5)
        self.assertEqual((counts["known"] >= 1, counts["refused"] >= 1), (True, True), counts)
        self.service.count("any", counts["accepted"])


def ago(seconds):
    return datetime.datetime.fromtimestamp(time.time() - seconds, datetime.timezone.utc).isoformat()


class Schedules(ServedTest):
    def missed(self, if_missed, seconds, name="tick", more=""):
        """A schedule of every minute whose service was down for so long, by its checkpoint in the store."""
        self.service.flow(name, KEPT, f"  - schedule: every minute\n    if_missed: {if_missed}\n{more}")
        self.service.start()
        self.service.stop()
        checkpoint = self.service.state(f"trigger:{name}/0", "schedule")
        self.service.put_state(f"trigger:{name}/0", "schedule", {**checkpoint, "seen": ago(seconds)})
        self.service.start()

    def slots(self, name="tick"):
        return [self.service.event_of(run)["scheduled_at"] for run in self.service.runs(name)[::-1]]

    def test_p8_a_slot_that_passed_a_moment_ago_fires_once_also_over_another_restart(self):
        self.missed("skip", 61)
        wait_until(lambda: self.slots(), what="the slot")
        self.service.kill()
        self.service.start()
        checkpoint = self.service.state("trigger:tick/0", "schedule")["seen"]
        self.service.stop()
        self.service.put_state("trigger:tick/0", "schedule", {**self.service.state("trigger:tick/0", "schedule"), "seen": ago(61)})
        self.service.start()
        wait_until(lambda: self.service.state("trigger:tick/0", "schedule")["seen"] >= checkpoint, what="the checkpoint")
        slots = self.slots()
        self.assertEqual(len(slots), len(set(slots)), slots)

    def test_if_missed_skip_leaves_out_what_passed_during_a_stop_and_why_says_so(self):
        self.missed("skip", 3600)
        wait_until(lambda: self.service.state("engine", "skipped/tick"), what="the record of what was left out")
        self.assertLessEqual(len(self.slots()), 2)
        self.assertIn("if_missed: skip", " ".join(self.service.reasons("tick")))
        self.assertGreater(self.service.metric("millrace_schedule_missed_total"), 50)

    def test_if_missed_run_once_makes_one_run_of_all_that_passed(self):
        self.missed("run_once", 3600)
        wait_until(lambda: self.slots(), what="the run")
        wait_until(lambda: self.service.state("engine", "skipped/tick"), what="the record of what was left out")
        self.assertLessEqual(len(self.slots()), 2)

    def test_if_missed_run_all_makes_a_run_of_each(self):
        self.missed("run_all", 600)
        wait_until(lambda: len(self.slots()) >= 9, what="nine runs")
        slots = self.slots()
        self.assertEqual(slots, sorted(set(slots)))

    def test_a_schedule_whose_condition_is_false_starts_no_run(self):
        self.missed("run_all", 300, more="    if: now.getFullYear() < 2000\n")
        wait_until(lambda: self.service.state("trigger:tick/0", "schedule")["seen"] > ago(120), what="the checkpoint")
        self.assertEqual(self.slots(), [])

    def test_a_run_sees_the_time_in_the_zone_of_its_trigger(self):
        self.service.flow("far", '  - id: seen\n    set: {hour: "${{ now.getHours(\'Pacific/Kiritimati\') }}", date: "${{ today.date }}"}\n',
                          "  - schedule: every minute\n    timezone: Pacific/Kiritimati\n")
        self.service.start()
        self.service.stop()
        self.service.put_state("trigger:far/0", "schedule", {**self.service.state("trigger:far/0", "schedule"), "seen": ago(61)})
        self.service.start()
        run = self.service.ended(wait_until(lambda: self.service.runs("far"), what="the run")[0]["id"])
        began = datetime.datetime.fromisoformat(run["started"].replace("Z", "+00:00"))
        self.assertEqual(run["steps"][0]["output"]["date"], (began + datetime.timedelta(hours=14)).date().isoformat())

    def test_preview_shows_the_next_times_and_the_days_on_which_the_clocks_change(self):
        self.service.flow("report", KEPT, "  - schedule: every day at 01:30\n    timezone: Europe/London\n    spread: 10m\n")
        shown = self.service.json("schedule", "preview", "report", "--from", "2026-03-27T12:00:00Z", "--count", "3")["triggers"][0]
        self.assertEqual([slot["at"] for slot in shown["next"][:3]], ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"])
        self.assertTrue(shown["next"][1]["note"])
        self.assertEqual(shown["spread"], "10m")
        said = self.service.millrace("schedule", "preview", "report").stdout
        self.assertIn("in Europe/London", said)
        self.assertIn("part of the spread", said)


class FilesAndOtherWorkflows(ServedTest):
    def old(self, name, text):
        path = self.service.write(name, text)
        then = time.time() - 10
        os.utime(path, (then, then))

    def test_a_file_that_appears_or_changes_starts_a_run_once_also_over_a_restart(self):
        self.old("inbox/before.csv", "a")
        self.service.flow("inbox", KEPT, "  - file: inbox/*.csv\n")
        self.service.start()
        wait_until(lambda: self.service.state("trigger:inbox/0", "watch") is not None, what="the first look")
        self.old("inbox/a.csv", "a,b")
        self.old("inbox/a.txt", "not this one")
        self.assertEqual(self.service.event_of(self.service.count("inbox", 1)[0])["path"], "inbox/a.csv")
        self.service.stop()
        self.old("inbox/b.csv", "while it was down")
        self.service.start()
        events = [self.service.event_of(run) for run in self.service.count("inbox", 2)]
        self.assertEqual((events[1]["name"], events[1]["size"]), ("b.csv", 17))
        (self.service.folder / "inbox" / "b.csv").write_text("changed, and longer")
        self.service.count("inbox", 3)

    def test_after_runs_when_the_other_has_ended_as_asked_and_sees_how(self):
        self.service.flow("first", "  - if: event.fail\n    then:\n      - stop: {outcome: failed, message: as asked}\n  - id: sum\n    set: {n: \"${{ event.n }}\"}\n")
        self.service.flow("next", KEPT, "  - after: first\n")
        self.service.flow("broken", KEPT, "  - after: first\n    outcome: failed\n")
        self.service.flow("both", KEPT, '  - after: first\n    outcome: any\n    if: event.outcome == "failed" || event.output.n > 1\n')
        self.service.flow("slow", "  - wait: 100ms\n", "  - after: next\n")
        self.service.start()
        self.service.delivered("first", {"fail": False, "n": 1})
        self.service.delivered("first", {"fail": True, "n": 2})
        self.service.delivered("first", {"fail": False, "n": 3})
        events = [self.service.event_of(run) for run in self.service.count("next", 2)]
        self.assertEqual([(event["workflow"], event["outcome"], event["output"]) for event in events],
                         [("first", "completed", {"n": 1}), ("first", "completed", {"n": 3})])
        error = self.service.event_of(self.service.count("broken", 1)[0])["error"]
        self.assertEqual((sorted(error), error["code"]), (["code", "message"], "invalid"))
        self.assertIn("as asked", error["message"])
        self.service.count("both", 2)
        self.service.count("slow", 2)

    def test_what_follows_on_a_dry_run_is_a_dry_run(self):
        self.service.flow("first", KEPT, mode="dry_run")
        self.service.flow("next", POSTS, "  - after: first\n")
        self.service.flow("caller", "  - call: called\n", mode="dry_run")
        self.service.flow("called", POSTS, "  - manual\n")
        self.service.start()
        self.service.delivered("first", {})
        self.assertEqual(self.service.count("next", 1)[0]["mode"], "dry_run")
        self.service.delivered("caller", {})
        self.assertEqual(self.service.count("called", 1)[0]["mode"], "dry_run")
        self.assertEqual(self.far.seen, [])

    def test_by_hand_through_the_api_with_an_event_and_with_a_token_only(self):
        self.service.flow("hand", KEPT, "  - manual\n")
        self.service.start()
        answer = self.service.api("POST", "workflows/hand/runs", {"event": {"n": 5}}, {"X-Millrace-Who": "ada"})
        self.assertEqual(answer.status, 202, answer.body)
        run = self.service.ended(json.loads(answer.body)["runs"][0])
        self.assertEqual((run["payload"], run["trigger"], run["outcome"]), ({"n": 5}, "manual", "completed"))
        self.assertIn(("ada", "start", "hand"), [(line["who"], line["what"], line["about"]) for line in self.service.get("audit")["audit"]])
        self.assertEqual(self.service.api("POST", "workflows/hnad/runs", {}).status, 404)
        self.assertEqual(ask(self.service.url, "POST", "/api/v1/workflows/hand/runs", {}).status, 401)
        self.assertEqual(len(self.service.runs("hand")), 1)


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
TICKS.update(connection={"auth": "none"}, actions={"first": COUNTER["actions"]["first"]})
TICKS["triggers"]["curious"] = {"summary": "What it is told", "kind": "library", "id": "delivery.number", "map": "{'asked': delivery.number, 'ok': delivery.n, 'said': delivery.said}",
                                "event": {"type": "object"}, "calls": ["first", "files.write", "http.request"]}


class OfPlugins(ServedTest):
    """A plugin's own trigger, through the C contract."""

    def setUp(self):
        super().setUp()
        library = build / "tests" / "plugin" / "ticks.so"
        self.service.write("plugins/ticks/ticks.json", json.dumps(TICKS))
        self.service.write("plugins/ticks/ticks.so", library.read_bytes())
        config = (self.service.folder / "millrace.yaml").read_text()
        config += f"  clock:\n    plugin: ticks\n    base_url: {self.far.url}\n"
        self.service.write("millrace.yaml", config + f'trust: ["sha256:{hashlib.sha256(library.read_bytes()).hexdigest()}"]\n')

    def test_each_event_that_a_library_emits_starts_a_run_once_also_over_restarts(self):
        self.service.flow("counts", KEPT, "  - trigger: ticks.counted\n    if: event.n != 2\n")
        self.service.start()
        self.assertEqual([self.service.event_of(run) for run in self.service.count("counts", 2)], [{"n": 1}, {"n": 3}])
        wait_until(lambda: self.service.state("ticks", "told") == 3, what="the plugin's cursor")
        self.assertEqual([event["source_id"] for event in self.service.get("events?source=trigger:counts/0")["events"]], ["tick-3", "tick-2", "tick-1"])
        self.assertIn("event.n != 2 was false", " ".join(self.service.reasons("counts", "--event", self.service.get("events")["events"][1]["id"])))
        self.service.kill()
        self.service.put_state("ticks", "told", 1)
        self.service.start()
        wait_until(lambda: self.service.state("ticks", "told") == 3, what="the plugin's cursor")
        self.assertEqual(self.service.stop(within=10), 0)
        self.assertEqual(self.service.store("SELECT count(*) FROM events"), [(3,)])

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
            "file": "ticks.curious writes the file of-a-trigger.txt, and a trigger only reads",
            "action": "ticks.first writes, and a trigger only reads",
            "job": "files.write writes the file of-a-job.txt, and a trigger only reads",
            "saved body": "http.request writes the file saved.json, and a trigger only reads",
            "announced": "ticks.first announces changes, and a trigger only reads"})
        self.assertEqual([each.path for each in self.far.requests()], ["/read"])
        self.assertFalse((self.service.folder / "output").exists())
        self.assertEqual((self.service.state("ticks", "kept"), self.service.state("ticks", "claimed")), (1, 2))

    def test_a_watch_saves_no_body_and_says_so(self):
        self.service.flow("looks", KEPT, "  - watch: http.request\n    every: 1s\n    key: item.id\n    connection: web\n    with: {url: /list, save_as: list.json}\n")
        self.service.start()
        wait_until(lambda: any("http.request writes the file list.json, and a watch only reads" in alarm["message"]
                               for alarm in self.service.get("status")["alarms"]), what="the alarm")
        self.assertEqual(self.far.requests("/list"), [])
        self.assertFalse((self.service.folder / "output").exists())


if __name__ == "__main__":
    main()
