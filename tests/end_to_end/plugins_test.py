"""Plugins from outside: a C library built against the installed header, a folder with a manifest alone, and broken ones."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from project import Project, SandboxTest, build, main, pin

C_PLUGIN = r"""
#include <millrace_plugin.h>
static const mr_host *host;
static void *open_plugin(const mr_host *given, mr_call *call, mr_text config) {
  (void)call, (void)config;
  host = given;
  return &host;
}
static void close_plugin(void *self) { (void)self; }
static void begin(void *self, mr_call *call, mr_text capability, mr_text input) {
  static const char output[] = "{\"text\":\"hello from C\"}";
  (void)self, (void)capability, (void)input;
  host->finish(call, (mr_text){output, sizeof(output) - 1});
}
static const mr_plugin plugin = {.size = sizeof(mr_plugin), .abi_major = MR_ABI_MAJOR, .name = {"hello", 5},
                                 .open = open_plugin, .close = close_plugin, .begin = begin};
MR_EXPORT const mr_plugin *mr_plugin_entry(void) { return &plugin; }
"""

MANIFEST = {"manifest": 1, "name": "hello", "version": "1.0.0", "summary": "Greetings", "library": True,
            "actions": {"say": {"summary": "Say hello", "effect": "none",
                                "output": {"type": "object", "properties": {"text": {"type": "string"}}}}}}

WORKFLOW = """version: 1
name: Greeting
triggers:
  - manual
actions:
  - {id: said, action: hello.say}
  - action: files.write
    with: {file: said.txt, text: "${{ said.text }}"}
"""


class PluginBench(unittest.TestCase):
    """A project into which a stranger's plugin is built, against the header that is installed."""

    @classmethod
    def setUpClass(cls):
        """Installs into a folder of its own, as a package would, and finds the header through pkg-config."""
        cls.folder = tempfile.TemporaryDirectory(prefix="millrace-installed-")
        installed = subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", cls.folder.name],
                                   capture_output=True, text=True, check=False)
        if installed.returncode:
            raise RuntimeError(installed.stdout + installed.stderr)
        found = next(pathlib.Path(cls.folder.name).rglob("millrace.pc"))
        cls.environment = {**os.environ, "PKG_CONFIG_PATH": str(found.parent), "PKG_CONFIG_SYSROOT_DIR": cls.folder.name}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.close)

    def build_plugin(self, source=C_PLUGIN, flags=("-fvisibility=hidden",)):
        self.project.write("plugins/hello/hello.json", json.dumps(MANIFEST))
        path = self.project.write("plugins/hello/hello.c", source)
        include = subprocess.run(["pkg-config", "--cflags", "millrace"], env=self.environment, capture_output=True, text=True, check=True).stdout.split()
        subprocess.run(["cc", "-shared", "-fPIC", *flags, *include, "-o", path.with_suffix(".so"), path], check=True)

    def trust(self):
        refused = self.project.millrace("plugin", "check", "hello")
        line = re.search(r"sha256:[0-9a-f]{64}", refused.stdout + refused.stderr)
        self.assertTrue(line, refused.stdout + refused.stderr)
        path = self.project.folder / "millrace.yaml"
        path.write_text(path.read_text() + f'trust: ["{line[0]}"]\n')


