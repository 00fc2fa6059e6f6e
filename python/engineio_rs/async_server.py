"""The server for asyncio."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from . import _doctor, _failures, _kinds, _logger, _options, _seams, async_socket, base_server, packet
from .async_drivers import _handshake
from .async_drivers._hosting import Hosting
from .flows import arun

#: Responses of so many bytes are compressed by a thread; it takes longer to ask one for less.
COMPRESSED_APART = 65536

#: The event loop keeps no reference to tasks.
task_reference_holder: set[asyncio.Task[Any]] = set()


class AsyncServer(base_server.BaseServer):
    """An Engine.IO server for asyncio, with long-polling and WebSocket.

    :param async_mode: ``'aiohttp'``, ``'sanic'``, ``'tornado'`` or ``'asgi'``. By default the first of them that is
                       installed.

    The other options are those of ``Server``. Handlers are functions or coroutine functions; the methods that wait
    are coroutines. For example::

        eio = AsyncServer(async_mode='asgi')

        @eio.on('message')
        async def message(sid, data):
            await eio.send(sid, data)

        app = ASGIApp(eio)
    """

    def is_asyncio_based(self) -> bool:
        """Whether the methods are coroutines."""
        return True

    def async_modes(self) -> list[str]:
        """The async modes that exist, in the order in which they are tried."""
        return ['aiohttp', 'sanic', 'tornado', 'asgi']

    def attach(self, app: Any, engineio_path: str = 'engine.io', grace: float = base_server.GRACE) -> None:
        """Adds the server to an application of aiohttp or Sanic, and shuts it down when that ends.

        :param app: the application. A server that was made without ``async_mode`` takes the one of its framework.
        :param engineio_path: the path at which clients connect.
        :param grace: how long the application waits for clients to hear of its end, in seconds, 2 by default.

        Raises ``ValueError`` in the other async modes: use ``ASGIApp`` or ``get_tornado_handler`` there.
        """
        framework = _framework_of(app)
        if framework is not None:
            _kinds.demand_mode(self, framework, f'an application of {framework}')
        create_route = self._async.get('create_route')
        if create_route is None:
            raise ValueError(
                f'attach() does not exist in async mode {self.async_mode!r}; use ASGIApp for asgi, and '
                'get_tornado_handler for tornado'
            )
        create_route(app, self, f'/{engineio_path.strip("/")}/')
        end_together = self._async.get('end_together')
        if end_together is not None:
            end_together(app, Hosting(self, grace))

    @_seams.original
    async def send(self, sid: str, data: Any) -> None:
        """Sends a message to a client. Does not wait for the client.

        :param sid: the session id of the client. A session that does not exist is logged, and no error.
        :param data: ``str``, ``bytes``, or a ``dict`` or ``list``, which are sent as JSON.
        """
        client = self.sockets.get(sid)
        if type(client) is not async_socket.AsyncSocket or not client._post(data):
            await self.send_packet(sid, packet.Packet(packet.MESSAGE, data=data))

    @_seams.original
    async def send_packet(self, sid: str, pkt: packet.Packet) -> None:
        """Sends a packet to a client.

        :param sid: the session id of the client. A session that does not exist is logged, and no error.
        :param pkt: the packet, of type ``MESSAGE``, ``NOOP`` or ``CLOSE``. One packet can be sent to many clients: it
                    is encoded once.
        """
        try:
            client = self._get_socket(sid)
        except KeyError:
            self.logger.warning('Cannot send to sid %s', _logger.short(sid))
            return
        await client.send(pkt)

    async def broadcast(self, data: Any) -> list[str]:
        """Sends a message to all clients. It is encoded once, and does not wait for any of them.

        :param data: as for ``send``.

        Returns the ids of those that did not get it: their sessions ended meanwhile, or they poll and the text cannot
        be carried by polling. For example::

            await eio.broadcast({'news': 'hello'})
        """
        return await arun(self._send_to(list(self.sockets.items()), data))

    async def send_many(self, sids: Iterable[str], data: Any) -> list[str]:
        """Sends a message to several clients, as ``broadcast`` does to all.

        :param sids: the session ids of the clients.
        :param data: as for ``send``.

        Returns the ids of those that did not get it, among them those without a session. For example::

            await eio.send_many(team, 'hello')
        """
        return await arun(self._send_to(self._clients_of(sids), data))

    async def get_session(self, sid: str) -> Any:
        """Returns the dictionary that the application keeps for a client: the same one each time.

        Raises ``KeyError`` for a session that does not exist.
        """
        return self._get_socket(sid).session

    async def save_session(self, sid: str, session: Any) -> None:
        """Exchanges the dictionary that the application keeps for a client.

        Raises ``KeyError`` for a session that does not exist.
        """
        self._get_socket(sid).session = session

    @asynccontextmanager
    async def session(self, sid: str) -> AsyncIterator[Any]:
        """Gives the dictionary of a client to an ``async with`` block, and saves it at the end.

        Raises ``KeyError`` for a session that does not exist. For example::

            async with eio.session(sid) as session:
                session['user'] = user
        """
        session = await self.get_session(sid)
        try:
            yield session
        finally:
            await self.save_session(sid, session)

    async def disconnect(self, sid: str | None = None) -> None:
        """Disconnects a client, or all of them. One that does not exist is ignored.

        What was sent before still leaves, as far as the client fetches it. The disconnect handler has run when the
        method returns, unless a handler of the same client is running.
        """
        if sid is not None:
            try:
                client = self._get_socket(sid)
            except KeyError:
                return
            await client.close(reason=self.reason.SERVER_DISCONNECT)
            self.sockets.pop(sid, None)
        else:
            clients = self.sockets.copy()
            await asyncio.gather(*(c.close(reason=self.reason.SERVER_DISCONNECT) for c in clients.values()))
            for sid in clients:
                self.sockets.pop(sid, None)

    async def handle_request(self, *args: Any, **kwargs: Any) -> Any:
        """Answers a request of the web framework, and returns what the framework is to be given."""
        request = self._begin()
        try:
            environ = await _awaited(self._async['translate_request'](*args, **kwargs))
            self._apply_forwarded_scheme(environ)
            if not self._examined:
                _doctor.examine(self, environ)
            reply = await arun(self._dispatch(environ))
            if not isinstance(reply, dict):
                return reply
            environ[_handshake.DRAINING] = self._draining
            make_response = self._async['make_response']
            return await _awaited(make_response(reply['status'], reply['headers'], reply['response'], environ))
        finally:
            self._end(request)

    async def shutdown(self, grace: float = base_server.GRACE) -> None:
        """Ends all sessions and stops the background tasks of the server.

        :param grace: how long to wait for clients to hear of it, in seconds, 2 by default. Those that poll do when
                      their polls are answered or when they poll next; those on WebSocket are told and closed at once.

        To be called before the web server stops; what answers requests has left when it returns. Meanwhile and
        afterwards no sessions are opened: handshakes are answered with a status of 503, and ``Retry-After``.
        """
        self.logger.info('Socket.IO is shutting down')
        await arun(self._drain(grace))
        for task in self._stop_timers():
            await task

    async def _pause(self, grace: float) -> None:
        """Shuts the server down as its web server ends, until another one hosts it."""
        self._paused = self._paused or not self._draining
        await self.shutdown(grace)

    @_seams.original
    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> asyncio.Task[Any]:
        """Starts a task of the running event loop and returns it.

        :param target: the coroutine function that it runs.
        :param args: arguments of the function.
        :param kwargs: keyword arguments of the function.
        """
        work = target(*args, **kwargs)
        if asyncio.iscoroutine(work):
            work = _failures.Contained(work, self.logger)
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        task_reference_holder.add(task)
        task.add_done_callback(task_reference_holder.discard)
        return task

    async def sleep(self, seconds: float = 0) -> None:
        """Waits, and lets others run meanwhile."""
        await asyncio.sleep(seconds)

    def create_queue(self, *args: Any, **kwargs: Any) -> asyncio.Queue[Any]:
        """Returns an ``asyncio.Queue``."""
        return asyncio.Queue(*args, **kwargs)

    def get_queue_empty_exception(self) -> type[asyncio.QueueEmpty]:
        """Returns ``asyncio.QueueEmpty``."""
        return asyncio.QueueEmpty

    def create_event(self, *args: Any, **kwargs: Any) -> asyncio.Event:
        """Returns an ``asyncio.Event``."""
        return asyncio.Event(*args, **kwargs)

    def _start_handler(self, function: Callable[..., Any], *args: Any) -> None:
        """Runs a coroutine function beside the caller."""
        self.start_background_task(function, *args)

    def _create_socket(self, sid: str) -> Any:
        return async_socket.AsyncSocket(self, sid)

    async def _handle_connect(self, environ: Any, transport: str = 'polling', jsonp_index: int | None = None) -> Any:
        return await arun(self._connect(environ, (), transport, jsonp_index))

    @_seams.original
    async def _trigger_event(self, event: str, *args: Any, run_async: bool = False) -> Any:
        """Calls the handler of an event. Returns what it returns, or the task that runs it."""
        if event not in self.handlers:
            return None
        if run_async:
            return self.start_background_task(self._call_handler, event, *args)
        return await self._call_handler(event, *args)

    async def _call_handler(self, event: str, *args: Any) -> Any:
        handler = self.handlers[event]
        try:
            called = _options.call_with(handler, *args) if event == 'disconnect' else handler(*args)
            return await called if hasattr(called, '__await__') else called
        except BaseException as error:
            if _failures.passes_await(error):
                raise
            kind = ' async' if inspect.iscoroutinefunction(handler) else ''
            self.logger.exception(f'{event}{kind} handler error')
            # A connect handler that fails rejects the client.
            return False if event == 'connect' else None

    def _compressed(self, compress: Callable[[bytes], bytes], response: bytes) -> Any:
        """Compresses a long response apart from the event loop, which serves others meanwhile."""
        is_long = len(response) >= COMPRESSED_APART
        return asyncio.to_thread(compress, response) if is_long else compress(response)

    def _caller(self) -> Any:
        return asyncio.current_task()

    async def _wait_event(self, event: asyncio.Event, timeout: float | None) -> None:
        # Not wait_for(): some versions lose a cancellation that comes with the event.
        waiting = asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait([waiting], timeout=timeout)
        finally:
            waiting.cancel()

    async def _service_task(self) -> None:
        await arun(self._run_timers(forever=True))

    async def _timer_loop(self) -> None:
        await arun(self._run_timers(forever=False))


async def _awaited(value: Any) -> Any:
    return await value if hasattr(value, '__await__') else value


def _framework_of(app: Any) -> str | None:
    """Which of the frameworks that servers are attached to an application is of."""
    for base in type(app).__mro__:
        package = base.__module__.partition('.')[0]
        if package in ('aiohttp', 'sanic'):
            return package
    return None
