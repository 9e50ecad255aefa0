"""What a person at the command line waits for: start-up, a plan, a check of many files. Medians of whole processes."""
import os
import pathlib
import statistics
import sys
import tempfile
import time

build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
source = pathlib.Path(__file__).resolve().parents[1]
program = str(build / "millrace")

PROJECT = "version: 1\ntimezone: Europe/London\n"
LOCAL = """version: 1
name: Local
triggers:
  - manual
vars:
  names: [a, b, c]
actions:
  - id: kept
    action: list.filter
    with:
      items: vars.names
      where: item != 'b'
  - action: files.write
    with:
      file: kept.txt
      text: ${{ size(kept.items) }} kept
"""


def measure(arguments, folder, runs):
    """(wall ms, CPU ms, peak MiB) of one run each, as medians."""
    walls, cpus, peaks = [], [], []
    for _ in range(runs + 1):
        began = time.perf_counter()
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            os.execv(program, [program, *arguments])
        _, status, used = os.wait4(child, 0)
        if status != 0:
            raise SystemExit(f"millrace {' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}")
        walls.append((time.perf_counter() - began) * 1000)
        cpus.append((used.ru_utime + used.ru_stime) * 1000)
        peaks.append(used.ru_maxrss / 1024)
    return tuple(statistics.median(figures[1:]) for figures in (walls, cpus, peaks))


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "millrace.yaml").write_text(PROJECT)
        (folder / "workflows").mkdir()
        (folder / "workflows" / "local.yaml").write_text(LOCAL)
        many = folder / "many"
        (many / "workflows").mkdir(parents=True)
        (many / "millrace.yaml").write_text((source / "millrace.yaml").read_text())
        sample = (source / "workflows" / "sync-tags.yaml").read_text()
        for number in range(1000):
            (many / "workflows" / f"sync-{number}.yaml").write_text(sample.replace("Keep tags", f"Keep {number} tags"))
        rows = [
            ("version", ["version"], folder, 30, "wall under 15 ms"),
            ("plan of a local workflow", ["plan", "local"], folder, 30, "wall under 25 ms, peak under 30 MiB"),
            ("run of a local workflow", ["run", "local", "--live"], folder, 30, "peak under 30 MiB"),
            ("check of 1,000 files", ["check"], many, 5, "CPU under 1,000 ms"),
        ]
        print(f"{'':<28}{'wall ms':>9}{'CPU ms':>9}{'MiB':>7}   aim")
        for title, arguments, where, runs, aim in rows:
            wall, cpu, peak = measure(arguments, where, runs)
            print(f"{title:<28}{wall:>9.1f}{cpu:>9.1f}{peak:>7.1f}   {aim}")


main()
