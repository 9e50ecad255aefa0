"""The real program in a project folder of its own, against a real sandbox: what the end-to-end tests share."""
import hashlib
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.request

build = pathlib.Path(os.environ.get("MILLRACE_BUILD", "build")).resolve()
source = pathlib.Path(__file__).resolve().parents[2]
# The ids of the sample workflows; their tests lie beside them.
samples = sorted(file.stem for file in (source / "workflows").glob("*.yaml") if not file.name.endswith(".test.yaml"))
program = build / "millrace"
# Limits of time end what hangs and say nothing of how fast a machine is: whoever runs everything at once gives more, and most of all
# where every access to memory is looked at.
PATIENCE = float(os.environ.get("MILLRACE_PATIENCE", "1"))
# Starts what follows the first argument, and writes there how much memory it had at once, in KiB. A process counts what
# whoever starts it has at that moment, so this stands between: it has a few MiB.
WEIGHED = ("import os, sys; child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ); _, status, used = os.wait4(child, 0); "
           "open(sys.argv[1], 'w').write(str(used.ru_maxrss)); sys.exit(os.waitstatus_to_exitcode(status))")


class Sandbox:
    """A sandbox on a free port, unless said, ended with the test."""

    def __init__(self, *arguments, listen="127.0.0.1:0"):
        self.process = subprocess.Popen([build / "millrace-sandbox", "--listen", listen, *arguments], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"http://127[.0-9]+:(\d+)", line)
        if not found:
            raise RuntimeError(f"the sandbox said {line!r}")
        self.url = found[0]
        self.port = int(found[1])

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method="GET" if body is None else "POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def state(self):
        return self.call("/_sandbox/state")

    def requests(self):
        return self.call("/_sandbox/requests")["requests"]

    def fault(self, **fault):
        self.call("/_sandbox/faults", fault)

    def tags(self, location="loc_main", token="sandbox-token"):
        request = urllib.request.Request(f"{self.url}/locations/{location}/tags", headers={"Authorization": f"Bearer {token}", "Version": "2021-07-28"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())["tags"]


class Project:
    """A project folder: the sample workflows, and connections to `url`. Who runs in it is `program`."""

    program = program

    def __init__(self, url="http://127.0.0.1:9", token="sandbox-token"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        shutil.copytree(source / "workflows", self.folder / "workflows")
        (self.folder / "millrace.yaml").write_text((source / "millrace.yaml").read_text().replace("http://127.0.0.1:8720", url))
        (self.folder / "state").mkdir()
        if token is not None:
            secrets = self.folder / "state" / "secrets.json"
            secrets.write_text(json.dumps({"highlevel_token": token}))
            secrets.chmod(0o600)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def millrace(self, *arguments, stdin=None, environment=None, timeout=60 * PATIENCE):
        return subprocess.run([self.program, *map(str, arguments)], cwd=self.folder, input=stdin, capture_output=True, text=True, timeout=timeout,
                              env={**os.environ, **(environment or {})}, check=False)

    def at_terminal(self, *arguments, answer, meanwhile=lambda: None):
        """The exit code and what somebody at a terminal sees, who answers when they are asked yes or no."""
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.folder)
            os.execv(self.program, [str(self.program), *map(str, arguments)])
        shown = b""
        try:
            while b"[y/N]" not in shown and select.select([terminal], [], [], 30 * PATIENCE)[0]:
                shown += os.read(terminal, 4096)
            meanwhile()
            os.write(terminal, answer.encode())
            while select.select([terminal], [], [], 30 * PATIENCE)[0] and (more := os.read(terminal, 4096)):
                shown += more
        except OSError:  # it has ended
            pass
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        os.close(terminal)
        return code, shown.decode()

    def peak_of(self, *arguments, timeout=60 * PATIENCE):
        """The most memory that the program had at once, in MiB, and what it said."""
        done = subprocess.run([sys.executable, "-S", "-c", WEIGHED, self.folder / "peak", self.program, *map(str, arguments)], cwd=self.folder,
                              capture_output=True, text=True, timeout=timeout, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{arguments} exited {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return int((self.folder / "peak").read_text()) / 1024, done.stdout

    def json(self, *arguments, stdin=None, expect=0, environment=None):
        done = self.millrace(*arguments, "--json", stdin=stdin, environment=environment)
        if expect is not None and done.returncode != expect:
            raise AssertionError(f"{arguments} exited {done.returncode}, not {expect}:\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout)


class SandboxTest(unittest.TestCase):
    """A test with a sandbox and a project that knows it."""

    def setUp(self):
        self.sandbox = Sandbox("--limit", "off")
        self.addCleanup(self.sandbox.close)
        self.project = Project(self.sandbox.url)
        self.addCleanup(self.project.close)


def tag_event(name, id="sm_1", change="added", location="loc_main"):
    return json.dumps({"change": change, "location_id": location, "tag": {"id": id, "name": name, "color": None, "description": None}})


def world(names, carriers=2, **more):
    """Location tags of these names; of `carriers` contacts each carries every tag."""
    return {"locations": [{"id": "loc_main", "name": "Main"}, {"id": "loc_north", "name": "North"}],
            "location_tags": [{"id": f"tag_{n}", "name": name, "locationId": "loc_main"} for n, name in enumerate(names)],
            "contacts": [{"id": f"con_{n}", "locationId": "loc_main", "dateAdded": f"2026-01-01T00:{n // 60:02}:{n % 60:02}.000Z", "tags": list(names)}
                         for n in range(carriers)], **more}


def pin(plugin, manifest, library):
    """What `trust:` names: of the two files' contents, in bytes."""
    lines = "".join(f"{hashlib.sha256(content).hexdigest()}  {plugin}.{kind}\n" for kind, content in (("json", manifest), ("so", library)))
    return "sha256:" + hashlib.sha256(lines.encode()).hexdigest()


def main():
    unittest.main(argv=sys.argv, verbosity=1)
