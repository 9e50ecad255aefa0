"""A secret is in no file, log, answer, report, page or core, whatever the far side, a sender or a plugin makes of it."""
import base64
import html
import json
import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import unittest
import unittest.mock
import urllib.parse

from far_server import FarAnswers, FarServer
from project import main, pin, program, source
from service import Service, ask, wait_until

# In each of them something that every way to write it writes differently.
ENVIRONMENT = 'pe"n/v+a<r&é s'
FILE = "fi\"l/e+b>s&é'm"
CREDENTIALS = "cr/e=d+c<t~*&é u"
ADDRESS = "/services/T0/B+0~c/a:d'e"  # behind the host of an address that is a secret as a whole
VAULT = "va/u+l=t<o&é'r \"k"
SENDER = "se/n+d=er~1 \"a&b"
CANARIES = (ENVIRONMENT, FILE, CREDENTIALS, ADDRESS, SENDER, VAULT)


def every(text, write):
    return "".join(write(each) for each in text)


def forms(text):
    """How programs write a text."""
    quote, plain = urllib.parse.quote, text.encode()
    strict, whole, form = quote(text, safe=""), quote(text, safe="/:@!$&'()*+,;="), urllib.parse.quote_plus(text)
    dumped, ascii_only = json.dumps(text, ensure_ascii=False)[1:-1], json.dumps(text)[1:-1]
    found = [text, strict, re.sub("%..", lambda escape: escape[0].lower(), strict), whole, quote(text), form, quote(strict, safe=""), quote(form, safe=""),
             every(plain, lambda byte: f"%{byte:02x}"), dumped, ascii_only, dumped.replace("/", "\\/"), ascii_only.replace("/", "\\/"),
             every(text, lambda c: f"\\u{ord(c):04X}"), json.dumps(json.dumps(text))[2:-2], quote(dumped, safe=""),
             html.escape(text), html.escape(text, quote=False), html.escape(text).replace("/", "&#x2F;").replace("'", "&apos;").replace("=", "&#61;"),
             every(text, lambda c: f"&#{ord(c)};"), every(text, lambda c: f"&#x{ord(c):X};"), html.escape(html.escape(text)),
             html.escape(ascii_only), re.sub(r"[<>&']", lambda c: f"\\u{ord(c[0]):04x}", dumped), plain.hex(), plain.hex().upper(), plain.hex(":"), plain.hex(" "),
             every(plain, lambda byte: f"={byte:02X}"), every(plain, lambda byte: f"\\{byte:03o}"), every(text, lambda c: f"\\u{{{ord(c):x}}}"),
             every(text, lambda c: f"\\U{ord(c):08x}"), every(text, lambda c: f"&#{ord(c):020d};")]
    for before in (b"", b"u", b"ada:"):
        packed = base64.b64encode(before + plain).decode()
        found += [packed, base64.urlsafe_b64encode(before + plain).decode(), quote(packed, safe=""), packed.replace("/", "\\/")]
    return list(dict.fromkeys(found))


def needles(text):
    """What a form cannot be without: of base64, what depends on the secret alone."""
    plain, found = text.encode(), [each for each in forms(text) if not each.endswith("=") and "%3D" not in each]
    for before in range(3):
        first, last = (before * 8 + 5) // 6, (before + len(plain)) * 8 // 6
        packed = base64.b64encode(bytes(before) + plain + b"\0\0").decode()[first:last]
        found += [packed, packed.replace("+", "-").replace("/", "_"), packed.replace("/", "\\/"), urllib.parse.quote(packed, safe="")]
    return [each.encode() for each in dict.fromkeys(found)]


NEEDLES = [needle for secret in CANARIES for needle in needles(secret)]


class Echo(FarServer):
    """A far side that says all secrets in all forms, by the path: in a body of some kind, in pieces, in headers, in an error, in a redirect."""

    def __init__(self):
        self.seen = []
        super().__init__(Speaks)


