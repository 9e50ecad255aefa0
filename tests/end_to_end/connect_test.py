"""Connections with OAuth against the real sandbox: agreeing in a browser, tokens that end and are renewed, and what must never lose them."""
import datetime
import html
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from project import Sandbox, main, program
from service import PATIENCE, Service, number_from, wait_until
from vault_server_test import ROOT, Vault

CANARY = "canary-of-the-application"
SCOPES = "[locations/tags.readonly, locations/tags.write, contacts.readonly, oauth.write]"
READS = "  - id: all\n    action: highlevel.location_tags.list\n"


class ConnectedService(Service):
    """A project whose connection to the sandbox shows tokens that it was given, with a vault of its own."""

    def __init__(self, sandbox, scopes=SCOPES, more=""):
        super().__init__()
        self.sandbox = sandbox
        self.keys = tempfile.TemporaryDirectory(prefix="millrace-keys-")
        os.environ["XDG_CONFIG_HOME"] = self.keys.name
        self.write("millrace.yaml", f"""version: 1
connections:
  highlevel:
    plugin: highlevel
    base_url: {sandbox.url}
    locations: [loc_main, loc_north]
    auth:
      oauth2:
        client_id: shop
        client_secret: "secret:app"
        authorize_url: /v2/oauth/chooselocation
        redirect_uri: http://127.0.0.1:0/connected
        scopes: {scopes}
{more}""")
        self.write("state/secrets.json", json.dumps({"app": CANARY})).chmod(0o600)

    def close(self):
        super().close()
        self.keys.cleanup()

    def connect(self, choice="loc_main", *arguments, answer=None):
        """Agrees as a browser does: opens the page, follows a link, and is sent back. Gives the exit code and what was printed."""
        process = subprocess.Popen([program, "connect", "highlevel", *arguments], cwd=self.folder, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        address = ""
        while not address.startswith("http"):
            line = process.stderr.readline()
            if not line:
                raise AssertionError(f"no address was told: {process.communicate()}")
            address = line.strip()
        pasted = (answer or browse)(address, choice)
        printed, told = process.communicate(pasted if "--paste" in arguments else None, timeout=60 * PATIENCE)
        return process.returncode, printed, told

    def connected(self, choice="loc_main"):
        code, _, told = self.connect(choice)
        if code != 0:
            raise AssertionError(told)
        return self

    def state(self):
        return self.json("connections")["connections"][0]

    def live(self, name, **more):
        return subprocess.Popen([program, "run", name, "--live", "--json", *more.get("arguments", ())], cwd=self.folder,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def link(address, choice):
    with urllib.request.urlopen(address, timeout=10) as answer:
        page = answer.read().decode()
    links = [html.unescape(each) for each in re.findall(r'href="([^"]*)"', page)]
    return urllib.parse.urljoin(address, next(each for each in links if each.endswith("choose=" + choice)))


def browse(address, choice):
    """A browser that goes where it is sent."""
    with urllib.request.urlopen(link(address, choice), timeout=10) as answer:
        return answer.read().decode()


def sent_to(address, choice):
    """Where the browser is sent, without going there."""
    try:
        urllib.request.build_opener(NoRedirect).open(link(address, choice), timeout=10)
    except urllib.error.HTTPError as answer:
        return answer.headers["Location"]
    raise AssertionError("the page sends nobody anywhere")


class ConnectTest(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("--limit", "off")
        self.addCleanup(self.sandbox.close)
        self.rules(issued_codes_only=True, reuse_revokes=True)
        self.project = ConnectedService(self.sandbox)
        self.addCleanup(self.project.close)
        self.project.workflow("read", READS, triggers="  - manual\n", more="locations: [loc_main]\n")

    def rules(self, **rules):
        return self.sandbox.call("/_sandbox/tokens", rules)

    def pass_time(self, seconds):
        """For the far side: what it has given ends, and we do not know it."""
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        self.sandbox.call("/_sandbox/clock", {"now": later.strftime("%Y-%m-%dT%H:%M:%SZ")})

    def test_three_commands_and_a_plan_over_the_persons_own_tags(self):
        before = self.project.millrace("run", "read", "--live")
        self.assertEqual(before.returncode, 3)
        self.assertIn('do "millrace connect highlevel"', before.stderr)
        self.assertEqual(self.project.state()["state"], "not_connected")
        code, printed, told = self.project.connect()
        self.assertEqual((code, printed), (0, "highlevel is connected for location loc_main\n"), told)
        plan = self.project.json("plan", "read")
        self.assertEqual(plan["runs"][0]["outcome"], "completed")
        self.assertEqual(len(plan["runs"][0]["output"]["tags"]), len(self.sandbox.state()["location_tags"]) - 40)
        self.assertEqual([(line["what"], line["about"]) for line in self.project.json("audit", "list", "--what", "connect")["audit"]], [("connect", "connection highlevel")])
        state = self.project.state()
        self.assertEqual((state["state"], state["auth"], state["renews"], state["location"]), ("ok", "oauth2", True, "loc_main"))
        self.assertEqual(state["scopes_granted"], ["locations/tags.readonly", "locations/tags.write", "contacts.readonly", "oauth.write"])
        self.assertEqual(state["scopes_needed"], [{"scope": "locations/tags.readonly", "workflows": ["read"]}])
        self.assertEqual(state["scopes_missing"], [])

    def test_only_the_answer_to_the_question_is_taken(self):
        def attacked(address, choice):
            back = sent_to(address, choice)
            parts = urllib.parse.urlsplit(back)
            for query in ("code=made-up", "code=made-up&state=guessed", ""):
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    urllib.request.urlopen(f"http://{parts.netloc}{parts.path}?{query}", timeout=10)
                self.assertEqual(refused.exception.code, 400)
            return urllib.request.urlopen(back, timeout=10).read().decode()

        self.assertEqual(self.project.connect(answer=attacked)[0], 0)
        self.assertEqual(self.project.state()["state"], "ok")
        code, _, told = self.project.connect("nobody")
        self.assertEqual(code, 3)
        self.assertIn("access_denied", told)
        self.assertEqual(self.project.state()["state"], "ok")  # what was there stays
        self.assertEqual(len(self.project.json("audit", "list", "--what", "connect")["audit"]), 1)  # and was not connected again

    def test_without_a_browser_the_address_or_the_code_is_pasted(self):
        code, _, told = self.project.connect("loc_north", "--paste", answer=lambda address, choice: sent_to(address, choice) + "\n")
        self.assertEqual(code, 0, told)
        self.assertEqual(self.project.state()["location"], "loc_north")
        alone = lambda address, choice: urllib.parse.parse_qs(urllib.parse.urlsplit(sent_to(address, choice)).query)["code"][0] + "\n"
        self.assertEqual(self.project.connect("loc_main", "--paste", answer=alone)[0], 0)
        self.assertEqual(self.project.connect("loc_main", "--paste", answer=lambda *_: "made-up\n")[0], 3)
        self.assertEqual(self.project.state()["location"], "loc_main")

    def test_pkce_where_the_server_takes_it(self):
        text = (self.project.folder / "millrace.yaml").read_text()
        self.project.write("millrace.yaml", text.replace("client_id: shop", "client_id: shop\n        pkce: true"))
        self.project.connected()
        self.assertEqual(self.project.json("run", "read", "--live")["runs"][0]["outcome"], "completed")

    def test_a_companys_token_is_exchanged_for_each_location(self):
        self.rules(company_exchanges=True)
        self.project.connected("company")
        self.project.workflow("both", READS, triggers="  - manual\n", more="locations: [loc_main, loc_north]\n")
        for _ in range(2):
            runs = self.project.json("run", "both", "--live")["runs"]
            self.assertEqual([run["outcome"] for run in runs], ["completed", "completed"])
        paths = [each["path"] for each in self.sandbox.requests()]
        self.assertEqual(paths.count("/oauth/locationToken"), 2)

    def test_a_missing_scope_is_told_apart_from_a_token_that_has_ended(self):
        self.project.workflow("planner", "  - action: highlevel.social_tags.list\n", triggers="  - manual\n", more="locations: [loc_main]\n")
        self.project.connected()
        self.assertEqual(self.project.state()["scopes_missing"], ["socialplanner/tag.readonly"])
        run = self.project.json("run", "planner", "--live", expect=1)["runs"][0]
        self.assertEqual(run["outcome"], "failed")
        self.assertIn("socialplanner/tag.readonly", run["error"]["message"])
        self.assertEqual(self.rules(), {"refreshed": 0, "refused": 0})
        self.pass_time(90000)
        self.assertEqual(self.project.json("run", "read", "--live")["runs"][0]["outcome"], "completed")
        self.assertEqual(self.rules(), {"refreshed": 1, "refused": 0})

    def test_three_processes_with_fifty_steps_each_ask_for_one_new_token(self):
        items = json.dumps(list(range(50)))
        self.project.workflow("many", f"  - id: each\n    for_each: {items}\n    as: n\n    parallel: 16\n    do:\n"
                              "      - action: highlevel.location_tags.list\n", triggers="  - manual\n", more="locations: [loc_main]\n")
        self.project.connected()
        self.pass_time(90000)
        runs = [self.project.live("many") for _ in range(3)]
        for run in runs:
            printed, told = run.communicate(timeout=120 * PATIENCE)
            self.assertEqual(run.returncode, 0, told)
            self.assertEqual(json.loads(printed)["runs"][0]["outcome"], "completed")
        self.assertEqual(self.rules(), {"refreshed": 1, "refused": 0})

    def fifty(self, name, **more):
        self.project.workflow(name, f"  - id: each\n    for_each: {json.dumps(list(range(50)))}\n    as: n\n    parallel: 16\n    do:\n"
                              "      - action: highlevel.location_tags.list\n", more="locations: [loc_main]\n", **more)

    def test_a_service_and_two_programs_with_fifty_steps_each_ask_for_one_new_token(self):
        self.fifty("served")
        self.fifty("here", triggers="  - manual\n")
        self.project.connected()
        self.project.start()
        for turn in range(1, 4):
            self.pass_time(90000 * turn)
            self.sandbox.fault(path="/oauth/token", delay_ms=1500)  # so that all of them have found the old one to be over
            promised = [self.project.promised("served", {"n": f"{turn} {n}"})["runs"][0] for n in range(3)]
            programs = [self.project.live("here") for _ in range(2)]
            for run in programs:
                printed, told = run.communicate(timeout=120 * PATIENCE)
                self.assertEqual(run.returncode, 0, told)
                self.assertEqual(json.loads(printed)["runs"][0]["outcome"], "completed")
            for run in promised:
                wait_until(lambda: self.project.run(run)["outcome"] == "completed", 60, "the end of a run of the service")
            self.assertEqual(self.rules(), {"refreshed": turn, "refused": 0})
        self.assertEqual(self.project.state()["state"], "ok")
        self.project.stop()

    def test_a_kill_of_service_or_program_around_a_renewal_never_loses_the_connection_of_the_other(self):
        self.fifty("served")
        self.fifty("here", triggers="  - manual\n")
        self.project.connected()
        self.project.start()
        for turn in range(number_from("MILLRACE_RENEWAL_KILLS", 12)):
            self.pass_time(90000 * (turn + 1))
            self.sandbox.fault(path="/oauth/token", delay_ms=60)
            asked = len(self.sandbox.requests())
            run = self.project.promised("served", {"n": turn})["runs"][0]
            program_here = self.project.live("here")
            wait_until(lambda: any(each["path"] == "/oauth/token" for each in self.sandbox.requests()[asked:]), 30, "a renewal")
            time.sleep(0.008 * (turn // 2))
            if turn % 2:
                program_here.send_signal(signal.SIGKILL)
                program_here.communicate()
            else:
                self.project.kill()
                printed, told = program_here.communicate(timeout=60 * PATIENCE)
                self.assertEqual((program_here.returncode, json.loads(printed)["runs"][0]["outcome"]), (0, "completed"), told)
                self.project.start()
            wait_until(lambda: self.project.run(run)["outcome"] == "completed", 60, f"the end of the run of turn {turn}")
            self.assertEqual(self.project.state()["state"], "ok", f"turn {turn}")
            self.assertEqual(self.rules(), {"refreshed": turn + 1, "refused": 0}, f"turn {turn}")
        self.project.stop()

    def test_a_token_that_ends_in_the_middle_of_a_run_is_renewed(self):
        self.project.workflow("slow", READS + "  - id: more\n    action: highlevel.location_tags.create\n    with: {name: made late}\n",
                              triggers="  - manual\n", more="locations: [loc_main]\n")
        self.project.connected()
        self.sandbox.fault(path="/locations/loc_main/tags", method="GET", delay_ms=1500)
        run = self.project.live("slow")
        wait_until(lambda: any(each["path"].endswith("/tags") for each in self.sandbox.requests()), 20, "the first request")
        self.pass_time(90000)
        printed, told = run.communicate(timeout=60 * PATIENCE)
        self.assertEqual(run.returncode, 0, told)
        self.assertEqual(json.loads(printed)["writes"], 1)
        self.assertEqual(sum(tag["name"] == "made late" for tag in self.sandbox.state()["location_tags"]), 1)
        self.assertEqual(self.rules(), {"refreshed": 1, "refused": 0})

    def test_a_kill_at_any_instant_around_a_renewal_never_loses_the_connection(self):
        self.project.connected()
        for turn in range(number_from("MILLRACE_RENEWAL_KILLS", 12)):
            self.pass_time(90000 * (turn + 1))
            self.sandbox.fault(path="/oauth/token", delay_ms=60)
            asked = len(self.sandbox.requests())
            run = self.project.live("read")
            # From before the request for new tokens to after its answer, counted from where it is seen.
            wait_until(lambda: any(each["path"] == "/oauth/token" for each in self.sandbox.requests()[asked:]), 30, "a renewal")
            time.sleep(0.008 * turn)
            run.send_signal(signal.SIGKILL)
            run.communicate()
            self.assertEqual(self.project.json("run", "read", "--live")["runs"][0]["outcome"], "completed", f"turn {turn}")
        self.assertEqual(self.rules()["refused"], 0)

    def test_a_lost_answer_parks_runs_and_they_go_on_when_somebody_has_connected(self):
        self.project.workflow("write", "  - action: highlevel.location_tags.create\n    with: {name: \"${{ event.name }}\"}\n", more="locations: [loc_main]\n")
        self.project.connected()
        self.project.start()
        self.pass_time(90000)
        self.sandbox.fault(path="/oauth/token", drop="after")
        run = self.project.promised("write", {"name": "after all"})["runs"][0]
        parked = wait_until(lambda: next((each for each in [self.project.run(run)] if each["outcome"] == "parked"), None), 40, "parked")
        self.assertEqual(parked["steps"][0]["status"], "failed")
        self.assertIn('do "millrace connect highlevel"', parked["note"])
        self.assertEqual(self.project.state()["state"], "needs_reconnect")
        wait_until(lambda: any(alarm["about"] == "token of highlevel" for alarm in self.project.get("status")["alarms"]), 40, "an alarm")
        self.assertFalse(any(tag["name"] == "after all" for tag in self.sandbox.state()["location_tags"]))
        # Also one that comes now, and over a restart.
        second = self.project.promised("write", {"name": "at last"})["runs"][0]
        wait_until(lambda: self.project.run(second)["outcome"] == "parked", 40, "the second parked")
        self.project.kill()
        self.project.start()
        self.project.connected()
        for each in (run, second):
            wait_until(lambda: self.project.run(each)["outcome"] == "completed", 60, "the end")
        names = [tag["name"] for tag in self.sandbox.state()["location_tags"]]
        self.assertEqual((names.count("after all"), names.count("at last")), (1, 1))
        self.assertEqual(self.project.state()["state"], "ok")
        wait_until(lambda: not any(alarm["about"] == "token of highlevel" for alarm in self.project.get("status")["alarms"]), 40, "no alarm")
        self.project.stop()

    def test_what_was_taken_for_a_refusal_is_asked_again_by_a_person_who_renews(self):
        self.project.connected()
        self.pass_time(90000)
        self.sandbox.fault(path="/oauth/token", status=400, message="Request Timed Out")
        self.assertEqual(self.project.json("run", "read", "--live", expect=1)["runs"][0]["outcome"], "parked")
        self.assertEqual(self.project.state()["state"], "needs_reconnect")
        renewed = self.project.millrace("connections", "renew", "highlevel")
        self.assertEqual((renewed.returncode, renewed.stdout), (0, "highlevel has new tokens\n"), renewed.stderr)
        self.assertEqual(self.project.state()["state"], "ok")
        self.assertEqual(self.project.json("run", "read", "--live")["runs"][0]["outcome"], "completed")

    def test_agreeing_for_another_location_than_the_connections_is_told_at_once(self):
        text = (self.project.folder / "millrace.yaml").read_text()
        self.project.write("millrace.yaml", text.replace("[loc_main, loc_north]", "[loc_main]"))
        code, _, told = self.project.connect("loc_north")
        self.assertEqual(code, 0)
        words = "is connected for location loc_north, which is none of its locations (loc_main)"
        self.assertIn(words, told)
        self.assertIn(words, self.project.state()["problem"])
        self.assertIn(words, self.project.millrace("doctor").stdout)
        code, _, told = self.project.connect("loc_main")
        self.assertNotIn("none of its locations", told)
        self.assertEqual(self.project.state()["state"], "ok")

    def test_the_tokens_of_a_connection_are_sent_over_no_other(self):
        self.project.connected()
        with open(self.project.folder / "millrace.yaml", "a") as file:
            file.write(f"  leak: {{plugin: http, base_url: '{self.sandbox.url}', auth: {{token: 'secret:oauth_highlevel'}}}}\n")
        self.project.workflow("leak", "  - action: http.request\n    connection: leak\n    with: {url: /leak}\n", triggers="  - manual\n")
        asked = len(self.sandbox.requests())
        words = '"oauth_highlevel" is where the tokens of connection "highlevel" are kept'
        self.assertIn(words, self.project.millrace("run", "leak", "--live").stderr)
        self.assertIn('"secret:oauth_highlevel" is where the tokens', self.project.millrace("check").stdout)
        self.assertIn(words, self.project.millrace("connections").stdout)
        self.assertEqual(len(self.sandbox.requests()), asked)

    def test_while_a_vault_server_is_away_tokens_are_renewed_with_what_it_gave_before(self):
        vault = Vault()
        vault.values = {"app": CANARY}
        os.environ["MILLRACE_SECRET_VAULT_TOKEN"] = ROOT
        self.addCleanup(os.environ.pop, "MILLRACE_SECRET_VAULT_TOKEN")
        (self.project.folder / "state" / "secrets.json").unlink()
        with open(self.project.folder / "millrace.yaml", "a") as file:
            file.write(f"hashicorp_vault:\n  address: {vault.url}\n  path: millrace/prod\n  auth: {{token: \"secret:vault_token\"}}\n")
        self.project.workflow("served", READS, more="locations: [loc_main]\n")
        self.project.connected()
        self.project.start()
        vault.close()
        self.pass_time(90000)
        run = self.project.promised("served", {"n": 1})["runs"][0]
        wait_until(lambda: self.project.run(run)["outcome"] == "completed", 40, "the end of the run")
        self.assertEqual(self.rules(), {"refreshed": 1, "refused": 0})
        self.project.stop()

    def test_no_token_is_told_anywhere(self):
        self.project.connected()
        self.pass_time(90000)
        told = self.project.millrace("run", "read", "--live", "--trace")
        self.sandbox.fault(path="/oauth/token", status=400, message="Invalid grant")
        self.pass_time(900000)
        for arguments in (("run", "read", "--live"), ("connections",), ("connections", "--json"), ("doctor",), ("connections", "renew", "highlevel")):
            done = self.project.millrace(*arguments)
            told.stdout += done.stdout + done.stderr
        everything = told.stdout + told.stderr
        for folder, _, files in os.walk(self.project.folder):
            for file in files:
                if file != "secrets.json":
                    with open(os.path.join(folder, file), "rb") as text:
                        everything += text.read().decode("latin-1")
        for secret in (CANARY, "access-", "refresh-"):
            self.assertNotIn(secret, everything)


if __name__ == "__main__":
    main()
