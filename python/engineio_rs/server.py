"""The server for threads and greenlets."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CoroutineType
from typing import Any

from . import _doctor, _exit, _failures, _kinds, _logger, _options, _seams, base_server, packet, socket
from ._answer import Answer
from .async_drivers import _wsgi_hosts
from .flows import run

default_logger = logging.getLogger('engineio.server')


class Server(base_server.BaseServer):
    """An Engine.IO server for WSGI, with long-polling and WebSocket.

    :param async_mode: ``'threading'``, ``'eventlet'``, ``'gevent'`` or ``'gevent_uwsgi'``. By default the first of
                       eventlet, gevent_uwsgi, gevent and threading that is installed.
    :param ping_interval: seconds from a client's answer to the next ping, 25 by default; fractions count. With a tuple
                          ``(interval, grace)`` clients are told the sum, and pinged after the interval.
    :param ping_timeout: seconds that a client has for the answer, 20 by default.
    :param max_http_buffer_size: the largest body of a POST and the largest WebSocket message that are accepted, in
                                 bytes, 1,000,000 by default. Clients are told; who sends more is disconnected.
    :param allow_upgrades: whether clients may move from long-polling to WebSocket. True by default.
    :param http_compression: whether responses to polls are compressed where clients accept that. True by default.
    :param compression_threshold: responses of fewer bytes are not compressed, 1024 by default.
    :param cookie: the name of a cookie with the session id, or a dictionary with its ``'name'`` and attributes, whose
                   values are strings, numbers, True for attributes without a value, or functions that return such.
                   ``None``, the default, for no cookie.
    :param cors_allowed_origins: which pages may connect: an origin or a list of them, ``'*'`` for any, ``[]`` to leave
                                 CORS to others, or a function that is called with the origin, and the WSGI
                                 environment if it takes two arguments. By default the server's own.
    :param cors_credentials: whether such pages may send cookies and other credentials. True by default.
    :param logger: a logger, or whether to log more than errors. False by default.
    :param json: a module or object with ``dumps`` and ``loads``, in the place of the standard library's. For the whole
                 process.
    :param async_handlers: whether each message is handled by a task of its own, so that handlers of the same client
                           overlap. With False they run one after the other, in order. True by default.
    :param max_async_handlers: how many handlers of one client may run at the same time if they may overlap, 256 by
                               default. Beyond that its messages wait, and so does its time for answering a ping.
    :param max_inbound_bytes: how many bytes of one client's messages may wait for handlers or be handled; beyond that
                              its messages wait, and so does its time for answering a ping. ``None``, the default, is
                              twice ``max_http_buffer_size``. A message that was decoded from JSON counts as what it
                              takes in memory, about.
    :param jsonp: whether clients may poll by JSONP, for pages of accepted origins in browsers without CORS. False by
                  default: pages of any site can run what it answers with, and no current client needs it.
    :param monitor_clients: whether a background task starts with the first client that disconnects those who do not
                            answer pings. True by default. With False, such a task runs as long as there are clients.
    :param transports: ``'polling'`` or ``'websocket'``, or a list of those that are offered; both by default.
    :param decode_json: whether text messages in JSON are decoded before handlers get them. True by default; with
                        False text stays text.
    :param trusted_proxies: whose ``X-Forwarded-Host`` and ``X-Forwarded-Proto`` are believed, by the address of the
                            connection: an address or network such as ``'10.0.0.0/8'``, ``'unix'`` for Unix sockets,
                            ``'*'`` for everybody, or a list of these; ``[]`` for nobody. By default loopback, private
                            networks and Unix sockets.
    :param kwargs: unknown options are ignored, with a warning.

    Options are attributes, and can be changed at any time. ``ValueError`` is raised for a value that is of no use, and
    for an async mode that is not to be had. For example::

        eio = Server(async_mode='threading')

        @eio.on('message')
        def message(sid, data):
            eio.send(sid, data)

        app = WSGIApp(eio)
    """

    @_seams.original
    def send(self, sid: str, data: Any) -> None:
        """Sends a message to a client. Can be called from any thread, and does not wait for the client.

        :param sid: the session id of the client. A session that does not exist is logged, and no error.
        :param data: ``str``, ``bytes``, or a ``dict`` or ``list``, which are sent as JSON.
        """
        client = self.sockets.get(sid)
        if type(client) is not socket.Socket or not client._post(data):
            self.send_packet(sid, packet.Packet(packet.MESSAGE, data=data))

    @_seams.original
    def send_packet(self, sid: str, pkt: packet.Packet) -> None:
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
        client.send(pkt)

    def broadcast(self, data: Any) -> list[str]:
        """Sends a message to all clients. It is encoded once, and does not wait for any of them.

        :param data: as for ``send``.

        Returns the ids of those that did not get it: their sessions ended meanwhile, or they poll and the text cannot
        be carried by polling. For example::

            eio.broadcast({'news': 'hello'})
        """
        return run(self._send_to(list(self.sockets.items()), data))

    def send_many(self, sids: Iterable[str], data: Any) -> list[str]:
        """Sends a message to several clients, as ``broadcast`` does to all.

        :param sids: the session ids of the clients.
        :param data: as for ``send``.

        Returns the ids of those that did not get it, among them those without a session. For example::

            eio.send_many(team, 'hello')
        """
        return run(self._send_to(self._clients_of(sids), data))

    def get_session(self, sid: str) -> Any:
        """Returns the dictionary that the application keeps for a client: the same one each time.

        Raises ``KeyError`` for a session that does not exist.
        """
        return self._get_socket(sid).session

    def save_session(self, sid: str, session: Any) -> None:
        """Exchanges the dictionary that the application keeps for a client.

        Raises ``KeyError`` for a session that does not exist.
        """
        self._get_socket(sid).session = session

    @contextmanager
    def session(self, sid: str) -> Iterator[Any]:
        """Gives the dictionary of a client to a ``with`` block, and saves it at the end.

        Raises ``KeyError`` for a session that does not exist. For example::

            with eio.session(sid) as session:
                session['user'] = user
        """
        session = self.get_session(sid)
        try:
            yield session
        finally:
            self.save_session(sid, session)

    def disconnect(self, sid: str | None = None) -> None:
        """Disconnects a client, or all of them. One that does not exist is ignored.

        What was sent before still leaves, as far as the client fetches it. The disconnect handler has run when the
        method returns, unless a handler of the same client is running.
        """
        if sid is not None:
            try:
                client = self._get_socket(sid)
            except KeyError:
                return
            client.close(reason=self.reason.SERVER_DISCONNECT)
            self.sockets.pop(sid, None)
        else:
            for sid, client in self.sockets.copy().items():
                client.close(reason=self.reason.SERVER_DISCONNECT)
                self.sockets.pop(sid, None)

    def handle_request(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answers a request, as a WSGI application.

        :param environ: the WSGI environment.
        :param start_response: the WSGI ``start_response``.

        Returns the body as a list of one ``bytes``, which the web server closes once it has left; for a WebSocket,
        what the web server is to be given.
        """
        if not self._examined:
            _doctor.examine(self, environ)
        request = self._begin()
        try:
            reply = run(self._dispatch(environ, start_response))
            if not isinstance(reply, dict):
                return reply
            start_response(reply['status'], reply['headers'])
            is_last = _wsgi_hosts.lingers(environ, reply['status'])
            if not self._draining and not is_last:
                return [reply['response']]
            answer = Answer(reply['response'], environ, is_last, self, request)
            request = None
            return answer
        finally:
            if request is not None:
                self._end(request)

    def shutdown(self, grace: float = base_server.GRACE) -> None:
        """Ends all sessions and stops the background tasks of the server.

        :param grace: how long to wait for clients to hear of it, in seconds, 2 by default. Those that poll do when
                      their polls are answered or when they poll next; those on WebSocket are told and closed at once.

        To be called before the web server stops; what answers requests has left when it returns. Meanwhile and
        afterwards no sessions are opened: handshakes are answered with a status of 503, and ``Retry-After``.
        """
        self.logger.info('Socket.IO is shutting down')
        run(self._drain(grace))
        for task in self._stop_timers():
            task.join()

    def _shut_down_at_exit(self, grace: float) -> None:
        """Shuts down while the interpreter exits: tells those who are being answered, as no requests come any more."""
        self._exits = True
        self.shutdown(grace)

    def _note_exit(self) -> None:
        _exit.register(self)

    @_seams.original
    def start_background_task(self, target: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Starts a thread or greenlet of the async mode and returns it. Its method ``join`` waits for its end.

        :param target: the function that it runs.
        :param args: arguments of the function.
        :param kwargs: keyword arguments of the function.
        """
        contained = _failures.contained(target, self.logger)
        task = self._async['thread'](target=contained, args=args, kwargs=kwargs)
        task.start()
        return task

    def sleep(self, seconds: float = 0) -> Any:
        """Waits, and lets others run meanwhile."""
        return self._async['sleep'](seconds)

    def _start_handler(self, function: Callable[..., Any], *args: Any) -> None:
        """Runs a function beside the caller, as ``start_background_task`` does, in a thread that may have run others."""
        start = self._async.get('run_apart') or self.start_background_task
        start(function, *args)

    def _check_handler(self, event: str, handler: Callable[..., Any]) -> None:
        _kinds.demand_function(event, handler, 'Server')

    def _create_socket(self, sid: str) -> Any:
        return socket.Socket(self, sid)

    def _handle_connect(
        self, environ: Any, start_response: Any, transport: str = 'polling', jsonp_index: int | None = None
    ) -> Any:
        return run(self._connect(environ, (start_response,), transport, jsonp_index))

    @_seams.original
    def _trigger_event(self, event: str, *args: Any, run_async: bool = False) -> Any:
        """Calls the handler of an event. Returns what it returns, or the task that runs it."""
        if event not in self.handlers:
            return None
        if run_async:
            return self.start_background_task(self._call_handler, event, *args)
        return self._call_handler(event, *args)

    def _call_handler(self, event: str, *args: Any) -> Any:
        handler = self.handlers[event]
        try:
            returned = _options.call_with(handler, *args) if event == 'disconnect' else handler(*args)
            if type(returned) is CoroutineType:
                _kinds.reject_coroutine(returned, 'Server')
            return returned
        except BaseException as error:
            if _failures.passes(error):
                raise
            self.logger.exception(event + ' handler error')
            # A connect handler that fails rejects the client.
            return False if event == 'connect' else None

    def _caller(self) -> int:
        return threading.get_ident()

    def _wait_event(self, event: Any, timeout: float | None) -> None:
        event.wait(timeout=timeout)

    def _service_task(self) -> None:
        run(self._run_timers(forever=True))

    def _timer_loop(self) -> None:
        run(self._run_timers(forever=False))
