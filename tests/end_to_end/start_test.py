"""What the program needs before it can begin: short commands are quick because they load little."""
import pathlib
import platform
import re
import subprocess
import tempfile
import unittest

from project import SandboxTest, build, main
from service import INSTRUMENTED, wait_until

LOCAL = """version: 1
name: Local
triggers:
  - manual
actions:
  - action: files.write
    with: {file: kept.txt, text: hello}
"""
LISTS = """version: 1
name: Lists
locations: [loc_main]
triggers:
  - manual
actions:
  - action: highlevel.location_tags.list
"""
REPORT = """version: 1
name: Report
triggers:
  - manual
actions:
  - action: reports.%s
    with: {file: a, rows: "[{'a': 1}]"}
"""


class Start(SandboxTest):
    def setUp(self):
        super().setUp()
        self.project.write("workflows/local.yaml", LOCAL)
        self.project.write("workflows/lists.yaml", LISTS)

    def loaded(self, *arguments):
        """The names of the libraries that the command loads, as the system's loader tells them."""
        with tempfile.TemporaryDirectory() as folder:
            done = self.project.millrace(*arguments, environment={"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": f"{folder}/told"})
            self.assertEqual(done.returncode, 0, done.stderr)
            told = "".join(path.read_text() for path in pathlib.Path(folder).iterdir())
        return {line.split("file=")[1].split()[0] for line in told.splitlines() if "file=" in line}

    def test_only_a_command_that_sends_a_request_loads_the_library_for_it_and_what_comes_with_that(self):
        for command in (("version",), ("check", "workflows/lists.yaml"), ("plan", "local"), ("run", "local", "--live")):
            self.assertFalse({"libcurl.so.4", "libcrypto.so.3"} & self.loaded(*command), command)
        self.assertIn("libcurl.so.4", self.loaded("plan", "lists"))

    def test_only_a_report_that_is_drawn_loads_what_draws(self):
        for kind in ("csv", "html", "json", "pdf"):
            self.project.write(f"workflows/report-{kind}.yaml", REPORT % kind)
        for kind in ("csv", "html", "json"):
            self.assertFalse({"libcairo.so.2", "libpango-1.0.so.0", "libfontconfig.so.1"} & self.loaded("run", f"report-{kind}", "--live"), kind)
        self.assertLess({"libcairo.so.2", "libpango-1.0.so.0", "libfontconfig.so.1"}, self.loaded("run", "report-pdf", "--live"))

    def test_where_the_library_for_requests_is_not_there_a_request_says_which_package_it_is_in(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "libcurl.so.4").write_text("no library")
            plan = self.project.millrace("plan", "lists", environment={"LD_LIBRARY_PATH": folder})
            local = self.project.millrace("plan", "local", environment={"LD_LIBRARY_PATH": folder})
        self.assertEqual(plan.returncode, 1)
        self.assertIn("cannot send HTTP requests: libcurl cannot be loaded: install the package libcurl4 (", plan.stdout + plan.stderr)
        self.assertEqual(local.returncode, 0, local.stderr)

    def test_what_is_built_is_bound_before_it_begins_and_cannot_be_bound_anew(self):
        programs = [build / name for name in ("millrace", "millrace-sandbox", "millrace-plugin")]
        for file in (*programs, *self.shipped_libraries()):
            told = subprocess.run(["readelf", "-dlW", file], capture_output=True, text=True, check=True).stdout
            for word in ("BIND_NOW", "GNU_RELRO", *(["PIE"] if file in programs else [])):
                self.assertIn(word, told, file.name)

    def shipped_libraries(self):
        libraries = sorted((build / "plugins").glob("*/*.so"))
        self.assertGreaterEqual(len(libraries), 6)
        return libraries

    def imported(self, file):
        return subprocess.run(["readelf", "-W", "--dyn-syms", file], capture_output=True, text=True, check=True).stdout

    @unittest.skipIf(INSTRUMENTED, "sanitizers have their own means")
    @unittest.skipUnless(platform.machine() == "x86_64", "other processors have other marks")
    def test_what_is_built_ends_where_its_memory_is_overrun(self):
        libraries = self.shipped_libraries()
        for file in (build / "millrace", build / "millrace-sandbox", build / "millrace-plugin", *libraries):
            with self.subTest(file.name):
                told = subprocess.run(["readelf", "-dlW", file], capture_output=True, text=True, check=True).stdout
                self.assertRegex(told, r"GNU_STACK .* RW +0x")  # nothing on the stack is carried out
                self.assertGreater(file.read_bytes().count(b"\xf3\x0f\x1e\xfa"), 3)  # endbr64: where jumps may lead
                self.assertNotRegex(told, r"RUNPATH|RPATH|TEXTREL")
                self.assertNotRegex(told, r"LOAD .* RWE ")
        for file in (build / "millrace", build / "millrace-plugin", *(file for file in libraries if file.name != "log.so")):  # log has no array
            self.assertIn("__stack_chk_fail", self.imported(file), file.name)
        for name in ("__memcpy_chk", "__glibcxx_assert_fail"):  # lengths that are known are held, and so are places in lists
            self.assertIn(name, self.imported(build / "millrace"))
        for name in ("pruning", "reports", "statistics", "tags"):  # those that know a length
            self.assertIn("__memcpy_chk", self.imported(build / "plugins" / name / f"{name}.so"), name)

    @unittest.skipIf(INSTRUMENTED, "sanitizers look at the process from another one")
    def test_its_memory_is_shown_to_nobody_and_left_in_no_file(self):
        self.project.write("workflows/waits.yaml", "version: 1\nname: Waits\ntriggers: [manual]\nactions:\n  - delay: 30s\n")
        process = subprocess.Popen([build / "millrace", "run", "waits", "--live"], cwd=self.project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process_files = pathlib.Path("/proc", str(process.pid))
            # What is not to be dumped belongs to root, and its limit for a core is nothing.
            limits = wait_until(lambda: re.search(r"Max core file size +0 +0 ", (process_files / "limits").read_text()), what="the limit")
            self.assertTrue(limits)
            wait_until(lambda: (process_files / "mem").stat().st_uid == 0, what="that its memory is root's")
        finally:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
