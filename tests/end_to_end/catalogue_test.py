"""What HighLevel and SightMill publish is offered as it is: each operation under its name, held against the official documents where they are."""
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading
import time
import unittest

from project import Project, SandboxTest, build, main, source

PINNED = source / "tests" / "contract"
PRISM = build / "contract"  # Prism, installed once for each lock file
SHARED = pathlib.Path(os.environ.get("MILLRACE_SHARED", source.parent / "shared"))
DOCUMENTS = {"contacts": "/contacts", "locations": "/locations", "oauth": "/oauth", "social-media-posting": "/social-media-posting", "users": "/users"}
KINDS = {"read": {"read"}, "write": {"create", "update", "send"}, "delete": {"delete", "update"}}


def published():
    lines = [line.split() for line in (source / "tests/data/catalogue.txt").read_text().splitlines() if not line.startswith("#")]
    return {name: {"kind": kind, "effect": effect, "scope": scope, "method": method, "path": path} for name, kind, effect, scope, method, path in lines}


def shipped_actions():
    """The manifest's own words about each action of the connector."""
    actions = {}
    for file in sorted((source / "plugins/highlevel").glob("highlevel*.json")):
        for name, action in json.loads(file.read_text()).get("actions", {}).items():
            actions["highlevel." + name] = action
    return actions


class Catalogue(unittest.TestCase):
    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)

    def test_every_published_operation_and_delivery_is_offered_under_its_name(self):
        offered = {entry["name"]: entry for entry in self.project.json("catalog")["entries"]}
        table = published()
        self.assertEqual(len(table), 126)
        for name, fact in table.items():
            with self.subTest(name):
                entry = offered[name]
                self.assertEqual((entry["kind"], entry["scope"] or "-"), (fact["kind"], fact["scope"]))
                self.assertEqual((entry["method"], entry["path"] or "-"), (fact["method"], fact["path"]))
                if fact["kind"] == "action":
                    self.assertIn(entry["effect"], KINDS[fact["effect"]])

    def test_an_entry_says_what_it_sends_and_where_nothing_is_published_that(self):
        shown = lambda name: self.project.millrace("catalog", "show", name).stdout
        self.assertIn("sends: GET /locations/{location_id}/tags/{tag_id}\n", shown("highlevel.location_tags.get"))
        for name in ("email_surveys.send", "sms_surveys.send", "contacts.add"):
            self.assertIn("sends: POST to the address of its connection as it stands: no path of its own is published", shown("sightmill." + name))
        self.assertIn("the sender publishes no name for it", shown("sightmill.responses.received"))
        self.assertIn("delivery: ContactTagUpdate\n", shown("highlevel.contact_tags.updated"))

    def test_every_action_has_a_summary_an_example_and_words_for_each_input(self):
        for name, action in shipped_actions().items():
            with self.subTest(name):
                self.assertTrue(action["summary"] and action["examples"] and "output" in action)
                for field, schema in action["input"]["properties"].items():
                    self.assertTrue(schema.get("description"), field)

    def test_the_examples_fit_what_is_said_of_them(self):
        checked = self.project.json("plugin", "check", "highlevel")["plugins"]
        self.assertEqual([(plugin["name"], plugin["actions"], plugin["triggers"], plugin["problems"]) for plugin in checked],
                         [("highlevel", 110, 13, [])])

    def test_an_action_of_any_file_is_checked_and_its_mistakes_are_told(self):
        self.project.write("workflows/one.yaml", "version: 1\nname: One\ntriggers: manual\nlocations: [loc_main]\nactions:\n"
                           "  - {action: highlevel.contact_notes.create, with: {contact: x}}\n  - {action: highlevel.contact_notes.crate}\n")
        told = self.project.millrace("check", "workflows/one.yaml").stdout + self.project.millrace("check", "workflows/one.yaml").stderr
        self.assertIn("contact_id", told)
        self.assertIn('did you mean "highlevel.contact_notes.create"?', told)


