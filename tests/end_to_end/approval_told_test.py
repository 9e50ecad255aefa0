"""Whoever is asked is told what a yes would allow, and people are told that they are asked."""
import json

from approval_link import GO, SAID, LinkTest
from mail_server import MailServer
from notify_test import Chat
from project import main
from service import wait_until


class Allowing(LinkTest):
    """What a yes would allow is found out before anybody is asked, and shown wherever it is asked."""
    TAGS = ("  - approve: Delete them?\n  - for_each: event.names\n    as: name\n    do:\n      - action: http.request\n        connection: web\n"
            "        with: {method: DELETE, url: \"/tags/${{ name }}\"}\n")

    def test_the_page_and_runs_show_list_what_a_yes_would_do_and_nothing_has_been_done(self):
        self.service.flow("tags", self.TAGS)
        self.service.start()
        names = [f"t{number:02}" for number in range(30)]
        run, link = self.asked({"names": names}, "tags")
        page = self.open(link)
        self.assertIn("This would allow 30 changes:", page.words)
        for shown in (page.words, self.service.millrace("runs", "show", run).stdout):
            self.assertIn("/tags/t00", shown)
            self.assertIn("/tags/t19", shown)
            self.assertNotIn("/tags/t20", shown)
        self.assertIn("and 10 more", page.words)
        self.assertEqual(self.service.json("runs", "show", run)["would_allow"]["count"], 30)
        self.still_waits(run)
        self.answer(link, page)
        self.assertEqual(self.service.ended(run)["outcome"], "completed")
        self.assertEqual(len(self.far.seen), 30)

    def test_what_a_second_question_would_allow_is_not_the_firsts(self):
        self.service.flow("two", "  - approve: One?\n" + GO + "  - approve: All?\n" + GO.replace("id: go", "id: more").replace("/go", "/more"))
        self.service.start()
        run, link = self.asked(flow="two")
        page = self.open(link)
        self.assertIn("would allow 1 change:", page.words)
        self.assertIn("then the run asks again", page.words)
        self.assertNotIn("/more", page.words)
        self.answer(link, page)
        self.service.reached(run, "waiting")
        self.assertIn("/more", self.open(link).words)

    def test_names_are_text_on_the_page(self):
        self.service.flow("tags", self.TAGS)
        self.service.start()
        _, link = self.asked({"names": ["<script>alert(1)</script>", "\u202egnp.exe"]}, "tags")
        page = self.open(link)
        self.assertNotIn("script", page.elements)
        self.assertNotIn("\u202e", page.words)

    def test_no_change_and_a_failure_ahead_are_said(self):
        self.service.flow("none", "  - approve: Go?\n  - set: {x: 1}\n")
        self.service.flow("fails", "  - approve: Go?\n" + GO + "  - stop: {outcome: failed, message: so it is}\n")
        self.service.start()
        self.assertIn("would allow no change", self.open(self.asked(flow="none")[1]).words)
        self.assertIn("then the run would fail: so it is", self.open(self.asked(flow="fails")[1]).words)


