"""What somebody who means harm makes of the service: its memory at the most, and the longest wait of somebody else, attack by attack.

Beside each attack another address asks /healthz fifty times a second, and sends deliveries; what was accepted of these is there afterwards."""
import contextlib
import json
import multiprocessing
import pathlib
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
OTHERS, ATTACKER = "127.0.0.2", "127.0.0.3"
HOOKS = {"good": "verify: public", "form": "verify: public\n    parse: form", "large": "verify: public",
         "text": "verify: public\n    if: event.a.contains(event.b) || event.a.matches(event.b)"}


class Service:
    def __init__(self, folder, descriptors=None):
        self.folder, self.descriptors = folder, descriptors

    def __enter__(self):
        (self.folder / "workflows").mkdir(parents=True)
        (self.folder / "millrace.yaml").write_text("version: 1\ntimezone: Europe/London\nconnections: {}\n")
        for name, how in HOOKS.items():
            (self.folder / "workflows" / f"{name}.yaml").write_text(f"version: 1\nname: {name}\nmode: live\nconcurrency: parallel\ntriggers:\n  - webhook: {name}\n    {how}\n    dedupe: none\n"
                                                                    "actions:\n  - set: {done: true}\n")
        few = ["prlimit", f"--nofile={self.descriptors}:{self.descriptors}"] if self.descriptors else []
        self.process = subprocess.Popen([*few, build / "millrace", "-C", self.folder, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                        stderr=open(self.folder / "log", "ab"), text=True)
        found = re.search(r"http://[\d.:]+", self.process.stdout.readline())
        if not found:
            raise SystemExit((self.folder / "log").read_text())
        address = urllib.parse.urlsplit(found[0])
        self.address = (address.hostname, address.port)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.process.stdout.close()

    def forget_peak(self):
        (pathlib.Path("/proc") / str(self.process.pid) / "clear_refs").write_text("5")

    def peak_mib(self):
        return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1]) / 1024

    def processor(self):
        """Seconds on a processor, and of waiting for one."""
        return [int(part) / 1e9 for part in pathlib.Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[:2]]

    def good_runs(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.folder}/state/millrace.db?mode=ro", uri=True, timeout=10)) as store:
            return store.execute("select count(*) from runs join names on names.id = workflow where name = 'good' and ended is not null").fetchone()[0]


def said_to(address, head, body=b"", source=OTHERS, within=10):
    with socket.create_connection(address, timeout=within, source_address=(source, 0)) as connection:
        connection.sendall(head.encode() + body)
        said = b""
        while b"\r\n\r\n" not in said:
            part = connection.recv(65536)
            if not part:
                break
            said += part
        return said


def post(address, path, body, kind="application/json", source=ATTACKER):
    return said_to(address, f"POST /hooks/{path} HTTP/1.1\r\nHost: {address[0]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n", body, source, 60)


