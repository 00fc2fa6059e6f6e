"""Both servers behind one interface, so that each test is written once: requests in, replies out, without sockets."""

import asyncio
import io
import json
import queue
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import engineio_rs as engineio

#: How long something may take that should happen at once, in seconds.
PATIENCE = 60


@dataclass
class Reply:
    """An HTTP reply."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def code(self) -> int:
        return int(self.status.split()[0])

    @property
    def text(self) -> str:
        return self.body.decode()

    def values(self, name: str) -> list[str]:
        """The values of a header field."""
        return [value for header, value in self.headers if header == name]


class Face:
    """What the two faces share: sessions as a client sees them, and what the application is told."""

    def __init__(self) -> None:
        self.events: queue.Queue[tuple] = queue.Queue()
        self.websockets: queue.Queue[FakeWebSocket] = queue.Queue()
        #: Set while the web server can write answers.
        self.writable = threading.Event()
        self.writable.set()

    def record(self, server):
        for event in server.event_names:
            server.on(event, self._recorder(event))
        return server

    def _recorder(self, event):
        def handler(*args):
            data = args[1] if event != 'connect' else None
            self.events.put((event, data))

        return handler

    def event(self):
        """The next event but for connect."""
        while True:
            event = self.events.get(timeout=PATIENCE)
            if event[0] != 'connect':
                return event

    def request(self, method, query, body=b'', **environ) -> Reply:
        return self.start(method, query, body, **environ).result(PATIENCE)

    def environ(self, method, query, body, environ):
        length = {} if environ.get('HTTP_TRANSFER_ENCODING') else {'CONTENT_LENGTH': str(len(body))}
        return {
            'REQUEST_METHOD': method,
            'QUERY_STRING': query,
            'wsgi.url_scheme': 'http',
            'HTTP_HOST': 'localhost',
            'wsgi.input': self.body(body),
            **length,
            **environ,
        }

    def open(self, **environ) -> str:
        """Opens a session by polling and returns its id."""
        reply = self.request('GET', 'EIO=4&transport=polling', **environ)
        assert reply.code == 200, reply
        return json.loads(reply.text.split('\x1e')[0][1:])['sid']

    def poll(self, sid):
        return self.request('GET', f'EIO=4&transport=polling&sid={sid}')

    def start_poll(self, sid):
        """A poll that waits. Returns its future once it is entered."""
        future = self.start('GET', f'EIO=4&transport=polling&sid={sid}')
        socket = self.server.sockets[sid]
        wait_until(lambda: socket._waiters or future.done())
        return future

    def post(self, sid, body, **environ):
        body = body.encode() if isinstance(body, str) else body
        return self.request('POST', f'EIO=4&transport=polling&sid={sid}', body, **environ)

    def start_websocket(self, sid=None):
        """A WebSocket that opens, for a session or as one. Returns it with the future of its request."""
        query = 'EIO=4&transport=websocket' + (f'&sid={sid}' if sid else '')
        future = self.start('GET', query, HTTP_UPGRADE='websocket', HTTP_CONNECTION='Upgrade')
        return self.websockets.get(timeout=PATIENCE), future


class FakeWebSocket:
    """A WebSocket's two ends: what the server's driver would have, and what the client sees."""

    def __init__(self) -> None:
        self.incoming: queue.Queue = queue.Queue()
        self.outgoing: queue.Queue = queue.Queue()
        self.code = None

    def client_sends(self, *frames):
        for frame in frames:
            self.incoming.put(frame)

    def client_gets(self):
        return self.outgoing.get(timeout=PATIENCE)

    def closed(self, code=1000):
        if self.code is None:
            self.code = code
            self.incoming.put(None)
            self.outgoing.put(None)


class SyncFace(Face):
    """`Server`, each request in a thread of its own."""

    def __init__(self, **options) -> None:
        super().__init__()
        self.pool = ThreadPoolExecutor(32)
        self.server = self.record(engineio.Server(async_mode='threading', **options))
        face = self

        class WebSocket(FakeWebSocket):
            def __init__(self, handler, server):
                super().__init__()
                self.handler = handler

            def __call__(self, environ, start_response):
                face.websockets.put(self)
                try:
                    self.handler(self)
                finally:
                    self.closed()
                return []

            def wait(self):
                return self.incoming.get()

            def send(self, frame):
                self.outgoing.put(frame)

            def close(self, code=1000, reason=''):
                self.closed(code)

        self.server._async = {**self.server._async, 'websocket': WebSocket}

    def body(self, data):
        return io.BytesIO(data)

    def start(self, method, query, body=b'', **environ) -> Future:
        return self.pool.submit(self._request, self.environ(method, query, body, environ))

    def _request(self, environ):
        head = []
        body = self.server.handle_request(environ, lambda *args: head.extend(args))
        if not head:
            return None
        self.writable.wait(PATIENCE)
        if hasattr(body, 'close'):
            body.close()
        return Reply(head[0], head[1], body[0])

    def call(self, name, *args):
        """Calls a method of the server, in a thread of its own."""
        return self.pool.submit(getattr(self.server, name), *args).result(PATIENCE)

    def close(self):
        self.server.shutdown(0)
        self.pool.shutdown(wait=False)


class AsyncBody:
    """A body of a request."""

    def __init__(self, data):
        self.stream = io.BytesIO(data)

    async def read(self, length=None):
        return self.stream.read(length)


class AsyncFace(Face):
    """`AsyncServer`, in an event loop that another thread runs."""

    def __init__(self, **options) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self.record(engineio.AsyncServer(async_mode='asgi', **options))
        face = self

        class WebSocket(FakeWebSocket):
            def __init__(self, handler, server):
                super().__init__()
                self.handler = handler

            async def __call__(self, environ):
                face.websockets.put(self)
                try:
                    await self.handler(self)
                finally:
                    self.closed()
                return None

            async def wait(self):
                return await asyncio.to_thread(self.incoming.get)

            async def send(self, frame):
                self.outgoing.put(frame)

            async def close(self, code=1000, reason=''):
                self.closed(code)

        self.server._async = {
            'asyncio': True,
            'translate_request': lambda environ: environ,
            'make_response': self._respond,
            'websocket': WebSocket,
        }

    async def _respond(self, status, headers, body, environ):
        await asyncio.to_thread(self.writable.wait, PATIENCE)
        return Reply(status, headers, body)

    def body(self, data):
        return AsyncBody(data)

    def start(self, method, query, body=b'', **environ) -> Future:
        request = self.server.handle_request(self.environ(method, query, body, environ))
        return asyncio.run_coroutine_threadsafe(request, self.loop)

    def call(self, name, *args):
        """Calls a method of the server, in its event loop."""
        return asyncio.run_coroutine_threadsafe(getattr(self.server, name)(*args), self.loop).result(PATIENCE)

    def close(self):
        self.call('shutdown', 0)
        asyncio.run_coroutine_threadsafe(_end_other_tasks(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)


async def _end_other_tasks():
    """Cancels what an event loop still has to do, and lets it end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


FACES = {'sync': SyncFace, 'async': AsyncFace}


def wait_until(condition):
    """Waits for something that is about to come true."""
    done = threading.Event()
    for _ in range(PATIENCE * 1000):
        if condition():
            return
        done.wait(0.001)
    raise AssertionError('it did not come true')
