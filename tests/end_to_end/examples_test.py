"""Every example of every page is what it says: files are checked, commands are run, and what is computed is computed again.

| the word behind the fence | the example |
|---|---|
| yaml | a workflow, its test, millrace.yaml, or a piece of one of them: `millrace check` has no error. With a file's name it is written there |
| json | a manifest, or a piece of one: `millrace plugin check`; else it is JSON |
| c | it compiles without a warning. With a file's name it is written there |
| console | commands and what they print, run in their order in a project of the page's own |
| sh | commands that need another machine, root or a person: they are a shell's, and what they ask of millrace is there |
| toml, lua | other programs' settings |
| text | no example: a picture, or what would be other words each time |

With MILLRACE_REWRITE=1 what commands print now is written into the pages, to be read before it is kept.
"""
import json
import os
import re
import subprocess
import tomllib
import unittest

import pages
from page_shell import Shell
from project import Project, build, main, source

PROJECT_KEYS = {"connections", "alarms", "audit", "hashicorp_vault", "plugins", "trust", "server", "store", "timezone", "limits"}
FRAME = {"version": "version: 1\n", "name": "name: Example\n", "locations": "locations: [loc_main]\n", "triggers": "triggers: [manual]\n", "actions": "actions: [{set: {seen: true}}]\n"}
UNCHECKED = {"text", "lua"}
REWRITE = "MILLRACE_REWRITE" in os.environ


def keys_of(text):
    return re.findall(r"^([\w-]+):", text, re.M)


def dedented(text):
    blanks = min(len(line) - len(line.lstrip()) for line in text.splitlines() if line.strip())
    return "".join(line[blanks:] for line in text.splitlines(keepends=True))


