"""Mails: what arrives, what a server's refusals mean, and what nobody can smuggle into one."""
import base64
import email.utils
import json
import ssl
import subprocess
import time
import unittest

from mail_server import EXIM, Exim, MailServer
from project import Project, main

PASSWORD = "pa<ss&w\"ord/é"


class Mailing(unittest.TestCase):
    def project(self, url, more="", auth=""):
        project = Project()
        self.addCleanup(project.close)
        project.write("millrace.yaml", "version: 1\nconnections:\n"
                      f"  mail: {{plugin: notify, base_url: '{url}', from: 'Müller & Söhne <reports@example.com>'{auth}}}\n")
        project.write("state/secrets.json", json.dumps({"mail": PASSWORD})).chmod(0o600)
        return project

    def server(self, script=None, **more):
        server = MailServer(script, **more)
        self.addCleanup(server.close)
        return server

    def send(self, url, with_, arguments=("--live",), expect=0, step="", auth="", files=(), before=""):
        """The run of a workflow with one mail, and all that was said."""
        project = self.project(url, auth=auth)
        for name, content in files:
            project.write("output/" + name, content)
        project.write("workflows/mail.yaml", f"version: 1\nname: Mail\nmode: live\nactions:\n{before}  - id: sent\n    action: notify.email\n{step}"
                      f"    with: {json.dumps(with_, ensure_ascii=False)}\n")
        done = project.millrace("run", "mail", *arguments, "--json")
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return json.loads(done.stdout)["runs"][0], done.stdout + done.stderr


class WhatArrives(Mailing):
    def test_a_mail_arrives_with_its_text_its_page_and_its_files(self):
        server = self.server()
        with_ = {"to": ["Ada Lovelace <ada@example.com>", "ops@example.com"], "cc": "Ünal <u@example.com>", "bcc": "hidden@example.com",
                 "reply_to": "help@example.com", "subject": "Bericht für März, " + "größer als eine Zeile " * 6, "text": "Grüße\n.\nFrom here =\n" + "x" * 2000,
                 "html": "<p>Grüße</p>", "attachments": ["output/reports/Bericht März.csv", 'a"b.bin']}
        run, _ = self.send(server.url, with_, files=[("reports/Bericht März.csv", "a,ü\n"), ('a"b.bin', bytes(range(256)))], arguments=("--live", "--as-of", "2026-11-01T09:30:00Z"))
        self.assertEqual(run["outcome"], "completed")
        sender, recipients, raw = server.mails[0]
        self.assertEqual((sender, recipients), ("reports@example.com", ["ada@example.com", "ops@example.com", "u@example.com", "hidden@example.com"]))
        self.assertLess(max(raw), 128)
        self.assertLessEqual(max(map(len, raw.split(b"\r\n"))), 998)
        self.assertNotIn(b"hidden@", raw)
        mail = server.parsed()
        self.assertEqual(mail["From"].addresses[0].display_name, "Müller & Söhne")
        self.assertEqual([str(each) for each in mail["To"].addresses], ["Ada Lovelace <ada@example.com>", "ops@example.com"])
        self.assertEqual((mail["Cc"].addresses[0].display_name, mail["Reply-To"], mail["Subject"]), ("Ünal", "help@example.com", with_["subject"]))
        self.assertEqual(mail["Date"].datetime.isoformat(), "2026-11-01T09:30:00+00:00")
        self.assertEqual(mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip(), with_["text"])
        self.assertEqual(mail.get_body(("html",)).get_content().strip(), with_["html"])
        files = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
        self.assertEqual(files, {"Bericht März.csv": "a,ü\n".encode(), 'a"b.bin': bytes(range(256))})

    def test_a_plan_tells_the_mail_and_sends_nothing(self):
        server = self.server()
        before = "  - id: report\n    action: files.write\n    with: {file: r.txt, text: hello}\n"
        run, _ = self.send(server.url, {"to": ["ada@example.com", "ops@example.com"], "subject": "Weekly", "text": "See ${{ report.file }}", "attachments": "${{ [report.file] }}"},
                           arguments=(), before=before)
        self.assertEqual(server.commands, [])
        change = run["changes"][1]
        self.assertEqual((change["effect"], change["summary"]), ("send", 'send mail "Weekly" to ada@example.com, ops@example.com'))
        self.assertEqual((change["request"]["method"], change["request"]["url"]), ("MAIL", server.url))
        self.assertEqual(change["request"]["body"]["attachments"], ["output/r.txt"])
        self.assertIn("reports@example.com", change["request"]["body"]["from"])

    def test_a_mail_counts_for_the_limits(self):
        server = self.server()
        project = self.project(server.url)
        project.write("workflows/mail.yaml", "version: 1\nname: Mail\nsafety: {max_changes: 1}\nactions:\n" + 2 * "  - action: notify.email\n    with: {to: a@example.com, subject: s}\n")
        self.assertEqual(project.millrace("run", "mail", "--live").returncode, 5)
        self.assertEqual(len(server.mails), 1)

    @unittest.skipIf(EXIM is None, "Debian's exim4-daemon-light is not installed")
    def test_debians_mail_server_receives_the_report_with_its_attachment(self):
        exim = Exim()
        self.addCleanup(exim.close)
        before = ("  - id: report\n    action: reports.html\n    with: {title: Weekly, rows: \"${{ [{'tag': 'vip', 'contacts': 12}] }}\", file: weekly.html}\n")
        run, _ = self.send(f"smtp://127.0.0.1:{exim.port}", {"to": ["ada@example.com", "nobody@example.com"], "subject": "Weekly für Ada",
                                                             "text": "Attached.", "attachments": "${{ [report.file] }}"}, before=before)
        self.assertEqual(run["outcome"], "completed")
        header, mail = exim.mails()[0]
        self.assertIn("\n1\nada@example.com\n", header)
        self.assertEqual(mail["Subject"], "Weekly für Ada")
        attached = next(mail.iter_attachments())
        self.assertEqual(attached.get_filename(), "weekly.html")
        self.assertIn("vip", attached.get_content())
        self.assertEqual([(each["address"], each["status"]) for each in run["output"]["refused"]], [("nobody@example.com", 550)])


