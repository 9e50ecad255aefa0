"""What starts runs in `millrace serve` from inside: times, files, other workflows and people."""
import datetime
import json
import os
import time

from project import main
from served import POSTS, ServedTest
from service import ask, wait_until

KEPT = "  - set: {seen: event}\n"


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
        said = self.service.millrace("schedule", "preview", "report", "--from", "2026-02-01T12:00:00Z", "--count", "2").stdout
        self.assertRegex(said, r"2026-02-03 01:30 .*\n  then, of the days on which the clocks change:\n  Sunday     2026-03-29 ", "nobody takes them for the next ones")


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

    def test_a_live_run_whose_call_does_nothing_has_failed_and_says_why(self):
        self.service.flow("rehearsed", POSTS, "  - manual\n", mode="dry_run")
        self.service.flow("paused", POSTS, "  - manual\n", mode="paused")
        self.service.flow("off", POSTS, "  - manual\n")
        self.service.flow("nothing_to_do", "  - stop: {outcome: skipped}\n", "  - manual\n")
        for called in ("rehearsed", "paused", "off", "nothing_to_do"):
            self.service.flow("calls_" + called, f"  - call: {called}\n")
        self.service.flow("undeterred", "  - call: rehearsed\n    on_error: continue\n" + POSTS)
        self.service.start()
        self.assertEqual(self.service.millrace("pause", "off").returncode, 0)
        for called, why in {"rehearsed": "it is in dry run", "paused": "paused", "off": "the workflow was paused"}.items():
            run = self.service.ended(self.service.delivered("calls_" + called, {})["runs"][0])
            self.assertEqual(run["outcome"], "failed", run)
            self.assertIn("the called workflow ended as skipped: ", run["note"])
            self.assertIn(why, run["note"])
        self.assertEqual(self.service.ended(self.service.delivered("calls_nothing_to_do", {})["runs"][0])["outcome"], "completed")
        self.assertEqual(self.far.seen, [])
        self.assertEqual(self.service.ended(self.service.delivered("undeterred", {})["runs"][0])["outcome"], "completed")
        self.assertEqual(len(self.far.seen), 1)
        # Once it may run, what failed is tried again.
        self.assertEqual(self.service.millrace("resume", "off").returncode, 0)
        failed = self.service.runs("calls_off")[0]["id"]
        self.assertEqual(self.service.millrace("runs", "retry", failed).returncode, 0)
        self.service.reached(failed, "completed")
        self.assertEqual(len(self.far.seen), 2)

    def test_by_hand_through_the_api_with_an_event_and_with_a_token_only(self):
        self.service.flow("hand", KEPT, "  - manual\n")
        self.service.start()
        answer = self.service.api("POST", "workflows/hand/runs", {"event": {"n": 5}}, {"X-Millrace-Who": "ada"})
        self.assertEqual(answer.status, 202, answer.body)
        run = self.service.ended(json.loads(answer.body)["runs"][0])
        self.assertEqual((run["payload"], run["trigger"], run["outcome"]), ({"n": 5}, "manual", "completed"))
        self.assertIn(("ada by api", "start", "hand"), [(line["who"], line["what"], line["about"]) for line in self.service.get("audit")["audit"]])
        self.assertEqual(self.service.api("POST", "workflows/hnad/runs", {}).status, 404)
        self.assertEqual(ask(self.service.url, "POST", "/api/v1/workflows/hand/runs", {}).status, 401)
        self.assertEqual(len(self.service.runs("hand")), 1)


if __name__ == "__main__":
    main()
