"""A connection whose I/O is a library's: the requests and the WebSocket that carry a session of the core, as flows."""

import json
from typing import Any

from . import _answers, _core, _logger, _redirects, exceptions, packet
from .flows import Flow

#: The answer to a poll that was never sent.
_NOOP = b'6'

#: Most bytes that are read of an answer that refuses the client.
_REFUSAL = 64 << 10


class Connection:
    """A session of the core and the links that carry it. Each connection of a client has its own.

    :param client: the client, whose methods make requests and write frames.
    :param transport: how the connection begins.
    """

    def __init__(self, client: Any, transport: str) -> None:
        self._client = client
        self.session = _core.ClientSession(
            transport,
            packet.Packet,
            upgrade='websocket' in (client.transports or ()),
            connect_timeout=client.request_timeout * 2 + 5,
            max_payload=client.max_payload,
        )
        #: Links that are to be opened: polls, and what else there is. ``None`` is a call to look again.
        self._polls: Any = client.create_queue()
        self.outgoing: Any = client.create_queue()
        #: The WebSocket and its link, once it carries the session or is about to.
        self.websocket: Any = None
        self._link = 0
        self._url = str(client.base_url)
        self._headers = client._headers
        self._over = False

    # How it begins.

    def open(self, transport: str) -> Flow[Any]:
        """Opens the session. Returns what the server said. Raises ``OSError``, or what the library raises."""
        yield self._client._prepare_http(transport)
        _, link = self.session.open_link() or ('', 0)
        if transport == 'polling':
            yield from self._request_open(link)
        else:
            yield from self._receive_open(link)
        name: str
        data: Any
        name, data = self.session.poll_event() or ('', ('', ''))
        if name != 'open':
            raise NotOpened(data[1])
        self._url = f'{self._url}&sid={data["sid"]}'
        return data

    def _request_open(self, link: int) -> Flow[None]:
        client, trail = self._client, _redirects.Trail(self._url, 'polling')
        while True:
            url = trail.url + client._get_url_timestamp()
            answer = yield client._request('GET', url, self._headers, None, client.request_timeout, self._late(link))
            if answer.status not in _redirects.STATUSES:
                break
            self._follow(trail, answer)
        if not answer.is_success:
            raise Refused(answer)
        self.session.answered(link, answer.body)

    def _follow(self, trail: _redirects.Trail, response: Any) -> None:
        """Goes where a response to the handshake leads: there the session lives."""
        trail.follow(response)
        self._url = self._client.base_url = trail.url
        self._client._led = trail.led

    def _late(self, link: int) -> Any:
        """What becomes of the answer to the handshake if nobody waits for it any more: the server is told."""

        client = self._client

        def take(answer: _answers.Answer | None) -> None:
            if answer is not None and answer.is_success:
                self.session.answered(link, answer.body)
                opened = self.session.poll_event()
                if opened is not None and opened[0] == 'open':
                    self._url = f'{self._url}&sid={opened[1]["sid"]}'
                    self.start('polling')
                    self.close()
                    return
            self.discard()
            client._tidy(self)

        return take

    def _receive_open(self, link: int) -> Flow[None]:
        client, trail = self._client, _redirects.Trail(self._url, 'websocket')
        while self.websocket is None:
            try:
                self.websocket = yield client._open_websocket(trail.url + client._get_url_timestamp())
            except _redirects.Redirected as response:
                self._follow(trail, response)
        self._link = link
        self.session.received(link, (yield client._receive_answer(self.websocket)))
        while self.session.opening:
            yield from self._receive_second(link)

    def _receive_second(self, link: int) -> Flow[None]:
        """Receives the packet after the open packet, if it comes soon: it may tell which version the server speaks."""
        session = self.session
        try:
            received = yield self._client._receive_soon(self.websocket, session.timeout() or 0)
        except Exception:
            session.lost(link)
            return
        if received is None:
            session.handle_timeout()
        else:
            session.received(link, received)

    def discard(self) -> None:
        """Nothing came of it."""
        self.session.abort()
        self._finish()

    def resume(self) -> None:
        """Takes over a session that was opened elsewhere, whose id the client has."""
        client = self._client
        opened = {
            'sid': client.sid,
            'upgrades': ['websocket'],
            'pingInterval': int((client.ping_interval or 25) * 1000),
            'pingTimeout': int((client.ping_timeout or 20) * 1000),
        }
        _, link = self.session.open_link() or ('', 0)
        self.session.answered(link, b'0' + json.dumps(opened).encode())
        self.session.poll_event()

    def move(self, url: str) -> Flow[bool]:
        """Moves a session that was taken over to a WebSocket, before it polls. Returns whether it did."""
        yield self._client._prepare_http('websocket')
        links = dict(iter(self.session.open_link, None))
        if not (yield from self._probe(url, links['websocket'])):
            self.session.lost(links['websocket'])
            return False
        self.session.answered(links['poll'], _NOOP)
        yield from self._write_frames()
        return True

    def start(self, transport: str) -> None:
        """Starts to read and to write."""
        self._client._start_loop('_write_loop', self.write)
        if transport == 'polling':
            self._client._start_loop('_read_loop_polling', self.read_polling)
        else:
            self._client._start_loop('_read_loop_websocket', self.read_websocket)
        self.pump()

    # How it goes on, and ends.

    def pump(self) -> None:
        """Has the links opened that the session wants, and what it has to say written. Can be called from anywhere."""
        session = self.session
        while (opened := session.open_link()) is not None:
            kind, link = opened
            if kind == 'websocket':
                self._client._start_loop('', lambda link=link: self._upgrade(link))
            else:
                (self._polls if kind == 'poll' else self.outgoing).put_nowait(link)
        if session.finished:
            self._finish()
        elif self._link and session.wants(self._link):
            self.outgoing.put_nowait(None)
        self._client._announce(session)

    def _finish(self) -> None:
        if not self._over:
            self._over = True
            self._polls.put_nowait(None)
            self.outgoing.put_nowait(None)

    def close(self) -> None:
        """Ends the session without waiting: what is queued still leaves, and the server is told."""
        self.session.close()
        self.pump()

    def read_polling(self) -> Flow[None]:
        """Polls, as often as the session wants."""
        client = self._client
        while (link := (yield self._polls.get())) is not None:
            if self.session.has_ended(link):
                continue
            client.logger.info('Sending polling GET request to %s', _logger.hide_sids(self._url))
            patience = max(client.ping_interval or 0, client.ping_timeout or 0) + 5
            url = self._url + client._get_url_timestamp()
            yield from self._exchange(link, 'GET', url, self._headers, None, patience)
        client.logger.info('Exiting read loop task')

    def _exchange(
        self, link: int, method: str, url: str, headers: dict[str, str], body: bytes | None, timeout: float
    ) -> Flow[None]:
        client, session = self._client, self.session
        try:
            answer = yield client._request(method, url, headers, body, timeout)
        except Exception as error:
            if not session.finished:
                what = str(error) or 'Connection refused by the server, aborting'
                client.logger.warning('%s', _logger.hide_sids(what))
            session.lost(link, isinstance(error, TimeoutError), isinstance(error, _answers.TooLarge))
        else:
            if answer.is_success:
                session.answered(link, answer.body)
            else:
                client.logger.warning('Unexpected status code %s in server response, aborting', answer.status)
                session.refused(link, answer.status)
        self.pump()

    def write(self) -> Flow[None]:
        """Posts, writes to the WebSocket and keeps the session's time, until the session is over."""
        client, session = self._client, self.session
        try:
            while not session.finished:
                links = yield client._get_all(self.outgoing, session.timeout())
                session.handle_timeout()
                for link in filter(None, links):
                    yield from self._post(link)
                if self._link:
                    yield from self._write_frames()
                self.pump()
        finally:
            self._finish()
            client._over(self)
        yield client._close_websocket(self.websocket)
        client.logger.info('Exiting write loop task')

    def _post(self, link: int) -> Flow[None]:
        if self.session.has_ended(link):
            return
        headers = {**self._headers, 'Content-Type': 'text/plain'}
        body = self.session.payload(link)
        yield from self._exchange(link, 'POST', self._url, headers, body, self._client.request_timeout)

    def _write_frames(self) -> Flow[None]:
        client, link, websocket = self._client, self._link, self.websocket
        frames, over = self.session.frames(link)
        try:
            for frame in frames:
                yield client._send_frame(websocket, frame)
        except Exception as error:
            client.logger.warning('WebSocket connection was closed, aborting: %s', error)
            self.session.lost(link)
        else:
            self.session.sent(link)
            if over:
                self._link = 0
                yield client._close_websocket(websocket)
                self.session.lost(link)

    # The upgrade, while polling goes on.

    def _upgrade(self, link: int) -> Flow[None]:
        before, _, after = self._url.removeprefix('http').rpartition('transport=polling')
        url = f'ws{before}transport=websocket{after}'
        try:
            moves = yield from self._probe(url, link)
        finally:
            if not self._link:
                self.session.lost(link)
            self.pump()
        if moves:
            yield from self.read_websocket()

    def _probe(self, url: str, link: int) -> Flow[bool]:
        """Opens a WebSocket and asks whether the session can move to it. Returns whether it can."""
        client, session = self._client, self.session
        client.logger.info('Attempting WebSocket upgrade to %s', _logger.hide_sids(url))
        websocket = None
        try:
            websocket = yield client._open_websocket(url + client._get_url_timestamp())
            for frame in session.frames(link)[0]:
                yield client._send_frame(websocket, frame)
            if session.received(link, (yield client._receive_answer(websocket))):
                self.websocket, self._link, client.ws = websocket, link, websocket
        except Exception as error:
            client.logger.warning('WebSocket upgrade failed: connection error: %s', _logger.hide_sids(error))
        finally:
            if not self._link:
                client._drop_websocket(websocket)
        return self._link != 0

    def read_websocket(self) -> Flow[None]:
        """Reads from the WebSocket until it has ended."""
        client, session, websocket, link = self._client, self.session, self.websocket, self._link
        patience = (client.ping_interval or 0) + (client.ping_timeout or 0)
        alive = True
        while alive:
            if session.reading_paused:
                yield client._wait_reading(session)
            try:
                received = yield client._receive(websocket, patience)
            except Exception as error:
                if not session.finished and not session.has_ended(link):
                    client.logger.warning('WebSocket connection was closed, aborting: %s', error)
                session.lost(link)
                break
            alive = session.received(link, received)
            self.pump()
        self.pump()
        client.logger.info('Exiting read loop task')


    @property
    def is_over(self) -> bool:
        """Whether the session is over: nothing leaves any more."""
        return self._over


