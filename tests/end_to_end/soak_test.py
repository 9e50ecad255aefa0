"""Everything at once for a while: deliveries, loops over libraries, schedules, watches, files, approvals, cancels, retries,
a far side that fails at times, restarts and kill -9. Then the books of the senders, of the far side and of the store are held
against each other.

MILLRACE_MINUTES says how long (30 for the long version; 20 seconds unless said). The first half has the restarts; in the second one life of
the service is measured: its memory, descriptors and threads stay what they were.
"""
import collections
import concurrent.futures
import http.client
import itertools
import json
import os
import pathlib
import random
import re
import statistics
import threading
import time
import unittest

from project import main
from served import Served
from service import INSTRUMENTED, Receiver, ask, number_from, wait_until

MINUTES = float(os.environ.get("MILLRACE_MINUTES", "0.34"))
MOST_ACTIVE = 20  # runs, before senders wait
LOOP = 40  # more than the service has workers
ENDED = {"completed", "failed", "skipped", "stopped_by_safety", "cancelled"}

WORKFLOWS = {
    # Two keyed effects, each tried again where the far side fails.
    "sends": ("webhook", "concurrency: parallel\n", """  - action: counter.first
    with: {n: event.n}
    retry: {attempts: 20, delay: 200ms}
  - action: counter.second
    with: {n: event.n}
    retry: {attempts: 20, delay: 200ms}
"""),
    # More calls of libraries at once than there are workers for.
    "loops": ("webhook", "concurrency: parallel\n", f"""  - for_each: "[{', '.join(map(str, range(LOOP)))}]"
    as: each
    parallel: {LOOP}
    do:
      - id: once
        action: memory.once
        with: {{key: "${{{{ event.n }}}}/${{{{ each }}}}", within: 90d}}
      - action: memory.changes
        with: {{key: "list ${{{{ each }}}}", items: "[event.n]"}}
      - action: files.write
        with: {{file: "loops/${{{{ each }}}}.txt", text: "${{{{ event.n }}}}"}}
      - if: once.first && each == 7
        then:
          - action: counter.first
            with: {{n: event.n}}
            retry: {{attempts: 20, delay: 200ms}}
  - action: reports.json
    with: {{rows: "[{{'n': event.n}}]", file: "loops/report.json"}}
"""),
    # One run at a time for each key.
    "lanes": ("webhook", "concurrency: {queued: {key: event.n % 3}}\n", "  - action: counter.second\n    with: {n: event.n}\n    retry: {attempts: 20, delay: 200ms}\n"),
    "asks": ("webhook", "concurrency: parallel\n", "  - approve: May number ${{ event.n }} go on?\n  - action: counter.first\n    with: {n: event.n}\n    retry: {attempts: 20, delay: 200ms}\n"),
    "waits": ("webhook", "concurrency: parallel\n", "  - wait: 6s\n  - action: counter.second\n    with: {n: event.n}\n    retry: {attempts: 20, delay: 200ms}\n"),
    # Fails the first time round; a person tries it again.
    "fails": ("webhook", "concurrency: parallel\n", "  - action: counter.third\n    with: {n: event.n}\n"),
    "calls": ("webhook", "concurrency: parallel\n", "  - call: called\n    with: {n: \"${{ event.n }}\"}\n"),
    "called": (None, "concurrency: parallel\n", "  - action: counter.first\n    with: {n: event.n}\n    retry: {attempts: 20, delay: 200ms}\n"),
    "follows": ("  - after: calls\n    outcome: any\n", "concurrency: parallel\n", "  - set: {seen: event.run}\n"),
    "ticks": ("  - cron: \"* * * * *\"\n", "", "  - action: memory.once\n    with: {key: tick, within: 1d}\n"),
    "watches": ("  - watch: counter.list\n    connection: far\n    key: string(item.n)\n    every: 1s\n", "concurrency: parallel\n", "  - action: counter.second\n    with: {n: event.item.n}\n    retry: {attempts: 20, delay: 200ms}\n"),
    "files": ("  - file: inbox/*.txt\n", "concurrency: parallel\n", "  - action: counter.first\n    with: {n: int(event.name.split('.')[0])}\n    retry: {attempts: 20, delay: 200ms}\n"),
}
ORDERS = (("approve",), ("cancel",), ("approve", "approve"), ("approve", "cancel"), ("cancel", "cancel"))  # of people, to one run; those of a group at the same moment
KINDS = ("sends", "loops", "lanes", "asks", "waits", "fails", "calls")  # what is delivered, in turns


