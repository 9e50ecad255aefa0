"""The plan of an undo says the truth of what there is now, and what it says is done."""
import json

from project import SandboxTest, main

HEAD = "version: 1\nname: One\nlocations: [loc_main]\ntriggers: manual\nsafety: {max_changes: 60}\nactions:\n"
DELETE = "  - for_each: event.ids\n    do:\n      - {action: highlevel.location_tags.delete, with: {tag_id: \"${{ item }}\"}}\n"
LIST = "  - {action: highlevel.location_tags.list}\n"
RENAME = "  - {action: highlevel.location_tags.update, with: {tag_id: \"${{ event.id }}\", name: \"${{ event.name }}\"}}\n"
MAKE = "  - {id: made, action: highlevel.location_tags.create, with: {name: \"${{ event.name }}\"}}\n"
GIVE = "  - {action: highlevel.contact_tags.add, with: {contact_id: \"${{ event.contact }}\", tags: [\"${{ event.name }}\"]}}\n"
REMOVE = "  - {action: highlevel.contacts.delete, with: {contact_id: \"${{ event.contact }}\"}}\n"
UPSERT = "  - {action: tags.upsert, with: {key: sm-1, name: \"${{ event.name }}\"}}\n"


class UndoTold(SandboxTest):
    def reset(self, names, contacts=()):
        """Tags tag_0, tag_1, ... and contacts con_0, con_1, ... with these tags."""
        self.sandbox.call("/_sandbox/reset", {"state": {
            "locations": [{"id": "loc_main", "name": "Main"}],
            "location_tags": [{"id": f"tag_{n}", "name": name, "locationId": "loc_main"} for n, name in enumerate(names)],
            "contacts": [{"id": f"con_{n}", "locationId": "loc_main", "dateAdded": f"2026-01-01T00:{n // 60:02}:{n % 60:02}.000Z", "tags": list(tags)}
                         for n, tags in enumerate(contacts)]}})

    def change(self, edit):
        state = self.sandbox.state()
        edit(state)
        self.sandbox.call("/_sandbox/reset", {"state": state})

    def names(self):
        return sorted(tag["name"] for tag in self.sandbox.tags())

    def live(self, actions, expect=0, **event):
        head = HEAD.replace("60}", "60, max_percent: 100}") if LIST in actions else HEAD
        self.project.write("workflows/one.yaml", head + actions)
        return self.project.json("run", "one", "--live", "--event", "-", stdin=json.dumps(event), expect=expect)["runs"][0]["run"]

    def undo(self, run, *more, expect=0):
        return self.project.json("runs", "undo", run, *more, expect=expect)

    def test_a_renaming_in_capitals_or_blanks_alone_is_taken_back(self):
        for before, after in (("old2", "Old2"), ("Straße", "STRASSE"), ("a  b", "a b"), ("caf\u00e9", "cafe\u0301")):
            self.reset([before])
            run = self.live(RENAME, id="tag_0", name=after)
            self.assertEqual(self.names(), [after])
            self.undo(run, "--yes")
            self.assertEqual(self.names(), [before])

    def test_a_sync_after_its_undo_brings_the_tag_into_step_again(self):
        self.reset([])
        self.live(UPSERT, name="Spring sale")
        run = self.live(UPSERT, name="Summer sale")
        for _ in range(2):
            self.undo(run, "--yes")
            self.assertEqual(self.names(), ["Spring sale"])
            run = self.live(UPSERT, name="Summer sale")
            self.assertEqual(self.names(), ["Summer sale"])

    def test_a_tag_that_differs_in_its_letters_and_was_there_all_the_time_is_not_one_again(self):
        self.reset(["VIP", "vip", "Vip", "big"], [["vip", "big"]])
        run = self.live(LIST + DELETE, ids=["tag_1", "tag_3"])
        self.assertEqual(self.names(), ["VIP", "Vip"])
        planned = self.undo(run)
        self.assertEqual([change["summary"] for change in planned["changes"]], ["create tag big", "create tag vip"])
        self.assertEqual(planned["left_alone"], [])
        self.assertIn("delete tag vip: it is made again last, because tag_0, which was there beside it, can be taken for it: the far side may refuse",
                      planned["cannot_be_restored"])
        done = self.project.millrace("runs", "undo", run, "--yes")  # a far side that takes both for one
        self.assertEqual(done.returncode, 1)
        self.assertIn("this location already has a tag named vip", done.stderr)
        self.assertEqual(self.names(), ["VIP", "Vip", "big"])
        self.change(lambda state: state["location_tags"].append({"id": "tag_9", "name": "vip", "locationId": "loc_main"}))
        self.assertEqual(self.undo(run)["left_alone"], ["delete tag big: there is one again, so none is made", "delete tag vip: there is one again, so none is made"])

    def test_a_tag_that_came_since_or_may_have_come_is_named_as_such(self):
        for actions, told in ((LIST + DELETE, "there is one again, so none is made"),
                              (DELETE, "there is one that can be taken for it (tag_9), so none is made")):
            self.reset(["vip"])
            run = self.live(actions, ids=["tag_0"])
            self.change(lambda state: state["location_tags"].append({"id": "tag_9", "name": "VIP", "locationId": "loc_main"}))
            planned = self.undo(run)
            self.assertEqual((planned["changes"], [line.split(": ")[1] for line in planned["left_alone"]]), ([], [told]))

    def test_the_plan_says_how_many_carry_what_was_made_by_now(self):
        self.reset([], [[] for _ in range(503)])
        run = self.live(MAKE + GIVE, name="brand new", contact="con_0")
        self.assertEqual(self.undo(run)["cannot_be_restored"], [])  # what the run gave itself the undo takes off first
        for count, told in ((1, "1 contact carries it by now, and loses it"), (502, "502 contacts carry it by now, and lose it")):
            self.change(lambda state: [each.update(tags=["brand new"]) for each in state["contacts"] if 0 < int(each["id"][4:]) <= count])
            self.assertEqual(self.undo(run)["cannot_be_restored"], ["create tag brand new: " + told])
        self.undo(run, "--yes")
        self.assertEqual(self.names(), [])

    def test_where_it_cannot_be_asked_who_carries_it_this_is_said(self):
        self.reset([])
        run = self.live(MAKE, name="brand new")
        self.sandbox.fault(path="/contacts/search", method="POST", status=422, count=1)
        told = self.undo(run)["cannot_be_restored"]
        self.assertEqual(len(told), 1)
        self.assertIn("create tag brand new: who carries it by now is not known: ", told[0])
        self.sandbox.fault(path="/contacts/search", method="POST", status=503, count=0)
        done = self.project.millrace("runs", "undo", run)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("it cannot be looked at what there is now, so nothing was undone", done.stderr)

    def test_a_renamed_tag_that_others_deleted_is_gone_however_the_far_side_says_so(self):
        for status in (None, 404, 410):
            self.reset(["a", "b"])
            run = self.live(RENAME, id="tag_0", name="c")
            self.change(lambda state: state["location_tags"].pop(0))
            if status:
                self.sandbox.fault(path="/locations/loc_main/tags/tag_0", method="GET", status=status, count=1)
            self.assertEqual(self.undo(run)["left_alone"], ["rename tag tag_0 to c: it is gone, so nothing can be put back"])
        self.reset(["a", "b"])
        run = self.live(RENAME, id="tag_0", name="c")
        self.sandbox.fault(path="/locations/loc_main/tags/tag_0", method="GET", status=400, count=1)  # it is there
        self.assertIn("it cannot be looked at", self.undo(run)["left_alone"][0])

    def test_only_who_follows_since_the_run_follows_no_more(self):
        for action, told, back in (("add", "followersAdded", "let new follow contact con_0 no more"), ("remove", "followersRemoved", "let new follow contact con_0")):
            self.reset([], [[]])
            self.sandbox.fault(path="/contacts/con_0/followers", status=200, text=json.dumps({"followers": ["new", "known"], told: ["new"]}), count=1)
            run = self.live("  - {action: highlevel.contact_followers." + action + ", with: {contact_id: \"${{ event.contact }}\", followers: [new, known]}}\n", contact="con_0")
            self.assertEqual([change["summary"] for change in self.undo(run)["changes"]], [back])

    def test_what_letters_a_tag_had_it_has_again(self):
        self.reset([], [["only"]])
        run = self.live(GIVE.replace("contact_tags.add", "contact_tags.remove"), contact="con_0", name="ONLY")
        self.assertEqual([change["summary"] for change in self.undo(run)["changes"]], ["tag contact con_0 with only"])

    def test_an_undo_that_is_parked_says_what_settles_it(self):
        self.reset(["a"])
        run = self.live(LIST + DELETE, ids=["tag_0"])
        self.sandbox.fault(path="/locations/loc_main/tags", method="POST", drop=True, count=1)
        done = self.project.millrace("runs", "undo", run, "--yes")
        undo = self.project.json("runs", "list")["runs"][0]
        self.assertEqual((done.returncode, undo["outcome"]), (1, "parked"), done.stderr)
        self.assertIn(f'when "millrace runs resolve {undo["id"]}" has settled what is not known, it goes on', done.stderr)
        self.assertNotIn("takes back what is left", done.stderr)

    def test_a_contact_comes_back_into_its_own_location(self):
        self.reset([], [["vip"]])
        self.change(lambda state: (state["locations"].append({"id": "loc_north", "name": "North"}), state["contacts"][0].update(locationId="loc_north", email="ada@example.com")))
        run = self.live(REMOVE, contact="con_0")
        planned = self.undo(run, "--yes")
        self.assertEqual([contact["locationId"] for contact in self.sandbox.state()["contacts"]], ["loc_north"])
        self.assertIn("delete contact con_0: it is made again in its own location loc_north, and not in loc_main, from where it was deleted", planned["cannot_be_restored"])

    def test_a_contact_that_was_deleted_after_its_tag_comes_back_with_it(self):
        self.reset(["vip"], [["vip", "big"]])
        self.change(lambda state: state["contacts"][0].update(email="ada@example.com"))
        contact = self.sandbox.state()["contacts"][0]
        # The far side takes a deleted tag off its contacts, as the stand-in does not by itself.
        self.sandbox.fault(path="/contacts/con_0", method="GET", status=200, text=json.dumps({"contact": {**contact, "tags": ["big"]}}), count=1)
        run = self.live(DELETE + REMOVE, ids=["tag_0"], contact="con_0")
        planned = self.undo(run, "--yes")
        self.assertEqual([change["action"] for change in planned["changes"]], ["highlevel.location_tags.create", "highlevel.contacts.create"])
        self.assertEqual(planned["left_alone"], [])
        self.assertEqual([sorted(contact["tags"]) for contact in self.sandbox.state()["contacts"]], [["big", "vip"]])

    def test_a_carrier_that_is_not_made_again_is_named_as_deleted(self):
        self.reset(["vip"], [["vip"]])
        self.change(lambda state: state["contacts"][0].update(email="ada@example.com"))
        run = self.live(DELETE + REMOVE, ids=["tag_0"], contact="con_0")
        self.change(lambda state: state["contacts"].append({"id": "con_9", "locationId": "loc_main", "email": "ada@example.com", "dateAdded": "2026-01-01T00:00:00.000Z", "tags": []}))
        self.assertIn("delete tag tag_0: \"con_0\" carried it and is not given it again: it was deleted later in the run, and is not made again",
                      "\n".join(self.undo(run)["left_alone"]).replace("delete tag vip", "delete tag tag_0"))

    def test_custom_fields_of_a_contact_are_not_written_again(self):
        self.reset([], [[]])
        self.change(lambda state: state["contacts"][0].update(phone="+442079460161"))
        run = self.live("  - {action: highlevel.contacts.update, with: {contact_id: \"${{ event.contact }}\", phone: \"+442071838750\", custom_fields: [{id: abc, field_value: of the run}]}}\n",
                        contact="con_0")
        planned = self.undo(run, "--yes")
        self.assertEqual([change["request"]["body"] for change in planned["changes"]], [{"phone": "+442079460161"}])
        self.assertIn("change contact con_0: its custom_fields is not put back, because the plugin does not say where it is read", planned["cannot_be_restored"])

    def test_a_post_that_was_changed_is_as_before(self):
        post = {"_id": "p1", "locationId": "loc_main", "platform": "facebook", "accountIds": ["a1"], "accountId": "a1", "createdBy": "user_ada", "summary": "Old", "status": "draft",
                "type": "post", "media": [], "tags": [], "displayDate": "2026-03-06T09:00:00.000Z"}
        self.reset([])
        self.change(lambda state: state.update(social_posts=[post]))
        run = self.live("  - {action: highlevel.social_posts.update, with: {id: \"${{ event.id }}\", type: post, summary: New, account_ids: [a1], user_id: user_ada}}\n", id="p1")
        self.undo(run, "--yes")
        self.assertEqual(self.sandbox.state()["social_posts"][0]["summary"], "Old")


if __name__ == "__main__":
    main()
