"""The usage of 10,000 location tags over 50,000 contacts and 5,000 posts: what the engine's process costs, live and planned; and within
100 requests in 10 s, as HighLevel has it: how long it takes, what is refused, and whether the plan knew how many calls it makes."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
TAGS, CONTACTS, POSTS = 10_000, 50_000, 5_000

PROJECT = """version: 1
timezone: Europe/London
connections:
  highlevel:
    plugin: highlevel
    base_url: URL
    auth: {token: "secret:highlevel_token"}
    locations: [loc_main]
"""
WORKFLOW = """version: 1
name: Usage
locations: [loc_main]
triggers:
  - manual
actions:
  - id: usage
    action: tags.usage
"""


SOME_DAY = "2026-06-01T00:00:00.000Z"


def contact(number):
    return {"id": f"con_{number:020}", "locationId": "loc_main", "name": f"Contact Number {number}", "firstName": "Contact",
            "lastName": f"Number {number}", "email": f"contact.{number}@example.com", "phone": f"+4420{number:08}", "timezone": "Europe/London",
            "type": "lead", "source": "public api", "address1": f"{number} High Street", "city": "London", "country": "GB", "postalCode": "SW1A 1AA",
            "dateAdded": f"2026-{number % 11 + 1:02}-{number % 28 + 1:02}T{number % 24:02}:00:00.000Z",
            "tags": [f"tag number {(number * 7 + step) % (TAGS - 500)}" for step in range(4)]}


def world():
    return {"locations": [{"id": "loc_main", "name": "Main"}],
            "location_tags": [{"id": f"tag_{number:020}", "name": f"Tag Number {number}", "locationId": "loc_main"} for number in range(TAGS)],
            "contacts": [contact(number) for number in range(CONTACTS)],
            "social_tags": [{"_id": f"{number:024x}", "tag": f"social {number}", "locationId": "loc_main", "createdBy": "user_ada", "deleted": False,
                             "createdAt": SOME_DAY, "updatedAt": SOME_DAY} for number in range(100)],
            "social_posts": [{"_id": f"{number:024x}", "locationId": "loc_main", "accountId": "a", "platform": "facebook", "type": "post", "status": "published",
                              "summary": f"post {number}", "tags": [f"{number % 100:024x}"], "createdAt": SOME_DAY, "updatedAt": SOME_DAY,
                              "publishedAt": SOME_DAY, "displayDate": SOME_DAY} for number in range(POSTS)]}


def fill(url):
    """In a process of its own: what is measured later starts as a copy of this one, and its peak counts."""
    child = os.fork()
    if child == 0:
        body = json.dumps({"state": world()}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{url}/_sandbox/reset", body, {"Content-Type": "application/json"})).close()
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit("the sandbox did not take the state")


def measure(arguments, folder):
    """Wall and CPU seconds and peak MiB of one run, and what it printed."""
    with tempfile.TemporaryFile() as printed:
        began = time.perf_counter()
        child = subprocess.Popen(arguments, cwd=folder, stdout=printed)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        if child.returncode != 0:
            raise SystemExit(f"{arguments[0]} ended with {child.returncode}")
        printed.seek(0)
        return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, printed.read()


def requests(url):
    with urllib.request.urlopen(f"{url}/_sandbox/requests") as answer:
        return [request["status"] for request in json.loads(answer.read())["requests"]]


def prepare(folder, url):
    (folder / "millrace.yaml").write_text(PROJECT.replace("URL", url))
    (folder / "state").mkdir(exist_ok=True)
    secrets = folder / "state" / "secrets.json"
    secrets.write_text('{"highlevel_token": "sandbox-token"}')
    secrets.chmod(0o600)
    (folder / "workflows").mkdir(exist_ok=True)
    (folder / "workflows" / "usage.yaml").write_text(WORKFLOW)


def trial(folder, limit):
    """The run and its plan against an account of that limit."""
    sandbox = subprocess.Popen([build / "millrace-sandbox", "--listen", "127.0.0.1:0", "--limit", limit], stdout=subprocess.PIPE, text=True)
    try:
        url = re.search(r"http://[\d.:]+", sandbox.stdout.readline())[0]
        fill(url)
        prepare(folder, url)
        for title, mode in (("run (planned)", []), ("run --live", ["--live"])):
            before = len(requests(url))
            wall, cpu, peak, printed = measure([build / "millrace", "run", "usage", *mode, "--json"], folder)
            told = json.loads(printed)
            totals, (calls,) = told["runs"][0]["output"]["totals"], told["calls"]
            made = requests(url)[before:]
            foretold = f", foretold as {calls['calls']} in {calls['seconds']:.0f} s" if not mode else ""
            print(f"usage of {totals['tags']} tags over {totals['contacts']} contacts and {totals['posts']} posts, limit {limit}, {title}: {wall:.1f} s, "
                  f"engine CPU {cpu:.2f} s, peak {peak:.0f} MiB, {len(made)} calls ({made.count(429)} refused){foretold}   "
                  "aim: CPU under 10 s, peak under 100 MiB, none refused")
    finally:
        sandbox.terminate()
        sandbox.wait()
        sandbox.stdout.close()


def main():
    with tempfile.TemporaryDirectory() as name:
        for limit in ("off", "100"):
            trial(pathlib.Path(name), limit)


main()
