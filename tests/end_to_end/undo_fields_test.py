"""An undo writes nothing of the run's own once more: fields are put back as they were, and of all else it is said that it stays."""
import json
import unittest

from far_server import FarAnswers, FarServer
from project import Project, main

TEXT = {"type": "string"}
INPUTS = {"list": TEXT, "item_id": TEXT, "name": TEXT, "note": TEXT, "tags": {"type": "array", "items": TEXT},
          "place": {"type": ["string", "null"]}, "role": TEXT}
FIELDS = {"name": "name", "note": "note", "tags": "tags", "place": "place"}
BODY = {**FIELDS, "role": "role"}
ITEM = {"kind": "item", "collection": "/lists/{list}/items", "id": "id", "echo": "item"}


def action(effect, method, required, **more):
    one = "item_id" in required
    return {"summary": "Do it", "effect": effect, "change": f"{effect} {{item_id}}" if one else effect,
            "input": {"type": "object", "properties": INPUTS, "required": required},
            "output": {"type": "object", "properties": {"item": {"type": "object"}}},
            "request": {"method": method, "path": "/lists/{list}/items" + ("/{item_id}" if one else ""), **({"body": BODY} if effect in ("create", "update") else {})},
            "resource": {**ITEM, **({"id_input": "item_id"} if one else {}), **({"fields": FIELDS} if effect in ("create", "update") else {}), **more.pop("resource", {})},
            **({"repeat": "idempotent"} if one else {"repeat": "neither"}), **more}


SHELF = {"manifest": 1, "name": "shelf", "version": "1.0.0", "summary": "Items in lists", "connection": {"auth": "none"}, "actions": {
    "get": action("read", "GET", ["list", "item_id"]),
    "create": action("create", "POST", ["list", "name"], inverse="delete"),
    "update": action("update", "PATCH", ["list", "item_id"], inverse="update"),
    "replace": action("update", "PUT", ["list", "item_id"], inverse="replace", resource={"replaces": True}),
    "delete": action("delete", "DELETE", ["list", "item_id"], inverse="create")}}
for name in ("get", "delete"):
    SHELF["actions"][name]["input"]["properties"] = {"list": TEXT, "item_id": TEXT}


