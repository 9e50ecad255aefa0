"""What a newcomer types and reads, task by task, with nothing but the docs: each transcript of tests/newcomer is played in an empty folder."""
import concurrent.futures
import fcntl
import os
import pathlib
import pty
import select
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from project import build, main, program, source
from service import PATIENCE, wait_until
from surroundings import Browser, Far, Mail, seen_in_editor
from transcript import Names, blocks_of, commands_of, missing_from_docs

TRANSCRIPTS = sorted((source / "tests" / "newcomer").glob("[0-9]*.md"))
PORTS = (8710, 8711, 8720, 8080, 2525)  # which the docs and the transcripts name
# What a newcomer has on the machine, beside the program.
TOOLS = {"curl ": ["curl"], "openssl ": ["openssl"], "make ": ["make", "cc", "pkg-config"]}
ALONE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]


class Otherwise(Exception):
    """Something else was to be read than what stands in the transcript."""


class Play:
    """One transcript, in a folder and with a home of its own."""

    def __init__(self, file):
        self.file, self.names = file, Names()
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="millrace-newcomer-"))
        self.home, self.folder = self.top / "home", self.top / "work"
        self.home.mkdir()
        self.folder.mkdir()
        self.far, self.mail, self.browser = Far(), None, Browser()
        self.background, self.seen = [], {}
        # What the package installs for authors of plugins.
        (self.top / "millrace.pc").write_text(f"Name: millrace\nDescription: -\nVersion: 1\nCflags: -I{source / 'engine' / 'abi'}\n")
        self.environment = {"HOME": str(self.home), "PATH": f"{build}:/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb", "TZ": "UTC",
                            "PKG_CONFIG_PATH": str(self.top)}
        self.environment.update((name, value) for name, value in os.environ.items() if name.startswith(("ASAN_", "UBSAN_", "TSAN_", "LSAN_")))

    def close(self):
        for process, _ in self.background:
            if process.poll() is None:
                process.terminate()
        for process, _ in self.background:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.mail is not None:
            self.mail.close()
        self.far.close()
        shutil.rmtree(self.top, ignore_errors=True)

    def play(self):
        for block in blocks_of(self.file.read_text()):
            try:
                self.one(block)
            except (Otherwise, AssertionError, ValueError, OSError, StopIteration) as error:
                raise Otherwise(f"{self.file.name}:{block.line}: {error}") from None

    def one(self, block):
        kind, _, more = block.kind.partition(" ")
        named = block.prose.rpartition(" `")[2].removesuffix("`:") if block.prose.endswith("`:") else ""
        if kind == "console":
            for command in commands_of(block):
                self.command(command, again=more == "after a moment")
        elif kind == "world":
            self.around(block.text)
        elif kind == "browser":
            self.browse(self.names.put_into(block.text).splitlines())
        elif kind == "received":
            self.hold(block, "\n".join(self.far.received(len(block.text.splitlines()))), "came")
        elif kind == "mail":
            self.hold(block, "\n".join(self.mail.received(sum(line.startswith("To: ") for line in block.text.splitlines()))), "came")
        elif kind == "editor":
            self.seen = seen_in_editor(self.folder, program, more, block.text)
        elif kind in ("underlined", "offered", "said"):
            self.hold(block, "\n".join(self.seen[kind]), f"is {kind}")
        elif kind == "diff":
            self.edit(named, block.text)
        elif named:
            path = self.folder / named
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.read_text() if "At the end of `" in block.prose else ""
            path.write_text(before + self.names.put_into(block.text))
        else:
            raise ValueError(f"nobody knows what this block is: {block.kind!r} below {block.prose!r}")

    def hold(self, block, text, what):
        if not self.names.match(block.text.splitlines(), text):
            raise Otherwise(f"this {what}:\n{text}")

    def around(self, text):
        for line in text.splitlines():
            if line.startswith("mail server at 127.0.0.1:"):
                self.mail = Mail(int(line.rpartition(":")[2]))
            else:
                self.far.add(line)

    def edit(self, named, text):
        """A change as `diff` shows it; the rest of the file stays."""
        lines = self.names.put_into(text).splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] != "+")
        path = self.folder / named
        content = path.read_text()
        if content.count(old) != 1:
            raise Otherwise(f"{named} has this {content.count(old)} times:\n{old}\n--- it is\n{content}")
        path.write_text(content.replace(old, "".join(line[1:] for line in lines if line[0] != "-")))

    def browse(self, lines):
        for line in lines:
            shown = self.browser.do(line) or self.browser.shown()
            if shown is not True and not any(self.names.match([line], each) for each in shown):
                raise Otherwise("the page shows:\n" + "\n".join(shown))

    # Commands

    def command(self, command, again):
        typed = self.names.put_into(command.typed)
        words = typed.split(" ")
        if words[0] == "cd":
            self.folder = (self.folder / words[1]).resolve()
        elif words[0] == "kill":
            self.end(int(words[1].lstrip("%")), command)
        elif command.background:
            self.start(typed.removesuffix(" &"), command)
        elif command.talks:
            self.talk(typed, command)
        else:
            deadline = time.monotonic() + 30 * PATIENCE
            while True:
                done = subprocess.run(["bash", "-c", typed], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, timeout=60 * PATIENCE, check=False)
                if self.fits(command, done.returncode, done.stdout):
                    return
                if not again or time.monotonic() > deadline:
                    raise Otherwise(f"$ {typed}\n{done.stdout}[exits {done.returncode}]")
                time.sleep(0.1)

    def fits(self, command, code, told):
        return code == command.exits and self.names.match(command.expected, told)

    def start(self, typed, command):
        log = open(self.top / f"log-{len(self.background) + 1}", "w+", encoding="utf-8")
        words = shlex.split(typed)
        process = subprocess.Popen(words, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                   executable=shutil.which(words[0], path=self.environment["PATH"]))
        self.background.append((process, log))
        told = lambda: pathlib.Path(log.name).read_text(encoding="utf-8")
        wait_until(lambda: self.names.match(command.expected, told(), whole=False) or process.poll() is not None, 30, f"what is expected of {typed!r}")
        if not self.names.match(command.expected, told(), whole=False):
            raise Otherwise(f"$ {typed} &\n{told()}[exits {process.returncode}]")

    def end(self, number, command):
        process, log = self.background[number - 1]
        process.terminate()
        code = process.wait(60 * PATIENCE)
        if code != command.exits and code != -15:
            raise Otherwise(f"it exits {code}:\n{pathlib.Path(log.name).read_text(encoding='utf-8')}")

    def talk(self, typed, command):
        """At a terminal: waits for what stands before each answer, and types that."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execvpe("bash", ["bash", "-c", typed], self.environment)
        told, expected = "", []
        for line in [*command.expected, None]:
            if line is not None and not line.startswith("[types] "):
                expected.append(line)
                continue
            fits = lambda text: self.names.match(expected, text)
            told = self.heard(terminal, told, (lambda text: line is not None and fits(text)))
            if not fits(told):
                os.close(terminal)
                os.waitpid(child, 0)
                raise Otherwise(f"$ {typed}\n{told}")
            if line is not None:
                os.write(terminal, self.names.put_into(line.removeprefix("[types] ")).encode() + b"\n")
                told, expected = "", []
        os.close(terminal)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != command.exits:
            raise Otherwise(f"$ {typed}\n{told}[exits {code}]")

    def heard(self, terminal, told, enough):
        """What the terminal shows, until it is enough or nothing comes any more."""
        deadline = time.monotonic() + 30 * PATIENCE
        while not (told and enough(told)) and time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(terminal, 4096)
            except OSError:  # whoever wrote has ended
                break
            if not data:
                break
            told = (told + data.decode("utf-8", "replace").replace("\r", "")).removeprefix("\n")
        return told


def listen_alone():
    """A network of one's own begins with its loopback off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS: up and running


