"""An HTTP server whose every answer a test decides, for what a well-behaved server never does."""

import json
import queue
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OPEN = {'sid': 'abc', 'upgrades': [], 'pingInterval': 25000, 'pingTimeout': 20000, 'maxPayload': 1_000_000}
PATIENCE = 60


@dataclass
class Request:
    """A request: what it asks, and its answer, which the test gives."""

    method: str
    path: str
    headers: dict
    body: bytes
    #: With all fields of a name.
    header_list: Any
    answers: queue.Queue = field(default_factory=queue.Queue)

    def answer(self, body='ok', status=200):
        """Answers it."""
        self.answers.put((status, body.encode() if isinstance(body, str) else body))


class RawServer:
    """Hands its requests out. Those of the handshake are answered with `open`, unless it is None."""

    def __init__(self, open=OPEN, tls=None):
        self.requests = queue.Queue()
        self.handshakes = queue.Queue()
        server, self._open = self, open

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def handle_request(self):
                body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, body, self.headers)
                server._take(request)
                status, body = request.answers.get()
                self.send_response(status)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = handle_request

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._http.daemon_threads = True
        self.url = f'{"https" if tls else "http"}://127.0.0.1:{self._http.server_port}'
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def _take(self, request):
        if self._open is not None and 'sid=' not in request.path:
            self.handshakes.put(request)
            request.answer('0' + json.dumps(self._open))
        else:
            self.requests.put(request)

    def handshake(self):
        """The next handshake, which is answered already."""
        return self.handshakes.get(timeout=PATIENCE)

    def request(self, method=None):
        """The next request; those of another method are passed over and wait."""
        others = []
        while True:
            request = self.requests.get(timeout=PATIENCE)
            if method in (None, request.method):
                break
            others.append(request)
        for other in others:
            self.requests.put(other)
        return request

    def close(self):
        self._http.shutdown()
        self._http.server_close()


class SilentServer:
    """Takes connections and never says anything."""

    def __init__(self):
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.url = f'http://127.0.0.1:{self._listener.getsockname()[1]}'

    def close(self):
        self._listener.close()