class Speaks(FarAnswers):
    def answer(self):
        size = int(self.headers.get("Content-Length", 0))
        self.rfile.read(size)
        self.server.seen.append(self.path + "".join(f"\n{name}: {value}" for name, value in self.headers.raw_items()))
        said = [form for secret in CANARIES for form in forms(secret)]
        lines, kind = "\n".join(said), self.headers.get("X-Kind") or urllib.parse.urlsplit(self.path).path.rsplit("/", 1)[-1]
        bodies = {"json": ("application/json", json.dumps({"said": said, **{form: 1 for form in said}})), "html": ("text/html; charset=utf-8", f"<p>{lines}</p>"),
                  "chunks": ("text/plain; charset=utf-8", lines), "bytes": ("application/octet-stream", lines)}
        kind_of_body, body = bodies.get(kind, ("text/plain; charset=utf-8", lines))
        text = body.encode() + (b"\0\xff" if kind == "bytes" else b"")
        status = {"error": 500, "refused": 422, "unknown": 404, "who": 401, "redirect": 302}.get(kind, 200)
        self.send_response_only(status, "Said " + urllib.parse.quote(FILE))  # without a date: a plan's answers stay the same
        self.send_header("Content-Type", kind_of_body)
        if kind == "redirect":
            self.send_header("Location", "http://127.0.0.1:1/" + urllib.parse.quote(FILE) + "?" + urllib.parse.quote_plus(ENVIRONMENT))
        if kind in ("headers", "who"):
            for number, form in enumerate(said):
                self.send_header(f"X-Said-{number}", form.encode().decode("latin-1"))
        if kind != "chunks":
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(text), 7):
            piece = text[at:at + 7]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    do_GET = do_POST = do_PUT = answer


GOSSIP = r"""
#include "millrace_plugin.h"
static const mr_host *host;
static mr_text text(const char *value) { mr_text all = {value, __builtin_strlen(value)}; return all; }
static void *open_plugin(const mr_host *given, mr_call *call, mr_text config) { (void)call, (void)config; host = given; return &host; }
static void close_plugin(void *self) { (void)self; }
static void forget(void *context, int ok, mr_text said) { (void)context, (void)ok, (void)said; }
static void repeat(void *context, int ok, mr_text said) {
  (void)ok;
  host->log(context, MR_LOG_ERROR, said);
  host->write_state(context, text("said"), said, forget, 0);
  host->write_file(context, text("said/gossip.txt"), said, forget, 0);
  host->finish(context, said);
}
static void complain(void *context, int ok, mr_text said) { (void)ok; host->fail(context, text("invalid"), said); }
static void begin(void *self, mr_call *call, mr_text capability, mr_text input) {
  (void)self, (void)input;
  const int fails = capability.data[capability.size - 1] == 'l';
  host->http(call, text("{\"method\":\"GET\",\"path\":\"/text\"}"), fails ? complain : repeat, call);
}
static const mr_plugin plugin = {.size = sizeof(mr_plugin), .abi_major = MR_ABI_MAJOR, .name = {"gossip", 6},
                                 .open = open_plugin, .close = close_plugin, .begin = begin};
MR_EXPORT const mr_plugin *mr_plugin_entry(void) { return &plugin; }
"""

CONNECTIONS = {"bearer": '{token: "secret:from_env"}', "header": '{header: {name: X-Api-Key, value: "Token secret:from_file"}}',
               "basic": '{basic: {user: ada, password: "secret:from_systemd"}}', "query": '{query: {name: key, value: "secret:from_env"}}', "vaulted": '{header: {name: X-Vault, value: "secret:from_vault"}}'}
KINDS = ("json", "html", "chunks", "headers", "text", "bytes")


def request(name, connection, path, more="", method="GET"):
    """Without a path: exactly at the connection's address."""
    url, body = f", url: {path}" if path else "", ", body: {n: 1}" if method != "GET" else ""
    return f"  - id: {name}\n    action: http.request\n    connection: {connection}\n    with: {{method: {method}{url}{body}{more}}}\n"


