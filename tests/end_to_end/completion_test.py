"""What a shell offers while somebody types: asked of the program itself, and of real shells that are here."""
import json
import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest

from init_test import Begun
from project import PATIENCE, build, main


class Completion(Begun):
    def setUp(self):
        super().setUp()
        self.begin()
        self.path = f"{build}:{os.environ['PATH']}"

    def offered(self, *words):
        done = self.millrace("complete", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return {line.split("\t")[0] for line in done.stdout.splitlines()}

    def test_verbs_and_options_are_those_of_the_help(self):
        self.assertLess({"init", "new", "fmt", "check", "plan", "run", "runs", "completion"}, self.offered(""))
        self.assertEqual(self.offered("runs", "re"), {"retry", "resolve"})
        for verb in sorted(self.offered("")):
            told = set(re.findall(r"(?m)^  (?:-\w,)?(--[\w-]+)", self.millrace(verb, "--help").stdout))
            if verb != "sandbox":  # it takes its own
                self.assertEqual(told - self.offered(verb, "--"), set(), verb)
        self.assertIn("--live", self.offered("run", "list-tags", "--l"))
        self.assertNotIn("complete", self.offered(""), "it is for shells")

    def test_values_are_those_that_the_project_has(self):
        self.use_sandbox(self.folder)
        self.assertEqual(self.offered("plan", ""), {"list-tags"})
        self.assertEqual(self.offered("run", "li"), {"list-tags"})
        self.assertEqual(self.offered("connect", ""), {"highlevel", "sightmill"})
        self.assertEqual(self.offered("plan", "list-tags", "--location", "loc_n"), {"loc_north"})
        self.assertEqual(self.offered("secret", "rotate", ""), {"highlevel_token"})
        self.assertIn("highlevel.location_tags.create", self.offered("catalog", "show", "highlevel.location_tags."))
        self.assertIn("daily-mail", self.offered("new", "x", "--template", "da"))
        self.assertEqual(self.offered("plugin", "check", "stat"), {"statistics"})
        self.assertEqual(self.offered("check", "--format", ""), {"text", "json", "sarif", "github"})
        self.assertIn("unknown-name", self.offered("check", "--explain", "unknown-"))
        self.assertEqual(self.offered("runs", "list", "--outcome", "fa"), {"failed"})
        self.assertEqual(self.offered("completion", ""), {"bash", "zsh", "fish"})
        self.assertEqual(self.offered("help", "schem"), {"schema"})
        self.assertEqual(self.offered("runs", "show", ""), set())
        self.assertEqual(self.millrace("run", "list-tags", "--live").returncode, 0)
        runs = {run["id"] for run in json.loads(self.millrace("runs", "list", "--json").stdout)["runs"]}
        self.assertEqual(self.offered("runs", "show", "r"), runs)
        self.assertGreater(len(runs), 0)

    def test_another_folder_is_asked_where_one_is_named(self):
        self.begin("other")
        (self.folder / "other" / "workflows" / "list-tags.yaml").rename(self.folder / "other" / "workflows" / "there.yaml")
        self.assertEqual(self.offered("-C", "other", "plan", ""), {"there"})

    def test_what_is_broken_is_not_told_while_somebody_types(self):
        (self.folder / "millrace.yaml").write_text("connections: [\n")
        self.assertEqual(self.offered("connect", ""), set())
        self.assertEqual(self.offered("plan", ""), {"list-tags"})
        self.assertEqual(self.offered("no", "such", "verb", "--and", ""), set())
        self.assertEqual(self.millrace("complete").returncode, 0)

    def bash(self, *words):
        script = 'source <(millrace completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _millrace; printf "%s\\n" "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", script, "bash", "millrace", *words], cwd=self.folder, env={**os.environ, "PATH": self.path}, capture_output=True, text=True,
                              timeout=30 * PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return set(done.stdout.splitlines()) - {""}

    def test_bash_offers_words_files_and_folders(self):
        self.assertEqual(self.bash("plan", ""), {"list-tags"})
        self.assertEqual(self.bash("runs", "ca"), {"cancel"})
        self.assertEqual(self.bash("apply", "mill"), {"millrace.yaml"})
        (self.folder / "a file").write_text("")
        self.assertEqual(self.bash("check", "a "), {"a file"})
        self.assertEqual(self.bash("-C", "wo"), {"workflows"})

    def typed(self, shell, line, wanted):
        """What a shell makes of a line with a Tab at its end, at a terminal."""
        own, theirs = pty.openpty()
        environment = {**os.environ, "PATH": self.path, "TERM": "xterm", "PS1": "$ ", "HOME": str(self.folder), "ZDOTDIR": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        process = subprocess.Popen(shell, cwd=self.folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True)
        os.close(theirs)
        os.write(own, line.encode())
        said, deadline = "", time.monotonic() + 30 * PATIENCE
        while time.monotonic() < deadline and wanted not in said:
            if select.select([own], [], [], 1)[0]:
                said += os.read(own, 65536).decode(errors="replace")
        process.kill()
        process.wait(10)
        os.close(own)
        self.assertIn(wanted, said)

    def test_a_name_with_blanks_is_one_word_for_each_shell(self):
        flow = self.folder / "workflows" / "list-tags.yaml"
        flow.rename(flow.with_name("my own flow.yaml"))
        self.assertEqual(self.bash("plan", ""), {"my\\ own\\ flow"})
        self.typed(["bash", "--norc", "-i"], "source <(millrace completion bash)\nmillrace plan m\t", "plan my\\ own\\ flow")

    def test_bash_completes_what_is_typed(self):
        self.typed(["bash", "--norc", "-i"], "source <(millrace completion bash)\nmillrace plan li\t", "plan list-tags")

    def test_zsh_completes_what_is_typed(self):
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not here")
        (self.folder / ".zshrc").write_text("autoload -U compinit; compinit -u; source <(millrace completion zsh)\n")
        self.typed(["zsh", "-i"], "millrace plan li\t", "plan list-tags")

    def test_fish_completes_what_is_typed(self):
        if shutil.which("fish") is None:
            self.skipTest("fish is not here")
        asked = subprocess.run(["fish", "-c", "millrace completion fish | source; complete -C 'millrace plan li'; complete -C 'millrace runs ca'; complete -C 'millrace apply mill'"],
                               cwd=self.folder, env={**os.environ, "PATH": self.path, "HOME": str(self.folder)}, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        words = [line.split("\t")[0] for line in asked.stdout.splitlines()]
        self.assertEqual(words, ["list-tags", "cancel", "millrace.yaml"])


class Scripts(unittest.TestCase):
    def test_each_shell_reads_its_script(self):
        for shell, arguments in (("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])):
            if shutil.which(shell) is None:
                print(f"skipped: {shell} is not here", flush=True)
                continue
            script = subprocess.run([build / "millrace", "completion", shell], capture_output=True, text=True, timeout=30 * PATIENCE, check=True).stdout
            read = subprocess.run([shell, *arguments, "/dev/stdin"], input=script, capture_output=True, text=True, timeout=30 * PATIENCE, check=False)
            self.assertEqual((read.returncode, read.stderr), (0, ""))


if __name__ == "__main__":
    main()