class Shelf(FarAnswers):
    items = {}
    writes = []
    refused = ()  # names
    hides_empty = False
    made = 8

    def do_GET(self):
        path = self.path.split("/")
        one = path[-1] if path[-1] != "items" else None
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        if self.command != "GET":
            self.writes.append((self.command, body))
        if self.command == "POST":
            if body["name"] in Shelf.refused:
                return self.answer(422, {"message": "not now"})
            Shelf.made += 1
            one = str(Shelf.made)
            self.items[one] = {"id": one, **body}
        elif one not in self.items:
            return self.answer(404, {})
        elif self.command == "DELETE":
            return self.answer(200, {"item": self.items.pop(one)})
        elif self.command == "PATCH":
            self.items[one].update(body)
        elif self.command == "PUT":
            self.items[one] = {"id": one, **body}
        return self.answer(200, {"item": {key: value for key, value in self.items[one].items() if key != "role" and (value is not None or not self.hides_empty)}})

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

    def answer(self, status, value):
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class UndoFields(unittest.TestCase):
    def setUp(self):
        Shelf.refused, Shelf.hides_empty = (), False
        self.far = FarServer(Shelf)
        self.addCleanup(self.far.close)
        self.project = Project()
        self.addCleanup(self.project.close)
        self.project.write("plugins/shelf/shelf.json", json.dumps(SHELF))
        self.project.write("millrace.yaml", f"version: 1\nconnections:\n  shelf: {{plugin: shelf, base_url: \"{self.far.url}\"}}\n")

    def live(self, item, *steps):
        """A run that did each of the (action, inputs) to the item."""
        Shelf.items = {"1": {"id": "1", **item}}
        actions = "".join(f"  - for_each: \"['1']\"\n    do:\n      - action: shelf.{name}\n        with: {json.dumps({'list': 'a', 'item_id': '${{ item }}', **inputs})}\n"
                          for name, inputs in steps)
        self.project.write("workflows/one.yaml", f"version: 1\nname: One\ntriggers: manual\nactions:\n{actions}")
        return self.project.json("run", "one", "--live")["runs"][0]["run"]

    def undo(self, run, expect=0):
        """What it wrote, and what it said does not come back or is left alone."""
        Shelf.writes = []
        done = self.project.json("runs", "undo", run, "--yes", expect=expect)
        return Shelf.writes, done["cannot_be_restored"], done["left_alone"]

    def test_what_no_field_tells_is_not_written_again_over_what_others_wrote_since(self):
        run = self.live({"name": "a", "note": "old", "role": "user"}, ("update", {"note": "new", "role": "admin"}))
        Shelf.items["1"]["role"] = "guest"
        writes, lost, _ = self.undo(run)
        self.assertEqual(writes, [("PATCH", {"note": "old"})])
        self.assertEqual(lost, ["update 1: its role is not put back, because the plugin does not say where it is read"])
        self.assertEqual(Shelf.items["1"], {"id": "1", "name": "a", "note": "old", "role": "guest"})

    def test_an_update_of_which_no_field_tells_anything_is_not_undone(self):
        run = self.live({"name": "a", "role": "user"}, ("update", {"role": "admin"}))
        self.assertEqual(self.undo(run, expect=1), ([], ["update 1: its role is not put back, because the plugin does not say where it is read"], []))
        self.assertEqual(Shelf.items["1"]["role"], "admin")

    def test_what_had_no_value_before_is_emptied_where_the_input_takes_that_and_named_where_it_does_not(self):
        for before in ({"name": "a"}, {"name": "a", "note": None, "tags": None, "place": None}):
            run = self.live(before, ("update", {"note": "filled", "tags": ["x"], "place": "shelf 3"}))
            writes, lost, _ = self.undo(run)
            self.assertEqual(writes, [("PATCH", {"tags": [], "place": None})])
            self.assertEqual(lost, ["update 1: its note had no value before, and keeps \"filled\""])
        run = self.live({"name": "a"}, ("update", {"note": "filled"}))
        self.assertEqual(self.undo(run, expect=1), ([], ["update 1: its note had no value before, and keeps \"filled\""], []))

    def test_where_the_whole_is_written_what_had_no_value_has_none_again(self):
        run = self.live({"name": "a", "role": "user"}, ("replace", {"name": "b", "note": "filled"}))
        self.assertEqual(self.undo(run)[:2], ([("PUT", {"name": "a"})], []))

    def test_where_the_whole_is_written_and_nothing_shows_a_part_of_it_nothing_is_put_back(self):
        run = self.live({"name": "a", "role": "user"}, ("replace", {"name": "b", "role": "admin"}))
        self.assertEqual(self.undo(run, expect=1), ([], ["update 1: it is written as a whole, and nothing that was read shows its role"], []))

    def test_what_the_run_emptied_is_filled_again_unless_others_have_filled_it(self):
        run = self.live({"name": "a", "place": "shelf 3"}, ("update", {"place": None}))
        self.assertEqual(self.undo(run)[0], [("PATCH", {"place": "shelf 3"})])
        run = self.live({"name": "a", "place": "shelf 3"}, ("update", {"place": None}))
        Shelf.items["1"]["place"] = "shelf 4"
        writes, _, left = self.undo(run)
        self.assertEqual((writes, left), ([], ["update 1: its place is now \"shelf 4\", and not empty as the run left it"]))

    def test_what_the_run_emptied_is_filled_again_where_the_far_side_leaves_out_what_is_empty(self):
        Shelf.hides_empty = True
        run = self.live({"name": "a", "place": "shelf 3"}, ("update", {"name": "a", "place": None}))
        self.assertEqual(self.undo(run)[0], [("PATCH", {"name": "a", "place": "shelf 3"})])

    def test_what_a_try_before_has_made_again_is_not_made_once_more(self):
        Shelf.items = {number: {"id": number, "name": f"item {number}"} for number in "123"}
        self.project.write("workflows/gone.yaml", "version: 1\nname: Gone\ntriggers: manual\nactions:\n  - for_each: \"['1', '2', '3']\"\n    do:\n"
                           "      - {action: shelf.delete, with: {list: a, item_id: \"${{ item }}\"}}\n")
        run = self.project.json("run", "gone", "--live")["runs"][0]["run"]
        Shelf.refused = ("item 1",)
        self.undo(run, expect=1)
        Shelf.refused = ()
        writes, _, left = self.undo(run)
        self.assertEqual(writes, [("POST", {"name": "item 1"})])
        self.assertEqual(left, [f"delete {number}: an undo before this one has made it again, so none is made" for number in "32"])
        self.assertEqual(sorted(item["name"] for item in Shelf.items.values()), ["item 1", "item 2", "item 3"])
        second = self.project.json("runs", "list")["runs"][0]["id"]
        self.undo(second)
        self.undo(self.project.json("runs", "list")["runs"][0]["id"])
        self.assertEqual(sorted(item["name"] for item in Shelf.items.values()), ["item 1", "item 2", "item 3"])

    def test_an_undo_that_emptied_something_can_be_undone(self):
        run = self.live({"name": "a"}, ("update", {"place": "shelf 3"}))
        self.undo(run)
        self.assertIsNone(Shelf.items["1"]["place"])
        self.undo(self.project.json("runs", "list")["runs"][0]["id"])
        self.assertEqual(Shelf.items["1"]["place"], "shelf 3")

    def test_what_the_run_filled_in_before_it_deleted_the_thing_does_not_come_back(self):
        run = self.live({"name": "a", "tags": ["x"]}, ("update", {"note": "filled", "tags": ["y"]}), ("update", {"note": "filled twice"}), ("delete", {}))
        self.assertEqual(self.undo(run)[0], [("POST", {"name": "a", "tags": ["x"]})])

    def test_a_text_that_only_looks_like_the_handle_of_a_secret_is_put_back(self):
        run = self.live({"name": "a", "note": "top secret:ask Ann"}, ("update", {"note": "new"}))
        self.assertEqual(self.undo(run)[0], [("PATCH", {"note": "top secret:ask Ann"})])


if __name__ == "__main__":
    main()
