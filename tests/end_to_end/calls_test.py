"""Calls of libraries, more of them at once than there are workers: in a plan, in a run at the terminal, in the service."""
import concurrent.futures
import unittest

from project import SandboxTest, main
from served import POSTS, ServedSandboxTest, post
from service import wait_until

# Run more often at once than there are workers, or places for the calls of one plugin.
LOOPS = {
    "once": "{action: memory.once, with: {key: 'k${{ item }}', within: 1d}}",
    "same": "{action: memory.once, with: {key: the-same, within: 1d}}",
    "changes": "{action: memory.changes, with: {key: 'k${{ item }}', items: '[item, 1]'}}",
    "files": "{action: files.write, with: {file: 'f${{ item }}.txt', text: hello}}",
    "reports": "{action: reports.json, with: {rows: '[{\"n\": item}]', file: 'r${{ item }}.json'}}",
}
# Jobs that call others, which call the far side.
JOBS = {
    "tags": "{action: tags.upsert, connection: highlevel, with: {name: 'tag ${{ item }}'}}",
    "usage": "{action: pruning.candidates, connection: highlevel, with: {unused_for: 90d}}",
}


# Called, it makes a tag at its location.
EACH = """  - action: highlevel.location_tags.create
    connection: highlevel
    with: {name: "${{ event.n }} at ${{ run.location }}"}
  - set: {made: "${{ run.location }}"}
"""


def calls(name, more=""):
    return f"  - id: called\n    call: {name}\n    with: {{n: '${{{{ event.n }}}}'{more}}}\n  - set: {{got: '${{{{ called }}}}'}}\n"


# Its step says by itself where it works.
TOLD = EACH.replace("with: {", "with: {location_id: loc_north, ").replace("${{ run.location }}\"}", "loc_north\"}", 1)

# What a caller says, where it works itself, where what it calls works then, and what the call gives.
BOTH, NORTH = ["loc_main", "loc_north"], ["loc_north"]
PLACES = [(calls("each"), "", BOTH, [{"made": "loc_main"}, {"made": "loc_north"}]),
          (calls("each"), "locations: [loc_north]\n", NORTH, {"made": "loc_north"}),
          (calls("free"), "locations: [loc_north]\n", NORTH, {"made": "loc_north"}),
          (calls("each", ", location_id: loc_north"), "", NORTH, {"made": "loc_north"}),
          (calls("free", ", location_id: loc_north"), "locations: [loc_main]\n", NORTH, {"made": "loc_north"}),
         (calls("told"), "", NORTH, {"made": ""})]


def tag_names(sandbox, number):
    """At which locations there is the tag of that number."""
    return [location for location in BOTH if any(tag["name"] == f"{number} at {location}" for tag in sandbox.tags(location))]


def write(file):
    return f"  - action: files.write\n    with: {{file: '{file}', text: hello}}\n"


def loops(bodies, parallel):
    return "".join(f"  - id: {name}\n    for_each: event.items\n    parallel: {parallel}\n    do: [{body}]\n" for name, body in bodies.items())


def items(count):
    return '{"items": [' + ", ".join(str(i) for i in range(count)) + "]}"


