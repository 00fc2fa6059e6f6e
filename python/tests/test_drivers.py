"""The drivers alone: WebSocket over a pair of sockets, and environments without a web server."""

import asyncio
import select
import socket
import threading

import pytest
from wsgi_peer import HANDSHAKE, read, read_head

from engineio_rs import ASGIApp, WSGIApp, exceptions
from engineio_rs._core import WsCodec
from engineio_rs.async_drivers import asgi
from engineio_rs.async_drivers.threading import SimpleWebSocketWSGI


class FakeServer:
    """As much of a server as a WebSocket needs."""

    ping_interval = 0.1
    ping_timeout = 0.1
    max_http_buffer_size = 1000
    create_event = threading.Event

    def start_background_task(self, target, *args):
        """Starts a thread."""
        task = threading.Thread(target=target, args=args, daemon=True)
        task.start()
        return task

    def _bad_request(self, message):
        return {'status': '400 BAD REQUEST', 'response': message}


@pytest.fixture
def serve():
    """Runs a handler with a WebSocket: returns the peer's end and the thread it runs in."""
    ends = []

    def start(handler):
        ours, theirs = socket.socketpair()
        ends.extend((ours, theirs))
        websocket = SimpleWebSocketWSGI(handler, FakeServer())

        def run():
            with pytest.raises(ConnectionError):
                websocket({**HANDSHAKE, 'werkzeug.socket': ours}, None)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        theirs.settimeout(60)
        read_head(theirs)
        return theirs, thread

    yield start
    for end in ends:
        end.close()


@pytest.mark.parametrize('answer', ids=['send', 'wait', 'wait for all', 'close', 'return'], argvalues=[
    lambda websocket: websocket.send('x'),
    lambda websocket: websocket.wait(),
    lambda websocket: websocket.wait_for_all(),
    lambda websocket: websocket.close(),
    lambda websocket: None,
])
def test_a_peer_is_answered_when_the_handler_knows_of_it(answer):
    ours, theirs = socket.socketpair()
    before = []

    def handler(websocket):
        before.append(select.select([theirs], [], [], 0)[0])
        answer(websocket)

    websocket = SimpleWebSocketWSGI(handler, FakeServer())

    def run():
        with pytest.raises(ConnectionError):
            websocket({**HANDSHAKE, 'werkzeug.socket': ours}, None)

    thread = threading.Thread(target=run, daemon=True)
    with ours, theirs:
        theirs.settimeout(60)
        thread.start()
        assert read_head(theirs).startswith(b'HTTP/1.1 101')
        theirs.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=60)
        assert not thread.is_alive()
    assert before == [[]]


def test_a_peer_that_reads_nothing_is_given_up(serve):
    errors = []

    def handler(websocket):
        with pytest.raises(OSError) as caught:
            while True:
                websocket.send(b'x' * 100_000)
        errors.append(caught.value)

    _, thread = serve(handler)
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert isinstance(errors[0], TimeoutError)


def test_a_peer_that_says_nothing_is_waited_for(serve):
    received = []
    peer, thread = serve(lambda websocket: received.append(websocket.wait()))
    thread.join(timeout=0.5)
    peer.sendall(WsCodec('client').frame('late'))
    thread.join(timeout=60)
    assert received == ['late']