class Far(Receiver):
    """Counts works by key, fails at times, and has a list that grows."""

    def __init__(self):
        self.chance = random.Random(1)
        self.ill = 0.0
        self.listed = []
        self.healed = False
        super().__init__()

    async def _answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path = head.split(" ", 2)[:2]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        luck = self.chance.random()
        if luck < self.ill / 2 and method == "GET":
            return False
        status = 503 if luck < self.ill or (path == "/third" and not self.healed) else 200
        if method == "GET":
            text = json.dumps({"items": [{"n": n} for n in self.listed]}).encode()
        else:
            text = b'{"ok":true}'
            if status == 200:  # the work is done; its answer may be lost all the same
                self.seen.append((path, headers.get("idempotency-key", ""), json.loads(body)["n"]))
                if self.chance.random() < self.ill / 2:
                    return False
        writer.write(b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (status, len(text), text))
        await writer.drain()
        return True

    def works(self, path):
        """How often each number was worked on: once a key."""
        return collections.Counter(n for _, n in {(key, n) for where, key, n in list(self.seen) if where == path})


def manifest():
    from service import COUNTER
    actions = {name: {**COUNTER["actions"]["first"], "request": {**COUNTER["actions"]["first"]["request"], "path": "/" + name}} for name in ("first", "second", "third")}
    actions["list"] = {"summary": "The list", "effect": "read", "target": "list", "input": {"type": "object", "properties": {}},
                       "output": {"type": "object", "properties": {"items": {"type": "array"}}}, "request": {"method": "GET", "path": "/list"}, "repeat": "idempotent"}
    return {**COUNTER, "actions": actions}


class World:
    """The service with its senders and the people who use it, and what each of them was told."""

    def __init__(self, test, seed):
        self.chance = random.Random(seed)
        self.far = Far()
        test.addCleanup(self.far.close)
        self.service = Served(self.far.url)
        test.addCleanup(self.service.close)
        self.service.write("plugins/counter/counter.json", json.dumps(manifest()))
        for name, (trigger, more, actions) in WORKFLOWS.items():
            triggers = f"  - webhook: {name}\n    verify: public\n    dedupe: string(event.n)\n" if trigger == "webhook" else trigger or "  - manual\n"
            self.service.flow(name, actions, triggers, more)
        (self.service.folder / "inbox").mkdir()
        self.numbers = itertools.count(1)
        self.promised = collections.defaultdict(dict)  # kind -> number -> receipt
        self.dropped = []  # files
        self.said = collections.Counter()  # what people asked, and how it was answered
        self.approved, self.called_off, self.retried = set(), set(), set()
        self.perhaps_approved, self.perhaps_called_off = set(), set()
        self.up = threading.Event()
        self.over = threading.Event()
        self.troubles = []
        self.threads = []

    def go(self, what):
        def forever():
            while not self.over.is_set():
                if not self.up.wait(0.2):
                    continue
                try:
                    what()
                except (OSError, http.client.HTTPException, AssertionError, ValueError):
                    time.sleep(0.05)  # the service is down, or just comes up
        self.threads.append(threading.Thread(target=forever, daemon=True))
        self.threads[-1].start()

    def start(self):
        self.service.start("--drain-timeout", "3s", within=60)
        self.up.set()

    def send(self):
        """One delivery, sent until it is accepted: what got no answer may be there, and is a duplicate then."""
        while self.service.get("status")["active_runs"] > MOST_ACTIVE:
            time.sleep(0.1)  # as slow as the machine: what grows then is no backlog
        number = next(self.numbers)
        kind = KINDS[number % len(KINDS)]
        while not self.over.is_set():
            try:
                answer = self.service.hook(kind, {"n": number}, timeout=20)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if answer.status == 202:
                self.promised[kind][number] = json.loads(answer.body)
                break
            time.sleep(0.1)
        time.sleep(0.05)

    def drop(self):
        number = next(self.numbers)
        self.service.write(f"inbox/{number}.txt", "x")
        self.dropped.append(number)
        self.far.listed.append(next(self.numbers))
        time.sleep(0.5)

    def order(self, run, what, body=None):
        """An order whose answer never came, because the service died meanwhile, may have been carried out."""
        try:
            answer = self.service.api("POST", f"runs/{run}/{what}", body or {})
        except Exception:
            {"approve": self.perhaps_approved, "cancel": self.perhaps_called_off}.get(what, set()).add(run)
            raise
        if answer.status == 200 and what == "approve":
            self.approved.add(run)
        if answer.status == 200 and what == "cancel":
            self.called_off.add(run)
        self.said[what, answer.status] += 1
        return answer.status

    def decide(self):
        """Approvals and cancels."""
        waiting = self.service.get("runs?limit=20&workflow=asks&outcome=waiting")["runs"]
        for run in self.chance.sample(waiting, min(3, len(waiting))):
            orders = self.chance.choice(ORDERS)
            with concurrent.futures.ThreadPoolExecutor(len(orders)) as at_once:
                answers = [at_once.submit(self.order, run["id"], what) for what in orders]
                for each in answers:
                    each.result()
        for run in self.chance.sample(self.service.get("runs?limit=20&workflow=waits&outcome=waiting")["runs"][:1], 1):
            if self.chance.random() < 0.3:
                self.order(run["id"], "cancel")
        time.sleep(0.2)

    def restarts(self, until):
        while time.monotonic() < until:
            time.sleep(self.chance.uniform(1.5, 4))
            self.up.clear()
            if self.chance.random() < 0.5:
                self.service.kill()
            elif self.service.stop(within=90) != 0:
                self.troubles.append("SIGTERM did not end with 0")
            self.start()


