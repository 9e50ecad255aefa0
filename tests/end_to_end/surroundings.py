"""What is around a newcomer in a transcript: web servers and a mail server at fixed addresses, a browser, an editor."""
import html.parser
import http.server
import json
import re
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from mail_server import MailServer
from service import wait_until


class Far:
    """Answers as the lines of a block say (`GET http://127.0.0.1:8080/news answers [1]; then [1, 2]`) and keeps what came."""

    def __init__(self):
        self.answers, self.servers, self.came = {}, {}, []
        self.lock = threading.Lock()

    def add(self, line):
        found = re.fullmatch(r"([A-Z]+) http://127\.0\.0\.1:(\d+)(\S*) answers (.*)", line)
        if found is None:
            raise ValueError(f"nobody knows what is around by {line!r}")
        port = int(found[2])
        self.answers[(found[1], port, found[3])] = found[4].split("; then ")
        if port not in self.servers:
            self.servers[port] = self._serve(port)

    def close(self):
        for server in self.servers.values():
            server.shutdown()
            server.server_close()

    def _serve(self, port):
        far = self

        class Answers(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                path = self.path.split("?")[0]
                status, text = far.take(self.command, port, path, self.path, body)
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json" if text[:1] in ("{", "[") else "text/plain")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = answer

        http.server.ThreadingHTTPServer.allow_reuse_address = True
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Answers)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def take(self, method, port, path, whole, body):
        try:
            said = json.dumps(json.loads(body), ensure_ascii=False)
        except ValueError:
            said = body.decode("utf-8", "replace")
        with self.lock:
            self.came.append(f"{method} {whole} {said}".strip())
            answers = self.answers.get((method, port, path), ["404 nothing is here"])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        status = re.fullmatch(r"(\d{3})(?: (.*))?", answer)
        return (int(status[1]), status[2] or "") if status else (200, answer)

    def received(self, number):
        """As many requests as are expected, when they have come; each is told once."""
        wait_until(lambda: len(self.came) >= number, what=f"{number} requests; {self.came}")
        time.sleep(0.1)  # one too many would be seen
        with self.lock:
            came, self.came = self.came, []
        return came


class Mail(MailServer):
    """The mail server of the transcripts, at one address."""

    def __init__(self, port):
        self.wanted = port
        super().__init__()

    def server_bind(self):
        self.server_address = ("127.0.0.1", self.wanted)
        super().server_bind()

    def received(self, number):
        wait_until(lambda: len(self.mails) >= number, what=f"{number} mails")
        lines = []
        for position in range(len(self.mails)):
            mail = self.parsed(position)
            lines += [f"To: {mail['To']}", f"Subject: {mail['Subject']}"]
            lines += [f"Attached: {part.get_filename()}" for part in mail.iter_attachments()]
            lines += mail.get_body(("plain", "html")).get_content().strip().splitlines()
        self.mails.clear()
        return lines


class Browser(html.parser.HTMLParser):
    """Opens addresses, follows links and presses buttons by their words; no script."""

    BLOCKS = {"p", "h1", "h2", "h3", "li", "div", "tr", "button", "label", "dt", "dd", "title", "pre", "section", "br", "td", "th", "ul", "ol", "form"}

    def load(self, address, form=None):
        request = urllib.request.Request(address, None if form is None else urllib.parse.urlencode(form).encode())
        with urllib.request.urlopen(request, timeout=30) as answer:
            self.address, text = answer.geturl(), answer.read().decode()
        super().__init__()
        self.words, self.fields, self.links, self.buttons, self.inside, self.action, self.skipped = "", {}, [], [], None, "", False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in self.BLOCKS:
            self.words += "\n"
        if tag in ("input", "textarea"):
            self.fields[attributes.get("name")] = attributes.get("value", "")
        elif tag == "form":
            self.action = attributes.get("action", "")
        elif tag == "a" and "href" in attributes:
            self.inside = ["", attributes["href"]]
            self.links.append(self.inside)
        elif tag == "button":
            self.inside = ["", attributes]
            self.buttons.append(self.inside)
        self.skipped = tag in ("style", "script")

    def handle_endtag(self, tag):
        if tag in ("a", "button"):
            self.inside = None
        self.skipped = False

    def handle_data(self, data):
        if self.skipped:
            return
        self.words += data
        if self.inside is not None:
            self.inside[0] += data

    def do(self, line):
        """One line: `open ADDRESS`, `follow WORDS`, `write TEXT into FIELD`, `press WORDS`."""
        verb, _, rest = line.partition(" ")
        if verb == "open":
            self.load(rest)
        elif verb == "follow":
            self.load(urllib.parse.urljoin(self.address, next(to for words, to in self.links if rest in words)))
        elif verb == "write":
            text, _, field = rest.rpartition(" into ")
            if field not in self.fields:
                raise AssertionError(f"the page has no field {field!r} but {list(self.fields)}")
            self.fields[field] = text
        elif verb == "press":
            button = next(attributes for words, attributes in self.buttons if words.strip() == rest)
            form = {**self.fields, **({button["name"]: button.get("value", "")} if "name" in button else {})}
            self.load(urllib.parse.urljoin(self.address, self.action), form)
        else:
            return False
        return True

    def shown(self):
        return [line for line in (" ".join(each.split()) for each in self.words.splitlines()) if line]


CURSOR = "\u2038"


def seen_in_editor(folder, program, name, text):
    """What an editor shows of a text by `millrace lsp`: what is underlined, and at the cursor what is offered and said."""
    process = subprocess.Popen([program, "lsp"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def tell(method, params, **more):
        data = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
        process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        process.stdin.flush()

    def heard(is_it):
        while True:
            length = 0
            for line in iter(process.stdout.readline, b"\r\n"):
                if not line:
                    raise AssertionError("millrace lsp has ended")
                length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length:") else length
            message = json.loads(process.stdout.read(length))
            if is_it(message):
                return message

    def asked(number, method, params):
        tell(method, params, id=number)
        return heard(lambda message: message.get("id") == number and "method" not in message).get("result")

    before = text.split(CURSOR)[0]
    place = {"line": before.count("\n"), "character": len(before.rsplit("\n", 1)[-1])}
    document = {"uri": (folder / name).as_uri()}
    with process:
        asked(1, "initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}})
        tell("initialized", {})
        tell("textDocument/didOpen", {"textDocument": {**document, "languageId": "yaml", "version": 1, "text": text.replace(CURSOR, "")}})
        told = heard(lambda message: message.get("method") == "textDocument/publishDiagnostics")
        seen = {"underlined": [f"{each['range']['start']['line'] + 1}: {each['message']}" for each in told["params"]["diagnostics"]]}
        if CURSOR in text:
            offered = asked(2, "textDocument/completion", {"textDocument": document, "position": place}) or []
            seen["offered"] = [each["label"] for each in (offered["items"] if isinstance(offered, dict) else offered)]
            said = asked(3, "textDocument/hover", {"textDocument": document, "position": place})
            contents = said["contents"] if said else ""
            seen["said"] = (contents["value"] if isinstance(contents, dict) else contents).splitlines()
        process.stdin.close()
    return seen