class WhatServersSay(Mailing):
    MAIL = {"to": ["a@example.com", "b@example.com", "c@example.com"], "subject": "Weekly", "text": "hi"}
    RETRY = "    retry: {attempts: 3, delay: 1s, backoff: fixed}\n"

    def test_greylisting_is_tried_again_as_the_step_says(self):
        for command in ("GREET", "MAIL", "RCPT", "DATA", "END"):
            usual = {"GREET": "220 hello", "DATA": "354 go on"}.get(command, "250 fine")
            server = self.server({command: ["451 4.7.1 come back later"] * (3 if command == "RCPT" else 1) + [usual]})
            run, _ = self.send(server.url, self.MAIL, step=self.RETRY)
            self.assertEqual((run["outcome"], run["output"]["accepted"]), ("completed", self.MAIL["to"]), command)
            self.assertEqual(len(run["changes"]), 1)
        server = self.server({"RCPT": "451 4.7.1 come back later"})
        run, _ = self.send(server.url, self.MAIL, expect=1)
        self.assertIn("does not take the mail now", run["error"]["message"])
        self.assertEqual((run["outcome"], len(server.mails), run["changes"]), ("failed", 0, []))

    def test_a_refusal_for_good_fails_in_words_and_is_not_tried_again(self):
        for command, answer in (("RCPT", "550 5.1.1 no such person"), ("MAIL", "553 not you"), ("END", "554 5.6.0 spam"), ("DATA", "554 no")):
            server = self.server({command: answer})
            run, _ = self.send(server.url, self.MAIL, step=self.RETRY, expect=1)
            self.assertIn(answer, run["error"]["message"])
            self.assertEqual((run["outcome"], run["changes"], sum("MAIL" in each for each in server.commands)), ("failed", [], 1))

    def test_of_three_recipients_one_is_refused_and_the_others_get_it(self):
        server = self.server({"RCPT b@example.com": "550 5.1.1 no such person"})
        run, _ = self.send(server.url, self.MAIL)
        self.assertEqual(run["outcome"], "completed")
        self.assertEqual(server.mails[0][1], ["a@example.com", "c@example.com"])
        self.assertEqual(run["output"]["accepted"], ["a@example.com", "c@example.com"])
        self.assertEqual(run["output"]["refused"], [{"address": "b@example.com", "status": 550, "answer": "5.1.1 no such person"}])

    def test_who_is_refused_alone_is_named_in_the_report_and_in_what_is_shown_of_the_run(self):
        for answer in ("550 5.1.1 no such person", "450 4.2.0 come back later"):
            server = self.server({"RCPT b@example.com": answer})
            project = self.project(server.url)
            project.write("workflows/mail.yaml", f"version: 1\nname: Mail\nmode: live\nactions:\n  - id: sent\n    action: notify.email\n{self.RETRY}"
                          f"    with: {json.dumps(self.MAIL)}\n")
            said = f"the mail was not sent to b@example.com ({answer})"
            done = project.millrace("run", "mail", "--live")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("sent: " + said, done.stdout)
            self.assertEqual(len(server.mails), 1)
            run = project.json("run", "mail", "--live")["runs"][0]
            self.assertEqual(run["notes"], ["sent: " + said])
            self.assertIn(f"not sent to b@example.com ({answer})", project.millrace("runs", "show", run["run"]).stdout)
        run, _ = self.send(self.server().url, self.MAIL)
        self.assertEqual(run["notes"], [])

    def test_a_server_that_dies_when_it_has_the_mail_leaves_it_unsure(self):
        server = self.server({"END": "drop"})
        run, _ = self.send(server.url, self.MAIL, step=self.RETRY, expect=1)
        self.assertEqual((run["outcome"], len(server.mails), len(run["changes"])), ("parked", 1, 1))
        self.assertIn("it is not known whether this was done", run["error"]["message"])

    def test_a_repeated_mail_is_known_by_its_id(self):
        server = self.server({"END": ["drop", "250 fine"]})
        run, _ = self.send(server.url, self.MAIL, step="    if_unsure: try_again\n")
        self.assertEqual((run["outcome"], len(server.mails)), ("completed", 2))
        self.assertEqual({server.parsed(number)["Message-ID"] for number in (0, 1)}, {run["output"]["message_id"]})

    def test_a_server_that_dies_before_it_has_the_mail_is_tried_again(self):
        for command in ("GREET", "MAIL", "RCPT", "DATA"):
            usual = {"GREET": "220 hello", "DATA": "354 go on"}.get(command, "250 fine")
            server = self.server({command: ["drop", usual]})
            run, _ = self.send(server.url, self.MAIL, step=self.RETRY)
            self.assertEqual((run["outcome"], len(server.mails)), ("completed", 1), command)

    def test_a_wrong_password_is_said_and_never_shown(self):
        server = self.server({"AUTH": "535 5.7.8 wrong"}, features=("AUTH PLAIN LOGIN",))
        auth = ', auth: {basic: {user: ada, password: "secret:mail"}}'
        run, everything = self.send(server.url, self.MAIL, auth=auth, expect=1, step=self.RETRY)
        self.assertIn("does not take user and password", run["error"]["message"])
        plain = base64.b64encode(b"\0ada\0" + PASSWORD.encode()).decode()
        self.assertTrue(any(plain in each for each in server.commands), server.commands)
        for form in (PASSWORD, plain, base64.b64encode(PASSWORD.encode()).decode()):
            self.assertNotIn(form, everything)
        good = self.server(features=("AUTH PLAIN",))
        self.assertEqual(self.send(good.url, self.MAIL, auth=auth)[0]["outcome"], "completed")

    def vouched_by_nobody(self):
        project = self.project("smtp://127.0.0.1:1")
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2", "-keyout", project.folder / "key",
                               "-out", project.folder / "cert"], capture_output=True, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(project.folder / "cert", project.folder / "key")
        return context

    def test_a_server_on_this_machine_is_spoken_to_encrypted_where_it_offers_that(self):
        context = self.vouched_by_nobody()
        auth = ', auth: {basic: {user: ada, password: "secret:mail"}}'
        server = self.server(features=("STARTTLS", "AUTH PLAIN"), tls=context)
        self.assertEqual(self.send(server.url, self.MAIL, auth=auth)[0]["outcome"], "completed")
        proved = next(number for number, each in enumerate(server.commands) if each.startswith("AUTH"))
        self.assertLess(server.commands.index("(encrypted)"), proved)
        unwilling = self.server({"STARTTLS": "454 not today"}, features=("STARTTLS", "AUTH PLAIN"))
        self.assertEqual(self.send(unwilling.url, self.MAIL, auth=auth)[0]["outcome"], "completed")
        broken = self.server(features=("STARTTLS", "AUTH PLAIN"), tls="broken")
        self.assertEqual(self.send(broken.url, self.MAIL, auth=auth)[0]["outcome"], "completed")
        self.assertEqual(len(broken.mails), 1)
        elsewhere = self.server(features=("STARTTLS",), tls=context)
        run, _ = self.send(elsewhere.url.replace("127.0.0.1", "127.1"), self.MAIL, expect=1)
        self.assertIn("the certificate of 127.1", run["error"]["message"])
        self.assertEqual(elsewhere.mails, [])

    def test_what_breaks_off_is_told_in_words_of_the_house(self):
        for command, words in (("GREET", "closed the connection before it had the mail"), ("DATA", "closed the connection before it had the mail"),
                               ("END", "no answer came from")):
            run, _ = self.send(self.server({command: "drop"}).url, self.MAIL, expect=1)
            self.assertIn(words, run["error"]["message"], command)
            self.assertNotRegex(run["error"]["message"], r"\(\w", command)
        run, _ = self.send(self.server({"GREET": "354 go on"}).url, self.MAIL, expect=1)
        self.assertIn("does not answer as a mail server does", run["error"]["message"])

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        context = self.vouched_by_nobody()
        server = MailServer()
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        self.addCleanup(server.close)
        run, _ = self.send(server.url.replace("smtp:", "smtps:"), self.MAIL, expect=1, step=self.RETRY)
        self.assertIn("the certificate of 127.0.0.1", run["error"]["message"])
        self.assertEqual(server.mails, [])

    def test_without_encryption_nothing_leaves_the_machine(self):
        # 127.1 is 127.0.0.1 for the system, and no address of this machine for whoever reads it strictly.
        for features in (("AUTH PLAIN",), ("STARTTLS", "AUTH PLAIN")):
            server = self.server({"STARTTLS": "454 not today"}, features=features)
            run, _ = self.send(server.url.replace("127.0.0.1", "127.1"), self.MAIL, auth=', auth: {basic: {user: ada, password: "secret:mail"}}', expect=1)
            self.assertEqual(run["outcome"], "failed")
            self.assertRegex(run["error"]["message"], "STARTTLS|454")
            self.assertEqual([each for each in server.commands if each.split(" ")[0] not in ("EHLO", "HELO", "STARTTLS", "QUIT")], [])

    def test_a_server_that_says_nothing_holds_nobody_up(self):
        server = self.server({"RCPT": "hang"})
        begun = time.monotonic()
        run, _ = self.send(server.url, self.MAIL, step="    timeout: 1s\n", expect=1)
        self.assertEqual((run["outcome"], server.mails), ("failed", []))
        goodbye = self.server({"QUIT": "hang"})
        self.assertEqual(self.send(goodbye.url, self.MAIL)[0]["outcome"], "completed")
        self.assertLess(time.monotonic() - begun, 40)


