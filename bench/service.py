"""The service under load, beside the engines and the bare limits that are installed, in turns within one run.

Usage: service.py BUILD [--kit FOLDER] [--seconds N] [--runs N] [--only w1,w2,w3,intake,start,rules,million]

The kit (default: $MILLRACE_BENCH_KIT) brings peers and limits; without it only Millrace is measured. Each workload is in bench/README.md.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
EVENT = {"locationId": "loc_8fK2mZqX1bT7cD", "tag": {"id": "tag_51hd82hsk1Qm", "name": "vip-customer", "color": "#ff8800",
         "description": "Customers with more than three orders in the last ninety days; answer them first and offer free shipping."},
         "timestamp": "2026-01-15T10:30:00.000Z", "source": "bench"}

HEAD = """version: 1
name: NAME
mode: live
concurrency: parallel
triggers:
  - webhook: NAME
    verify: public
    dedupe: none
RESPONDactions:
"""
W1 = """  - id: answer
    if: event.tag.name != ""
    set:
      locationId: ${{ event.locationId }}
      tag: ${{ event.tag }}
      timestamp: ${{ event.timestamp }}
      source: ${{ event.source }}
      matched: true
      route: vip
"""
HANG = """  - action: bench.hang
    timeout: 1h
"""
W2 = W1 + """  - action: http.request
    connection: sink
    with:
      method: POST
      url: /sink
      body: answer
  - set: {ok: true}
    id: done
"""
W3 = """  - id: first
    if: event.tag.name != ""
    action: bench.keep
    with: {value: event}
  - id: second
    action: bench.keep
    with: {value: first}
  - id: third
    action: bench.keep
    with: {value: second}
