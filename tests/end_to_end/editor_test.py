"""An editor's language server makes something of what `millrace schema` prints."""
import json
import shutil
import subprocess
import unittest

from project import Project, build, main, source

PINNED = source / "tests" / "editor"
EDITOR = build / "editor"  # the language server, installed once for each lock file


def installed():
    """The language server's folder; none where npm is missing or reaches nobody."""
    lock = (PINNED / "package-lock.json").read_bytes()
    stamp = EDITOR / "lock"
    if stamp.exists() and stamp.read_bytes() == lock:
        return EDITOR
    if shutil.which("npm") is None or shutil.which("node") is None:
        return None
    EDITOR.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINNED / name, EDITOR / name)
    if subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=EDITOR, timeout=240, check=False).returncode != 0:
        return None
    stamp.write_bytes(lock)
    return EDITOR


class Server:
    """yaml-language-server, spoken to as an editor speaks to it."""

    def __init__(self, folder, schema):
        program = folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
        self.process = subprocess.Popen(["node", program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0
        self.settings = {"yaml": {"schemas": {schema.as_uri(): "*.yaml"}, "completion": True, "validate": True, "hover": True,
                                  "schemaStore": {"enable": False, "url": ""}}}
        self.diagnostics = {}
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {"workspace": {"configuration": True}, "textDocument": {
            "completion": {"completionItem": {"snippetSupport": False}}, "publishDiagnostics": {}}}})
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": self.settings})
        self.problems("first.yaml", "nonsense: 1\n")  # by then it has its settings and the schema

    def close(self):
        self.process.kill()
        self.process.wait(10)
        self.process.stdin.close()
        self.process.stdout.close()

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def hear(self):
        """One message; what the server asks for is answered on the way."""
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        message = json.loads(self.process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            answer = [self.settings.get(item.get("section")) for item in message["params"]["items"]] if message["method"] == "workspace/configuration" else None
            self.send({"id": message["id"], "result": answer})
        return message

    def ask(self, method, params):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        while True:
            message = self.hear()
            if message.get("id") == self.number and "method" not in message:
                return message["result"]

    def opened(self, name, text):
        uri = f"file:///{name}"
        self.tell("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}})
        return uri

    def problems(self, name, text):
        uri = self.opened(name, text)
        while uri not in self.diagnostics:
            self.hear()
        return [each["message"] for each in self.diagnostics[uri]]

    def offered(self, name, text):
        """The labels at the end of the text."""
        uri = self.opened(name, text)
        lines = text.split("\n")
        found = self.ask("textDocument/completion", {"textDocument": {"uri": uri}, "position": {"line": len(lines) - 1, "character": len(lines[-1])}})
        return {each["label"] for each in (found["items"] if isinstance(found, dict) else found)}


class LanguageServer(unittest.TestCase):
    BEGINNING = "version: 1\nname: X\ntriggers:\n  - manual\nactions:\n"

    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)
        folder = installed()
        if folder is None:
            reason = "npm is not here, or reaches nobody, so yaml-language-server was not asked what editors make of the schema"
            print("skipped: " + reason, flush=True)
            self.skipTest(reason)
        schema = self.project.write("schema.json", self.project.millrace("schema").stdout)
        self.server = Server(folder, schema.resolve())
        self.addCleanup(self.server.close)

    def test_the_samples_have_no_problems_and_a_mistake_is_one(self):
        for file in sorted((source / "workflows").glob("*.yaml")):
            if not file.name.endswith(".test.yaml"):
                self.assertEqual(self.server.problems(file.name, file.read_text()), [], file)
        wrong = self.BEGINNING + "  - action: statistics.collect\n    with: {plattforms: [facebook]}\n"
        self.assertNotEqual(self.server.problems("wrong.yaml", wrong), [])

    def test_actions_and_their_inputs_are_offered_those_that_refer_to_definitions_too(self):
        self.assertIn("highlevel.location_tags.create", self.server.offered("action.yaml", self.BEGINNING + "  - action: "))
        inputs = {entry["name"]: entry for entry in self.project.json("catalog")["entries"]}
        asked = 0
        for name in sorted(inputs):
            shown = self.project.json("catalog", "show", name)
            known = shown.get("input") or {}
            if inputs[name]["kind"] != "action" or "definitions" not in known:
                continue
            offered = self.server.offered(f"{name}.yaml", self.BEGINNING + f"  - action: {name}\n    with:\n      ")
            self.assertLessEqual(set(known["properties"]), offered, name)
            asked += 1
        self.assertGreater(asked, 0)


if __name__ == "__main__":
    main()