class Meter:
    """Looks at the service every half second."""

    def __init__(self, world):
        self.world = world
        self.seen = []  # (time, resident MiB, descriptors, threads)
        self.stalls = []
        self.moved = (time.monotonic(), None)

    @staticmethod
    def descriptors(process):
        """How many are open; 0 where only root may know."""
        try:
            return len(os.listdir(process / "fd"))
        except PermissionError:
            return 0

    def look(self):
        service = self.world.service
        process = pathlib.Path(f"/proc/{service.process.pid}")
        status = (process / "status").read_text()
        self.seen.append((time.monotonic(), int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024, self.descriptors(process), int(re.search(r"Threads:\s+(\d+)", status)[1])))
        ready = ask(service.url, "GET", "/readyz", timeout=10).status == 200
        ended = service.metric("millrace_runs_total")
        now = time.monotonic()
        if ended != self.moved[1] or not ready:
            self.moved = (now, ended)
        elif now - self.moved[0] > 30:
            self.stalls.append(f"ready, and no run has ended for {now - self.moved[0]:.0f} s")
            self.moved = (now, ended)
        time.sleep(0.5)

    def third(self, last, column):
        begun, over = self.seen[0][0], self.seen[-1][0]
        part = [each[column] for each in self.seen if (each[0] > over - (over - begun) / 3) == last and (last or each[0] < begun + (over - begun) / 3)]
        return statistics.median(part)


