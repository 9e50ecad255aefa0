"""A backup is taken while the service runs, and restored into another folder."""
import contextlib
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time

from project import main, program
from service import TWO_EFFECTS, Service, ServiceTest, wait_until


class Restore(ServiceTest):
    def test_p13_restored_runs_are_there_paused_and_go_on_when_they_are_resumed(self):
        self.service.workflow("count", TWO_EFFECTS)
        self.service.workflow("later", "  - wait: 6s\n" + TWO_EFFECTS.replace("event.n", "100 + event.n"))
        self.service.start()
        for n in range(20):
            self.service.promised("count", {"n": n})
        wait_until(lambda: self.service.outcomes("count") == {"completed": 20}, what="the end of the runs")
        self.far.delay = 30
        under_way = self.service.promised("count", {"n": 77})["runs"][0]
        wait_until(lambda: self.far.numbers("/first")[77], what="an effect under way")
        waiting = self.service.promised("later", {"n": 1})["runs"][0]
        copy = self.service.folder / "copy.db"
        done = self.service.millrace("backup", copy)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(copy.stat().st_mode & 0o077, 0, "others may read the backup")
        self.assertNotEqual(self.service.millrace("backup", copy).returncode, 0, "a backup overwrites a file")
        self.service.kill()
        self.far.delay = 0

        other = Service(self.far.url)
        self.addCleanup(other.close)
        shutil.copytree(self.service.folder / "workflows", other.folder / "workflows", dirs_exist_ok=True)
        done = other.millrace("restore", copy)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("resume --all", done.stdout)
        self.assertNotEqual(other.millrace("restore", copy).returncode, 0, "a restore overwrites a store")
        before = len(self.far.seen)
        other.start()
        self.assertEqual(other.outcomes("count"), {"completed": 20, "running": 1})
        self.assertIn("may already have happened", other.run(under_way)["note"])
        self.assertIn("may already have happened", other.run(waiting)["note"])
        self.assertIn("resume --all", other.get("status")["alarms"][0]["message"])
        fresh = other.promised("count", {"n": 5})["runs"][0]
        # Longer than the wait of the run: what is due does not go on by itself either.
        wait_until(lambda: other.millrace("doctor").stdout.count("resume --all") == 1, what="the alarm")
        other.kill()
        other.start()
        time.sleep(6.5)
        self.assertEqual(len(self.far.seen), before)
        self.assertEqual((other.run(fresh)["outcome"], other.run(fresh)["queued"]), ("running", True), "it is accepted, and waits")
        done = other.millrace("resume", "--all")
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: all(other.run(run)["outcome"] == "completed" for run in (under_way, waiting, fresh)), what="the end of all")
        self.assertEqual(other.get("status")["alarms"], [])
        self.assertEqual(self.far.numbers("/second")[77], 1)
        self.assertEqual(self.far.numbers("/first")[77], 1, "the key is the one of the first life")
        self.assertEqual(self.far.numbers("/second")[101], 1)
        self.assertEqual(sorted(self.far.numbers("/second")), [*range(20), 77, 101])

    def test_a_store_that_somebody_makes_while_a_backup_is_read_is_not_replaced(self):
        self.service.workflow("count", TWO_EFFECTS)
        self.service.start()
        copy = self.service.folder / "copy.db"
        self.assertEqual(self.service.millrace("backup", copy).returncode, 0)
        self.service.stop()
        other = Service()
        self.addCleanup(other.close)
        other.workflow("count", "  - set: {done: true}\n")
        with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as held:
            held.execute("PRAGMA journal_mode = DELETE")
            held.execute("BEGIN EXCLUSIVE")  # whoever reads it waits
            restore = subprocess.Popen([program, "restore", copy], cwd=other.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(restore.wait)
            self.addCleanup(restore.kill)
            files = pathlib.Path(f"/proc/{restore.pid}/fd")
            wait_until(lambda: any(os.path.realpath(file) == str(copy) for file in files.iterdir()), what="the reading")
            restore.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, restore.pid, os.WSTOPPED)
            other.start()
            run = other.promised("count", {"n": 1})["runs"][0]
            held.execute("ROLLBACK")
        restore.send_signal(signal.SIGCONT)
        said = restore.communicate(timeout=60)
        self.assertEqual(restore.returncode, 1, said)
        self.assertIn("millrace.db exists; move it away first", said[1])
        self.assertFalse((other.folder / "state" / "millrace.db-restoring").exists())
        other.kill()
        other.start()
        wait_until(lambda: other.run(run)["outcome"] == "completed", what="what was accepted")

    def test_a_damaged_backup_is_not_restored(self):
        self.service.workflow("count", TWO_EFFECTS)
        self.service.start()
        for n in range(50):
            self.service.promised("count", {"n": n})
        copy = self.service.folder / "copy.db"
        self.assertEqual(self.service.millrace("backup", copy).returncode, 0)
        self.service.stop()
        whole = copy.read_bytes()
        for name, damaged in (("torn", whole[:len(whole) // 2]), ("scratched", whole[:8192] + b"\xa5" * 8192 + whole[16384:]), ("foreign", b"x" * 9000)):
            broken = self.service.write(name + ".db", damaged)
            other = Service()
            self.addCleanup(other.close)
            done = other.millrace("restore", broken)
            self.assertNotEqual(done.returncode, 0, name)
            self.assertIn(broken.name, done.stderr)
            self.assertFalse((other.folder / "state" / "millrace.db").exists())


if __name__ == "__main__":
    main()