def test_frames_of_many_threads_do_not_mix(serve):
    def handler(websocket):
        threads = [threading.Thread(target=websocket.send, args=(str(n) * 50_000,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    peer, thread = serve(handler)
    codec, messages = WsCodec('client'), []
    while not codec.ended:
        messages += codec.receive(read(peer))
    assert sorted(messages) == [str(n) * 50_000 for n in range(8)]


def test_nothing_is_sent_after_the_end(serve):
    caught = []

    def handler(websocket):
        websocket.close(4000, 'done')
        websocket.close()
        assert websocket.wait() is None
        with pytest.raises(OSError):
            websocket.send('late')
        caught.append(True)

    peer, thread = serve(handler)
    codec = WsCodec('client')
    assert codec.receive(read(peer)) == []
    assert (codec.close_code, codec.close_reason) == (4000, 'done')
    peer.close()
    thread.join(timeout=60)
    assert caught == [True]


def test_without_a_socket_there_is_no_websocket():
    reply = SimpleWebSocketWSGI(None, FakeServer())(dict(HANDSHAKE), None)
    assert reply == {'status': '400 BAD REQUEST', 'response': 'The WebSocket transport is not available'}


class Recorder:
    """An Engine.IO server that only notes that it was called."""

    def __init__(self):
        self.calls = 0

    def handle_request(self, *_):
        """Counts."""
        self.calls += 1
        return [b'']


@pytest.mark.parametrize('path, expected', [('/engine.io', 1), ('/engine.io/', 1), ('/engine.iox', 0), ('/', 0)])
def test_paths_of_the_wsgi_application(path, expected):
    server = Recorder()
    WSGIApp(server)({'PATH_INFO': path}, lambda *_: None)
    assert server.calls == expected


def events(*given):
    """A `receive` that returns these events."""
    left = list(given)

    async def receive():
        return left.pop(0)

    return receive


def translate(*given, **scope):
    """The environment of a request in ASGI."""
    scope = {'type': 'http', 'path': '/engine.io/', 'headers': [], **scope}
    return asyncio.run(asgi.translate_request(scope, events(*given), None))


def test_an_asgi_client_that_leaves_within_its_body():
    environ = translate({'type': 'http.request', 'body': b'4pa', 'more_body': True}, {'type': 'http.disconnect'})
    with pytest.raises(exceptions.EngineIOError, match='went away'):
        asyncio.run(environ['wsgi.input'].read(6))


def test_an_asgi_body_is_read_as_far_as_wanted():
    first = {'type': 'http.request', 'body': b'12345', 'more_body': True}
    environ = translate(first, {'type': 'http.request', 'body': b'6'})
    assert asyncio.run(environ['wsgi.input'].read(4)) == b'1234'
    assert asyncio.run(environ['wsgi.input'].read()) == b'56'


def test_an_asgi_environment_is_the_connection_s():
    scope = {
        'client': ('192.0.2.1', 5000),
        'server': ('192.0.2.2', 443),
        'scheme': 'https',
        'http_version': '2',
        'headers': [(b'cookie', b'a=1'), (b'cookie', b'b=2'), (b'x-a', b'1'), (b'x-a', b'2')],
    }
    environ = translate({'type': 'http.request'}, **scope)
    assert environ['REMOTE_ADDR'] == '192.0.2.1' and environ['REMOTE_PORT'] == '5000'
    assert environ['SERVER_NAME'] == '192.0.2.2' and environ['SERVER_PORT'] == '443'
    assert environ['wsgi.url_scheme'] == 'https' and environ['SERVER_PROTOCOL'] == 'HTTP/2'
    assert environ['HTTP_COOKIE'] == 'a=1; b=2' and environ['HTTP_X_A'] == '1,2'


def test_a_websocket_for_nobody_is_closed():
    sent = []

    async def send(event):
        sent.append(event)

    asyncio.run(ASGIApp(None)({'type': 'websocket', 'path': '/other'}, events(), send))
    assert sent == [{'type': 'websocket.close'}]


@pytest.mark.parametrize('head', [{'CONTENT_LENGTH': '5'}, {'HTTP_TRANSFER_ENCODING': 'chunked'}])
def test_a_websocket_handshake_has_no_body(head):
    request = {**HANDSHAKE, 'REQUEST_METHOD': 'GET'}
    assert WsCodec.refusal(request) is None
    assert WsCodec.refusal({**request, 'CONTENT_LENGTH': '0'}) is None
    assert WsCodec.refusal({**request, **head}) is not None
