"""What is revoked while the service runs is asked for nothing more, what it has under way is ended, and the rest goes on."""
import hashlib
import json

from hanging_test import STUCK, children
from project import build, main, pin
from served import POSTS, ServedTest
from service import wait_until

PAPER = {"manifest": 1, "name": "paper", "version": "1.0.0", "summary": "A manifest alone",
         "connection": {"auth": "bearer"},
         "actions": {"send": {"summary": "Send", "effect": "send", "target": "paper:1", "output": {}, "request": {"method": "POST", "path": "/paper"}}}}


class Revoked(ServedTest):
    def setUp(self):
        super().setUp()
        library = (build / "tests" / "plugin" / "stuck.so").read_bytes()
        manifest = self.service.write("plugins/stuck/stuck.json", json.dumps(STUCK)).read_bytes()
        self.service.write("plugins/stuck/stuck.so", library)
        self.service.write("plugins/paper/paper.json", json.dumps(PAPER))
        config = (self.service.folder / "millrace.yaml").read_text()
        config += f'  paper:\n    plugin: paper\n    base_url: {self.far.url}\n    auth: {{token: "secret:far"}}\n'
        self.service.write("millrace.yaml", config + f'trust: ["{pin("stuck", manifest, library)}"]\n')
        self.service.flow("other", POSTS)
        self.service.flow("slow", "  - id: slow\n    action: stuck.hold\n", more="concurrency: parallel\n")
        self.service.flow("paper", "  - action: paper.send\n")
        self.service.start()

    def end_of(self, workflow, body=None):
        return self.service.ended(self.service.delivered(workflow, body or {})["runs"][0])

    def revoke(self, what):
        self.assertEqual(self.service.millrace("plugin", "revoke", what, "--reason", "it leaks").returncode, 0)
        wait_until(lambda: "is revoked" in self.service.log(), 20, "the service to hear of it")

    def test_a_process_apart_is_ended_with_its_calls_and_is_not_started_again(self):
        run = self.service.delivered("slow", {"n": 1})["runs"][0]
        wait_until(lambda: children(self.service.process.pid), 20, "the plugin's process")
        self.revoke("stuck")
        ended = self.service.ended(run)
        self.assertEqual(ended["outcome"], "failed")
        self.assertIn("it leaks", ended["note"])
        wait_until(lambda: not children(self.service.process.pid), 20, "the end of the process")
        self.assertIn("it leaks", self.end_of("slow", {"n": 2})["note"])
        self.assertEqual(children(self.service.process.pid), [])
        self.assertEqual(self.end_of("other")["outcome"], "completed")

    def test_a_library_that_is_trusted_by_its_pin_is_revoked_by_its_own_hash_too(self):
        library = self.service.folder / "plugins" / "stuck" / "stuck.so"
        self.revoke("sha256:" + hashlib.sha256(library.read_bytes()).hexdigest())
        self.assertIn("it leaks", self.end_of("slow")["note"])

    def test_a_plugin_without_a_library_sends_nothing_more_until_it_is_allowed_again(self):
        self.assertEqual(self.end_of("paper")["outcome"], "completed")
        sent = len(self.far.requests("/paper"))
        self.revoke("paper@1.0.0")
        refused = self.end_of("paper", {"n": 2})
        self.assertEqual((refused["outcome"], len(self.far.requests("/paper"))), ("failed", sent))
        self.assertIn("it leaks", refused["note"])
        self.assertTrue(wait_until(lambda: [each for each in self.service.get("status")["alarms"] if each["about"] == "plugin paper"], 20, "the alarm"))
        self.assertEqual(self.service.millrace("plugin", "allow", "paper").returncode, 0)
        wait_until(lambda: self.end_of("paper", {"n": 3})["outcome"] == "completed", 30, "the plugin to be used again")


if __name__ == "__main__":
    main()