class Calls(SandboxTest):
    def flow(self, name, actions, more=""):
        self.project.write(f"workflows/{name}.yaml", f"version: 1\nname: {name}\n{more}triggers:\n  - manual\nactions:\n{actions}")

    def test_forty_and_a_hundred_calls_at_once_end_in_a_plan_and_at_the_terminal(self):
        self.flow("forty", loops(LOOPS, 40))
        self.flow("hundred", loops(LOOPS, 100))
        for name, count in (("forty", 40), ("hundred", 120)):
            for verb in (("plan",), ("run",), ("run", "--live")):
                done = self.project.json(verb[0], name, "--event", "-", *verb[1:], stdin=items(count))
                self.assertEqual([run["outcome"] for run in done["runs"]], ["completed"], (name, verb))
        self.assertEqual(len(list((self.project.folder / "output").glob("f*.txt"))), 120)

    def test_jobs_that_call_others_end_however_many_there_are(self):
        self.flow("jobs", loops(JOBS, 40), "locations: [loc_main]\n")
        for verb in (("plan",), ("run", "--live")):
            done = self.project.json(verb[0], "jobs", "--event", "-", *verb[1:], stdin=items(40))
            self.assertEqual([run["outcome"] for run in done["runs"]], ["completed"], verb)
        self.assertLess({f"tag {i}" for i in range(40)}, {tag["name"] for tag in self.sandbox.tags()})


    def test_of_eight_runs_at_once_in_one_store_exactly_one_is_the_first_and_a_plan_claims_nothing(self):
        self.flow("claims", "  - id: claimed\n    action: memory.once\n    with: {key: the-same, within: 1d}\n")
        for _ in range(2):
            self.assertTrue(self.project.json("plan", "claims")["runs"][0]["output"]["first"])
        with concurrent.futures.ThreadPoolExecutor(8) as people:
            runs = [people.submit(self.project.json, "run", "claims", "--live") for _ in range(8)]
        self.assertEqual(sorted(run.result()["runs"][0]["output"]["first"] for run in runs), [False] * 7 + [True])


    def test_what_a_called_workflow_changes_stands_in_the_plan_of_its_caller_and_is_applied(self):
        for name in ("inner", "one", "sub"):
            self.flow(name, f"  - action: files.write\n    with: {{file: '{name}-${{{{ event.n }}}}.txt', text: hello}}\n"
                      + ("  - call: inner\n    with: {n: '${{ event.n }}'}\n" if name == "sub" else ""))
        self.flow("caller", "  - call: one\n    with: {n: 1}\n  - for_each: [1, 2]\n    do:\n      - call: sub\n        with: {n: '${{ item }}'}\n")
        files = sorted(["one-1.txt", "sub-1.txt", "inner-1.txt", "sub-2.txt", "inner-2.txt"])
        planned = self.project.millrace("plan", "caller", "--out", "p.plan", "--detailed-exitcode")
        self.assertEqual(planned.returncode, 6, planned.stdout)
        for file in files:
            self.assertIn(file, planned.stdout)
        run = self.project.json("plan", "caller")["runs"][0]
        self.assertEqual(sorted(change["target"].removeprefix("file:") for change in run["changes"]), files)
        self.assertEqual({change["step"].split(":")[0] for change in run["changes"]}, {"one", "sub", "inner"})
        output = self.project.folder / "output"
        self.assertFalse(output.exists() and list(output.iterdir()))
        applied = self.project.millrace("apply", "p.plan")
        self.assertEqual(applied.returncode, 0, applied.stdout + applied.stderr)
        self.assertEqual(sorted(path.name for path in output.iterdir()), files)
        live = self.project.json("run", "caller", "--live")["runs"][0]
        self.assertEqual(len(live["changes"]), 5)


    def test_a_circle_in_which_each_run_calls_two_ends_in_a_plan_whatever_they_do_about_a_call_that_fails(self):
        for more in ["", "    on_error: continue\n"]:
            for name, other in [("one", "two"), ("two", "one")]:
                call = f"  - call: {other}\n{more}    with: {{go: '${{{{ event.go }}}}'}}\n    if: event.go\n"
                self.flow(name, call + call)
            plan = self.project.millrace("plan", "one", "--event", "-", stdin='{"go": true}')
            said = plan.stdout + plan.stderr
            ending = "in a circle 1000 times" if more else "end after 25, and this one came by the way one > two > one"
            self.assertIn(ending, said)
            self.assertEqual(plan.returncode, 0 if more else 1, said)

    def test_a_called_run_has_the_id_in_the_plan_that_it_has_where_the_plan_is_applied(self):
        self.flow("sub", "  - action: files.write\n    with: {file: 'sub-${{ run.id }}.txt', text: hello}\n")
        self.flow("caller", "  - for_each: [1, 2]\n    do:\n      - call: sub\n")
        planned = self.project.json("plan", "caller", "--out", "p.plan")["runs"][0]
        applied = self.project.json("apply", "p.plan")
        targets = [[change["target"] for change in run["changes"]] for run in (planned, applied["runs"][0])]
        self.assertEqual(targets[0], targets[1])
        self.assertEqual((len(set(targets[0])), applied["not_made"]), (2, []))

    def test_no_file_is_replaced_by_another_call_by_the_caller_or_in_another_round(self):
        call, written = "  - call: sub\n", write("a.txt")
        self.flow("sub", written)
        self.flow("between", call)
        inside = lambda block, step: f"  - {block}\n" + "".join("    " + line + "\n" for line in step.splitlines())
        for name, actions in {"twice": call + call, "loop": inside("for_each: [1, 2]\n    do:", call), "after": call + written, "before": written + call,
                              "deep": "  - call: between\n" + call, "rounds": inside("until: false\n    max: 2\n    repeat:", written)}.items():
            self.flow(name, actions)
            for verb in (("plan",), ("run", "--live")):
                run = self.project.json(verb[0], name, *verb[1:], expect=1)["runs"][0]
                self.assertIn("has written it in this run", run["error"]["message"], (name, verb))
                self.assertEqual(len(run["changes"]), 1, (name, verb))


    def test_a_limit_holds_for_all_that_is_called_in_the_plan_and_at_the_terminal_with_the_callers_own_changes(self):
        self.flow("sub", write("sub-${{ event.n }}.txt"))
        self.flow("between", "  - call: sub\n    with: {n: '${{ event.n }}'}\n")
        each = "    parallel: PARALLEL\n    do:\n      - call: CALLED\n        with: {n: '${{ item }}'}\n"
        for number, (called, parallel) in enumerate((("sub", 1), ("between", 1), ("sub", 5))):
            loop = f"  - for_each: [{number}1, {number}2, {number}3, {number}4]\n" + each.replace("CALLED", called).replace("PARALLEL", str(parallel))
            self.flow("caller", write(f"own-{number}.txt") + loop, "safety: {max_changes: 3}\n")
            planned = self.project.json("plan", "caller", "--out", "p.plan", expect=5)["runs"][0]
            self.assertEqual(len(planned["changes"]), 5, called)
            self.assertEqual(self.project.millrace("apply", "p.plan").returncode, 5, called)
            live = self.project.json("run", "caller", "--live", expect=5)["runs"][0]
            self.assertEqual((live["outcome"], len(live["changes"])), ("stopped_by_safety", 3), called)
            self.assertIn("would be change 4 of caller and what it calls, and max_changes of caller is 3", live["error"]["message"])
            self.assertEqual(len(list((self.project.folder / "output").glob(f"*-{number}*.txt"))), 3, called)

    def test_a_limit_that_a_called_workflow_passes_is_seen_in_the_plan_of_its_caller(self):
        self.flow("sub", write("a.txt") + write("b.txt"), "safety: {max_changes: 1}\n")
        self.flow("caller", "  - call: sub\n")
        for code, verb in ((5, ("plan",)), (1, ("run", "--live"))):
            run = self.project.millrace(verb[0], "caller", *verb[1:])
            self.assertEqual(run.returncode, code, run.stdout + run.stderr)
            self.assertIn("would be change 2 of this run, and max_changes is 1", run.stdout + run.stderr)

    def test_a_limit_that_a_called_workflow_passes_is_a_failure_to_its_caller_which_may_go_on(self):
        self.flow("sub", write("a.txt") + write("b.txt"), "safety: {max_changes: 1}\n")
        self.flow("caller", "  - call: sub\n    on_error: continue\n" + write("own.txt"), "safety: {max_changes: 5}\n")
        live = self.project.json("run", "caller", "--live")["runs"][0]
        self.assertEqual((live["outcome"], live["error"], len(live["changes"])), ("completed", None, 2))

    def test_a_called_workflow_runs_where_its_caller_does_or_where_it_is_told_or_at_each_of_its_locations(self):
        self.flow("each", EACH, "locations: [loc_main, loc_north]\n")
        self.flow("free", EACH)
        self.flow("told", TOLD)
        for number, (caller, more, made, output) in enumerate(PLACES):
            with self.subTest(caller):
                self.flow(f"caller{number}", caller, more)
                planned = self.project.json("plan", f"caller{number}", "--out", "p.plan", "--event", "-", stdin=f'{{"n": {number}}}')["runs"]
                self.assertEqual([change["summary"] for run in planned for change in run["changes"]], [f"create tag {number} at {location}" for location in made])
                self.assertEqual(planned[0]["output"]["got"], output)
                self.assertEqual(self.project.json("apply", "p.plan")["not_made"], [])
                self.assertEqual(sorted(tag_names(self.sandbox, number)), sorted(made))

    def test_where_a_called_workflow_fails_at_one_location_the_others_run_and_the_call_says_which(self):
        self.flow("each", "  - stop: {outcome: failed, message: no}\n    if: run.location == 'loc_main'\n" + EACH, "locations: [loc_main, loc_north]\n")
        self.flow("caller", "  - call: each\n    with: {n: 9}\n")
        for verb in (("plan",), ("run", "--live")):
            run = self.project.json(verb[0], "caller", *verb[1:], expect=1)["runs"][0]
            self.assertIn("at loc_main: ", run["error"]["message"])
            self.assertEqual(len(run["changes"]), 1)
        self.assertEqual(tag_names(self.sandbox, 9), ["loc_north"])


