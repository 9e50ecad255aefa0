"""Who did what, in lines that nobody changes unseen."""
import json
import re
import shutil
import sqlite3
import tempfile
import unittest

from project import Project, main
from served import POSTS, ServedTest
from service import wait_until

FLOW = """version: 1
name: Count
mode: live
triggers: [manual]
actions:
  - set: {n: 1}
"""


class Audit(unittest.TestCase):
    def setUp(self):
        self.project = Project(token=None)
        self.addCleanup(self.project.close)
        shutil.rmtree(self.project.folder / "workflows")
        self.project.write("millrace.yaml", "version: 1\n")
        self.project.write("workflows/count.yaml", FLOW)
        home = tempfile.mkdtemp(prefix="millrace-home-")
        self.addCleanup(shutil.rmtree, home)
        self.environment = {"XDG_CONFIG_HOME": home}
        self.store = self.project.folder / "state" / "millrace.db"

    def millrace(self, *arguments, stdin=None, code=0):
        done = self.project.millrace(*arguments, stdin=stdin, environment=self.environment)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout}\n{done.stderr}")
        return done

    def lines(self, *arguments):
        listed = json.loads(self.millrace("audit", "list", "--json", *arguments).stdout)["audit"]
        return [(line["what"], line["about"]) for line in listed]

    def act(self):
        self.millrace("secret", "set", "token", stdin="pit-0123456789")
        self.millrace("pause", "count")
        self.millrace("resume", "count")
        self.millrace("run", "count", "--live")
        self.millrace("secret", "rotate", "token", stdin="pit-9876543210")
        self.millrace("secret", "remove", "token", "--yes")

    def test_what_people_do_is_there_with_who_did_it_and_no_value_of_a_secret(self):
        self.act()
        self.assertEqual(self.lines(), [("remove", "secret:token"), ("rotate", "secret:token"), ("run", "count"), ("resume", "count"),
                                        ("pause", "count"), ("set", "secret:token")])
        self.assertEqual(self.lines("--about", "secret:token", "--what", "set"), [("set", "secret:token")])
        self.assertEqual(len(self.lines("--limit", "2")), 2)
        self.assertEqual(self.lines("--since", "2099-01-01T00:00:00Z"), [])
        self.assertEqual(self.millrace("audit", "list", "--who", "nobody").stdout, "no lines\n")
        text = self.millrace("audit", "list").stdout
        self.assertIn("  set  secret:token", text)
        self.assertNotIn("pit-", text)

    def test_a_whole_audit_verifies_and_every_kind_of_change_is_found(self):
        self.act()
        self.assertIn("6 lines, none changed, none missing", self.millrace("audit", "verify").stdout)
        report = json.loads(self.millrace("audit", "verify", "--json").stdout)
        self.assertEqual((report["entries"], report["first"], report["last"], report["faults"]), (6, 1, 6, []))
        database = sqlite3.connect(self.store)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        whole = self.store.read_bytes()
        for change in ("UPDATE audit SET who = 'os:eve' WHERE id = 3", "DELETE FROM audit WHERE id = 2",
                       "DELETE FROM audit WHERE id = 4; DELETE FROM audit_chain WHERE number = 4",
                       "UPDATE audit SET id = 60 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 5; UPDATE audit SET id = 5 WHERE id = 60",
                       "INSERT INTO audit SELECT 7, at, who, what, about, detail, sum FROM audit WHERE id = 1",
                       "DELETE FROM audit WHERE id < 3; DELETE FROM audit_chain WHERE number < 2"):
            database = sqlite3.connect(self.store)
            database.executescript(change)
            database.close()
            done = self.millrace("audit", "verify", code=1)
            self.assertIn("error: ", done.stdout, change)
            doctor = self.project.millrace("doctor", environment=self.environment)
            self.assertIn("the audit was changed", doctor.stdout)
            self.store.write_bytes(whole)
        self.millrace("audit", "verify")

    def test_a_cut_end_is_found_by_who_kept_a_head(self):
        self.act()
        head = json.loads(self.millrace("audit", "verify", "--json").stdout)["head"]
        kept = self.project.write("heads.log", "Nov 27 10:42 somehost millrace: " + head + "\nsomething else\n")
        said = self.millrace("audit", "verify", "--heads", kept).stdout
        self.assertIn("held outside: 1 head, the last of line 6", said)
        self.assertIn("0 lines since then", said)
        database = sqlite3.connect(self.store)
        database.executescript("DELETE FROM audit WHERE id > 4; DELETE FROM audit_chain WHERE number > 4")
        database.close()
        self.millrace("audit", "verify")
        self.assertIn("cut off", self.millrace("audit", "verify", "--heads", kept, code=1).stdout)
        half = self.project.write("half.log", head[:60] + "\n")
        self.assertIn("no head of an audit", self.millrace("audit", "verify", "--heads", half, code=1).stderr)
        self.millrace("audit", "verify", "--heads", "absent", code=3)
        for text in ("", "something else\n"):
            empty = self.project.write("empty.log", text)
            self.assertIn("there is no head of an audit in it", self.millrace("audit", "verify", "--heads", empty, code=1).stderr)

    def head(self):
        return json.loads(self.millrace("audit", "verify", "--json").stdout)["head"]

    def test_a_head_that_was_kept_proves_who_wrote_it(self):
        self.act()
        head = self.head()
        words = head.split(" ")
        self.assertEqual(len(words), 8)
        report = json.loads(self.millrace("audit", "verify", "--json", "--heads", head).stdout)
        self.assertEqual((report["held"]["agreeing"], report["held"]["signed"]), (1, 1))
        self.assertIn("signed by a key that is trusted: 1 head", self.millrace("audit", "verify", "--heads", head, "--key", words[6]).stdout)
        # Each word of it is signed, and no other key stands for it.
        for at, other in ((1, "0" * 16), (3, "4"), (4, "0" * 64), (5, "2026-01-01T00:00:00Z")):
            forged = " ".join(words[:at] + [other] + words[at + 1:])
            self.assertIn("not what its signer wrote", self.millrace("audit", "verify", "--heads", forged, code=1).stderr)
        unsigned = " ".join(words[:6])
        self.millrace("audit", "verify", "--heads", unsigned)
        self.assertIn("is signed by nobody", self.millrace("audit", "verify", "--heads", unsigned, "--key", words[6], code=1).stdout)
        # Whoever makes the chain anew, with a key of his own, is found by the key that was kept.
        (self.project.folder / "state" / "audit-key").unlink()
        other = self.head()
        self.assertNotEqual(other.split(" ")[6], words[6])
        self.assertIn("is signed by another key", self.millrace("audit", "verify", "--heads", other, "--key", words[6], code=1).stdout)
        self.assertIn("is signed by another key", self.millrace("audit", "verify", "--heads", head, code=1).stdout)
        self.assertIn("no key", self.millrace("audit", "verify", "--heads", head, "--key", "AAAA", code=2).stderr)

    def test_a_backup_is_a_line_too(self):
        self.act()
        self.millrace("backup", "copy.db")
        self.assertEqual(self.lines("--what", "backup"), [("backup", "store")])

    def test_an_export_has_every_line_with_its_hash_and_is_a_line_itself(self):
        self.act()
        exported = [json.loads(line) for line in self.millrace("audit", "export").stdout.splitlines()]
        self.assertEqual([line["number"] for line in exported], [1, 2, 3, 4, 5, 6, 7])
        self.assertEqual(exported[-1]["what"], "export")
        self.assertEqual({len(line["hash"]) for line in exported}, {64})
        self.millrace("audit", "export", "--month", "2001-01", "--out", "old.jsonl")
        self.assertEqual((self.project.folder / "old.jsonl").read_text(), "")
        self.assertIn("already", self.millrace("audit", "export", "--out", "old.jsonl", code=1).stderr)
        self.assertIn("no month", self.millrace("audit", "export", "--month", "2001-13", code=1).stderr)

    def test_without_a_store_there_is_nothing_to_list_and_nothing_to_verify(self):
        self.assertEqual(self.lines(), [])
        self.assertIn("there is no store yet", self.millrace("audit", "verify", code=3).stderr)
        self.assertFalse(self.store.exists())


