"""An id means one thing only where it belongs: below its parent, at its connection and its location. So it is undone there, and nowhere else."""
import json
import re
import unittest

from far_server import FarAnswers, FarServer
from project import Project, main

TEXT = {"type": "string"}
ITEM = {"type": "object", "properties": {"id": TEXT, "name": TEXT, "note": TEXT}}
HEAD = "version: 1\nname: One\ntriggers: manual\n"


def action(summary, effect, method, path, inputs, output=None, resource=None, **more):
    schema = {"type": "object", "properties": {name.rstrip("?"): TEXT for name in inputs}, "required": [name for name in inputs if not name.endswith("?")]}
    output = {"type": "object", "properties": output or {}}
    request = {"method": method, "path": path} | ({"body": more.pop("body")} if "body" in more else {})
    return {"summary": summary, "effect": effect, "input": schema, "output": output, "request": request, "resource": resource} | more


def shelf(kind, path, parents, **grouped):
    """The actions on items below `path`; `grouped` is their `collection`, if they say it."""
    one, fields = path + "/{item_id}", {"fields": {"name": "name", "note": "note"}}
    item = {"kind": kind, "id": "id"} | grouped
    mine = item | {"id_input": "item_id"}
    body = {"name": "name", "note": "note"}
    return {
        "list": action("Read the items", "read", "GET", path, parents, {"items": {"type": "array", "items": ITEM}}, item | {"list_path": "items"}),
        "get": action("Read an item", "read", "GET", one, [*parents, "item_id"], {"item": ITEM}, mine | {"echo": "item"}),
        "create": action("Make an item", "create", "POST", path, [*parents, "name", "note?"], {"item": ITEM}, item | {"echo": "item"} | fields, body=body, inverse="PART.delete",
                         change="make {name}", probe={"action": "PART.list", "find": "output.items.filter(i, i.name == input.name).map(i, {'item': i})"}),
        "update": action("Change an item", "update", "PUT", one, [*parents, "item_id", "name?", "note?"], {"item": ITEM}, mine | {"echo": "item"} | fields, body=body,
                         repeat="idempotent", change="change {item_id}", inverse="PART.update"),
        "delete": action("Delete an item", "delete", "DELETE", one, [*parents, "item_id"], {}, mine, repeat="idempotent", change="delete {item_id}", inverse="PART.create")}


def manifest(parts):
    actions = {f"{part}.{name}": json.loads(json.dumps(one).replace("PART.", part + ".")) for part, those in parts.items() for name, one in those.items()}
    post = {"kind": "post", "collection": "/posts", "id": "id", "id_input": "post_id", "echo": "item"}
    cat = {"kind": "category", "collection": "/cats", "id": "id", "id_input": "category_id"}
    actions |= {
        "posts.get": action("Read a post", "read", "GET", "/lists/posts/items/{post_id}", ["post_id"], {"item": {"type": "object"}}, post),
        "posts.update": action("Change a post", "update", "PUT", "/lists/posts/items/{post_id}", ["post_id", "category_id?", "name?"], {"item": {"type": "object"}},
                               post | {"fields": {"category": "category_id", "name": "name"}}, body={"category": "category_id", "name": "name"}, repeat="idempotent", inverse="posts.update"),
        "cats.get": action("Read a category", "read", "GET", "/lists/cats/items/{category_id}", ["category_id"], {"item": ITEM}, cat | {"echo": "item"}),
        "cats.create": action("Make a category", "create", "POST", "/lists/cats/items", ["name"], {"item": ITEM},
                              {"kind": "category", "collection": "/cats", "id": "id", "echo": "item", "fields": {"name": "name"}}, body={"name": "name"}, inverse="cats.delete"),
        "cats.delete": action("Delete a category", "delete", "DELETE", "/lists/cats/items/{category_id}", ["category_id"], {}, cat, repeat="idempotent", inverse="cats.create")}
    return {"manifest": 1, "name": "shelf", "version": "1.0.0", "summary": "Items in lists", "connection": {"auth": "none", "locations": True}, "actions": actions}


