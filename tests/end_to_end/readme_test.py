"""The README is true: its first workflow, its commands and what they print."""
import re
import shlex
import unittest

from project import SandboxTest, main, source

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)


def without_names(text):
    """Times, and names of runs, which are others each time; how long calls take is the machine's affair."""
    text = re.sub(r"(\bcalls? to [\w ]+: about) .*", r"\1 SO LONG", text)
    return re.sub(r"\bat \d{4}-\d\d-\d\dT[\d:]+(Z|[+-]\d\d:\d\d) by run r\w{13}\b", "at TIME by run RUN", text)


class Readme(SandboxTest):
    def test_every_command_prints_what_the_readme_says(self):
        readme = (source / "README.md").read_text()
        commands = 0
        for kind, text in BLOCK.findall(readme):
            if kind == "yaml":
                name = re.match(r"# (workflows/[\w-]+\.yaml)", text)
                self.project.write(name[1], text)
            if kind != "console":
                continue
            for command, expected in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", text, re.M):
                if not command.startswith("build/millrace "):
                    continue
                arguments = shlex.split(command, comments=True)[1:]
                stdin = None
                if "<<<" in arguments:
                    arguments, stdin = arguments[:arguments.index("<<<")], arguments[arguments.index("<<<") + 1]
                done = self.project.millrace(*arguments, stdin=stdin)
                told = (done.stderr + done.stdout).replace(str(self.sandbox.port), "8720")
                self.assertEqual(without_names(told), without_names(expected), command)
                commands += 1
        self.assertGreater(commands, 4)

    def test_the_readme_names_the_two_scripts_and_no_other_set_up(self):
        readme = (source / "README.md").read_text()
        self.assertIn("script/run", readme)
        self.assertIn("script/test", readme)
        self.assertNotIn("apt-get", readme)


if __name__ == "__main__":
    main()
