"""A service with the shipped connectors: their sandbox, a far side reached by `http.request`, and a look into the store."""
import datetime
import hashlib
import hmac
import json
import sqlite3
import unittest

from project import Sandbox
from service import Receiver, Service, wait_until

POSTS = "  - id: sent\n    action: http.request\n    connection: web\n    with: {method: POST, url: /orders, body: {n: 1}}\n"
ENDED = ("completed", "failed", "skipped", "stopped_by_safety", "parked", "cancelled")


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def post(path, id, more=""):
    return f"  - id: {id}\n    action: http.request\n    connection: web\n    with: {{method: POST, url: {path}, body: {{n: 1}}}}\n{more}"


class Served(Service):
    """`web` is the far side for `http.request`; the connectors' connections lead to `sandbox`."""

    def __init__(self, far_side, sandbox=None, secrets=None):
        super().__init__(far_side)
        connections = f'connections:\n  far:\n    plugin: counter\n    base_url: {far_side}\n    auth: {{token: "secret:far"}}\n'
        connections += f'  web:\n    plugin: http\n    base_url: {far_side}\n    auth: {{token: "secret:far"}}\n'
        if sandbox is not None:
            for plugin, below in (("highlevel", ""), ("users_api", "/page")):
                connections += f'  {plugin}:\n    plugin: {plugin}\n    base_url: {sandbox}{below}\n    auth: {{token: "secret:highlevel_token"}}\n    locations: [loc_main, loc_north]\n'
            connections += f"  sightmill:\n    plugin: sightmill\n    base_url: {sandbox}/sightmill/demo\n"
        self.write("millrace.yaml", f"version: 1\ntimezone: Europe/London\n{connections}")
        known = {"far": "a-token-of-the-far-side", "highlevel_token": "sandbox-token", "sightmill_hook": "an-unguessable-path", **(secrets or {})}
        self.write("state/secrets.json", json.dumps(known)).chmod(0o600)

    def flow(self, name, actions="  - set: {done: true}\n", triggers="  - webhook: NAME\n    verify: public\n", more="", mode="live"):
        """A workflow file; unlike `workflow`, with the default concurrency."""
        text = f"version: 1\nname: {name}\nmode: {mode}\n{more}triggers:\n{triggers.replace('NAME', name)}actions:\n{actions}"
        return self.write(f"workflows/{name}.yaml", text)

    def delivered(self, path, body, headers=None, status=202):
        answer = self.hook(path, body, headers)
        if answer.status != status:
            raise AssertionError(f"{answer.status}, not {status}: {answer.body}")
        return json.loads(answer.body)

    def ended(self, id=None, within=20):
        """The run, when it has ended. Without an id: the end of the process."""
        if id is None or isinstance(id, (int, float)):
            return super().ended(id if id is not None else 60)
        return wait_until(lambda: next((run for run in [self.run(id)] if run["outcome"] in ENDED), None), within, f"the end of {id}")

    def reached(self, id, outcome, within=20):
        return wait_until(lambda: next((run for run in [self.run(id)] if run["outcome"] == outcome), None), within, f"{id} {outcome}")

    def count(self, workflow, number, within=20):
        """All runs of a workflow, when there are so many and all have ended; the oldest first."""
        runs = wait_until(lambda: next((runs for runs in [self.runs(workflow)] if len(runs) >= number and all(run["outcome"] in ENDED for run in runs)), None),
                          within, f"{number} runs of {workflow}")
        if len(runs) != number:
            raise AssertionError(f"{len(runs)} runs of {workflow}, not {number}")
        return runs[::-1]

    def event_of(self, run):
        return self.run(run["id"] if isinstance(run, dict) else run)["payload"]

    def reasons(self, workflow, *more):
        return self.json("why", workflow, *more)["reasons"]

    def tells(self, workflow, words):
        """Waits until `why` says so: what it counts is written down a little later."""
        wait_until(lambda: words in " ".join(self.reasons(workflow)), what=f"why {workflow} says: {words}")

    def store(self, question, *values):
        """Asks the store, or changes it while no service has it."""
        with sqlite3.connect(self.folder / "state" / "millrace.db") as database:
            answer = database.execute(question, values).fetchall()
        database.close()
        return answer

    def state(self, owner, key):
        found = self.store("SELECT value FROM states WHERE owner = ? AND key = ?", owner, key)
        return json.loads(found[0][0]) if found else None

    def put_state(self, owner, key, value):
        self.store("INSERT OR REPLACE INTO states(owner, key, value) VALUES (?, ?, ?)", owner, key, json.dumps(value))


class Paths(Receiver):
    """A far side whose answers depend on the path: `answers` maps it to a list of statuses, the last of which stays."""

    def __init__(self):
        self.answers = {}
        super().__init__()

    @property
    def status(self):
        statuses = self.answers.get(self.seen[-1].path, [200])
        return statuses.pop(0) if len(statuses) > 1 else statuses[0]

    @status.setter
    def status(self, status):
        pass


class ServedTest(unittest.TestCase):
    """A far side and a service that is not started yet."""
    secrets = {}

    def setUp(self):
        self.far = Paths()
        self.addCleanup(self.far.close)
        self.service = Served(self.far.url, secrets=self.secrets)
        self.addCleanup(self.service.close)


class ServedSandboxTest(ServedTest):
    """The same with a sandbox."""

    def setUp(self):
        self.far = Paths()
        self.addCleanup(self.far.close)
        self.sandbox = Sandbox("--limit", "off")
        self.addCleanup(self.sandbox.close)
        self.service = Served(self.far.url, self.sandbox.url, self.secrets)
        self.addCleanup(self.service.close)


def signed(key, text, digest=hashlib.sha256):
    return hmac.new(key.encode() if isinstance(key, str) else key, text, digest)
