"""An OpenAPI document as people use it: imported, planned, run against a far side, and imported again when it has changed."""
import json
import re
import shutil
import tempfile
import pathlib
import unittest

from far_server import FarAnswers, FarServer
from project import Project, main, source

DOCUMENT = """openapi: 3.0.3
info: {title: Boats, version: "1.4"}
servers: [{url: URL}]
security: [{key: []}]
paths:
  /boats:
    get:
      summary: List the boats
      parameters:
        - {name: ids, in: query, explode: false, schema: {type: array, items: {type: string}}}
      responses: {'200': {description: all, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Boat'}}}}}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Boat'}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Boat'}}}}}
  /boats/{boatId}:
    parameters: [{name: boatId, in: path, required: true, schema: {type: string}}]
    get:
      responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Boat'}}}}}
    delete: {responses: {'204': {description: gone}}}
  /boats/search:
    post:
      requestBody: {required: true, content: {application/x-www-form-urlencoded: {schema: {type: object, required: [text], properties: {text: {type: string}}}}}}
      responses: {'200': {description: found, content: {application/json: {schema: {type: object, properties: {found: {type: integer}}}}}}}
  /boats/{boatId}/photo:
    post:
      parameters: [{name: boatId, in: path, required: true, schema: {type: string}}]
      requestBody: {content: {multipart/related: {schema: {type: object}}}}
      responses: {'200': {description: kept}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
    Boat:
      type: object
      required: [id, name]
      properties:
        id: {type: string, readOnly: true}
        name: {type: string}
        mate: {$ref: '#/components/schemas/Boat'}
"""
OVERLAY = "operations:\n  POST /boats/search: {effect: read}\n"
FLOW = """version: 1
triggers:
  - manual
actions:
  - {id: search, action: boats.boats.search, with: {text: "a b"}}
  - {id: list, action: boats.boats.list, with: {ids: [x, y]}}
  - {id: make, action: boats.boats.create, with: {name: "Ada ${{ search.found }}", mate: {name: Bo}}}
  - {id: drop, action: boats.boats.delete, with: {boat_id: x/1}}
"""


MORE = """openapi: 3.0.3
info: {title: Boats, version: "1.4"}
servers: [{url: URL}]
paths:
  /logs:
    get:
      parameters:
        - {name: cursor, in: query, schema: {type: string}}
        - {name: session, in: cookie, required: true, schema: {type: string}}
      responses: {'200': {description: all, content: {application/json: {schema: {type: object, properties: {
        logs: {type: array, items: {type: object, properties: {id: {type: integer}}}}, next_cursor: {type: string}}}}}}}
  /photos:
    post:
      requestBody: {required: true, content: {multipart/form-data: {schema: {type: object, required: [photos], properties: {
        photos: {type: array, items: {type: string, format: binary}}, note: {type: string}}}}}}
      responses: {'201': {description: kept, content: {application/json: {schema: {type: object}}}}}
"""
MORE_FLOW = """version: 1
triggers:
  - manual
actions:
  - {id: logs, action: boats.logs.list, with: {session: "a;b", all_pages: true}}
  - {action: boats.photos.create, with: {photos: [in/one.txt, in/two.txt], note: "${{ size(logs.logs) }} logs"}}
"""


class Harbour(FarServer):
    def __init__(self):
        self.asked = []
        super().__init__(Answering)
        self.url += "/v1"


class Answering(FarAnswers):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.asked.append(f"{self.command} {self.path} {self.headers.get('X-Key')} {body}".strip())
        if self.path.startswith("/v1/logs"):
            self.server.asked[-1] += " " + self.headers.get("Cookie", "")
        status, answer = {"GET /v1/logs": (200, {"logs": [{"id": 1}, {"id": 2}], "next_cursor": "c/2"}), "GET /v1/logs?cursor=c%2F2": (200, {"logs": [{"id": 2}, {"id": 3}], "next_cursor": ""}),
                          "POST /v1/photos": (201, {}), "POST /v1/boats/search": (200, {"found": 3}), "POST /v1/boats": (201, {"id": "b1", "name": "Ada"}),
                          "DELETE /v1/boats/x%2F1": (204, None)}.get(f"{self.command} {self.path}", (200, []))
        text = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = answer


