"""What can be told afterwards of the runs of `millrace serve`, with and without it."""
import signal

from project import main
from served import ServedTest

KEPT = "  - id: kept\n    set: {n: \"${{ event.n }}\"}\n"


class LookingBack(ServedTest):
    def test_p3_the_runs_of_each_event_are_found(self):
        self.service.flow("a", KEPT, "  - webhook: both\n    verify: public\n")
        self.service.flow("b", KEPT, "  - webhook: both\n    verify: public\n", mode="dry_run")
        self.service.flow("c", KEPT, "  - webhook: both\n    verify: public\n", mode="paused")
        self.service.start()
        receipt = self.service.delivered("both", {"n": 1})
        for run in receipt["runs"]:
            self.service.ended(run)
        runs = self.service.json("runs", "list", "--event", receipt["event"])["runs"]
        self.assertEqual(sorted(run["id"] for run in runs), sorted(receipt["runs"]))
        self.assertEqual({run["workflow"]: run["outcome"] for run in runs}, {"a": "completed", "b": "completed", "c": "skipped"})
        self.assertEqual({run["workflow"]: run["mode"] for run in runs}["b"], "dry_run")

    def test_runs_list_and_show_tell_the_same_as_the_api_with_and_without_a_service(self):
        self.service.flow("two", KEPT)
        self.service.start()
        runs = [self.service.ended(self.service.delivered("two", {"n": n})["runs"][0])["id"] for n in range(3)]
        served = self.service.json("runs", "list", "--workflow", "two", "--limit", "2")
        self.assertEqual([run["id"] for run in served["runs"]], runs[:0:-1])
        self.assertEqual([run["id"] for run in self.service.json("runs", "list", "--before", runs[1])["runs"]], runs[:1])
        shown = self.service.json("runs", "show", runs[0])
        self.assertEqual(shown, self.service.run(runs[0]))
        self.service.stop()
        self.assertEqual(self.service.json("runs", "show", runs[0]), shown)
        self.assertEqual(self.service.json("runs", "list", "--outcome", "failed")["runs"], [])
        self.assertEqual(self.service.millrace("runs", "list", "--outcome", "fialed").returncode, 2)
        self.assertEqual(self.service.millrace("runs", "show", "r0000000000000").returncode, 1)

    def why(self, *sentence, workflow="flow", event=()):
        said = " ".join(self.service.reasons(workflow, *event))
        for part in sentence:
            self.assertIn(part, said)
        if self.service.process is not None:
            self.assertEqual(" ".join(self.service.get(f"workflows/{workflow}/why" + (f"?event={event[1]}" if event else ""))["reasons"])[:40], said[:40])

    def test_why_says_the_cause_in_a_sentence(self):
        self.service.flow("flow", "  - if: event.n == 1\n    then:\n      - stop: {outcome: failed, message: one is not allowed}\n  - approve: May it?\n",
                          "  - webhook: NAME\n    verify: public\n    if: event.n > 0\n")
        self.why("no service has run on this project yet")
        self.service.start()
        self.why("no event has come for it yet")
        none = self.service.delivered("flow", {"n": 0})
        self.why("event.n > 0 was false", "event.n was 0", event=("--event", none["event"]))
        failed = self.service.delivered("flow", {"n": 1})
        self.service.ended(failed["runs"][0])
        self.why("one is not allowed", event=("--event", failed["event"]))
        asking = self.service.delivered("flow", {"n": 2})
        self.service.reached(asking["runs"][0], "waiting")
        self.why("May it?")
        behind = self.service.delivered("flow", {"n": 3})
        self.why(asking["runs"][0], event=("--event", behind["event"]))
        self.service.millrace("pause", "flow")
        self.why("paused by hand")
        self.service.millrace("resume", "flow")
        self.service.write("workflows/flow.yaml", "version: 1\nactions: []\n")
        self.why("its file is broken")
        self.service.flow("flow", mode="paused")
        self.why("mode: paused")
        self.service.kill()
        self.why("ended without being stopped")
        self.service.start()
        self.service.stop(signal.SIGTERM)
        self.why("it was stopped")


if __name__ == "__main__":
    main()