class Answers(FarAnswers):
    """Lists of items, of which each list counts its ids by itself. `lists` is {list: {id: item}}."""

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do(self):
        length = int(self.headers.get("Content-Length") or 0)
        sent = json.loads(self.rfile.read(length)) if length else {}
        name, item = re.fullmatch(r"((?:/s\d)?(?:/at/\w+)?/lists/\w+)/items(?:/(\w+))?", self.path.split("?")[0]).groups()
        items = self.server.lists.setdefault(name.replace("/lists/", "/").lstrip("/"), {})
        taken = any(each["name"] == sent.get("name") and each["id"] != item for each in items.values())
        if item is None and self.command == "GET":
            return self.answer(200, {"items": list(items.values())})
        if taken:
            return self.answer(409, {"message": "the name is taken"})
        if item is None:
            item = str(max([int(each) for each in items] + [0]) + 1)
            items[item] = {"id": item}
        if item not in items:
            return self.answer(404, {"message": "no such item"})
        if self.command == "DELETE":
            del items[item]
            return self.answer(200, {})
        items[item].update(sent)
        return self.answer(200, {"item": items[item]})

    do_GET = do_POST = do_PUT = do_DELETE = do


def items(name, count=2):
    return {str(number): {"id": str(number), "name": f"{name}-{number}", "note": f"{name}{number}"} for number in range(1, count + 1)}


