"""Alarms leave the machine: once when one begins, once when it is over, whatever happens to the service in between."""
import json
import unittest

from notify_test import Chat
from project import main
from service import Service, wait_until

BROKEN = "version: 1\nname: Broken\nactions:\n  - action: nothing.there\n"
GOOD = "version: 1\nname: Good\nactions:\n  - set: {done: true}\n"


class Telling(unittest.TestCase):
    def service(self, chat, alarms="  - action: notify.webhook\n    connection: ops\n    with: {preset: slack}\n", url=None):
        service = Service()
        self.addCleanup(service.close)
        service.write("millrace.yaml", f"version: 1\ntimezone: Europe/London\nconnections:\n  ops: {{plugin: notify, base_url: '{url or chat.url}'}}\nalarms:\n{alarms}")
        return service

    def chat(self, *answers):
        chat = Chat(*(answers or [(200, {}, "ok")]))
        self.addCleanup(chat.close)
        return chat

    @staticmethod
    def texts(chat):
        return [json.loads(body)["text"] for _, _, body in list(chat.heard)]

    def test_an_alarm_is_told_once_and_its_end_is_told_once_over_restarts(self):
        chat = self.chat()
        service = self.service(chat)
        service.write("workflows/prune.yaml", BROKEN)
        service.start()
        wait_until(lambda: chat.heard, what="the alarm")
        self.assertIn("workflow prune: its file is broken", self.texts(chat)[0])
        service.stop()
        service.start()
        wait_until(lambda: [run for run in service.runs("alarms@millrace.yaml") if run["outcome"] == "completed"], what="the end of the telling")
        service.kill()
        service.start()
        service.write("workflows/prune.yaml", GOOD)
        service.write("workflows/other.yaml", BROKEN)  # something else to wait for
        wait_until(lambda: any("over: workflow prune" in text for text in self.texts(chat)) and any("other" in text for text in self.texts(chat)), 60, "both")
        told = [text for text in self.texts(chat) if "prune" in text]
        self.assertEqual([("over" in text) for text in told], [False, True], told)

    def test_a_telling_is_shown_beside_what_tells_alarms_now(self):
        chat = self.chat()
        service = self.service(chat)
        service.write("workflows/prune.yaml", BROKEN)
        service.start()
        run = wait_until(lambda: [run["id"] for run in service.runs("alarms@millrace.yaml") if run["ended"]], what="the end of the telling")[0]
        self.assertIsNone(service.run(run)["changed_since"])
        self.assertIn(", as the file is now", service.millrace("runs", "show", run).stdout)
        config = service.folder / "millrace.yaml"
        before = config.read_text()
        config.write_text(before + "  - action: notify.webhook\n    connection: ops\n    with: {preset: slack}\n")
        self.assertIn("the file since: new step 2", service.millrace("runs", "show", run).stdout)
        wait_until(lambda: "new step 2" in (service.run(run)["changed_since"] or ""), what="the service's look at the file")
        config.write_text(before.split("alarms:")[0])
        self.assertIn("the file since: it is gone", service.millrace("runs", "show", run).stdout)

    def test_what_a_file_that_is_saved_says_of_alarms_is_done_from_then_on_and_told(self):
        chat = self.chat()
        service = self.service(chat)
        config = service.folder / "millrace.yaml"
        with_alarms = config.read_text()
        without = with_alarms.split("alarms:")[0]
        config.write_text(without)
        service.write("workflows/prune.yaml", BROKEN)
        service.start()
        wait_until(lambda: service.get("status")["alarms"], what="the alarm")
        config.write_text(with_alarms)
        wait_until(lambda: chat.heard, what="the alarm that was on already")
        self.assertIn('reload: alarms leave the machine by what is under \\"alarms\\" in millrace.yaml', service.log())
        self.assertIn("workflow prune: its file is broken", self.texts(chat)[0])

        config.write_text(with_alarms.replace("{preset: slack}", "{preset: slack, text: 'Look: ${{ event.about }}'}"))
        wait_until(lambda: "reload: what tells alarms is another" in service.log(), what="the change")
        service.write("workflows/second.yaml", BROKEN)
        wait_until(lambda: "Look: workflow second" in self.texts(chat), what="the telling in other words")

        config.write_text(with_alarms.replace("notify.webhook", "notify.webhok"))
        wait_until(lambda: "the entries before stay live" in service.log(), what="the complaint")
        wait_until(lambda: any("notify.webhok" in alarm["message"] for alarm in service.get("status")["alarms"]), what="the alarm of the entries")
        service.write("workflows/third.yaml", BROKEN)
        wait_until(lambda: "Look: workflow third" in self.texts(chat), what="the telling as before")

        config.write_text(without)
        wait_until(lambda: "reload: alarms leave the machine no more" in service.log(), what="the end of the entries")
        told = len(service.runs("alarms@millrace.yaml"))
        service.write("workflows/fourth.yaml", BROKEN)
        wait_until(lambda: "workflow fourth" in [alarm["about"] for alarm in service.get("status")["alarms"]], what="the alarm of the fourth")
        self.assertNotIn("notify.webhok", json.dumps(service.get("status")["alarms"]))
        config.write_text(with_alarms)  # all that was not told is told now
        wait_until(lambda: any("workflow fourth" in text for text in self.texts(chat)), what="the fourth")
        self.assertEqual(len(service.runs("alarms@millrace.yaml")), told + 1)

    def test_what_begins_together_is_told_together(self):
        chat = self.chat()
        service = self.service(chat)
        for number in range(30):
            service.write(f"workflows/w{number:02}.yaml", BROKEN)
        service.start()
        wait_until(lambda: chat.heard, what="the alarms")
        self.assertEqual(len(chat.heard), 1)
        self.assertEqual(len(self.texts(chat)[0].splitlines()), 21)
        self.assertIn("and 10 more: millrace doctor", self.texts(chat)[0])

    def test_an_alarm_that_cannot_be_told_makes_no_alarm(self):
        chat = self.chat((400, {}, "invalid_payload"))
        service = self.service(chat)
        service.write("workflows/prune.yaml", BROKEN)
        service.start()
        wait_until(lambda: [run for run in service.runs("alarms@millrace.yaml") if run["ended"]], what="the end of the telling")
        self.assertEqual([alarm["about"] for alarm in service.get("status")["alarms"]], ["workflow prune"])
        self.assertEqual(len(chat.heard), 1)

    def test_a_way_that_is_down_is_no_news_for_itself(self):
        chat = self.chat()
        service = self.service(chat)
        service.write("workflows/prune.yaml", BROKEN)
        chat.close()
        service.start()
        wait_until(lambda: any(alarm["about"] == "connection ops" for alarm in service.get("status")["alarms"]), 60, "the connection's alarm")
        self.assertEqual(len(service.runs("alarms@millrace.yaml")), 1)

    def test_an_entry_says_more_where_it_wants_and_sees_the_alarm(self):
        chat = self.chat()
        service = self.service(chat, "  - action: notify.webhook\n    connection: ops\n    if: event.about.startsWith('workflow')\n"
                               "    with: {data: \"${{ {'about': event.about, 'ended': event.ended, 'n': size(event.begun)} }}\"}\n")
        service.write("workflows/prune.yaml", BROKEN)
        service.start()
        wait_until(lambda: chat.heard, what="the alarm")
        self.assertEqual(json.loads(chat.heard[0][2]), {"about": "workflow prune", "ended": False, "n": 1})

    def test_the_entries_are_checked_like_steps_where_they_stand(self):
        for alarms, words in (("  - action: notify.webhok\n", 'millrace.yaml:6:13: error: unknown action "notify.webhok", did you mean "notify.webhook"?'),
                              ("  - action: notify.webhook\n    connection: ops\n    with: {preset: slak}\n", "millrace.yaml:8:20: error:"),
                              ("  - action: notify.webhook\n    connection: ops\n    with: {text: \"${{ event.abuot }}\"}\n", "abuot"),
                              ("  - action: notify.webhook\n    with: {text: \"secret:hook\", url: \"secret:hook\"}\n", "would be sent as these words"),
                              ("  - action: notify.email\n    with: {to: a@example.com}\n", "needs a connection")):
            service = self.service(None, alarms, url="http://127.0.0.1:9")
            done = service.millrace("check")
            self.assertEqual(done.returncode, 1, alarms)
            self.assertIn(words, done.stdout)
        service = self.service(None, "  - action: notify.webhook\n    with: {preset: slack, url: \"secret:ops_slack\"}\n", url="http://127.0.0.1:9")
        done = service.millrace("check")
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    main()
