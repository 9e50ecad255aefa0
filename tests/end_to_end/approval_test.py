"""The link at which a person answers what a run asks: a page without script, and a form."""
import concurrent.futures
import urllib.parse

from approval_link import FORM, GO, LinkTest, Page
from project import main
from service import ask


class Opening(LinkTest):
    def test_the_link_that_runs_show_prints_opens_a_page_with_the_question_and_a_form(self):
        self.service.flow("limited", "  - approve: {message: \"Delete it?\\nAll of it?\", expires: 2h}\n", more="description: x\n")
        self.service.start()
        run, link = self.asked()
        self.assertTrue(link.startswith(self.service.url + "/approve/" + run + "?key="), link)
        page = self.open(link)
        self.assertEqual(page.status, 200)
        for words in ("ask", "Delete 3 tags?", run):
            self.assertIn(words, page.words)
        self.assertNotIn("Until", page.words)
        self.assertEqual(set(page.fields), {"step", "asked", "who", "comment"})
        self.assertEqual(page.choices, [None, "approve", "reject"], "the Enter key has to press the one that does nothing")
        _, link = self.asked(flow="limited")
        page = self.open(link)
        self.assertIn("Delete it?\nAll of it?", page.words)
        self.assertRegex(page.words, r"Until\s*20\d\d-\d\d-\d\d \d\d:\d\d \(Europe/London\)")

    def test_the_page_runs_nothing_loads_nothing_is_not_framed_and_not_kept(self):
        self.service.start()
        _, link = self.asked()
        answer = self.send(link)
        self.assertEqual(answer.headers["content-type"], "text/html; charset=utf-8")
        self.assertEqual(answer.headers["content-security-policy"], "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
        for name, value in {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-frame-options": "DENY", "x-content-type-options": "nosniff"}.items():
            self.assertEqual(answer.headers[name], value)
        for tag in ("script", "link", "img", "iframe"):
            self.assertNotIn(tag, Page(answer).elements)
        self.assertIn('name="viewport"', answer.body.decode())

    def test_head_is_like_get_without_the_page(self):
        self.service.start()
        _, link = self.asked()
        got, head = self.send(link), self.send(link, "HEAD")
        self.assertEqual((head.status, head.body, head.headers["content-length"]), (200, b"", str(len(got.body))))
        self.assertEqual(self.send(link + "0", "HEAD").status, 404)

    def test_what_a_workflow_and_an_event_say_is_shown_as_text(self):
        name = "<b>Tags</b> & \\\"more\\\""
        self.service.write("workflows/odd.yaml", f"version: 1\nname: \"{name}\"\nmode: live\ntriggers:\n  - webhook: odd\n    verify: public\n"
                           "actions:\n  - approve: \"<script>alert(1)</script> ${{ event.text }}\"\n")
        self.service.start()
        _, link = self.asked({"text": "</p><img src=x onerror='alert(2)'>"}, "odd")
        page = self.open(link)
        for tag in ("script", "img", "b"):
            self.assertNotIn(tag, page.elements)
        self.assertIn("<script>alert(1)</script> </p><img src=x onerror='alert(2)'>", page.words)
        self.assertIn("<b>Tags</b> & \"more\"", page.words)
        told = self.answer(link, page, who="<script>alert(3)</script>")
        self.assertEqual(told.status, 200)
        self.assertNotIn("script", told.elements)
        self.assertIn("<script>alert(3)</script>", told.words)

    def test_the_link_is_there_while_the_run_waits_for_an_approval_and_no_longer(self):
        self.service.flow("wait", "  - wait: 1h\n")
        self.service.start()
        run, link = self.asked()
        self.assertEqual(self.service.run(run)["approve_url"], link)
        waiting = self.service.delivered("wait", {})["runs"][0]
        self.service.reached(waiting, "waiting")
        self.assertIsNone(self.link(waiting))
        self.assertIsNone(self.service.run(waiting)["approve_url"])
        self.answer(link, self.open(link))
        self.service.ended(run)
        self.assertIsNone(self.link(run))
        self.assertIsNone(self.service.run(run)["approve_url"])
        late = self.open(link)
        self.assertEqual((late.status, late.choices), (200, []))
        self.assertIn("does not wait for an approval", late.words)

    def test_without_a_service_the_link_leads_to_where_the_next_one_listens(self):
        self.service.start()
        run, link = self.asked()
        self.service.stop()
        shown = self.link(run)
        self.assertEqual(shown, link.replace(self.service.url, "http://127.0.0.1:8710"))
        self.assertEqual(self.service.json("runs", "show", run)["approve_url"], shown)
        self.service.start()
        self.assertEqual(self.open(shown).status, 200)

    def test_a_public_address_is_what_links_begin_with_and_its_pages_are_ours(self):
        project = (self.service.folder / "millrace.yaml").read_text()
        self.service.write("millrace.yaml", project + "server:\n  public_url: https://Mill.example/flows/\n")
        self.service.start()
        run = self.service.delivered("ask", {"n": 3})["runs"][0]
        self.service.reached(run, "waiting")
        link = self.service.run(run)["approve_url"]
        self.assertTrue(link.startswith(f"https://Mill.example/flows/approve/{run}?key="), link)
        self.assertEqual(self.service.json("runs", "show", run)["approve_url"], link)
        passed = link.replace("https://Mill.example/flows", "http://127.0.0.1")
        self.assertEqual(self.send(passed, headers={"Host": "mill.example"}).status, 200)
        self.assertEqual(self.answer(passed, self.open(passed), headers={"Origin": "https://mill.example"}).status, 200)


class Answering(LinkTest):
    def test_approve_lets_the_run_go_on_and_records_the_name_and_the_comment(self):
        self.service.start()
        run, link = self.asked()
        told = self.answer(link, self.open(link), who="  Zoë & Co  ", comment="looks right\r\n100 %")
        self.assertEqual(told.status, 200)
        for words in ("Approved", "Delete 3 tags?", "Zoë & Co"):
            self.assertIn(words, told.words)
        ended = self.service.ended(run)
        self.assertEqual(ended["outcome"], "completed", ended)
        self.assertEqual(ended["steps"][-1]["output"], {"by": "link", "comment": "Zoë & Co: looks right\n100 %"})
        self.assertEqual(len(self.far.requests("/go")), 1)
        line = next(line for line in self.service.get("audit?about=" + run)["audit"] if line["what"] == "approve")
        self.assertEqual((line["who"], line["detail"]), ("link", "Zoë & Co: looks right\n100 %"))

    def test_reject_fails_the_run_with_who_and_why(self):
        self.service.start()
        run, link = self.asked()
        told = self.answer(link, self.open(link), "reject", who="Ann", comment="too many")
        self.assertEqual(told.status, 200)
        self.assertIn("Rejected", told.words)
        ended = self.service.ended(run)
        self.assertEqual(ended["outcome"], "failed")
        self.assertIn("link did not agree: Ann: too many", ended["note"])
        self.assertEqual(self.far.seen, [])

    def test_a_name_that_is_typed_is_nobody_in_the_audit(self):
        self.service.start()
        for name in ("root", "millrace", "api:reporting", "workflow:wd", "anna  approve  x"):
            run, link = self.asked()
            self.assertEqual(self.answer(link, self.open(link), who=name).status, 200)
            self.assertEqual(self.service.ended(run)["steps"][-1]["output"], {"by": "link", "comment": name})
            self.assertEqual([(line["who"], line["what"], line["detail"]) for line in self.service.get("audit?about=" + run)["audit"]],
                             [("link", "approve", name)])

    def test_who_gives_no_name_is_called_link(self):
        self.service.start()
        run, link = self.asked()
        self.assertEqual(self.answer(link, self.open(link), who="  ").status, 200)
        self.assertEqual(self.service.ended(run)["steps"][-1]["output"], {"by": "link", "comment": ""})

    def test_a_second_answer_is_told_so_and_changes_nothing(self):
        self.service.start()
        run, link = self.asked()
        page = self.open(link)
        self.assertEqual(self.answer(link, page, who="Ann").status, 200)
        before = self.service.ended(run)
        second = self.answer(link, page, "reject", who="Bob")
        self.assertEqual(second.status, 409)
        self.assertIn("does not wait for an approval", second.words)
        self.assertEqual(self.service.run(run), before)
        self.assertEqual([line["who"] for line in self.service.get("audit?about=" + run)["audit"]], ["link"])

    def test_what_was_read_is_what_is_answered_and_never_the_next_question(self):
        self.service.flow("two", "  - approve: Delete one?\n  - approve: Delete all?\n" + GO)
        self.service.start()
        run, link = self.asked(flow="two")
        page = self.open(link)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            codes = list(pool.map(lambda _: self.answer(link, page).status, range(16)))
        self.assertEqual((codes.count(200), codes.count(409)), (1, 15), codes)
        self.service.reached(run, "waiting")
        self.assertIn("Delete all?", self.open(link).words)
        late = self.answer(link, page)
        self.assertEqual(late.status, 409)
        self.assertIn("something else by now", late.words)
        by_name = self.service.api("POST", f"runs/{run}/approve", {"yes": True, "step": "0/0"})
        self.assertEqual(by_name.status, 409, by_name.body)
        self.assertEqual(self.far.seen, [])
        self.assertEqual(self.answer(link, self.open(link)).status, 200)
        self.assertEqual(self.service.ended(run)["outcome"], "completed")

    def test_a_page_from_before_the_step_was_asked_anew_answers_nothing(self):
        self.service.start()
        run, link = self.asked()
        page = self.open(link)
        self.assertEqual(self.answer(link, page, "reject").status, 200)
        self.assertEqual(self.service.ended(run)["outcome"], "failed")
        self.assertEqual(self.service.millrace("runs", "retry", run).returncode, 0)
        self.service.reached(run, "waiting")
        self.assertEqual(self.link(run), link)
        self.assertEqual(self.answer(link, page).status, 409)
        self.assertEqual(self.service.run(run)["outcome"], "waiting")
        self.assertEqual(self.answer(link, self.open(link)).status, 200)
        self.assertEqual(self.service.ended(run)["outcome"], "completed")


class Refusing(LinkTest):
    def test_a_wrong_key_and_an_unknown_run_get_the_same_words_and_nothing_happens(self):
        self.service.start()
        run, link = self.asked()
        page = self.open(link)
        other, its_link = self.asked_beside()
        key, its_key = link.split("key=")[1], its_link.split("key=")[1]
        self.assertGreaterEqual(len(key), 32)
        self.assertNotEqual(key, its_key)
        base = link.split("?")[0]
        wrong = [base, base + "?key=", f"{base}?key={key[:-1]}", f"{base}?key={key}0", f"{base}?key={its_key}", f"{base}?key={self.service.token()}",
                 f"{base}/?key={key}", link.replace(run, "r0000000000000"), link.replace(run, "nothing"), link.replace(run, "")]
        bodies = set()
        for address in wrong:
            for answer in (self.send(address), self.send(address, "POST", urllib.parse.urlencode({**page.fields, "answer": "approve"}).encode(), FORM)):
                self.assertEqual(answer.status, 404, address)
                bodies.add(answer.body)
        self.assertEqual(len(bodies), 1, bodies)
        self.still_waits(run)
        self.still_waits(other)

    def asked_beside(self):
        self.service.flow("other", "  - approve: And this?\n")
        self.assertEqual(self.service.api("POST", "reload", {}).status, 200)
        return self.asked(flow="other")

    def test_the_key_opens_nothing_else(self):
        self.service.start()
        run, link = self.asked()
        key = link.split("key=")[1]
        for path in (f"/api/v1/runs/{run}?key={key}", f"/api/v1/runs?key={key}"):
            self.assertEqual(ask(self.service.url, "GET", path, headers={"Authorization": "Bearer " + key}).status, 401)

    def test_a_form_that_another_sites_page_sends_is_refused(self):
        self.service.start()
        run, link = self.asked()
        page = self.open(link)
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1:80"}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
                        {"Sec-Fetch-Site": "same-site"}):
            self.assertEqual(self.answer(link, page, headers=headers).status, 403, headers)
        self.assertEqual(self.send(link, headers={"Host": "evil.example"}).status, 403)
        self.assertEqual(self.answer(link, page, headers={"Host": "evil.example", "Origin": "http://evil.example"}).status, 403)
        self.still_waits(run)

    def test_a_form_of_our_own_page_is_taken_as_browsers_send_it(self):
        self.service.start()
        # A page without a referrer has the origin "null" for some browsers.
        for headers in ({"Origin": self.service.url}, {"Origin": self.service.url, "Sec-Fetch-Site": "same-origin"},
                        {"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Origin": "null"}):
            run, link = self.asked()
            self.assertEqual(self.answer(link, self.open(link), headers=headers).status, 200, headers)
            self.service.ended(run)

    def test_what_is_no_form_of_ours_is_refused(self):
        self.service.start()
        run, link = self.asked()
        fields = self.open(link).fields
        whole = urllib.parse.urlencode({**fields, "answer": "approve"}).encode()
        self.assertEqual(self.send(link, "POST", whole + b"&comment=" + b"x" * (64 << 10), FORM).status, 413)
        self.assertEqual(self.send(link, "POST", {**fields, "answer": "approve"}).status, 415)
        self.assertEqual(self.send(link, "POST", whole, {"Content-Type": "text/plain"}).status, 415)
        for body in (b"", b"answer=approve", urllib.parse.urlencode(fields).encode(), whole.replace(b"=approve", b"=maybe"), whole + b"&comment=%FF"):
            self.assertEqual(self.send(link, "POST", body, FORM).status, 400, body)
        for method in ("PUT", "DELETE", "OPTIONS"):
            refused = self.send(link, method)
            self.assertEqual((refused.status, refused.headers["allow"]), (405, "GET, HEAD, POST"))
        self.still_waits(run)


if __name__ == "__main__":
    main()
