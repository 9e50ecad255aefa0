"""Plugins as their authors hand them out: real archives, real signatures, what is shown, what is agreed to, and what is refused."""
import gzip
import hashlib
import json
import os
import pathlib
import tarfile
import tempfile

from packages import Author, PackageBench, odd, sodium, tar
from plugins_test import MANIFEST
from project import main


class Adding(PackageBench):
    def test_a_package_that_was_agreed_to_runs_without_a_word_in_the_project(self):
        said = self.add(self.package(self.files()), "--yes")
        self.assertIn("hello 1.0.0, not signed. Runs apart from the engine: no network, no files, 256 MiB.", said)
        self.assertIn(f"library: sha256:{hashlib.sha256(self.library).hexdigest()}", self.lock())
        checked = self.project.millrace("check")
        self.assertEqual(checked.returncode, 0, checked.stdout)
        done = self.run_it()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual((self.project.folder / "output" / "said.txt").read_text(), "hello from C")

    def test_a_folder_is_a_package_too_and_what_is_no_part_of_a_plugin_is_left_out(self):
        files = self.summed({**self.files(), "README.md": b"hi", "aarch64/hello.so": b"\x7fELF..."})
        for name, content in files.items():
            (self.outside / name).parent.mkdir(exist_ok=True)
            (self.outside / name).write_bytes(content)
        self.assertIn("not installed: README.md, aarch64/hello.so", self.add(self.outside, "--yes"))
        self.assertEqual(sorted(each.name for each in (self.project.folder / "plugins" / "hello").iterdir()), ["SHA256SUMS", "hello.json", "hello.so"])

    def test_of_libraries_for_several_machines_this_one_s_is_taken(self):
        machine = os.uname().machine
        files = self.files()
        files[f"{machine}/hello.so"] = files.pop("hello.so")
        files["other_machine/hello.so"] = b"\x7fELF"
        self.add(self.package(self.summed(files)), "--yes")
        self.assertEqual(self.installed("hello.so"), self.library)

    def test_what_somebody_writes_into_the_lock_meanwhile_stays(self):
        other = self.files(library=False, name="there")
        self.add(self.package(self.summed({"there.json": other["hello.json"]}), "there.tar.gz", "there-1.0.0/"), "--yes")
        path, mine = self.package(self.files()), self.lock() + "# as we agreed on Monday\n"
        lock = self.project.folder / "plugins" / "lock.yaml"
        for write, why in ((lambda: lock.write_text(mine), "has changed since it was read"), (lock.unlink, "has changed since it was read"),
                           (lambda: lock.write_text(mine), "is there by now")):
            code, shown = self.project.at_terminal("plugin", "add", path, answer="y\n", meanwhile=write)
            self.assertEqual(code, 1, shown)
            self.assertIn(f"lock.yaml {why}", shown)
            self.assertIsNone(self.installed())
            self.assertEqual(self.lock(), mine if lock.exists() else "")

    def test_without_a_terminal_nobody_agrees_unless_they_say_so(self):
        said = self.add(self.package(self.files()), expect=4, stdin="y\n")
        self.assertIn("say --yes to add hello 1.0.0", said)
        self.assertEqual((self.installed(), self.lock()), (None, ""))

    def test_at_a_terminal_it_is_asked_and_only_yes_is_yes(self):
        path = self.package(self.files())
        for answer in ("\n", "n\n", "yellow\n"):
            code, shown = self.project.at_terminal("plugin", "add", path, answer=answer)
            self.assertEqual(code, 1, shown)
            self.assertIn("\x1b[31mnot signed\x1b[0m", shown)
            self.assertIsNone(self.installed())
        code, shown = self.project.at_terminal("plugin", "add", path, answer="y\n")
        self.assertEqual(code, 0, shown)
        self.assertIsNotNone(self.installed())

    def test_what_is_asked_for_is_shown_and_agreed_to(self):
        actions = {"tell": {"summary": "x", "effect": "send", "calls": ["location_tags.list", "social_statistics.get?"], "connection": True, "output": {"type": "object"}}}
        path = self.package(self.files(actions=actions, hosts=["https://api.acme.example"], files=["acme/"], limits={"memory_mib": 64}))
        said = self.add(path, "--yes")
        for part in ("no files but those below, 64 MiB", "does    send tell", "calls   location_tags.list (read), social_statistics.get (read)", "hosts   https://api.acme.example", "files   output/acme/"):
            self.assertIn(part, said)
        shown = json.loads(self.add(path, "--yes", "--json"))
        self.assertEqual(shown["permissions"], {"does": ["send tell"], "calls": ["location_tags.list", "social_statistics.get?"], "hosts": ["https://api.acme.example"], "files": ["acme"], "memory_mib": 64})
        self.assertFalse(shown["added"])  # it was there

    def test_an_update_says_what_is_new_and_until_somebody_agrees_the_old_version_stays(self):
        self.add(self.package(self.files(library=False)), "--yes")
        before, lock = self.installed(), self.lock()
        same = self.package(self.files(library=False, version="1.0.1"))
        wide = self.package(self.files(library=False, version="1.1.0", files=["acme"],
                                       actions={"drop": {"summary": "x", "effect": "delete", "target": "x", "request": {"method": "DELETE", "path": "/x"}, "connection": True, "output": {}}}), "wide.tar.gz")
        said = self.add(wide, expect=4)
        self.assertIn("new     since 1.0.0: delete drop, files output/acme/", said)
        code, shown = self.project.at_terminal("plugin", "add", wide, answer="n\n")
        self.assertEqual((code, self.installed(), self.lock()), (1, before, lock), shown)
        self.assertIn("nothing that was not agreed to for 1.0.0", self.add(same, "--yes"))
        self.assertIn("since 1.0.1: delete drop, files output/acme/", self.add(wide, "--yes"))
        self.assertIn("older   than 1.1.0", self.add(same, "--yes"))

    def test_a_delete_that_is_called_a_read_from_now_on_is_new(self):
        def purge(effect):
            return {"purge": {"summary": "x", "effect": effect, "target": "x:{id}", "input": {"properties": {"id": {"type": "string"}}}, "request": {"method": "POST", "path": "/purge"}, "connection": True, "output": {}}}
        self.add(self.package(self.files(library=False, actions=purge("delete"))), "--yes")
        self.assertIn("since 1.0.0: read purge", self.add(self.package(self.files(library=False, version="1.0.1", actions=purge("read"))), expect=4))

    def test_the_same_again_changes_nothing_and_asks_nobody(self):
        path = self.package(self.files())
        self.add(path, "--yes")
        lock = self.lock()
        self.assertIn("is here already", self.add(path))
        self.assertEqual(self.lock(), lock)