class Telling(LinkTest):
    """People are told that they are asked, by actions of the approval."""
    TELL = ("  - id: asked\n    approve:\n      message: \"Delete ${{ event.n }} tags?\"\n      expires: 1h\n      notify:\n"
            "        - action: notify.webhook\n          connection: chat\n          with: {preset: slack}\n")

    def setUp(self):
        super().setUp()
        self.chat = Chat((200, {}, "ok"))
        self.addCleanup(self.chat.close)
        project = self.service.folder / "millrace.yaml"
        project.write_text(project.read_text() + f"  chat:\n    plugin: notify\n    base_url: {self.chat.url}\n")
        self.service.flow("told", self.TELL + GO + SAID)

    def texts(self):
        return [json.loads(body)["text"] for _, _, body in list(self.chat.heard)]

    def test_the_link_that_they_are_sent_takes_the_answer_and_they_are_told_once_over_restarts(self):
        self.service.start()
        run, link = self.asked(flow="told")
        text = self.texts()[0]
        self.assertTrue(text.startswith(f"Delete 3 tags?\n{link}\nIt would allow 1 change:\n- "), text)
        self.assertIn("/go", text)
        for end in (self.service.kill, self.service.stop):
            end()
            self.service.start()
        link = self.link(run)
        self.answer(link, self.open(link), who="Ada")
        self.assertEqual(self.service.ended(run)["outcome"], "completed")
        self.assertEqual(len(self.chat.heard), 1)

    def test_a_message_that_was_not_taken_is_sent_again(self):
        self.chat.answers = [(503, {}, "down"), (503, {}, "down"), (200, {}, "ok")]
        self.service.flow("again", self.TELL + "          retry: {attempts: 5, delay: 1s}\n" + GO)
        self.service.start()
        run = self.service.delivered("again", {"n": 3})["runs"][0]
        wait_until(lambda: len(self.chat.heard) == 3, what="the third attempt")
        self.answer(self.link(run), self.open(self.link(run)))
        self.assertEqual(self.service.ended(run)["outcome"], "completed")

    def test_where_nobody_can_be_told_the_question_stays_and_an_alarm_says_so_until_it_is_answered(self):
        self.chat.answers = [(400, {}, "invalid_payload")]
        self.service.start()
        run, link = self.asked(flow="told")
        about = "run " + run
        alarm = wait_until(lambda: next((each for each in self.service.get("status")["alarms"] if each["about"] == about), None), what="the alarm")
        self.assertIn("not all could be told", alarm["message"])
        self.service.kill()
        self.service.start()
        link = self.link(run)
        self.answer(link, self.open(link))
        self.assertEqual(self.service.ended(run)["outcome"], "completed")
        wait_until(lambda: about not in [each["about"] for each in self.service.get("status")["alarms"]], 30, "the end of the alarm")

    def test_what_a_chat_cuts_off_is_never_the_link(self):
        questions = (("Delete them?", 30), ("Delete them? " + "Because. " * 300, 1))
        for number, (message, _) in enumerate(questions):
            self.service.flow(f"long{number}", f"  - approve:\n      message: \"{message}\"\n      notify:\n        - action: notify.webhook\n          connection: chat\n"
                              "          with: {preset: discord}\n  - for_each: event.names\n    as: name\n    do:\n      - action: http.request\n        connection: web\n"
                              "        with: {method: DELETE, url: \"/tags/${{ name }}\"}\n")
        self.service.start()
        for number, (_, changes) in enumerate(questions):
            names = [f"a-tag-with-a-name-that-is-rather-long-{name:02}-{'x' * 60}" for name in range(changes)]
            _, link = self.asked({"names": names}, f"long{number}")
            content = json.loads(self.chat.heard[-1][2])["content"]
            self.assertEqual(len(content), 2000)
            self.assertIn(link, content)

    def test_of_two_whom_a_mail_tells_one_is_refused_and_an_alarm_says_so(self):
        server = MailServer({"RCPT b@example.com": "450 4.2.0 come back later"})
        self.addCleanup(server.close)
        project = self.service.folder / "millrace.yaml"
        project.write_text(project.read_text() + f"  mail: {{plugin: notify, base_url: '{server.url}', from: ops@example.com}}\n")
        self.service.flow("mailed", "  - approve:\n      message: Go?\n      notify:\n        - action: notify.email\n          with: {to: [a@example.com, b@example.com]}\n" + GO)
        self.service.start()
        run, link = self.asked(flow="mailed")
        alarm = wait_until(lambda: next((each for each in self.service.get("status")["alarms"] if each["about"] == "run " + run), None), what="the alarm")
        self.assertIn("not all could be told: the mail was not sent to b@example.com (450 4.2.0 come back later)", alarm["message"])
        self.assertEqual([recipients for _, recipients, _ in server.mails], [["a@example.com"]])
        self.answer(link, self.open(link))
        self.assertEqual(self.service.ended(run)["outcome"], "completed")

    def test_a_plan_lists_whom_it_would_tell_and_goes_on(self):
        done = self.service.millrace("run", "told", "--event", "-", "--json", stdin=json.dumps({"n": 3}))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        run = json.loads(done.stdout)["runs"][0]
        self.assertEqual([(change["action"], change["effect"]) for change in run["changes"]], [("notify.webhook", "send"), ("http.request", "update")])
        self.assertEqual(self.chat.heard, [])

    def test_a_run_in_the_foreground_tells_before_it_leaves(self):
        self.service.start()  # the link leads there
        self.service.flow("front", self.TELL + GO)
        done = self.service.millrace("run", "front", "--live", "--event", "-", stdin=json.dumps({"n": 3}))
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertIn("/approve/", self.texts()[0])

    def test_what_it_tells_is_checked(self):
        def findings(old, new):
            self.service.write("workflows/wrong.yaml", (self.service.folder / "workflows" / "told.yaml").read_text().replace(old, new))
            return self.service.millrace("check", "workflows/wrong.yaml").stdout
        self.assertIn("lnk", findings("{preset: slack}", "{preset: slack, text: \"${{ approval.lnk }}\"}"))
        self.assertIn("slak", findings("preset: slack", "preset: slak"))
        self.assertIn("there is no connection", findings("connection: chat", "connection: chad"))
        self.assertIn("would be sent as these words", findings("{preset: slack}", "{preset: slack, text: \"secret:far\"}"))
        self.assertIn("approval", findings("comment: \"${{ asked.comment }}\"", "comment: \"${{ approval.link }}\""))


if __name__ == "__main__":
    main()