class ServedCalls(ServedSandboxTest):
    def test_a_called_workflow_runs_in_the_service_where_it_does_in_a_plan(self):
        self.service.flow("each", EACH, "  - manual\n", more="locations: [loc_main, loc_north]\n")
        self.service.flow("free", EACH, "  - manual\n")
        self.service.flow("told", TOLD, "  - manual\n")
        for number, (caller, more, made, output) in enumerate(PLACES):
            self.service.flow(f"caller{number}", caller, more=more)
        self.service.start()
        for number, (caller, more, made, output) in enumerate(PLACES):
            with self.subTest(caller):
                run = self.service.ended(self.service.delivered(f"caller{number}", {"n": number})["runs"][0])
                self.assertEqual((run["outcome"], run["steps"][-1]["output"]["got"]), ("completed", output), run)
                self.assertEqual(sorted(tag_names(self.sandbox, number)), sorted(made))

    def test_a_called_run_does_not_replace_the_file_of_another_call_and_writes_its_own_again_where_it_is_tried_again(self):
        self.service.flow("sub", write("a-${{ event.n }}.txt") + POSTS, "  - manual\n")
        self.service.flow("twice", "  - call: sub\n    with: {n: 1}\n" * 2)
        self.service.flow("once", "  - call: sub\n    with: {n: 2}\n")
        self.service.start()
        run = self.service.ended(self.service.delivered("twice", {})["runs"][0])
        self.assertEqual(run["outcome"], "failed", run)
        self.assertIn("has written it in this run", run["note"])
        self.far.answers["/orders"] = [400, 200]
        run = self.service.ended(self.service.delivered("once", {})["runs"][0])
        self.assertEqual(run["outcome"], "failed", run)
        self.assertEqual(self.service.millrace("runs", "retry", run["id"]).returncode, 0)
        self.service.reached(run["id"], "completed")

    def test_a_limit_holds_for_all_that_is_called_in_the_service(self):
        self.service.flow("sub", POSTS, "  - manual\n", "concurrency: parallel\n")
        for parallel in (1, 5):
            calls_sub = f"  - for_each: [1, 2, 3, 4, 5]\n    parallel: {parallel}\n    on_error: continue\n    do:\n      - call: sub\n        on_error: continue\n"
            self.service.flow(f"caller{parallel}", POSTS + calls_sub, more="safety: {max_changes: 3}\n")
        self.service.start()
        for number, parallel in enumerate((1, 5), 1):
            run = self.service.ended(self.service.delivered(f"caller{parallel}", {})["runs"][0])
            self.assertEqual((run["outcome"], len(self.far.seen)), ("stopped_by_safety", 3 * number), run)
            self.assertIn(f"would be change 4 of caller{parallel} and what it calls, and max_changes of caller{parallel} is 3", run["note"])

    def test_a_limit_that_a_called_workflow_passes_is_a_failure_to_its_caller_in_the_service_as_well(self):
        self.service.flow("sub", POSTS + post("/more", "more"), "  - manual\n", "safety: {max_changes: 1}\n")
        self.service.flow("stops", "  - call: sub\n" + POSTS)
        self.service.flow("goes_on", "  - call: sub\n    on_error: continue\n" + POSTS)
        self.service.start()
        for caller, outcome, orders in (("stops", "failed", 1), ("goes_on", "completed", 3)):
            run = self.service.ended(self.service.delivered(caller, {})["runs"][0])
            self.assertEqual((run["outcome"], len(self.far.requests("/orders")), self.far.requests("/more")), (outcome, orders, []), run)

    def test_after_a_restart_a_limit_and_files_count_what_was_called_before(self):
        asked = "  - id: asked\n    approve: Go on?\n"
        self.service.flow("sub", POSTS + write("a.txt"), "  - manual\n")
        more = post("/orders", "more")
        self.service.flow("asks", POSTS + asked + more, "  - manual\n")
        once = "  - call: sub\n"
        self.service.flow("rests", once + asked + POSTS + more, more="safety: {max_changes: 3}\n")
        self.service.flow("waits", POSTS + "  - call: asks\n" + more, more="safety: {max_changes: 2}\n")
        self.service.flow("replaces", once + asked + write("a.txt"))
        self.service.start()
        runs = {name: self.service.delivered(name, {})["runs"][0] for name in ("rests", "waits", "replaces")}
        for name in ("rests", "replaces"):
            self.service.reached(runs[name], "waiting")
        inner = wait_until(lambda: next((run for run in self.service.runs("asks") if run["outcome"] == "waiting"), None), 20, "the question of what was called")
        before = len(self.far.seen)
        self.service.stop()
        self.service.start()
        for run in (runs["rests"], inner["id"], runs["replaces"]):
            self.assertEqual(self.service.millrace("approve", run).returncode, 0)
        ended = {name: self.service.ended(run) for name, run in runs.items()}
        self.assertEqual({name: run["outcome"] for name, run in ended.items()}, {"rests": "stopped_by_safety", "waits": "stopped_by_safety", "replaces": "failed"}, ended)
        self.assertEqual(len(self.far.seen) - before, 1)
        self.assertIn("step files.write of sub has written it in this run", ended["replaces"]["note"])

    def test_after_a_restart_no_run_replaces_the_file_of_another_location(self):
        read = "  - {action: highlevel.location_tags.list, connection: highlevel}\n"
        self.service.flow("places", "  - approve: Go on?\n" + read + write("p.txt"), more="locations: [loc_main, loc_north]\n")
        self.service.start()
        main_run, north = self.service.delivered("places", {})["runs"]
        for run, outcome in ((main_run, "completed"), (north, "failed")):
            self.service.reached(run, "waiting")
            if run == north:
                self.service.stop()
                self.service.start()
            self.assertEqual(self.service.millrace("approve", run).returncode, 0)
            self.assertEqual(self.service.ended(run)["outcome"], outcome)
        self.assertIn("for the location loc_main has written it in this run", self.service.run(north)["note"])

    def test_a_file_that_was_only_looked_at_for_a_question_is_nobodys(self):
        read = "  - {action: highlevel.location_tags.list, connection: highlevel}\n"
        self.service.flow("places", "  - approve: Go on?\n" + read + write("p.txt"), more="locations: [loc_main, loc_north]\n")
        self.service.start()
        main_run, north = self.service.delivered("places", {})["runs"]
        self.service.reached(main_run, "waiting")
        self.assertEqual(self.service.millrace("approve", main_run, "--no").returncode, 0)
        self.assertNotEqual(self.service.ended(main_run)["outcome"], "completed")
        self.service.reached(north, "waiting")
        self.assertEqual(self.service.millrace("approve", north).returncode, 0)
        self.assertEqual(self.service.ended(north)["outcome"], "completed", self.service.run(north)["note"])

    def test_three_senders_at_once_and_the_service_goes_on(self):
        for parallel, count in ((40, 40), (100, 100)):
            self.service.flow(f"each{parallel}", loops(LOOPS, parallel), more="concurrency: parallel\n")
        self.service.flow("jobs", loops(JOBS, 40), more="concurrency: parallel\nlocations: [loc_main]\n")
        self.service.flow("rehearsal", loops(LOOPS, 40), mode="dry_run", more="concurrency: parallel\n")
        self.service.start()
        with concurrent.futures.ThreadPoolExecutor(12) as senders:
            sent = [senders.submit(self.service.delivered, name, {"items": list(range(40))})
                    for name in ("each40", "each100", "jobs", "rehearsal") for _ in range(3)]
        for receipt in sent:
            run = self.service.ended(receipt.result()["runs"][0], within=60)
            self.assertEqual(run["outcome"], "completed", run)
        self.assertEqual(self.service.stop(), 0)


if __name__ == "__main__":
    main()
