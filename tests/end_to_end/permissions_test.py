"""What a workflow may touch: shown, narrowed in its file and in millrace.yaml, held by check and at the gate, and told where it grows."""
import json
import unittest

from project import Sandbox, SandboxTest, main, samples
from served import Served
from service import Receiver, wait_until

PRUNE = """version: 1
name: Prune
locations: [loc_main, loc_north]
{permissions}actions:
  - action: pruning.delete
    with: {{unused_for: 90d}}
  - action: reports.csv
    with: {{rows: [], file: "reports/${{{{ today.date }}}}-${{{{ run.location }}}}.csv"}}
"""
FULL = "permissions: {location_tags: delete, contacts: read, social_tags: read, social_posts: read, files: reports/, send: none, hosts: []}\n"


class Shown(SandboxTest):
    def permissions(self, workflow, expect=0):
        return self.project.json("permissions", workflow, expect=expect)

    def test_what_a_job_reaches_is_told_in_a_sentence_and_line_by_line(self):
        self.project.write("workflows/prune.yaml", PRUNE.format(permissions=""))
        told = self.permissions("prune")
        self.assertEqual(told["summary"], "reads location tags, contacts, social tags and social posts · deletes location tags (50 at most, or 10 percent)"
                                          " · writes files in output/reports · works through highlevel at 2 locations")
        deletes = [touch for touch in told["touches"] if "delete" in touch["does"]]
        self.assertEqual([(touch["kind"], touch["action"], touch["by"], touch["connection"], touch["line"]) for touch in deletes],
                         [("location_tag", "highlevel.location_tags.delete", "pruning.delete", "highlevel", 5)])
        self.assertIn("locations/tags.write", told["connections"][0]["scopes"])
        self.assertEqual(told["secrets"], ["secret:highlevel_token"])
        self.assertEqual((told["narrowed_by"], told["widened"], told["locations"]), ([], [], ["loc_main", "loc_north"]))
        text = self.project.millrace("permissions", "prune")
        self.assertEqual(text.returncode, 0, text.stderr)
        for words in (told["summary"], "line 5", "by pruning.delete", "connection highlevel at loc_main, loc_north", "not narrowed"):
            self.assertIn(words, text.stdout)

    def test_a_report_reads_the_file_that_its_logo_names_and_no_other(self):
        def read(brand):
            self.project.write("workflows/report.yaml", "version: 1\nvars: {who: acme}\nactions:\n  - action: reports.html\n"
                               f"    with: {{rows: [], file: a.html{brand}}}\n")
            told = self.permissions("report")
            return [touch for touch in told["touches"] if "read" in touch["does"]], told["summary"]

        self.assertEqual(read("")[0], [])
        self.assertEqual(read(", brand: {name: Acme}")[0], [])
        self.assertEqual(read(", brand: {logo: iVBORw0KGgo}")[0], [])  # the picture itself
        touches, summary = read(", brand: {name: \"${{ vars.who }}\", logo: brands/acme.png}")
        self.assertEqual(len(touches), 1)
        self.assertIn("reads files in brands", summary)
        self.assertIn("reads files in brands", read(", brand: {logo: \"brands/${{ vars.who }}.png\"}")[1])
        for open_one in (", brand: {logo: \"${{ vars.who }}.png\"}", ", brand: \"${{ {'logo': 'x.png'} }}\""):
            self.assertIn("any file of the project", read(open_one)[1])

    def test_every_sample_has_an_account_of_itself(self):
        for sample in samples:
            self.assertTrue(self.permissions(sample)["summary"], sample)

    def test_whom_nobody_knows_is_a_finding_and_no_account(self):
        done = self.project.millrace("permissions", "nobody")
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")

    def test_what_a_called_workflow_reaches_counts(self):
        self.project.write("workflows/outer.yaml", "version: 1\nactions:\n  - call: inner\n")
        self.project.write("workflows/inner.yaml", "version: 1\nlocations: loc_main\nactions:\n  - action: highlevel.location_tags.delete\n    with: {tag_id: x}\n")
        told = self.permissions("outer")
        self.assertEqual(told["calls"], ["inner"])
        self.assertIn("deletes location tags", told["summary"])
        self.assertEqual([(touch["workflow"], touch["line"]) for touch in told["touches"]], [("inner", 4)])