"""


def wait_for(url, limit=60.0, body=None):
    """Seconds until the address answers with 200."""
    began = time.perf_counter()
    while time.perf_counter() - began < limit:
        try:
            data = None if body is None else json.dumps(body).encode()
            with urllib.request.urlopen(urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"}), timeout=5) as answer:
                if answer.status == 200:
                    answer.read()
                    return time.perf_counter() - began
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.001)
    raise SystemExit(f"{url} does not answer with 200 within {limit} s")


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(url, connections, seconds, body):
    done = subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "10s", "-s", HERE / "post.lua", url],
                          env={**os.environ, "BODY": str(body)}, capture_output=True, text=True, check=True)
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))


class Engine:
    """A project of its own, served by `millrace serve`."""

    def __init__(self, build, folder, workflows, sink=None, apart="none"):
        self.build, self.folder = build, folder
        connections = "connections: {}\n" if sink is None else f"connections:\n  sink:\n    plugin: http\n    base_url: {sink}\n"
        plugin = build / "bench"
        (folder / "workflows").mkdir(parents=True)
        (folder / "plugins" / "bench").mkdir(parents=True)
        trust = "[]"
        if (plugin / "bench.so").exists():
            for name in ("bench.so", "bench.json"):
                shutil.copy(plugin / name, folder / "plugins" / "bench" / name)
            listed = subprocess.run(["sha256sum", "bench.json", "bench.so"], cwd=plugin, capture_output=True, check=True).stdout
            trust = f'["sha256:{hashlib.sha256(listed).hexdigest()}"]'
        (folder / "millrace.yaml").write_text(f"version: 1\ntimezone: Europe/London\n{connections}plugins: {{apart: {apart}}}\ntrust: {trust}\n")
        for name, text in workflows.items():
            (folder / "workflows" / f"{name}.yaml").write_text(text)
        self.process = None

    def start(self):
        began = time.perf_counter()
        self.process = subprocess.Popen([self.build / "millrace", "-C", self.folder, "serve", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                        stderr=open(self.folder / "log", "ab"), text=True)
        line = self.process.stdout.readline()
        found = re.search(r"http://[\d.:]+", line)
        if not found:
            raise SystemExit(f"serve did not start: {line} {(self.folder / 'log').read_text()}")
        self.url = found[0]
        wait_for(self.url + "/readyz")
        self.ready = time.perf_counter() - began
        return self

    def hook(self, name):
        return f"{self.url}/hooks/{name}"

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
            self.process.stdout.close()


class Peer:
    """An engine of the kit, by its own scripts."""

    def __init__(self, kit, name, sink_port):
        self.kit, self.name = kit, name
        # Restate's best figures come with few partitions and many connections.
        self.env = {"RESTATE_TOML_TOP": "default-num-partitions = 4", **os.environ, "SINK_PORT": str(sink_port), "BENCH_KIT": str(kit)}
        text = subprocess.run(["bash", "-c", f". {kit}/env.sh; cat {kit}/peers/{name}/peer.json | envsubst"], env=self.env, capture_output=True, text=True, check=True).stdout
        self.urls = json.loads(text)

    def start(self):
        subprocess.run(["bash", self.kit / "peers" / self.name / "start.sh"], env=self.env, check=True)
        wait_for(self.urls.get("w1") or self.urls["w3"], 120, EVENT)
        return self

    def stop(self):
        subprocess.run(["bash", self.kit / "peers" / self.name / "stop.sh"], env=self.env, check=False)


class Limit:
    """A bare program of the kit: HTTP and a journal, nothing else."""

    def __init__(self, program, mode, folder):
        self.arguments = [program, "0", "1", mode, str(folder / f"{mode}.dat")]
        self.mode = mode

    def start(self):
        port = 19188
        self.arguments[1] = str(port)
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}/w"
        wait_for(self.url, 10, EVENT)
        return self

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-bench-"))
        self.body = self.folder / "event.json"
        self.body.write_text(json.dumps(EVENT))
        self.sink = None

    def start_sink(self):
        self.sink = subprocess.Popen([self.options.build / "bench" / "bench-sink", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        return self.sink.stdout.readline().strip()

    def measure(self, contestants, connections):
        """Medians by name; every round asks each contestant once."""
        figures = {name: [] for name in contestants}
        for name, url in contestants.items():
            load(url, min(connections, 16), 1, self.body)
        for _ in range(self.options.runs):
            for name, url in contestants.items():
                figures[name].append(load(url, connections, self.options.seconds, self.body))
                time.sleep(0.3)
        return {name: {key: statistics.median(one[key] for one in rounds) for key in rounds[0]} for name, rounds in figures.items()}

    def show(self, title, figures, base=None):
        print(f"\n{title}")
        for name, figure in figures.items():
            ratio = "" if base is None or base not in figures or name != "millrace" else f"   {figure['per_second'] / figures[base]['per_second']:.2f} x {base}"
            print(f"  {name:<12} {figure['per_second']:>9.0f}/s   p50 {figure['p50_ms']:.2f} ms   p99 {figure['p99_ms']:.2f} ms   "
                  f"refused {figure['refused']:.0f}   failed {figure['failed']:.0f}{ratio}", flush=True)

    def close(self):
        if self.sink is not None:
            self.sink.terminate()
            self.sink.wait()
            self.sink.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def text(name, steps, respond="wait"):
    """`respond` empty: answered once it is durable."""
    return HEAD.replace("NAME", name).replace("RESPOND", f"    respond: {respond}\n" if respond else "") + steps


def installed(options):
    """The limit program and the peers that are there."""
    work = pathlib.Path(os.environ.get("BENCH_WORK", os.path.join(tempfile.gettempdir(), "bench")))
    program = work / "limits-bin" / "lim_http"
    peers = [name for name in ("nodered", "restate") if options.kit and (work / "peers" / name / "node_modules").exists()]
    return (program if program.exists() else None), peers


def loads(bench, options, only):
    limit_program, peers = installed(options)
    sink = bench.start_sink()
    engine = Engine(options.build, bench.folder / "loads", {"w1": text("w1", W1), "w2": text("w2", W2), "w3": text("w3", W3),
                                                            "intake": text("intake", W1, "")}, sink)
    started = [engine.start()]
    try:
        targets = {}
        for name in peers:
            peer = Peer(options.kit, name, sink.rsplit(":", 1)[1])
            started.append(peer.start())
            targets[name] = peer.urls
        limits = {}
        plan = [("w1", "W1: webhook, condition, two fields, answer", "nodered", "journalp"), ("w2", "W2: the same with one call", "nodered", None),
                ("w3", "W3: three durable steps, then the answer", "restate", "journal3p"), ("intake", "Intake: 202 once it is durable", None, "journal")]
        for name, title, peer, limit in plan:
            if name not in only:
                continue
            for connections in (256, 64, 1) if name == "w3" else (64, 1):
                contestants = {"millrace": engine.hook(name)}
                if peer in targets and name in targets[peer]:
                    contestants[peer] = targets[peer][name]
                bare = None
                mode = limit if connections > 1 or limit is None else limit.rstrip("p")
                if mode and limit_program:
                    bare = Limit(limit_program, mode, bench.folder).start()
                    contestants[mode] = bare.url
                before = cpu_seconds(engine.process.pid)
                figures = bench.measure(contestants, connections)
                used = cpu_seconds(engine.process.pid) - before
                bench.show(f"{title}, {connections} connection{'s' if connections > 1 else ''}", figures, peer if peer in contestants else mode)
                answered = figures["millrace"]["per_second"] * options.seconds * options.runs
                print(f"  (millrace: {used / max(answered, 1) * 1e6:.0f} us of CPU a request, {resident_mib(engine.process.pid):.0f} MiB)")
                if bare is not None:
                    if mode in figures:
                        print(f"  (of the bare limit {mode}: {figures['millrace']['per_second'] / figures[mode]['per_second']:.2f}; "
                              f"p50 {figures['millrace']['p50_ms'] / figures[mode]['p50_ms']:.2f} x, p99 {figures['millrace']['p99_ms'] / figures[mode]['p99_ms']:.2f} x)")
                    bare.stop()
    finally:
        for one in reversed(started):
            one.stop()


def hanging(bench, options):
    """W1 beside calls of a plugin that never end, in turns with a service that has none of them."""
    engines = {name: Engine(options.build, bench.folder / name, {"w1": text("w1", W1), "hang": text("hang", HANG, "")}, apart=apart).start()
               for name, apart in (("alone", "none"), ("inside", "none"), ("apart", "all"))}
    try:
        for name in ("inside", "apart"):
            for _ in range(40):
                urllib.request.urlopen(urllib.request.Request(engines[name].hook("hang"), data=b"{}", headers={"Content-Type": "application/json"})).close()
        time.sleep(1)
        figures = bench.measure({name: engine.hook("w1") for name, engine in engines.items()}, 64)
        bench.show("W1 while 40 calls of a plugin hang", figures)
        for name in ("inside", "apart"):
            print(f"  p99 with calls that hang {name}: {figures[name]['p99_ms'] / figures['alone']['p99_ms']:.2f} x   aim: at most 1.1")
    finally:
        for engine in engines.values():
            engine.process.kill()  # a drain would wait for what never ends
            engine.process.wait()
            engine.process.stdout.close()


def starts(bench, options):
    for count in (10, 1000):
        engine = Engine(options.build, bench.folder / f"start{count}", {f"w{i}": text(f"w{i}", W1) for i in range(count)})
        times = []
        for _ in range(5):
            engine.start()
            times.append(engine.ready)
            time.sleep(1)
            memory = resident_mib(engine.process.pid)
            engine.stop()
        print(f"\nReady with {count} workflows: {statistics.median(times):.3f} s, {memory:.0f} MiB resident   aim: {'0.1 s, 48 MiB' if count == 1000 else '24 MiB'}", flush=True)


def rules(bench, options):
    costs = {}
    for count in (10, 10_000):
        workflows = {}
        for i in range(count):
            body = text("shared", W1, "").replace("    verify: public", f"    if: event.tag.name == '{'vip-customer' if i == count // 2 else f'tag-{i}'}'\n    verify: public")
            workflows[f"r{i}"] = body
        engine = Engine(options.build, bench.folder / f"rules{count}", workflows).start()
        try:
            load(engine.hook("shared"), 16, 1, bench.body)
            before = cpu_seconds(engine.process.pid)
            figure = load(engine.hook("shared"), 64, options.seconds, bench.body)
            costs[count] = (cpu_seconds(engine.process.pid) - before) / (figure["per_second"] * options.seconds) * 1e6
            print(f"\n{count} workflows on one source, one that matches: {figure['per_second']:.0f}/s, {costs[count]:.1f} us of CPU an event, "
                  f"{resident_mib(engine.process.pid):.0f} MiB", flush=True)
        finally:
            engine.stop()
    print(f"  ratio {costs[10_000] / costs[10]:.2f}   aim: at most 2")


def million(bench, options):
    engine = Engine(options.build, bench.folder / "million", {"w1": text("w1", W1, "")}).start()
    try:
        sent, memory = 0, []
        while sent < 1_000_000:
            figure = load(engine.hook("w1"), 64, 10, bench.body)
            sent += int(figure["per_second"] * 10)
            memory.append(resident_mib(engine.process.pid))
        print(f"\n{sent} events: {memory[0]:.0f} MiB after the first ten seconds, {memory[-1]:.0f} MiB at the end   aim: flat, under 120")
    finally:
        engine.stop()
    engine.start()
    print(f"  ready again with {sent} finished runs in the store: {engine.ready:.3f} s   aim: under 2")
    engine.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--kit", type=pathlib.Path, default=os.environ.get("MILLRACE_BENCH_KIT"))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="w1,w2,w3,intake,hanging,start,rules,million")
    options = parser.parse_args()
    options.build = options.build.resolve()
    only = options.only.split(",")
    bench = Bench(options)
    try:
        if {"w1", "w2", "w3", "intake"} & set(only):
            loads(bench, options, only)
        if "hanging" in only:
            hanging(bench, options)
        if "start" in only:
            starts(bench, options)
        if "rules" in only:
            rules(bench, options)
        if "million" in only:
            million(bench, options)
    finally:
        bench.close()


main()
