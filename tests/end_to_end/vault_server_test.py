"""Secrets of a HashiCorp Vault, spoken to as its API is documented: what comes from there, and what happens where nothing comes."""
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import unittest

from far_server import FarAnswers, FarServer
from project import SandboxTest, main
from service import Service, wait_until

CANARY = "sandbox-token"
ROOT = "hvs.the-token-of-the-vault"


class Vault(FarServer):
    """An engine of each version, and an AppRole. `state` is active, sealed, forbidden or empty."""

    def __init__(self):
        self.values, self.state, self.asked, self.tokens, self.lease, self.logins = {"highlevel_token": CANARY, "number": 7}, "active", [], {ROOT}, 2764800, 0
        super().__init__(Answering)

    def speak_tls(self, folder):
        """With a certificate for 127.0.0.1 of an authority of its own; gives the authority's file."""
        run = lambda *words: subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
        run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=House CA")
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=vault")
        (pathlib.Path(folder) / "names").write_text("subjectAltName=IP:127.0.0.1\n")
        run("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem", "-days", "2", "-extfile", "names")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pathlib.Path(folder) / "server.pem", pathlib.Path(folder) / "server.key")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.url = self.url.replace("http://", "https://")
        return str(pathlib.Path(folder) / "ca.pem")


class Answering(FarAnswers):
    def reply(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def errors(self, status, *words):
        self.reply(status, {"errors": list(words)})

    def do_GET(self):
        vault = self.server
        vault.asked.append(("GET", self.path, self.headers.get("X-Vault-Namespace")))
        if self.path.startswith("/v1/sys/health"):
            return self.reply({"sealed": 503, "new": 501, "standby": 473}.get(vault.state, 200), {"sealed": vault.state == "sealed", "version": "1.15.2"})
        if vault.state == "sealed":
            return self.errors(503, "Vault is sealed")
        if self.path == "/v1/auth/token/lookup-self":
            if self.headers.get("X-Vault-Token") not in vault.tokens or vault.state == "shy":
                return self.errors(403, "permission denied")
            return self.reply(200, {"data": {"ttl": 0 if self.headers["X-Vault-Token"] == ROOT else 7200}})
        if self.headers.get("X-Vault-Token") not in vault.tokens or vault.state == "forbidden" or self.headers.get("X-Vault-Request") != "true":
            return self.errors(403, "permission denied")
        if vault.state != "empty" and self.path == "/v1/secret/data/millrace/prod":
            return self.reply(200, {"lease_duration": 0, "data": {"data": vault.values, "metadata": {"version": 3}}})
        if vault.state != "empty" and self.path == "/v1/kv/millrace":
            return self.reply(200, {"lease_duration": vault.lease, "data": vault.values})
        self.errors(404)

    def do_POST(self):
        vault = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"null")
        vault.asked.append(("POST", self.path, self.headers.get("X-Vault-Namespace")))
        if vault.state == "sealed":
            return self.errors(503, "Vault is sealed")
        if self.path == "/v1/auth/token/renew-self":
            return self.reply(200, {"auth": {"client_token": ROOT, "lease_duration": 3600, "renewable": True}})
        if self.path == "/v1/auth/approle/login" and body == {"role_id": "mill", "secret_id": "the-secret-id"}:
            vault.logins += 1
            vault.tokens.add(f"hvs.{vault.logins}")
            return self.reply(200, {"auth": {"client_token": f"hvs.{vault.logins}", "lease_duration": 3600, "renewable": True}})
        self.errors(400, "invalid role or secret ID")