class Held(SandboxTest):
    """Nothing that is forbidden is done, whoever asks for it."""

    def check(self, *paths):
        done = self.project.millrace("check", *paths)
        return done.returncode, done.stdout

    def writes(self):
        return [request for request in self.sandbox.requests() if request["method"] != "GET" and "/search" not in request["path"]]

    def bound(self, permissions):
        file = self.project.folder / "millrace.yaml"
        file.write_text(file.read_text() + f"permissions: {permissions}\n")

    def test_what_a_file_permits_itself_is_enough_for_it(self):
        self.project.write("workflows/prune.yaml", PRUNE.format(permissions=FULL))
        self.assertEqual(self.check("workflows/prune.yaml")[0], 0)
        self.assertEqual(self.project.json("permissions", "prune")["narrowed_by"], ["workflows/prune.yaml:4"])

    def test_check_says_which_step_needs_more_and_where_it_is_forbidden(self):
        self.project.write("workflows/prune.yaml", PRUNE.format(permissions=FULL.replace("location_tags: delete", "location_tags: read").replace("reports/", "lists/")))
        code, text = self.check("workflows/prune.yaml")
        self.assertEqual(code, 1)
        self.assertIn("workflows/prune.yaml:6:13: error: highlevel.location_tags.delete, which pruning.delete calls, is not permitted: "
                      "permissions in workflows/prune.yaml:4 allow only to read location tags; add delete to location_tags there, or leave this out [not-permitted]", text)
        self.assertIn("workflows/prune.yaml:8:13: error: reports.csv is not permitted: permissions in workflows/prune.yaml:4 allow files only in output/lists", text)
        self.assertIn("^^^^", text)
        done = self.project.millrace("run", "prune", "--live")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.sandbox.requests(), [])

    def test_what_is_not_seen_before_a_change_is_told_and_the_change_is_made(self):
        self.project.write("workflows/gone.yaml", "version: 1\nlocations: loc_main\npermissions: {location_tags: delete}\nvars: {tag: tag_vip}\n"
                           "actions:\n  - action: highlevel.location_tags.delete\n    with: {tag_id: \"${{ vars.tag }}\"}\n")
        code, text = self.check("workflows/gone.yaml")
        self.assertEqual(code, 0, text)
        self.assertIn("workflows/gone.yaml:6:13: hint: what highlevel.location_tags.delete changes is not wholly seen before, so undo cannot put all of it back: "
                      "highlevel.contacts.search is not permitted: permissions in workflows/gone.yaml:3 do not name contacts", text)
        told = self.project.json("permissions", "gone")
        self.assertNotIn("contacts.readonly", told["connections"][0]["scopes"])
        self.assertEqual({(touch["action"], touch["by"]) for touch in told["touches"] if touch["does"] == ["read"]},
                         {("highlevel.location_tags.get", "highlevel.location_tags.delete")})
        self.project.write("workflows/gone.yaml", (self.project.folder / "workflows/gone.yaml").read_text().replace("permissions: {location_tags: delete}\n", ""))
        told = self.project.json("permissions", "gone")
        self.assertIn("contacts.readonly", told["connections"][0]["scopes"])
        self.assertEqual({(touch["action"], touch["by"]) for touch in told["touches"] if touch["does"] == ["read"]},
                         {("highlevel.location_tags.get", "highlevel.location_tags.delete"), ("highlevel.contacts.search", "highlevel.location_tags.delete")})

    def test_a_kind_that_nothing_has_is_answered_with_the_one_that_was_meant(self):
        self.project.write("workflows/prune.yaml", PRUNE.format(permissions="permissions: {location_tgas: delete}\n"))
        code, text = self.check("workflows/prune.yaml")
        self.assertEqual(code, 1)
        self.assertIn('"location_tgas", did you mean "location_tags"? [unknown-kind]', text)
        self.bound("{contcats: read}")
        self.assertIn('"contcats", did you mean "contacts"? [unknown-kind]', self.check()[1])

    def test_a_host_that_only_the_run_knows_is_refused_in_the_plan_and_in_the_run(self):
        self.project.write("workflows/ask.yaml", "version: 1\npermissions:\n  hosts: [api.example.com]\nactions:\n"
                           "  - {action: http.request, with: {url: \"${{ event.url }}\", method: POST}}\n")
        self.assertEqual(self.check("workflows/ask.yaml")[0], 0)
        event = json.dumps({"url": f"{self.sandbox.url}/contacts/"})
        for live in ([], ["--live"]):
            report = self.project.json("run", "ask", "--event", "-", *live, stdin=event, expect=1)
            self.assertEqual(report["runs"][0]["outcome"], "failed")
            self.assertEqual((report["writes"], report["changes"]), (0, []))
            self.assertEqual(report["runs"][0]["error"]["code"], "denied")
            self.assertTrue(report["runs"][0]["error"]["message"].endswith(
                f"http.request is not permitted: permissions in workflows/ask.yaml:3 do not name the host 127.0.0.1:{self.sandbox.port}"), report["runs"][0]["error"])
        self.assertEqual(self.sandbox.requests(), [])
        port = self.sandbox.port
        self.project.write("workflows/ask.yaml", f"version: 1\npermissions:\n  hosts: [\"127.0.0.1:{port}\"]\nactions:\n"
                           "  - {action: http.request, with: {url: \"${{ event.url }}\", method: POST}}\n")
        report = self.project.json("run", "ask", "--event", "-", stdin=event)
        self.assertEqual(len(report["changes"]), 1)

    def test_files_of_the_project_are_read_only_where_permissions_say(self):
        self.project.write("data/a.txt", "a")
        self.project.write("other/b.txt", "b")
        self.project.write("workflows/look.yaml", "version: 1\npermissions: {files: data/}\nactions:\n  - {action: files.read, with: {file: \"${{ event.file }}\"}}\n")
        self.assertEqual(self.check("workflows/look.yaml")[0], 0)
        for file, code in (("data/a.txt", 0), ("other/b.txt", 1)):
            for live in ([], ["--live"]):
                done = self.project.millrace("run", "look", *live, "--event", "-", stdin=json.dumps({"file": file}))
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                self.assertEqual("is not permitted" in done.stdout + done.stderr, code == 1)

    def test_an_address_that_is_a_secret_is_judged_by_its_host_and_not_shown(self):
        self.project.write("workflows/tell.yaml", "version: 1\npermissions: {hosts: [hooks.example.com]}\nactions:\n"
                           "  - {action: notify.webhook, with: {url: \"secret:ops\", text: hello}}\n")
        secrets = {"highlevel_token": "sandbox-token", "ops": "http://very-own-host.example/hook"}
        self.project.write("state/secrets.json", json.dumps(secrets)).chmod(0o600)
        self.assertEqual(self.check("workflows/tell.yaml")[0], 0)
        for live in ([], ["--live"]):
            done = self.project.millrace("run", "tell", *live)
            self.assertEqual(done.returncode, 1)
            self.assertIn("permissions in workflows/tell.yaml:2 do not name the host secret:ops", done.stdout + done.stderr)
            self.assertNotIn("very-own-host", done.stdout + done.stderr)
        self.assertEqual(self.project.json("permissions", "tell")["summary"], "sends to hooks.example.com")

    def test_a_step_that_goes_on_is_refused_all_the_same(self):
        self.project.write("workflows/ask.yaml", "version: 1\npermissions: {files: reports/}\nactions:\n"
                           "  - {action: files.write, with: {file: \"${{ event.file }}\", text: x}, on_error: continue}\n"
                           "  - {action: files.write, with: {file: reports/good.txt, text: x}}\n")
        report = self.project.json("run", "ask", "--live", "--event", "-", stdin='{"file": "other/bad.txt"}')
        self.assertEqual([change["target"] for change in report["changes"]], ["file:reports/good.txt"])
        self.assertFalse((self.project.folder / "output" / "other").exists())

    def test_millrace_yaml_bounds_every_workflow(self):
        self.project.write("workflows/prune.yaml", PRUNE.format(permissions=FULL))
        self.bound("{location_tags: update, others: any}")
        line = (self.project.folder / "millrace.yaml").read_text().count("\n")
        code, text = self.check("workflows/prune.yaml")
        self.assertEqual(code, 1)
        self.assertIn(f"permissions in millrace.yaml:{line} allow only to read, create and update location tags", text)
        self.assertEqual(self.project.millrace("run", "prune", "--live").returncode, 1)
        self.assertEqual(self.writes(), [])
        self.assertIn(f"millrace.yaml:{line}", self.project.millrace("permissions", "hello").stdout)

    def test_a_bound_on_hosts_holds_for_a_workflow_that_says_nothing(self):
        self.project.write("workflows/ask.yaml", "version: 1\nactions:\n  - {action: http.request, with: {url: \"${{ event.url }}\"}}\n")
        self.bound("{hosts: [api.example.com]}")
        report = self.project.json("run", "ask", "--event", "-", stdin=json.dumps({"url": self.sandbox.url}), expect=1)
        self.assertIn("do not name the host 127.0.0.1", report["runs"][0]["error"]["message"])
        self.assertEqual(self.sandbox.requests(), [])

    def test_who_is_bound_calls_nobody_who_may_more(self):
        self.project.write("workflows/outer.yaml", "version: 1\npermissions: {location_tags: read}\nactions:\n  - call: inner\n")
        inner = "version: 1\nactions:\n  - action: highlevel.location_tags.{what}\n    with: {{location_id: loc_main{more}}}\n"
        self.project.write("workflows/inner.yaml", inner.format(what="list", more=""))
        self.assertEqual(self.check("workflows/outer.yaml")[0], 0)
        self.assertEqual(self.project.millrace("run", "outer", "--live").returncode, 0)
        self.project.write("workflows/inner.yaml", inner.format(what="create", more=", name: vip"))
        code, text = self.check("workflows/outer.yaml")
        self.assertEqual(code, 1)
        self.assertIn("outer.yaml:4:11: error: calling inner is not permitted, because of highlevel.location_tags.create in line 3 of inner: permissions in", text)

    def test_a_workflow_without_permissions_does_what_it_did(self):
        self.project.write("workflows/create.yaml", "version: 1\nlocations: loc_main\nactions:\n  - action: highlevel.location_tags.create\n    with: {name: brand new}\n")
        self.assertEqual(self.project.millrace("run", "create", "--live").returncode, 0)
        self.assertIn("brand new", [tag["name"] for tag in self.sandbox.tags()])


