"""`millrace serve` in a project of its own, senders, and a far side that counts: what the tests of the service share."""
import asyncio
import collections
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

from project import PATIENCE, Project, build, program
from shapes import document_of, misfits

Seen = collections.namedtuple("Seen", "time path key body")
Answer = collections.namedtuple("Answer", "status headers body")

COUNTER = {
    "manifest": 1, "name": "counter", "version": "1.0.0", "summary": "A far side that knows idempotency keys",
    "connection": {"auth": "bearer"},
    "actions": {name: {
        "summary": f"Count at /{name}", "effect": "create", "target": "count:{n}",
        "input": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        "output": {"type": "object"},
        "request": {"method": "POST", "path": f"/{name}", "body": {"n": "n"}, "idempotency_header": "Idempotency-Key"},
        "repeat": "keyed",
    } for name in ("first", "second")},
}


class Receiver:
    """The far side. It writes down every request before it answers, and does the work of a key once."""

    def __init__(self):
        self.seen = []
        self.status = 200
        self.delay = 0.0
        self.drop = False  # takes the request, and closes instead of answering
        self.loop = asyncio.new_event_loop()
        self.server = None
        self.connections = set()
        self.port = 0
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.open()
        self.url = f"http://127.0.0.1:{self.port}"

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def open(self):
        self._do(self._open())

    def refuse(self):
        """Nobody listens any more, and whoever was connected is cut off."""
        self._do(self._refuse())

    def close(self):
        self.refuse()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def _open(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=1024)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _refuse(self):
        self.server.close()
        for task in list(self.connections):
            task.cancel()
        await asyncio.sleep(0.05)

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self.connections.add(task)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            self.connections.discard(task)
            writer.transport.abort()

    async def _answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.seen.append(Seen(time.monotonic(), lines[0].split(" ")[1], headers.get("idempotency-key", ""), json.loads(body) if body else None))
        if self.delay:
            await asyncio.sleep(self.delay)
        if self.drop:
            return False
        text = b'{"ok":true}'
        writer.write(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (self.status, len(text), text))
        await writer.drain()
        return True

    def requests(self, path=None):
        return [each for each in list(self.seen) if path is None or each.path == path]

    def numbers(self, path="/first"):
        """How often each number was worked on: once a key."""
        works = {(each.key, each.body["n"]) for each in self.requests(path)}
        return collections.Counter(n for _, n in works)


# What looks at each access keeps books of its own about memory, which grow.
INSTRUMENTED = build.name.startswith("build-")


def wait_until(holds, seconds=20, what="it"):
    """The first true answer of `holds`; the machine may be slow, so the limit is generous and the looking frequent."""
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come about within {seconds} s")
        time.sleep(0.02)


def ask(url, method, path, body=None, headers=None, timeout=30, sender=None):
    """One request on a connection of its own. `sender`: the address that it comes from."""
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout, source_address=(sender, 0) if sender else None)
    try:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)
    finally:
        connection.close()