class Supplied(SandboxTest):
    READ = "version: 1\nname: Read\nmode: live\nlocations: loc_main\nactions:\n  - id: all\n    action: highlevel.location_tags.list\n"

    def setUp(self):
        super().setUp()
        self.vault = Vault()
        self.addCleanup(self.vault.close)
        (self.project.folder / "state" / "secrets.json").unlink()
        self.project.write("workflows/read.yaml", self.READ)
        self.environment = {"MILLRACE_SECRET_VAULT_TOKEN": ROOT, "MILLRACE_SECRET_VAULT_ID": "the-secret-id", "XDG_CONFIG_HOME": str(self.project.folder / "home")}
        self.before = (self.project.folder / "millrace.yaml").read_text()
        self.configure()

    def configure(self, more="", auth='{token: "secret:vault_token"}', path="millrace/prod", address=None):
        (self.project.folder / "millrace.yaml").write_text(self.before + f"hashicorp_vault:\n  address: {address or self.vault.url}\n  path: {path}\n  auth: {auth}\n{more}")

    def read(self, expect=0, arguments=("--live",), environment=None):
        done = self.project.millrace("run", "read", *arguments, environment={**self.environment, **(environment or {})})
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_what_the_entry_holds_is_used_in_plans_and_runs_and_written_nowhere(self):
        for arguments in (("--live",), ()):
            self.assertNotIn(CANARY, self.read(arguments=arguments))
        self.assertIn(("GET", "/v1/secret/data/millrace/prod", None), self.vault.asked)
        self.assertIn(("POST", "/v1/auth/token/renew-self", None), self.vault.asked)
        self.assertEqual(self.project.json("connections", environment=self.environment)["connections"][0]["state"], "ok")
        for folder, _, files in os.walk(self.project.folder):
            for file in files:
                content = (pathlib.Path(folder) / file).read_bytes()
                for secret in (CANARY, ROOT):
                    self.assertNotIn(secret.encode(), content, file)

    def test_an_engine_of_version_1_a_namespace_and_an_approle(self):
        self.configure("  kv: 1\n  mount: kv\n  namespace: team\n", path="millrace")
        self.read()
        self.assertIn(("GET", "/v1/kv/millrace", "team"), self.vault.asked)
        self.configure(auth='{approle: {role_id: mill, secret_id: "secret:vault_id"}}')
        self.read()
        self.assertEqual(self.vault.logins, 1)
        self.assertIn("does not know its role_id and secret_id (invalid role or secret ID)", self.read(3, environment={"MILLRACE_SECRET_VAULT_ID": "another"}))

    def test_what_lies_on_this_machine_comes_first_but_for_the_secrets_file(self):
        self.vault.values = {"highlevel_token": "a-wrong-one"}
        self.read(1)
        self.read(environment={"MILLRACE_SECRET_HIGHLEVEL_TOKEN": CANARY})
        self.project.write("state/secrets.json", json.dumps({"highlevel_token": CANARY})).chmod(0o600)
        self.read(1)
        self.vault.values = {}
        self.read()

    def test_what_stands_in_the_way_is_said_with_its_cure(self):
        for state, words in (("sealed", "is sealed, or in maintenance (Vault is sealed): it has to be unsealed"), ("forbidden", 'its policy lacks the right to read "millrace/prod"'),
                             ("empty", 'has no entry "millrace/prod" in the engine "secret"')):
            self.vault.state = state
            self.assertIn(words, self.read(3))
        self.vault.state = "active"
        self.vault.values = {"other": "x"}
        self.assertIn("HashiCorp Vault at " + self.vault.url, self.read(3))
        self.configure(auth='{token: "secret:elsewhere"}')
        self.assertIn('no secret "elsewhere"', self.read(3))
        self.configure(address="http://vault.example:8200")
        self.assertIn("must begin with https", self.read(3))
        self.vault.close()
        self.configure()
        self.assertIn('no secret "highlevel_token" is here, and HashiCorp Vault at', self.read(3))

    def walked(self):
        told = json.loads(self.project.millrace("doctor", "--json", environment=self.environment).stdout)
        steps = told["hashicorp_vault"]
        missing = [step for step in steps if not step["done"]]
        findings = [each["message"] for each in told["findings"] if each["message"].startswith("hashicorp_vault: ")]
        self.assertEqual(findings, ["hashicorp_vault: " + step["say"] for step in missing])
        return [step["step"] for step in steps if step["done"]], [(step["step"], step["say"]) for step in missing]

    def test_doctor_walks_to_the_entry_and_says_where_the_way_ends(self):
        self.assertEqual(self.walked(), (["address", "unsealed", "token", "entry"], []))
        done = self.project.millrace("doctor", environment=self.environment)
        self.assertIn("answers, and is not sealed, version 1.15.2", done.stdout)
        self.assertIn("its token is taken, and does not end", done.stdout)
        self.assertIn('the entry "millrace/prod" in the engine "secret" can be read: 2 secrets', done.stdout)
        self.assertNotIn('no secret "highlevel_token"', done.stdout)  # what is there is not missed
        self.assertNotIn(CANARY, done.stdout + done.stderr)
        for state, walked, step, words in (("sealed", ["address"], "unsealed", "is sealed: somebody has to unseal it"), ("new", ["address"], "unsealed", "is not initialized"),
                                           ("standby", ["address"], "unsealed", "standby"), ("forbidden", ["address", "unsealed", "token"], "entry", "its policy lacks the right"),
                                           ("empty", ["address", "unsealed", "token"], "entry", "has no entry")):
            self.vault.state = state
            done, missing = self.walked()
            self.assertEqual((done, [step for step, _ in missing]), (walked, [step]), state)
            self.assertIn(words, missing[0][1])
        self.vault.state = "shy"  # a policy that lets no token look at itself
        self.assertEqual(self.walked(), (["address", "unsealed", "token", "entry"], []))
        self.vault.state = "active"
        self.configure(auth='{token: "secret:elsewhere"}')
        self.assertRegex(self.walked()[1][0][1], 'no secret "elsewhere"')
        self.configure("  kv: 1\n  mount: kv\n", path="other")
        self.assertEqual(self.walked()[1][0][0], "entry")
        self.configure(address="http://vault.example:8200")
        self.assertIn("must begin with https", self.walked()[1][0][1])
        self.configure(auth='{approle: {role_id: mill, secret_id: "secret:vault_id"}}')
        self.assertEqual(self.walked()[1], [])
        self.vault.close()
        self.assertEqual([step for step, _ in self.walked()[1]], ["address"])

    @unittest.skipUnless(shutil.which("openssl"), "openssl makes the certificates")
    def test_an_authority_of_ones_own_is_trusted_where_its_file_is_named_and_nobody_else_then(self):
        folder = tempfile.mkdtemp(prefix="millrace-ca-")
        self.addCleanup(shutil.rmtree, folder)
        authority = self.vault.speak_tls(folder)
        self.configure()
        self.assertIn("is not trusted", self.read(3))
        self.assertEqual(self.walked()[1][0][0], "address")
        self.configure(f"  ca: {authority}\n")
        self.read()
        self.assertEqual(self.walked(), (["certificates", "address", "unsealed", "token", "entry"], []))
        self.project.write("keys/house.pem", pathlib.Path(authority).read_text())
        self.configure("  ca: keys/house.pem\n")
        self.read()
        self.configure("  ca: keys/none.pem\n")
        self.assertIn("there is no file", self.read(3))
        self.assertEqual(self.walked()[1][0][0], "certificates")
        self.project.write("keys/empty.pem", "nothing\n")
        self.configure("  ca: keys/empty.pem\n")
        self.assertEqual(self.walked()[1][0][0], "address")
        self.configure("  ca: /etc/ssl/certs/ca-certificates.crt\n")
        self.assertIn("is not trusted", self.read(3))

    def test_the_file_is_checked(self):
        self.configure("  kv: 3\n")
        self.assertEqual(self.project.millrace("check").returncode, 1)
        self.configure(auth="{token: hvs.in-the-file}")
        self.assertEqual(self.project.millrace("check").returncode, 1)
        self.configure()
        self.assertNotIn("hashicorp_vault", self.project.millrace("check").stdout)


