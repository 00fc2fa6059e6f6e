"""Clients with an HTTP session of a library keep the promises of those without."""

import contextlib
import json
import queue
import socket
import threading
import tracemalloc
import zlib

import pytest
from client_peers import running
from raw_server import OPEN

from engineio_rs import _answers, _client_options, exceptions
from engineio_rs._workers import Workers

PATIENCE = 60


@pytest.fixture(scope='module')
def server():
    with running('rust') as server:
        yield server


@pytest.fixture
def portable(client_of):
    """Makes a client of either kind that has a session of a library."""

    def make(**options):
        face = client_of(**options)
        face.use_library()
        return face

    return make


def acting(face, act):
    """Has the connect handler do something: a function of how to call the client's methods."""
    client = face.client
    if client.is_asyncio_based():

        async def connect():
            for method, *arguments in act:
                await getattr(client, method)(*arguments)
    else:

        def connect():
            for method, *arguments in act:
                getattr(client, method)(*arguments)

    client.on('connect', connect)


def test_a_connect_handler_can_send(server, any_client, transports):
    client = any_client()
    acting(client, [('send', 'a'), ('send', b'b'), ('send', 'c' * 300_000), ('send', {'d': 1})])
    client.connect(server.url, transports)
    assert client.received(4) == ['a', b'b', 'c' * 300_000, {'d': 1}]
    assert client.transport == (transports or ['websocket'])[0]
    assert client.echo('end') == ['end']


def test_a_connect_handler_can_wait_until_everything_was_taken_over(server, any_client, transports):
    client = any_client()
    acting(client, [*[('send', 'x' * 900_000)] * 8, ('flush', PATIENCE)])
    client.connect(server.url, transports)
    assert len(client.received(8)) == 8


def test_what_the_server_says_at_once_arrives(server, any_client, transports):
    client = any_client()
    acting(client, [('send', 'burst 50'), ('sleep', 0.2)])
    client.connect(server.url, transports)
    assert client.received(50) == [f'burst {number}' for number in range(50)]


def test_a_connect_handler_can_disconnect(server, any_client, transports):
    client = any_client()
    acting(client, [('send', 'a'), ('disconnect',)])
    client.connect(server.url, transports)
    assert client.client.state == 'disconnected'
    client.connect(server.url, transports)
    assert client.client.state == 'disconnected'


def test_what_stands_for_the_http_session_can_be_closed(server, client_of):
    client = client_of()
    client.connect(server.url)
    client.run(client.client.http.close()) if client.client.is_asyncio_based() else client.client.http.close()
    assert client.client.http.closed
    assert client.echo('still there') == ['still there']
    client.call('disconnect')
    client.connect(server.url)
    assert client.echo('again') == ['again']
    with pytest.raises(AttributeError, match='http_session'):
        _ = client.client.http.cookies


class Script:
    """A server that answers the handshake, and every further request with what a test gives: bytes, or a function."""

    def __init__(self, answer, **open):
        self._answer = answer
        self._open = json.dumps({**OPEN, **open}).encode()
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.url = f'http://127.0.0.1:{self._listener.getsockname()[1]}'
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, ValueError), connection, connection.makefile('rb') as lines:
            while line := lines.readline():
                length = 0
                while (field := lines.readline()) not in (b'\r\n', b''):
                    if field.lower().startswith(b'content-length:'):
                        length = int(field.split(b':')[1])
                lines.read(length)
                if b'sid=' not in line and b'transport=polling' in line and self._open is not None:
                    connection.sendall(response(b'0' + self._open))
                elif line.startswith(b'POST'):
                    connection.sendall(response(b'ok'))
                elif callable(self._answer):
                    self._answer(connection, line)
                else:
                    connection.sendall(self._answer)

    def close(self):
        self._listener.close()


def response(body, *fields, length=None):
    head = ['HTTP/1.1 200 OK', f'Content-Length: {len(body) if length is None else length}', *fields]
    return '\r\n'.join(head).encode() + b'\r\n\r\n' + body


def drip(connection, head, piece):
    """Sends a little, ever again."""
    connection.sendall(head)
    while True:
        connection.sendall(piece)
        threading.Event().wait(0.05)


def flood(connection, line):
    connection.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    while True:
        connection.sendall(b'10000\r\n' + b'4' * 65536 + b'\r\n')


def cut(connection, line):
    connection.sendall(response(b'4partial', length=1000))
    connection.shutdown(socket.SHUT_RDWR)


def bomb(size):
    """A payload of so many bytes, as gzip."""
    compress = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [compress.compress(b'4'), *(compress.compress(bytes(1 << 20)) for _ in range(size >> 20)), compress.flush()]
    return b''.join(parts)


