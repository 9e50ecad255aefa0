"""People are told: messages in the shape that each chat wants, and what its answers mean."""
import base64
import hashlib
import hmac
import json
import unittest

from far_server import FarAnswers, FarServer
from project import Project, main

HOOK = "/services/T0/B0/an-unguessable-hook"
SIGNING = base64.b64encode(b"a key of thirty-two bytes, or so").decode()


class Chat(FarServer):
    """Answers from a list, the last one again and again: status, headers, body."""

    def __init__(self, *answers):
        self.answers, self.heard = list(answers), []
        super().__init__(Hearing)


class Hearing(FarAnswers):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chat = self.server
        chat.heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        status, headers, text = chat.answers.pop(0) if len(chat.answers) > 1 else chat.answers[0]
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", **headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST


class Webhooks(unittest.TestCase):
    def told(self, answers, with_, auth="", secret=HOOK, arguments=("--live",), expect=0):
        """The chat that heard it, and the run."""
        chat = Chat(*answers)
        self.addCleanup(chat.close)
        project = Project()
        self.addCleanup(project.close)
        project.write("millrace.yaml", f"version: 1\nconnections:\n  chat: {{plugin: notify, base_url: '{chat.url}'{auth}}}\n")
        project.write("state/secrets.json", json.dumps({"hook": chat.url + secret, "signing": SIGNING})).chmod(0o600)
        project.write("workflows/tell.yaml", "version: 1\nname: Tell\nmode: live\nactions:\n  - id: told\n    action: notify.webhook\n"
                      f"    connection: chat\n    with: {json.dumps(with_, ensure_ascii=False)}\n")
        checked = project.millrace("check", "workflows/tell.yaml")
        self.assertEqual(checked.returncode, 0, checked.stdout)
        done = project.millrace("run", "tell", *arguments, "--json")
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return chat, json.loads(done.stdout), done.stdout + done.stderr + checked.stdout

    def message(self, with_, answer, **more):
        chat, run, _ = self.told([answer], with_, **more)
        self.assertEqual(run["runs"][0]["outcome"], "completed")
        return json.loads(chat.heard[0][2])

    def test_each_chat_gets_the_shape_that_it_wants(self):
        said = {"title": "Weekly <report>", "text": "12 tags & <!channel> \"more\"", "url": HOOK}
        self.assertEqual(self.message({"preset": "slack", **said}, (200, {}, "ok")),
                         {"text": "*Weekly &lt;report&gt;*\n12 tags &amp; &lt;!channel&gt; \"more\""})
        teams = self.message({"preset": "teams", **said}, (202, {}, ""))
        self.assertEqual(teams["type"], "message")
        self.assertEqual([each["text"] for each in teams["attachments"][0]["content"]["body"]], [said["title"], said["text"]])
        discord = self.message({"preset": "discord", **said}, (204, {}, ""))
        self.assertEqual(discord, {"content": "**Weekly <report>**\n12 tags & <!channel> \"more\"", "allowed_mentions": {"parse": []}})
        self.assertEqual(self.message({"preset": "plain", **said}, (200, {}, "")), {"title": said["title"], "text": said["text"]})
        self.assertEqual(self.message({"text": "short", "url": HOOK}, (200, {}, "")), {"text": "short"})
        self.assertEqual(self.message({"data": {"n": [1]}, "url": HOOK}, (200, {}, "")), {"n": [1]})

    def test_what_a_chat_does_not_show_is_refused_before_anything_is_sent(self):
        project = Project()
        self.addCleanup(project.close)
        project.write("millrace.yaml", "version: 1\n")
        for preset in ("slack", "teams", "discord"):
            for with_, words in (({"data": {"a": 1}}, "text"), ({"text": "hi", "data": {"a": 1}}, "data"), ({"text": ""}, "text"), ({"title": "T"}, "text")):
                project.write("workflows/tell.yaml", f"version: 1\nname: Tell\nactions:\n  - action: notify.webhook\n    with: {json.dumps({'preset': preset, 'url': 'https://chat.example/x', **with_})}\n")
                checked = project.millrace("check", "workflows/tell.yaml")
                self.assertEqual(checked.returncode, 1, (preset, with_))
                self.assertIn(words, checked.stdout)
            for with_ in ({"text": "hi", "data": None}, {"text": "", "title": "T"}):
                project.write("workflows/tell.yaml", f"version: 1\nname: Tell\nactions:\n  - action: notify.webhook\n    with: {json.dumps({'preset': preset, 'url': 'https://chat.example/x', **with_})}\n")
                self.assertEqual(project.millrace("check", "workflows/tell.yaml").returncode, 0, (preset, with_))
        project.write("workflows/tell.yaml", "version: 1\nname: Tell\nactions:\n  - action: notify.webhook\n    with: {url: 'https://chat.example/x', data: null}\n")
        self.assertEqual(project.millrace("check", "workflows/tell.yaml").returncode, 1)

    def test_a_standard_webhook_that_nothing_would_sign_is_refused(self):
        project = Project()
        self.addCleanup(project.close)
        project.write("millrace.yaml", "version: 1\nconnections:\n  hook: {plugin: notify, base_url: 'https://chat.example'}\n"
                      "  signs: {plugin: notify, base_url: 'https://chat.example', auth: {standard_webhooks: 'secret:signing'}}\n")
        project.write("state/secrets.json", json.dumps({"signing": SIGNING})).chmod(0o600)
        for connection, url, preset, in_check in (("hook", "/x", "standard_webhooks", True), ("", "https://chat.example/x", "standard_webhooks", True),
                                                  ("signs", "https://elsewhere.example/x", "standard_webhooks", False), ("hook", "/x", "${{ 'standard_' + 'webhooks' }}", False)):
            project.write("workflows/tell.yaml", "version: 1\nname: Tell\nactions:\n  - action: notify.webhook\n" + (f"    connection: {connection}\n" if connection else "") +
                          f"    with: {json.dumps({'preset': preset, 'url': url, 'text': 'hi'})}\n")
            checked = project.millrace("check", "workflows/tell.yaml")
            self.assertEqual("without a signature" in checked.stdout, in_check, checked.stdout)
            planned = project.millrace("plan", "tell")
            self.assertNotEqual(planned.returncode, 0)
            self.assertIn("without a signature", planned.stdout + planned.stderr)

    def test_a_message_that_does_not_say_for_whom_it_is_is_planned_as_a_plain_one(self):
        _, run, _ = self.told([(200, {}, "")], {"text": "hi", "url": "/x"}, arguments=())
        self.assertEqual(run["runs"][0]["changes"][0]["summary"], "post a message for plain to /x")

    def test_what_discord_would_refuse_for_its_length_is_cut(self):
        content = self.message({"preset": "discord", "text": "ü" * 3000, "url": HOOK}, (204, {}, ""))["content"]
        self.assertEqual((len(content), content[-1]), (2000, "…"))

    def test_a_standard_webhook_is_signed_over_what_is_sent(self):
        with_ = {"preset": "standard_webhooks", "type": "report.ready", "data": {"file": "ü.pdf"}, "url": HOOK}
        chat, _, _ = self.told([(200, {}, "")], with_, auth=', auth: {standard_webhooks: "secret:signing"}')
        _, headers, body = chat.heard[0]
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        made = base64.b64encode(hmac.new(base64.b64decode(SIGNING), content, hashlib.sha256).digest()).decode()
        self.assertEqual(headers["webhook-signature"], "v1," + made)
        self.assertEqual({name: json.loads(body)[name] for name in ("type", "data")}, {"type": "report.ready", "data": {"file": "ü.pdf"}})

    def test_standard_webhooks_leave_out_nothing_that_is_given(self):
        for given, data in (({"text": "é"}, {"text": "é"}), ({"data": [1]}, [1]), ({"text": "é", "data": {"a": 1}}, {"text": "é", "data": {"a": 1}}),
                            ({"title": "tt", "data": 1}, {"title": "tt", "data": 1}), ({"title": "tt", "text": "é", "data": {"a": 1}}, {"title": "tt", "text": "é", "data": {"a": 1}})):
            chat, _, _ = self.told([(200, {}, "")], {"preset": "standard_webhooks", "url": HOOK, **given}, auth=', auth: {standard_webhooks: "secret:signing"}')
            self.assertEqual(json.loads(chat.heard[0][2])["data"], data)

    def test_each_of_two_requests_has_an_id_of_its_own_also_where_it_only_reads(self):
        for method in ("GET", "POST"):
            chat = Chat((200, {"Content-Type": "application/json"}, "{}"))
            self.addCleanup(chat.close)
            project = Project()
            self.addCleanup(project.close)
            project.write("millrace.yaml", f"version: 1\nconnections:\n  chat: {{plugin: http, base_url: '{chat.url}', auth: {{standard_webhooks: 'secret:signing'}}}}\n")
            project.write("state/secrets.json", json.dumps({"signing": SIGNING})).chmod(0o600)
            project.write("workflows/ask.yaml", "version: 1\nname: Ask\nmode: live\nactions:\n  - for_each: [a, b]\n    do:\n      - action: http.request\n"
                          f"        connection: chat\n        with: {{method: {method}, url: /x}}\n")
            done = project.millrace("run", "ask", "--live")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(len({headers["webhook-id"] for _, headers, _ in chat.heard}), 2, method)

    def test_an_address_that_is_a_secret_is_shown_as_its_handle(self):
        for arguments, answer in ((("--live",), (200, {}, "ok")), ((), (200, {}, "ok")), (("--live",), (404, {}, "no_service"))):
            failed = answer[0] != 200
            chat, run, everything = self.told([answer], {"preset": "slack", "text": "hi", "url": "secret:hook"}, arguments=arguments, expect=1 if failed else 0)
            self.assertEqual([path for path, _, _ in chat.heard], [HOOK] if arguments else [])
            self.assertNotIn("unguessable", everything)
            if failed:
                self.assertIn("no_service", run["runs"][0]["error"]["message"])
                continue
            self.assertEqual(run["runs"][0]["changes"][0]["request"]["url"], "secret:hook")
            self.assertEqual(run["runs"][0]["changes"][0]["effect"], "send")

    def test_a_secret_is_not_chosen_by_data_and_holds_an_address(self):
        _, run, _ = self.told([(200, {}, "ok")], {"preset": "slack", "text": "hi", "url": "${{ 'secret:' + 'hook' }}"}, expect=1)
        self.assertIn("not by data", run["runs"][0]["error"]["message"])
        _, run, everything = self.told([(200, {}, "ok")], {"preset": "slack", "text": "hi", "url": "secret:signing"}, expect=1)
        self.assertIn("is no address", run["runs"][0]["error"]["message"])
        self.assertNotIn(SIGNING, everything)

    def test_the_host_of_a_secret_address_obeys_the_egress_rules(self):
        project = Project()
        self.addCleanup(project.close)
        chat = Chat((200, {}, "ok"))
        self.addCleanup(chat.close)
        project.write("millrace.yaml", "version: 1\n")
        project.write("state/secrets.json", json.dumps({"hook": chat.url + HOOK})).chmod(0o600)
        project.write("workflows/tell.yaml", "version: 1\nname: Tell\nmode: live\nactions:\n  - action: notify.webhook\n"
                      "    with: {preset: slack, url: \"secret:hook\", text: hi}\n")
        done = project.millrace("run", "tell", "--live")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is loopback", done.stdout + done.stderr)
        self.assertEqual(chat.heard, [])

    def test_an_answer_of_success_that_is_none_is_a_failure(self):
        for preset, text, fails in (("slack", "<html>Sign in</html>", True), ("slack", "ok", False),
                                    ("teams", "Webhook message delivery failed with error: HTTP error 429", True),
                                    ("teams", "1", False), ("plain", "whatever", False)):
            _, run, _ = self.told([(200, {}, text)], {"preset": preset, "text": "hi", "url": HOOK}, expect=int(fails))
            self.assertEqual(len(run["runs"][0]["changes"]), 0 if fails else 1, (preset, text))

    def test_what_is_refused_for_now_is_sent_again_when_the_chat_says(self):
        chat, _, _ = self.told([(429, {"Retry-After": "1"}, "slow down"), (200, {}, "ok")], {"preset": "slack", "text": "hi", "url": HOOK})
        self.assertEqual(len(chat.heard), 2)


if __name__ == "__main__":
    main()