class Serving(unittest.TestCase):
    def test_a_service_starts_while_the_vault_is_sealed_says_so_and_takes_its_secrets_up_later(self):
        vault = Vault()
        self.addCleanup(vault.close)
        vault.state = "sealed"
        os.environ["MILLRACE_SECRET_VAULT_TOKEN"] = ROOT
        self.addCleanup(os.environ.pop, "MILLRACE_SECRET_VAULT_TOKEN")
        service = Service()
        self.addCleanup(service.close)
        service.write("millrace.yaml", f"version: 1\nhashicorp_vault:\n  address: {vault.url}\n  path: millrace/prod\n  auth: {{token: \"secret:vault_token\"}}\n")
        service.write("workflows/hook.yaml", "version: 1\nname: Hook\nmode: live\ntriggers:\n  - webhook: hook\n    verify: {bearer: \"secret:highlevel_token\"}\nactions:\n  - set: {x: 1}\n")
        service.start()
        def alarms():
            return {each["about"]: each["message"] for each in service.get("status")["alarms"]}
        wait_until(lambda: "token of hashicorp_vault" in alarms(), what="the alarm")
        self.assertIn("is sealed", alarms()["token of hashicorp_vault"])
        self.assertGreaterEqual(service.hook("hook", {}, {"Authorization": "Bearer " + CANARY}).status, 400)
        vault.state = "active"
        wait_until(lambda: service.hook("hook", {}, {"Authorization": "Bearer " + CANARY}).status == 202, 60, "the secret")
        wait_until(lambda: "token of hashicorp_vault" not in alarms(), 60, "the end of the alarm")


if __name__ == "__main__":
    main()
