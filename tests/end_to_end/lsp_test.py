"""`millrace lsp`, asked by a real client as editors ask it."""
import subprocess
import unittest

from editor import CURSOR, Editor, Refused, installed, position_of
from project import Project, main, program

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


if __name__ == "__main__":
    main()