class Canary(unittest.TestCase):
    def setUp(self):
        self.far = Echo()
        self.addCleanup(self.far.close)
        self.service = Service()
        self.addCleanup(self.service.close)
        self.said = []  # what anybody was told: (where, bytes)
        self.credentials = self.service.folder.parent / (self.service.folder.name + "-credentials")
        self.credentials.mkdir(mode=0o700)
        (self.credentials / "from_systemd").write_text(CREDENTIALS + "\n")
        self.addCleanup(shutil.rmtree, self.credentials)
        self.environment = {"MILLRACE_SECRET_FROM_ENV": ENVIRONMENT, "CREDENTIALS_DIRECTORY": str(self.credentials), "XDG_CONFIG_HOME": str(self.credentials)}
        self.write_project()
        patched = unittest.mock.patch.dict(os.environ, self.environment)
        patched.start()
        self.addCleanup(patched.stop)

    def write_project(self):
        known = {"from_file": FILE, "whole": self.far.url + ADDRESS, "sender": SENDER}
        self.service.write("state/secrets.json", json.dumps(known)).chmod(0o600)
        manifest = {"manifest": 1, "name": "gossip", "version": "1.0.0", "summary": "Repeats what it hears", "library": True, "connection": {"auth": "bearer"},
                    "files": ["said"], "actions": {name: {"summary": "Ask", "effect": "read", "connection": True, "output": {}} for name in ("ask", "fail")}}
        written = self.service.write("plugins/gossip/gossip.json", json.dumps(manifest))
        code = self.service.write("plugins/gossip/gossip.c", GOSSIP)
        library = written.with_suffix(".so")
        subprocess.run(["cc", "-shared", "-fPIC", "-fvisibility=hidden", "-I", source / "engine" / "abi", "-o", library, code], check=True)
        code.unlink()
        text = "version: 1\ntimezone: Europe/London\nconnections:\n"
        for name, auth in CONNECTIONS.items():
            text += f"  {name}:\n    plugin: http\n    base_url: {self.far.url}\n    auth: {auth}\n"
        text += '  whole:\n    plugin: http\n    base_url: "secret:whole"\n'
        text += f'  gossip:\n    plugin: gossip\n    base_url: {self.far.url}\n    auth: {{token: "secret:from_file"}}\n'
        text += f'trust: ["{pin("gossip", written.read_bytes(), library.read_bytes())}"]\n'
        self.service.write("millrace.yaml", text)
        self.write_workflows()

    def write_workflows(self):
        reads = "".join(request(f"{name}_{kind}", name, f"/{kind}", ", accept: any") for name in CONNECTIONS for kind in KINDS)
        reads += request("saved", "bearer", "/bytes", ", save_as: said.bin")
        reads += "  - id: written\n    action: files.write\n    with: {file: said.txt, text: \"${{ bearer_text.body }}\"}\n"
        reads += request("posted", "header", "/json", method="POST") + request("hooked", "whole", "", method="POST")
        self.flow("reads", reads + "  - set: {all: basic_json, text: query_text, bytes: header_bytes}\n")
        for kind in ("error", "refused", "unknown", "who", "redirect"):
            self.flow(f"fails_{kind}", request("failed", "query", f"/{kind}", method="POST"))
            self.flow(f"hooks_{kind}", request("failed", "whole", "", f", headers: {{X-Kind: {kind}}}", method="POST"))
        self.flow("asks", request("read", "bearer", "/text") + "  - id: asked\n    approve: \"Take ${{ read.body }}?\"\n")
        self.flow("gossips", "  - id: heard\n    action: gossip.ask\n    connection: gossip\n  - set: {heard: heard}\n")
        self.flow("complains", "  - id: heard\n    action: gossip.fail\n    connection: gossip\n")
        self.flow("watched", "  - set: {seen: event, how: delivery}\n", '  - webhook: watched\n    verify: {bearer: "secret:sender"}\n    dedupe: none\n')

    def flow(self, name, actions, triggers=None):
        trigger = triggers or f"  - webhook: {name}\n    verify: public\n"
        self.service.write(f"workflows/{name}.yaml", f"version: 1\nname: {name}\nmode: live\ntriggers:\n{trigger}actions:\n{actions}")

    def told(self, where, text):
        self.said.append((where, text if isinstance(text, bytes) else text.encode()))

    def millrace(self, *arguments, codes=(0,)):
        done = self.service.millrace(*arguments)
        self.told(" ".join(arguments), done.stdout + done.stderr)
        self.assertIn(done.returncode, codes, f"{arguments}: {done.stdout}\n{done.stderr}")
        return done

    def terminal(self, *arguments):
        """What it says at a terminal, where it talks as people read."""
        mine, its = pty.openpty()
        process = subprocess.Popen([program, *arguments], cwd=self.service.folder, stdin=subprocess.DEVNULL, stdout=its, stderr=its)
        os.close(its)
        said = b""
        try:
            while piece := os.read(mine, 65536):
                said += piece
        except OSError:
            pass  # the other end is closed
        os.close(mine)
        process.wait(60)
        self.told(f"terminal: {' '.join(arguments)}", said.replace(b"\r\n", b"\n"))

    def asked(self, method, path, body=None, headers=None):
        answer = ask(self.service.url, method, path, body, headers)
        self.told(f"{method} {path}", json.dumps(answer.headers).encode() + answer.body)
        return answer

    def check_nothing_is_told(self):
        # Where it was put, and the answers of the far side never came from Millrace.
        ours = {self.service.folder / "state" / "secrets.json"}
        for file in self.service.folder.rglob("*"):
            if file.is_file() and file not in ours:
                self.told(str(file.relative_to(self.service.folder)), file.read_bytes())
        leaks = sorted({(where, needle) for where, text in self.said for needle in NEEDLES if needle in text})
        self.assertEqual(leaks[:20], [], f"{len(leaks)} in all")
        names = " ".join(str(file) for file in self.service.folder.rglob("*")).encode()
        self.assertFalse([needle for needle in NEEDLES if needle in names])
        self.assertFalse([file for file in self.service.folder.rglob("core*")])

    def fill_vault(self):
        """Through the verbs, which tell nothing of it either; two of its values are there during a rotation."""
        for value in ("before " + VAULT, VAULT):
            done = self.service.millrace("secret", "set", "from_vault", stdin=value + "\n")
            self.told("secret set", done.stdout + done.stderr)
            self.assertEqual(done.returncode, 0, done.stderr)
        for words in (("list",), ("list", "--json"), ("remove", "from_vault"), ("set", "from_vault", VAULT), ("export-recovery",)):
            self.millrace("secret", *words, codes=tuple(range(8)))

    def foreground(self):
        (self.service.folder / "plans").mkdir()
        for name in ("reads", "gossips", "asks"):
            self.millrace("plan", name, "--out", f"plans/{name}.json", codes=(0, 1, 2, 3, 4))
            self.millrace("plan", name, "--json", codes=(0, 1, 2, 3, 4))
        self.millrace("apply", "plans/reads.json")
        for name in sorted(file.stem for file in (self.service.folder / "workflows").iterdir()):
            self.millrace("run", name, "--live", "--trace", codes=(0, 1, 2, 3, 4))
            self.terminal("run", name, "--live", "--trace")
        self.say_by_hand()
        for words in (("check",), ("doctor",), ("doctor", "--json"), ("catalog",), ("plugin", "check", "gossip"), ("eval", "1 + 1"), ("schedule", "list")):
            self.millrace(*words, codes=tuple(range(8)))

    def said_by_hand(self):
        return {"said": [form for secret in CANARIES for form in forms(secret)]}

    def say_by_hand(self):
        """Somebody who starts a run, plans one or answers one repeats what he knows, too."""
        event = self.credentials / "event.json"
        event.write_text(json.dumps(self.said_by_hand()))
        self.millrace("run", "watched", "--live", "--event", str(event))
        self.millrace("plan", "watched", "--event", str(event), "--out", "plans/by_hand.json")
        self.millrace("apply", "plans/by_hand.json")

    def answer_by_hand(self, runs):
        answers = [self.millrace("approve", run, "--comment", " ".join(CANARIES), codes=tuple(range(8))) for run in runs]
        self.assertIn(0, [answer.returncode for answer in answers], answers[0].stderr)

    def serve(self):
        self.service.start()
        for name in sorted(file.stem for file in (self.service.folder / "workflows").iterdir()):
            self.asked("POST", f"/hooks/{name}", {"n": 1})
        # The far side tells by a delivery, too: in its body, its query and its headers.
        said = [form for secret in CANARIES for form in forms(secret)]
        self.asked("POST", "/hooks/watched?" + urllib.parse.urlencode({"note": FILE, "n": ADDRESS}), {"said": said, **{form: 1 for form in said}},
                   {"Authorization": "Bearer " + SENDER, "X-Note": urllib.parse.quote(ENVIRONMENT), "X-Hex": CREDENTIALS.encode().hex()})
        self.asked("POST", "/hooks/watched", b'{"broken": ' + json.dumps(ENVIRONMENT).encode(), {"Authorization": "Bearer " + SENDER})
        self.asked("POST", "/hooks/nobody" + urllib.parse.quote(ADDRESS), {"n": 1})
        self.asked("POST", "/hooks/watched", {"n": 1}, {"Authorization": "Bearer " + SENDER[:-1]})
        self.asked("POST", "/hooks/watched?access_token=" + urllib.parse.quote(SENDER), {"n": 1}, {"X-Api-Key": SENDER, "Authorization": "Bearer " + SENDER})
        wait_until(lambda: all(run["outcome"] not in ("", "running", None) for run in self.service.runs()), what="the runs")

    def serve_at_terminal(self):
        """The lines of a service as people read them."""
        mine, its = pty.openpty()
        process = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0"], cwd=self.service.folder, stdin=subprocess.DEVNULL, stdout=its, stderr=its)
        os.close(its)
        said = b""
        try:
            while not (found := re.search(rb"http://127[.0-9]+:\d+", said)):
                said += os.read(mine, 65536)
            self.service.url = found[0].decode()
            wait_until(lambda: ask(self.service.url, "GET", "/readyz").status == 200, what="readiness")
            for name in ("gossips", "complains", "fails_error"):
                self.asked("POST", f"/hooks/{name}", {"n": 2})
            while b"gossip: " not in said:
                said += os.read(mine, 65536)
            process.terminate()
            while piece := os.read(mine, 65536):
                said += piece
        except OSError:
            pass  # the other end is closed
        os.close(mine)
        self.assertEqual(process.wait(60), 0)
        self.told("terminal: serve", said.replace(b"\r\n", b"\n"))

    def look(self):
        token = {"Authorization": "Bearer " + self.service.token()}
        for run in self.service.runs():
            shown = self.millrace("runs", "show", run["id"])
            self.terminal("runs", "show", run["id"])
            self.asked("GET", f"/api/v1/runs/{run['id']}", headers=token)
            link = re.search(r"approve: http://[^/]+(\S+)", shown.stdout)
            if link:
                self.asked("GET", link[1])
        for path in ("runs", "workflows", "status", "catalog"):
            self.asked("GET", f"/api/v1/{path}", headers=token)
        for path in ("/metrics", "/healthz", "/readyz"):
            self.asked("GET", path)
        for words in (("runs", "list"), ("doctor",), ("backup", "copy.db"), *(("why", name) for name in ("reads", "fails_error", "watched"))):
            self.millrace(*words, codes=tuple(range(8)))
        for file in sorted((self.service.folder / "workflows").iterdir()):
            for verb in ("explain", "versions", "diff"):
                self.millrace(verb, file.stem, codes=(0, 1, 3))
                self.millrace(verb, file.stem, "--json", codes=(0, 1, 3))

    def test_no_secret_is_told_in_any_form(self):
        resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
        self.fill_vault()
        self.foreground()
        self.serve()
        self.look()
        asked = [run["id"] for run in self.service.runs() if run["workflow"] == "asks"]
        self.answer_by_hand(asked[:1])
        heard = "\n".join(self.far.seen)
        for where in ("Bearer ", "Basic " + base64.b64encode(b"ada:" + CREDENTIALS.encode()).decode(), "Token ", ADDRESS, "key=pe", "X-Vault: va"):
            self.assertTrue(where in heard, where)
        self.service.stop(signal.SIGABRT)
        self.answer_by_hand(asked[1:])
        self.serve_at_terminal()
        self.check_nothing_is_told()


if __name__ == "__main__":
    main()