class Widened(SandboxTest):
    def test_check_and_permissions_tell_what_is_new_since_the_last_run(self):
        flow = "version: 1\nlocations: loc_main\nactions:\n  - action: highlevel.location_tags.list\n"
        self.project.write("workflows/grow.yaml", flow)
        self.assertEqual(self.project.json("permissions", "grow")["widened"], [])
        self.assertEqual(self.project.millrace("run", "grow", "--live").returncode, 0)
        self.assertNotIn("[widened]", self.project.millrace("check", "workflows/grow.yaml").stdout)
        self.project.write("workflows/grow.yaml", flow + "  - action: highlevel.location_tags.create\n    with: {name: brand new}\n")
        told = self.project.json("permissions", "grow")
        self.assertEqual(told["widened"], ["may create location tags (line 5)"])
        self.assertRegex(told["since"], "^[0-9a-f]{64}$")
        check = self.project.millrace("check", "workflows/grow.yaml")
        self.assertEqual(check.returncode, 0, check.stdout)
        self.assertIn("workflows/grow.yaml:5:13: hint: new since the version that ran last", check.stdout)
        self.assertIn("grow may create location tags (line 5) [widened]", check.stdout)
        self.assertEqual(self.project.millrace("run", "grow", "--live").returncode, 0)
        self.assertNotIn("[widened]", self.project.millrace("check", "workflows/grow.yaml").stdout)

    def test_a_raised_limit_and_a_new_secret_are_new_too(self):
        flow = "version: 1\nlocations: loc_main\nsafety: {{max_changes: {most}}}\n{more}actions:\n  - action: highlevel.location_tags.create\n    with: {{name: brand new}}\n"
        self.project.write("workflows/grow.yaml", flow.format(most=50, more=""))
        self.assertEqual(self.project.millrace("run", "grow", "--live").returncode, 0)
        self.project.write("workflows/grow.yaml", flow.format(most=40, more=""))
        self.assertEqual(self.project.json("permissions", "grow")["widened"], [])
        hook = 'triggers:\n  - webhook: grow\n    verify: {bearer: "secret:hook"}\n    dedupe: none\n'
        self.project.write("workflows/grow.yaml", flow.format(most=500, more=hook))
        told = self.project.json("permissions", "grow")["widened"]
        self.assertEqual(told, ["may use the secret hook", "may change 500 things at most in a run, before 50 things at most"])
        self.assertIn("grow may change 500 things at most in a run, before 50 things at most [widened]", self.project.millrace("check", "workflows/grow.yaml").stdout)
        self.project.write("workflows/grow.yaml", flow.format(most=50, more="").replace("safety: {max_changes: 50}\n", ""))
        self.assertEqual(self.project.json("permissions", "grow")["widened"], ["may change without a limit in a run, before 50 things at most"])