class Page:
    """One page's project in which its pieces are held against what is there, and its shell."""

    def __init__(self, test, name, text):
        self.name, self.text, self.wrong = name, text, []
        self.project = Project()
        test.addCleanup(self.project.close)
        self.shell = Shell(empty="\n$ millrace init " in self.text)
        test.addCleanup(self.shell.close)
        self.given = None
        self.edits = []

    def fails(self, line, why):
        self.wrong.append(f"{self.name}:{line}: {why}")

    def try_all(self):
        """What is wrong on the page. What its pieces of millrace.yaml say, and its plugins, hold for the whole page."""
        found = pages.examples(self.text)
        found.sort(key=lambda each: not (isinstance(each, pages.Block) and self.is_shared(each)))
        for each in found:
            if isinstance(each, pages.Table):
                self.table(each)
            elif each.kind not in UNCHECKED:
                how = getattr(self, "try_" + each.kind, None) if re.fullmatch(r"[a-z]+", each.kind) else None
                if how:
                    how(each)
                else:
                    self.fails(each.line, f'nothing checks a block of "{each.kind}": say what it is, or that it is text')
        return "\n".join(self.wrong)

    def is_shared(self, block):
        keys = keys_of(block.text)
        pieces = block.kind == "yaml" and set(keys) & PROJECT_KEYS and set(keys) <= PROJECT_KEYS | {"permissions"}
        return not block.file and (pieces or (block.kind == "json" and '"manifest"' in block.text))

    def write(self, block):
        """The file that the sentence before the block names, where the page's shell stands."""
        path = self.shell.here / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.shell.there(block.text))
        return path

    def has_no_error(self, block, project, *arguments):
        done = project(*arguments)
        wrong = [line for line in (done.stdout + done.stderr).splitlines() if re.search(r"\berror: ", line)]
        if wrong or done.returncode not in (0, 1):
            self.fails(block.line, "\n".join(wrong) or done.stdout + done.stderr)

    def try_yaml(self, block):
        keys = keys_of(block.text)
        if block.file == "millrace.yaml" and "version" not in keys:
            return self.piece_of_project(block, self.shell.here, self.shell.millrace)
        if block.text.startswith("openapi:"):
            return self.write(block) and None
        if block.file:
            self.write(block)
            return self.has_no_error(block, self.shell.millrace, "check", block.file)
        if self.is_shared(block):
            return self.piece_of_project(block, self.project.folder, self.project.millrace)
        if keys == ["operations"]:
            return None  # openapi_test.py imports a document with it
        if "tests" in keys or re.match(r" +answers:", block.text):
            return self.piece_of_test(block, keys)
        text = block.text if keys else "actions:\n" + "".join("  " + line for line in dedented(block.text).splitlines(keepends=True))
        text = "".join(line for key, line in FRAME.items() if key not in keys_of(text)) + text
        file = self.project.write("workflows/example.yaml", text)
        self.has_no_error(block, self.project.millrace, "check", file)
        file.unlink()

    def piece_of_project(self, block, folder, millrace):
        """Connections of the same name replace each other, everything else stands beside what is there."""
        file = folder / "millrace.yaml"
        text = file.read_text()
        for key, piece in re.findall(r"^(\w+):(.*\n(?:(?:[ -].*)?\n)*)", self.shell.there(block.text), re.M):
            if key == "connections":
                for name in re.findall(r"^  (\w+):", piece, re.M):
                    text = re.sub(rf"^  {name}:.*\n(?:(?:    .*)?\n)*", "", text, flags=re.M)
                text = text.rstrip("\n") + "\n" + piece.split("\n", 1)[1]
            else:
                text = re.sub(rf"^{key}:.*\n(?:(?:[ -].*)?\n)*", "", text, flags=re.M)
                text = re.sub(r"^connections:", lambda _: f"{key}:{piece}connections:", text, flags=re.M)
        file.write_text(text)
        self.has_no_error(block, millrace, "check", "millrace.yaml")

    def piece_of_test(self, block, keys):
        text = block.text if keys else "version: 1\ntests:\n  - name: example\n" + block.text
        self.project.write("workflows/sync-tags.test.yaml", text)
        self.has_no_error(block, self.project.millrace, "check", "workflows/sync-tags.test.yaml")

    def try_json(self, block):
        text = block.text if block.text.startswith(("{", "[")) else "{" + block.text.rstrip().rstrip(",") + "}"
        try:
            value = json.loads(text)
        except ValueError as error:
            return self.fails(block.line, f"it is no JSON: {error}")
        if block.file:
            self.write(block)
            self.given = self.shell.here / block.file
        if "manifest" not in value and all(isinstance(action, dict) and "effect" in action for action in value.values()):
            value = {"manifest": 1, "name": "example", "version": "1.0.0", "summary": "Of a page", "connection": {"auth": "bearer"}, "actions": value}
        return self.manifest(block, value) if "manifest" in value else None

    def manifest(self, block, value):
        file = self.project.write(f"plugins/{value['name']}/{value['name']}.json", json.dumps(value))
        done = self.project.millrace("plugin", "check", value["name"])
        unbuilt = value.get("library") and f"{value['name']}.so" in done.stdout + done.stderr
        if done.returncode != 0 and not unbuilt:
            self.fails(block.line, done.stdout + done.stderr)
        if block.file or value["name"] == "example":
            file.unlink()

    def try_c(self, block):
        if block.file:
            self.write(block)
        done = subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", source / "engine" / "abi", "-x", "c", "-"],
                              input=block.text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.fails(block.line, done.stderr)

    def try_toml(self, block):
        tomllib.loads(block.text)

    def try_sh(self, block):
        done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.fails(block.line, done.stderr)
        for number, line in enumerate(block.text.splitlines(), block.line + 1):
            for words in re.findall(r"(?:^|[ (])(?:build/)?millrace ([^#|;)]*)", re.sub(r"^#.*", "", line)):
                if words.strip():
                    self.is_a_command(number, words)

    def try_console(self, block):
        if not block.text.startswith("$ "):
            self.fails(block.line, "a block of a console begins with a command")
        for number, command, expected in commands_of(block):
            why = self.shell.says(command, expected)
            if why:
                self.fails(number, f"{command}\n{why}")
                self.edits.append((number + command.count("\n"), expected.count("\n"), self.shell.told))

    def rewritten(self):
        """The page with what its commands print now."""
        lines = self.text.splitlines()
        for at, count, told in sorted(self.edits, reverse=True):
            lines[at:at + count] = told.splitlines()
        return "\n".join(lines) + "\n"

    def table(self, table):
        for expression, gives in table.rows:
            done = self.project.millrace("eval", *(["--with", self.given] if self.given else []), expression)
            if done.returncode != 0 or not same(done.stdout.strip(), gives):
                self.fails(table.line, f"{expression}\ngives {done.stdout}{done.stderr}and not {gives}")

    def is_a_command(self, line, words):
        """What a sentence calls a command of millrace has its verb, and its options."""
        verb, known = [], self.shell.help()
        for word in re.sub(r"\"[^\"]*\"|'[^']*'", "VALUE", words).split():
            if word.startswith("-C"):
                continue
            if re.fullmatch(r"[a-z][a-z-]*", word) and self.shell.help(*verb, word) not in ("", known):
                verb.append(word)
                known = self.shell.help(*verb)
            elif word.startswith("--"):
                option = re.match(r"--[a-z-]+", word)[0]
                if not re.search(rf"{option}\b", known):
                    self.fails(line, f'millrace {" ".join(verb)} has no {option}')
        if not verb and not words.startswith(("-", "NAME", "VERB")):
            self.fails(line, f'there is no command "millrace {words}"')