class Soak(unittest.TestCase):
    def test_every_run_ends_nothing_is_lost_or_done_twice_and_nothing_grows(self):
        seed = number_from("MILLRACE_SEED", random.randrange(1 << 30))
        print(f"seed {seed}", flush=True)
        world = World(self, seed)
        world.start()
        for _ in range(3):
            world.go(world.send)
        world.go(world.drop)
        world.go(world.decide)
        begun = time.monotonic()
        world.far.ill = 0.1
        world.restarts(begun + 30 * MINUTES)
        world.far.ill = 0.03
        meter = Meter(world)
        restarted = time.monotonic()
        while time.monotonic() < restarted + 30 * MINUTES:
            meter.look()
        self.settle(world)
        self.count(world)
        self.assertEqual(world.troubles + meter.stalls, [])
        # A young service still makes the threads that it keeps for calls of libraries; for many minutes they are as many as ever.
        young = MINUTES < 5
        for column, what, more in ((1, "MiB", 128 if young else 64), (2, "descriptors", 128 if young else 64), (3, "threads", 512 if young else 64)):
            first, last = meter.third(False, column), meter.third(True, column)
            print(f"{what}: {first:.0f} in the first third, {last:.0f} in the last", flush=True)
            if what == "MiB" and INSTRUMENTED:
                continue
            self.assertLess(last, 1.25 * first + more, what + " grow")

    def settle(self, world):
        """Nobody sends any more, the far side is well, and people answer what is left to them."""
        world.over.set()
        for thread in world.threads:
            thread.join(60)
        world.far.ill = 0.0
        world.far.healed = True
        service = world.service
        for run in service.runs("fails"):
            if run["outcome"] == "failed" and world.order(run["id"], "retry") == 200:
                world.retried.add(run["id"])

        def at_rest():
            for run in service.runs("asks", "waiting"):
                world.order(run["id"], "approve")
            for run in service.runs(outcome="parked"):  # under way whenever the engine was killed: a person has looked
                world.order(run["id"], "retry")
            for run in service.runs("fails", "failed"):
                world.order(run["id"], "retry")
            return service.get("status")["store"]["unfinished"] == 0 and not service.runs("fails", "failed") and not service.runs(outcome="parked")
        wait_until(at_rest, 120 + 60 * MINUTES, "the end of all runs")
        wait_until(lambda: len(service.runs("files")) >= len(world.dropped) and len(service.runs("watches")) >= len(world.far.listed) - 1, 60, "what was dropped and listed")
        wait_until(at_rest, 60, "the end of all runs")

    def count(self, world):
        service, far = world.service, world.far
        runs = service.runs()
        by_event = collections.defaultdict(list)
        for run in runs:
            by_event[run["event"]].append(run)
        outcomes = collections.Counter((run["workflow"], run["outcome"]) for run in runs)
        print(f"{sum(map(len, world.promised.values()))} deliveries, {len(runs)} runs, {len(far.seen)} works, {dict(world.said)}", flush=True)
        print(dict(outcomes), flush=True)
        self.assertEqual({run["outcome"] for run in runs} - ENDED, set())
        self.assertEqual({kind for kind, receipts in world.promised.items() if receipts}, set(KINDS))
        works = {path: far.works(path) for path in ("/first", "/second", "/third")}
        wrong = []
        for kind, receipts in world.promised.items():
            for number, receipt in receipts.items():
                of_event = [run for run in by_event[receipt["event"]] if run["workflow"] == kind]
                if len(of_event) != 1:
                    wrong.append((kind, number, f"{len(of_event)} runs"))
                    continue
                run = of_event[0]
                done = {"sends": (1, 1, 0), "loops": (1, 0, 0), "lanes": (0, 1, 0), "asks": (1, 0, 0), "waits": (0, 1, 0), "fails": (0, 0, 1), "calls": (1, 0, 0)}[kind]
                seen = tuple(works[path][number] for path in ("/first", "/second", "/third"))
                if run["outcome"] == "cancelled" and run["id"] in world.called_off | world.perhaps_called_off:
                    if any(a > b for a, b in zip(seen, done)):
                        wrong.append((kind, number, "called off, and done twice", seen))
                elif run["outcome"] != "completed" or seen != done:
                    wrong.append((kind, number, run["id"], run["outcome"], run.get("note"), seen))
                if run["outcome"] == "completed" and run["id"] in world.called_off - world.approved - world.perhaps_approved:
                    wrong.append((kind, number, run["id"], "called off, and completed"))
        for number in world.dropped:
            if works["/first"][number] != 1:
                wrong.append(("files", number, works["/first"][number]))
        seen = [works["/second"][number] for number in far.listed]
        if any(times > 1 for times in seen) or seen.count(0) > 1:  # the first look of a watch only remembers
            wrong.append(("watches", [number for number in far.listed if works["/second"][number] != 1]))
        slots = collections.Counter(run["event"] for run in runs if run["workflow"] == "ticks")
        if any(times != 1 for times in slots.values()):
            wrong.append(("ticks", slots))
        if len(service.runs("follows")) != len(service.runs("calls")):
            wrong.append(("follows", len(service.runs("follows")), len(service.runs("calls"))))
        self.assertEqual(wrong[:20], [], f"{len(wrong)} in all")


if __name__ == "__main__":
    main()
