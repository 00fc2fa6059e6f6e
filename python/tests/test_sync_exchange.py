"""Messages over WebSocket in threads, from a web server's socket to the handlers and back."""

import contextlib
import logging
import queue
import socket
import threading
from unittest import mock

import pytest
from engineio_rs import Server, WSGIApp
from engineio_rs._core import WsCodec
from engineio_rs.socket import Socket
from faces import PATIENCE, wait_until
from wsgi_peer import HANDSHAKE, read, read_head


class Client:
    """A client's WebSocket, and the thread in which the web server answers its request."""

    def __init__(self, server):
        self.server = server
        self.known = set(server.sockets)
        ours, self.peer = socket.socketpair()
        self.peer.settimeout(PATIENCE)
        self.codec, self.messages = WsCodec('client'), []
        self.thread = threading.Thread(target=self._serve, args=(ours,), name='host', daemon=True)
        self.thread.start()
        read_head(self.peer)
        assert self.get().startswith('0{')
        (self.sid,) = set(server.sockets) - self.known

    def _serve(self, sock):
        environ = {
            **HANDSHAKE, 'REQUEST_METHOD': 'GET', 'PATH_INFO': '/engine.io/', 'HTTP_HOST': 'localhost',
            'QUERY_STRING': 'EIO=4&transport=websocket', 'wsgi.url_scheme': 'http', 'werkzeug.socket': sock,
        }
        with sock, contextlib.suppress(ConnectionError):
            WSGIApp(self.server)(environ, None)

    def send(self, *messages):
        self.peer.sendall(b''.join(map(self.codec.frame, messages)))

    def get(self):
        """The next message, or the code that the connection was closed with."""
        while not self.messages:
            if self.codec.ended:
                return self.codec.close_code
            self.messages += self.codec.receive(read(self.peer))
        return self.messages.pop(0)

    def close(self):
        self.peer.close()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@contextlib.contextmanager
def connected(server):
    client = Client(server)
    try:
        yield client
    finally:
        client.close()
        server.shutdown()


def server_of(handler=None, **options):
    server = Server(async_mode='threading', **options)
    server.on('message', handler or server.send)
    return server


@pytest.fixture(params=[True, False], ids=['overlapping', 'in order'])
def async_handlers(request):
    return request.param


def threads():
    """Those that the package has started, but for those that wait for messages of earlier tests."""
    return [thread for thread in threading.enumerate() if thread.name not in ('host', 'engineio-handler')]


@pytest.mark.parametrize('messages', [['4a'], [b'a'], ['4a', b'b', '4c'], ['4' + 'x' * 100_000]])
def test_messages_come_back(messages):
    with connected(server_of(async_handlers=False)) as client:
        client.send(*messages)
        assert [client.get() for _ in messages] == messages


def test_a_shutdown_delivers_what_is_on_its_way(async_handlers):
    handled = queue.SimpleQueue()
    server = server_of(lambda sid, data: handled.put(data), async_handlers=async_handlers)
    server.on('disconnect', lambda sid, reason: handled.put(reason))
    with connected(server) as client:
        ended = threading.Thread(target=server.shutdown, args=(PATIENCE,))
        ended.start()
        assert [client.get(), client.get()] == ['1', 1001]
        client.send('4late')
        assert handled.get(timeout=PATIENCE) == 'late'
        assert ended.is_alive()
        client.peer.sendall(client.codec.take_output())
        assert handled.get(timeout=PATIENCE) == 'server disconnect'
        ended.join(PATIENCE)
        assert not ended.is_alive()


def test_a_client_that_does_not_close_is_read_until_the_grace_is_over(async_handlers):
    handled = queue.SimpleQueue()
    server = server_of(async_handlers=async_handlers)
    server.on('disconnect', lambda sid, reason: handled.put(reason))
    with connected(server) as client:
        server.shutdown(0.05)
        assert [client.get(), client.get()] == ['1', 1001]
        assert handled.get(timeout=PATIENCE) == 'server disconnect'
        assert client.peer.recv(1) == b''
        client.thread.join(PATIENCE)


def test_heartbeats_and_connections_cost_no_threads(async_handlers):
    server = server_of(async_handlers=async_handlers, ping_interval=0.05, ping_timeout=PATIENCE)
    before = len(threads())
    clients = [Client(server) for _ in range(30)]
    for client in clients:
        for _ in range(2):
            assert client.get() == '2'
            client.send('3')
    # The one that looks after all the deadlines.
    assert len(threads()) - before <= 1
    for client in clients:
        client.close()
    server.shutdown()


def test_polling_clients_cost_no_threads():
    server = server_of(ping_interval=0.05)
    before = len(threads())
    app, reply = WSGIApp(server), mock.Mock()
    for _ in range(30):
        app({'REQUEST_METHOD': 'GET', 'PATH_INFO': '/engine.io/', 'QUERY_STRING': 'EIO=4&transport=polling'}, reply)
    assert len(server.sockets) == 30
    assert len(threads()) - before <= 1
    server.shutdown()


def test_a_message_costs_no_thread_once_one_is_there():
    used = set()

    def handler(sid, data):
        used.add(threading.current_thread())
        server.send(sid, data)

    server = server_of(handler)
    with connected(server) as client:
        for number in range(50):
            client.send(f'4{number}')
            assert client.get() == f'4{number}'
    # The thread of a message may still be about to wait for the next when that comes.
    assert len(used) < 10


