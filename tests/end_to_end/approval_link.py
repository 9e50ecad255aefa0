"""The link of an approval, opened and answered as a browser does it: what its tests share."""
import html.parser
import re
import urllib.parse

from served import ServedTest
from service import ask

GO = "  - id: go\n    action: http.request\n    connection: web\n    with: {method: POST, url: /go, body: {n: 1}}\n"
SAID = "  - id: said\n    set: {by: \"${{ asked.by }}\", comment: \"${{ asked.comment }}\"}\n"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Page(html.parser.HTMLParser):
    """What a browser makes of a page: its elements, its words, and what its form would send."""

    def __init__(self, answer):
        super().__init__()
        self.status = answer.status
        self.text = answer.body.decode()
        self.elements, self.words, self.fields, self.choices = [], "", {}, []
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append(tag)
        if tag in ("input", "textarea"):
            self.fields[attributes["name"]] = attributes.get("value", "")
        if tag == "button":
            self.choices.append(attributes.get("value") if "disabled" not in attributes else None)

    def handle_data(self, data):
        self.words += data


class LinkTest(ServedTest):
    def setUp(self):
        super().setUp()
        self.service.flow("ask", "  - id: asked\n    approve: \"Delete ${{ event.n }} tags?\"\n" + GO + SAID)

    def asked(self, event=None, flow="ask"):
        """A run that waits for an approval, and its link."""
        run = self.service.delivered(flow, {"n": 3} if event is None else event)["runs"][0]
        self.service.reached(run, "waiting")
        return run, self.link(run)

    def link(self, run):
        shown = self.service.millrace("runs", "show", run)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        found = re.search(r"^ *approve: (http://\S+)$", shown.stdout, re.M)
        return found and found[1]

    def send(self, link, method="GET", body=None, headers=None):
        address = urllib.parse.urlsplit(link)
        return ask(self.service.url, method, f"{address.path}?{address.query}", body, headers)

    def open(self, link):
        return Page(self.send(link))

    def answer(self, link, page, choice="approve", headers=None, **fields):
        """Fills in the form of a page and presses one of its buttons."""
        form = urllib.parse.urlencode({**page.fields, **fields, "answer": choice}).encode()
        return Page(self.send(link, "POST", form, {**FORM, **(headers or {})}))

    def still_waits(self, run):
        self.assertEqual(self.service.run(run)["outcome"], "waiting")
        self.assertEqual(self.far.seen, [])
        self.assertEqual(self.service.get("audit?about=" + run)["audit"], [])
