"""A plugin that `millrace plugin new` begins works before anything in it is changed."""
import json
import os
import shutil
import subprocess

from init_test import Begun
from project import build, main, source


class PluginNew(Begun):
    def setUp(self):
        super().setUp()
        self.begin()

    def make(self, folder, *targets):
        return subprocess.run(["make", "-C", folder, *targets, f"CPPFLAGS=-I{source / 'engine' / 'abi'}"], cwd=self.folder, capture_output=True, text=True, timeout=120,
                              env={**os.environ, "PATH": f"{build}:{os.environ['PATH']}"}, check=False)

    def test_a_manifest_is_good_at_once_and_its_actions_are_there(self):
        done = self.millrace("plugin", "new", "weather")
        self.assertEqual(done.returncode, 0, done.stderr)
        checked = self.millrace("plugin", "check", "weather")
        self.assertEqual((checked.returncode, checked.stdout.split()), (0, ["weather", "works"]), checked.stdout + checked.stderr)
        file = self.folder / "millrace.yaml"
        file.write_text(file.read_text() + "  weather: {plugin: weather, base_url: https://api.example.com, auth: {token: \"secret:weather_token\"}}\n")
        (self.folder / "workflows" / "rename.yaml").write_text(
            "version: 1\nname: Rename\ntriggers:\n  - manual\nactions:\n  - action: weather.things.rename\n    with:\n      thing_id: t1\n      name: First\n")
        self.assertEqual(self.millrace("check").returncode, 0, self.millrace("check").stdout)

    def test_a_library_builds_with_the_header_and_its_example_holds(self):
        if shutil.which("make") is None:
            self.skipTest("make is not here")
        for kind, compiler in (("c", "cc"), ("cpp", "g++")):
            if shutil.which(compiler) is None:
                self.skipTest(compiler + " is not here")
            name = "turner_" + kind
            told = json.loads(self.millrace("plugin", "new", name, "--kind", kind, "--json").stdout)
            self.assertEqual(told["written"], [f"plugins/{name}/{name}.json", f"plugins/{name}/{name}.{kind}", f"plugins/{name}/Makefile"])
            tested = self.make(f"plugins/{name}", "test")
            self.assertEqual(tested.returncode, 0, tested.stdout + tested.stderr)
            self.assertEqual(tested.stderr, "")
            self.assertRegex(tested.stdout, rf"(?m)^{name} +works$")
            trusted = self.make(f"plugins/{name}").stdout
            line = next(line for line in trusted.splitlines() if "trust:" in line).split("say:")[1].strip()
            file = self.folder / "millrace.yaml"
            file.write_text("\n".join(row for row in file.read_text().splitlines() if not row.startswith("trust:")) + "\n" + line + "\n")
            checked = self.millrace("plugin", "check", name)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_an_example_that_does_not_hold_fails_the_test(self):
        self.millrace("plugin", "new", "turner", "--kind", "c")
        manifest = self.folder / "plugins" / "turner" / "turner.json"
        manifest.write_text(manifest.read_text().replace("olleh", "hello"))
        tested = self.make("plugins/turner", "test")
        self.assertNotEqual(tested.returncode, 0)

    def test_names_that_no_plugin_can_have_are_refused_and_nothing_is_written_over(self):
        for name, code in (("Weather", 2), ("a-b", 2), ("../x", 2), ("", 2), ("1a", 2), ("highlevel", 1), ("tags", 1)):
            self.assertEqual(self.millrace("plugin", "new", name).returncode, code, name)
        self.assertEqual(self.millrace("plugin", "new", "weather", "--kind", "rust").returncode, 2)
        self.assertFalse((self.folder / "plugins").exists())
        self.assertEqual(self.millrace("plugin", "new", "weather").returncode, 0)
        before = self.files()
        for kind in ("manifest", "c", "cpp"):
            done = self.millrace("plugin", "new", "weather", "--kind", kind)
            self.assertEqual(done.returncode, 1)
            self.assertIn("weather.json", done.stderr)
        self.assertEqual(self.files(), before)


if __name__ == "__main__":
    main()