NOTES = """openapi: 3.0.3
info: {title: Notes, version: "1.0"}
servers: [{url: URL}]
paths:
  /notes:
    get: {responses: {'200': {description: all, content: {application/json: {schema: {type: array, items: {type: object, properties: {id: {type: string}, title: {type: string}}}}}}}}}
    post: {requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}, responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}}}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}}}
    patch: {requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}, responses: {'200': {description: done}}}
    delete: {responses: {'204': {description: gone}}}
  /jobs:
    post: {responses: {'200': {description: OK}}}
components:
  schemas:
    Note:
      type: object
      properties:
        id: {type: string, readOnly: true}
        title: {type: string}
        text: {type: string}
        pin: {type: string, writeOnly: true}
"""


class Notebook(FarServer):
    def __init__(self):
        self.notes, self.written = {"n1": {"id": "n1", "title": "One", "text": "first"}, "n2": {"id": "n2", "title": "Two"}}, []
        super().__init__(NoteAnswers)


class NoteAnswers(FarAnswers):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        notes, name, kind = self.server.notes, self.path.rpartition("/")[2], "application/json"
        if self.command != "GET":
            self.server.written.append(f"{self.command} {self.path} {body}".strip())
        if self.path == "/jobs":
            kind, told = "text/plain", "Job started: 17"
        elif self.command == "GET":
            told = json.dumps([{key: note[key] for key in ("id", "title")} for note in notes.values()] if name == "notes" else notes.get(name))
        elif self.command == "DELETE":
            told = json.dumps(notes.pop(name))
        else:
            name = name if self.command == "PATCH" else f"n{len(self.server.written) + 2}"
            notes.setdefault(name, {"id": name}).update({key: value for key, value in json.loads(body).items() if key != "pin"})
            told = json.dumps(notes[name])
        self.send_response(404 if told == "null" else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told.encode())

    do_GET = do_POST = do_PATCH = do_DELETE = answer


class Undone(unittest.TestCase):
    def setUp(self):
        self.far = Notebook()
        self.addCleanup(self.far.close)
        self.project = Project(token=None)
        self.addCleanup(self.project.close)
        shutil.rmtree(self.project.folder / "workflows")
        self.project.write("notes.yaml", NOTES.replace("URL", self.far.url))
        self.project.write("millrace.yaml", f'version: 1\nconnections:\n  n: {{plugin: n, base_url: "{self.far.url}"}}\n')
        self.project.json("plugin", "import-openapi", "notes.yaml", "--name", "n")

    def run_live(self, *steps):
        self.project.write("workflows/w.yaml", "version: 1\ntriggers:\n  - manual\nactions:\n" + "".join(f"  - {step}\n" for step in steps))
        run = self.project.json("run", "w", "--live")["runs"][0]
        self.assertEqual(run["outcome"], "completed", run)
        self.far.written.clear()
        return run["run"]

    def test_what_the_get_shows_comes_back_and_what_nothing_shows_is_told(self):
        run = self.run_live("{action: n.notes.get, with: {id: n1}}", "{action: n.notes.update, with: {id: n1, text: new, pin: p2}}")
        planned = self.project.json("runs", "undo", run)
        self.assertEqual(planned["cannot_be_restored"], ["update notes One: its pin is not put back, because the plugin does not say where it is read"])
        self.project.json("runs", "undo", run, "--yes")
        self.assertEqual(self.far.written, ['PATCH /notes/n1 {"text":"first"}'])
        run = self.run_live("{action: n.notes.get, with: {id: n1}}", "{action: n.notes.delete, with: {id: n1}}")
        told = self.project.json("runs", "undo", run)["cannot_be_restored"]
        self.assertIn("delete notes One: its pin does not come back, because nothing that was read shows it", told)
        self.project.json("runs", "undo", run, "--yes")
        self.assertEqual(self.far.written, ['POST /notes {"title":"One","text":"first"}'])

    def test_a_change_of_which_nothing_can_be_put_back_is_told_and_sends_nothing(self):
        for given, told in (("pin: p2", "its pin is not put back, because the plugin does not say where it is read"), ("text: new", "its text had no value before, and keeps \"new\"")):
            run = self.run_live("{action: n.notes.get, with: {id: n2}}", f"{{action: n.notes.update, with: {{id: n2, {given}}}}}")
            planned = self.project.json("runs", "undo", run, expect=1)
            self.assertEqual((planned["changes"], planned["cannot_be_restored"]), ([], [f"update notes Two: {told}"]))
            self.assertEqual(self.far.written, [])

    def test_a_job_that_answers_with_a_text_of_which_the_document_says_nothing_is_done(self):
        self.run_live("{id: job, action: n.jobs.create}", '{action: n.notes.update, with: {id: n2, text: "${{ job }}"}}')
        self.assertEqual(self.far.notes["n2"]["text"], "Job started: 17")


