"""script/run acts live, so it does nothing where the project leads to another machine."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from project import main, source


class DemoGuard(unittest.TestCase):
    def run_with(self, *addresses):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "script").mkdir()
            shutil.copy(source / "script" / "run", folder / "script" / "run")
            (folder / "script" / "build").write_text("#!/bin/sh\necho building >&2\nexit 3\n")
            (folder / "script" / "build").chmod(0o755)
            (folder / "millrace.yaml").write_text("version: 1\nconnections:\n" + "".join(f"  c{number}: {address}\n" for number, address in enumerate(addresses)))
            done = subprocess.run([folder / "script" / "run"], capture_output=True, text=True, check=False)
            return done.returncode, done.stderr, sorted(path.name for path in folder.iterdir())

    def test_a_live_address_is_refused_before_anything_is_done(self):
        local = "{plugin: highlevel, base_url: http://127.0.0.1:8720}"
        for live in ("{plugin: highlevel, base_url: https://services.leadconnectorhq.com}", "\n    base_url: https://services.leadconnectorhq.com",
                     "{base_url: \"https://services.leadconnectorhq.com\", plugin: highlevel}", "{\"base_url\": 'HTTPS://Services.LeadConnectorHQ.com/'}",
                     "\n    base_url:   http://10.0.0.7:8720", "{base_url: https://127.0.0.1.example.com}", "{base_url: http://127.0.0.1@example.com/}",
                     "{base_url: http://127.0.0.1:80/@x}", "{base_url: secret:where}"):
            code, said, files = self.run_with(local, live)
            self.assertEqual((code, files), (1, ["millrace.yaml", "script"]), live)
            self.assertIn("only works against the sandbox", said)
            self.assertNotIn("building", said)

    def test_addresses_of_this_machine_are_let_through(self):
        code, said, _ = self.run_with("{plugin: highlevel, base_url: http://127.0.0.1:8720}  # live: https://services.leadconnectorhq.com",
                                      "\n    base_url: \"http://localhost:8720/page\"   # base_url: https://example.com", "{base_url: 'http://[::1]:8720'}")
        self.assertEqual((code, said), (3, "building\n"))

    def test_nothing_is_done_before_the_sandbox_listens_whatever_it_said_the_last_time(self):
        slow = '#!/bin/sh\n[ "$1" != sandbox ] || { sleep 0.5; touch listens; echo listening on; exec sleep 60; }\n[ -e listens ] || echo "too early: $*" >&2\n'
        for before in ("listening on http://127.0.0.1:8720\n", "it has ended\n", None):
            with tempfile.TemporaryDirectory() as name:
                folder = pathlib.Path(name)
                for program, text in (("script/build", "#!/bin/sh\n"), ("build/millrace", slow)):
                    (folder / program).parent.mkdir(exist_ok=True)
                    (folder / program).write_text(text)
                    (folder / program).chmod(0o755)
                shutil.copy(source / "script" / "run", folder / "script" / "run")
                for below in ("output", "state"):
                    (folder / below).mkdir()
                (folder / "millrace.yaml").write_text("version: 1\n")
                if before:
                    (folder / "state" / "sandbox.log").write_text(before)
                for report in ("a.csv", "a.html"):
                    (folder / "output" / report).write_text("")
                done = subprocess.run([folder / "script" / "run"], capture_output=True, text=True, check=False, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, ""), before)

    def test_a_second_demonstration_begins_with_a_store_of_its_own(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for program, text in (("script/build", "#!/bin/sh\n"),
                                  ("build/millrace", '#!/bin/sh\n[ "$1" != sandbox ] || { echo listening on; exec sleep 60; }\nls state >&2\nexit 3\n')):
                (folder / program).parent.mkdir(exist_ok=True)
                (folder / program).write_text(text)
                (folder / program).chmod(0o755)
            shutil.copy(source / "script" / "run", folder / "script" / "run")
            (folder / "millrace.yaml").write_text("version: 1\n")
            (folder / "state").mkdir()
            for part in ("", "-wal", "-shm", "-mark"):
                (folder / "state" / f"millrace.db{part}").write_text("of the first")
            done = subprocess.run([folder / "script" / "run"], capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual((done.returncode, done.stderr.split()), (3, ["sandbox.log", "secrets.json"]))

    def test_under_each_heading_stands_what_was_done_there(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for program, text in (("script/build", "#!/bin/sh\n"), ("build/millrace", '#!/bin/sh\necho "$*"\n[ "$1" != sandbox ] || { echo listening on; exec sleep 60; }\n')):
                (folder / program).parent.mkdir(exist_ok=True)
                (folder / program).write_text(text)
                (folder / program).chmod(0o755)
            shutil.copy(source / "script" / "run", folder / "script" / "run")
            (folder / "millrace.yaml").write_text("version: 1\n")
            (folder / "output").mkdir()
            for report in ("a.csv", "a.html"):
                (folder / "output" / report).write_text("")
            done = subprocess.run([folder / "script" / "run"], capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            shown = {part.split("\n")[0]: part.split("\n")[1:] for part in done.stdout.split("\n== ")[1:]}
            under = {words: next(lines for heading, lines in shown.items() if words in heading) for words in ("Now for real", "Exactly these changes", "A new plan")}
            self.assertEqual(under["Now for real"][0], "run sync-tags --live")
            self.assertEqual(under["Exactly these changes"][:2], ["apply state/prune.plan.json", ""])
            self.assertEqual(under["A new plan"][0], "plan prune-with-care")


if __name__ == "__main__":
    main()
