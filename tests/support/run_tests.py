"""Runs script/lint and the test programs of a build folder, adds up the cases, and prints the output of those that failed."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CASES = re.compile(r"test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed")
ROOM = 2 << 30
UNITTEST = re.compile(r"^Ran (\d+) tests? in", re.M)
UNITTEST_FAILED = re.compile(r"FAILED \((?:failures=(\d+))?(?:, )?(?:errors=(\d+))?")


def count(test):
    """(passed, failed) of one test program; a program that broke before its summary is one failure."""
    output = re.sub(r"\x1b\[[0-9;]*m", "", test.get("stdout", "") + test.get("stderr", ""))
    cases = CASES.search(output)
    if cases:
        passed, failed = int(cases[1]), int(cases[2])
    elif UNITTEST.search(output):
        total = int(UNITTEST.search(output)[1])
        broken = UNITTEST_FAILED.search(output)
        failed = sum(int(number or 0) for number in broken.groups()) if broken else 0
        passed = total - failed
    else:
        passed, failed = (1, 0) if test["result"] == "OK" else (0, 1)
    if test["result"] not in ("OK", "SKIP") and failed == 0:
        failed = 1
    return passed, failed


def scratch():
    """Where the tests have their folders: in memory where there is room, because most of their time would be waiting for the disk."""
    memory = pathlib.Path("/dev/shm")
    fits = os.access(memory, os.W_OK | os.X_OK) and shutil.disk_usage(memory).free >= ROOM
    fits = fits and not os.statvfs(memory).f_flag & os.ST_NOEXEC  # libraries and programs lie there, too
    folder = tempfile.TemporaryDirectory(prefix="millrace-tests-", dir=memory if fits else None, ignore_cleanup_errors=True)
    os.chmod(folder.name, 0o711)  # Debian's mail server goes to its files in it as a user of its own
    return folder


def main():
    folder = pathlib.Path(sys.argv[1])
    instrumented = folder.name != "build"
    # The limits of time in tests/meson.build end what hangs; they say nothing of how fast a machine is.
    patience = "10" if instrumented else "4"
    # A third of them waits at any moment: for a retry that is due, for the end of a drain.
    side_by_side = max(2, len(os.sched_getaffinity(0)) * 3 // 2)
    here = pathlib.Path(__file__).resolve().parent
    findings = {"UBSAN_OPTIONS": f"halt_on_error=1:print_stacktrace=1:suppressions={here / 'undefined.supp'}",
                "LSAN_OPTIONS": f"suppressions={here / 'leaks.supp'}", "TSAN_OPTIONS": f"suppressions={here / 'races.supp'}"}
    with scratch() as folders:
        run = subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--timeout-multiplier", patience, "--num-processes", str(side_by_side)],
                             env={**os.environ, **findings, "MILLRACE_PATIENCE": patience, "TMPDIR": folders}, stdout=subprocess.DEVNULL, check=False)
    passed = failed = 0
    if not instrumented:
        lint = subprocess.run(["script/lint"], capture_output=True, text=True, check=False)
        passed, failed = (1, 0) if lint.returncode == 0 else (0, 1)
        print(f"{'lint':<14} {passed:5} passed {failed:4} failed")
        print(lint.stdout + lint.stderr, end="")
    for line in (folder / "meson-logs" / "testlog.json").read_text().splitlines():
        test = json.loads(line)
        good, bad = count(test)
        passed += good
        failed += bad
        print(f"{test['name'].split(' / ')[-1]:<14} {good:5} passed {bad:4} failed  {test['duration']:6.1f} s")
        for reason in re.findall(r"^skipped: .*", test.get("stdout", ""), re.M):
            print("  " + reason)
        if bad:
            print(test.get("stdout", "")[-6000:], test.get("stderr", "")[-4000:])
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or run.returncode else 0


sys.exit(main())
