"""Expressions on one core, compiled once: beside the same by hand over RapidJSON and, after `npm ci --prefix bench`, beside JavaScript."""
import json
import pathlib
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()

EXPRESSIONS = {
    "condition": 'tag.usage == 0 && tag.name.startsWith("tmp-")',
    "dates": 'tags.filter(t, timestamp(t.lastUsed) < now - duration("2160h"))',
    "map": '{"id": tag.id, "name": tag.name, "usage": tag.usage}',
}
AIMS = {"condition": 20_000_000, "dates": 60_000, "map": 4_000_000}


def tag(number):
    return {
        "id": f"tag_{number:020}",
        "name": f"tmp-{number}",
        "locationId": "loc_0000000000000001",
        "usage": number % 3,
        "lastUsed": f"2026-{1 + number % 10:02}-{1 + number % 28:02}T09:{number % 60:02}:00.123Z",
    }


def figures(command):
    """The numbers of each line, by its first word."""
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return {line.split()[0]: [float(number) for number in line.split()[1:]] for line in lines}


def main():
    world = {"now": "2026-11-27T09:00:00Z", "expressions": EXPRESSIONS, "tag": tag(0), "tags": [tag(number) for number in range(100)]}
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "world.json"
        file.write_text(json.dumps(world))
        ours = figures([build / "bench" / "bench-expressions", file])
        installed = (here / "node_modules" / "@marcbachmann" / "cel-js").is_dir()
        script = figures(["node", here / "expressions.mjs", file]) if installed else {}
    print(f"{'evaluations a second':<28}{'millrace':>14}{'by hand':>14}{'ratio':>7}{'JavaScript':>14}{'ratio':>7}   aim")
    for name, (rate, by_hand) in ours.items():
        beside = f"{script[name][0]:>14,.0f}{rate / script[name][0]:>7.1f}" if name in script else f"{'-':>14}{'-':>7}"
        print(f"{name:<28}{rate:>14,.0f}{by_hand:>14,.0f}{rate / by_hand:>7.2f}{beside}   {AIMS[name]:,}")


main()
