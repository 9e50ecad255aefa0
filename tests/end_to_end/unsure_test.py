"""What is tried again in `millrace serve`, by a person or by itself, and what is not known to have happened."""
import json

from project import main
from served import ServedTest, post
from service import wait_until

class Repeating(ServedTest):
    def test_a_failed_run_is_retried_from_what_failed_or_from_a_chosen_step(self):
        read = "  - id: read\n    action: http.request\n    connection: web\n    with: {url: /state, effect: read}\n  - if: read.status != 200\n    then:\n      - stop: {outcome: failed}\n"
        self.service.flow("steps", post("/one", "one") + post("/two", "two", "    on_error: stop\n") + read)
        self.far.answers["/state"] = [202, 202, 200]
        self.service.start()
        run = self.service.delivered("steps", {})["runs"][0]
        self.assertEqual(self.service.ended(run)["outcome"], "failed")
        self.assertEqual(self.service.millrace("runs", "retry", run, "--from", "read").returncode, 0)
        wait_until(lambda: len(self.far.requests("/state")) == 2, what="the second look")
        self.service.ended(run)
        self.assertEqual(len(self.far.requests("/one")), 1)
        self.assertEqual(self.service.millrace("runs", "retry", run, "--from", "two").returncode, 0)
        self.assertEqual(self.service.reached(run, "completed")["outcome"], "completed")
        self.assertEqual([len(self.far.requests(path)) for path in ("/one", "/two", "/state")], [1, 2, 3])
        for arguments in ((run, "--from", "nowhere"), (run,)):
            self.assertEqual(self.service.millrace("runs", "retry", *arguments).returncode, 1)

    def test_what_failed_is_tried_again_as_the_same_effect_and_what_is_repeated_from_a_step_is_another_one(self):
        self.service.flow("two", "".join(f"  - id: {name}\n    action: counter.{name}\n    with: {{n: 1}}\n" for name in ("first", "second")),
                          more="always:\n  - id: told\n    action: counter.first\n    with: {n: 2}\n")
        self.far.answers["/second"] = [422, 200]
        self.service.start()
        run = self.service.delivered("two", {})["runs"][0]
        self.assertEqual(self.service.ended(run)["outcome"], "failed")
        for arguments in ((run,), (run, "--from", "second"), (run, "--from", "first")):
            self.assertEqual(self.service.millrace("runs", "retry", *arguments).returncode, 0)
            self.service.reached(run, "completed")
        second = [each.key for each in self.far.requests("/second")]
        self.assertEqual(second[0], second[1], "tried again because it had failed")
        self.assertEqual(len(set(second)), 3, second)
        first = [each.key for each in self.far.requests("/first") if each.body["n"] == 1]
        self.assertEqual((len(first), len(set(first))), (2, 2))
        told = [each.key for each in self.far.requests("/first") if each.body["n"] == 2]
        self.assertEqual((len(told), len(set(told))), (4, 4), "each end of the run is told")

    def test_changes_made_before_a_restart_count_for_max_changes(self):
        self.service.flow("many", "  - for_each: [1, 2, 3, 4, 5]\n    as: n\n    do:\n      - action: counter.first\n        with: {n: n}\n      - wait: 500ms\n",
                          more="safety: {max_changes: 3}\n")
        self.service.start()
        run = self.service.delivered("many", {})["runs"][0]
        wait_until(lambda: self.service.run(run)["changes"] == 2, what="two changes")
        self.service.kill()
        self.service.start()
        self.assertEqual(self.service.ended(run)["outcome"], "stopped_by_safety")
        self.assertEqual(sorted(self.far.numbers()), [1, 2, 3])


