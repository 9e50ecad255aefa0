"""What the packaged unit's filter over system calls leaves to the cage of strangers' plugins. Without systemd as the first process the same
filter is put on by hand, out of the unit's own lines; where there is no systemd-analyze to say what its groups hold, this is left out."""
import ctypes
import json
import os
import pathlib
import platform
import re
import shutil
import struct
import subprocess
import unittest

import plugins_test
from project import main, program

# A sanitizer's look for leaks traces the program, which the filter does not allow.
UNTRACED = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
UNIT = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "millrace.service"
NUMBERS = [pathlib.Path(name) for name in ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h")]
ALLOW, EPERM, KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2


def calls_in(words):
    """The names of the calls that a filter's words mean, groups taken apart as systemd does."""
    names = set()
    for word in words:
        if not word.startswith("@"):
            names.add(word)
            continue
        listed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", word], capture_output=True, text=True, check=True).stdout
        lines = [line.strip() for line in listed.splitlines()[1:]]
        names |= calls_in([line for line in lines if line and not line.startswith("#")])
    return names


def numbers_of(names):
    header = next(path for path in NUMBERS if path.exists())
    known = dict(re.findall(r"#define __NR_(\w+) (\d+)", header.read_text()))
    return sorted(int(known[name]) for name in names if name in known)


def program_of(numbers):
    """Allows these calls of x86-64; memory that is both written and run, as MemoryDenyWriteExecute=, and all others are EPERM."""
    def one(code, value, so=0, otherwise=0):
        return struct.pack("HBBI", code, so, otherwise, value)
    load, equal, both, given = 0x20, 0x15, 0x54, 0x06
    code = [one(load, 4), one(equal, 0xC000003E, 1, 0), one(given, KILL), one(load, 0)]
    for call, bits in ((9, 6), (10, 4)):  # mmap: written and run at once; mprotect: made to run
        code += [one(equal, call, 0, 5), one(load, 16 + 2 * 8), one(both, bits), one(equal, bits, 0, 1), one(given, EPERM), one(load, 0)]
    for number in numbers:
        code += [one(equal, number, 0, 1), one(given, ALLOW)]
    return b"".join([*code, one(given, EPERM)]), len(code) + 1


class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


@unittest.skipUnless(shutil.which("systemd-analyze") and platform.machine() == "x86_64" and any(path.exists() for path in NUMBERS),
                     "needs systemd-analyze and the numbers of the system calls")
class UnitFilter(plugins_test.PluginBench):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.words = " ".join(re.findall(r"^SystemCallFilter=(.*)$", UNIT.read_text(), re.M)).split()

    def under(self, without, *arguments):
        """Runs the program as the unit would, with words of its filter left out."""
        code, length = program_of(numbers_of(calls_in(self.words) - set(without)))
        libc = ctypes.CDLL(None)

        def put_on():
            if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(Filter(length, code))) != 0:
                raise OSError("the filter cannot be put on")
        return subprocess.run([program, *arguments], cwd=self.project.folder, env=UNTRACED, preexec_fn=put_on, capture_output=True, text=True, timeout=60, check=False)

    def cage(self, *without):
        return json.loads(self.under(without, "doctor", "--json").stdout)["cage"]

    def test_under_it_the_cage_holds_what_it_holds_without_it(self):
        free = json.loads(self.project.millrace("doctor", "--json").stdout)["cage"]
        self.assertIn("seccomp is on", free)
        self.assertEqual(self.cage(), free)
        self.assertIn("cage: " + free, self.under((), "doctor").stdout)

    def test_under_it_a_strangers_plugin_is_caged_and_works(self):
        self.build_plugin()
        self.trust()
        self.project.write("workflows/greeting.yaml", plugins_test.WORKFLOW)
        done = self.under((), "run", "greeting", "--live")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.project.folder / "output" / "said.txt").read_text(), "hello from C")

    def test_what_the_unit_has_to_name_is_said_where_it_does_not(self):
        self.assertIn("the service manager forbids the filter for system calls: its own has to allow seccomp", self.cage("seccomp"))
        if "Landlock is not" in self.cage():
            self.skipTest("this kernel has no Landlock")
        landlock = [word for word in self.words if word.startswith("landlock_")]
        self.assertIn("the service manager forbids Landlock", self.cage(*landlock))
        self.build_plugin()
        self.trust()
        self.project.write("workflows/greeting.yaml", plugins_test.WORKFLOW)
        refused = self.under(landlock, "run", "greeting", "--live")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("it cannot be kept apart: the service manager forbids Landlock", refused.stderr)

    def test_the_units_rating_stays_below_two(self):
        said = subprocess.run(["systemd-analyze", "security", "--no-pager", "--offline=true", str(UNIT)], capture_output=True, text=True, check=False)
        rating = re.search(r"Overall exposure level for millrace.service: ([0-9.]+)", said.stdout)
        if rating is None:
            self.skipTest("this systemd-analyze does not rate files: " + said.stderr.strip())
        self.assertLess(float(rating[1]), 2.0)


if __name__ == "__main__":
    main()
