"""An editor's language server makes something of what `millrace schema` prints."""
import unittest

from editor import CURSOR, installed, yaml_server
from project import Project, main, source


class LanguageServer(unittest.TestCase):
    BEGINNING = "version: 1\nname: X\ntriggers:\n  - manual\nactions:\n"

    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)
        if installed() is None:
            reason = "npm is not here, or reaches nobody, so yaml-language-server was not asked what editors make of the schema"
            print("skipped: " + reason, flush=True)
            self.skipTest(reason)
        self.server = yaml_server(self.project)
        self.addCleanup(self.server.close)

    def problems(self, name, text):
        return [each["message"] for each in self.server.findings(self.server.open(f"workflows/{name}", text)[0])]

    def offered(self, name, text):
        """The labels at the end of the text."""
        return {each["label"] for each in self.server.offered(*self.server.open(f"workflows/{name}", text + CURSOR))}

    def test_the_samples_have_no_problems_and_a_mistake_is_one(self):
        for file in sorted((source / "workflows").glob("*.yaml")):
            self.assertEqual(self.problems(file.name, file.read_text()), [], file)
        wrong = self.BEGINNING + "  - action: statistics.collect\n    with: {plattforms: [facebook]}\n"
        self.assertNotEqual(self.problems("wrong.yaml", wrong), [])

    def test_one_item_stands_for_its_list_in_workflows_and_in_their_tests(self):
        lone = "version: 1\nname: X\ntriggers: manual\nactions:\n  set: {done: true}\n"
        self.assertEqual(self.problems("lone.yaml", lone), [])
        test = "version: 1\ntests:\n  name: it does\n  before:\n    event: {n: 1}\n  fail: http.request 503\n  expect:\n    changes: delete tag old\n"
        self.assertEqual(self.problems("lone.test.yaml", test), [])
        self.assertNotEqual(self.problems("wrong.test.yaml", test.replace("before", "befor")), [])

    def test_actions_and_their_inputs_are_offered_those_that_refer_to_definitions_too(self):
        self.assertIn("highlevel.location_tags.create", self.offered("action.yaml", self.BEGINNING + "  - action: "))
        inputs = {entry["name"]: entry for entry in self.project.json("catalog")["entries"]}
        asked = 0
        for name in sorted(inputs):
            shown = self.project.json("catalog", "show", name)
            known = shown.get("input") or {}
            if inputs[name]["kind"] != "action" or "definitions" not in known:
                continue
            offered = self.offered(f"{name}.yaml", self.BEGINNING + f"  - action: {name}\n    with:\n      ")
            self.assertLessEqual(set(known["properties"]), offered, name)
            asked += 1
        self.assertGreater(asked, 0)


if __name__ == "__main__":
    main()