class Signatures(PackageBench):
    def signed(self, version="1.0.0", author=None, key=None, name="hello.tar.gz"):
        files = self.files(version=version)
        if key:
            files["minisign.pub"] = key.file.encode()
        return self.package(self.summed(files, author or self.acme), name)

    def test_a_key_is_remembered_with_the_name_and_the_day(self):
        said = self.add(self.signed(key=self.acme), "--yes")
        self.assertIn(f"signed by Acme (key {self.acme.key}, seen for the first time", said)
        self.assertIn(self.acme.key, self.lock())
        self.assertRegex(self.add(self.signed("1.1.0"), "--yes"), f"signed by Acme \\(key {self.acme.key.replace('+', '.')}, trusted since 20[0-9-]+\\)")

    def test_a_key_that_nobody_knows_is_no_signature_until_it_is_given(self):
        self.assertIn("which is not known here", self.add(self.signed(), "--yes", expect=1))
        self.assertIsNone(self.installed())
        self.add(self.signed(), "--yes", "--key", self.acme.key)
        (self.outside / "acme.pub").write_text(self.acme.file)
        self.add(self.signed("1.1.0"), "--yes", "--key", self.outside / "acme.pub")

    def test_another_key_or_none_for_the_same_plugin_is_refused_until_it_is_named(self):
        self.add(self.signed(key=self.acme), "--yes")
        before = self.installed()
        stolen = self.signed("1.1.0", self.other, self.other)
        said = self.add(stolen, "--yes", expect=1)
        self.assertIn(f"--key {self.other.key}", said)
        self.assertIn("this package is not signed", self.add(self.package(self.files(version="1.1.0"), "bare.tar.gz"), "--yes", expect=1))
        self.assertEqual(self.installed(), before)
        self.add(stolen, "--yes", "--key", self.other.key)
        self.add(self.signed("1.2.0", self.acme), "--yes")  # two overlap
        self.add(self.signed("1.3.0", self.other), "--yes")

    def test_a_key_that_is_named_has_to_be_the_signer(self):
        self.add(self.signed(key=self.acme), "--yes", "--key", self.other.key, expect=1)
        self.assertIn("is not signed", self.add(self.package(self.files()), "--yes", "--key", self.acme.key, expect=1))
        self.assertIn("--key takes", self.add(self.signed(key=self.acme), "--yes", "--key", "nonsense", expect=1))

    def test_a_clock_that_is_behind_the_signature_is_told(self):
        files = self.summed({**self.files(), "minisign.pub": self.acme.file.encode()})
        for comment, told in ((b"timestamp:99999999999", True), (b"timestamp:1764200000\tfile:SHA256SUMS", False), (b"acme 99999999999", False)):
            files["SHA256SUMS.minisig"] = self.acme.sign(files["SHA256SUMS"], comment)
            self.assertEqual("later than this machine's clock" in self.add(self.package(files), "--yes"), told)

    def test_a_signature_that_does_not_hold_is_worse_than_none(self):
        files = self.summed({**self.files(), "minisign.pub": self.acme.file.encode()}, self.acme)
        impostor = Author(1)
        sodium.crypto_sign_seed_keypair(impostor.public, impostor.secret, bytes([9]) * 32)  # the id of the other
        good = files["SHA256SUMS.minisig"]
        for signature in (self.acme.sign(b"something else"), impostor.sign(files["SHA256SUMS"]), good.replace(b"timestamp:1", b"timestamp:2"), good[:-30], b"", b"hello\n"):
            with self.subTest(signature=signature):
                self.add(self.package({**files, "SHA256SUMS.minisig": signature}), "--yes", expect=1)
                self.assertIsNone(self.installed())


