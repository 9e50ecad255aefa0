"""A project that `millrace init` makes works at once, and nothing that is there is written over."""
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

from editor import CURSOR, EDITOR, Editor, installed
from project import PATIENCE, Sandbox, build, main, program


def with_millrace():
    return {**os.environ, "PATH": f"{build}:{os.environ['PATH']}"}


class Begun(unittest.TestCase):
    """A folder that somebody stands in, and the program on the path as they have it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def millrace(self, *arguments, stdin=None, environment=None):
        return subprocess.run([program, *map(str, arguments)], cwd=self.folder, input=stdin, capture_output=True, text=True, timeout=60 * PATIENCE, check=False,
                              env={**os.environ, **(environment or {})})

    def shell(self, command):
        return subprocess.run(["sh", "-c", command], cwd=self.folder, capture_output=True, text=True, timeout=60 * PATIENCE, check=False, env=with_millrace())

    def first_line(self, command):
        """What a command that does not end says at first."""
        process = subprocess.Popen(["sh", "-c", "exec " + command], cwd=self.folder, stdout=subprocess.PIPE, text=True, env=with_millrace())
        with process:
            line = process.stdout.readline()
            process.terminate()
        return line

    def begin(self, *arguments):
        done = self.millrace("init", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def use_sandbox(self, folder):
        """A sandbox on a port of its own in place of the usual one."""
        sandbox = Sandbox("--limit", "off")
        self.addCleanup(sandbox.close)
        file = folder / "millrace.yaml"
        file.write_text(file.read_text().replace("http://127.0.0.1:8720", sandbox.url))
        return sandbox

    def files(self):
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink()}


class Init(Begun):
    def test_each_of_the_three_next_commands_works_as_it_is_printed(self):
        for folder in ("shop", "with blanks and 'quotes'", "."):
            shutil.rmtree(self.folder)
            self.folder.mkdir()
            done = self.begin(*([] if folder == "." else [folder]))
            commands = [line.strip().split("   ")[0] for line in done.stdout.split("Next:\n")[1].splitlines()]
            self.assertEqual(len(commands), 3)
            self.assertEqual(commands[0], "millrace sandbox &")
            self.assertIn("listening on", self.first_line(commands[0].replace(" &", " --listen 127.0.0.1:0")))
            sandbox = self.use_sandbox(self.folder / folder)
            plan = self.shell(commands[1])
            self.assertEqual(plan.returncode, 0, plan.stderr)
            self.assertIn("write file tags-loc_main.csv", plan.stdout)
            self.assertFalse((self.folder / folder / "output").exists())
            run = self.shell(commands[2])
            self.assertEqual(run.returncode, 0, run.stderr)
            written = (self.folder / folder / "output" / "tags-loc_main.csv").read_text(encoding="utf-8-sig")
            names = [line.split(",")[0] for line in written.splitlines()[1:]]
            self.assertEqual(sorted(names, key=str.lower), sorted((tag["name"] for tag in sandbox.tags()), key=str.lower))
            self.assertEqual(names, sorted(names, key=str.lower))

    def test_the_project_has_no_finding_and_is_laid_out(self):
        self.begin("shop")
        for arguments in (("check",), ("fmt", "--check"), ("test",)):
            done = self.millrace("-C", "shop", *arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)

    def test_secrets_are_for_their_owner_alone_and_left_out_by_git(self):
        self.begin("shop")
        state = self.folder / "shop" / "state"
        self.assertEqual(stat.S_IMODE(state.stat().st_mode), 0o700)
        self.assertEqual(stat.S_IMODE((state / "secrets.json").stat().st_mode), 0o600)
        secrets = json.loads((state / "secrets.json").read_text())
        self.assertEqual(secrets["highlevel_token"], "sandbox-token")
        self.assertRegex(secrets["sightmill_hook"], "^[0-9a-f]{32}$")
        if shutil.which("git"):
            subprocess.run(["git", "init", "--quiet", "."], cwd=self.folder / "shop", check=True)
            said = subprocess.run(["git", "status", "--porcelain", "-uall"], cwd=self.folder / "shop", capture_output=True, text=True, check=True)
            self.assertIn("millrace.yaml", said.stdout)
            self.assertNotIn("state", said.stdout)

    def test_two_projects_do_not_share_what_nobody_shall_guess(self):
        hooks = set()
        for name in ("one", "two"):
            self.begin(name)
            hooks.add(json.loads((self.folder / name / "state" / "secrets.json").read_text())["sightmill_hook"])
        self.assertEqual(len(hooks), 2)

    def test_editors_find_the_schemas_that_the_program_prints(self):
        self.begin("shop")
        for kind in ("workflow", "project", "test"):
            self.assertEqual((self.folder / "shop" / "schemas" / f"{kind}.schema.json").read_text(), self.millrace("-C", "shop", "schema", kind).stdout)
        settings = json.loads((self.folder / "shop" / ".vscode" / "settings.json").read_text())
        for schema in settings["yaml.schemas"]:
            self.assertTrue((self.folder / "shop" / schema).is_file(), schema)
        for file in ("millrace.yaml", "workflows/list-tags.yaml", "workflows/list-tags.test.yaml"):
            path = self.folder / "shop" / file
            schema = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text())[1]
            self.assertTrue((path.parent / schema).is_file(), schema)

    def test_a_language_server_that_knows_nothing_of_the_project_reads_the_first_line(self):
        if installed() is None:
            self.skipTest("npm is not here, or reaches nobody")
        self.begin("shop")
        settings = {"yaml": {"schemas": {}, "completion": True, "validate": True, "schemaStore": {"enable": False, "url": ""}}}
        server = Editor(self.folder / "shop", "node", EDITOR / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server", "--stdio", settings=settings)
        self.addCleanup(server.close)
        text = (self.folder / "shop" / "workflows" / "list-tags.yaml").read_text()
        wrong = text.replace("actions:", "acitons:")
        self.assertNotEqual(server.findings(server.open("workflows/wrong.yaml", wrong)[0]), [])  # by then it has its settings
        self.assertEqual(server.findings(server.open("workflows/list-tags.yaml", text)[0]), [])
        offered = server.offered(*server.open("workflows/more.yaml", text + "  - action: " + CURSOR))
        self.assertIn("highlevel.location_tags.create", {each["label"] for each in offered})

    def test_a_folder_that_holds_other_things_takes_a_project(self):
        (self.folder / "notes.txt").write_text("mine")
        (self.folder / "workflows").mkdir()
        (self.folder / "workflows" / "mine.yaml").write_text("mine: 1\n")
        self.begin()
        self.assertEqual((self.folder / "notes.txt").read_text(), "mine")
        self.assertEqual((self.folder / "workflows" / "mine.yaml").read_text(), "mine: 1\n")

    def test_where_a_name_is_taken_nothing_is_written_and_it_is_said(self):
        for taken in ("millrace.yaml", "workflows/list-tags.yaml", "state/secrets.json"):
            shutil.rmtree(self.folder)
            (self.folder / taken).parent.mkdir(parents=True)
            (self.folder / taken).write_text("mine")
            before = self.files()
            done = self.millrace("init")
            self.assertEqual(done.returncode, 1, taken)
            self.assertIn(taken, done.stderr)
            self.assertEqual(self.files(), before)

    def test_a_second_init_changes_nothing(self):
        self.begin()
        before = self.files()
        self.assertEqual(self.millrace("init").returncode, 1)
        self.assertEqual(self.files(), before)

    def test_settings_that_people_have_stay_as_they_are_and_are_said(self):
        (self.folder / ".gitignore").write_text("*.swp\n")
        done = self.begin()
        self.assertIn(".gitignore was there, and stays as it is", done.stdout)
        self.assertIn("/state/", done.stderr)
        self.assertEqual((self.folder / ".gitignore").read_text(), "*.swp\n")

    def test_no_link_is_followed(self):
        elsewhere = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        self.addCleanup(shutil.rmtree, elsewhere, ignore_errors=True)
        for name in ("workflows", "state", ".vscode", "schemas", ".gitignore", "millrace.yaml"):
            shutil.rmtree(self.folder)
            self.folder.mkdir()
            (self.folder / name).symlink_to(elsewhere if name != ".gitignore" else elsewhere / "ignored")
            done = self.millrace("init")
            self.assertEqual(done.returncode, 1, name)
            self.assertIn("a link", done.stderr)
            self.assertEqual(list(elsewhere.iterdir()), [], name)
            self.assertEqual(self.files(), {}, name)
        (self.folder / "link").symlink_to(elsewhere)
        for folder in ("link", "link/"):
            self.assertEqual(self.millrace("init", folder).returncode, 1)
        self.assertEqual(list(elsewhere.iterdir()), [])

    def test_what_is_no_folder_takes_no_project(self):
        (self.folder / "file").write_text("mine")
        done = self.millrace("init", "file")
        self.assertEqual(done.returncode, 1)
        self.assertEqual((self.folder / "file").read_text(), "mine")

    def test_programs_read_what_was_written_and_what_is_next(self):
        told = json.loads(self.begin("shop", "--json").stdout)
        self.assertEqual(told["folder"], "shop")
        self.assertIn("workflows/list-tags.yaml", told["written"])
        self.assertEqual(len(told["next"]), 3)


class Bare(Begun):
    def test_in_an_empty_folder_it_says_how_to_begin(self):
        done = self.millrace()
        self.assertEqual(done.returncode, 0)
        command = re.search(r"millrace init [\w-]+", done.stdout)[0]
        self.assertEqual(json.loads(self.millrace("--json").stdout), {"project": False, "next": command})
        self.assertEqual(self.shell(command).returncode, 0)
        there = self.millrace("-C", command.split()[-1]).stdout.splitlines()
        self.assertEqual(there[2], f"Next: millrace -C {command.split()[-1]} plan list-tags")

    def test_in_a_project_it_says_where_one_stands_in_three_lines(self):
        self.begin()
        first = self.millrace().stdout.splitlines()
        self.assertEqual(first, ["1 workflow (list-tags), 2 connections; none is live", "Nothing has run here yet", "Next: millrace plan list-tags"])
        self.assertFalse((self.folder / "state" / "millrace.db").exists(), "looking makes no store")
        self.use_sandbox(self.folder)
        self.assertEqual(self.millrace("run", "list-tags", "--live").returncode, 0)
        file = self.folder / "workflows" / "list-tags.yaml"
        file.write_text(file.read_text().replace("locations: all\n", "locations: all\nmode: live\n"))
        (file.parent / "broken.yaml").write_text("version: 1\n")
        there, ran, to_do = self.millrace().stdout.splitlines()
        self.assertEqual(there, "2 workflows (broken, list-tags), 2 connections; 1 live, 1 with findings")
        self.assertRegex(ran, "^Last run: list-tags completed, 20.*; millrace runs show r[0-9a-z]+$")
        self.assertEqual(to_do, "Next: millrace check")
        told = json.loads(self.millrace("--json").stdout)
        self.assertEqual((told["project"], told["workflows"], told["live"], told["with_findings"], told["connections"], told["next"]),
                         (True, ["broken", "list-tags"], 1, 1, 2, "millrace check"))
        self.assertEqual((told["last_run"]["workflow"], told["last_run"]["outcome"]), ("list-tags", "completed"))
        self.assertEqual(self.shell("millrace -C . " + ran.split("; millrace ")[1]).returncode, 0)


if __name__ == "__main__":
    main()