def somebody_else(address, stop, told):
    """Asks and delivers until it is stopped, and tells of the longest waits and of what was accepted."""
    waits, accepted, failed = [], 0, 0
    while not stop.is_set():
        began = time.perf_counter()
        try:
            good = said_to(address, f"GET /healthz HTTP/1.1\r\nHost: {address[0]}\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 200")
        except OSError:
            good = False
        failed += not good
        waits.append(time.perf_counter() - began)
        if len(waits) % 5 == 0:
            with contextlib.suppress(OSError):
                accepted += post(address, "good", b"{}", source=OTHERS).startswith(b"HTTP/1.1 202")
        time.sleep(0.02)
    waits.sort()
    told.put({"worst": waits[-1] * 1000, "median": waits[len(waits) // 2] * 1000, "asked": len(waits), "failed": failed, "accepted": accepted})


def many(address, count, first, sources=(ATTACKER,)):
    """So many connections that have said this much."""
    connections = []
    for i in range(count):
        with contextlib.suppress(OSError):
            connection = socket.create_connection(address, timeout=10, source_address=(sources[i % len(sources)], 0))
            connection.setblocking(False)
            connections.append(connection)
            connection.send(first)
    return connections


def go_on(connections, piece, seconds, pause=0.0):
    """Sends on, wherever the other side still takes it."""
    until, left = time.monotonic() + seconds, list(connections)
    while left and time.monotonic() < until:
        for connection in list(left):
            try:
                connection.send(piece)
            except BlockingIOError:
                pass
            except OSError:
                left.remove(connection)
        time.sleep(pause)
    for connection in connections:
        connection.close()


def large_bodies(address):
    head = b"POST /hooks/large HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n"
    go_on(many(address, 600, head, [f"127.0.1.{i}" for i in range(1, 11)]), b"x" * 65536, 6, 0.002)


def slow_senders(address):
    go_on(many(address, 4200, b"POST /hooks/large HTTP/1.1\r\nHo"), b"s", 4, 0.5)


def in_turn(path, bodies, kind="application/json", times=12):
    def attack(address):
        for _ in range(times):
            for body in bodies:
                with contextlib.suppress(OSError):
                    post(address, path, body, kind)
    return attack


def texts(a, b):
    return json.dumps({"a": a, "b": b}).encode()


FORM = "application/x-www-form-urlencoded"
ATTACKS = {
    "nothing, to compare": (lambda address: time.sleep(3), None),
    "600 connections with large bodies, 10 addresses": (large_bodies, None),
    "4,200 slow ones from one address": (slow_senders, None),
    "80 KB of hostile form": (in_turn("form", [b"a=1&" * 20_000, b"a&" * 40_000, b"a[]=&" * 16_000], FORM, 40), None),
    "4 MB of {},": (in_turn("large", [b"[" + b"{}," * 1_300_000 + b"{}]", b"[" * 3_900_000]), None),
    "3 MB of hostile pattern": (in_turn("text", [texts("a" * 2_000_000, "a" * 1_000_000 + "b"), texts("x" * 2_200_000, "(x+x+)+y" * 100_000),
                                                 texts("a" * 3_000_000, "(a|b|[a-z]){1,100}[0-9]")]), None),
    "120 connections with 64 descriptors": (lambda address: go_on(many(address, 120, b"GET /heal"), b"t", 4, 0.5), 64),
}


def tried(name, attack, descriptors):
    with tempfile.TemporaryDirectory() as folder, Service(pathlib.Path(folder) / "project", descriptors) as service:
        stop, told = multiprocessing.Event(), multiprocessing.Queue()
        other = multiprocessing.Process(target=somebody_else, args=(service.address, stop, told))
        harm = multiprocessing.Process(target=attack, args=(service.address,))
        time.sleep(0.5)
        service.forget_peak()
        before = service.processor()
        other.start()
        time.sleep(0.3)
        harm.start()
        harm.join()
        time.sleep(0.3)
        used, waited = (after - at_first for after, at_first in zip(service.processor(), before))
        stop.set()
        seen = told.get()
        other.join()
        until = time.monotonic() + 20
        while service.good_runs() < seen["accepted"] and time.monotonic() < until:
            time.sleep(0.1)
        print(f"  {name:<50} {service.peak_mib():>5.0f} MiB   /healthz at the most {seen['worst']:>6.1f} ms, median {seen['median']:.1f} "
              f"({seen['failed']} of {seen['asked']} failed)   accepted {seen['accepted']}, done {service.good_runs()}   "
              f"its loop had a processor for {100 * used / (used + waited):.0f}% of the time it wanted one", flush=True)


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    multiprocessing.set_start_method("fork")
    print("Attacks, beside somebody else who asks and delivers (aim: under 200 MiB, 100 ms, nothing accepted lost)")
    for name, (attack, descriptors) in ATTACKS.items():
        tried(name, attack, descriptors)


main()
