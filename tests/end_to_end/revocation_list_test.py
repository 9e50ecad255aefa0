"""A list of what is revoked that somebody else keeps: fetched by the service, believed where it is signed and no older than what is known."""
import json

from far_server import FarAnswers, FarServer
from packages import Author
from project import main
from project import main
from revoked_test import PAPER
from served import ServedTest
from service import wait_until

SERVED_AT = "/lists/revoked.txt"


class Lists(FarServer):
    """Has files, by path; whoever asks for another is told that there is none."""

    def __init__(self):
        self.files, self.asked = {}, []
        super().__init__(Files)

    def put(self, text, author, signed=None):
        content = text.encode()
        self.files = {SERVED_AT: content, SERVED_AT + ".minisig": author.sign(content if signed is None else signed.encode())}


class Files(FarAnswers):
    def do_GET(self):
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        self.send_response(200 if content is not None else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")


class RevocationList(ServedTest):
    def setUp(self):
        super().setUp()
        self.keeper, self.other = Author(7, "Keeper"), Author(9, "Other")
        self.lists = Lists()
        self.addCleanup(self.lists.close)
        self.service.write("plugins/paper/paper.json", json.dumps(PAPER))
        self.config = (self.service.folder / "millrace.yaml").read_text()
        self.config += f'  paper:\n    plugin: paper\n    base_url: {self.far.url}\n    auth: {{token: "secret:far"}}\n'
        self.listen_to(self.keeper)
        self.service.flow("paper", "  - action: paper.send\n")

    def listen_to(self, author, url=None):
        source = f"{{url: {url or self.lists.url + SERVED_AT}, key: {author.key}}}"
        self.service.write("millrace.yaml", self.config + f"plugins: {{revocations: {source}}}\n")

    def starts_and_hears(self):
        self.service.start()
        wait_until(lambda: "is revoked" in self.service.log(), 20, "the list to be heard")

    def outcome(self, n):
        return self.service.ended(self.service.delivered("paper", {"n": n})["runs"][0])

    def refused_with(self, words, n):
        run = self.outcome(n)
        self.assertEqual(run["outcome"], "failed", run)
        self.assertIn(words, run["note"])

    def alarm(self):
        return wait_until(lambda: [alarm["message"] for alarm in self.service.get("status")["alarms"] if alarm["about"] == "revocations of plugins"],
                          20, "the alarm")[0]

    def test_what_is_in_it_is_refused_by_the_service_and_by_every_command_until_it_is_taken_back_there(self):
        self.lists.put("# of the house\nserial 3\npaper@1.0.0 it leaks\n", self.keeper)
        self.starts_and_hears()
        self.refused_with("it leaks", 1)
        self.assertEqual(self.far.requests("/paper"), [])
        checked = self.service.millrace("check")
        self.assertEqual(checked.returncode, 1)
        self.assertIn(f"paper@1.0.0 in {self.lists.url}{SERVED_AT}", checked.stdout + checked.stderr)
        allowed = self.service.millrace("plugin", "allow", "paper")
        self.assertEqual(allowed.returncode, 1)
        self.assertIn("it leaks", allowed.stderr)
        self.service.stop()
        self.lists.put("serial 4\n", self.keeper)
        self.service.start()
        kept = self.service.folder / "state" / "revoked.json"
        wait_until(lambda: "serial 4" in kept.read_text(), 20, "the next list")
        self.service.stop()
        self.service.start()
        self.assertEqual(self.outcome(2)["outcome"], "completed")

    def test_one_that_is_older_or_another_of_the_same_number_is_refused_and_what_was_known_stays(self):
        self.lists.put("serial 10\npaper it leaks\n", self.keeper)
        self.starts_and_hears()
        self.service.stop()
        for number, text in enumerate(("serial 9\n", "serial 10\n", "serial 2\npaper it is fine\n"), 2):
            with self.subTest(text):
                self.lists.put(text, self.keeper)
                self.service.start()
                self.assertIn("serial 10 is known", self.alarm())
                self.refused_with("it leaks", number)
                self.service.stop()

    def test_what_is_not_the_keepers_or_no_list_is_not_believed(self):
        for name, put in {
                "signed by somebody else": lambda: self.lists.put("serial 1\npaper it leaks\n", self.other),
                "the signature of another text": lambda: self.lists.put("serial 1\npaper it leaks\n", self.keeper, "serial 1\n"),
                "without a signature": lambda: self.lists.files.pop(SERVED_AT + ".minisig"),
                "without a serial": lambda: self.lists.put("paper it leaks\n", self.keeper),
                "with a serial that is no number": lambda: self.lists.put("serial one\npaper it leaks\n", self.keeper),
                "with a serial below one": lambda: self.lists.put("serial 0\npaper it leaks\n", self.keeper),
                "with a serial of too many digits": lambda: self.lists.put("serial 99999999999999999999\npaper it leaks\n", self.keeper),
                "with the serial behind a line": lambda: self.lists.put("paper it leaks\nserial 1\n", self.keeper),
                "not there": lambda: self.lists.files.clear(),
                "too large": lambda: self.lists.put("serial 1\n" + "# more\n" * 200_000, self.keeper)}.items():
            with self.subTest(name):
                self.lists.put("serial 1\npaper it leaks\n", self.keeper)
                put()
                self.service.start()
                self.assertIn("cannot be used", self.alarm())
                self.assertFalse((self.service.folder / "state" / "revoked.json").exists())
                self.assertEqual(self.outcome(name)["outcome"], "completed")
                self.service.stop()

    def test_what_was_fetched_counts_while_nobody_answers_and_its_signature_is_looked_at_each_time(self):
        self.lists.put("serial 1\npaper it leaks\n", self.keeper)
        self.starts_and_hears()
        self.service.stop()
        self.lists.files.clear()
        planned = self.service.millrace("plan", "paper", "--event", "-", stdin="{}")
        self.assertIn("it leaks", planned.stderr)
        self.service.start()
        self.refused_with("it leaks", 2)
        self.service.stop()
        kept = self.service.folder / "state" / "revoked.json"
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)
        kept.write_text(kept.read_text().replace("paper it leaks", "other it leaks"))
        planned = self.service.millrace("plan", "paper", "--event", "-", stdin="{}")
        self.assertEqual(planned.returncode, 0)
        self.assertIn("state/revoked.json", planned.stderr)

    def test_another_key_or_place_is_another_keepers_word(self):
        self.lists.put("serial 10\npaper it leaks\n", self.keeper)
        self.starts_and_hears()
        self.service.stop()
        self.listen_to(self.other)
        self.lists.put("serial 1\n", self.other)
        self.service.start()
        self.assertEqual(self.outcome(1)["outcome"], "completed")
        self.service.stop()
        self.service.write("millrace.yaml", self.config)
        self.service.start()
        self.assertEqual(self.outcome("last")["outcome"], "completed")

    def test_check_says_what_is_wrong_with_its_lines(self):
        for source, words in ((f"{{url: {self.lists.url}/a}}", "key"), (f"{{url: 'ftp://x/a', key: {self.keeper.key}}}", "url"),
                              (f"{{url: 'https://x/a?b', key: {self.keeper.key}}}", "url"), ("{url: 'https://x/a', key: RWabc}", "key")):
            with self.subTest(source):
                self.service.write("millrace.yaml", self.config + f"plugins: {{revocations: {source}}}\n")
                checked = self.service.millrace("check")
                self.assertEqual(checked.returncode, 1)
                self.assertIn(words, checked.stdout)


if __name__ == "__main__":
    main()