class Tried(SandboxTest):
    """Each action of the connector is answered by the sandbox, so that a person can try it."""

    def setUp(self):
        super().setUp()
        state = self.sandbox.state()
        contact = {"id": "Jm4TqXz0rYb7UeKc1NsD", "locationId": "loc_main", "email": "byron@example.com", "businessId": "Bz4TqXz0rYb7UeKc1NsQ"}
        state["contacts"] += [contact, {**contact, "id": "Ro8VnYd3hWc6QpFa2GuL", "email": "lovelace@example.com"}]
        posts = [{"_id": f"66f1c0de5a3b9e2d47108d0{n}", "locationId": "loc_main"} for n in (1, 2)]
        state["social_posts"] += posts
        state["social_accounts"].append({"id": "66f1c0de5a3b9e2d47108b01_loc_main_104477", "profileId": "104477", "platform": "facebook", "locationId": "loc_main"})
        self.sandbox.call("/_sandbox/reset", {"state": state})

    def test_each_action_is_answered_as_published(self):
        tag = self.sandbox.state()["location_tags"][0]["id"]
        self.project.write("posts.csv", "one\n")
        later = lambda name: (name.endswith(".delete") or name.endswith("delete_many"), name == "highlevel.locations.delete", name)
        wrong, tried = {}, 0
        for name in sorted(shipped_actions(), key=later):
            with_ = dict(shipped_actions()[name]["examples"][0]["input"])
            with_.update({key: tag for key in ("tag_id",) if key in with_})
            with_.update({key: "posts.csv" for key in ("file",) if key in with_})
            if name == "highlevel.contacts.create":
                with_["email"], with_["phone"] = "nobody-yet@example.com", "+442071838799"
            if name == "highlevel.location_tags.create":
                with_["name"] = "not there yet"
            if name == "highlevel.locations.delete":
                with_["location_id"] = "loc_north"
            if name.startswith("highlevel.oauth_tokens"):
                continue  # its codes are good once, and connect_test has them
            flow = {"version": 1, "triggers": ["manual"], "locations": ["loc_main"], "actions": [{"action": name, "with": with_}]}
            self.project.write("workflows/one.yaml", json.dumps(flow))
            done = self.project.millrace("run", "one", "--live")
            tried += 1
            if done.returncode != 0:
                wrong[name] = done.stdout + done.stderr
        self.assertEqual(wrong, {})
        self.assertEqual(tried, 109)
        self.assertFalse([each for each in self.sandbox.requests() if each["status"] >= 300])

    def test_what_is_made_is_listed_read_changed_and_taken_away(self):
        self.project.write("workflows/notes.yaml", """version: 1
triggers: [manual]
locations: [loc_main]
actions:
  - {id: made, action: highlevel.contact_notes.create, with: {contact_id: Jm4TqXz0rYb7UeKc1NsD, body: One}}
  - {action: highlevel.contact_notes.update, with: {contact_id: Jm4TqXz0rYb7UeKc1NsD, id: "${{ made.note.id }}", body: Two}}
  - {id: read, action: highlevel.contact_notes.get, with: {contact_id: Jm4TqXz0rYb7UeKc1NsD, id: "${{ made.note.id }}"}}
  - {id: other, action: highlevel.contact_notes.list, with: {contact_id: Ro8VnYd3hWc6QpFa2GuL}}
  - {action: highlevel.contact_notes.delete, with: {contact_id: Jm4TqXz0rYb7UeKc1NsD, id: "${{ made.note.id }}"}}
  - {id: listed, action: highlevel.contact_notes.list, with: {contact_id: Jm4TqXz0rYb7UeKc1NsD}}
  - {id: all, action: highlevel.contacts.search, with: {page_limit: 100, all_pages: true}}
  - {id: tags, action: highlevel.social_tags.list, with: {limit: "7", all_pages: true}}
""")
        run = self.project.json("run", "notes", "--live")["runs"][0]
        output = {step["id"]: step["output"] for step in self.project.json("runs", "show", run["run"])["steps"] if step.get("id")}
        made = output["made"]["note"]["id"]
        self.assertEqual(output["read"]["note"]["body"], "Two")
        self.assertNotIn(made, [note["id"] for note in output["listed"]["notes"] + output["other"]["notes"]])
        self.assertEqual(len(output["all"]["contacts"]), output["all"]["total"])
        self.assertGreater(output["all"]["total"], 400)
        self.assertEqual(len(output["tags"]["results"]["tags"]), output["tags"]["results"]["count"])
        self.assertEqual(run["reads"], 3 + 2 + 5 + -(-output["tags"]["results"]["count"] // 7))  # two look before a change
        self.assertIn("contact_note /contacts/Jm4TqXz0rYb7UeKc1NsD/notes", self.sandbox.state()["shelves"])


class FarSide:
    """Keeps what it is sent, and answers {}."""

    def __init__(self):
        kept = self.requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                kept.append((self.command, self.path, self.headers.get("Content-Type", ""), body))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Uploads(unittest.TestCase):
    def setUp(self):
        self.far_side = FarSide()
        self.addCleanup(self.far_side.close)
        self.project = Project(self.far_side.url)
        self.addCleanup(self.project.close)

    def upload(self, file, *how, expect=0):
        self.project.write("workflows/up.yaml", "version: 1\nname: Up\ntriggers: manual\nlocations: [loc_main]\n"
                           f"vars: {{file: {json.dumps(file)}}}\nactions:\n"  # known to the run alone: else `check` refuses some
                           "  - {action: highlevel.social_csv.upload, with: {file: '${{ vars.file }}'}}\n")
        return self.project.json("run", "up", *how, expect=expect)

    def test_a_file_below_the_project_is_sent_with_its_name_and_bytes(self):
        content = b"one,two\r\n\xff\x00three\r\n"
        self.project.write("posts/march \"x\".csv", content)
        self.assertEqual(self.upload('posts/march "x".csv')["runs"][0]["outcome"], "completed")
        self.assertEqual(self.far_side.requests, [])  # a plan sends nothing
        self.assertEqual(self.upload('posts/march "x".csv', "--live")["runs"][0]["outcome"], "completed")
        (method, path, kind, body), = self.far_side.requests
        self.assertEqual((method, path), ("POST", "/social-media-posting/loc_main/csv"))
        boundary = re.fullmatch(r"multipart/form-data; boundary=([0-9a-z-]+)", kind)[1].encode()
        head = b'Content-Disposition: form-data; name="file"; filename="march %22x%22.csv"\r\nContent-Type: text/csv\r\n\r\n'
        self.assertEqual(body, b"--" + boundary + b"\r\n" + head + content + b"\r\n--" + boundary + b"--\r\n")

    def test_nothing_is_sent_that_is_not_a_plain_file_below_the_project(self):
        self.project.write("posts/real.csv", "x")
        (self.project.folder / "posts/link.csv").symlink_to("real.csv")
        (self.project.folder / "linked").symlink_to("posts")
        os.mkfifo(self.project.folder / "posts/pipe.csv")
        self.project.write("posts/.hidden.csv", "x")
        for file in ("../outside.csv", "/etc/passwd", "posts/none.csv", "posts/link.csv", "linked/real.csv", "posts/pipe.csv", "posts", "posts/.hidden.csv",
                     "state/secrets.json", "posts/../state/secrets.json", "posts//real.csv"):
            for how in ((), ("--live",)):
                with self.subTest(file=file, how=how):
                    run = self.upload(file, *how, expect=1)["runs"][0]
                    self.assertIn("cannot read file", run["error"]["message"] if isinstance(run.get("error"), dict) else json.dumps(run))
        self.assertEqual(self.far_side.requests, [])


def installed_prism():
    """The program, installed as the lock file says; none where npm is missing or reaches nobody."""
    lock = (PINNED / "package-lock.json").read_bytes()
    program, stamp = PRISM / "node_modules/.bin/prism", PRISM / "lock"
    if stamp.exists() and stamp.read_bytes() == lock:
        return program
    if shutil.which("npm") is None or shutil.which("node") is None:
        return None
    PRISM.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINNED / name, PRISM / name)
    if subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=PRISM, timeout=240, check=False).returncode != 0:
        return None
    stamp.write_bytes(lock)
    return program


