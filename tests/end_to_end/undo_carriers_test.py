"""A label that a run deleted is given again to those who carried it, and to nobody who is only called alike."""
import json
import re
import unittest

from far_server import FarAnswers, FarServer
from project import Project, main

TEXT, TEXTS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
ITEM = {"kind": "item", "collection": "/lists/{list}/items", "id": "id", "id_input": "item_id", "echo": "item"}
LABEL = {"kind": "label", "collection": "/labels", "id": "id", "id_input": "label_id", "echo": "item"}


def action(effect, method, path, inputs, resource=None, **more):
    """`inputs`: name -> schema; those that stand in the path are required."""
    required = [name for name in inputs if "{" + name + "}" in path]
    request = {"method": method, "path": path, **{key: more.pop(key) for key in ("body", "query") if key in more}}
    made = {"summary": "Do it", "effect": effect, "change": effect, "input": {"type": "object", "properties": inputs, "required": required},
            "output": {"type": "object"}, "request": request, "repeat": "neither" if effect == "create" else "idempotent", **more}
    return made | ({"resource": resource} if resource else {})


def making(resource, fields):
    return {key: value for key, value in resource.items() if key != "id_input"} | {"fields": fields}


ONE, OF_LABEL = {"list": TEXT, "item_id": TEXT}, {"label_id": TEXT}
SHELF = {"manifest": 1, "name": "shelf", "version": "1.0.0", "summary": "Items that carry labels", "connection": {"auth": "none"}, "actions": {
    "items.get": action("read", "GET", "/lists/{list}/items/{item_id}", ONE, ITEM),
    "items.create": action("create", "POST", "/lists/{list}/items", {"list": TEXT, "name": TEXT, "tags": TEXTS}, making(ITEM, {"name": "name", "tags": "tags"}), body={"name": "name", "tags": "tags"}),
    "items.delete": action("delete", "DELETE", "/lists/{list}/items/{item_id}", ONE, ITEM, inverse="items.create"),
    "items.tag": action("update", "POST", "/lists/{list}/items/{item_id}/tags", ONE | {"tags": TEXTS}, body={"tags": "tags"}),
    "carriers.list": action("read", "GET", "/carriers", {"label": TEXT}, query={"label": "label"}),
    "labels.get": action("read", "GET", "/lists/labels/items/{label_id}", OF_LABEL, LABEL),
    "labels.create": action("create", "POST", "/lists/labels/items", {"name": TEXT}, making(LABEL, {"name": "name"}), body={"name": "name"}),
    "labels.delete": action("delete", "DELETE", "/lists/labels/items/{label_id}", OF_LABEL, LABEL, inverse={
        "action": "labels.create", "before": {"action": "labels.get"},
        "carriers": {"action": "carriers.list", "with": {"label": "before.name"}, "find": "output.items", "again": "items.tag",
                     "again_with": {"list": "carrier.list", "item_id": "carrier.id", "tags": "[before.name]"}}})}}
STEP = "  - for_each: \"['1']\"\n    do:\n      - {{action: shelf.{name}.delete, with: {{{where}: \"${{{{ item }}}}\"}}}}\n"


class Shelf(FarAnswers):
    """Of a label that is deleted nobody keeps anything."""
    lists = {}

    def do(self):
        sent = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        path, _, query = self.path.partition("?")
        if path == "/carriers":
            name = query.removeprefix("label=")
            return self.answer({"items": [{"list": which, "id": one} for which in "ab" for one, item in self.lists[which].items() if name in item.get("tags", [])]})
        which, one, of_tags = re.fullmatch(r"/lists/(\w+)/items(?:/(\w+))?(/tags)?", path).groups()
        items = self.lists[which]
        if one is None:
            one = str(max([int(each) for each in items] + [0]) + 1)
            items[one] = {"id": one, **sent}
        elif of_tags:
            items[one]["tags"] = items[one].get("tags", []) + sent["tags"]
        elif self.command == "DELETE":
            gone = items.pop(one)
            for each in [item for letter in "ab" for item in self.lists[letter].values()] if which == "labels" else []:
                each["tags"] = [tag for tag in each.get("tags", []) if tag != gone["name"]]
            return self.answer({"item": gone})
        return self.answer({"item": items[one]})

    def answer(self, value):
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = do


class UndoCarriers(unittest.TestCase):
    def test_of_two_that_have_one_id_below_two_parents_each_has_its_own_labels_again(self):
        far = FarServer(Shelf)
        self.addCleanup(far.close)
        project = Project()
        self.addCleanup(project.close)
        project.write("plugins/shelf/shelf.json", json.dumps(SHELF))
        project.write("millrace.yaml", f"version: 1\nconnections:\n  shelf: {{plugin: shelf, base_url: \"{far.url}\"}}\n")
        project.write("workflows/gone.yaml", "version: 1\nname: Gone\ntriggers: manual\nactions:\n" + STEP.format(name="labels", where="label_id")
                      + STEP.format(name="items", where="list: a, item_id"))
        for carriers in ("a", "b", "ab"):
            Shelf.lists = {"labels": {"1": {"id": "1", "name": "vip"}}, **{which: {"1": {"id": "1", "name": which, "tags": ["vip"] if which in carriers else []}} for which in "ab"}}
            run = project.json("run", "gone", "--live")["runs"][0]["run"]
            self.assertEqual(Shelf.lists["b"]["1"]["tags"], [])
            project.json("runs", "undo", run, "--yes")
            carried = {which: next(iter(Shelf.lists[which].values())).get("tags", []) for which in "ab"}
            self.assertEqual(carried, {which: ["vip"] if which in carriers else [] for which in "ab"}, carriers)


if __name__ == "__main__":
    main()
