"""The terminal of a page: its commands one after the other, in a folder and at a home of their own, with a sandbox and a service of their own."""
import functools
import getpass
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from project import Project, Sandbox, build, program, source
from service import PATIENCE, wait_until

# What is another each time; each has to be of the same kind on the page.
KINDS = [
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)",  # a time
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day +(?=\d{4}-)",  # its day
    r"\b\d{4}-\d\d-\d\d\b",  # a date
    r"\b[re]0[0-9a-z]{12}\b",  # a run, an event
    r"\b[0-9a-f]{64}\b",  # a hash
    r"\b(?=[a-f]*\d)[0-9a-f]{7}\b",  # a version of a workflow
    r"\b\d+[smhd] ago\b",
    r"\babout (?:an?|\d+(?:\.\d+)?) \w+",  # how long calls take is the machine's affair
]
VARIES = re.compile("|".join(f"({kind})" for kind in KINDS))
ELSE = re.compile(f"{VARIES.pattern}|\\.\\.\\.")
# Commands that only look are asked again until the service has come so far.
LOOKS = re.compile(r"(?:build/)?millrace (?:runs (?:list|show)|why|doctor|connections|versions|audit list)\b|cat |ls |curl -s |head ")


class Shell:
    def __init__(self, empty):
        self.sandbox = Sandbox("--limit", "off")
        self.sample = Project(self.sandbox.url)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="millrace-home-"))
        self.here = self.home if empty else self.sample.folder
        self.folder = self.here
        self.service, self.port = None, None
        self.meant = {}  # what is called so on the page -> what it is called here
        (self.home / ".pc").mkdir()
        (self.home / ".pc" / "millrace.pc").write_text(f"Name: millrace\nDescription: the header\nVersion: 1\nCflags: -I{source / 'engine' / 'abi'}\n")
        self.environment = {**os.environ, "HOME": str(self.home), "PATH": f"{build}:{os.environ['PATH']}", "XDG_CONFIG_HOME": str(self.home / ".config"),
                            "PKG_CONFIG_PATH": str(self.home / ".pc"), "LC_ALL": "C.UTF-8"}

    def close(self):
        self.stop_service()
        self.sandbox.close()
        self.sample.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def there(self, text):
        """What stands on a page as it has to be typed here."""
        text = text.replace("http://127.0.0.1:8720", self.sandbox.url)
        if self.port:
            text = text.replace("127.0.0.1:8710", f"127.0.0.1:{self.port}")
        return VARIES.sub(lambda found: self.meant.get(found[0], found[0]), text)

    def shown(self, text):
        """What is said here as a page shows it."""
        text = text.replace(self.sandbox.url, "http://127.0.0.1:8720")
        if self.port:
            text = text.replace(f"127.0.0.1:{self.port}", "127.0.0.1:8710")
        return re.sub(rf"(?<=  )(os:)?{getpass.getuser()}(?=  )", r"\1ada", text.replace(str(self.home), "/home/ada"))

    def use_sandbox(self):
        for file in self.here.glob("**/millrace.yaml"):
            text = file.read_text()
            if "http://127.0.0.1:8720" in text:
                file.write_text(text.replace("http://127.0.0.1:8720", self.sandbox.url))

    def millrace(self, *arguments):
        return subprocess.run([program, *arguments], cwd=self.here, env=self.environment, capture_output=True, text=True, timeout=120, check=False)

    @functools.lru_cache(maxsize=None)
    def help(self, *verb):
        """What a verb says of itself; nothing where there is none."""
        done = subprocess.run([program, *verb, "--help"], cwd=self.home, env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout if done.returncode == 0 else ""

    def says(self, command, expected):
        """Why it is not what the command prints, or nothing."""
        self.use_sandbox()
        if re.match(r"(build/)?millrace sandbox( --\S+ \S+)* &$", command):
            return None  # it is there
        if command.endswith("millrace serve &"):
            return self.compared(self.start_service(), expected)
        if command in ("kill %1", "kill %2"):
            return self.compared(self.stop_service(), expected)
        code, words = 0, command
        told = re.search(r" +# exits (\d+)$", command)
        if told:
            code, words = int(told[1]), command[:told.start()]
        try:
            wait_until(lambda: self.once(words, expected, code) is None, 20 if self.service and LOOKS.match(words) else 0, "it")
        except AssertionError:
            return self.wrong
        return None

    def once(self, command, expected, code):
        told = self.home / ".pwd"
        done = subprocess.run(["bash", "-c", f"{self.there(command)}\nstatus=$?; pwd > {told}; exit $status".replace("build/millrace", "millrace")],
                              cwd=self.here, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        self.here = pathlib.Path(told.read_text().strip()) if told.exists() else self.here
        self.wrong = self.compared(done.stdout, expected)
        if self.wrong is None and done.returncode != code:
            self.wrong = f"it exits {done.returncode}, not {code}"
        return self.wrong

    def compared(self, told, expected):
        told, expected = self.shown(told), expected.rstrip("\n") + "\n" if expected.strip() else ""
        self.told = told = "".join(line.rstrip() + "\n" for line in told.splitlines())
        names, pattern = [], ""
        for line in expected.splitlines():
            pattern += r"(?:.*\n)*?" if line.strip() == "..." else self.line_pattern(line.rstrip(), names) + r"\n"
        found = re.fullmatch(pattern, told)
        if not found:
            return f"it prints:\n{told}and not:\n{expected}"
        self.meant.update(zip(names, found.groups()))
        return None

    def line_pattern(self, line, names):
        """What varies is taken as it comes, and known by its name on the page from then on."""
        made, end = "", 0
        for part in ELSE.finditer(line):
            made += re.escape(line[end:part.start()]) + (f"({KINDS[part.lastindex - 1]})" if part.lastindex else ".*")
            names += [part[0]] if part.lastindex else []
            end = part.end()
        return made + re.escape(line[end:])

    def start_service(self):
        with open(self.home / ".log", "ab") as log:
            self.service = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0"], cwd=self.here, env=self.environment, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.service.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        self.port = found[1] if found else None
        return line if found else line + (self.home / ".log").read_text()

    def stop_service(self):
        if self.service:
            self.service.send_signal(signal.SIGTERM)
            self.service.wait(60 * PATIENCE)
            self.service.stdout.close()
            self.service = None
        return ""
