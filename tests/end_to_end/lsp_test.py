"""`millrace lsp`, asked by a real client as editors ask it."""
import json
import re
import subprocess
import threading
import unittest

from editor import CURSOR, Editor, Refused, installed, position_of
from project import Project, main, program, source
from service import PATIENCE

FLOW = """version: 1
name: Tags
triggers:
  - manual
actions:
  - id: kept
    action: list.filter
    with:
      items: [{name: a, n: 1}, {name: b, n: 2}]
      where: item.n > 1
  - for_each: kept.items
    as: tag
    do:
      - action: files.write
        with:
          file: ${{ tag.name }}.txt
          text: ${{ kept.items.map(tag, tag.name).join(', ') }} of ${{ size(kept.items) }}
"""


class LanguageServer(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)
        if installed() is None:
            reason = "npm is not here, or reaches nobody, so no real client has asked millrace lsp"
            print("skipped: " + reason, flush=True)
            self.skipTest(reason)
        self.editor = Editor(self.project.folder, program, "lsp")
        self.addCleanup(self.editor.close)

    def offered(self, text, name="workflows/asked.yaml"):
        uri, position = self.editor.open(name, text)
        return [each["label"] for each in self.editor.offered(uri, position)]

    def edit_of(self, uri, changes):
        return self.editor.edited(uri, changes["changes"][uri])

    def test_findings_are_those_of_check_and_go_when_the_text_is_right(self):
        file = self.project.write("workflows/wrong.yaml", FLOW.replace("tag.name }}.txt", "tag.nmae }}.txt").replace("files.write", "files.wirte"))
        checked = self.project.json("check", "workflows/wrong.yaml", expect=1)["findings"]
        uri, _ = self.editor.open("workflows/wrong.yaml", file.read_text())
        found = self.editor.findings(uri)
        self.assertEqual([(each["range"]["start"]["line"] + 1, each["range"]["start"]["character"] + 1, each["code"], each["message"]) for each in found],
                         [(each["line"], each["column"], each["rule"], each["message"]) for each in checked])
        self.assertTrue(found)
        self.assertNotIn("codeDescription", found[0])
        self.editor.change(uri, {"text": FLOW})
        self.assertEqual(self.editor.findings(uri), [])

    def test_a_step_is_begun_with_what_it_does_and_goes_on_with_what_the_action_takes(self):
        kinds = self.offered(FLOW + f"  - {CURSOR}\n")
        self.assertLess(len(kinds), 16)
        self.assertLessEqual({"action", "if", "for_each", "call"}, set(kinds))
        self.assertIn("files.write", self.offered(FLOW + f"  - action: files{CURSOR}\n"))
        self.assertEqual(self.offered(FLOW + f"  - action: files.write\n    with:\n      {CURSOR}\n")[:2], ["file", "text"])

    def test_expressions_offer_what_the_check_knows(self):
        self.assertEqual(self.offered(FLOW.replace("tag.name }}.txt", f"run.{CURSOR} }}}}.txt"))[:3], ["id", "location", "workflow"])
        names = self.offered(FLOW + f"  - stop: {{message: \"${{{{ {CURSOR}\n")
        self.assertIn("kept", names)
        self.assertNotIn("tag", names)

    def test_what_is_typed_letter_by_letter_is_answered_at_every_letter(self):
        uri, _ = self.editor.open("workflows/typed.yaml", "")
        typed = ""
        for letter in FLOW:
            place = position_of(typed + CURSOR)
            self.editor.change(uri, {"range": {"start": place, "end": place}, "text": letter})
            typed += letter
            self.editor.offered(uri, position_of(typed + CURSOR))
        self.assertEqual(self.editor.findings(uri), [])

    def test_a_name_leads_to_its_step_and_is_another_everywhere_at_once(self):
        uri, _ = self.editor.open("workflows/names.yaml", FLOW)
        use = position_of(FLOW.replace("size(kept", f"size(k{CURSOR}ept"))
        self.assertEqual(self.editor.ask("definition", uri, use)["range"]["start"], {"line": 5, "character": 8})
        self.assertEqual(len(self.editor.ask("references", uri, use, context={"includeDeclaration": True})), 4)
        self.assertEqual(self.editor.ask("prepareRename", uri, use)["end"]["character"] - self.editor.ask("prepareRename", uri, use)["start"]["character"], 4)
        renamed = self.edit_of(uri, self.editor.ask("rename", uri, use, newName="chosen"))
        self.assertEqual(renamed, FLOW.replace("kept", "chosen"))
        loop = position_of(FLOW.replace("as: tag", f"as: t{CURSOR}ag"))
        renamed = self.edit_of(uri, self.editor.ask("rename", uri, loop, newName="one"))
        self.assertEqual(renamed, FLOW.replace("as: tag", "as: one").replace("tag.name }}.txt", "one.name }}.txt"))
        for taken in ("event", "not an id", ""):
            with self.assertRaises(Refused):
                self.editor.ask("rename", uri, use, newName=taken)

    def test_a_step_has_its_new_name_in_its_tests_too_as_the_editor_has_them(self):
        uri, _ = self.editor.open("workflows/named.yaml", FLOW)
        use = position_of(FLOW.replace("size(kept", f"size(k{CURSOR}ept"))
        tests = "version: 1\ntests:\n  - name: it\n    answers: {kept: {items: []}}\n    expect: {outcome: completed}\n"
        beside = self.project.write("workflows/named.test.yaml", tests)
        self.project.write("workflows/others.test.yaml", tests)
        changes = self.editor.ask("rename", uri, use, newName="chosen")["changes"]
        self.assertEqual(sorted(changes), sorted([uri, beside.resolve().as_uri()]))
        self.assertEqual(changes[beside.resolve().as_uri()], [{"range": {"start": {"line": 3, "character": 14}, "end": {"line": 3, "character": 18}}, "newText": "chosen"}])
        opened, _ = self.editor.open("workflows/named.test.yaml", "\n" + tests)
        changes = self.editor.ask("rename", uri, use, newName="chosen")["changes"]
        self.assertEqual(changes[opened][0]["range"]["start"], {"line": 4, "character": 14})

    def test_a_finding_is_cured_by_its_quick_fix(self):
        wrong = FLOW.replace("files.write", "files.wirte").replace("tag.name }}.txt", "tagg.name }}.txt")
        uri, _ = self.editor.open("workflows/cured.yaml", wrong)
        found = self.editor.findings(uri)
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
        actions = self.editor.request("textDocument/codeAction", {"textDocument": {"uri": uri}, "range": whole, "context": {"diagnostics": found}})
        self.assertIn("Write files.write", [each["title"] for each in actions])
        everything = [each for each in actions if each["kind"] == "source.fixAll"]
        self.assertEqual(self.edit_of(uri, everything[0]["edit"]), FLOW)

    def test_a_file_is_laid_out_as_fmt_does_it(self):
        untidy = FLOW.replace("  - id: kept\n    action:", "  -  id: kept\n     action:").replace("    with:\n      items", "     with:\n         items").replace("      where", "         where")
        file = self.project.write("workflows/untidy.yaml", untidy)
        uri, _ = self.editor.open("workflows/untidy.yaml", untidy)
        edits = self.editor.request("textDocument/formatting", {"textDocument": {"uri": uri}, "options": {"tabSize": 2, "insertSpaces": True}})
        self.project.millrace("fmt", file)
        self.assertEqual(self.editor.edited(uri, edits), file.read_text())
        self.assertNotEqual(file.read_text(), untidy)

    def test_the_outline_has_the_steps_inside_one_another(self):
        uri, _ = self.editor.open("workflows/outline.yaml", FLOW)
        symbols = {each["name"]: each for each in self.editor.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}})}
        steps = symbols["actions"]["children"]
        self.assertEqual([each["name"] for each in steps], ["kept", "for_each kept.items"])
        self.assertEqual([each["name"] for each in steps[1]["children"]], ["action files.write"])

    def test_hover_says_what_an_action_does_and_what_an_expression_gives(self):
        uri, _ = self.editor.open("workflows/hover.yaml", FLOW)
        self.assertIn("Effect: create", self.editor.said(uri, position_of(FLOW.replace("files.write", f"files.w{CURSOR}rite"))))
        self.assertIn("list", self.editor.said(uri, position_of(FLOW.replace("size(kept.items", f"size(kept.it{CURSOR}ems"))))

    def test_what_the_project_has_is_offered_and_what_is_saved_counts(self):
        self.assertIn("highlevel", self.offered(f"version: 1\nactions:\n  - action: highlevel.location_tags.list\n    connection: {CURSOR}\n"))
        self.assertNotIn("second", self.offered(f"version: 1\nactions:\n  - call: {CURSOR}\n"))
        saved = self.project.write("workflows/second.yaml", FLOW)
        uri, _ = self.editor.open("workflows/second.yaml", FLOW)
        self.editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        self.assertIn("second", self.offered(f"version: 1\nactions:\n  - call: {CURSOR}\n"))
        target = self.editor.ask("definition", *self.editor.open("workflows/caller.yaml", f"version: 1\nactions:\n  - call: sec{CURSOR}ond\n"))
        self.assertEqual(target["uri"], saved.resolve().as_uri())

    def test_it_ends_as_the_protocol_says(self):
        self.editor.request("shutdown", None)
        self.editor.notify("exit", None)
        self.assertEqual(self.editor.do("ended"), 0)

    def test_bytes_are_counted_where_both_sides_agree(self):
        counted = Editor(self.project.folder, program, "lsp", encoding="utf-8")
        self.addCleanup(counted.close)
        self.assertEqual(counted.server["capabilities"]["positionEncoding"], "utf-8")
        uri, _ = counted.open("workflows/bytes.yaml", FLOW.replace("Tags", "\u00e4\U0001F600").replace("list.filter", "list.fliter"))
        line = {"line": 1, "character": 6}
        counted.change(uri, {"range": {"start": line, "end": {"line": 1, "character": 12}}, "text": "Tags"})
        counted.findings(uri)
        self.assertIn("list.filter", [each["label"] for each in counted.offered(uri, {"line": 6, "character": 17})])


