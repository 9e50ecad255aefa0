"""Taking a plugin away: what uses it is told first, and folder and lock change together."""
import json
import os

from packages import PackageBench
from plugins_test import MANIFEST, WORKFLOW
from project import main


class Removing(PackageBench):
    def setUp(self):
        super().setUp()
        self.add(self.package(self.files(actions={"say": MANIFEST["actions"]["say"]})), "--yes")
        self.folder = self.project.folder / "plugins" / "hello"

    def remove(self, name="hello", *options, expect=0):
        done = self.project.millrace("plugin", "remove", name, *options)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def all_is_gone(self):
        self.assertEqual([each.name for each in self.folder.parent.iterdir()], ["lock.yaml"])
        self.assertNotIn("hello", self.lock())

    def test_what_uses_it_is_told_and_nothing_happens_before_somebody_agrees(self):
        self.project.write("workflows/greet.yaml", WORKFLOW)
        self.project.write("workflows/calm.yaml", WORKFLOW.replace("hello.say", "hello.other"))
        before = self.lock()
        said = self.remove(expect=4)
        self.assertIn("hello 1.0.0\n  is used by workflow calm (hello.other)\n  is used by workflow greet (hello.say)\n", said)
        self.assertIn("say --yes to remove hello 1.0.0", said)
        for answer in ("\n", "n\n"):
            code, shown = self.project.at_terminal("plugin", "remove", "hello", answer=answer)
            self.assertEqual(code, 1, shown)
        self.assertEqual(self.lock(), before)
        self.assertIsNotNone(self.installed())
        code, shown = self.project.at_terminal("plugin", "remove", "hello", answer="y\n")
        self.assertEqual(code, 0, shown)
        self.all_is_gone()

    def test_what_was_removed_is_unknown_and_can_be_added_again(self):
        self.project.write("workflows/greet.yaml", WORKFLOW)
        self.assertEqual(json.loads(self.remove("hello", "--yes", "--json")), {"removed": "hello", "version": "1.0.0", "used_by": ["workflow greet (hello.say)"]})
        self.all_is_gone()
        self.assertIn("[unknown-action]", self.project.millrace("check").stdout)
        self.assertIn("plugin hello", self.project.millrace("audit", "list").stdout)
        self.add(self.package(self.files(actions={"say": MANIFEST["actions"]["say"]})), "--yes")
        self.assertEqual(self.run_it().returncode, 0)

    def test_the_others_in_the_lock_stay(self):
        other = self.files(library=False, name="there")
        self.add(self.package(self.summed({"there.json": other["hello.json"]}), "there.tar.gz", "there-1.0.0/"), "--yes")
        self.remove("hello", "--yes")
        self.assertIn("there:", self.lock())
        self.assertEqual(self.project.millrace("check").returncode, 0)

    def test_half_of_one_is_removed_too(self):
        for one in ("the folder", "the entry", "a manifest that cannot be read"):
            with self.subTest(one):
                if one == "the folder":
                    (self.folder.parent / "lock.yaml").unlink()
                elif one == "the entry":
                    for file in self.folder.iterdir():
                        file.unlink()
                    self.folder.rmdir()
                else:
                    (self.folder / "hello.json").write_text("{")
                self.remove("hello", "--yes")
                self.assertFalse(self.folder.exists())
                self.assertNotIn("hello:", self.lock())
                self.add(self.package(self.files()), "--yes")

    def test_of_a_link_only_the_link_is_removed(self):
        elsewhere = self.outside / "mine"
        self.folder.rename(elsewhere)
        self.folder.symlink_to(elsewhere)
        self.remove("hello", "--yes")
        self.assertFalse(os.path.lexists(self.folder))
        self.assertTrue((elsewhere / "hello.json").exists())

    def test_what_is_not_the_project_s_stays(self):
        self.assertIn("came with Millrace", self.remove("tags", "--yes", expect=1))
        self.assertIn('no plugin "helo", did you mean "hello"?', self.remove("helo", "--yes", expect=1))
        for name in ("..", ".", "", "../workflows", "a/b", "HELLO"):
            self.remove(name, "--yes", expect=1)
        self.assertIsNotNone(self.installed())
        self.assertTrue((self.project.folder / "workflows").exists())

    def test_where_the_lock_has_changed_meanwhile_the_plugin_stays(self):
        mine = self.lock() + "# as we agreed on Monday\n"
        write = (self.folder.parent / "lock.yaml").write_text
        code, shown = self.project.at_terminal("plugin", "remove", "hello", answer="y\n", meanwhile=lambda: write(mine))
        self.assertEqual(code, 1, shown)
        self.assertIn("lock.yaml has changed since it was read", shown)
        self.assertIsNotNone(self.installed())
        self.assertEqual(self.lock(), mine)
        self.assertEqual(sorted(each.name for each in self.folder.parent.iterdir()), ["hello", "lock.yaml"])


if __name__ == "__main__":
    main()
