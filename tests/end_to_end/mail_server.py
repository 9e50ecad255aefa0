"""Mail servers for tests: one of our own that fails as it is told, and Debian's exim."""
import email
import email.policy
import pathlib
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import time

EXIM = shutil.which("exim4", path="/usr/sbin:/usr/bin")


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mails. `script` maps a command ("RCPT bad@x.example", "RCPT", "MAIL", "AUTH", "DATA", "END") to the answers of
    its next times, the last one again and again; "drop" ends the connection instead, "hang" answers nothing. With `tls`, a
    context, it takes STARTTLS, or says so and is "broken"."""
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, script=None, features=("8BITMIME",), tls=None):
        self.script, self.features, self.tls = dict(script or {}), features, tls
        self.mails, self.commands = [], []
        super().__init__(("127.0.0.1", 0), Talk)
        self.port = self.server_address[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()

    def answer_to(self, command, usual):
        for key in (command, command.split(" ")[0]):
            answers = self.script.get(key)
            if answers:
                return answers.pop(0) if isinstance(answers, list) and len(answers) > 1 else answers[0] if isinstance(answers, list) else answers
        return usual

    def parsed(self, number=0):
        return email.message_from_bytes(self.mails[number][2], policy=email.policy.default)


class Gone(Exception):
    pass


class Talk(socketserver.StreamRequestHandler):
    def say(self, command, usual):
        answer = self.server.answer_to(command, usual)
        if answer == "drop":
            raise Gone
        if answer == "hang":
            time.sleep(60)
            raise Gone
        self.wfile.write(answer.encode() + b"\r\n")
        return answer

    def handle(self):
        try:
            self.talk()
        except (Gone, OSError):
            pass
        finally:
            self.connection.close()

    def talk(self):
        server, sender, recipients = self.server, "", []
        self.say("GREET", "220 test ready")
        while line := self.rfile.readline():
            line = line.decode("utf-8", "replace").rstrip("\r\n")
            verb = line.split(" ")[0].upper()
            server.commands.append(line)
            if verb == "EHLO":
                lines = ["test", *server.features]
                self.wfile.write("".join(f"250{'-' if each is not lines[-1] else ' '}{each}\r\n" for each in lines).encode())
            elif verb == "STARTTLS" and server.tls is not None:
                if self.say("STARTTLS", "220 go on").startswith("2") and server.tls == "broken":
                    self.rfile.read(5)
                    self.wfile.write(b"this is no handshake\r\n")
                    return
                self.connection = server.tls.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
                server.commands.append("(encrypted)")
            elif verb == "AUTH":
                if line.count(" ") == 1:
                    self.wfile.write(b"334 \r\n")
                    server.commands.append(self.rfile.readline().decode().strip())
                self.say("AUTH", "235 welcome")
            elif verb == "MAIL":
                sender = line[line.index("<") + 1:line.index(">")]
                self.say("MAIL", "250 fine")
            elif verb == "RCPT":
                address = line[line.index("<") + 1:line.rindex(">")]
                if self.say("RCPT " + address, "250 fine").startswith("2"):
                    recipients.append(address)
            elif verb == "DATA":
                if not self.say("DATA", "354 go on").startswith("3"):
                    continue
                content = b""
                for data in self.rfile:
                    if data == b".\r\n":
                        break
                    content += data[1:] if data.startswith(b".") else data
                else:
                    return
                server.mails.append((sender, recipients, content))
                self.say("END", "250 queued as 1")
                recipients = []
            elif verb == "QUIT":
                self.say("QUIT", "221 bye")
                return
            else:
                self.say(verb, "250 fine" if verb in ("NOOP", "RSET") else "502 unknown")


class Exim:
    """Debian's exim in a folder of its own, run by whoever runs the test; it puts each mail into a file."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-exim-"))
        for name in ("spool", "log", "mail"):
            (self.folder / name).mkdir()
            (self.folder / name).chmod(0o777)
        self.folder.chmod(0o755)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (self.folder / "exim.conf").write_text(f"""spool_directory = {self.folder}/spool
log_file_path = {self.folder}/log/%slog
pid_file_path = {self.folder}/exim.pid
primary_hostname = mail.example
daemon_smtp_ports = {self.port}
local_interfaces = 127.0.0.1
tls_advertise_hosts =
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
message_size_limit = 50M
keep_environment =
queue_only
begin acl
rcpt:
  deny local_parts = nobody
       message = no such person
  accept
begin routers
begin transports
begin retry
begin rewrite
begin authenticators
""")
        self.process = subprocess.Popen([EXIM, "-C", self.folder / "exim.conf", "-bdf"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    why = self.process.stderr.read().decode() if self.process.poll() is not None else "it does not listen"
                    self.close()
                    raise RuntimeError(f"exim does not start: {why}") from None
                time.sleep(0.05)

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def mails(self):
        """What lies in its queue: recipients, and the message as it came."""
        found = []
        for data in sorted((self.folder / "spool" / "input").rglob("*-D")):
            header = data.with_name(data.name[:-2] + "-H").read_bytes().decode("utf-8", "replace")
            lines = header.split("\n\n", 1)[1].splitlines()
            text = "\n".join(line[5:] if line[:3].isdigit() else line for line in lines)
            body = data.read_bytes().split(b"\n", 1)[1]
            found.append((header, email.message_from_bytes(text.encode() + b"\n\n" + body, policy=email.policy.default)))
        return found
