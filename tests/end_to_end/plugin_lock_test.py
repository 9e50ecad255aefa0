"""What was agreed to of a plugin is what is used, and what was revoked since is not."""
import hashlib
import json
import os
import subprocess

from packages import PackageBench
from plugins_test import MANIFEST, WORKFLOW
from project import main, pin


class Locked(PackageBench):
    def setUp(self):
        super().setUp()
        self.add(self.package(self.files(actions={"say": MANIFEST["actions"]["say"]})), "--yes")
        self.project.write("workflows/greet.yaml", WORKFLOW)

    def findings(self):
        return [(each["file"], each["line"], each["message"]) for each in json.loads(self.project.millrace("check", "--format", "json").stdout)["findings"] if each["rule"] == "other-than-locked"]

    def line_of_entry(self):
        return self.lock().splitlines().index("  hello:") + 1

    def differs(self, word):
        (found,) = self.findings()
        self.assertEqual(found[:2], ("plugins/lock.yaml", self.line_of_entry()))
        self.assertIn(word, found[2])
        self.assertIn("millrace plugin add", found[2])
        done = self.project.millrace("run", "greet", "--live")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(word, done.stderr)
        self.assertFalse((self.project.folder / "output" / "said.txt").exists())
        self.project.write("workflows/rest.yaml", "version: 1\nname: Rest\ntriggers: [manual]\nactions:\n  - action: files.write\n    with: {file: rest.txt, text: on}\n")
        self.assertEqual(self.project.millrace("run", "rest", "--live").returncode, 0, "the rest goes on")

    def test_what_was_agreed_to_has_no_findings(self):
        self.assertEqual(self.findings(), [])

    def test_another_manifest_is_not_used(self):
        path = self.project.folder / "plugins/hello/hello.json"
        path.write_bytes(path.read_bytes() + b" ")
        self.differs("its manifest is not the one")

    def test_another_library_is_not_used(self):
        path = self.project.folder / "plugins/hello/hello.so"
        path.write_bytes(path.read_bytes() + b"\0")
        self.differs("its library is not the one")

    def test_more_than_was_agreed_to_is_not_used(self):
        manifest = json.dumps({**MANIFEST, "files": ["acme"]}).encode()
        (self.project.folder / "plugins/hello/hello.json").write_bytes(manifest)
        before = hashlib.sha256(json.dumps({**MANIFEST, "library": True}).encode()).hexdigest()
        self.assertIn(before, self.lock())
        self.project.write("plugins/lock.yaml", self.lock().replace(before, hashlib.sha256(manifest).hexdigest()))
        self.differs("asks for more than was agreed to (files output/acme/)")

    def test_a_plugin_that_is_gone_is_told(self):
        subprocess.run(["rm", "-r", self.project.folder / "plugins/hello"], check=True)
        (found,) = self.findings()
        self.assertIn("is not in plugins/ any more", found[2])

    def test_doctor_tells_it_too(self):
        path = self.project.folder / "plugins/hello/hello.so"
        path.write_bytes(path.read_bytes() + b"\0")
        done = self.project.millrace("doctor")
        self.assertIn("its library is not the one", done.stdout + done.stderr)

    def test_a_lock_that_cannot_be_read_agrees_to_nothing(self):
        lock = self.lock()
        for text in ("", "version: 2\n", lock.replace("manifest:", "manifets:"), lock.replace("sha256:", "md5:"), lock + lock, "- a\n", lock.replace("  hello:", "  ../hello:")):
            with self.subTest(text=text[:40]):
                self.project.write("plugins/lock.yaml", text)
                self.assertEqual(self.project.millrace("check").returncode, 1)
                self.assertNotEqual(self.project.millrace("run", "greet", "--live").returncode, 0)
                self.assertFalse((self.project.folder / "output" / "said.txt").exists())

    def test_a_folder_dropped_in_by_hand_needs_trust_as_before(self):
        os.rename(self.project.folder / "plugins/lock.yaml", self.outside / "lock.yaml")
        done = self.project.millrace("run", "greet", "--live")
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not trusted", done.stderr)

    def test_list_tells_what_is_locked(self):
        (listed,) = [each for each in json.loads(self.project.millrace("plugin", "list", "--json").stdout)["plugins"] if each["name"] == "hello"]
        self.assertEqual(listed["locked"], True)
        self.assertEqual(listed["signed_by"], None)