class Hostile(PackageBench):
    def refuse(self, package, word):
        path = package if isinstance(package, pathlib.Path) else self.package(package)
        done = self.project.millrace("plugin", "add", path, "--yes", timeout=60)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, 1, said)
        self.assertIn(word, said)
        self.assertNotIn("\x1b", said)
        plugins = self.project.folder / "plugins"
        self.assertEqual(list(plugins.iterdir()) if plugins.exists() else [], [], "nothing is left behind")

    def with_entry(self, entry, content=b"x"):
        return tar([*self.files().items(), (entry, content)])

    def test_names_that_lead_elsewhere_or_look_like_others(self):
        good = self.files()
        for name, word in (("../evil.json", "leads out of the package"), ("a/../../evil", "leads out of the package"), ("/etc/evil", "from the root"), ("a//b", "folder that is none"), ("a/./b", "folder that is none"),
                           ("a\\..\\b", "characters"), ("a\x1b[2Jb", "characters"), ("a\u202eb", "more of an entry than its head"), ("a\nb", "characters"), ("a/b/c/d", "too deep"), ("x" * 201, ""),
                           ("hello.json", "twice"), ("./hello.json", "twice"), ("HELLO.so", "twice")):
            with self.subTest(name=name):
                self.refuse(tar([*good.items(), (name, b"x")]), word)

    def test_what_is_no_ordinary_file(self):
        for entry, word in ((odd("hello.lnk", tarfile.SYMTYPE, "/etc/passwd"), "it is a link"), (odd("hello.hard", tarfile.LNKTYPE, "hello.json"), "it is a link"),
                            (odd("pipe", tarfile.FIFOTYPE), "a device or a pipe"), (odd("null", tarfile.CHRTYPE), "a device or a pipe"), (odd("disk", tarfile.BLKTYPE), "a device or a pipe"),
                            (odd("holes", tarfile.GNUTYPE_SPARSE), "no ordinary file")):
            with self.subTest(entry=entry):
                self.refuse(self.with_entry(entry), word)

    def test_folders_with_links_and_pipes_are_read_by_nobody(self):
        for make, word in ((lambda path: path.symlink_to("/etc/passwd"), "it is a link"), (lambda path: path.symlink_to("/etc"), "it is a link"), (os.mkfifo, "no ordinary file")):
            folder = pathlib.Path(tempfile.mkdtemp(dir=self.outside))
            for name, content in self.files().items():
                (folder / name).write_bytes(content)
            make(folder / "more")
            self.refuse(folder, word)
        os.mkfifo(self.outside / "pipe")
        self.refuse(self.outside / "pipe", "no ordinary file")

    def test_archives_that_are_too_much(self):
        self.refuse(gzip.compress(bytes(200 << 20)), "more than 128 MiB")
        self.refuse(tar([(f"file{number}", b"") for number in range(300)]), "more than 256 files")
        self.refuse(self.with_entry("big", bytes(130 << 20)), "more than 128 MiB")

    def test_archives_that_are_none(self):
        whole = tar(self.files().items())
        plain = gzip.decompress(whole)
        for damaged, word in ((b"hello", "neither a folder nor a .tar.gz"), (b"", "neither"), (plain, "neither"), (whole[:-20], "cut off"), (gzip.compress(b"hello"), "cut off"),
                              (gzip.compress(plain[:1000]), "cut off"), (gzip.compress(plain[:700] + b"!" + plain[701:1024] + b"\1" + plain[1025:]), "damaged"),
                              (gzip.compress(plain.rstrip(b"\0")[:-1] + bytes(2048) + b"more"), ""), (gzip.compress(plain[:124] + b"99999999999\0" + plain[136:]), "damaged"), (gzip.compress(bytes(10240)), "no manifest")):
            with self.subTest(word=word, size=len(damaged)):
                self.refuse(damaged, word)
        self.refuse(self.outside / "nothing", "cannot be read")

    def test_sums_that_do_not_tell_of_each_file(self):
        files = self.files()
        for changed, word in (({**files, "more.txt": b"x"}, 'does not name "more.txt"'), ({**files, "hello.so": self.library + b"x"}, "was changed"), ({**files, "hello.json": files["hello.json"] + b" "}, "was changed"),
                              ({**files, "SHA256SUMS": files["SHA256SUMS"] + b"0" * 64 + b"  gone\n"}, 'names "gone"'), ({**files, "SHA256SUMS": files["SHA256SUMS"] * 2}, "twice"),
                              ({**files, "SHA256SUMS": b""}, "does not name"), ({**files, "SHA256SUMS": b"hello\n" + files["SHA256SUMS"]}, "sha256sum does not write"),
                              ({name: content for name, content in files.items() if name != "SHA256SUMS"}, "no SHA256SUMS")):
            with self.subTest(word=word):
                self.refuse(changed, word)

    def test_manifests_and_libraries_that_do_not_fit(self):
        other = bytearray(self.library)
        other[18] = 183 if other[18] == 62 else 62  # e_machine: the other of the two
        base = self.files()
        for files, word in (({**base, "hello.so": bytes(other)}, "built for another machine"), ({**base, "hello.so": b"#!/bin/sh\n"}, "is no library"), ({**base, "hello.so": b""}, "is no library"),
                            ({"hello.json": base["hello.json"], "riscv64/hello.so": self.library}, "it has one for riscv64"), ({"hello.json": base["hello.json"]}, "hello.so"),
                            ({**base, f"{os.uname().machine}/hello.so": self.library}, "two libraries"), ({**base, "second.json": b"{}"}, "several manifests"), ({"hello.so": self.library}, "no manifest"),
                            ({"..json": b"{}"}, "no name for a plugin"), ({"Hello.json": base["hello.json"]}, "no name for a plugin"), ({"other.json": base["hello.json"], "other.so": self.library}, "the name must be"),
                            ({"hello.json": b"{"}, "hello.json"), ({"hello.json": json.dumps({**MANIFEST, "library": False}).encode(), "hello.so": self.library}, "library"),
                            ({"tags.json": json.dumps({**MANIFEST, "name": "tags", "library": False, "actions": {}}).encode()}, "came with Millrace"),
                            ({"hello.json": json.dumps({**MANIFEST, "hosts": ["https://a\u202eb"]}).encode(), "hello.so": self.library}, "characters that nobody sees")):
            with self.subTest(word=word):
                self.refuse(tar(self.summed(files).items()), word)

    def test_a_folder_in_the_place_of_the_plugin_that_is_a_link_is_left_alone(self):
        target = self.outside / "elsewhere"
        target.mkdir()
        (self.project.folder / "plugins").mkdir()
        (self.project.folder / "plugins" / "hello").symlink_to(target)
        self.add(self.package(self.files()), "--yes", expect=1)
        self.assertEqual((list(target.iterdir()), self.lock()), ([], ""))


if __name__ == "__main__":
    main()
