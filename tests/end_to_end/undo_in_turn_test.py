"""Where a run touched one thing several times, its undo sees at each step what stands after the steps before it."""
import json

from project import SandboxTest, main

HEAD = "version: 1\nname: One\nlocations: [loc_main]\ntriggers: manual\nsafety: {max_changes: 60}\nactions:\n"
GIVE = "  - {action: highlevel.contact_tags.add, with: {contact_id: \"${{ event.id }}\", tags: TAGS}}\n"
TAKE = "  - {action: highlevel.contact_tags.remove, with: {contact_id: \"${{ event.id }}\", tags: TAGS}}\n"
SET = "  - {action: highlevel.contacts.update, with: {contact_id: \"${{ event.id }}\", tags: TAGS}}\n"
RENAME = "  - for_each: event.steps\n    do:\n      - {action: highlevel.location_tags.update, with: {tag_id: \"${{ item[0] }}\", name: \"${{ item[1] }}\"}}\n"


def give(*tags):
    return GIVE.replace("TAGS", json.dumps(tags))


def take(*tags):
    return TAKE.replace("TAGS", json.dumps(tags))


def put(*tags):
    return SET.replace("TAGS", json.dumps(tags))


class UndoInTurn(SandboxTest):
    def reset(self, tags=("vip", "old"), names=()):
        self.sandbox.call("/_sandbox/reset", {"state": {
            "locations": [{"id": "loc_main", "name": "Main"}],
            "location_tags": [{"id": f"tag_{n}", "name": name, "locationId": "loc_main"} for n, name in enumerate(names)],
            "contacts": [{"id": "con", "locationId": "loc_main", "email": "ada@example.com", "firstName": "Ada", "dateAdded": "2026-01-01T00:00:00.000Z", "tags": list(tags)}]}})

    def change(self, edit):
        state = self.sandbox.state()
        edit(state)
        self.sandbox.call("/_sandbox/reset", {"state": state})

    def contact(self):
        return self.sandbox.state()["contacts"][0]

    def live(self, actions, **event):
        self.project.write("workflows/one.yaml", HEAD + actions)
        event = {"id": "con"} | event
        return self.project.json("run", "one", "--live", "--event", "-", stdin=json.dumps(event))["runs"][0]["run"]

    def undo(self, run, *more, expect=0):
        return self.project.json("runs", "undo", run, *more, expect=expect)

    def test_the_tags_of_a_contact_are_as_before_whatever_was_done_to_them_in_turn(self):
        for actions in (
                take("old") + give("old"), give("new") + take("new"), give("new", "news") + take("new", "old"),
                give("new") + take("new") + give("new"), take("old") + give("old") + take("old"),
                put("x") + give("y"), give("y") + put("x"), give("y") + take("y", "vip"), put("x", "y") + take("x") + give("z"),
                give("y") + put("x") + take("x") + give("w"), put("x") + give("y") + put("z", "y"), give("y") + put("x", "y") + take("y"),
                put("vip") + give("old"), put("VIP") + take("VIP") + give("Old")):
            with self.subTest(actions):
                self.reset()
                run = self.live(actions)
                done = self.project.millrace("runs", "undo", run, "--yes")
                self.assertNotIn("as the run left it", done.stdout)
                self.assertEqual(sorted(self.contact()["tags"]), ["old", "vip"], done.stdout + done.stderr)

    def test_what_is_as_before_at_the_end_is_not_touched(self):
        self.reset()
        self.assertEqual(self.undo(self.live(take("old") + give("old")))["changes"], [])
        run = self.live(give("new") + take("new"))
        self.change(lambda state: state["contacts"][0]["tags"].append("new"))
        self.undo(run, "--yes")
        self.assertEqual(sorted(self.contact()["tags"]), ["new", "old", "vip"])  # who gave it since meant it

    def test_what_others_changed_since_is_left_alone_in_the_middle_of_it(self):
        self.reset()
        run = self.live(put("x") + give("y"))
        self.change(lambda state: state["contacts"][0]["tags"].append("somebody's"))
        self.assertIn("its tags is now", "\n".join(self.undo(run)["left_alone"]))

    def test_tags_that_are_given_back_have_the_letters_that_they_had(self):
        self.reset(["only"])
        self.undo(self.live(take("ONLY")), "--yes")
        self.assertEqual(self.contact()["tags"], ["only"])

    def test_names_that_were_exchanged_are_exchanged_again(self):
        for steps in ([["tag_0", "tmp"], ["tag_1", "a"], ["tag_0", "b"]],
                      [["tag_0", "tmp"], ["tag_1", "a"], ["tag_2", "b"], ["tag_0", "c"]]):
            self.reset(names=["a", "b", "c"])
            before = self.sandbox.tags()
            self.undo(self.live(RENAME, steps=steps), "--yes")
            self.assertEqual(self.sandbox.tags(), before)

    def test_what_was_deleted_and_made_anew_is_made_again(self):
        self.reset()
        before = self.contact()
        run = self.live("  - {action: highlevel.contacts.delete, with: {contact_id: \"${{ event.id }}\"}}\n"
                        "  - {action: highlevel.contacts.create, with: {email: ada@example.com, first_name: New}}\n")
        self.undo(run, "--yes")
        after = self.contact()
        self.assertEqual((after["email"], after["firstName"], after["tags"]), (before["email"], "Ada", before["tags"]))
        self.assertEqual(len(self.sandbox.state()["contacts"]), 1)

    def test_a_tag_that_was_deleted_and_made_anew_is_given_again_to_who_carried_it(self):
        self.reset(tags=["vip"], names=["vip"])
        run = self.live("  - for_each: \"['tag_0']\"\n    do:\n      - {action: highlevel.location_tags.delete, with: {tag_id: \"${{ item }}\"}}\n"
                        "      - {action: highlevel.location_tags.create, with: {name: vip}}\n")
        planned = self.undo(run, "--yes")
        self.assertNotIn("loses it", "\n".join(planned["cannot_be_restored"]))
        self.assertIn("tag contact con with vip", [change["summary"] for change in planned["changes"]])
        self.assertEqual([tag["name"] for tag in self.sandbox.tags()], ["vip"])

    def test_what_was_done_to_a_contact_before_it_was_deleted_does_not_keep_it_from_coming_back(self):
        self.reset()
        run = self.live(give("new") + "  - {action: highlevel.contact_followers.add, with: {contact_id: \"${{ event.id }}\", followers: [user_ada]}}\n"
                        "  - {action: highlevel.contacts.update, with: {contact_id: \"${{ event.id }}\", first_name: Zed}}\n"
                        "  - {action: highlevel.contacts.delete, with: {contact_id: \"${{ event.id }}\"}}\n")
        done = self.undo(run, "--yes")
        self.assertEqual((self.contact()["firstName"], self.contact()["tags"]), ("Ada", ["vip", "old"]))
        self.assertEqual(done["left_alone"], [
            "let user_ada follow contact con: what it was done to was deleted later in the run, and what is made again has another id"])

    def test_one_that_is_refused_for_good_does_not_keep_the_others_from_being_taken_back(self):
        self.reset()
        actions = "".join("  - {action: highlevel.contact_followers.add, with: {contact_id: \"${{ event.id }}\", followers: [user_ada]}}\n" for _ in range(2))
        run = self.live("  - {action: highlevel.location_tags.create, with: {name: made}}\n" + actions)
        self.sandbox.fault(path="/contacts/con/followers", method="DELETE", status=404, count=1)
        done = self.project.millrace("runs", "undo", run, "--yes")
        self.assertEqual((done.returncode, self.sandbox.tags()), (1, []), done.stderr)
        self.assertIn("404", done.stderr)

    def test_a_far_side_that_is_down_ends_the_undo_where_it_is(self):
        self.reset()
        run = self.live("  - {action: highlevel.location_tags.create, with: {name: made}}\n"
                        "  - {action: highlevel.contact_followers.add, with: {contact_id: \"${{ event.id }}\", followers: [user_ada]}}\n")
        self.sandbox.fault(path="/contacts/con/followers", method="DELETE", status=503, count=0)
        done = self.project.millrace("runs", "undo", run, "--yes")
        self.assertEqual((done.returncode, [tag["name"] for tag in self.sandbox.tags()]), (1, ["made"]), done.stderr)
        self.change(lambda state: None)  # it is up again
        self.undo(run, "--yes")
        self.assertEqual(self.sandbox.tags(), [])

    def test_what_others_filled_in_is_named_before_what_was_made_is_deleted(self):
        self.reset()
        run = self.live("  - {action: highlevel.contacts.create, with: {email: new@example.com, first_name: New}}\n")
        self.change(lambda state: [each.update(lastName="Added", phone="+442071838750") for each in state["contacts"] if each.get("email") == "new@example.com"])
        told = "\n".join(self.undo(run)["cannot_be_restored"])
        self.assertIn("lastName", told)
        self.assertIn("phone", told)
        self.assertIn("lost with it", told)

    def test_what_others_emptied_or_wrote_in_other_letters_is_left_alone(self):
        for edit, told in ((lambda contact: contact.pop("phone"), "its phone is now empty, and not \"+442071838750\""),
                           (lambda contact: contact.update(firstName="ZED"), "its firstName is now \"ZED\", and not \"Zed\"")):
            self.reset()
            self.change(lambda state: state["contacts"][0].update(phone="+442079460161"))
            run = self.live("  - {action: highlevel.contacts.update, with: {contact_id: \"${{ event.id }}\", first_name: Zed, phone: \"+442071838750\"}}\n")
            self.change(lambda state: edit(state["contacts"][0]))
            planned = self.undo(run)
            self.assertEqual(planned["changes"], [])
            self.assertIn(told, planned["left_alone"][0])


if __name__ == "__main__":
    main()