def can_be_alone():
    return shutil.which("unshare") is not None and subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0


def taken():
    for port in PORTS:
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                return port
    return None


class Newcomer(unittest.TestCase):
    def played(self, file, alone):
        """What it said of a transcript; nothing where all was as it stands there."""
        typed = file.read_text()
        lacking = [tool for word, tools in TOOLS.items() if "$ " + word in typed for tool in tools if shutil.which(tool) is None]
        if lacking:
            print(f"skipped: {file.stem} needs {', '.join(lacking)}", flush=True)
            return ""
        done = subprocess.run([*(ALONE if alone else []), sys.executable, __file__, "--play", file, *(["--alone"] if alone else [])], capture_output=True,
                              text=True, timeout=280 * PATIENCE, check=False)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def test_each_task_goes_as_its_transcript_says(self):
        alone = can_be_alone()
        if not alone and taken():
            reason = f"port {taken()} is taken, and no network of one's own is allowed here"
            print("skipped: " + reason, flush=True)
            self.skipTest(reason)
        with concurrent.futures.ThreadPoolExecutor(min(4, os.cpu_count() or 1) if alone else 1) as side_by_side:
            for file, wrong in zip(TRANSCRIPTS, side_by_side.map(lambda file: self.played(file, alone), TRANSCRIPTS)):
                with self.subTest(file.stem):
                    if wrong:
                        self.fail("\n" + wrong)
        self.assertEqual([int(file.name[:2]) for file in TRANSCRIPTS], list(range(1, 25)))

    def test_the_pages_that_a_transcript_names_say_what_it_uses(self):
        for file in TRANSCRIPTS:
            with self.subTest(file.stem):
                wrong = missing_from_docs(file, file.read_text())
                if wrong:
                    self.fail("\n" + "\n".join(wrong))


def play(file, alone):
    if alone:
        listen_alone()
    one = Play(pathlib.Path(file))
    try:
        one.play()
    except Otherwise as error:
        print(error)
        return 1
    finally:
        one.close()
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--play"]:
        sys.exit(play(sys.argv[2], "--alone" in sys.argv))
    main()
