"""What python-engineio's clients do wrong, and ours must not; see docs/differences-from-python-engineio.md."""

import json
import threading
import time

import pytest
from client_peers import running
from raw_server import OPEN, RawServer

from engineio_rs import packet
from engineio_rs.exceptions import ConnectionError


@pytest.fixture
def raw():
    server = RawServer()
    yield server
    server.close()


@pytest.fixture(scope='module')
def echo():
    with running('rust') as server:
        yield server


def test_headers_are_on_every_request(raw, any_client):
    client = any_client()
    headers = {'X-Token': 'secret', 'Cookie': 'a=b'}
    client.connect(raw.url, ['polling'], headers=headers)
    assert raw.handshake()
    client.call('send', 'message')
    for method in ('GET', 'POST'):
        request = raw.request(method)
        assert request.headers['x-token'] == 'secret'
        assert 'a=b' in request.headers['cookie']
        request.answer('1' if method == 'GET' else 'ok')
    assert headers == {'X-Token': 'secret', 'Cookie': 'a=b'}


def test_extra_headers_survive_a_second_connection(raw, client_of):
    client = client_of()
    name = 'headers' if client.client.is_asyncio_based() else 'header'
    client.client.websocket_extra_options = {name: {'X-Extra': 'more'}}
    for _ in range(2):
        client.connect(raw.url, ['polling'])
        assert raw.handshake().headers['x-extra'] == 'more'
        raw.request('GET').answer('1')
        assert client.event() == 'connect'
        assert client.event()[0] == client.reason.SERVER_DISCONNECT
        client.call('wait')


def test_more_packets_than_sixteen_in_one_answer_are_delivered(raw, any_client):
    client = any_client()
    client.connect(raw.url, ['polling'])
    raw.request('GET').answer('\x1e'.join(f'4no. {number}' for number in range(200)))
    received = client.received(200)
    assert sorted(received) == sorted(f'no. {number}' for number in range(200))
    raw.request('GET').answer('1')


def test_posts_are_small_for_a_server_that_does_not_answer_ok(raw, any_client):
    client = any_client()
    client.connect(raw.url, ['polling'])
    first = [f'no. {number}' for number in range(100)]
    client.send_all(first)
    posted = []
    while len(posted) < len(first):
        post = raw.request('POST')
        packets = post.body.decode().split('\x1e')
        assert len(packets) <= 16
        posted += packets
        post.answer('OK')
    assert posted == [f'4{message}' for message in first]
    raw.request('GET').answer('1')


def test_posts_are_no_larger_than_the_server_says(any_client):
    server = RawServer({**OPEN, 'maxPayload': 100})
    client = any_client()
    client.connect(server.url, ['polling'])
    client.send_all(['x' * 40] * 5)
    sizes = []
    while sum(sizes) < 5 * 40:
        post = server.request('POST')
        sizes.append(len(post.body))
        post.answer()
    assert max(sizes) <= 100
    with pytest.raises(ValueError, match='100'):
        client.call('send', 'x' * 101)
    server.request('GET').answer('1')
    server.close()


def test_a_server_that_falls_silent_is_noticed(any_client):
    server = RawServer({**OPEN, 'pingInterval': 50, 'pingTimeout': 50})
    client = any_client()
    client.connect(server.url, ['polling'])
    assert client.event() == 'connect'
    assert client.event() == (client.reason.TRANSPORT_ERROR, 'connected')
    server.close()


def test_a_disconnect_handler_that_fails_is_called_once(raw, any_client):
    client, calls = any_client(), []

    @client.client.on('disconnect')
    def disconnect(reason):
        calls.append(reason)
        raise TypeError('of the handler itself')

    client.connect(raw.url, ['polling'])
    raw.request('GET').answer('1')
    client.call('wait')
    assert calls == [client.reason.SERVER_DISCONNECT]


def test_a_disconnect_handler_needs_no_reason(raw, any_client):
    client, calls = any_client(), []
    client.client.on('disconnect', lambda: calls.append('called'))
    client.connect(raw.url, ['polling'])
    raw.request('GET').answer('1')
    client.call('wait')
    assert calls == ['called']


@pytest.mark.parametrize('text', ['[' * 100_000, ' 123', '-1', '1' * 5000, '{"a":', 'NaN'])
def test_text_that_is_nearly_json_stays_text(echo, any_client, transports, text):
    client = any_client()
    client.connect(echo.url, transports)
    (echoed,) = client.echo(text)
    # `NaN` is JSON to Python's parser, and no number equals it.
    assert echoed == text or echoed != echoed
    client.call('disconnect')


def test_one_packet_can_be_sent_on_both_transports(echo, client_of):
    binary = packet.Packet(packet.MESSAGE, b'\x00binary')
    for transport in ('polling', 'websocket', 'polling'):
        client = client_of()
        client.connect(echo.url, [transport])
        client.call('send_packet', binary)
        assert client.received() == [b'\x00binary']


def test_a_rejection_is_told_in_full(any_client):
    server = RawServer(open=None)
    reason = {'why': 'x' * 60_000}
    client = any_client()

    def reject():
        server.request('GET').answer(json.dumps(reason), status=403)

    threading.Thread(target=reject).start()
    with pytest.raises(ConnectionError) as caught:
        client.connect(server.url, ['polling'])
    assert caught.value.args == ('Unexpected status code 403 in server response', reason)
    server.close()


def test_what_a_server_sends_after_its_close_packet_is_ignored(raw, any_client):
    client = any_client()
    client.connect(raw.url, ['polling'])
    raw.request('GET').answer('4before\x1e1\x1e4after')
    assert client.received() == ['before']
    client.call('wait')
    assert client.messages.empty()
    assert client.event() == 'connect'
    assert client.event()[0] == client.reason.SERVER_DISCONNECT


def test_reconnection_needs_the_native_connection(raw, client_of):
    client = client_of(reconnect=True)
    client.use_library()
    with pytest.raises(ValueError, match='native'):
        client.connect(raw.url, ['polling'])
    assert client.client.state == 'disconnected'


def test_the_wall_clock_does_not_matter_to_a_client(raw, any_client, monkeypatch):
    client = any_client()
    client.connect(raw.url, ['polling'])
    monkeypatch.setattr(time, 'time', lambda: 0.0)
    raw.request('GET').answer('2\x1e4still here')
    assert client.received() == ['still here']
    raw.request('POST').answer('ok')
    raw.request('GET').answer('1')
