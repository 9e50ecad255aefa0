"""An editor that speaks to a language server by the libraries of VS Code: installed once for each lock file."""
import fcntl
import json
import pathlib
import shutil
import subprocess

from project import build, source

PINNED = source / "tests" / "editor"
EDITOR = build / "editor"
CURSOR = "\u2038"


def installed():
    """The folder with the pinned packages; none where npm is missing or reaches nobody."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return None
    EDITOR.mkdir(exist_ok=True)
    with open(EDITOR / "one_at_a_time", "w") as turn:  # several tests come here at once, and what one runs another must not write
        fcntl.flock(turn, fcntl.LOCK_EX)
        return EDITOR if is_installed() else None


def is_installed():
    """Installs what is not there yet, and nothing twice."""
    files = ("package.json", "package-lock.json", "client.cjs")
    wanted = b"".join((PINNED / name).read_bytes() for name in files)
    stamp = EDITOR / "installed"
    if stamp.exists() and stamp.read_bytes() == wanted:
        return True
    for name in files:
        shutil.copy(PINNED / name, EDITOR / name)
    if subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=EDITOR, timeout=240, check=False).returncode != 0:
        return False
    stamp.write_bytes(wanted)
    return True


class Refused(Exception):
    """The server has answered with an error."""


class Editor:
    """One server with the texts that are open in it. `settings`: what it is told when it asks."""

    CAPABILITIES = {"general": {"positionEncodings": ["utf-16"]}, "workspace": {"configuration": True},
                    "textDocument": {"completion": {"completionItem": {"snippetSupport": False}}, "publishDiagnostics": {}}}

    def __init__(self, folder, *command, settings=None, encoding="utf-16"):
        self.process = subprocess.Popen(["node", EDITOR / "client.cjs", *command], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.folder = pathlib.Path(folder).resolve()
        self.versions = {}
        if settings:
            self.do("settings", value=settings)
        capabilities = {**self.CAPABILITIES, "general": {"positionEncodings": [encoding]}}
        self.server = self.request("initialize", {"processId": None, "rootUri": self.folder.as_uri(), "capabilities": capabilities})
        self.notify("initialized", {})
        if settings:
            self.notify("workspace/didChangeConfiguration", {"settings": settings})

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()

    def do(self, what, **job):
        self.process.stdin.write(json.dumps({"do": what, **job}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise Refused(answer["error"]["message"])
        return answer["result"]

    def request(self, method, params):
        return self.do("request", method=method, params=params)

    def notify(self, method, params):
        self.do("notify", method=method, params=params)

    def open(self, name, text):
        """Gives the text's address, and the place of the cursor in it where there is one."""
        uri = (self.folder / name).as_uri()
        position = position_of(text)
        self.versions[uri] = self.versions.get(uri, 0) + 1
        self.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": self.versions[uri], "text": text.replace(CURSOR, "")}})
        return uri, position

    def change(self, uri, *changes):
        self.versions[uri] += 1
        self.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": self.versions[uri]}, "contentChanges": list(changes)})

    def findings(self, uri):
        return self.do("findings", uri=uri, version=self.versions[uri])

    def ask(self, what, uri, position, **more):
        return self.request(f"textDocument/{what}", {"textDocument": {"uri": uri}, "position": position, **more})

    def offered(self, uri, position):
        found = self.ask("completion", uri, position) or []
        return found["items"] if isinstance(found, dict) else found

    def said(self, uri, position):
        found = self.ask("hover", uri, position)
        if found is None:
            return ""
        contents = found["contents"]
        return contents["value"] if isinstance(contents, dict) else contents if isinstance(contents, str) else "\n".join(map(str, contents))

    def edited(self, uri, edits):
        return self.do("edited", uri=uri, edits=edits)


def position_of(text):
    """Line and UTF-16 unit of the cursor; nothing where the text has none."""
    if CURSOR not in text:
        return None
    before = text[:text.index(CURSOR)]
    line = before.rsplit("\n", 1)[-1]
    return {"line": before.count("\n"), "character": len(line.encode("utf-16-le")) // 2}


def yaml_server(project):
    """yaml-language-server, which has the schemas that the project prints."""
    schemas = {}
    for kind, pattern in (("workflow", ["workflows/*.yaml", "!workflows/*.test.yaml"]), ("project", "millrace.yaml"), ("test", "workflows/*.test.yaml")):
        schemas[project.write(f"{kind}.json", project.millrace("schema", kind).stdout).resolve().as_uri()] = pattern
    settings = {"yaml": {"schemas": schemas, "completion": True, "validate": True, "hover": True, "schemaStore": {"enable": False, "url": ""}}}
    server = Editor(project.folder, "node", EDITOR / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server", "--stdio", settings=settings)
    server.findings(server.open("workflows/first.yaml", "nonsense: 1\n")[0])  # by then it has its settings and the schemas
    return server
