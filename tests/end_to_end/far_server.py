"""What a far side of a test's own is made of: an HTTP server on a free port of this machine."""
import http.server
import threading


class FarServer(http.server.ThreadingHTTPServer):
    """Serves from its making to its `close`, at `url`. `answers` is the class that answers a request."""
    daemon_threads = True

    def __init__(self, answers):
        super().__init__(("127.0.0.1", 0), answers)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class FarAnswers(http.server.BaseHTTPRequestHandler):
    """Keeps connections, and is silent about what it does."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass
