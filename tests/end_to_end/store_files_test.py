"""Whoever takes the store away from under a running service, or a part of it before a start, is told; nothing is promised that is not kept."""
import contextlib
import json
import os
import re
import sqlite3

from project import main
from service import ServiceTest, wait_until

KEEPS = "  - set: {kept: true}\n"


class StoreFiles(ServiceTest):
    def setUp(self):
        super().setUp()
        self.service.workflow("count", KEEPS)
        self.store = self.service.folder / "state" / "millrace.db"

    def part(self, ending):
        return self.store.with_name(self.store.name + ending)

    def accept(self, numbers):
        return [self.service.promised("count", {"n": n})["runs"][0] for n in numbers]

    def all_kept(self, runs):
        wait_until(lambda: all(self.service.run(run)["outcome"] == "completed" for run in runs), what="all that was promised")

    def test_p1_nothing_is_promised_once_a_file_of_the_store_is_another(self):
        aside, promised = self.service.folder / "aside", []
        for ending in ("", "-wal"):
            with self.subTest(ending):
                self.service.start()
                promised += self.accept(range(3))
                os.rename(self.part(ending), aside)
                answers = [self.service.hook("count", {"n": n}) for n in range(3)] if self.service.process.poll() is None else []
                self.assertEqual([answer.status for answer in answers if answer.status == 202], [])
                self.assertNotEqual(self.service.ended(), 0)
                self.assertIn(f"{self.part(ending).name} was removed or moved away while the store was in use", self.service.log())
                os.rename(aside, self.part(ending))
        self.service.start()
        self.all_kept(promised)

    def test_p1_nothing_is_promised_once_the_log_of_the_store_was_cut_short(self):
        for size in (0, 32, 4096, -4120):
            with self.subTest(size):
                self.service.start()
                promised = self.accept(range(5))
                self.all_kept(promised)
                whole = self.part("-wal").read_bytes()
                os.truncate(self.part("-wal"), size if size >= 0 else len(whole) + size)
                answers = [self.service.hook("count", {"n": n}) for n in range(3)] if self.service.process.poll() is None else []
                self.assertEqual([answer.status for answer in answers if answer.status == 202], [])
                self.assertNotEqual(self.service.ended(), 0)
                self.assertIn("-wal was cut short while the store was in use", self.service.log())
                process = self.service.launch()
                self.assertEqual(process.wait(60), 78)
                process.stdout.close()
                self.part("-wal").write_bytes(whole)
                self.service.start()
                self.all_kept(promised)
                self.service.stop()

    def test_an_idle_service_notices_it_too(self):
        self.service.start()
        self.accept(range(1))
        (self.part("")).rename(self.service.folder / "aside")
        self.assertNotEqual(self.service.ended(), 0)

    def test_without_its_log_a_store_is_not_served_and_it_says_how_many_entries_are_missing(self):
        self.service.start()
        promised = self.accept(range(35))
        self.service.kill()
        aside = self.service.folder / "aside"
        self.part("-wal").rename(aside)
        process = self.service.launch()
        self.assertEqual(process.wait(60), 78)
        process.stdout.close()
        missing, = re.findall(r"lacks the last (\d+) of the \d+ entries", self.service.log())
        self.assertGreaterEqual(int(missing), 35)
        self.assertIn("-mark", self.service.log())
        aside.rename(self.part("-wal"))
        self.service.start()
        self.all_kept(promised)

    def test_bits_that_are_others_than_were_written_are_found_by_doctor(self):
        self.service.start()
        for n in range(20):
            self.service.promised("count", {"n": n, "text": "MARK" + "x" * 200})
        wait_until(lambda: self.service.outcomes("count") == {"completed": 20}, what="the runs")
        self.service.stop()
        whole = self.store.read_bytes()
        places = [found.end() + 7 for found in re.finditer(b"MARK", whole)]
        self.assertGreaterEqual(len(places), 20)
        for place in places[::4]:
            damaged = bytearray(whole)
            damaged[place] ^= 1
            self.store.write_bytes(damaged)
            done = self.service.millrace("doctor", "--json")
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertTrue(any("damaged" in finding["message"] for finding in json.loads(done.stdout)["findings"] if finding["fatal"]), done.stdout)

    def change_value(self, owner, key, change):
        """What the store keeps there becomes what `change`, an expression of SQL, makes of it; gives what it was."""
        with contextlib.closing(sqlite3.connect(self.store)) as database, database:
            before = database.execute("SELECT value FROM states WHERE owner = ? AND key = ?", (owner, key)).fetchone()
            database.execute(f"UPDATE states SET value = {change} WHERE owner = ? AND key = ?", (owner, key))
        return before[0] if before else None

    def damage(self, owner, key):
        return self.change_value(owner, key, "substr(value, 1, length(value) - 1) || 'x'")

    def test_a_value_that_is_damaged_stops_what_needs_it_and_is_named(self):
        self.service.workflow("files", KEEPS, triggers="  - file: inbox/*.csv\n")
        self.service.start()
        owner, key = "trigger:files/0", "watch"
        wait_until(lambda: self.change_value(owner, key, "value"), what="the first look")
        self.service.stop()
        self.damage(owner, key)
        done = self.service.millrace("doctor")
        self.assertIn(f'({owner} "{key}")', done.stdout)
        self.service.start()
        wait_until(lambda: any("is damaged" in alarm["message"] and f'"{key}"' in alarm["message"] for alarm in self.service.get("status")["alarms"]), what="the alarm")
        self.assertIn("is damaged", self.service.millrace("why", "files").stdout)
        self.all_kept(self.accept(range(2)))

    def test_a_value_of_the_engine_that_is_damaged_is_named_and_another_start_is_not_tried(self):
        for key in ("clock", "running"):
            with self.subTest(key):
                self.service.start()
                self.service.stop()
                kept = self.damage("engine", key)
                self.assertIsNotNone(kept)
                process = self.service.launch()
                self.assertEqual(process.wait(60), 78)
                process.stdout.close()
                self.assertIn(f'what engine keeps under "{key}" is damaged', self.service.log())
                self.change_value("engine", key, f"'{kept}'")


if __name__ == "__main__":
    main()