class Streams(unittest.TestCase):
    """What no client says, but anybody may."""

    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)

    def said(self, data):
        return subprocess.run([program, "-C", self.project.folder, "lsp"], input=data, capture_output=True, timeout=60, check=False)

    def test_what_is_no_message_is_answered_and_ends_nothing(self):
        hello = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
        frame = b"Content-Length: %d\r\n\r\n%s"
        done = self.said(b"Content-Length: x\r\n\r\n" + frame % (1, b"{") + frame % (len(hello), hello))
        self.assertIn(b'"code":-32700', done.stdout)
        self.assertIn(b'"serverInfo"', done.stdout)
        self.assertEqual(done.returncode, 1)  # it was left without a word

    def test_noise_ends_it_soon(self):
        self.assertEqual(self.said(b"x" * 100_000).returncode, 1)


class SameFindings(unittest.TestCase):
    """What `check` says of a file and what an editor underlines in it is one thing."""

    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)

    def underlined(self, files):
        """By file: line, column, rule, severity and message of each finding, counted as `check` counts."""
        server = subprocess.Popen([program, "-C", self.project.folder, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait, 60 * PATIENCE)
        self.addCleanup(server.stdin.close)
        silence = threading.Timer(120 * PATIENCE, server.kill)
        silence.start()
        self.addCleanup(silence.cancel)

        def say(**message):
            body = json.dumps({"jsonrpc": "2.0", **message}).encode()
            server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            server.stdin.flush()

        folder = self.project.folder.resolve()
        say(id=1, method="initialize", params={"rootUri": folder.as_uri(), "capabilities": {"general": {"positionEncodings": ["utf-8"]}}})
        say(method="initialized", params={})
        found = {}
        for name in files:
            text = (folder / name).read_bytes().decode()
            say(method="textDocument/didOpen", params={"textDocument": {"uri": (folder / name).as_uri(), "languageId": "yaml", "version": 1, "text": text}})
            while name not in found:
                head = server.stdout.readline()
                self.assertTrue(head.startswith(b"Content-Length: "), head)
                server.stdout.readline()
                message = json.loads(server.stdout.read(int(head.split()[1])))
                if message.get("method") == "textDocument/publishDiagnostics":
                    found[name] = sorted(self.counted(each, text) for each in message["params"]["diagnostics"])
        return found

    @staticmethod
    def counted(found, text):
        """Editors count bytes here, and a lone \\r ends a line for them; `check` counts characters, and lines by their \\n."""
        start = found["range"]["start"]
        begins = [0] + [each.end() for each in re.finditer("\r\n|\r|\n", text)]
        line = text[begins[start["line"]]:]
        before = text[:begins[start["line"]]] + line.encode()[:start["character"]].decode()
        severity = {1: "error", 2: "warning", 4: "hint"}[found["severity"]]
        return (before.count("\n") + 1, len(before) - before.rfind("\n"), found["code"], severity, found["message"])

    def checked(self, files):
        found = {name: [] for name in files}
        for each in self.project.json("-C", self.project.folder.resolve(), "check", *files, expect=1)["findings"]:
            found[each["file"]].append((each["line"], each["column"], each["rule"], each["severity"], each["message"]))
        return {name: sorted(each) for name, each in found.items()}

    def test_of_every_broken_file_the_editor_says_what_check_says(self):
        files = []
        for cases in sorted((source / "tests" / "broken").glob("*.cases")):
            for number, case in enumerate(re.split("^=== .*\n", cases.read_text(), flags=re.MULTILINE)[1:]):
                files.append(f"workflows/{cases.stem}_{number}.yaml")
                self.project.write(files[-1], case.split("\n--- fixed\n")[0].rsplit("\n---\n", 1)[0] + "\n")
        self.assertGreater(len(files), 300)
        underlined, checked = self.underlined(files), self.checked(files)
        for name in files:
            with self.subTest(name):
                self.assertEqual(underlined[name], checked[name])

    def test_so_it_is_of_circles_of_secrets_of_tests_of_second_files_and_of_the_project(self):
        self.project.write("workflows/one.yml", "version: 1\nactions:\n  - call: other\n")
        self.project.write("workflows/other.yaml", "version: 1\nactions:\n  - call: one\n")
        self.project.write("workflows/hook.yaml", "version: 1\ntriggers:\n  - webhook: hook\n    verify: {bearer: secret:nobody_has_it}\n    dedupe: none\nactions:\n  - wait: 1s\n")
        self.project.write("workflows/other.test.yaml", "version: 1\ntests:\n  - name: it\n    expect: {steps: {nowhere: failed}, outcome: wel}\n")
        self.project.write("workflows/lines.yaml", "version: 1\r\nname: a\rb\r\nactions:\r\n  - acton: files.write\r\n")
        self.project.write("workflows/other.yml", "version: 1\nactions:\n  - acton: files.write\n")
        self.project.write("workflows/other.test.yml", "version: 1\ntests: []\n")
        settings = self.project.folder / "millrace.yaml"
        settings.write_text(settings.read_text() + "permissions: {nothings: read}\nalarms:\n  - action: notify.webhok\n")
        files = ["workflows/one.yml", "workflows/hook.yaml", "workflows/other.test.yaml", "workflows/lines.yaml", "workflows/other.yml", "workflows/other.test.yml", "millrace.yaml"]
        underlined, checked = self.underlined(files), self.checked(files)
        for name in files:
            with self.subTest(name):
                self.assertEqual(underlined[name], checked[name])
        self.assertTrue(all(checked.values()), checked)
        rules = {each[2] for found in checked.values() for each in found}
        self.assertLessEqual({"starts-itself", "taken-id", "missing-secret", "unknown-name", "unknown-kind", "unknown-action"}, rules)


if __name__ == "__main__":
    main()
