"""A loop of 1,000 calls, 16 at once, against the sandbox: the engine beside a bare libcurl loop, taken in turns, both without their start.

Live, where outcomes are written while the loop goes on, and as a plan, where nothing is."""
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
source = pathlib.Path(__file__).resolve().parent
COUNT, PARALLEL = 1000, 16

WORKFLOW = """version: 1
name: Calls
locations: [loc_main]
triggers:
  - manual
vars:
  tag: TAG
actions:
  - for_each: lists.range(COUNT)
    parallel: PARALLEL
    do:
      - action: highlevel.location_tags.get
        with:
          tag_id: ${{ vars.tag }}
"""


def timed(arguments, folder):
    began = time.perf_counter()
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{arguments[0]} ended with {done.returncode}: {done.stderr}")
    return time.perf_counter() - began, done.stdout


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        bare = folder / "calls_bare"
        subprocess.run(["cc", "-O2", "-o", bare, source / "calls_bare.c", "-lcurl"], check=True)
        sandbox = subprocess.Popen([build / "millrace-sandbox", "--listen", "127.0.0.1:0", "--limit", "off"], stdout=subprocess.PIPE, text=True)
        try:
            url = re.search(r"http://[\d.:]+", sandbox.stdout.readline())[0]
            headers = {"Authorization": "Bearer sandbox-token", "Version": "2021-07-28"}
            with urllib.request.urlopen(urllib.request.Request(f"{url}/locations/loc_main/tags", headers=headers)) as answer:
                tag = json.load(answer)["tags"][0]["id"]
            (folder / "millrace.yaml").write_text(f"version: 1\ntimezone: Europe/London\nconnections:\n  highlevel:\n    plugin: highlevel\n    base_url: {url}\n"
                                                  "    auth: {token: \"secret:highlevel_token\"}\n    locations: [loc_main]\n")
            (folder / "state").mkdir()
            secrets = folder / "state" / "secrets.json"
            secrets.write_text('{"highlevel_token": "sandbox-token"}')
            secrets.chmod(0o600)
            (folder / "workflows").mkdir()
            (folder / "workflows" / "calls.yaml").write_text(WORKFLOW.replace("TAG", tag).replace("COUNT", str(COUNT)).replace("PARALLEL", str(PARALLEL)))
            (folder / "workflows" / "none.yaml").write_text((folder / "workflows" / "calls.yaml").read_text().replace(f"range({COUNT})", "range(0)"))
            modes = {"live": ["--live"], "plan": []}
            ours, nothing, theirs = {mode: [] for mode in modes}, {mode: [] for mode in modes}, []
            for _ in range(9):
                for mode, options in modes.items():
                    nothing[mode].append(timed([build / "millrace", "run", "none", *options, "--json"], folder)[0])
                    ours[mode].append(timed([build / "millrace", "run", "calls", *options, "--json"], folder)[0])
                theirs.append(float(timed([bare, f"{url}/locations/loc_main/tags/{tag}", "sandbox-token", str(COUNT), str(PARALLEL)], folder)[1]))
        finally:
            sandbox.terminate()
            sandbox.wait()
            sandbox.stdout.close()
        limit = statistics.median(theirs[1:])
        print(f"{COUNT} calls, {PARALLEL} at once: bare libcurl {limit * 1000:.0f} ms")
        for mode in modes:
            start = statistics.median(nothing[mode][1:])
            mine = statistics.median(ours[mode][1:]) - start
            print(f"  {mode}: engine {mine * 1000:.0f} ms (and {start * 1000:.0f} ms to start and end), ratio {mine / limit:.2f}   aim: at most 1.3")


main()