class InTheService(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox("--limit", "off")
        self.addCleanup(self.sandbox.close)
        self.far = Receiver()
        self.addCleanup(self.far.close)
        self.service = Served(self.far.url, self.sandbox.url)
        self.addCleanup(self.service.close)

    def told(self, workflow):
        return {each["id"]: each for each in self.service.get("workflows")["workflows"]}[workflow]

    def test_what_is_forbidden_fails_and_nothing_arrives(self):
        post = "  - {action: http.request, with: {method: POST, url: \"${{ event.url }}\", body: {n: 1}}}\n"
        self.service.flow("ask", post, more="permissions: {hosts: [api.example.com]}\n")
        self.service.start()
        run = self.service.ended(self.service.delivered("ask", {"url": f"{self.far.url}/first"})["runs"][0])
        self.assertEqual(run["outcome"], "failed")
        self.assertIn("do not name the host 127.0.0.1", json.dumps(run))
        self.assertEqual(self.far.seen, [])

    def test_a_new_version_that_may_more_is_a_line_in_the_log_and_in_the_list(self):
        reads = "  - action: highlevel.location_tags.list\n    connection: highlevel\n"
        self.service.flow("grow", reads, more="locations: loc_main\n")
        self.service.start()
        self.service.ended(self.service.delivered("grow", {})["runs"][0])
        self.assertEqual(self.told("grow")["widened"], [])
        self.service.flow("grow", reads + "  - action: highlevel.location_tags.delete\n    connection: highlevel\n    with: {tag_id: nothing}\n", more="locations: loc_main\n")
        changes = json.loads(self.service.api("POST", "reload").body)["changes"]
        said = "grow may delete location tags (line 11), which the version that ran last"
        self.assertTrue(any(change.startswith(said) for change in changes), changes)
        self.assertTrue(self.told("grow")["widened"][0].startswith(said))
        self.assertIn(said, self.service.log())
        shown = self.service.get("workflows/grow/permissions")
        self.assertEqual(shown["widened"], ["may delete location tags (line 11)"])
        self.service.stop()
        self.service.start()
        wait_until(lambda: self.told("grow")["widened"], what="what is new, told after a restart")

    def test_a_bound_that_comes_while_it_runs_holds_from_then_on(self):
        self.service.flow("post", "  - {action: http.request, connection: web, with: {method: POST, url: /first, body: {n: 1}}}\n")
        self.service.start()
        self.assertEqual(self.service.ended(self.service.delivered("post", {})["runs"][0])["outcome"], "completed")
        file = self.service.folder / "millrace.yaml"
        file.write_text(file.read_text() + "permissions: {connections: [highlevel]}\n")
        wait_until(lambda: self.told("post")["problem"], what="the workflow that is forbidden now")
        self.assertIn("do not name the connection", self.told("post")["problem"])
        before = len(self.far.seen)
        run = self.service.ended(self.service.delivered("post", {})["runs"][0])
        self.assertEqual(run["outcome"], "failed")
        self.assertEqual(len(self.far.seen), before)

    def test_who_is_bound_calls_nobody_who_may_more_although_nobody_looked(self):
        self.service.flow("inner", "  - action: highlevel.location_tags.list\n    connection: highlevel\n", more="locations: loc_main\n")
        self.service.flow("outer", "  - call: inner\n", more="permissions: {location_tags: read}\n")
        self.service.start()
        self.assertEqual(self.service.ended(self.service.delivered("outer", {})["runs"][0])["outcome"], "completed")
        self.service.flow("inner", "  - {action: http.request, connection: web, with: {method: POST, url: /first, body: {n: 1}}}\n")
        self.service.api("POST", "reload")
        run = self.service.ended(self.service.delivered("outer", {})["runs"][0])
        self.assertEqual(run["outcome"], "failed")
        self.assertIn("calling inner is not permitted", json.dumps(run))
        self.assertEqual(self.far.seen, [])

    def test_a_dry_run_is_refused_like_a_live_one(self):
        self.service.flow("ask", "  - {action: http.request, with: {method: POST, url: \"${{ event.url }}\", body: {n: 1}}}\n",
                          more="permissions: {hosts: [api.example.com]}\n", mode="dry_run")
        self.service.start()
        run = self.service.ended(self.service.delivered("ask", {"url": f"{self.far.url}/first"})["runs"][0])
        self.assertEqual(run["outcome"], "failed")
        self.assertIn("is not permitted", json.dumps(run))


if __name__ == "__main__":
    main()
