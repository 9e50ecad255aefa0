"""A workflow in plain words, what differs between two of its texts, and the versions that ran: shown, compared, brought back."""
import json
import os
import re
import shutil
import stat
import unittest

from project import SandboxTest, main, samples
from service import Receiver, wait_until
from served import Served

TAGS = "version: 1\nlocations: loc_main\nactions:\n  - id: tags\n    action: highlevel.location_tags.list\n"
MORE = TAGS + "  - action: highlevel.location_tags.create\n    with: {name: brand new}\n"


class Explained(SandboxTest):
    def test_each_sample_is_told_by_its_id_and_by_its_path(self):
        self.assertGreater(len(samples), 10)
        for sample in samples:
            told = self.project.millrace("explain", sample)
            self.assertEqual(told.returncode, 0, told.stderr)
            for heading in ("It starts", "It runs", "What it does", "What it may touch", "Its limits"):
                self.assertIn(f"\n{heading}\n", told.stdout)
            self.assertEqual(self.project.millrace("explain", f"workflows/{sample}.yaml").stdout, told.stdout)
            self.assertEqual(self.project.millrace("explain", sample).stdout, told.stdout)  # each time the same

    def test_programs_get_the_sentences_as_a_tree_with_places(self):
        tree = self.project.json("explain", "prune-with-care")
        parts = {each["part"]: each for each in tree["explained"]["sentences"]}
        self.assertEqual(tree["workflow"], "prune-with-care")
        steps = parts["actions"]["sentences"]
        self.assertEqual([(step["number"], step["about"]) for step in steps], [("1", "all_tags"), ("2", "unused"), ("3", "archived"), ("4", "deleted"), ("5", None)])
        lines = (self.project.folder / "workflows/prune-with-care.yaml").read_text().splitlines()
        for step in steps[:4]:
            self.assertIn(f"id: {step['about']}", lines[step["line"] - 1])

    def test_a_broken_file_is_told_as_check_tells_it(self):
        self.project.write("workflows/broken.yaml", "version: 1\nactions:\n  - action: highlevel.location_tags.lst\n")
        told = self.project.millrace("explain", "broken")
        self.assertEqual((told.returncode, told.stdout), (1, ""))
        self.assertIn("[unknown-action]", told.stderr)
        self.assertEqual(self.project.millrace("explain").returncode, 2)
        self.assertEqual(self.project.millrace("explain", "nobody").returncode, 1)


