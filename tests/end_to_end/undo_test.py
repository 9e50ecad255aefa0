"""What a run has changed is taken back: shown first, with what does not come back, and put back as it was before."""
import json

from project import SandboxTest, main, tag_event, world

DELETE = """version: 1
name: Delete tags
locations: [loc_main]
triggers: manual
safety: {max_changes: 60}
actions:
  - id: gone
    for_each: event.ids
    do:
      - action: highlevel.location_tags.delete
        with: {tag_id: "${{ item }}"}
"""
CHANGE = """version: 1
name: Change tags
locations: [loc_main]
triggers: manual
actions:
  - {id: made, action: highlevel.location_tags.create, with: {name: made here}}
  - {action: highlevel.location_tags.update, with: {tag_id: "${{ event.id }}", name: renamed here}}
  - {action: highlevel.contact_tags.add, with: {contact_id: "${{ event.contact }}", tags: [number 0, made here]}}
"""
PRUNE = """version: 1
name: Prune unused tags
locations: [loc_main]
safety: {max_changes: 60, max_percent: 100}
actions:
  - {id: pruned, action: pruning.delete, with: {unused_for: 90d}}
"""
WATCH = """version: 1
name: Watch the tags
locations: [loc_main]
actions:
  - {id: seen, action: tags.usage}
"""

# What is called at another location, and what is renamed in between, once more by the caller behind it.
MAKE = "  - {action: highlevel.location_tags.create, connection: highlevel, with: {name: NAME}}\n"
RENAME = "  - {action: highlevel.location_tags.update, connection: highlevel, with: {tag_id: tag_1, name: NAME}}\n"
LIST = "  - {action: highlevel.location_tags.list, connection: highlevel}\n"
CALLING = {
    "rename": "locations: [loc_main]\nactions:\n" + LIST + RENAME.replace("NAME", "renamed below"),
    "inner": "locations: [loc_north]\nactions:\n" + MAKE.replace("NAME", "inside") + "  - call: rename\n",
    "whole": "locations: [loc_main]\nactions:\n" + MAKE.replace("NAME", "own") + "  - call: inner\n" + LIST + RENAME.replace("NAME", "renamed last"),
    "caller": "actions:\n  - call: inner\n",
}