def test_handlers_in_order_wait_for_each_other_while_what_they_have_sent_leaves():
    go = threading.Event()

    def handler(sid, data):
        server.send(sid, data + ' begins')
        go.wait(PATIENCE)
        server.send(sid, data + ' ends')

    server = server_of(handler, async_handlers=False)
    with connected(server) as client:
        client.send('4a', '4b')
        assert client.get() == '4a begins'
        server.send(client.sid, 'from elsewhere')
        assert client.get() == '4from elsewhere'
        go.set()
        assert [client.get() for _ in range(3)] == ['4a ends', '4b begins', '4b ends']


def test_overlapping_handlers_overtake_each_other():
    go = threading.Event()

    def handler(sid, data):
        if data == 'waits':
            go.wait(PATIENCE)
        server.send(sid, data)

    server = server_of(handler)
    with connected(server) as client:
        client.send('4waits', '4overtakes')
        assert client.get() == '4overtakes'
        go.set()
        assert client.get() == '4waits'


def test_sending_does_not_wait_for_a_client_that_does_not_read(async_handlers):
    handled, big = [], 'x' * 100_000

    def handler(sid, data):
        for _ in range(20):
            server.send(sid, big)
        handled.append(data)

    server = server_of(handler, async_handlers=async_handlers)
    with connected(server) as client:
        client.send('4a')
        wait_until(lambda: handled == ['a'])
        client.send('4b')
        wait_until(lambda: handled == ['a', 'b'])
        server.send(client.sid, 'last')
        assert [client.get() for _ in range(41)] == ['4' + big] * 40 + ['4last']
        client.send('4c')
        assert [client.get() for _ in range(20)] == ['4' + big] * 20


def test_many_threads_send():
    server = server_of()
    with connected(server) as client:
        sent = sorted(f'{thread} {number}' for thread in range(8) for number in range(50))
        for thread in range(8):
            own = [text for text in sent if text.startswith(f'{thread} ')]
            threading.Thread(target=lambda own=own: [server.send(client.sid, text) for text in own]).start()
        assert sorted(client.get() for _ in sent) == [f'4{text}' for text in sent]


def test_a_broadcast_leaves_at_once():
    server = server_of()
    with connected(server) as first, connected(server) as second:
        assert server.broadcast({'a': 1}) == server.send_many([first.sid], b'one') == []
        assert [first.get(), first.get(), second.get()] == ['4{"a":1}', b'one', '4{"a":1}']


def test_no_more_handlers_run_than_the_limit_and_reading_resumes():
    go, begun = threading.Event(), []

    def handler(sid, data):
        begun.append(data)
        go.wait(PATIENCE)

    server = server_of(handler)
    with connected(server) as client:
        client.send(*(f'4{number}' for number in range(300)))
        wait_until(lambda: len(begun) == 256)
        wait_until(lambda: server.sockets[client.sid]._waiters)
        assert len(begun) == 256
        go.set()
        wait_until(lambda: len(begun) == 300)


@pytest.mark.parametrize('frame, code', [('9', 1008), ('', 1008), ('4' + 'x' * 100, 1009), (b'x' * 101, 1009)])
def test_what_is_no_packet_closes_the_connection(async_handlers, frame, code):
    ended = []
    server = server_of(async_handlers=async_handlers, max_http_buffer_size=100)
    server.on('disconnect', lambda sid, reason: ended.append(reason))
    with connected(server) as client:
        client.send('4last')
        assert client.get() == '4last'
        client.send(frame, '4late')
        assert client.get() == code
    assert ended == ['transport error']
    assert server.sockets == {}


def test_a_handler_disconnects_its_client(async_handlers):
    ended = []

    def handler(sid, data):
        server.send(sid, 'goodbye')
        server.disconnect(sid)
        ended.append('handled')

    server = server_of(handler, async_handlers=async_handlers)
    server.on('disconnect', lambda sid, reason: ended.append(reason))
    with connected(server) as client:
        client.send('4x')
        assert [client.get() for _ in range(3)] == ['4goodbye', '1', 1000]
        wait_until(lambda: len(ended) == 2)
    assert sorted(ended) == ['handled', 'server disconnect']


@pytest.mark.parametrize('packet, reason', [('1', 'client disconnect'), (None, 'transport close')])
def test_the_end_is_told_once_and_last(packet, reason):
    told = []
    server = server_of(lambda sid, data: told.append(data), async_handlers=False)
    server.on('disconnect', lambda sid, reason: told.append(reason))
    with connected(server) as client:
        client.send('4a', *([packet] if packet else []))
    assert told == ['a', reason]


@pytest.mark.parametrize('name', ['send', 'receive', 'poll', 'schedule_ping'])
def test_a_replaced_method_is_called(name, async_handlers):
    server = server_of(async_handlers=async_handlers)
    with mock.patch.object(Socket, name, autospec=True, side_effect=getattr(Socket, name)) as replaced:
        with connected(server) as client:
            before = replaced.call_count
            client.send('4a', '3')
            assert client.get() == '4a'
            wait_until(lambda: replaced.call_count > before)


def test_packets_are_logged_as_in_python_engineio(async_handlers, caplog):
    server = server_of(async_handlers=async_handlers, logger=logging.getLogger('test'))
    with caplog.at_level(logging.INFO, 'test'), connected(server) as client:
        client.send('4a')
        assert client.get() == '4a'
    assert f'{client.sid[:6]}…: Received packet MESSAGE data a' in caplog.messages
    assert f'{client.sid[:6]}…: Sending packet MESSAGE data a' in caplog.messages
