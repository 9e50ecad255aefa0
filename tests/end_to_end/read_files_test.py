"""Files of the project are read: as text, JSON, rows and bytes, and nothing that is nobody's business."""
import base64
import json
import os
import re
import unittest

from project import Project, main
from report_pages_test import png


class Reading(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)

    def read(self, with_, arguments=("--live",), expect=0, before=""):
        self.project.write("workflows/read.yaml", f"version: 1\nname: Read\nactions:\n{before}  - id: found\n    action: files.read\n    with: {json.dumps(with_)}\n")
        done = self.project.millrace("run", "read", *arguments, "--json")
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        run = json.loads(done.stdout)["runs"][0]
        return run["output"] if expect == 0 else run["error"]["message"]

    def test_each_kind_of_file_gives_what_it_holds(self):
        self.project.write("data/a.txt", "\ufeffGrüße\n")
        self.project.write("data/a.json", '{"n": [1, 2.5, null]}')
        self.project.write("data/a.csv", 'name,"no, te"\r\nAda,"says ""hi""\nthere"\r\n\r\nBen\r\n')
        self.project.write("data/a.bin", bytes(range(256)))
        for arguments in (("--live",), ()):  # a plan reads, too
            self.assertEqual(self.read({"file": "data/a.txt"}, arguments), {"file": "data/a.txt", "bytes": 11, "content": "Grüße\n"})
            self.assertEqual(self.read({"file": "data/a.json", "as": "json"}, arguments)["content"], {"n": [1, 2.5, None]})
            self.assertEqual(self.read({"file": "data/a.csv", "as": "csv"}, arguments)["content"],
                             [{"name": "Ada", "no, te": 'says "hi"\nthere'}, {"name": "Ben", "no, te": ""}])
            self.assertEqual(base64.b64decode(self.read({"file": "data/a.bin", "as": "bytes"}, arguments)["content"]), bytes(range(256)))
        self.project.write("data/b.csv", "a;b\n1;2\n")
        self.assertEqual(self.read({"file": "data/b.csv", "as": "csv", "separator": ";"})["content"], [{"a": "1", "b": "2"}])

    def test_bytes_that_were_read_are_written_as_they_are_and_a_plan_knows_how_many(self):
        everything = bytes(range(256)) * 5 + b"\0"
        self.project.write("data/a.bin", everything)
        for arguments in ((), ("--live",)):
            self.project.write("workflows/copy.yaml", """version: 1
name: Copy
actions:
  - id: found
    action: files.read
    with: {file: data/a.bin, as: bytes}
  - id: said
    action: files.write
    with: {file: said.bin, as: bytes, text: "${{ base64.encode(b'\\\\x00\\\\xff\\\\x0a') }}"}
  - id: written
    action: files.write
    with: {file: copy.bin, as: bytes, text: "${{ found.content }}"}
""")
            done = self.project.millrace("run", "copy", *arguments, "--json")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertEqual(json.loads(done.stdout)["runs"][0]["output"]["bytes"], 1281)
        self.assertEqual((self.project.folder / "output" / "copy.bin").read_bytes(), everything)
        self.assertEqual((self.project.folder / "output" / "said.bin").read_bytes(), b"\0\xff\n")

    def test_what_is_no_base64_is_not_written_as_bytes_in_a_plan_and_in_a_run(self):
        for text in ("no base64!", "QUJDR", "QQ==QQ==", "Q U J D", "\u00e4"):
            self.project.write("workflows/copy.yaml", f"version: 1\nname: Copy\nactions:\n  - action: files.write\n    with: {json.dumps({'file': 'x.bin', 'as': 'bytes', 'text': text})}\n")
            for arguments in ((), ("--live",)):
                done = self.project.millrace("run", "copy", *arguments, "--json")
                self.assertEqual(done.returncode, 1, text)
                self.assertIn("not base64", json.loads(done.stdout)["runs"][0]["error"]["message"])
        self.assertFalse((self.project.folder / "output" / "x.bin").exists())

    def test_what_a_file_holds_wrongly_is_said(self):
        for content, as_, words in ((b"\xff\xfe", "text", "no text in UTF-8"), (b"{", "json", 'file "data/x"'), (b'a\n"b', "csv", "row 2 has a quote that is not closed"),
                                    (b"a,a\n", "csv", 'names the column "a" twice'), (b"a\n1,2\n", "csv", "row 2 has 2 cells"), (b'a\n"b"c\n', "csv", "row 2 goes on behind")):
            self.project.write("data/x", content)
            self.assertIn(words, self.read({"file": "data/x", "as": as_}, expect=1))

    def test_what_is_outside_or_nobodys_business_is_refused_in_a_plan_as_in_a_run(self):
        folder = self.project.folder
        self.project.write("data/inside.txt", "inside")
        self.project.write("data/.hidden", "hidden")
        self.project.write(".env", "KEY=1")
        (folder / "data" / "out").symlink_to("/etc/passwd")
        (folder / "data" / "up").symlink_to("../..")
        (folder / "data" / "secrets").symlink_to("../state/secrets.json")
        (folder / "data" / "in").symlink_to("inside.txt")
        (folder / "data" / "folder").symlink_to(".")
        os.mkfifo(folder / "data" / "pipe")
        for name in ("../x", "/etc/passwd", "/dev/zero", "data/../state/secrets.json", "data/out", "data/up/x", "data/secrets", "data/in", "data/folder/inside.txt", "state/secrets.json",
                     "STATE/secrets.json", "./state/secrets.json", "data//inside.txt", ".env", "data/.hidden", "data", "data/pipe", "data/\x01", "x" * 300):
            for arguments in (("--live",), ()):
                # Known to the run alone: else `check` refuses some.
                self.assertRegex(self.read({"file": "${{ " + json.dumps(name) + " + '' }}"}, arguments, expect=1), "cannot read file|the file to read", name)
        self.assertIn("No such file", self.read({"file": "data/nothing"}, expect=1))
        self.assertEqual(self.read({"file": "data/inside.txt"})["content"], "inside")

    def test_what_millrace_keeps_is_not_read_wherever_it_lies(self):
        for store in ("data/mill.db", "mill.db"):
            project = self.project.folder / "millrace.yaml"
            before = project.read_text()
            project.write_text(re.sub(r"(?m)^store:.*\n", "", before) + f"store: sqlite:{store}\n")
            self.assertIn("what Millrace keeps for itself", self.read({"file": store, "as": "bytes"}, expect=1))
            self.assertEqual(self.project.millrace("backup", "data/copy.bin").returncode, 0)
            self.assertIn("what Millrace keeps for itself", self.read({"file": "data/copy.bin", "as": "bytes"}, expect=1))
            (self.project.folder / "data" / "copy.bin").unlink()
        self.project.write("data/key.txt", "\n millrace-vault-key 3f2a9c0d5e6b7a81 n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=\n")
        self.assertIn("what Millrace keeps for itself", self.read({"file": "data/key.txt"}, expect=1))
        self.project.write("data/other.db", b"SQLite format 3\0" + bytes(100))
        self.assertEqual(self.read({"file": "data/other.db", "as": "bytes"})["bytes"], 116)

    def test_a_file_that_is_too_large_is_refused_and_secrets_stay(self):
        self.project.write("data/big", bytes(9 << 20))
        self.assertIn("larger than 8 MiB", self.read({"file": "data/big", "as": "bytes"}, expect=1))
        self.project.write("data/copied.txt", "the token is sandbox-token")
        self.assertEqual(self.read({"file": "data/copied.txt"})["content"], "the token is secret:highlevel_token")
        self.project.write("data/copied.json", '{"a": ["sandbox-to\\u006ben"]}')
        self.assertEqual(self.read({"file": "data/copied.json", "as": "json"})["content"], {"a": ["secret:highlevel_token"]})
        self.project.write("data/copied.csv", 'a\n"sandbox-token"\n')
        self.assertNotIn("sandbox-token", json.dumps(self.read({"file": "data/copied.csv", "as": "csv"})))
        self.assertNotIn("sandbox-token", base64.b64decode(self.read({"file": "data/copied.txt", "as": "bytes"})["content"]).decode())

    def test_a_plan_does_not_guess_what_it_has_only_planned(self):
        before = "  - action: files.write\n    with: {file: r.txt, text: new}\n"
        self.project.write("output/r.txt", "old")
        self.assertEqual(self.read({"file": "output/r.txt"}, (), before=before), {"$unknown": "what the file output/r.txt will hold"})
        self.assertEqual(self.read({"file": "output/r.txt"}, before=before)["content"], "new")

    def test_a_plan_is_out_of_date_where_a_file_that_it_has_read_was_changed(self):
        self.project.write("data/names.json", '["a"]')
        self.project.write("workflows/made.yaml", "version: 1\nname: Made\nactions:\n  - id: names\n    action: files.read\n    with: {file: data/names.json, as: json}\n"
                           "  - for_each: names.content\n    do:\n      - action: files.write\n        with: {file: \"${{ item }}.txt\", text: x}\n")
        self.assertEqual(self.project.millrace("plan", "made", "--out", "made.plan").returncode, 0)
        self.project.write("data/names.json", '["b"]')
        done = self.project.millrace("apply", "made.plan")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("data/names.json", done.stdout + done.stderr)
        self.assertFalse((self.project.folder / "output" / "b.txt").exists())
        self.project.write("data/names.json", '["a"]')
        self.assertEqual(self.project.millrace("apply", "made.plan").returncode, 0)

    def test_a_watch_of_a_file_is_a_finding(self):
        self.project.write("workflows/watch.yaml", "version: 1\nname: Watch\ntriggers:\n  - watch: files.read\n    with: {file: data/x}\n    key: item.id\n    every: 1m\nactions:\n  - set: {x: 1}\n")
        self.assertIn("the trigger \"file\" waits for them", self.project.millrace("check", "workflows/watch.yaml").stdout)

    def test_a_logo_is_a_picture_of_the_project(self):
        def report(logo, kind="html", arguments=("--live",), expect=0):
            self.project.write("workflows/page.yaml", f"version: 1\nname: Page\nactions:\n  - action: reports.{kind}\n    with: {{file: page.{kind}, brand: {{name: Acme, logo: {json.dumps(logo)}}}, sections: [{{text: Hello}}]}}\n")
            return self.project.json("run", "page", *arguments, expect=expect)["runs"][0]
        picture = png(120, 40)
        self.project.write("brands/acme.png", picture)
        for kind in ("html", "pdf", "json", "csv"):
            for arguments in (("--live",), ()):
                self.assertEqual(report("brands/acme.png", kind, arguments)["outcome"], "completed")
        self.assertIn("data:image/png;base64," + base64.b64encode(picture).decode(), (self.project.folder / "output" / "page.html").read_text())
        self.project.write("brands/text.png", "no picture")
        self.project.write("brands/large.png", png(2001, 1))
        (self.project.folder / "brands" / "link.png").symlink_to("acme.png")
        for logo, words in (("brands/none.png", "No such file"), ("brands/text.png", "this is no PNG"), ("brands/large.png", "larger than 2000 by 2000"),
                            ("brands/link.png", "cannot read file"), ("../acme.png", "cannot read file"), ("state/secrets.json", "what lies in state/ is not read"), ("acme", "this is no PNG")):
            for arguments in (("--live",), ()):
                message = report(logo, "pdf", arguments, expect=1)["error"]["message"]
                self.assertIn("brand.logo: ", message)
                self.assertIn(words, message)


if __name__ == "__main__":
    main()
