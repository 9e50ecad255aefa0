"""The console's doors, with the real program: who comes in, who does not, and what a session is good for."""
import http.client
import json
import re
import time
import urllib.parse

from project import PATIENCE, main
from served import ServedTest
from service import ask

HTML = {"Accept": "text/html,application/xhtml+xml", "Accept-Encoding": "gzip"}


class Browser:
    """What a browser keeps of one person: a cookie, and the key that the page has stored."""

    def __init__(self, service):
        self.service, self.cookie, self.key = service, None, None
        self.own = service.url

    def enter(self, code, **headers):
        answer = ask(self.own, "POST", "/enter/code", {"code": code}, {"Sec-Fetch-Site": "same-origin", "Origin": self.own, **headers})
        if answer.status == 200:
            self.cookie = answer.headers["set-cookie"].split(";")[0]
            self.key = json.loads(answer.body)["key"]
        return answer

    def ask(self, method, path, body=None, **other):
        """As the page asks; a header of `other` that is None is left out."""
        headers = {"Sec-Fetch-Site": "same-origin", "Origin": self.own, "Cookie": self.cookie, "X-Millrace-Key": self.key,
                   **{name.replace("_", "-"): value for name, value in other.items()}}
        return ask(self.own, method, path, body, {name: value for name, value in headers.items() if value is not None})


