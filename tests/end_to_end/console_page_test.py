"""The console's page in a real browser: each screen with data, without, and where the service fails; keys, axe, the content policy."""
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from project import PATIENCE, build, main
from served import ServedSandboxTest

chromium = os.environ.get("MILLRACE_CHROMIUM") or shutil.which("chromium")
# script/page keeps a copy of console/ there, with what npm installed.
console = build / "engine" / "console"

ASKING = """
version: 1
name: Asks first
mode: live
triggers:
  - manual
actions:
  - approve: {message: "Write the file?", expires: 2d}
  - action: files.write
    with: {file: asked.txt, text: asked}
"""
LOOP = """
version: 1
name: One after the other
mode: live
triggers:
  - manual
vars:
  names: [one, two, three]
actions:
  - action: files.write
    with: {file: begin.txt, text: begin}
  - id: each
    for_each: vars.names
    as: name
    do:
      - if: name != 'two'
        action: files.write
        with: {file: "${{ name }}.txt", text: "${{ name }}"}
"""
BROKEN = """
version: 1
name: Fails each time
mode: live
triggers:
  - manual
actions:
  - set: {never: "${{ 1 / (size(event) - size(event)) }}"}
"""
TAGGING = """
version: 1
name: Makes a tag
mode: live
locations: [loc_main]
triggers:
  - manual
actions:
  - {action: highlevel.location_tags.create, with: {name: made here}}
"""
REPORTS = {
    "weekly/tags-2026-11-20.csv": 'tag,contacts\nnewsletter,40\n"vip, ""gold""",12\n',
    "weekly/tags-2026-11-27.csv": 'tag,contacts\nnewsletter,41\n"vip, ""gold""",12\n',
    "weekly/page.html": '<!doctype html><html lang="en"><title>Week 48</title><style>h1 { color: teal }</style><h1>Week 48</h1><p>12 contacts carry vip.</p></html>',
    "weekly/page.pdf": "%PDF-1.4\n",
    "hostile.html": "<h1>A harmless title</h1><script>localStorage.setItem('stolen', 1); top.document.title = 'taken'</script><img src='https://example.com/seen.png' onerror='top.location = 1'>"
                    "<iframe src='/api/v1/session'></iframe><form action='/api/v1/pause' method='post'></form>",
}


def reason_to_skip():
    if not chromium:
        return "there is no Chromium (apt-get install chromium, or MILLRACE_CHROMIUM)"
    if not shutil.which("node"):
        return "there is no Node.js"
    if not (console / "node_modules" / "playwright-core").exists() or not (console / "dist" / "index.html").exists():
        return "the console was not built, for want of npm or a registry"
    return None


@unittest.skipIf(reason_to_skip(), reason_to_skip())
class PageTest(ServedSandboxTest):
    def setUp(self):
        super().setUp()
        for name, text in (("asks", ASKING), ("loop", LOOP), ("fails", BROKEN), ("called-off", ASKING), ("tagging", TAGGING)):
            self.service.write(f"workflows/{name}.yaml", text)
        for name, text in REPORTS.items():
            self.service.write(f"output/{name}", text)
        self.service.start()

    def start(self, workflow):
        return json.loads(self.service.api("POST", f"workflows/{workflow}/runs", {}).body)

    def test_every_screen_is_as_it_should_be(self):
        loop, failed, asking, second, tagged = [self.start(name) for name in ("loop", "fails", "asks", "called-off", "tagging")]
        for started, outcome in ((loop, "completed"), (failed, "failed"), (asking, "waiting"), (second, "waiting"), (tagged, "completed")):
            self.service.reached(started["runs"][0], outcome)
        link = self.service.millrace("open", "--print")
        self.assertEqual(link.returncode, 0, link.stderr)
        pictures, only = os.environ.get("MILLRACE_PICTURES"), os.environ.get("MILLRACE_ONLY")
        given = {"chromium": chromium, "link": link.stdout.strip(), "origin": self.service.url, "pictures": pictures, "only": only,
                 "known": {"run": failed["runs"][0], "asking": asking["runs"][0], "loop": loop["runs"][0], "called_off": second["runs"][0], "tagged": tagged["runs"][0], "workflow": "loop", "event": loop["event"]}}
        if pictures:
            pathlib.Path(pictures).mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["node", console / "tests" / "browser" / "walk.mjs"], input=json.dumps(given), capture_output=True, text=True,
                              timeout=540 * PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        told = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertGreater(len(told), 0 if only else 50)
        for one in told:
            with self.subTest(one["name"]):
                self.assertEqual(one["problems"], [])


main()