class Versions(SandboxTest):
    def run_live(self, name="grow"):
        done = self.project.millrace("run", name, "--live")
        self.assertEqual(done.returncode, 0, done.stderr)

    def versions(self, name="grow"):
        return self.project.json("versions", name)["versions"]

    def file(self, name="grow"):
        return self.project.folder / f"workflows/{name}.yaml"

    def test_two_files_are_compared_in_words(self):
        first = self.project.write("a.yaml", TAGS)
        second = self.project.write("b.yaml", MORE)
        told = self.project.millrace("diff", first, second)
        self.assertEqual(told.returncode, 1, told.stderr)
        lines = told.stdout.splitlines()
        self.assertEqual(lines[1], "  ! may create location tags (line 6)")
        self.assertIn("  - new step 2: Create a tag in a location (highlevel.location_tags.create)", lines)
        self.project.write("c.yaml", "# the same\n" + TAGS.replace("loc_main", "[loc_main]"))
        same = self.project.json("diff", first, "c.yaml")
        self.assertEqual((same["same"], same["differences"]), (True, []))
        self.assertEqual(self.project.millrace("diff", first, "nowhere.yaml").returncode, 3)
        self.project.write("d.yaml", "version: 1\nactions: 7\n")
        self.assertEqual(self.project.millrace("diff", first, "d.yaml").returncode, 3)

    def test_a_file_is_compared_with_the_version_that_ran_last_and_with_any_other(self):
        self.project.write("workflows/grow.yaml", TAGS)
        self.assertEqual(self.project.millrace("diff", "grow").returncode, 3)  # none has run
        self.run_live()
        self.assertEqual(self.project.millrace("diff", "grow").returncode, 0)
        self.project.write("workflows/grow.yaml", MORE)
        self.assertEqual(self.project.json("diff", "grow", expect=1)["differences"][0]["text"], "may create location tags (line 6)")
        version = self.versions()[0]["version"]
        self.assertEqual(self.project.json("diff", f"grow@{version}", "grow", expect=1)["old"], f"grow@{version}")
        self.assertNotIn("Create a tag", self.project.millrace("explain", f"grow@{version}").stdout)
        self.assertIn("Create a tag", self.project.millrace("explain", "grow").stdout)
        self.assertEqual(self.project.millrace("explain", "grow@0000000").returncode, 1)
        back = self.project.json("diff", "grow", f"grow@{version}", expect=1)["differences"]
        self.assertEqual(back[0]["kind"], "narrower")
        for wrong in ("grow@0000000", "grow@1", "nobody@1234567"):
            self.assertEqual(self.project.millrace("diff", wrong, "grow").returncode, 3)

    def test_every_text_that_ran_is_a_version_with_what_it_changed(self):
        self.project.write("workflows/grow.yaml", TAGS)
        self.assertEqual(self.versions(), [])
        self.run_live()
        self.run_live()
        self.project.write("workflows/grow.yaml", MORE)
        self.run_live()
        new, old = self.versions()
        self.assertEqual((old["runs"], new["runs"], old["is_file"], new["is_file"]), (2, 1, False, True))
        self.assertLess(old["first"], old["last"])
        self.assertEqual(new["changed"].split(";")[0], "may create location tags (line 6)")
        self.assertIsNone(old["changed"])
        text = self.project.millrace("versions", "grow").stdout
        self.assertEqual(self.project.millrace("versions", "workflows/grow.yaml").stdout, text)
        self.assertRegex(text.splitlines()[0], r"^[0-9a-f]{7}  1 run, .*\(the file now\)$")
        self.assertIn("    may create location tags", text)
        self.file().unlink()
        self.assertEqual([each["hash"] for each in self.versions()], [new["hash"], old["hash"]])
        self.assertEqual(self.project.millrace("versions", "nobody").returncode, 1)

    def test_a_run_names_its_version_and_what_the_file_does_otherwise_since(self):
        self.project.write("workflows/grow.yaml", TAGS)
        self.run_live()
        run = self.project.json("runs", "list", "--workflow", "grow")["runs"][0]["id"]
        self.assertIn(", as the file is now", self.project.millrace("runs", "show", run).stdout)
        self.project.write("workflows/grow.yaml", "# a comment\n" + TAGS)
        self.assertIn("the file since: nothing changed in meaning", self.project.millrace("runs", "show", run).stdout)
        self.project.write("workflows/grow.yaml", MORE)
        self.assertIn("the file since: may create location tags (line 6)", self.project.millrace("runs", "show", run).stdout)
        self.project.write("workflows/grow.yaml", "version: 1\nactions: [\n")
        self.assertIn("the file since: it cannot be read as it is now", self.project.millrace("runs", "show", run).stdout)
        self.file().unlink()
        self.assertIn("the file since: it is gone", self.project.millrace("runs", "show", run).stdout)
        self.assertEqual(self.project.json("runs", "show", run)["changed_since"], "it is gone")

    def test_a_rollback_writes_the_file_keeps_the_other_text_and_can_be_taken_back(self):
        self.project.write("workflows/grow.yaml", TAGS)
        self.run_live()
        self.project.write("workflows/grow.yaml", MORE)  # has not run: only the rollback keeps it
        self.file().chmod(0o640)
        version = self.versions()[0]["version"]
        asked = self.project.millrace("rollback", "grow", version)
        self.assertEqual(asked.returncode, 1)
        self.assertIn("nothing was written", asked.stderr)
        self.assertEqual(self.file().read_text(), MORE)
        done = self.project.millrace("rollback", "grow", version, "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("no longer: may create location tags", done.stderr)
        self.assertIn(f"workflows/grow.yaml holds the version {version}; the next service that starts takes it", done.stdout)
        self.assertEqual(self.file().read_text(), TAGS)
        self.assertEqual(stat.S_IMODE(self.file().stat().st_mode), 0o640)
        undone = re.search(r"millrace rollback grow ([0-9a-f]+)", done.stdout)[1]
        self.assertEqual(self.project.json("rollback", "grow", undone, "--yes")["written"], True)
        self.assertEqual(self.file().read_text(), MORE)
        again = self.project.json("rollback", "grow", undone, "--yes")
        self.assertEqual((again["written"], again["replaced"]), (False, None))
        kept = {each["version"]: each for each in self.versions()}
        self.assertEqual(kept[undone]["runs"], 0)
        self.assertIsNotNone(kept[undone]["by"])
        audit = self.project.json("audit", "list", "--about", "grow")
        self.assertIn("rollback", json.dumps(audit))

    def test_what_somebody_writes_while_a_rollback_asks_stays(self):
        self.project.write("workflows/grow.yaml", TAGS)
        self.run_live()
        version = self.versions()[0]["version"]
        self.project.write("workflows/grow.yaml", MORE)
        mine = MORE + "# typed meanwhile\n"
        code, shown = self.project.at_terminal("rollback", "grow", version, answer="y\n", meanwhile=lambda: self.file().write_text(mine))
        self.assertEqual(code, 1, shown)
        self.assertIn("has changed since it was read, so it was not written", shown)
        self.assertEqual(self.file().read_text(), mine)
        self.file().unlink()
        code, shown = self.project.at_terminal("rollback", "grow", version, answer="y\n", meanwhile=lambda: self.file().write_text(mine))
        self.assertEqual(code, 1, shown)
        self.assertEqual(self.file().read_text(), mine)
        self.assertNotIn("rollback", json.dumps(self.project.json("audit", "list", "--about", "grow")))

    def test_a_rollback_writes_where_a_link_leads(self):
        there = self.project.write("shared/grow.yaml", TAGS)
        self.file().symlink_to(there)
        self.run_live()
        there.write_text(MORE)
        done = self.project.millrace("rollback", "grow", self.versions()[0]["version"], "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(self.file().is_symlink())
        self.assertEqual(there.read_text(), TAGS)

    @unittest.skipUnless(os.geteuid() == 0, "only root gives files away")
    def test_a_rollback_keeps_the_owner_of_the_file(self):
        self.project.write("workflows/grow.yaml", TAGS)
        self.run_live()
        self.project.write("workflows/grow.yaml", MORE)
        os.chown(self.file(), 12345, 12346)
        self.assertEqual(self.project.millrace("rollback", "grow", self.versions()[0]["version"], "--yes").returncode, 0)
        there = self.file().stat()
        self.assertEqual((there.st_uid, there.st_gid), (12345, 12346))

    def test_a_version_that_does_not_hold_today_is_refused_and_nothing_is_written(self):
        self.project.write("workflows/grow.yaml", TAGS)
        self.run_live()
        version = self.versions()[0]["version"]
        self.project.write("workflows/grow.yaml", "version: 1\nactions:\n  - set: {done: true}\n")
        config = self.project.folder / "millrace.yaml"
        whole = config.read_text()
        config.write_text("version: 1\n")
        refused = self.project.millrace("rollback", "grow", version, "--yes")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("does not hold with what is installed and connected today, so nothing was written", refused.stderr)
        self.assertIn("set: {done: true}", self.file().read_text())
        config.write_text(whole)
        self.assertEqual(self.project.millrace("rollback", "grow", version, "--yes").returncode, 0)
        for wrong in ("0000000", "12", "zzzz"):
            self.assertEqual(self.project.millrace("rollback", "grow", wrong, "--yes").returncode, 1)

    def test_a_broken_file_and_one_that_is_gone_come_back(self):
        self.project.write("workflows/grow.yaml", TAGS)
        self.run_live()
        version = self.versions()[0]["version"]
        self.project.write("workflows/grow.yaml", "version: 1\nactions: [\n")
        done = self.project.millrace("rollback", "grow", version, "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("cannot be read as it is now", done.stderr)
        self.assertEqual(self.file().read_text(), TAGS)
        self.file().unlink()
        done = self.project.millrace("rollback", "grow", version, "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("is there again", done.stderr)
        self.assertEqual(self.file().read_text(), TAGS)
        shutil.rmtree(self.file().parent)
        done = self.project.millrace("rollback", "grow", version, "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.file().read_text(), TAGS)


class BesideAService(unittest.TestCase):
    def setUp(self):
        self.far = Receiver()
        self.addCleanup(self.far.close)
        self.service = Served(self.far.url)
        self.addCleanup(self.service.close)

    def test_a_rollback_is_taken_by_the_service_that_runs(self):
        self.service.flow("note", "  - id: noted\n    set: {text: first}\n")
        self.service.start()
        self.assertEqual(self.service.ended(self.service.delivered("note", {})["runs"][0])["outcome"], "completed")
        self.service.flow("note", "  - id: noted\n    set: {text: second}\n")
        self.service.api("POST", "reload")
        self.service.ended(self.service.delivered("note", {})["runs"][0])
        second, first = self.service.json("versions", "note")["versions"]
        runs = [run["id"] for run in self.service.json("runs", "list", "--workflow", "note")["runs"]]
        self.assertEqual([self.service.run(id)["changed_since"] for id in runs], [None, 'step 1, noted: text is now "second" instead of "first"'])
        self.assertEqual([self.service.run(id) for id in runs], [self.service.json("runs", "show", id) for id in runs])
        told = self.service.get("workflows/note/explanation")
        self.assertEqual(told, self.service.json("explain", "note"))
        self.assertIn("step 1, noted: text is now \"second\" instead of \"first\"", second["changed"])
        done = self.service.millrace("rollback", "note", first["version"], "--yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the running service takes it now", done.stdout)

        def ran():
            id = self.service.delivered("note", {})["runs"][0]
            self.service.ended(id)
            return self.service.json("runs", "show", id)["version"] == first["hash"]
        wait_until(ran, 30, "a run of the version that is back")

    def test_why_tells_what_each_part_of_a_condition_gave(self):
        self.service.flow("tell", """  - id: one
    if: event.n > 3 && event.kind == "vip"
    set: {a: 1}
  - for_each: "[1, 2]"
    as: k
    do:
      - {id: inner, set: {b: 2}, if: k > 1 && event.n > 0}
""", "  - webhook: NAME\n    verify: public\n    if: event.n > 0 && event.kind != null\n")
        self.service.start()
        run = self.service.delivered("tell", {"n": 1, "kind": "guest"})
        self.service.ended(run["runs"][0])
        why = " ".join(self.service.reasons("tell"))
        self.assertIn('(event.n > 3 is false, because event.n is 1; event.kind == "vip" is not evaluated)', why)
        self.assertIn("(k > 1 is false, because k is 1; event.n > 0 is not evaluated)", why)
        left_out = self.service.delivered("tell", {"n": 0, "kind": "guest"})
        why = " ".join(self.service.reasons("tell", "--event", left_out["event"]))
        self.assertIn("Part by part: event.n > 0 is false, because event.n is 0; event.kind != null is not evaluated", why)


class Traced(SandboxTest):
    FLOW = """version: 1
vars: {tags: [{name: tmp-a, usage: 0}, {name: vip, usage: 3}, {name: tmp-b, usage: 2}]}
actions:
  - id: unused
    action: list.filter
    with:
      items: vars.tags
      where: item.usage == 0 && item.name.startsWith("tmp-")
  - if: size(unused.items) == 2 && unused.items[0].name == "x"
    then: [{stop: {outcome: failed}}]
  - switch: unused.items[0].name
    cases:
      - {when: '"vip"', do: [{set: {a: 1}}]}
      - {when: < "a", do: [{set: {a: 3}}]}
      - {when: '["tmp-a", "tmp-b"]', do: [{set: {a: 2}}]}
  - repeat: [{set: {n: 1}}]
    until: vars.n == 1 || vars.n == 2
"""

    def test_each_part_of_each_condition_stands_in_the_trace_with_its_value(self):
        self.project.write("workflows/traced.yaml", self.FLOW)
        done = self.project.millrace("run", "traced", "--trace")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line.strip() for line in done.stderr.splitlines()]
        for line in ('item.usage == 0 && item.name.startsWith("tmp-") is true for 1 of 3',
                     "item.usage == 0 is true for 1 and false for 2",
                     'item.name.startsWith("tmp-") is true for 1 and false for 0, not evaluated for 2',
                     "size(unused.items) == 2 is false, because unused.items is [{\"name\":\"tmp-a\",\"usage\":0}]",
                     'unused.items[0].name == "x" is not evaluated',
                     "vars.n == 1 is true, because vars.n is 1",
                     "vars.n == 2 is not evaluated"):
            self.assertIn(line, lines)
        self.assertTrue(any(line.endswith('"vip"  ->  not the case of "tmp-a"') for line in lines), lines)
        self.assertTrue(any(line.endswith(': < "a"  ->  not the case of "tmp-a"') for line in lines), lines)
        self.assertTrue(any(line.endswith('["tmp-a", "tmp-b"]  ->  the case of "tmp-a"') for line in lines), lines)

    def test_a_secret_never_stands_in_a_trace(self):
        self.project.write("workflows/traced.yaml", "version: 1\nlocations: loc_main\nactions:\n  - id: tags\n    action: highlevel.location_tags.list\n"
                           "  - if: size(tags.tags) > 1000 && run.location == 'x'\n    then: [{wait: 1m}]\n")
        done = self.project.millrace("run", "traced", "--trace")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("run.location == 'x' is not evaluated", done.stderr)
        self.assertNotIn("sandbox-token", done.stderr + done.stdout)


if __name__ == "__main__":
    main()