class Prism:
    """`prism proxy --errors` before Prism's mock of one document."""

    def __init__(self, program, document, folder):
        self.logs, self.processes = [], []
        mock, proxy = self.port(), self.port()
        self.start(program, folder / "mock.log", "mock", "-h", "127.0.0.1", "-p", str(mock), "--errors", document)
        self.start(program, folder / "proxy.log", "proxy", "-h", "127.0.0.1", "-p", str(proxy), "--errors", document, f"http://127.0.0.1:{mock}")
        self.url = f"http://127.0.0.1:{proxy}"
        until = time.monotonic() + 120
        for log in self.logs:
            while "Prism is listening" not in log.read_text():
                if time.monotonic() > until:
                    raise AssertionError("Prism did not start: " + log.read_text())
                time.sleep(0.05)

    def start(self, program, log, *words):
        with log.open("wb") as out:
            self.processes.append(subprocess.Popen(["node", program.resolve(), *map(str, words)], stdout=out, stderr=subprocess.STDOUT))
        self.logs.append(log)

    @staticmethod
    def port():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    def arrived(self):
        """How many requests came to the proxy, and to the mock behind it."""
        return [log.read_text().count("Request received") for log in self.logs[::-1]]

    def violations(self):
        return [line for log in self.logs for line in log.read_text().splitlines() if "Violation" in line]

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait(10)


