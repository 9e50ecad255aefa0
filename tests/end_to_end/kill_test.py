"""kill -9 at random under load, then three ledgers are counted against each other: what the senders were promised with 202, what the far
side saw, and what the journal holds.

MILLRACE_CYCLES says how often (200 for the long version), MILLRACE_SEED repeats the same moments as far as the machine allows.
"""
import collections
import http.client
import json
import random
import threading
import time
import urllib.parse

from project import main
from service import TWO_EFFECTS, ServiceTest, number_from, wait_until

SENDERS = 6


class Senders:
    """Each sends numbered deliveries, one after the other, and keeps the receipts. What was not promised is sent again under the same id."""

    def __init__(self, service):
        self.service = service
        self.promised = {}  # number -> receipt
        self.last = 0
        self.again = []
        self.repeated = 0
        self.differing = []
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = []

    def start(self):
        self.stopping.clear()
        self.threads = [threading.Thread(target=self.send_all, args=(self.service.url,), daemon=True) for _ in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)

    def next_number(self):
        with self.lock:
            if self.again:
                return self.again.pop()
            self.last += 1
            return self.last

    def send_all(self, url):
        address = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
        while not self.stopping.is_set():
            number = self.next_number()
            try:
                receipt = self.send(connection, number)
                if receipt is not None and number % 7 == 0:
                    again = self.send(connection, number)
                    self.repeated += 1
                    if again is not None and again != receipt:
                        self.differing.append((receipt, again))
            except (OSError, http.client.HTTPException):
                receipt = None
            with self.lock:
                if receipt is None:
                    self.again.append(number)
                else:
                    self.promised[number] = receipt
            if receipt is None:
                break  # it was killed
        connection.close()

    def send(self, connection, number):
        connection.request("POST", "/hooks/count", json.dumps({"n": number, "id": f"delivery-{number}"}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        return json.loads(text) if answer.status == 202 else None


class KilledUnderLoad(ServiceTest):
    def test_p1_p4_p5_what_was_accepted_is_kept_and_no_finished_effect_is_repeated(self):
        cycles = number_from("MILLRACE_CYCLES", 12)
        seed = number_from("MILLRACE_SEED", random.randrange(1 << 30))
        chance = random.Random(seed)
        self.service.workflow("count", TWO_EFFECTS, "  - webhook: count\n    verify: public\n    dedupe: event.id\n")
        senders = Senders(self.service)
        under_way = 0
        finished_at = {}  # number -> how many requests the far side had seen when the journal held the end of its run
        lives = 0
        # A slow machine takes more lives for the same ledgers; one that takes ten times as many is not slow but wrong.
        while lives < cycles or ((under_way == 0 or len(senders.promised) <= 10 * cycles) and lives < 10 * cycles):
            lives += 1
            self.far.delay = chance.choice((0, 0.002, 0.02))
            self.service.start()
            senders.start()
            time.sleep(chance.uniform(0.05, 1.2))
            self.service.kill()
            senders.stop()
            # Between lives: the offline reader says what the journal holds.
            seen = len(self.far.seen)
            unfinished = self.service.json("runs", "list", "--outcome", "running", "--limit", 1000)["runs"]
            under_way += any(run["started"] for run in unfinished)
            completed = {run["event"] for run in self.service.json("runs", "list", "--outcome", "completed", "--limit", 1000)["runs"]}
            for number, receipt in list(senders.promised.items()):
                if receipt["event"] in completed:
                    finished_at.setdefault(number, seen)
        self.far.delay = 0
        self.service.start()
        senders.start()
        wait_until(lambda: not senders.again, 30, "the last repetition")
        senders.stop()
        wait_until(lambda: self.service.get("status")["store"]["unfinished"] == 0, 60, "the end of all runs")
        runs = self.service.runs("count")
        self.assertGreater(len(senders.promised), 10 * cycles, f"seed {seed}")
        self.count(senders, runs, finished_at, under_way, lives, seed)

    def count(self, senders, runs, finished_at, under_way, lives, seed):
        said = f"seed {seed}"
        by_event = collections.Counter(run["event"] for run in runs)
        ids = {run["id"] for run in runs}
        lost = [n for n, receipt in senders.promised.items() if by_event[receipt["event"]] != 1 or receipt["runs"][0] not in ids]
        met = {path: self.far.numbers(path) for path in ("/first", "/second")}
        unmet = [(path, n) for path, numbers in met.items() for n in senders.promised if numbers[n] != 1]
        keys = collections.defaultdict(set)
        repeated, second_seen, attempts = [], set(), collections.Counter()
        for place, seen in enumerate(self.far.requests()):
            number = seen.body["n"]
            keys[seen.path, number].add(seen.key)
            attempts[seen.path, number] += 1
            # The second step begins when the outcome of the first is durable; a run that has ended does nothing any more.
            if (seen.path == "/first" and number in second_seen) or place >= finished_at.get(number, 1 << 60):
                repeated.append((seen.path, number))
            if seen.path == "/second":
                second_seen.add(number)
        unstable = [where for where, those in keys.items() if len(those) != 1]
        again = sum(1 for times in attempts.values() if times > 1)
        outcomes = collections.Counter(run["outcome"] for run in runs)
        print(f"{lives} kills, {under_way} of them with runs under way: {len(senders.promised)} promised, {len(lost) + len(unmet)} lost or done twice, "
              f"{len(self.far.seen)} requests, {again} sent again with their key, {len(repeated)} finished effects repeated, "
              f"{len(unstable)} keys not stable, {senders.repeated} repeated deliveries ({said})", flush=True)
        self.assertGreater(under_way, 0, "no kill hit a run under way: " + said)
        self.assertEqual(lost, [], said)
        self.assertEqual(unmet, [], said)
        self.assertEqual(repeated, [], said)
        self.assertEqual(unstable, [], said)
        self.assertEqual(senders.differing, [], "a duplicate got another receipt: " + said)
        self.assertEqual(set(outcomes), {"completed"}, f"{outcomes} {said}")
        self.assertGreater(len(finished_at), 0)
        self.assertEqual(sum(1 for times in by_event.values() if times != 1), 0, "P2: " + said)


if __name__ == "__main__":
    main()
