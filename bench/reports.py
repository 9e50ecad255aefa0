"""Reports over 100,000 rows: what the engine's process costs, reading the rows as an event included."""
import json
import os
import pathlib
import sys
import tempfile
import time

build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
ROWS = 100_000
WORKFLOW = "version: 1\nname: Report\ntriggers:\n  - manual\nactions:\n  - action: reports.KIND\n    with:\n      rows: event.rows\n      file: report.KIND\n"


def write_event(file):
    """In a process of its own: a child's peak would count what its parent held."""
    if os.fork() == 0:
        rows = [{"date": f"2026-{month:02d}-{day:02d}", "location_id": "loc_main", "platform": "facebook", "posts": number % 9, "impressions": number * 7,
                 "likes": number % 97, "comments": number % 7, "followers": 9000 + number}
                for number, (month, day) in enumerate(((1 + n % 12, 1 + n % 28) for n in range(ROWS)))]
        file.write_text(json.dumps({"rows": rows}, separators=(",", ":")))
        os._exit(0)
    os.wait()


def measure(kind, folder):
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.execv(build / "millrace", ["millrace", "run", kind, "--live", "--event", "event.json"])
    _, status, used = os.wait4(child, 0)
    if status != 0:
        raise SystemExit(f"the report ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "millrace.yaml").write_text("version: 1\ntimezone: Europe/London\n")
        (folder / "workflows").mkdir()
        write_event(folder / "event.json")
        for kind in ("csv", "html", "json", "pdf"):
            (folder / "workflows" / f"{kind}.yaml").write_text(WORKFLOW.replace("KIND", kind))
            wall, cpu, peak = sorted(measure(kind, folder) for _ in range(3))[1]
            print(f"reports.{kind} of {ROWS} rows: {wall:.2f} s, CPU {cpu:.2f} s, peak {peak:.0f} MiB   aim: under 2 s, under 100 MiB")


main()