class OfficialDocuments(unittest.TestCase):
    """Each action makes its one call as the documents want it, and in a plan the writes make none."""

    @classmethod
    def setUpClass(cls):
        cls.documents = SHARED / "domain/openapi"
        if not cls.documents.is_dir():
            raise unittest.SkipTest(f"the official documents are not here ({cls.documents}); MILLRACE_SHARED names another folder")
        cls.prism = installed_prism()
        if cls.prism is None:
            raise unittest.SkipTest("Prism cannot be installed: npm is missing, or reaches nobody")
        cls.actions = {name: action for name, action in shipped_actions().items() if name in published()}

    def flow(self, project, name, actions):
        steps = "".join(f"  - {{action: {action}, on_error: continue, with: {json.dumps(self.actions[action]['examples'][0]['input'])}}}\n" for action in actions)
        project.write(f"workflows/{name}.yaml", f"version: 1\nname: {name}\ntriggers: manual\nlocations: [loc_main]\nsafety: {{max_changes: 200}}\nactions:\n{steps}")

    def hold(self, document):
        prefix = DOCUMENTS[document]
        mine = [name for name, action in self.actions.items() if action["request"]["path"].startswith(prefix)]
        reads = [name for name in mine if self.actions[name]["effect"] == "read"]
        writes = [name for name in mine if name not in reads]
        project = Project()
        self.addCleanup(project.close)
        prism = Prism(self.prism, self.documents / f"{document}.json", project.folder)
        self.addCleanup(prism.close)
        settings = project.folder / "millrace.yaml"
        settings.write_text("version: 1\nconnections:\n  highlevel:\n    plugin: highlevel\n    base_url: " + prism.url + "\n"
                            "    auth: {token: \"secret:highlevel_token\"}\n    locations: [loc_main, ve9EPM428h8vShlRW1KT]\n")
        for file in ("posts/march.csv", "contracts/harbour.pdf"):
            project.write(file, "a,b\n1,2\n")
        self.flow(project, "writes", writes)
        self.flow(project, "reads", reads)
        planned = project.json("run", "writes")["runs"][0]
        self.assertEqual(prism.arrived(), [0, 0], "a plan has sent something")
        self.assertEqual(sorted(change["action"] for change in planned["changes"]), sorted(writes), planned["notes"])
        for name, actions in (("writes", writes), ("reads", reads)):
            before = prism.arrived()[1]
            run = project.json("run", name, "--live", expect=None)["runs"][0]
            steps = project.json("runs", "show", run["run"])["steps"]
            self.assertEqual(len(steps), len(actions))
            failed = {step["action"]: step["error"]["message"] for step in steps if step["error"]}
            partly = failed.pop("highlevel.contact_tags.update_many", "did only a part of")  # so the document's own example answers
            self.assertIn("did only a part of", partly)
            self.assertEqual((failed, run["outcome"]), ({}, "completed"))
            self.assertEqual(prism.arrived()[1] - before, len(actions), name)
        self.assertEqual(prism.violations(), [])
        prism.close()
        return len(mine)

    def test_every_action_keeps_to_the_documents(self):
        self.assertEqual(sum(self.hold(document) for document in DOCUMENTS), 109)


if __name__ == "__main__":
    main()