class WhatIsRefused(Mailing):
    def refused(self, with_, words, **more):
        server = self.server()
        for arguments in ((), ("--live",)):  # a plan says so before
            run, _ = self.send(server.url, {"to": "a@example.com", "subject": "s", **with_}, arguments=arguments, expect=1, **more)
            self.assertIn(words, run["error"]["message"])
        self.assertEqual(server.commands, [])

    def test_nothing_is_smuggled_into_a_header_or_a_command(self):
        for subject in ("hi\r\nBcc: evil@example.com", "hi\nX: y", "hi\rthere", "hi\u2028there", "a\0b"):
            self.refused({"subject": subject}, "the subject holds a line end")
        for address in ("a@example.com\r\nRCPT TO:<evil@example.com>", "a@example.com>\nDATA", "a@example.com, b@example.com", "<a@example.com> <b@example.com>",
                        "a b@example.com", "a@", "@example.com", "plain", "a@exa mple.com", "ü@example.com", "a@example.com\t", '"a\\"b"@example.com', "Evil\nBcc: x <a@example.com>"):
            self.refused({"to": address}, "is no mail address")
            self.refused({"bcc": ["b@example.com", address]}, "is no mail address")
        self.refused({"to": [f"a{n}@example.com" for n in range(101)]}, "100 are the most")

    def test_only_files_of_the_output_folder_go_along(self):
        for name in ("../state/secrets.json", "/etc/passwd", "output/../state/secrets.json", "a/../../b", "output//x"):
            self.refused({"attachments": [name]}, "cannot attach file")
        self.refused({"attachments": ["nothing.pdf"]}, "No such file")
        self.refused({"attachments": "output"}, "No such file")

    def test_a_file_that_servers_would_refuse_for_its_size_is_refused_at_once(self):
        self.refused({"attachments": ["big"]}, "16 MiB at most", files=[("big", bytes(30 << 20))])
        self.refused({"attachments": ["a", "b"]}, "16 MiB at most", files=[("a", bytes(9 << 20)), ("b", bytes(9 << 20))])

    def test_a_link_does_not_lead_out(self):
        server = self.server()
        project = self.project(server.url)
        (project.folder / "output").mkdir()
        (project.folder / "output" / "link").symlink_to("../state/secrets.json")
        (project.folder / "output" / "out").symlink_to("../state")
        for name in ("link", "out/secrets.json"):
            project.write("workflows/mail.yaml", "version: 1\nname: Mail\nactions:\n  - action: notify.email\n"
                          f"    with: {{to: a@example.com, subject: s, attachments: [{name}]}}\n")
            done = project.millrace("run", "mail", "--live")
            self.assertEqual(done.returncode, 1)
            self.assertIn("symbolic link", done.stdout + done.stderr)
        self.assertEqual(server.mails, [])

    def test_a_project_that_cannot_mail_says_so_before_it_runs(self):
        project = self.project("https://example.com")
        project.write("workflows/mail.yaml", "version: 1\nname: Mail\nactions:\n  - action: notify.email\n    connection: mail\n    with: {to: a@example.com, subject: s}\n")
        done = project.millrace("check", "workflows/mail.yaml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no mail server's", done.stdout)
        project.write("millrace.yaml", "version: 1\nconnections:\n  mail: {plugin: notify, base_url: 'smtp://a.example/x', from: 'a\\nb'}\n")
        done = project.millrace("check")
        self.assertIn("base_url", done.stdout)


if __name__ == "__main__":
    main()