#: Answers to a poll that end the connection at once.
BROKEN = {
    'cut off': cut,
    'no gzip': response(b'garbage', 'Content-Encoding: gzip'),
    'an encoding that was not asked for': response(b'garbage', 'Content-Encoding: br'),
    'no chunks': b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n',
    'no length': b'HTTP/1.1 200 OK\r\nContent-Length: banana\r\n\r\n4hi',
    'endless': flood,
    'a bomb': response(bomb(64 << 20), 'Content-Encoding: gzip'),
    'refused': b'HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno',
    'no packet': response(b'9'),
}


@pytest.mark.parametrize('answer', BROKEN)
def test_a_poll_that_is_answered_wrongly_ends_the_connection(any_client, answer):
    script = Script(BROKEN[answer])
    # Pings are far away: it is the answer that ends it.
    client = any_client(max_payload=1 << 20, request_timeout=PATIENCE)
    client.connect(script.url, ['polling'])
    assert client.event() == 'connect'
    assert client.event()[0] == client.reason.TRANSPORT_ERROR
    client.call('wait')
    assert client.client.state == 'disconnected'
    script.close()


def test_a_body_is_decoded_no_further_than_it_is_taken():
    packed = bomb(256 << 20)
    tracemalloc.start()
    body = _answers.Body(200, {'Content-Encoding': 'gzip'}, 1 << 20)
    with pytest.raises(_answers.TooLarge, match='max_payload'):
        body.add(packed)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


def test_bodies_of_every_encoding_are_read():
    plain = b'4text\x1e' * 1000
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    gzip = zlib.compressobj(9, zlib.DEFLATED, 31)
    forms = {'gzip': gzip.compress(plain) + gzip.flush(), 'deflate': zlib.compress(plain), 'identity': plain}
    for name, packed in [*forms.items(), ('deflate', raw.compress(plain) + raw.flush())]:
        for size in (1, 7, len(packed)):
            body = _answers.Body(200, {'Content-Encoding': name}, len(plain))
            assert all(body.add(packed[at : at + size]) for at in range(0, len(packed), size))
            assert body.finish().body == plain


DRIPS = {
    'heads': lambda connection, line: drip(connection, b'HTTP/1.1 200 OK\r\n', b'X-A: a\r\n'),
    'bodies': lambda connection, line: drip(connection, response(b'', length=10_000_000), b'a'),
    'nothing': lambda connection, line: threading.Event().wait(PATIENCE),
}


@pytest.mark.parametrize('answer', DRIPS)
def test_a_handshake_has_a_deadline(any_client, answer):
    script = Script(DRIPS[answer])
    script._open = None
    client = any_client(request_timeout=1)
    with pytest.raises(exceptions.ConnectionError):
        client.connect(script.url, ['polling'])
    with pytest.raises(exceptions.ConnectionError):
        client.connect(script.url, ['websocket'])
    assert client.client.state == 'disconnected'
    script.close()


def test_an_upgrade_that_is_not_answered_is_given_up(any_client):
    polls = queue.Queue()

    def answer(connection, line):
        if b'websocket' not in line:
            polls.put(line)
        threading.Event().wait(PATIENCE)

    script = Script(answer, upgrades=['websocket'])
    client = any_client(request_timeout=1)
    client.connect(script.url)
    assert client.transport == 'polling'
    assert client.client.state == 'connected'
    assert polls.get(timeout=PATIENCE)
    script.close()


def test_options_of_the_websocket_leave_the_checks_of_polling_alone(client_of):
    import ssl

    client = client_of().client
    client._headers = {}
    unchecked = {'ssl': False} if client.is_asyncio_based() else {'sslopt': {'cert_reqs': ssl.CERT_NONE}}
    client.websocket_extra_options = unchecked
    for transports, verify, expected in (
        (['polling', 'websocket'], True, None),
        (['polling', 'websocket'], False, True),
        (['websocket'], True, True),
        (['polling'], True, False),
    ):
        client.transports, client.ssl_verify = transports, verify
        options = _client_options.native(client, transports[0], 'https://host', 'engine.io')
        assert (options and options['accept_any_certificate']) == expected


def test_the_password_of_a_proxy_may_be_any(client_of):
    client = client_of().client
    client._headers, client.transports = {}, ['websocket']
    client.websocket_extra_options = {
        'http_proxy_host': 'proxy',
        'http_proxy_port': 8080,
        'http_proxy_auth': ('a@b', 'p:/?#@evil.example'),
    }
    proxy = _client_options.native(client, 'websocket', 'http://host', 'engine.io')['proxy']
    assert proxy == 'http://a%40b:p%3A%2F%3F%23%40evil.example@proxy:8080'


def test_threads_of_a_library_end_with_whoever_has_them():
    workers = Workers()
    assert workers.run(PATIENCE, threading.current_thread, lambda: None).is_alive()
    thread = workers.run(PATIENCE, threading.current_thread, lambda: None)
    del workers
    thread.join(PATIENCE)
    assert not thread.is_alive()
