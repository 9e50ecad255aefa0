"""Deliveries to `millrace serve`: who is believed, what is the same again, and what senders are answered."""
import base64
import concurrent.futures
import json
import os
import pathlib
import time
import unittest.mock

from project import main, source
from served import ServedTest, signed
from service import ask, wait_until

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

    def test_a_header_of_the_senders_own(self):
        self.hooked("gitlab", '{header: {name: X-Gitlab-Event-Source, secret: ["secret:form", "secret:caller"]}}',
                    "    if: delivery.headers['x-gitlab-event'] == 'Push Hook' && !('x-gitlab-event-source' in delivery.headers)\n")
        self.service.start()
        self.refused("gitlab", {})
        for wrong in ("", "guess-me", "guess-me-not x"):
            self.refused("gitlab", {}, {"X-Gitlab-Event-Source": wrong})
        for right in ("guess-me-not", "a-bearer-token"):
            self.service.delivered("gitlab", {}, {"X-GITLAB-EVENT-SOURCE": right, "X-Gitlab-Event": "Push Hook"})
        self.service.count("gitlab", 2)
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
        receipt = self.service.delivered("form", b"name=Ada+L&tag=a&tag=b&empty=", {"Content-Type": "text/plain"})
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


class Circles(ServedTest):
    """Over HTTP, too, by addresses that nobody can read out of the files."""
    POST = "  - action: http.request\n    connection: own\n    with: {method: POST, url: '${{ event.below + \"NEXT\" }}', body: \"${{ event }}\"}\n"

    def ends(self, names):
        self.service.start()
        settings = (self.service.folder / "millrace.yaml").read_text()
        self.service.write("millrace.yaml", settings + f"  own:\n    plugin: http\n    base_url: {self.service.url}\n")
        for name, following in zip(names, names[1:] + names[:1]):
            self.service.flow(name, self.POST.replace("NEXT", following))
        reloaded = self.service.api("POST", "reload")
        self.assertIn('connection \\"own\\" is new', reloaded.body.decode())
        self.service.delivered(names[0], {"below": "/hooks/"})
        failed = wait_until(lambda: self.service.runs(outcome="failed"), 20, "the end of the circle")
        self.assertEqual(len(failed), 1)
        self.assertIn(" > ".join(names), failed[0]["note"])
        self.assertEqual(len(self.service.runs()), 26)

    def test_a_workflow_that_sends_to_itself_ends_after_25(self):
        self.ends(["echo"])

    def test_three_that_send_to_one_another_end_after_25(self):
        self.ends(["one", "two", "three"])

    def test_a_header_that_nobody_can_read_harms_nothing(self):
        self.service.flow("calm", KEPT)
        self.service.start()
        for chain in ("", ",,,", "%", "%ff, x", "x" * 4000):
            run, = self.service.delivered("calm", {}, {"Millrace-Chain": chain})["runs"]
            self.service.ended(run)


if __name__ == "__main__":
    main()