class Undo(SandboxTest):
    def setUp(self):
        super().setUp()
        for name, text in (("delete", DELETE), ("change", CHANGE), ("prune", PRUNE), ("watch", WATCH)):
            self.project.write(f"workflows/{name}.yaml", text)

    def reset(self, state):
        self.sandbox.call("/_sandbox/reset", {"state": state})

    def names(self):
        return sorted(tag["name"] for tag in self.sandbox.tags())

    def carried(self):
        return {contact["id"]: sorted(contact.get("tags", [])) for contact in self.sandbox.state()["contacts"]}

    def strip(self, names):
        """The far side takes deleted tags off those who carried them, as the stand-in does not by itself."""
        state = self.sandbox.state()
        for contact in state["contacts"]:
            contact["tags"] = [tag for tag in contact["tags"] if tag not in names]
        self.reset(state)

    def run_live(self, name, event=None, expect=0, more=()):
        return self.project.json("run", name, "--live", "--event", "-", *more, stdin=json.dumps(event or {}), expect=expect)["runs"][0]["run"]

    def undo(self, run, *more, expect=0):
        return self.project.json("runs", "undo", run, *more, expect=expect)

    def refused(self, run, *more, says):
        done = self.project.millrace("runs", "undo", run, *more)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn(says, done.stderr)

    def test_deleted_tags_come_back_with_the_contacts_that_carried_them(self):
        names = [f"number {n}" for n in range(47)] + ["café ☕", "営業 🔥", "it's ${{ item }} \"quoted\""]
        self.reset(world(names, carriers=3))
        run = self.run_live("delete", {"ids": [f"tag_{n}" for n in range(50)]})
        self.assertEqual(self.names(), [])
        self.strip(names)
        before = self.sandbox.state()
        planned = self.undo(run)
        self.assertEqual((planned["mode"], planned["writes"], len(planned["changes"])), ("dry_run", 0, 53))
        self.assertEqual(self.sandbox.state(), before)
        told = "\n".join(planned["cannot_be_restored"])
        self.assertIn("50 location tags get new ids: what refers to tag_0, tag_1, tag_2 and 47 more finds nothing there any more", told)
        self.assertIn("automations, forms and smart lists", told)
        live = self.undo(run, "--yes")
        self.assertEqual((live["mode"], live["changes"]), ("live", planned["changes"]))
        self.assertEqual(self.names(), sorted(names))
        self.assertEqual(self.carried(), {f"con_{n}": sorted(names) for n in range(3)})

    def test_what_was_made_goes_and_what_was_changed_is_as_before(self):
        self.reset(world(["number 0", "number 1"]))
        before = self.sandbox.state()
        run = self.run_live("change", {"id": "tag_1", "contact": "con_0"})
        self.assertEqual(self.names(), ["made here", "number 0", "renamed here"])
        planned = self.undo(run)
        self.assertEqual([change["summary"] for change in planned["changes"]][0], "take made here off contact con_0")
        self.assertEqual(len(planned["changes"]), 3)
        self.undo(run, "--yes")
        self.assertEqual(self.sandbox.state(), before)

    def test_a_prune_of_fifty_tags_comes_back_with_who_carries_them_by_then(self):
        names = [f"old {n}" for n in range(50)]
        self.reset({**world(names + [f"used {n}" for n in range(3)], carriers=0),
                    "contacts": [{"id": "con", "locationId": "loc_main", "dateAdded": "2026-01-01T00:00:00.000Z", "tags": [f"used {n}" for n in range(3)]}]})
        self.run_live("watch", more=("--as-of", "2026-06-01T07:00:00Z"))
        before = {tag["name"] for tag in self.sandbox.tags()}
        run = self.run_live("prune", more=("--as-of", "2026-11-23T07:00:00Z"))
        self.assertEqual(len(self.names()), 3)
        planned = self.undo(run)
        self.assertEqual(len(planned["changes"]), 50)
        self.assertIn("automations, forms and smart lists", "\n".join(planned["cannot_be_restored"]))
        self.undo(run, "--yes")
        self.assertEqual({tag["name"] for tag in self.sandbox.tags()}, before)

    def test_what_a_sync_made_and_renamed_is_taken_back(self):
        self.reset(world(["other"]))
        before = self.sandbox.state()
        made = self.run_live("sync-tags", json.loads(tag_event("from a survey")))
        renamed = self.run_live("sync-tags", json.loads(tag_event("from a survey, renamed", change="updated")))
        self.assertIn("from a survey, renamed", self.names())
        self.undo(renamed, "--yes")
        self.assertEqual(self.names(), ["from a survey", "other"])
        self.undo(made, "--yes")
        self.assertEqual(self.sandbox.state(), before)

    def test_a_step_whose_inputs_stand_in_the_file_needs_a_step_before_that_read_it(self):
        self.reset(world(["first", "second"], carriers=0))
        step = "  - {action: highlevel.location_tags.update, with: {tag_id: tag_0, name: new}}\n"
        head = "version: 1\nname: One\nlocations: [loc_main]\ntriggers: manual\nactions:\n"
        self.project.write("workflows/one.yaml", head + step)
        run = self.run_live("one")
        self.assertEqual(sum(each["method"] == "GET" for each in self.sandbox.requests() if each["path"].endswith("/tag_0")), 0)
        done = self.project.millrace("runs", "undo", run)
        self.assertEqual(done.returncode, 1)
        self.assertIn("what it was before is not known: no step of the run read it, as highlevel.location_tags.get in a step before would have",
                      done.stdout.replace("\n", " "))
        for read in ("highlevel.location_tags.get, with: {tag_id: tag_0}", "highlevel.location_tags.list"):
            self.reset(world(["first", "second"], carriers=0))
            self.project.write("workflows/one.yaml", head + "  - {action: " + read + "}\n" + step)
            self.undo(self.run_live("one"), "--yes")
            self.assertEqual(self.names(), ["first", "second"])

    def test_what_one_run_did_to_one_thing_is_taken_back_at_once(self):
        self.reset(world(["first"], carriers=0))
        self.project.write("workflows/busy.yaml", "version: 1\nname: Busy\nlocations: [loc_main]\ntriggers: manual\nactions:\n"
                           "  - {id: made, action: highlevel.location_tags.create, with: {name: short-lived}}\n"
                           "  - {action: highlevel.location_tags.update, with: {tag_id: \"${{ made.tag.id }}\", name: renamed}}\n"
                           "  - {action: highlevel.location_tags.delete, with: {tag_id: \"${{ made.tag.id }}\"}}\n"
                           "  - {action: highlevel.location_tags.update, with: {tag_id: \"${{ event.id }}\", name: twice}}\n"
                           "  - {action: highlevel.location_tags.update, with: {tag_id: \"${{ event.id }}\", name: thrice}}\n"
                           "  - {action: highlevel.location_tags.delete, with: {tag_id: \"${{ event.id }}\"}}\n")
        run = self.run_live("busy", {"id": "tag_0"})
        self.assertEqual(self.names(), [])
        self.assertEqual([change["summary"] for change in self.undo(run, "--yes")["changes"]], ["create tag first"])

    def test_what_others_have_changed_since_is_named_and_left_alone(self):
        self.reset(world(["a", "b", "c", "d"], carriers=2))
        run = self.run_live("delete", {"ids": ["tag_0", "tag_1"]})
        renamed = self.run_live("change", {"id": "tag_2", "contact": "con_0"})
        state = self.sandbox.state()
        state["location_tags"] = [tag if tag["id"] != "tag_2" else {**tag, "name": "somebody's"} for tag in state["location_tags"]]
        state["location_tags"] = [tag for tag in state["location_tags"] if tag["name"] != "made here"] + [{"id": "tag_9", "name": "B", "locationId": "loc_main"}]
        state["contacts"] = [contact for contact in state["contacts"] if contact["id"] != "con_1"]
        for contact in state["contacts"]:
            contact["tags"] = ["a"]
        self.reset(state)
        planned = self.undo(renamed)
        told = "\n".join(planned["left_alone"])
        self.assertIn("rename tag tag_2 to renamed here: its name is now \"somebody's\", and not \"renamed here\" as the run left it", told)
        self.assertIn("create tag made here: it is gone already", told)
        self.assertIn("tag contact con_0 with", told)
        self.assertEqual(planned["changes"], [])
        planned = self.undo(run)
        told = "\n".join(planned["left_alone"])
        self.assertIn("there is one that can be taken for it (tag_9), so none is made", told)
        self.assertIn("\"con_1\" carried it and is not given it again", told)
        self.assertEqual(sorted(change["summary"] for change in planned["changes"]), ["create tag a", "tag contact con_0 with b"])
        self.undo(run, "--yes")
        self.assertEqual(self.carried(), {"con_0": ["a", "b"]})

    def test_a_run_is_undone_once_and_an_undo_can_be_undone(self):
        self.reset(world(["a", "b"]))
        before = self.carried()
        run = self.run_live("delete", {"ids": ["tag_0", "tag_1"]})
        first = self.undo(run, "--yes")["runs"][0]["run"]
        self.refused(run, "--yes", says=f"error: run {run} was undone at ")
        self.refused(run, says=f' by run {first}, and a run is undone once; "millrace runs undo {first}" takes that back')
        second = self.undo(first, "--yes")["runs"][0]["run"]
        self.assertEqual(self.names(), [])
        self.refused(run, says=f'and that was undone by run {second}: "millrace runs undo {second}" undoes it once more')
        self.undo(second, "--yes")
        self.assertEqual((self.names(), self.carried()), (["a", "b"], before))
        listed = {each["id"]: each for each in self.project.json("runs", "list")["runs"]}
        self.assertEqual((listed[first]["workflow"], listed[first]["trigger"]), (f"undo-{run}", "undo"))
        self.assertIn("undo", {line["what"] for line in self.project.json("audit", "list")["audit"]})

    def test_an_undo_that_came_to_its_half_is_done_again_for_what_is_left(self):
        self.reset(world(["a", "b"], carriers=3))
        before = self.carried()
        run = self.run_live("delete", {"ids": ["tag_0", "tag_1"]})
        self.strip(["a", "b"])
        self.sandbox.fault(path="/contacts/con_1/tags", method="POST", status=422, count=1)
        failed = self.undo(run, "--yes", expect=1)
        self.assertEqual(failed["runs"][0]["outcome"], "failed")
        self.assertEqual((self.carried()["con_0"], self.carried()["con_2"]), (["a", "b"], ["a", "b"]))
        left = self.undo(run)
        self.assertEqual([change["summary"] for change in left["changes"]], ["tag contact con_1 with b, a"])
        second = self.undo(run, "--yes")["runs"][0]["run"]
        self.assertEqual((self.names(), self.carried()), (["a", "b"], before))
        first = failed["runs"][0]["run"]
        self.refused(run, says=f'"millrace runs undo {second}" and then "millrace runs undo {first}" take that back')
        self.undo(second, "--yes")
        self.refused(run, says=f'what was taken back before that is taken back by "millrace runs undo {first}"')

    def test_a_run_that_failed_is_undone_as_far_as_it_came(self):
        self.reset(world(["a", "b", "c"], carriers=0))
        self.sandbox.fault(path="/locations/loc_main/tags/tag_1", method="DELETE", status=422, count=1)
        run = self.run_live("delete", {"ids": ["tag_0", "tag_1", "tag_2"]}, expect=1)
        self.assertEqual(self.names(), ["b", "c"])
        self.assertEqual(len(self.undo(run, "--yes")["changes"]), 1)
        self.assertEqual(self.names(), ["a", "b", "c"])

    def test_where_the_far_side_is_down_nothing_is_undone(self):
        self.reset(world(["a"], carriers=0))
        run = self.run_live("delete", {"ids": ["tag_0"]})
        self.sandbox.fault(path="/locations/loc_main/tags", status=503, count=0)
        self.refused(run, "--yes", says="it cannot be looked at what there is now, so nothing was undone")

    def test_what_cannot_be_undone_is_said_in_a_sentence(self):
        self.reset(world(["a"], carriers=0))
        self.assertEqual(self.project.millrace("runs", "undo", "nonsense").returncode, 2)
        idle = self.run_live("delete", {"ids": []})
        self.refused("r06f8w3k2q1m9s", says="there is no run r06f8w3k2q1m9s in the store: a dry run of \"millrace run\" or \"millrace plan\" is not kept, and has changed nothing")
        self.refused(idle, says=f"run {idle} changed nothing, so there is nothing to undo")
        self.project.write("workflows/file.yaml", "version: 1\nname: File\ntriggers: manual\nactions:\n  - {action: files.write, with: {file: a.txt, text: x}}\n")
        run = self.run_live("file")
        done = self.project.millrace("runs", "undo", run, "--yes")
        self.assertEqual(done.returncode, 1)
        self.assertIn("write file a.txt: the file stays as it is, because files are not kept as they were before", done.stdout)
        self.assertIn(f"nothing of run {run} can be undone", done.stderr)

    def test_what_called_workflows_did_is_undone_with_the_run_that_called_them_the_last_first_and_once(self):
        self.reset(world(["a", "b"], carriers=0))
        before = self.sandbox.state()
        for name, text in CALLING.items():
            self.project.write(f"workflows/{name}.yaml", f"version: 1\nname: {name}\ntriggers: manual\n{text}")
        for name in ("whole", "caller"):
            run = self.run_live(name)
            self.assertEqual(len(self.sandbox.tags("loc_north")), 1)
            called = {each["workflow"]: each["id"] for each in self.project.json("runs", "list")["runs"][:3]}
            planned = self.undo(run, "--plan")
            self.assertEqual((len(planned["changes"]), planned["cannot_be_restored"]), (3 if name == "whole" else 2, []))
            live = self.undo(run, "--yes")
            self.assertEqual(live["changes"], planned["changes"])
            self.assertEqual(self.sandbox.state(), before)
            for each in (run, called["inner"], called["rename"]):
                self.refused(each, says=f"run {each} was undone at ")

    def test_a_called_run_that_was_undone_by_itself_is_not_undone_with_its_caller(self):
        self.reset(world(["a", "b"], carriers=0))
        for name, text in CALLING.items():
            self.project.write(f"workflows/{name}.yaml", f"version: 1\nname: {name}\ntriggers: manual\n{text}")
        run = self.run_live("whole")
        inner = next(each["id"] for each in self.project.json("runs", "list")["runs"] if each["workflow"] == "inner")
        self.undo(inner, "--yes")
        self.assertEqual((self.names(), self.sandbox.tags("loc_north")), (["a", "own", "renamed last"], []))
        self.undo(run, "--yes")
        self.assertEqual(self.names(), ["a", "renamed below"])

    def test_a_plan_is_shown_and_nothing_is_done_without_consent(self):
        self.reset(world(["a"], carriers=0))
        run = self.run_live("delete", {"ids": ["tag_0"]})
        for more in ((), ("--plan",)):
            done = self.project.millrace("runs", "undo", run, *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(done.stdout.startswith("What does not come back:\n  ! automations, forms and smart lists in HighLevel"), done.stdout)
            self.assertIn("  ! 1 location tag gets a new id: what refers to tag_0 finds nothing there any more\n", done.stdout)
            self.assertIn("+ create tag a", done.stdout)
            self.assertEqual(self.names(), [])
        self.assertIn("--yes", self.project.millrace("runs", "undo", run).stderr)
        self.assertEqual(self.project.millrace("runs", "undo", run, "--plan", "--yes").returncode, 2)

    def test_each_location_has_its_own_run_and_its_own_undo(self):
        self.reset({**world(["a"], carriers=0), "location_tags": [{"id": "m", "name": "a", "locationId": "loc_main"}, {"id": "n", "name": "a", "locationId": "loc_north"}]})
        self.project.write("workflows/both.yaml", "version: 1\nname: Both\ntriggers: manual\nlocations: [loc_main, loc_north]\nactions:\n"
                           "  - {id: all, action: highlevel.location_tags.list}\n  - for_each: all.tags\n    do:\n"
                           "      - {action: highlevel.location_tags.update, with: {tag_id: \"${{ item.id }}\", name: \"${{ item.name }} of ${{ run.location }}\"}}\n")
        runs = self.project.json("run", "both", "--live")["runs"]
        self.undo(runs[1]["run"], "--yes")
        self.assertEqual([tag["name"] for tag in self.sandbox.tags("loc_main") + self.sandbox.tags("loc_north")], ["a of loc_main", "a"])

    def test_where_a_plugin_is_gone_what_it_did_stays_and_the_rest_is_undone(self):
        self.reset(world(["a"], carriers=0))
        manifest = {"manifest": 1, "name": "shop", "version": "1.0.0", "summary": "A shop", "connection": {"auth": "bearer"},
                    "actions": {"make": {"summary": "Make", "effect": "create", "change": "make it", "inverse": "make", "request": {"method": "POST", "path": "/locations/loc_main/tags",
                                         "headers": {"Version": "2021-07-28"}, "body": {"name": "name"}}, "input": {"properties": {"name": {"type": "string"}}}}}}
        self.project.write("plugins/shop/shop.json", json.dumps(manifest))
        settings = self.project.folder / "millrace.yaml"
        settings.write_text(settings.read_text().replace("connections:\n", "connections:\n  shop:\n    plugin: shop\n    base_url: " + self.sandbox.url
                                                         + "\n    auth: {token: \"secret:highlevel_token\"}\n", 1))
        self.project.write("workflows/two.yaml", "version: 1\nname: Two\nlocations: [loc_main]\ntriggers: manual\nactions:\n"
                           "  - {action: shop.make, with: {name: x}}\n  - {action: highlevel.location_tags.create, with: {name: y}}\n")
        run = self.run_live("two")
        manifest["actions"] = {"other": manifest["actions"]["make"] | {"inverse": "other"}}
        self.project.write("plugins/shop/shop.json", json.dumps(manifest))
        undone = self.undo(run, "--yes")
        self.assertIn('make it: the plugin "shop" does not have shop.make any more', undone["cannot_be_restored"])
        self.assertEqual(self.names(), ["a", "x"])


if __name__ == "__main__":
    main()
