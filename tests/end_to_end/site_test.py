"""The pages that script/site makes of the Markdown: all of them, whole, with their search, and nothing of a server or of somebody else."""
import html.parser
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

from project import build, main, source

CANNOT_INSTALL = 3
ASKED = """
const MiniSearch = require(process.argv[1] + "/minisearch.js");
global.window = {};
require(process.argv[1] + "/search-index.js");
const fields = {fields: ["heading", "page", "text"], storeFields: ["heading", "page", "said"]};
const index = MiniSearch.loadJSON(window.searchIndex, fields);
console.log(JSON.stringify(process.argv.slice(2).map((word) => index.search(word, {prefix: true, combineWith: "AND"}).map((each) => each.id))));
"""


class Page(html.parser.HTMLParser):
    """What a page can be led to, and what it leads to."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.fetched, self.inline = [], [], [], []
        self.title, self.inside = "", None
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs, self.inside = dict(attrs), tag
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "a":
            self.links.append(attrs["href"])
        elif tag in ("script", "img", "iframe"):
            self.fetched.append(attrs.get("src"))
        elif tag == "link":
            self.fetched.append(attrs["href"])
        self.inline += [name for name in attrs if name.startswith("on") or name == "style"]

    def handle_data(self, data):
        if self.inside == "title":
            self.title, self.inside = data, None


class Site(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(dir=build)
        cls.addClassCleanup(cls.folder.cleanup)
        cls.site = pathlib.Path(cls.folder.name) / "site"
        done = subprocess.run([sys.executable, source / "script/site", cls.site], capture_output=True, text=True, check=False,
                              env={**os.environ, "MILLRACE_BUILD": str(build)})
        if done.returncode == CANNOT_INSTALL:
            print("skipped: " + done.stderr.strip(), flush=True)
            raise unittest.SkipTest(done.stderr.strip())
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.pages = {path.relative_to(cls.site).as_posix(): Page(path) for path in cls.site.rglob("*.html")}

    def test_every_page_of_the_repository_is_there_with_its_title(self):
        for path in [source / "README.md", source / "sandbox" / "README.md", *(source / "docs").rglob("*.md")]:
            name = re.sub(r"README\.md$", "index.md", path.relative_to(source).as_posix())[:-3] + ".html"
            with self.subTest(name):
                self.assertIn(name, self.pages)
                heading = re.search(r"^# (.*)$", path.read_text(encoding="utf-8"), re.M)[1]
                self.assertEqual(self.pages[name].title, heading.replace("`", "") + " - Millrace")

    def test_every_link_and_every_anchor_leads_somewhere(self):
        for name, page in self.pages.items():
            for link in page.links:
                target = urllib.parse.urlsplit(link)
                if target.scheme:
                    continue
                led = os.path.normpath(os.path.join(os.path.dirname(name), target.path)) if target.path else name
                with self.subTest(f"{name}: {link}"):
                    self.assertIn(led, self.pages)
                    if target.fragment:
                        self.assertIn(urllib.parse.unquote(target.fragment), self.pages[led].ids)

    def test_an_anchor_is_on_its_page_once(self):
        for name, page in self.pages.items():
            self.assertEqual(len(page.ids), len(set(page.ids)), name)

    def test_a_page_fetches_nothing_but_what_lies_beside_it_and_runs_nothing_of_its_own(self):
        for name, page in self.pages.items():
            self.assertEqual(page.inline, [], name)
            for fetched in page.fetched:
                self.assertIsNotNone(fetched, f"{name} has a script of its own")  # a console's policy allows none
                self.assertTrue((self.site / name).parent.joinpath(fetched).is_file(), f"{name}: {fetched}")

    def test_words_are_found_where_they_stand(self):
        asked = {"exponential doubles": "docs/reference/format.html#retry", "location_tags.create": "docs/reference/plugins/highlevel.html#",
                 "bare-braces": "docs/rules.html#bare-braces", "idempotency key": "docs/glossary.html#", "startsWith": "docs/reference/functions.html#startswith"}
        done = subprocess.run(["node", "-e", ASKED, self.site, *asked], capture_output=True, text=True, check=True)
        for (words, wanted), found in zip(asked.items(), json.loads(done.stdout), strict=True):
            self.assertTrue(any(each.startswith(wanted) for each in found), f"{words}: {found[:5]}")


if __name__ == "__main__":
    main()