class Refused(OSError):
    """The server has refused the handshake: ``answer`` says how."""

    def __init__(self, answer: _answers.Answer) -> None:
        super().__init__(f'Unexpected status code {answer.status} in server response')
        self.answer = answer


class NotOpened(OSError):
    """What the server said is no open packet."""


def connection_error(transport: str, connection: Connection, error: Exception) -> exceptions.ConnectionError:
    """The exception for an attempt that failed, with the original's arguments."""
    if isinstance(error, Refused):
        return exceptions.ConnectionError(str(error), error.answer.json())
    if isinstance(error, exceptions.ConnectionError) or 'Engine.IO 3' in str(error):
        return exceptions.ConnectionError(*error.args)
    if transport == 'websocket':
        if isinstance(error, NotOpened):
            return exceptions.ConnectionError('no OPEN packet')
        if connection.websocket is None:
            return exceptions.ConnectionError('Connection error')
        return exceptions.ConnectionError(f'Unexpected recv exception: {error}')
    if isinstance(error, NotOpened):
        wrong_first = 'first packet' in str(error)
        return exceptions.ConnectionError(
            'OPEN packet not returned by server' if wrong_first else 'Unexpected response from server'
        )
    return exceptions.ConnectionError(str(error) or 'Connection refused by the server')
