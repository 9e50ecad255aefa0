"""The project whose store and plan are kept in tests/golden, with the far sides that it had."""
import json
import shutil

from project import source
from served import Paths, Served

GOLDEN = source / "tests" / "golden"
TOKEN = "0123456789abcdef0123456789abcdef"
PLANNED = {"names": ["a", "b", "c"]}  # the event of the plan
# A plan knows what it has read by its whole address, so the sandbox stands where it stood then: alone at a loopback
# address of its own.
PLANNED_AT = "127.86.11.26:18720"


class FarSide(Paths):
    """What has a body in `held` is taken and never answered; what goes to a path in `dropped` is cut off."""

    def __init__(self):
        self.held, self.dropped = set(), set()
        super().__init__()

    @property
    def delay(self):
        last = self.seen[-1]
        return 600 if last.body and (last.path, last.body.get("n")) in self.held else 0

    @delay.setter
    def delay(self, _):
        pass

    @property
    def drop(self):
        return self.seen[-1].path in self.dropped

    @drop.setter
    def drop(self, _):
        pass


class Golden(Served):
    """A copy of the golden project, led to the far sides of today."""

    def __init__(self, far_side, sandbox):
        super().__init__(far_side, sandbox)
        shutil.copytree(GOLDEN / "workflows", self.folder / "workflows", dirs_exist_ok=True)
        project = (GOLDEN / "millrace.yaml").read_text()
        self.write("millrace.yaml", project.replace("http://127.0.0.1:8721", far_side).replace("http://127.0.0.1:8720", sandbox))
        self.write("state/api-token", TOKEN + "\n").chmod(0o600)

    def keep(self, store):
        """Takes that store for its own."""
        shutil.copy(store, self.folder / "state" / "millrace.db")
        shutil.copy(f"{store}-mark", self.folder / "state" / "millrace.db-mark")

    def shown(self):
        """What the program tells of every run."""
        listed = self.json("runs", "list", "--limit", "1000")
        return {"list": listed, "runs": {run["id"]: self.json("runs", "show", run["id"]) for run in listed["runs"]}}


def golden_json(name):
    return json.loads((GOLDEN / name).read_text())