def commands_of(block):
    """Each command of a console's block, a line's end with a backslash included, and what it is said to print."""
    found, going_on = [], False
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        if line.startswith("$ ") or going_on:
            if not going_on:
                found.append([number, "", ""])
            found[-1][1] += line[2:] + "\n"
            going_on = line.endswith("\\")
        else:
            found[-1][2] += line + "\n"
    return [(number, command.strip(), expected) for number, command, expected in found]


def same(text, expected):
    try:
        return json.loads(text) == json.loads(expected)
    except ValueError:
        return text == expected


def of(path):
    return str(path.relative_to(source)), path.read_text()


class Examples(unittest.TestCase):
    def test_every_example_of_every_page_is_checked_and_true(self):
        for path in pages.all_pages():
            with self.subTest(path.name):
                page = Page(self, *of(path))
                wrong = page.try_all()
                if REWRITE:
                    path.write_text(page.rewritten())
                self.assertFalse(wrong, wrong)

    def test_every_command_that_a_sentence_names_is_there_with_its_options(self):
        for path in pages.all_pages():
            with self.subTest(path.name):
                page = Page(self, *of(path))
                for line, words in pages.named_commands(page.text):
                    page.is_a_command(line, words)
                self.assertEqual(page.wrong, [])

    def test_every_metric_that_a_page_names_is_one_of_the_programs(self):
        name = re.compile(r"\bmillrace_[a-z_]+[a-z]\b")
        known = {each for file in (source / "engine").rglob("*.[ch]*") for each in name.findall(file.read_text())}
        for path in pages.all_pages():
            self.assertLessEqual(set(name.findall(path.read_text())), known, path.name)

    def test_the_table_of_templates_is_the_programs_list(self):
        listed = Page(self, "starting.md", "").project.json("new", "--list")["templates"]
        rows = re.findall(r"^\| `([\w-]+)` \| (.+) \|$", (source / "docs" / "starting.md").read_text().split("## A workflow")[1], re.M)
        self.assertEqual(rows, [(each["name"], each["summary"]) for each in listed])

    def test_every_link_leads_somewhere(self):
        for path in pages.all_pages():
            for line, target, anchor in pages.links(path.read_text()):
                with self.subTest(f"{path.name}:{line}"):
                    led = path.parent / target if target else path
                    self.assertTrue(led.exists(), f"{target} is not there")
                    self.assertIn(anchor, ["", *(pages.anchors(led.read_text()) if led.is_file() else [])], target)


class Checks(unittest.TestCase):
    """An example that is wrong, or that nothing checks, does not go unseen."""

    def wrong(self, text):
        return Page(self, "page", text).try_all()

    def test_what_nothing_checks_is_told(self):
        self.assertIn('page:1: nothing checks a block of ""', self.wrong("```\nmillrace plan\n```\n"))
        self.assertIn('nothing checks a block of "ini"', self.wrong("```ini\na=1\n```\n"))
        for text in ("So:\n\n    millrace plan\n", "  ```sh\n  true\n  ```\n", "```sh\ntrue\n"):
            self.assertRaises(ValueError, self.wrong, text)

    def test_what_is_wrong_is_told(self):
        self.assertIn("no.such", self.wrong("```yaml\n- action: no.such\n```\n"))
        self.assertIn("base_ulr", self.wrong("```yaml\nconnections:\n  shop: {plugin: http, base_ulr: https://a.example}\n```\n"))
        self.assertIn("nothing does this action", self.wrong('```json\n{"manifest": 1, "name": "a", "version": "1.0.0", "summary": "a", "actions": {"b": {"summary": "b"}}}\n```\n'))
        self.assertIn("and not 3", self.wrong("| expression | gives |\n|---|---|\n| `1 + 1` | `3` |\n"))
        self.assertIn("it prints", self.wrong("```console\n$ echo one\ntwo\n```\n"))
        self.assertIn("it exits 1", self.wrong("```console\n$ false\n```\n"))
        self.assertIn("has no --nonsense", self.wrong("```sh\nmillrace plan hello --nonsense\n```\n"))
        self.assertIn("error", self.wrong("```c\nint main(void) { return x; }\n```\n"))

    def test_what_varies_may_vary(self):
        self.assertEqual(self.wrong("```console\n$ printf 'a\\nb\\nc d\\n'\na\n...\nc ...\n$ date -u +%FT%TZ\n2026-11-27T15:00:00Z\n```\n"), "")


if __name__ == "__main__":
    main()
