"""How long an editor waits for `millrace lsp` after a keystroke in a file of the largest size: medians of answers, and of findings."""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
program = str(build / "millrace")
LARGEST = 256 << 10
HEAD = "version: 1\nname: Large\ntriggers:\n  - manual\nvars:\n  names: [a, b, c]\nactions:\n"
STEP = """  - id: kept_{0}
    action: list.filter
    with:
      items: vars.names
      where: item != 'b' && size(item) > {0}
  - if: size(kept_{0}.items) > 3
    then:
      - action: files.write
        with:
          file: kept-{0}.txt
          text: ${{{{ size(kept_{0}.items) }}}} kept of ${{{{ vars.names.map(x, x.upper()).join(', ') }}}}
"""
KEYSTROKES = 40


def large_file():
    text = HEAD
    for number in range(10_000):
        step = STEP.format(number)
        if len(text) + len(step) > LARGEST - 1000:
            return text
        text += step


class Client:
    """Speaks to the server and does nothing else meanwhile."""

    def __init__(self, folder):
        self.process = subprocess.Popen([program, "lsp"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0
        self.checked = False
        self.ask("initialize", {"capabilities": {}, "rootUri": folder.as_uri()})
        self.tell("initialized", {})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method, params):
        self.send({"method": method, "params": params})

    def hear(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            length = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(length))

    def hear_until(self, fits):
        while not fits(message := self.hear()):
            self.checked |= message.get("method") == "textDocument/publishDiagnostics"
        return message

    def ask(self, method, params):
        self.number += 1
        self.send({"id": self.number, "method": method, "params": params})
        return self.hear_until(lambda message: message.get("id") == self.number)

    def findings(self):
        """What is found in the newest text; it may have come while something else was waited for."""
        if self.checked:
            self.checked = False
            return None
        return self.hear_until(lambda message: message.get("method") == "textDocument/publishDiagnostics")


def measure(client, uri, text, line, typed, character):
    """(ms to the answer, ms from the last answer to the findings) of keystrokes at the end of a line that is put in after `line`."""
    answers, checks = [], []
    lines = text.split("\n")
    broken = "\n".join(lines[:line] + [typed] + lines[line:])
    for number in range(KEYSTROKES):
        client.tell("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2 * number}, "contentChanges": [{"text": broken}]})
        client.findings()
        place = {"line": line, "character": len(typed)}
        began = time.perf_counter()
        client.tell("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2 * number + 1},
                                               "contentChanges": [{"range": {"start": place, "end": place}, "text": character}]})
        answer = client.ask("textDocument/completion", {"textDocument": {"uri": uri}, "position": {"line": line, "character": len(typed) + 1}})
        answered = time.perf_counter()
        client.findings()
        checks.append((time.perf_counter() - answered) * 1000)
        answers.append((answered - began) * 1000)
        assert answer["result"]["items"], "nothing was offered"
    return statistics.median(answers), max(answers), statistics.median(checks)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        (folder / "millrace.yaml").write_text("version: 1\n")
        (folder / "workflows").mkdir()
        client = Client(folder)
        text = large_file()
        uri = (folder / "workflows" / "large.yaml").as_uri()
        client.tell("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 0, "text": text}})
        client.findings()
        lines = text.split("\n")
        middle = next(at for at in range(len(lines) // 2, len(lines)) if lines[at].startswith("  - id"))
        last = lines.index("") if "" in lines else len(lines)
        print(f"{len(text) // 1024} KiB, after one letter{'':<10}{'median ms':>11}{'longest':>9}{'findings':>10}   aim")
        for title, line, typed, letter in (("a key, in the middle", middle, "  - a", "c"),
                                           ("an action, in the middle", middle, "  - action: list.", "f"),
                                           ("a member, in the middle", middle, "  - if: kept_0.", "i"),
                                           ("a name, at the end", last, "  - if: kept_", "1")):
            median, longest, checked = measure(client, uri, text, line, typed, letter)
            print(f"{title:<36}{median:>11.1f}{longest:>9.1f}{checked:>10.1f}   answer under 50 ms")
        client.process.stdin.close()
        client.process.wait(10)


main()