class DoorsTest(ServedTest):
    def setUp(self):
        super().setUp()
        self.service.flow("flow")
        self.service.start()
        self.browser = Browser(self.service)

    def code(self):
        shown = self.service.millrace("open", "--print")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        address = urllib.parse.urlsplit(shown.stdout.strip())
        self.assertEqual(f"{address.scheme}://{address.netloc}{address.path}", self.service.url + "/enter")
        self.assertEqual(address.query, "")
        return re.fullmatch("code=([A-Za-z0-9_-]{43})", address.fragment)[1]

    def come_in(self):
        self.assertEqual(self.browser.enter(self.code()).status, 200)
        return self.browser

    def paused(self):
        return next(flow["paused"] for flow in self.service.get("workflows")["workflows"] if flow["id"] == "flow")

    def test_a_link_lets_one_browser_in_and_it_acts_under_the_name_of_whoever_asked_for_it(self):
        browser = self.come_in()
        session = json.loads(browser.ask("GET", "/api/v1/session").body)
        self.assertEqual(session["roles"], ["admin"])
        self.assertEqual(session["project"], self.service.folder.name)
        self.assertEqual(browser.ask("POST", "/api/v1/workflows/flow/pause", {}).status, 200)
        told = self.service.json("audit", "list")
        lines = [(line["who"], line["what"]) for line in told["audit"]]
        self.assertIn((session["who"], "enter"), lines)
        self.assertIn((session["who"], "pause"), lines)

    def test_files_of_output_are_given_to_whoever_may_read_and_nothing_beside_them(self):
        for name, text in (("output/weekly/page.html", "<h1>Grüße</h1>"), ("output/list.pdf", "%PDF"), ("secret.txt", "not for you")):
            self.service.write(name, text)
        (self.service.folder / "output" / "link.html").symlink_to(self.service.folder / "secret.txt")
        (self.service.folder / "output" / "out").symlink_to(self.service.folder)
        browser = self.come_in()
        shown = browser.ask("GET", "/api/v1/reports/weekly/page.html", X_Millrace_Key=None)  # as a frame asks
        self.assertEqual((shown.status, shown.body.decode()), (200, "<h1>Grüße</h1>"))
        self.assertEqual(shown.headers["content-type"], "text/html; charset=utf-8")
        self.assertTrue(shown.headers["content-security-policy"].startswith("sandbox; default-src 'none';"), shown.headers)
        self.assertEqual(shown.headers["x-content-type-options"], "nosniff")
        self.assertEqual(browser.ask("GET", "/api/v1/reports/list.pdf").headers["content-disposition"], "attachment")
        token = json.loads(self.service.api("POST", "tokens", {"name": "reader", "roles": ["viewer"]}).body)["token"]
        self.assertEqual(ask(self.service.url, "GET", "/api/v1/reports/list.pdf", headers={"Authorization": "Bearer " + token}).status, 200)
        self.assertEqual(ask(self.service.url, "GET", "/api/v1/reports/list.pdf").status, 401)
        for path in ("../secret.txt", "%2e%2e/secret.txt", "weekly/..%2f..%2fsecret.txt", "/etc/passwd", "%2Fetc%2Fpasswd", "link.html", "out/secret.txt", "weekly", "a%00"):
            with self.subTest(path):
                refused = browser.ask("GET", "/api/v1/reports/" + path)
                self.assertEqual(refused.status, 403, refused.body)
                self.assertNotIn(b"not for you", refused.body)
        self.assertEqual(browser.ask("GET", "/api/v1/reports/absent.html").status, 404)

    def test_a_code_is_used_once_and_none_is_guessed(self):
        code = self.code()
        self.assertEqual(self.browser.enter(code).status, 200)
        again = self.browser.enter(code)
        self.assertEqual(again.status, 403)
        self.assertIn(b"millrace open", again.body)
        self.assertEqual(self.browser.enter("A" * 43).status, 403)
        self.assertEqual(self.browser.enter("").status, 403)

    def test_a_code_is_over_when_it_says_so(self):
        given = self.service.api("POST", "session/codes", {"valid": "1s"})
        code = json.loads(given.body)["code"]
        time.sleep(1.1)
        self.assertEqual(self.browser.enter(code).status, 403)
        self.assertEqual(self.service.api("POST", "session/codes", {"valid": "11m"}).status, 400)

    def test_the_code_is_in_no_log_and_no_store(self):
        code = self.code()
        self.assertEqual(self.browser.enter(code).status, 200)
        secret = self.browser.cookie.split("=")[1]
        self.service.stop()
        for path in self.service.folder.rglob("*"):
            if path.is_file():
                for hidden in (code, secret, self.browser.key):
                    self.assertNotIn(hidden.encode(), path.read_bytes(), path)

    def test_another_site_another_port_another_name_and_a_form_change_nothing(self):
        browser = self.come_in()
        pause = "/api/v1/workflows/flow/pause"
        attacks = {
            "a page of another site": {"Origin": "http://evil.example", "Sec_Fetch_Site": "cross-site"},
            "its form": {"Origin": "http://evil.example", "Sec_Fetch_Site": "cross-site", "Content_Type": "application/x-www-form-urlencoded"},
            "a page of another port": {"Origin": "http://127.0.0.1:9", "Sec_Fetch_Site": "same-site"},
            "another port, from an old browser": {"Origin": "http://127.0.0.1:9", "Sec_Fetch_Site": None},
            "a page without an origin": {"Origin": "null", "Sec_Fetch_Site": None},
            "a program that has seen the cookie": {"Origin": None, "Sec_Fetch_Site": None, "X_Millrace_Key": None},
            "one that says what a browser says": {"X_Millrace_Key": None},
            "a wrong key": {"X_Millrace_Key": "A" * 43},
            "a name that was led here": {"Host": "evil.example:8710", "Origin": "http://evil.example:8710"},
            "a form of our own": {"Content_Type": "text/plain"},
            "an unknown cookie": {"Cookie": browser.cookie.split("=")[0] + "=" + "A" * 43},
        }
        for name, other in attacks.items():
            with self.subTest(name):
                answer = browser.ask("POST", pause, {}, **other)
                self.assertIn(answer.status, (401, 403, 415), answer.body)
                self.assertEqual(json.loads(answer.body)["error"]["code"], "invalid" if answer.status == 415 else "denied")
        self.assertFalse(self.paused())
        self.assertEqual(browser.ask("POST", pause, {}).status, 200)
        self.assertTrue(self.paused())

    def test_another_page_cannot_bring_somebody_in_as_another(self):
        for other in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Host": "evil.example"}):
            self.assertEqual(Browser(self.service).enter(self.code(), **other).status, 403)

    def come_back(self, browser):
        """The service starts again, at another port, after which the cookie is named."""
        self.service.start()
        browser.own = self.service.url
        browser.cookie = f"millrace_{browser.own.rsplit(':', 1)[1]}=" + browser.cookie.split("=")[1]

    def test_who_is_in_stays_in_over_a_restart_and_signing_out_is_for_good(self):
        browser = self.come_in()
        self.service.stop()
        self.come_back(browser)
        self.assertEqual(browser.ask("GET", "/api/v1/session").status, 200)
        self.assertEqual(browser.ask("DELETE", "/api/v1/session").status, 200)
        self.assertEqual(browser.ask("GET", "/api/v1/session").status, 401)
        self.service.kill()
        self.come_back(browser)
        self.assertEqual(browser.ask("GET", "/api/v1/session").status, 401)

    def test_the_page_is_at_every_place_of_its_own_and_says_what_it_may_do(self):
        page = ask(self.service.url, "GET", "/", headers=HTML)
        self.assertIn("default-src 'none'", page.headers["content-security-policy"])
        for path in ("/runs", "/workflows/flow/edit", "/enter"):
            self.assertEqual(ask(self.service.url, "GET", path, headers=HTML).body, page.body)
        self.assertEqual(ask(self.service.url, "GET", "/runs").status, 404)
        self.assertEqual(ask(self.service.url, "GET", "/assets/nothing.js", headers=HTML).status, 404)
        self.assertEqual(ask(self.service.url, "GET", "/", headers={**HTML, "Host": "evil.example"}).status, 403)
        if page.status == 200:
            again = ask(self.service.url, "GET", "/", headers={**HTML, "If-None-Match": page.headers["etag"]})
            self.assertEqual((again.status, again.body), (304, b""))

    def stream(self, browser, **headers):
        address = urllib.parse.urlsplit(self.service.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30 * PATIENCE)
        self.addCleanup(connection.close)
        connection.request("GET", "/api/v1/stream", headers={"Cookie": browser.cookie, "Sec-Fetch-Site": "same-origin", **headers})
        answer = connection.getresponse()
        self.assertEqual((answer.status, answer.getheader("Content-Type")), (200, "text/event-stream"))
        return answer

    def told(self, stream):
        """The next event: its fields."""
        fields = {}
        while True:
            line = stream.readline().decode()
            if line == "":
                return None
            if line == "\n" and "data" in fields:
                return fields
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                fields[name] = value

    def test_an_open_page_is_told_what_changes_and_goes_on_where_it_was(self):
        browser = self.come_in()
        stream = self.stream(browser)
        run = self.service.delivered("flow", {"secret": "a-payload"})["runs"][0]
        seen = []
        while not any(change["id"] == run and change["head"]["outcome"] == "completed" for change in seen):
            event = self.told(stream)
            self.assertNotIn("a-payload", event["data"])
            seen.append(json.loads(event["data"]))
        self.assertEqual([change["seq"] for change in seen], sorted(change["seq"] for change in seen))
        stream.close()
        other = self.service.delivered("flow", {"n": 2})["runs"][0]
        again = self.stream(browser, **{"Last-Event-ID": str(seen[-1]["seq"])})
        while (event := json.loads(self.told(again)["data"]))["id"] != other:
            self.assertGreater(event["seq"], seen[-1]["seq"])
        polled = json.loads(browser.ask("GET", f"/api/v1/changes?since={seen[-1]['seq']}").body)
        self.assertFalse(polled["reset"])
        self.assertIn(other, [change["id"] for change in polled["changes"]])

    def test_a_page_that_knows_too_little_is_told_to_look_anew(self):
        browser = self.come_in()
        for since in ("1", "99999999999999999", "rubbish"):
            with self.subTest(since):
                event = self.told(self.stream(browser, **{"Last-Event-ID": since}))
                self.assertEqual(event["event"], "reset")
                now = json.loads(event["data"])["seq"]
                polled = json.loads(browser.ask("GET", f"/api/v1/changes?since={since}").body)
                self.assertEqual((polled["reset"], polled["changes"], polled["seq"] >= now), (True, [], True))

    def test_the_stream_ends_with_the_session(self):
        browser = self.come_in()
        stream = self.stream(browser)
        self.assertEqual(browser.ask("DELETE", "/api/v1/session").status, 200)
        self.service.delivered("flow", {"n": 1})
        self.assertIsNone(self.told(stream))

    def test_a_user_is_invited_sets_a_password_and_may_what_the_role_says_until_removed(self):
        added = self.service.millrace("user", "add", "anna", "--role", "approver")
        self.assertEqual(added.returncode, 0, added.stderr)
        invitation = re.fullmatch(re.escape(self.service.url) + "/enter#invitation=([A-Za-z0-9_-]{43})", added.stdout.strip())[1]
        own, password = {"Sec-Fetch-Site": "same-origin"}, "correct horse battery"
        taken = ask(self.service.url, "POST", "/enter/invitation", {"invitation": invitation, "password": password}, own)
        self.assertEqual(taken.status, 200, taken.body)
        self.assertEqual(ask(self.service.url, "POST", "/enter/invitation", {"invitation": invitation, "password": password}, own).status, 403)
        self.assertEqual(ask(self.service.url, "POST", "/enter/password", {"name": "anna", "password": "not that one, no"}, own).status, 403)
        entered = ask(self.service.url, "POST", "/enter/password", {"name": "anna", "password": password}, own)
        self.assertEqual(json.loads(entered.body)["roles"], ["approver"])
        self.browser.cookie, self.browser.key = entered.headers["set-cookie"].split(";")[0], json.loads(entered.body)["key"]
        self.assertEqual(self.browser.ask("POST", "/api/v1/workflows/flow/pause", {}).status, 200)
        refused = self.browser.ask("POST", "/api/v1/workflows/flow/runs", {})
        self.assertEqual(refused.status, 403)
        self.assertIn(b"editor", refused.body)
        self.assertEqual(self.browser.ask("GET", "/api/v1/users").status, 403)
        listed = self.service.millrace("user", "list")
        self.assertEqual(listed.stdout, "anna  approver\n")
        self.assertNotIn(password, "".join(path.read_text(errors="replace") for path in self.service.folder.rglob("*") if path.is_file()))
        removed = self.service.millrace("user", "remove", "anna")
        self.assertEqual(removed.stdout, "anna is removed, and out\n")
        self.assertEqual(self.browser.ask("GET", "/api/v1/session").status, 401)
        self.assertEqual(ask(self.service.url, "POST", "/enter/password", {"name": "anna", "password": password}, own).status, 403)

    def test_a_program_has_a_token_of_its_own_with_a_role_until_it_is_revoked(self):
        made = self.service.millrace("token", "add", "reporting", "--role", "viewer")
        self.assertEqual(made.returncode, 0, made.stderr)
        bearer = {"Authorization": "Bearer " + made.stdout.strip(), "X-Millrace-Who": "somebody else"}
        self.assertEqual(ask(self.service.url, "GET", "/api/v1/runs", headers=bearer).status, 200)
        self.assertEqual(json.loads(ask(self.service.url, "GET", "/api/v1/session", headers=bearer).body)["who"], "api:reporting")
        self.assertEqual(ask(self.service.url, "POST", "/api/v1/pause", {}, bearer).status, 403)
        self.assertEqual(self.service.millrace("token", "list").stdout, "reporting  viewer\n")
        self.assertEqual(self.service.millrace("token", "add", "other", "--role", "viewr").returncode, 1)
        self.assertEqual(self.service.millrace("token", "revoke", "reporting").returncode, 0)
        self.assertEqual(ask(self.service.url, "GET", "/api/v1/runs", headers=bearer).status, 401)

    def test_open_says_that_no_service_runs(self):
        self.service.stop()
        shown = self.service.millrace("open")
        self.assertEqual(shown.returncode, 3)
        self.assertIn("millrace serve", shown.stderr)


if __name__ == "__main__":
    main()
