"""Senders as they are: proved as they sign, told apart, answered when they check an address, and counted when refused."""
import base64
import gzip
import hashlib
import hmac
import json
import time
import unittest

from project import main
from served import ServedTest
from service import ask, wait_until

KEPT = "  - set: {seen: event, how: delivery}\n"


def digest(key, text, algorithm=hashlib.sha256):
    return hmac.new(key.encode(), text, algorithm)


class Senders(ServedTest):
    secrets = {"s": "correct horse battery", "t": "another one"}

    def hooked(self, name, verify, more=""):
        self.service.flow(name, KEPT, f"  - webhook: NAME\n    verify: {verify}\n{more}")

    def statuses(self, path, body, *headers):
        return [self.service.hook(path, body, each).status for each in headers]

    def test_slack_and_stripe_are_proved_with_their_time_and_the_same_delivery_runs_once(self):
        self.hooked("slack", '{slack: "secret:s"}')
        self.hooked("stripe", '{stripe: ["secret:t", "secret:s"]}')
        self.service.start()
        now, body = str(int(time.time())), b'{"n":1}'
        slack = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": "v0=" + digest("correct horse battery", f"v0:{now}:".encode() + body).hexdigest()}
        first = self.service.delivered("slack", body, slack)
        for _ in range(2):
            self.assertEqual(self.service.delivered("slack", body, slack), first)
        stripe = {"Stripe-Signature": f"t={now},v1=" + digest("correct horse battery", f"{now}.".encode() + body).hexdigest()}
        self.service.delivered("stripe", body, stripe)
        part = {"Stripe-Signature": f"t={now},v1=" + digest("correct", f"{now}.".encode() + body).hexdigest()}
        self.assertEqual(self.statuses("stripe", body, part, {}, slack), [401, 401, 401])
        self.service.count("slack", 1)
        self.service.count("stripe", 1)

    def test_a_delivery_is_told_from_others_by_its_headers_and_keeps_no_proof(self):
        self.hooked("code", '{github: "secret:s"}', '    dedupe: delivery.headers["x-github-delivery"]\n    if: delivery.headers["x-github-event"] == "push"\n')
        self.service.start()
        proof = "sha256=" + digest("correct horse battery", b"{}").hexdigest()
        headers = {"X-Hub-Signature-256": proof, "X-GitHub-Event": "push", "X-GitHub-Delivery": "d-1", "Cookie": "a=b"}
        run = self.service.delivered("code", b"{}", headers)["runs"][0]
        self.assertEqual(self.service.delivered("code", b"{}", {**headers, "X-GitHub-Delivery": "d-2", "X-GitHub-Event": "issues"})["runs"], [])
        how = self.service.ended(run)["delivery"]
        self.assertEqual((how["method"], how["path"], how["headers"]["x-github-event"]), ("POST", "/hooks/code", "push"))
        self.assertNotIn(proof, json.dumps(self.service.ended(run)))
        self.assertNotIn("cookie", how["headers"])
        self.service.stop()
        self.service.start()
        self.assertEqual(self.service.delivered("code", b"{}", headers)["runs"], [run])

    def test_a_check_of_the_address_is_answered_without_a_run(self):
        self.hooked("page", '{hmac: {secret: "secret:s", header: X-Hub-Signature-256}}', '    dedupe: body\n    challenge: delivery.query["hub.challenge"]\n')
        self.service.start()
        answer = ask(self.service.url, "GET", "/hooks/page?hub.mode=subscribe&hub.challenge=%3Cscript%3E")
        self.assertEqual((answer.status, answer.body), (200, b"<script>"))
        self.assertTrue(answer.headers["content-type"].startswith("text/plain"))
        self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
        self.assertEqual(ask(self.service.url, "GET", "/hooks/page").status, 400)
        self.assertEqual(self.service.runs(), [])

    def test_a_check_by_a_keyed_hash_is_answered_to_those_who_are_proved(self):
        zoom = ("    dedupe: none\n    challenge:\n      hmac: {secret: \"secret:s\", over: event.payload.plainToken}\n"
                "      answer: 'event.event == \"endpoint.url_validation\" ? {\"plainToken\": event.payload.plainToken, \"encryptedToken\": hmac} : null'\n")
        self.hooked("zoom", '{hmac: {secret: "secret:s", header: x-zm-signature}}', zoom)
        self.hooked("crc", '{secret_path: "secret:t"}', "    dedupe: none\n    challenge:\n      hmac: {secret: \"secret:s\", over: delivery.query.crc_token, encoding: base64}\n"
                    "      answer: '{\"response_token\": \"sha256=\" + hmac}'\n")
        self.service.start()
        now = str(int(time.time()))

        def sent(event):
            body = json.dumps(event).encode()
            proof = "v0=" + digest("correct horse battery", f"v0:{now}:".encode() + body).hexdigest()
            return body, {"x-zm-signature": proof, "x-zm-request-timestamp": now}
        check = {"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}
        answer = self.service.hook("zoom", *sent(check))
        self.assertEqual(answer.status, 200)
        self.assertEqual(json.loads(answer.body), {"plainToken": "qgg8vlvZRS6UYooatFL8Aw",
                                                   "encryptedToken": digest("correct horse battery", b"qgg8vlvZRS6UYooatFL8Aw").hexdigest()})
        self.assertEqual(self.service.hook("zoom", json.dumps(check).encode(), {"x-zm-request-timestamp": now}).status, 401)
        self.service.delivered("zoom", *sent({"event": "meeting.started", "payload": {"plainToken": "x"}}))
        self.service.count("zoom", 1)
        answer = ask(self.service.url, "GET", "/hooks/crc/another%20one?crc_token=abc")
        self.assertEqual(json.loads(answer.body), {"response_token": "sha256=" + base64.b64encode(digest("correct horse battery", b"abc").digest()).decode()})
        self.assertEqual(ask(self.service.url, "GET", "/hooks/crc/wrong?crc_token=abc").status, 401)
        self.assertNotIn("correct horse", self.service.log() + json.dumps(self.service.get("events")))

    def test_files_of_a_form_packed_bodies_and_bodies_of_another_kind(self):
        self.hooked("upload", "public", "    parse: multipart\n")
        self.hooked("form", "public", "    parse: form\n")
        self.hooked("packed", "public")
        self.service.start()
        content = bytes(range(256)) * 4
        body = b'--b\r\nContent-Disposition: form-data; name="who"\r\n\r\nada\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="../x.bin"\r\n\r\n' + content + b"\r\n--b--\r\n"
        run = self.service.delivered("upload", body, {"Content-Type": "multipart/form-data; boundary=b"})["runs"][0]
        event = self.service.ended(run)["payload"]
        self.assertEqual((event["who"], event["f"]["name"], event["f"]["size"]), ("ada", "x.bin", 1024))
        self.assertEqual(base64.b64decode(event["f"]["content"]), content)
        self.assertEqual(self.service.hook("upload", b"{}", {"Content-Type": "application/json"}).status, 415)
        self.assertEqual(self.service.hook("form", b'{"a": 1}', {"Content-Type": "application/json"}).status, 415)
        zipped = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        run = self.service.delivered("packed", gzip.compress(b'{"n": 7}'), zipped)["runs"][0]
        self.assertEqual(self.service.ended(run)["payload"], {"n": 7})
        self.assertEqual(self.service.hook("packed", gzip.compress(b"0" * (64 << 20)), zipped).status, 413)
        self.assertEqual(self.service.hook("packed", b"{}", zipped).status, 400)
        self.assertEqual(self.service.hook("packed", b"{}", {"Content-Encoding": "br"}).status, 415)

    def test_a_missing_secret_is_told_by_check_and_by_doctor(self):
        self.hooked("bare", '{bearer: "secret:not_there"}', "    dedupe: none\n")
        self.hooked("good", '{bearer: ["secret:s", "secret:t"]}', "    dedupe: none\n")
        found = [(each["rule"], each["severity"], each["line"]) for each in json.loads(self.service.millrace("check", "--format", "json").stdout)["findings"]]
        self.assertEqual(found, [("missing-secret", "hint", 6)])
        doctor = self.service.millrace("doctor")
        self.assertEqual(doctor.returncode, 1)
        self.assertIn("workflows/bare.yaml: nobody can be proved here: no secret", doctor.stdout)
        self.assertNotIn("good.yaml", doctor.stdout)

    def test_refused_deliveries_and_missing_secrets_are_told(self):
        self.hooked("good", '{bearer: "secret:s"}', "    dedupe: none\n")
        self.hooked("bare", '{bearer: "secret:not_there"}', "    dedupe: none\n")
        self.service.start()
        self.assertEqual(self.statuses("good", b"{}", {}, {"Authorization": "Bearer x"}), [401, 401])
        self.service.tells("good", "2 times a delivery to hook:good was refused")
        refused = self.service.get("status")["refused_deliveries"]
        self.assertEqual([(each["source"], each["count"]) for each in refused], [("hook:good", 2)])
        self.assertIn("the bearer token is not the right one", refused[0]["reason"])
        self.assertEqual(self.service.metric("millrace_deliveries_refused_total"), 2)
        self.assertEqual(self.service.hook("good", bytes(5 << 20), {"Authorization": "Bearer correct horse battery"}).status, 413)
        self.service.tells("good", "413: the body of the request is too large")
        self.assertEqual(self.service.get("status")["refused_deliveries"][0]["count"], 3)
        wait_until(lambda: "secret of hook:bare" in json.dumps(self.service.get("status")["alarms"]), what="the alarm")


if __name__ == "__main__":
    main()