class Uses(ServedTest):
    """Which secret went where, for which workflow."""

    def uses(self, act):
        lines = json.loads(self.service.millrace("audit", "list", "--json", "--what", act).stdout)["audit"]
        host = self.far.url.removeprefix("http://")
        self.assertEqual({line["about"] for line in lines}, {"secret:far"})
        self.assertTrue(all(line["detail"].startswith(host) for line in lines), lines)
        return [(line["who"], line["detail"]) for line in lines]

    def counted(self):
        counts = {}
        for who, detail in self.uses("use"):
            counts[who] = counts.get(who, 0) + int(re.search(r", (\d+) uses? in the hour from ", detail)[1])
        return counts

    def test_a_plan_tells_which_secrets_it_used_where_there_is_a_store(self):
        self.service.flow("asks", "  - {action: http.request, connection: web, with: {url: /asked}}\n", triggers="  - manual\n")
        self.service.json("plan", "asks")
        self.assertFalse((self.service.folder / "state/millrace.db").exists())
        self.service.json("run", "asks", "--live")
        self.service.json("plan", "asks")
        self.assertEqual(len([detail for _, detail in self.uses("use") if " by a plan in the hour from " in detail]), 1)
        self.assertEqual(len(self.uses("first use")), 1)

    def test_a_reload_is_a_line_with_what_it_changed(self):
        self.service.flow("asks", POSTS)
        self.service.start()
        self.service.flow("asks", POSTS + "  - set: {n: 1}\n")
        wait_until(lambda: self.service.store("SELECT detail FROM audit WHERE what = 'reload'"), 40, what="the reload")
        self.assertIn("asks is swapped for its new version", self.service.store("SELECT detail FROM audit WHERE what = 'reload'")[0][0])
        self.service.stop()

    def test_a_service_writes_the_first_use_at_a_host_at_once_and_the_counts_at_its_end_at_the_latest(self):
        for name in ("asks", "sends"):
            self.service.flow(name, POSTS)
        self.service.start()
        for name in ("asks", "asks", "sends"):
            self.service.delivered(name, {"n": 1})
        wait_until(lambda: len(self.service.runs(outcome="completed")) == 3, what="the runs")
        wait_until(lambda: self.service.store("SELECT 1 FROM audit WHERE what = 'first use'"), what="the first use")
        self.service.stop()
        self.assertEqual(len(self.uses("first use")), 1)
        self.assertEqual(self.counted(), {"workflow:asks": 2, "workflow:sends": 1})
        self.service.start()
        self.service.delivered("asks", {"n": 1})
        wait_until(lambda: len(self.service.runs(outcome="completed")) == 4, what="the run")
        self.service.stop()
        self.assertEqual(len(self.uses("first use")), 1)
        self.assertEqual(self.counted(), {"workflow:asks": 3, "workflow:sends": 1})
        self.assertIn("none changed", self.service.millrace("audit", "verify").stdout)

    def test_a_run_in_the_foreground_writes_them_too_and_a_plan_uses_nothing_that_it_does_not_send(self):
        self.service.flow("asks", POSTS)
        self.service.millrace("plan", "asks")
        self.assertEqual(json.loads(self.service.millrace("audit", "list", "--json").stdout)["audit"], [])
        self.assertEqual(self.service.millrace("run", "asks", "--live").returncode, 0)
        self.assertEqual(len(self.uses("first use")), 1)
        self.assertEqual(self.counted(), {"workflow:asks": 1})

    def test_how_far_the_audit_has_come_goes_into_files_the_log_and_the_metrics(self):
        file = self.service.folder / "millrace.yaml"
        file.write_text(file.read_text() + "audit: {heads: [kept/heads.log]}\n")
        (self.service.folder / "kept").mkdir()
        self.service.flow("asks")
        self.service.millrace("pause", "asks")
        self.service.start()
        heads = self.service.folder / "kept" / "heads.log"
        wait_until(heads.exists, what="the heads")
        self.assertEqual(self.service.metric("millrace_audit_entries"), 1)
        self.assertGreater(self.service.metric("millrace_audit_head"), 0)
        self.service.stop()
        self.assertIn("millrace-audit-head", self.service.log())
        self.assertIn("held outside: 1 head, the last of line 1", self.service.millrace("audit", "verify", "--heads", heads).stdout)

    def test_heads_that_cannot_be_written_are_an_alarm_until_they_are(self):
        file = self.service.folder / "millrace.yaml"
        file.write_text(file.read_text() + "audit: {heads: [away/heads.log]}\n")
        self.service.flow("asks")
        self.service.start()
        wait_until(lambda: "away/heads.log" in self.service.millrace("doctor").stdout, what="the alarm")
        self.service.stop()
        (self.service.folder / "away").mkdir()
        self.service.start()
        wait_until((self.service.folder / "away" / "heads.log").exists, what="the heads")
        wait_until(lambda: "away/heads.log" not in self.service.millrace("doctor").stdout, what="the end of the alarm")


if __name__ == "__main__":
    main()