class Service(Project):
    """A project without samples, and its service."""

    def __init__(self, far_side=None, store=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        (self.folder / "state").mkdir()
        (self.folder / "workflows").mkdir()
        connections = "connections: {}\n"
        if far_side is not None:
            self.write("plugins/counter/counter.json", json.dumps(COUNTER))
            connections = f'connections:\n  far:\n    plugin: counter\n    base_url: {far_side}\n    auth: {{token: "secret:far"}}\n'
            self.write("state/secrets.json", '{"far": "a-token-of-the-far-side"}').chmod(0o600)
        self.write("millrace.yaml", f"version: 1\ntimezone: Europe/London\n{connections}" + (f"store: sqlite:{store}\n" if store else ""))
        self.process = None
        self.url = None

    def close(self):
        if self.process is not None:
            if self.process.poll() is not None:  # nobody has asked it to end
                print(f"serve ended by itself, exit code {self.process.returncode}:\n{self.log()[-4000:]}", file=sys.stderr)
            self.process.kill()
            self.ended()
        shutil.rmtree(self.folder, ignore_errors=True)

    def launch(self, *arguments):
        """The program, without waiting for anything."""
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen([self.program, "serve", "--listen", "127.0.0.1:0", *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=log, text=True)

    def start(self, *arguments, within=30):
        self.process = self.launch(*arguments)
        timer = threading.Timer(within * PATIENCE, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if not found:
            raise AssertionError(f"serve said {line!r}, exit code {self.process.wait(5)}:\n{self.log()}")
        self.url = found[0]
        wait_until(lambda: ask(self.url, "GET", "/readyz").status == 200, within, "readiness")
        return self

    def ended(self, within=60):
        code = self.process.wait(within * PATIENCE)
        self.process.stdout.close()
        self.process = None
        return code

    def stop(self, number=signal.SIGTERM, within=60):
        self.process.send_signal(number)
        return self.ended(within)

    def kill(self):
        return self.stop(signal.SIGKILL)

    def log(self):
        return (self.folder / "log").read_text()

    def hook(self, path, body, headers=None, timeout=30, sender=None):
        return ask(self.url, "POST", "/hooks/" + path, body, headers, timeout, sender)

    def promised(self, path, body):
        """A delivery that was accepted."""
        answer = self.hook(path, body)
        if answer.status != 202:
            raise AssertionError(f"{answer.status} {answer.body}")
        return json.loads(answer.body)

    def token(self):
        return (self.folder / "state" / "api-token").read_text().strip()

    def api(self, method, path, body=None, headers=None):
        opens = {"Authorization": "Bearer " + self.token()}
        answer = ask(self.url, method, "/api/v1/" + path, body, {**opens, **(headers or {})})
        if answer.headers.get("content-type", "").startswith("application/json") and answer.body:
            document = document_of(program, lambda: json.loads(ask(self.url, "GET", "/api/v1/openapi.json", headers=opens).body))
            found = misfits(document, method, path, answer.status, json.loads(answer.body))
            if found:
                raise AssertionError(f"{method} {path} {answer.status} is not as openapi.json says: " + "; ".join(found[:5]))
        return answer

    def get(self, path):
        answer = self.api("GET", path)
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer.status} {answer.body}")
        return json.loads(answer.body)

    def runs(self, workflow="", outcome=""):
        """All of them, the newest first."""
        all_of_them, before = [], ""
        while True:
            page = self.get(f"runs?limit=1000&workflow={workflow}&outcome={outcome}&before={before}")["runs"]
            all_of_them += page
            if len(page) < 1000:
                return all_of_them
            before = page[-1]["id"]

    def outcomes(self, workflow=""):
        return collections.Counter(run["outcome"] for run in self.runs(workflow))

    def run(self, id):
        return self.get("runs/" + id)

    def workflow(self, name, actions, triggers="  - webhook: NAME\n    verify: public\n", more="concurrency: parallel\n"):
        return self.write(f"workflows/{name}.yaml", f"version: 1\nname: {name}\nmode: live\n{more}triggers:\n{triggers.replace('NAME', name)}actions:\n{actions}")

    def resident_mib(self):
        return self.memory("VmRSS")

    def peak_mib(self):
        return self.memory("VmHWM")

    def memory(self, which):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(which + r":\s+(\d+)", status)[1]) / 1024

    def metric(self, name):
        """The sum over all labels."""
        text = ask(self.url, "GET", "/metrics").body.decode()
        values = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(name + r"[{ ]", line)]
        return sum(values) if values else None


class ServiceTest(unittest.TestCase):
    """A far side, and a service that may reach it; the test starts it."""

    def setUp(self):
        self.far = Receiver()
        self.addCleanup(self.far.close)
        self.service = Service(self.far.url)
        self.addCleanup(self.service.close)


def number_from(environment, default):
    return int(os.environ.get(environment, default))


TWO_EFFECTS = """  - id: one
    action: counter.first
    with: {n: event.n}
  - id: two
    action: counter.second
    with: {n: event.n}
"""