class Imports(unittest.TestCase):
    def setUp(self):
        self.far = Harbour()
        self.addCleanup(self.far.close)
        self.project = Project(token=None)
        self.addCleanup(self.project.close)
        shutil.rmtree(self.project.folder / "workflows")
        self.project.write("millrace.yaml", "version: 1\n")
        self.project.write("state/secrets.json", json.dumps({"boats_token": "k-e-y"})).chmod(0o600)
        self.document(DOCUMENT)

    def document(self, text):
        self.project.write("boats.yaml", text.replace("URL", self.far.url))

    def imported(self, *more, expect=0):
        return self.project.json("plugin", "import-openapi", "boats.yaml", "--name", "boats", *more, expect=expect)

    def connect(self, told):
        self.project.write("millrace.yaml", "version: 1\n" + told[told.index("connections:"):].replace("\n    boats", "\n  boats"))

    def test_a_document_is_imported_planned_and_run(self):
        self.project.write("plugins/boats/boats.overlay.yaml", OVERLAY)
        done = self.project.millrace("plugin", "import-openapi", "boats.yaml", "--name", "boats")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("boats: 5 of 6 operations of Boats 1.4\n", done.stdout)
        self.assertIn("left out POST /boats/{boatId}/photo: its body is left out: a manifest has no word for multipart/related", done.stdout)
        self.connect(done.stdout)
        self.project.write("workflows/fleet.yaml", FLOW)
        entries = {entry["name"]: entry for entry in self.project.json("catalog")["entries"]}
        self.assertEqual({name: entry["effect"] for name, entry in entries.items() if name.startswith("boats.")},
                         {"boats.boats.list": "read", "boats.boats.create": "create", "boats.boats.get": "read", "boats.boats.delete": "delete", "boats.boats.search": "read"})
        checked = self.project.millrace("check")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        plan = self.project.json("plan", "fleet")
        self.assertEqual([change["effect"] for change in plan["changes"]], ["create", "delete"])
        self.assertEqual(self.far.asked, ["POST /v1/boats/search k-e-y text=a%20b", "GET /v1/boats?ids=x%2Cy k-e-y"])
        self.far.asked.clear()
        run = self.project.json("run", "fleet", "--live")
        self.assertEqual(run["runs"][0]["outcome"], "completed")
        self.assertEqual(self.far.asked, ["POST /v1/boats/search k-e-y text=a%20b", "GET /v1/boats?ids=x%2Cy k-e-y",
                                          'POST /v1/boats k-e-y {"name":"Ada 3","mate":{"name":"Bo"}}', "DELETE /v1/boats/x%2F1 k-e-y"])

    def test_a_plan_shows_later_steps_what_earlier_ones_would_have_made(self):
        self.imported()
        self.connect(self.project.millrace("plugin", "import-openapi", "boats.yaml", "--name", "boats").stdout)
        self.project.write("workflows/fleet.yaml", "version: 1\ntriggers:\n  - manual\nactions:\n  - {action: boats.boats.create, with: {name: Ada}}\n"
                           "  - {id: list, action: boats.boats.list}\n"
                           "  - {action: boats.boats.create, with: {name: \"after ${{ list.map(boat, boat.name).join(', ') }}\"}}\n")
        plan = self.project.json("plan", "fleet")
        self.assertEqual([change["request"]["body"] for change in plan["changes"]], [{"name": "Ada"}, {"name": "after Ada"}])
        self.assertEqual([line.split()[0] for line in self.far.asked], ["GET"])

    def test_all_pages_cookies_and_lists_of_files(self):
        self.document(MORE)
        self.connect(self.project.millrace("plugin", "import-openapi", "boats.yaml", "--name", "boats").stdout)
        self.project.write("workflows/fleet.yaml", MORE_FLOW)
        for name in ("one", "two"):
            self.project.write(f"in/{name}.txt", f"content of {name}")
        pages = ["GET /v1/logs None session=a%3Bb", "GET /v1/logs?cursor=c%2F2 None session=a%3Bb"]
        plan = self.project.json("plan", "fleet")
        self.assertEqual(self.far.asked, pages)
        self.assertEqual((plan["reads"], plan["calls"][0]["reads"], plan["calls"][0]["writes"]), (2, 2, 1))
        self.far.asked.clear()
        run = self.project.json("run", "fleet", "--live")["runs"][0]
        self.assertEqual(run["outcome"], "completed", run)
        self.assertEqual(self.far.asked[:2], pages)
        body = self.far.asked[2]
        for part in ('name="photos"; filename="one.txt"', "content of one", 'name="photos"; filename="two.txt"', "content of two", "3 logs"):
            self.assertIn(part, body)
        told = self.project.json("permissions", "fleet")["summary"]
        self.assertIn("sends files in in", told)
        self.project.write("workflows/fleet.yaml", MORE_FLOW.replace("in/two.txt", "in/three.txt"))
        self.assertIn("in/three.txt", json.dumps(self.project.json("plan", "fleet", expect=1)))

    def test_what_a_workflow_gets_wrong_of_an_imported_action_is_found(self):
        self.imported()
        self.connect(self.project.millrace("plugin", "import-openapi", "boats.yaml", "--name", "boats").stdout)
        self.project.write("workflows/fleet.yaml", FLOW.replace("name: \"Ada ${{ search.found }}\", mate: {name: Bo}", "mate: {name: [x]}"))
        told = self.project.millrace("check").stdout
        self.assertRegex(told, r'missing "name"')
        self.assertRegex(told, r"expected text, found a list")

    def test_a_second_import_says_what_changed_and_keeps_names_and_overlay(self):
        self.project.write("plugins/boats/boats.overlay.yaml", OVERLAY)
        self.assertEqual(len(self.imported("--detailed-exitcode", expect=6)["added"]), 5)
        before = (self.project.folder / "plugins/boats/boats.json").read_bytes()
        again = self.imported("--detailed-exitcode")
        self.assertEqual((again["added"], again["removed"], again["changed"]), ([], [], []))
        self.assertEqual((self.project.folder / "plugins/boats/boats.json").read_bytes(), before)
        self.document(DOCUMENT.replace("    delete: {responses: {'204': {description: gone}}}\n", "    put: {responses: {'200': {description: done}}}\n")
                      .replace("name: {type: string}\n", "name: {type: string}\n        length: {type: number}\n"))
        third = self.imported("--detailed-exitcode", expect=6)
        self.assertEqual((third["added"], third["removed"]), (["boats.update"], ["boats.delete"]))
        self.assertEqual({one["action"]: one["parts"] for one in third["changed"]},
                         {"boats.create": ["input", "inverse", "output", "request", "resource"], "boats.get": ["output"], "boats.list": ["output"]})
        self.assertEqual((self.project.folder / "plugins/boats/boats.overlay.yaml").read_text(), OVERLAY)
        entries = {entry["name"]: entry["effect"] for entry in self.project.json("catalog")["entries"]}
        self.assertEqual(entries["boats.boats.search"], "read")
        # What changed nothing is no line.
        lines = [line for line in self.project.json("audit", "list")["audit"] if line["about"] == "plugin boats"]
        self.assertEqual([line["what"] for line in lines], ["add", "add"])
        self.assertIn("boats.yaml", lines[0]["detail"])

    def test_a_second_import_says_what_is_other_of_the_connection(self):
        self.imported()
        login = "type: oauth2, flows: {authorizationCode: {authorizationUrl: 'https://boats.example/in', tokenUrl: 'https://TOKENS/token'}}"
        self.document(DOCUMENT.replace("type: apiKey, in: header, name: X-Key", login.replace("TOKENS", "boats.example")))
        self.assertEqual([one["part"] for one in self.imported("--detailed-exitcode", expect=6)["connection"]],
                         ["auth", "millrace.yaml: auth", "oauth2.authorize_url", "oauth2.token_url"])
        self.document(DOCUMENT.replace("type: apiKey, in: header, name: X-Key", login.replace("TOKENS", "elsewhere.example")).replace("URL}", "'https://other.example'}"))
        done = self.project.millrace("plugin", "import-openapi", "boats.yaml", "--name", "boats", "--detailed-exitcode")
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertIn("  changed  the connection: oauth2.token_url: https://elsewhere.example/token, and not https://boats.example/token\n", done.stdout)
        self.assertIn(f"  changed  the connection: millrace.yaml: base_url: https://other.example, and not {self.far.url}\n", done.stdout)
        self.assertIn("nothing has changed", self.project.millrace("plugin", "import-openapi", "boats.yaml", "--name", "boats", "--detailed-exitcode").stdout)

    def test_an_overlay_in_which_nothing_is_left_says_nothing(self):
        for nothing in ("# POST /boats/search: {effect: read}\n", "\n\n"):
            self.project.write("plugins/boats/boats.overlay.yaml", nothing)
            self.assertTrue(self.imported()["written"])

    def test_names_and_files_that_cannot_be_are_told_as_what_they_are(self):
        long = self.project.millrace("plugin", "import-openapi", "boats.yaml", "--name", "a" * 100)
        self.assertEqual(long.returncode, 2)
        self.assertIn("at most 60 letters, and this one has 100", long.stderr)
        folder = self.project.millrace("plugin", "import-openapi", "state", "--name", "boats")
        self.assertEqual(folder.returncode, 1)
        self.assertIn("state: this is a folder or a device", folder.stderr)

    def test_findings_have_their_place_and_what_is_there_stays_when_nothing_comes_of_a_document(self):
        self.imported()
        there = (self.project.folder / "plugins/boats/boats.json").read_bytes()
        self.document(DOCUMENT.replace("schema: {type: string}}]\n    get", "schema: {type: strin}}]\n    get"))
        wrong = self.imported(expect=1)
        finding = wrong["findings"][0]
        self.assertEqual((finding["rule"], finding["file"], finding["pointer"], finding["line"]),
                         ("wrong-type", "boats.yaml", "/paths/~1boats~1{boatId}/parameters/0/schema/type", 16))
        self.document("swagger: '2.0'\n")
        self.assertFalse(self.imported(expect=1)["written"])
        self.document(DOCUMENT)
        self.imported()
        self.assertEqual((self.project.folder / "plugins/boats/boats.json").read_bytes(), there)

    def test_names_that_are_taken_or_lead_elsewhere_are_refused(self):
        for name, code, why in (("../x", 2, "small letters"), ("Boats", 2, "small letters"), ("http", 1, "came with Millrace"), ("own", 1, "was not imported")):
            self.project.write("plugins/own/own.json", '{"manifest": 1, "name": "own", "version": "1.0.0", "summary": "own"}')
            done = self.project.millrace("plugin", "import-openapi", "boats.yaml", "--name", name)
            self.assertEqual(done.returncode, code, name)
            self.assertIn(why, done.stderr)

    def test_files_beside_the_document_are_read_and_none_outside_of_its_folder(self):
        self.project.write("api/boats.yaml", DOCUMENT.replace("'#/components/schemas/Boat'", "parts/boat.json"))
        self.project.write("api/parts/boat.json", '{"type": "object", "properties": {"name": {"type": "string"}}}')
        good = self.project.json("plugin", "import-openapi", "api/boats.yaml", "--name", "boats")
        self.assertEqual({one["rule"] for one in good["findings"]}, {"no-server", "no-resource"})
        outside = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        self.addCleanup(shutil.rmtree, outside)
        (outside / "boat.json").write_text('{"type": "string"}')
        (self.project.folder / "api/parts/boat.json").unlink()
        (self.project.folder / "api/parts/boat.json").symlink_to(outside / "boat.json")
        led = self.project.json("plugin", "import-openapi", "api/boats.yaml", "--name", "boats", expect=1)
        self.assertIn("it leads out of the document's folder", [one["message"] for one in led["findings"] if one["rule"] == "unresolved-reference"][0])

    def test_the_overlay_that_the_page_shows_is_one(self):
        page = (source / "docs/plugins.md").read_text()
        shown = re.search(r"```yaml\n(operations:\n.*?)```", page, re.DOTALL)[1]
        answer = "{responses: {'200': {description: x}}}"
        self.document(f"openapi: 3.1.0\ninfo: {{title: x, version: '1'}}\npaths:\n  /pet/search: {{post: {answer}}}\n  /pet/{{petId}}: {{put: {answer}}}\n  /pets: {{get: {{responses: {{'200': {{description: x, content: {{application/json: {{schema: {{type: object}}}}}}}}}}}}}}\n  /store: {{delete: {answer}}}\n")
        self.project.write("plugins/boats/boats.overlay.yaml", shown)
        done = self.imported(expect=1)
        self.assertEqual(sorted(done["added"]), ["pet.update", "pets.get", "pets.search"])
        self.assertEqual(json.loads((self.project.folder / "plugins/boats/boats.json").read_text())["actions"]["pets.get"]["request"]["pages"]["id"], "code")
        self.assertEqual({one["rule"] for one in done["findings"]}, {"no-server", "undeclared-parameter"})


if __name__ == "__main__":
    main()