class CPlugin(PluginBench):
    def test_a_c_plugin_appears_in_the_catalogue_and_runs_in_a_workflow(self):
        self.build_plugin()
        names = [entry["name"] for entry in self.project.json("catalog")["entries"]]
        self.assertIn("hello.say", names)
        self.trust()
        self.project.write("workflows/greeting.yaml", WORKFLOW)
        done = self.project.millrace("run", "greeting", "--live")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.project.folder / "output" / "said.txt").read_text(), "hello from C")

    def test_a_library_that_nobody_trusts_is_refused_with_the_line_to_add(self):
        self.build_plugin()
        self.project.write("workflows/greeting.yaml", WORKFLOW)
        done = self.project.millrace("run", "greeting", "--live")
        self.assertEqual(done.returncode, 1)
        self.assertIn("trust", done.stderr)
        self.assertFalse((self.project.folder / "output").exists())

    def test_a_changed_library_is_not_trusted_any_more(self):
        self.build_plugin()
        self.trust()
        self.assertEqual(self.project.millrace("plugin", "check", "hello").returncode, 0)
        self.build_plugin(C_PLUGIN.replace("hello from C", "something else"))
        self.assertEqual(self.project.millrace("plugin", "check", "hello").returncode, 1)

    def test_a_changed_manifest_is_not_trusted_any_more_and_check_plan_and_doctor_say_so(self):
        self.build_plugin()
        self.trust()
        self.project.write("workflows/greeting.yaml", WORKFLOW)
        self.assertEqual(self.project.millrace("check", "workflows/greeting.yaml").returncode, 0)
        changed = json.dumps(MANIFEST).replace('"effect": "none"', '"effect": "read"')
        self.project.write("plugins/hello/hello.json", changed)
        found = [each for each in json.loads(self.project.millrace("check", "--format", "json").stdout)["findings"] if each["rule"] == "untrusted-plugin"]
        self.assertEqual([(each["file"], each["line"], each["severity"]) for each in found], [("workflows/greeting.yaml", 6, "error")])
        line = pin("hello", changed.encode(), (self.project.folder / "plugins/hello/hello.so").read_bytes())
        for command in (["plan", "greeting"], ["run", "greeting", "--live"], ["doctor"], ["plugin", "check", "hello"]):
            done = self.project.millrace(*command)
            self.assertEqual(done.returncode, 1, command)
            self.assertIn(line, done.stdout + done.stderr, command)
        self.assertFalse((self.project.folder / "output").exists())

    def test_a_library_that_brings_others_along_is_told_by_whoever_looks(self):
        self.project.write("workflows/greeting.yaml", WORKFLOW)
        for flag, words in (("-Wl,-rpath,near", '"near" (RUNPATH), which no pin covers'),
                            ("-Wl,--auxiliary=/elsewhere/data.bin", '"/elsewhere/data.bin", which no pin covers')):
            self.build_plugin(flags=("-fvisibility=hidden", flag))
            for command in (["check"], ["plan", "greeting"], ["run", "greeting", "--live"], ["doctor"], ["plugin", "check"]):
                done = self.project.millrace(*command)
                self.assertEqual(done.returncode, 1, command)
                self.assertIn(words, done.stdout + done.stderr, command)

    def test_check_compares_examples_survives_crashes_and_tells_what_else_is_shown(self):
        checked = lambda: next(each for each in self.project.json("plugin", "check", "hello", expect=None)["plugins"])
        manifest = json.loads(json.dumps(MANIFEST))
        manifest["actions"]["say"]["examples"] = [{"summary": "It says hello", "input": {}, "output": {"text": "good bye"}}]
        clean = (self.project.folder / "millrace.yaml").read_text()
        self.build_plugin(C_PLUGIN.replace("static void close_plugin", "void helper(void);\nvoid helper(void) {}\nstatic void close_plugin"), flags=[])
        self.project.write("plugins/hello/hello.json", json.dumps(manifest))
        self.trust()
        found = checked()
        self.assertEqual(found["problems"], ['hello.say, example "It says hello": gives {"text":"hello from C"}, not {"text":"good bye"}'])
        self.assertIn("helper", found["notes"][0])
        for what in ("__attribute__((constructor)) static void load(void) { __builtin_trap(); }\n", "__attribute__((constructor)) static void load(void) { for (;;) ; }\n"):
            (self.project.folder / "millrace.yaml").write_text(clean)
            self.build_plugin(C_PLUGIN + what)
            self.trust()
            done = self.project.millrace("plugin", "check", timeout=120)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r'plugin "hello" was refused: its library (crashed \(signal \d+\)|does not come back)')
            self.assertRegex(done.stdout, r"tags +works")

    def test_broken_libraries_are_refused_with_a_sentence_and_the_rest_goes_on(self):
        broken = {
            "a newer contract": C_PLUGIN.replace(".abi_major = MR_ABI_MAJOR", ".abi_major = 99"),
            "no entry": C_PLUGIN.replace("mr_plugin_entry(void)", "another_entry(void)"),
            "a short table": C_PLUGIN.replace("sizeof(mr_plugin)", "8"),
            "another name": C_PLUGIN.replace('{"hello", 5}', '{"other", 5}'),
            "a failing open": C_PLUGIN.replace("  return &host;", '  host->fail(call, (mr_text){"invalid", 7}, (mr_text){"no luck", 7});\n  return 0;'),
        }
        clean = (self.project.folder / "millrace.yaml").read_text()
        for what, source in broken.items():
            (self.project.folder / "millrace.yaml").write_text(clean)
            self.build_plugin(source)
            self.trust()
            done = self.project.millrace("plugin", "check")
            self.assertEqual(done.returncode, 1, what)
            self.assertRegex(done.stdout, r'plugin "hello" was refused: \w', what)
            self.assertRegex(done.stdout, r"tags +works", what)
            self.assertEqual(self.project.millrace("run", "hello", "--live").returncode, 0, what)


class ManifestOnly(SandboxTest):
    def test_a_folder_with_nothing_but_a_manifest_works(self):
        manifest = {"manifest": 1, "name": "surveys", "version": "1.0.0", "summary": "Surveys",
                    "connection": {"auth": "none"},
                    "actions": {"ask": {"summary": "Ask somebody", "effect": "send", "change": "ask {email}", "target": "person:{email}",
                                        "input": {"type": "object", "required": ["email"], "properties": {"email": {"type": "string"}}},
                                        "output": {}, "request": {"method": "POST", "body": {"email": "email"}}}}}
        self.project.write("plugins/surveys/surveys.json", json.dumps(manifest))
        path = self.project.folder / "millrace.yaml"
        path.write_text(path.read_text() + f"  surveys:\n    plugin: surveys\n    base_url: {self.sandbox.url}/sightmill/demo\n")
        self.project.write("workflows/ask.yaml", "version: 1\nname: Ask\ntriggers:\n  - manual\nactions:\n"
                           "  - action: surveys.ask\n    connection: surveys\n    with: {email: ada@example.com}\n")
        self.assertIn("surveys.ask", [entry["name"] for entry in self.project.json("catalog")["entries"]])
        done = self.project.json("run", "ask", "--live")
        self.assertEqual([change["summary"] for change in done["changes"]], ["ask ada@example.com"])
        self.assertEqual([(r["method"], r["body"]) for r in self.sandbox.requests()], [("POST", {"email": "ada@example.com"})])

    def test_a_broken_manifest_is_told_with_its_place_and_the_rest_goes_on(self):
        self.project.write("plugins/bad/bad.json", '{"manifest": 1, "name": "bad", "version": "1.0.0", "summary": "Bad",\n\n "actons": {}}')
        done = self.project.millrace("catalog")
        self.assertEqual(done.returncode, 0)
        self.assertIn("bad.json:3", done.stderr)
        self.assertIn('"actions"', done.stderr)
        self.assertIn("tags.upsert", done.stdout)


if __name__ == "__main__":
    main()
