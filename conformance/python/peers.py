"""python-engineio's two clients behind one set of blocking calls, so that one test serves both."""

import asyncio
import logging
import queue
import threading

import engineio

PATIENCE = 60


class PingCounter(logging.Handler):
    """Counts the pings that a client logs; there is no event for them."""

    def __init__(self):
        super().__init__(logging.INFO)
        self._pings = queue.Queue()

    def emit(self, record):
        if record.getMessage().startswith('Received packet PING'):
            self._pings.put(None)

    def wait(self, count):
        """Returns once `count` more pings have come."""
        for _ in range(count):
            self._pings.get(timeout=PATIENCE)


class Peer:
    """What a test sees of a client: messages and the reason of the end, both taken from queues."""

    def __init__(self):
        self._messages = queue.Queue()
        self._reasons = queue.Queue()
        self.pings = PingCounter()
        self._logger = logging.Logger('engineio.client', logging.INFO)
        self._logger.addHandler(self.pings)

    def _listen(self):
        self.client.on('message', self._messages.put)
        self.client.on('disconnect', self._reasons.put)

    def receive(self):
        """The next message."""
        return self._messages.get(timeout=PATIENCE)

    def reason(self):
        """The reason of the disconnect, once it has happened."""
        return self._reasons.get(timeout=PATIENCE)

    def drained(self):
        """Whether no message is left that nobody asked for."""
        return self._messages.empty()

    @property
    def sid(self):
        """The session's id."""
        return self.client.sid

    @property
    def transport(self):
        """The transport in use."""
        return self.client.transport()


class InlineClient(engineio.Client):
    """The client with its handlers in the receiving thread: a thread per message, its default, loses the order."""

    def _trigger_event(self, event, *args, **kwargs):
        return super()._trigger_event(event, *args, **{**kwargs, 'run_async': False})


class SyncPeer(Peer):
    """`engineio.Client`: requests and websocket-client."""

    def __init__(self, **options):
        super().__init__()
        self.client = InlineClient(logger=self._logger, handle_sigint=False, **options)
        self._listen()

    def connect(self, url, **options):
        """Connects, over both transports unless told otherwise."""
        self.client.connect(url, **options)

    def send(self, *messages):
        """Queues messages."""
        for message in messages:
            self.client.send(message)

    def disconnect(self):
        """Disconnects from our side."""
        self.client.disconnect()

    def close(self):
        """Frees what the client holds."""
        # Without waiting: a close packet that follows a message closely may stay in the client's queue, and then
        # the poll it would wait for lasts until the next ping.
        self.client.disconnect(abort=True)


class AsyncPeer(Peer):
    """`engineio.AsyncClient`: aiohttp, on an event loop in a thread of its own."""

    def __init__(self, **options):
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.client = self._call(self._build(options))
        self._listen()

    async def _build(self, options):
        return engineio.AsyncClient(logger=self._logger, handle_sigint=False, **options)

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=PATIENCE)

    def connect(self, url, **options):
        """Connects, over both transports unless told otherwise."""
        self._call(self.client.connect(url, **options))

    def send(self, *messages):
        """Queues messages, all of them before any is written."""

        async def send_all():
            for message in messages:
                await self.client.send(message)

        self._call(send_all())

    def disconnect(self):
        """Disconnects from our side."""
        self._call(self.client.disconnect())

    def close(self):
        """Frees what the client holds, the loop and its thread included."""
        self._call(self.client.disconnect())
        self._call(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _finish(self):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self.client.http is not None:
            await self.client.http.close()


FACES = {'sync': SyncPeer, 'asyncio': AsyncPeer}
TRANSPORTS = {'polling': ['polling'], 'websocket': ['websocket'], 'upgraded': ['polling', 'websocket']}
