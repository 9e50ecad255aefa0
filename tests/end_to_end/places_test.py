"""At given places `millrace lsp` and yaml-language-server (with what `millrace schema` prints) offer, say and find what fits."""
import unittest

from editor import PINNED, Editor, installed, yaml_server
from project import Project, main, program

WORKFLOW = "version: 1\nname: X\ntriggers:\n  - manual\nactions:\n"
SERVERS = ("millrace", "yaml")


def places():
    """(title, text, expectations), each expectation (servers, verb, words)."""
    found = []
    for part in (PINNED / "places.cases").read_text().split("\n=== ")[1:]:
        title, rest = part.split("\n", 1)
        text, _, below = rest.partition("\n---\n")
        expected = []
        for line in below.strip().splitlines():
            subject, words = line.split(": ", 1)
            who, verb = subject.split(" ", 1)
            verb = {"offers": "offer", "offers not": "offer not", "says": "say", "finds": "find"}.get(verb, verb)
            expected.append((SERVERS if who == "both" else (who,), verb, words))
        found.append((title, text.replace("@workflow\n", WORKFLOW), expected))
    return found


class Place:
    """One text that is open in one server."""

    def __init__(self, editor, name, text):
        self.editor = editor
        self.uri, self.position = editor.open(name, text)

    def answer(self, verb):
        if verb.startswith(("offer", "at most")):
            return [each["label"] for each in self.editor.offered(self.uri, self.position)]
        if verb == "say":
            return self.editor.said(self.uri, self.position).replace("\\", "")
        return "\n".join(each["message"] for each in self.editor.findings(self.uri))


class Places(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)
        if installed() is None:
            reason = "npm is not here, or reaches nobody, so no editor was asked what it makes of our files"
            print("skipped: " + reason, flush=True)
            self.skipTest(reason)

    def editors(self):
        made = {"millrace": Editor(self.project.folder, program, "lsp"), "yaml": yaml_server(self.project)}
        for editor in made.values():
            self.addCleanup(editor.close)
        return made

    def holds(self, verb, words, answer):
        if verb == "offer":
            return set(words.split(", ")) <= set(answer)
        if verb == "offer not":
            return not set(words.split(", ")) & set(answer)
        if verb == "at most":
            return len(answer) <= int(words)
        return words in answer

    def test_each_place_is_answered_as_people_need_it(self):
        editors = self.editors()
        known = places()
        self.assertGreaterEqual(len(known), 60)
        asked = {server: 0 for server in SERVERS}
        for number, (title, text, expected) in enumerate(known):
            name = f"workflows/place-{number}.yaml" if not title.startswith("millrace.yaml") else "millrace.yaml"
            for server in SERVERS:
                mine = [each for each in expected if server in each[0]]
                place = Place(editors[server], name, text) if mine else None
                for _, verb, words in mine:
                    answer = place.answer(verb)
                    with self.subTest(server=server, place=title, verb=verb):
                        self.assertTrue(self.holds(verb, words, answer), f"{words!r} of {answer!r}")
                asked[server] += bool(mine)
        self.assertGreaterEqual(asked["millrace"], 60)
        self.assertGreaterEqual(asked["yaml"], 45)


if __name__ == "__main__":
    main()
