"""Both clients behind one interface for threads, so that each test is written once."""

import asyncio
import queue
import threading

import aiohttp
import requests

import engineio_rs

#: How long something may take that should happen soon, in seconds.
PATIENCE = 60

TRANSPORTS = {'polling': ['polling'], 'websocket': ['websocket'], 'upgrade': None}


class ClientFace:
    """What a test sees of a client: its messages and other events, in queues, and its methods."""

    reason = engineio_rs.Client.reason

    def __init__(self, cls, handles_messages=True, **options):
        self.client = cls(**options)
        self.messages, self.events = queue.Queue(), queue.Queue()
        if handles_messages:
            self.client.on('message', self.messages.put)
        self.client.on('connect', lambda: self.events.put('connect'))
        self.client.on('disconnect', lambda reason: self.events.put((reason, self.client.state)))

    def connect(self, url, transports=None, **arguments):
        return self.call('connect', url, transports=transports, **arguments)

    def received(self, count=1):
        """The next messages."""
        return [self.messages.get(timeout=PATIENCE) for _ in range(count)]

    def event(self):
        """The next event that is no message."""
        return self.events.get(timeout=PATIENCE)

    def send_all(self, messages):
        for message in messages:
            self.call('send', message)

    def echo(self, *messages):
        """What comes back for these messages."""
        self.send_all(messages)
        return self.received(len(messages))

    def use_library(self):
        """Gives the client a session of a library, so that it connects through that."""
        self.client.http_factory = self.library

    @property
    def transport(self):
        return self.client.transport()


class SyncClientFace(ClientFace):
    """`Client`."""

    library = requests.Session

    def __init__(self, **options):
        super().__init__(engineio_rs.Client, **options)

    def call(self, method, *args, **kwargs):
        return getattr(self.client, method)(*args, **kwargs)

    def close(self):
        self.client.disconnect()


class AsyncClientFace(ClientFace):
    """`AsyncClient`, in an event loop that another thread runs."""

    library = aiohttp.ClientSession

    def __init__(self, loop=None, **options):
        self.loop = loop or asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        super().__init__(engineio_rs.AsyncClient, **options)

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE * 2)

    def call(self, method, *args, **kwargs):
        return self.run(self._call(method, args, kwargs))

    async def _call(self, method, args, kwargs):
        return await getattr(self.client, method)(*args, **kwargs)

    def send_all(self, messages):
        self.run(self._send_all(messages))

    async def _send_all(self, messages):
        for message in messages:
            await self.client.send(message)

    def close(self):
        self.call('disconnect')
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
        self.loop.close()


CLIENT_FACES = {'sync': SyncClientFace, 'async': AsyncClientFace}