class Revoked(PackageBench):
    def setUp(self):
        super().setUp()
        files = {**self.files(actions={"say": MANIFEST["actions"]["say"]}), "minisign.pub": self.acme.file.encode()}
        self.path = self.package(self.summed(files, self.acme))
        self.add(self.path, "--yes")
        self.manifest = self.installed()
        self.project.write("workflows/greet.yaml", WORKFLOW)

    def revoke(self, *words, expect=0):
        done = self.project.millrace("plugin", "revoke", *words)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def works(self):
        (self.project.folder / "output" / "said.txt").unlink(missing_ok=True)
        done = self.project.millrace("run", "greet", "--live")
        return done.returncode == 0, done.stderr

    def test_by_name_version_hash_and_key_with_the_reason(self):
        library, manifest = hashlib.sha256(self.library).hexdigest(), hashlib.sha256(self.manifest).hexdigest()
        for what in ("hello", "hello@1.0.0", f"sha256:{library}", f"sha256:{manifest}", pin("hello", self.manifest, self.library), self.acme.key):
            with self.subTest(what=what):
                self.revoke(what, "--reason", "it leaks\nwords")
                worked, said = self.works()
                self.assertFalse(worked)
                self.assertIn("it leaks", said)
                self.assertIn("it leaks", self.project.millrace("check").stdout)
                self.assertIn("is revoked", self.add(self.path, "--yes", expect=1))
                self.assertIn("already", self.revoke(what))
                self.assertEqual(self.project.millrace("plugin", "allow", "hello").returncode, 0)
                self.assertTrue(self.works()[0])

    def test_what_speaks_of_others_revokes_nothing_here(self):
        for what in ("hello@1.0.1", f"sha256:{'0' * 64}", self.other.key):
            self.revoke(what)
        self.assertTrue(self.works()[0])
        self.assertEqual(self.project.millrace("plugin", "allow", "tags").returncode, 1)

    def test_what_is_mistyped_is_not_written_down(self):
        for what, word in (("hallo", 'did you mean "hello"'), ("sha256:12", "64"), ("RWabc", "no plugin"), ("", "no plugin"), (f"sha256:{'A' * 64}", "64")):
            self.assertIn(word, self.revoke(what, expect=1))
        self.assertFalse((self.project.folder / "plugins" / "revoked.txt").exists())

    def test_a_line_by_hand_counts_and_a_file_that_cannot_be_read_stops(self):
        self.project.write("plugins/revoked.txt", "# what reason\n\n  hello@1.0.0\tby hand\r\n")
        worked, said = self.works()
        self.assertFalse(worked)
        self.assertIn("by hand", said)
        path = self.project.folder / "plugins" / "revoked.txt"
        path.unlink()
        path.mkdir()
        self.assertFalse(self.works()[0])

    def test_what_people_wrote_into_the_file_stays(self):
        path = self.project.write("plugins/revoked.txt", "# what reason\n\n  files@0.0.1\tby hand")
        self.revoke("hello")
        text = path.read_text()
        self.assertTrue(text.startswith("# what reason\n\n  files@0.0.1\tby hand\nhello "), text)
        self.assertEqual(self.project.millrace("plugin", "allow", "hello").returncode, 0)
        self.assertEqual(path.read_text(), "# what reason\n\n  files@0.0.1\tby hand\n")

    def test_what_came_with_millrace_can_be_revoked_too(self):
        self.revoke("files", "--reason", "no files here")
        worked, said = self.works()
        self.assertFalse(worked)
        self.assertIn("no files here", said)


if __name__ == "__main__":
    main()
