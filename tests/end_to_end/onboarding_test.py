"""From an empty folder to a live plan over one's own account, step by step, and `doctor` at each of them."""
import json
import unittest

from connect_test import CANARY, ConnectedService, browse
from project import Sandbox, main


OWN_TOKEN = "pit-of-an-account"


class Onboarding(unittest.TestCase):
    """From an empty folder to a live plan, as docs/connections.md has it: whatever is missing, `doctor` names that and nothing else."""

    def setUp(self):
        self.sandbox = Sandbox("--limit", "off", "--token", OWN_TOKEN)
        self.addCleanup(self.sandbox.close)
        self.sandbox.call("/_sandbox/tokens", {"issued_codes_only": True, "reuse_revokes": True})
        # An account of one's own has neither this machine's address nor the sandbox's locations.
        state = self.sandbox.state()
        state["locations"].append({"id": "ve9EPM428h8vShlRW1KT", "name": "Harbour Dental"})
        state["location_tags"].append({"id": "tag_own", "name": "my own", "locationId": "ve9EPM428h8vShlRW1KT"})
        self.sandbox.call("/_sandbox/reset", {"state": state})
        self.sandbox.call("/_sandbox/tokens", {"issued_codes_only": True, "reuse_revokes": True})
        self.project = ConnectedService(self.sandbox)
        self.addCleanup(self.project.close)
        self.address = self.sandbox.url.replace("127.0.0.1", "highlevel.localhost")
        for file in ("millrace.yaml", "state/secrets.json"):
            (self.project.folder / file).unlink()

    def next(self):
        done = self.project.millrace("doctor", "--json")
        if not done.stdout:
            return done.stderr.strip()
        way, = json.loads(done.stdout)["way"]
        missing = [step for step in way["steps"] if not step["done"]]
        shown = [line for line in self.project.millrace("doctor").stdout.splitlines() if line.startswith("next")]
        if not missing:
            self.assertEqual(shown, [])
            return "nothing"
        self.assertEqual(len(shown), 1)
        self.assertTrue(shown[0].endswith(missing[0]["say"]), shown)
        return f"{missing[0]['step']}: {missing[0]['say']}"

    def connect(self):
        here = lambda address, choice: browse(address.replace("highlevel.localhost", "127.0.0.1"), choice)  # Python asks the resolver, which need not know it
        code, _, told = self.project.connect("ve9EPM428h8vShlRW1KT", answer=here)
        self.assertEqual(code, 0, told)

    def write(self, connection):
        self.project.write("millrace.yaml", "version: 1\n" + (f"connections:\n  highlevel: {{plugin: highlevel, {connection}}}\n" if connection else ""))

    def test_each_step_that_is_missing_is_named_and_the_last_is_a_live_plan(self):
        oauth = ('auth: {oauth2: {client_id: shop, client_secret: "secret:app", redirect_uri: "http://127.0.0.1:0/connected", authorize_url: /v2/oauth/chooselocation, '
                 "scopes: [%s]}}, private: true")
        own = f"base_url: '{self.address}', locations: [ve9EPM428h8vShlRW1KT], "
        self.assertIn("millrace.yaml", self.next())
        self.write("")
        self.assertRegex(self.next(), "^connection: ")
        self.write(f"base_url: '{self.sandbox.url}', locations: [loc_main], auth: {{token: 'secret:pit'}}")
        self.assertRegex(self.next(), "^address: .*this machine's")
        self.write(f"base_url: '{self.address}', locations: [loc_main], auth: {{token: 'secret:pit'}}")
        self.assertRegex(self.next(), "^locations: .*loc_main")
        self.write(own.replace("locations: [ve9EPM428h8vShlRW1KT], ", "") + "auth: {token: 'secret:pit'}")
        self.assertRegex(self.next(), "^locations: it names no locations")
        self.write(own[:-2])
        self.assertRegex(self.next(), "^credentials: it names no credentials")
        self.write(own + "auth: {token: 'secret:pit'}")
        self.assertRegex(self.next(), '^credentials: no secret "pit"')
        self.project.write("state/secrets.json", json.dumps({"pit": "sandbox-token"})).chmod(0o600)
        self.assertRegex(self.next(), "^credentials: secret:pit is the sandbox's token")
        self.write(own + oauth % "contacts.readonly")
        self.assertRegex(self.next(), '^credentials: no secret "app"')
        self.project.write("state/secrets.json", json.dumps({"app": CANARY})).chmod(0o600)
        self.assertRegex(self.next(), '^credentials: .*do "millrace connect highlevel"')
        self.connect()
        self.assertRegex(self.next(), "^live: no workflow uses it")
        self.project.write("workflows/read.yaml", "version: 1\nname: Read\ntriggers:\n  - manual\nactions:\n  - id: all\n    action: highlevel.location_tags.list\n")
        self.assertRegex(self.next(), "^scopes: .*locations/tags.readonly")
        self.write(own + oauth % "locations/tags.readonly")
        self.connect()
        self.assertRegex(self.next(), '^live: look at "millrace plan read"')
        plan = self.project.json("plan", "read")["runs"][0]
        self.assertEqual(([tag["name"] for tag in plan["output"]["tags"]], plan["location"]), (["my own"], "ve9EPM428h8vShlRW1KT"))
        self.project.write("workflows/read.yaml", (self.project.folder / "workflows/read.yaml").read_text().replace("name: Read", "name: Read\nmode: live"))
        self.assertEqual(self.next(), "nothing")
        self.assertEqual(self.project.json("plan", "read")["runs"][0]["outcome"], "completed")

    def test_a_private_integration_token_goes_the_same_way(self):
        self.write(f"base_url: '{self.address}', locations: [ve9EPM428h8vShlRW1KT], private: true, auth: {{token: 'secret:pit'}}")
        self.assertRegex(self.next(), '^credentials: no secret "pit"')
        self.assertEqual(self.project.millrace("secret", "set", "pit", stdin=OWN_TOKEN).returncode, 0)
        self.assertRegex(self.next(), "^live: no workflow uses it")
        self.project.write("workflows/read.yaml", "version: 1\nname: Read\nmode: live\ntriggers:\n  - manual\nactions:\n  - action: highlevel.location_tags.list\n")
        self.assertEqual(self.next(), "nothing")
        self.assertEqual(self.project.json("plan", "read")["runs"][0]["outcome"], "completed")


if __name__ == "__main__":
    main()