class Unsure(ServedTest):
    def test_statistics_that_a_gateway_lost_are_asked_about_and_not_sent_again(self):
        self.service.flow("push", "  - action: statistics.push\n    connection: web\n    with: {metrics: {likes: 1}, path: /push}\n    retry: {attempts: 3, delay: 1s}\n")
        self.far.answers["/push"] = [502, 200]
        self.service.start()
        run = self.service.delivered("push", {})["runs"][0]
        self.assertEqual(self.service.ended(run)["outcome"], "parked")
        self.assertIn("the statistics were answered with 502", self.service.millrace("runs", "show", run).stdout)
        self.assertEqual(len(self.far.requests("/push")), 1)

    def unsure(self, more="", name="order"):
        self.service.flow(name, post("/order", "order", more) + post("/after", "after"))
        self.far.drop = True
        self.service.start()
        return self.service.delivered(name, {})["runs"][0]

    def test_p5_a_write_whose_answer_was_lost_parks_the_run_until_a_person_says_that_it_happened(self):
        run = self.unsure()
        parked = self.service.reached(run, "parked")
        self.assertEqual(parked["steps"][0]["status"], "unsure")
        self.assertIn("resolve", " ".join(self.service.reasons("order")))
        self.far.drop = False
        self.assertEqual(self.service.millrace("runs", "resolve", run).returncode, 2)
        done = self.service.millrace("runs", "resolve", run, "--happened", "--output", '{"status": 201, "headers": {}, "body": null}')
        self.assertEqual(done.returncode, 0, done.stderr)
        ended = self.service.reached(run, "completed")
        self.assertEqual(ended["steps"][0]["output"]["status"], 201)
        self.assertEqual((len(self.far.requests("/order")), len(self.far.requests("/after"))), (1, 1))
        self.assertIn("resolve", [line["what"] for line in self.service.get("audit?about=" + run)["audit"]])

    def test_p5_a_write_that_did_not_happen_is_sent_again_also_when_said_offline(self):
        run = self.unsure()
        self.service.reached(run, "parked")
        self.service.stop()
        self.far.drop = False
        self.assertEqual(self.service.millrace("runs", "resolve", run, "--did-not-happen").returncode, 0)
        self.assertEqual(len(self.far.requests("/order")), 1)
        self.service.start()
        self.service.reached(run, "completed")
        self.assertEqual((len(self.far.requests("/order")), len(self.far.requests("/after"))), (2, 1))

    def test_if_unsure_try_again_sends_again_by_itself(self):
        run = self.unsure("    if_unsure: try_again\n    retry: {attempts: 5, delay: 300ms, backoff: fixed}\n")
        wait_until(lambda: len(self.far.requests("/order")) >= 1, what="the first attempt")
        self.far.drop = False
        self.assertEqual(self.service.ended(run)["outcome"], "completed")
        self.assertGreaterEqual(len(self.far.requests("/order")), 2)

    PROBED = {"manifest": 1, "name": "shop", "version": "1.0.0", "summary": "Orders that can be looked up", "connection": {"auth": "bearer"},
              "actions": {
                  "order": {"summary": "Order", "effect": "create", "target": "order:{n}", "repeat": "neither", "probe": "find",
                            "input": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, "output": {"type": "object"},
                            "request": {"method": "POST", "path": "/orders", "body": {"n": "n"}}},
                  "find": {"summary": "Find an order", "effect": "read", "target": "order:{n}",
                           "input": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, "output": {"type": "object"},
                           "request": {"method": "GET", "path": "/orders/{n}"}}}}

    def probed(self, found):
        self.service.write("plugins/shop/shop.json", json.dumps(self.PROBED))
        config = (self.service.folder / "millrace.yaml").read_text()
        self.service.write("millrace.yaml", config + f'  shop:\n    plugin: shop\n    base_url: {self.far.url}\n    auth: {{token: "secret:far"}}\n')
        self.service.flow("buy", "  - id: bought\n    action: shop.order\n    with: {n: 7}\n    if_unsure: check_first\n" + post("/after", "after"))
        self.far.answers["/orders/7"] = [200 if found else 404]
        self.far.delay = 3
        self.service.start()
        run = self.service.delivered("buy", {})["runs"][0]
        wait_until(lambda: self.far.requests("/orders"), what="the order")
        self.service.kill()
        self.far.delay = 0
        self.service.start()
        ended = self.service.ended(run)
        self.assertEqual(ended["outcome"], "completed", ended)
        self.assertEqual((len(self.far.requests("/orders/7")), len(self.far.requests("/after"))), (1, 1))
        return len(self.far.requests("/orders"))

    def test_if_unsure_check_first_asks_the_far_side_and_does_not_repeat_what_happened(self):
        self.assertEqual(self.probed(found=True), 1)

    def test_if_unsure_check_first_repeats_what_did_not_happen(self):
        self.assertEqual(self.probed(found=False), 2)


if __name__ == "__main__":
    main()