class UndoPlaces(unittest.TestCase):
    def setUp(self):
        self.far = FarServer(Answers)
        self.addCleanup(self.far.close)
        self.project = Project()
        self.addCleanup(self.project.close)
        plain, grouped = shelf("plain", "/lists/{list}/items", ["list"]), shelf("item", "/lists/{list}/items", ["list"], collection="/lists/{list}/items")
        located = shelf("located", "/at/{location_id}/lists/x/items", [])
        self.project.write("plugins/shelf/shelf.json", json.dumps(manifest({"items": grouped, "plain": plain, "located": located, "flat": shelf("flat", "/lists/flat/items", [])})))
        self.project.write("millrace.yaml", "version: 1\ntimezone: UTC\nconnections:\n" + "".join(
            f"  {name}: {{plugin: shelf, base_url: \"{self.far.url}{path}\", locations: [l1, l2]}}\n" for name, path in (("one", "/s1"), ("two", "/s2"))))
        for file in self.project.folder.glob("workflows/*"):
            file.unlink()
        self.far.lists = {}

    def has(self, **lists):
        """At both connections there are these lists."""
        self.far.lists.clear()
        self.far.lists.update({f"s{side}/{name}": json.loads(json.dumps(those)) for side in (1, 2) for name, those in lists.items()})

    def steps(self, *steps, head=HEAD):
        """Each step is (action, inputs) at connection "one", or (action, inputs, connection); out of data, so that it is looked before."""
        text = head + "locations: [l1]\nactions:\n"
        for each in steps:
            name, inputs, connection = [*each, "one"][:3]
            written = "".join(f"          {key}: \"${{{{ item.{key} }}}}\"\n" for key in inputs)
            text += f"  - for_each: \"[{json.dumps(inputs).replace(chr(34), chr(39))}]\"\n    do:\n      - action: shelf.{name}\n        connection: {connection}\n        with:\n{written}"
        self.project.write("workflows/one.yaml", text)

    def live(self):
        return self.project.json("run", "one", "--live", "--location", "l1")["runs"][0]["run"]

    def taken_back(self, *steps):
        """Runs them, undoes them, and tells what the undo said."""
        self.steps(*steps)
        run = self.live()
        return self.project.json("runs", "undo", run, "--yes")

    def notes(self, name, side=1):
        return {each["name"]: each["note"] for each in self.far.lists[f"s{side}/{name}"].values()}

    def test_things_of_one_id_under_two_parents_are_taken_back_each_under_its_own(self):
        whole = {"a-1": "a1", "a-2": "a2"}, {"b-1": "b1", "b-2": "b2"}
        for part in ("items", "plain"):
            for steps in ([("update", {"list": "a", "item_id": "1", "note": "x"}), ("update", {"list": "b", "item_id": "1", "note": "y"})],
                          [("delete", {"list": "a", "item_id": "1"}), ("delete", {"list": "b", "item_id": "1"})],
                          [("update", {"list": "a", "item_id": "1", "note": "x"}), ("delete", {"list": "b", "item_id": "1"}), ("update", {"list": "a", "item_id": "1", "note": "z"})],
                          [("create", {"list": "c", "name": "made", "note": "n"}), ("delete", {"list": "b", "item_id": "1"}), ("update", {"list": "c", "item_id": "1", "note": "m"})],
                          [("create", {"list": "c", "name": "made", "note": "n"}), ("delete", {"list": "b", "item_id": "1"}), ("delete", {"list": "c", "item_id": "1"})]):
                with self.subTest((part, steps)):
                    self.has(a=items("a"), b=items("b"), c={})
                    self.taken_back(*((f"{part}.{name}", inputs) for name, inputs in steps))
                    self.assertEqual((self.notes("a"), self.notes("b"), self.notes("c")), (*whole, {}))

    def test_things_of_one_id_at_two_connections_or_locations_are_taken_back_each_there(self):
        self.has(a=items("a"))
        self.taken_back(("items.update", {"list": "a", "item_id": "1", "note": "x"}, "one"), ("items.delete", {"list": "a", "item_id": "1"}, "two"))
        self.assertEqual((self.notes("a", 1), self.notes("a", 2)), ({"a-1": "a1", "a-2": "a2"}, {"a-1": "a1", "a-2": "a2"}))
        self.has(**{"at/l1/x": items("l"), "at/l2/x": items("m")})
        self.taken_back(("located.update", {"item_id": "1", "note": "x"}), ("located.update", {"item_id": "1", "note": "y", "location_id": "l2"}))
        self.assertEqual((self.notes("at/l1/x"), self.notes("at/l2/x")), ({"l-1": "l1", "l-2": "l2"}, {"m-1": "m1", "m-2": "m2"}))

    def test_what_was_read_of_another_connection_parent_or_location_is_not_what_a_thing_was_before(self):
        for reads, write in ((("items.get", {"list": "a", "item_id": "1"}, "one"), ("items.update", {"list": "a", "item_id": "1", "note": "x"}, "two")),
                             (("plain.list", {"list": "a"}, "one"), ("plain.update", {"list": "b", "item_id": "1", "note": "x"}, "one")),
                             (("items.list", {"list": "a"}, "one"), ("items.update", {"list": "b", "item_id": "1", "note": "x"}, "one")),
                             (("located.get", {"item_id": "1"}, "one"), ("located.update", {"item_id": "1", "note": "x", "location_id": "l2"}, "one"))):
            with self.subTest(write):
                self.has(a=items("a"), b=items("b"), **{"at/l1/x": items("l"), "at/l2/x": items("m")})
                text = HEAD + "locations: [l1]\nactions:\n"  # written out, so that nobody looks before
                for name, inputs, connection in (reads, write):
                    text += f"  - {{action: shelf.{name}, connection: {connection}, with: {json.dumps(inputs)}}}\n"
                self.project.write("workflows/one.yaml", text)
                run = self.live()
                changed = json.dumps(self.far.lists)
                done = self.project.millrace("runs", "undo", run, "--yes")
                self.assertIn("what it was before is not known", done.stdout)
                self.assertEqual(json.dumps(self.far.lists), changed)

    def test_what_was_read_where_the_thing_is_tells_what_it_was_before(self):
        for part, inputs in (("items", {"list": "a"}), ("plain", {"list": "a"}), ("located", {})):
            with self.subTest(part):
                self.has(a=items("a"), **{"at/l1/x": items("a")})
                self.project.write("workflows/one.yaml", HEAD + "locations: [l1]\nactions:\n"
                                   f"  - {{action: shelf.{part}.list, connection: one, with: {json.dumps(inputs)}}}\n"
                                   f"  - {{action: shelf.{part}.update, connection: one, with: {json.dumps(inputs | {'item_id': '1', 'note': 'x'})}}}\n")
                self.project.json("runs", "undo", self.live(), "--yes")
                self.assertEqual(self.notes("at/l1/x" if part == "located" else "a"), {"a-1": "a1", "a-2": "a2"})

    def test_a_plan_names_a_thing_by_what_was_read_where_it_is_and_weighs_it_among_what_was_read_there(self):
        reads = [("items.list", {"list": "a"}), ("items.list", {"list": "b"})]
        deletions = [("items.delete", {"list": "a", "item_id": "1"}), ("items.delete", {"list": "b", "item_id": "1"})]
        for at_most, over in ((60, False), (40, True)):
            self.has(a=items("a"), b=items("b"))
            self.steps(*reads, *deletions, head=HEAD + f"safety: {{max_percent: {at_most}}}\n")
            planned = self.project.json("plan", "one", expect=5 if over else 0)["runs"][0]
            self.assertEqual([change["summary"] for change in planned["changes"]], ["delete a-1", "delete b-1"])
            self.assertEqual("would be change 2 to the 4 read of kind \"item\" (50 percent)" in json.dumps(planned, ensure_ascii=False).replace("\\\"", "\""), over)

    def test_what_was_read_elsewhere_does_not_make_room_for_deletions(self):
        for read in (("items.list", {"list": "big"}, "one"), ("items.list", {"list": "a"}, "two")):
            self.has(a=items("a"), big=items("big", 20))
            self.steps(read, ("items.delete", {"list": "a", "item_id": "1"}, "one"), head=HEAD + "safety: {max_percent: 90}\n")
            done = self.project.millrace("run", "one", "--live")
            self.assertEqual((done.returncode, len(self.far.lists["s1/a"])), (5, 2), done.stdout + done.stderr)
            self.assertRegex(done.stdout + done.stderr, "delete 1 cannot be weighed, because (what was read of kind \"item\" before in this run belongs elsewhere|nothing of kind \"item\" was read)")

    def test_what_has_another_category_by_now_is_put_back_although_that_category_was_deleted(self):
        self.has(posts={"1": {"id": "1", "name": "p1", "category": "3"}, "2": {"id": "2", "name": "p2", "category": "4"}}, cats={"7": {"id": "7", "name": "seven"}})
        before = json.loads(json.dumps(self.far.lists["s1/posts"]))
        done = self.taken_back(*(("posts.update", {"post_id": post, "category_id": "7", "name": "sorted" + post}) for post in "12"),
                               *(("posts.update", {"post_id": post, "category_id": "5"}) for post in "12"), ("cats.delete", {"category_id": "7"}))
        self.assertEqual((self.far.lists["s1/posts"], done["left_alone"]), (before, []))
        self.assertEqual([each["name"] for each in self.far.lists["s1/cats"].values()], ["seven"])

    def test_what_was_deleted_comes_back_although_the_run_gave_its_name_to_another_one(self):
        for part, inputs in (("items", {"list": "a"}), ("plain", {"list": "a"}), ("flat", {})):
            for more in ([("update", {"item_id": "2", "name": "a-1"})], [("update", {"item_id": "2", "name": "tmp"}), ("update", {"item_id": "2", "name": "a-1"})],
                         [("update", {"item_id": "2", "name": "a-1"}), ("delete", {"item_id": "3"}), ("create", {"name": "a-3", "note": "new"})]):
                with self.subTest((part, more)):
                    self.has(**{"flat" if part == "flat" else "a": items("a", 3)})
                    self.taken_back((f"{part}.delete", inputs | {"item_id": "1"}), *((f"{part}.{name}", inputs | given) for name, given in more))
                    self.assertEqual(self.notes("flat" if part == "flat" else "a"), {"a-1": "a1", "a-2": "a2", "a-3": "a3"})

    def test_what_somebody_else_gave_the_name_since_is_there_again(self):
        self.has(a=items("a"))
        self.steps(("items.delete", {"list": "a", "item_id": "1"}), ("items.update", {"list": "a", "item_id": "2", "note": "x"}))
        run = self.live()
        self.far.lists["s1/a"]["9"] = {"id": "9", "name": "a-1", "note": "somebody's"}
        done = self.project.json("runs", "undo", run, "--yes")
        self.assertIn("there is one that can be taken for it (9), so none is made", "\n".join(done["left_alone"]))
        self.assertEqual(self.notes("a"), {"a-1": "somebody's", "a-2": "a2"})


if __name__ == "__main__":
    main()
