"""Both clients, over each transport, against every server that they may meet."""

import json

import pytest
from client_peers import SERVERS, Certificates, HttpProxy, Server, TlsRelay, running

from engineio_rs.exceptions import ConnectionError

#: Servers that drop messages of more than this many characters.
LARGE = 300_000
RECONNECT = {'initial_delay': 0.05, 'max_delay': 0.2}


@pytest.fixture(scope='module', params=SERVERS)
def name(request):
    return request.param


@pytest.fixture(scope='module')
def server(name):
    with running(name) as server:
        yield server


def settled(transports):
    """The transport that a client is on once it is connected."""
    return (transports or ['websocket'])[0]


def test_an_echo_is_what_was_sent(server, client_of, transports):
    client = client_of()
    client.connect(server.url, transports)
    assert client.event() == 'connect'
    assert client.transport == settled(transports)
    messages = ['text', 'Grüße 🦀', b'\x00\x1ebinary\xff', '', {'a': [1, 2.5, None]}, 'x' * LARGE, b'y' * LARGE]
    assert client.echo(*messages) == messages
    client.call('disconnect')
    assert client.event() == (client.reason.CLIENT_DISCONNECT, 'disconnecting')
    assert client.client.state == 'disconnected'
    assert client.events.empty()
    assert client.messages.empty()


def test_messages_that_cross_an_upgrade_arrive_once_and_in_order(server, client_of):
    numbers = [f'no. {number}' for number in range(300)]
    client = client_of(handles_messages=False)
    received = []
    client.client.on('message', lambda message: (received.append(message), client.messages.put(message)))
    # What a connect handler sends, and what the server has to say meanwhile, cross the upgrade.
    start_sending(client, ['burst 100', *numbers])
    client.connect(server.url)
    everything = client.received(400)
    assert [message for message in everything if message.startswith('burst')] == [f'burst {n}' for n in range(100)]
    assert [message for message in everything if message.startswith('no.')] == numbers
    assert client.transport == 'websocket'


def start_sending(client, messages):
    """Has the connect handler send these messages."""
    if client.client.is_asyncio_based():

        async def connect():
            for message in messages:
                await client.client.send(message)
    else:

        def connect():
            for message in messages:
                client.client.send(message)

    client.client.on('connect', connect)


def test_many_messages_are_in_order_both_ways(server, client_of, transports):
    client = client_of()
    client.connect(server.url, transports)
    numbers = [f'no. {number}' for number in range(1000)]
    assert client.echo(*numbers) == numbers
    client.call('send', 'burst 1000')
    assert client.received(1000) == [f'burst {number}' for number in range(1000)]


def test_messages_that_come_while_others_are_taken_are_not_left(server, client_of):
    client = client_of()
    client.connect(server.url, ['websocket'])
    numbers = [f'no. {number}' for number in range(1000)]
    # Each round has many moments in which the event loop has just found nothing, and something comes.
    for _ in range(30):
        assert client.echo(*numbers) == numbers


def test_a_server_that_closes_is_told_from_one_that_is_lost(server, client_of, transports):
    client = client_of()
    client.connect(server.url, transports)
    assert client.event() == 'connect'
    client.call('send', 'close')
    reason, state = client.event()
    # By WebSocket, npm engine.io says nothing but that the connection ends.
    if reason == client.reason.TRANSPORT_ERROR:
        assert (settled(transports), state) == ('websocket', 'connected')
    else:
        assert (reason, state) == (client.reason.SERVER_DISCONNECT, 'disconnecting')
    client.call('wait')
    assert client.client.state == 'disconnected'


def test_flush_is_over_once_the_server_has_everything(server, client_of, transports):
    client = client_of()
    client.connect(server.url, transports)
    numbers = [f'no. {number}' for number in range(100)]
    client.send_all(numbers)
    assert client.call('flush', timeout=60) is True
    client.call('disconnect')
    assert client.call('flush') is True


def test_a_client_can_connect_again(server, client_of, transports):
    client = client_of()
    for _ in range(3):
        client.connect(server.url, transports)
        assert client.event() == 'connect'
        assert client.echo('once more') == ['once more']
        client.call('disconnect')
        assert client.event()[0] == client.reason.CLIENT_DISCONNECT


def test_a_rejection_says_why(server, client_of, transports):
    client = client_of()
    with pytest.raises(ConnectionError) as caught:
        client.connect(f'{server.url}/?reject', transports)
    assert client.client.state == 'disconnected'
    if settled(transports) == 'websocket' and transports:
        assert caught.value.args == ('Connection error',)
        return
    words, body = caught.value.args
    assert words in [f'Unexpected status code {status} in server response' for status in (400, 401, 403)]
    assert 'rejected' in json.dumps(body) or body in ('Unauthorized', {'message': 'rejected'})
    assert client.events.empty()


def test_a_server_that_is_killed_is_a_transport_error(name, client_of, transports):
    with running(name) as server:
        client = client_of()
        client.connect(server.url, transports)
        assert client.event() == 'connect'
        client.echo('alive')
        server.kill()
        assert client.event() == (client.reason.TRANSPORT_ERROR, 'connected')
        client.call('wait')
        assert client.client.state == 'disconnected'


def test_a_server_that_is_started_again_is_connected_to_again(name, client_of, transports):
    first = Server(name)
    client = client_of(reconnect=RECONNECT)
    client.connect(first.url, transports)
    assert client.event() == 'connect'
    sid = client.client.sid
    client.echo('before')
    first.kill()
    assert client.event() == (client.reason.TRANSPORT_ERROR, 'connected')
    second = Server(name, port=first.port)
    try:
        assert client.event() == 'connect'
        assert client.echo('after') == ['after']
        assert client.client.sid != sid
        client.call('disconnect')
        assert client.event()[0] == client.reason.CLIENT_DISCONNECT
    finally:
        second.kill()


@pytest.fixture(scope='module')
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp('certificates'))


def test_tls_with_a_private_ca_and_a_client_certificate(server, client_of, transports, certificates):
    relay = TlsRelay(certificates, server.port)
    pair = certificates.file('client.crt'), certificates.file('client.key')
    client = client_of(ca_certs=certificates.file('ca.crt'), client_cert=pair)
    client.connect(relay.url, transports)
    assert client.echo('secret', b'bytes') == ['secret', b'bytes']
    assert client.transport == settled(transports)
    assert set(relay.clients) == {'client'}
    client.call('disconnect')
    relay.close()


@pytest.mark.parametrize('options', ['stranger', 'nobody'])
def test_tls_that_does_not_fit_is_no_connection(client_of, transports, certificates, options):
    # No server is behind the relay: nobody gets so far.
    relay = TlsRelay(certificates, None)
    pair = certificates.file('client.crt'), certificates.file('client.key')
    # The system does not know the CA; the relay wants a certificate.
    client = client_of(client_cert=pair) if options == 'stranger' else client_of(ca_certs=certificates.file('ca.crt'))
    with pytest.raises(ConnectionError):
        client.connect(relay.url, transports)
    assert relay.clients == []
    relay.close()


def test_an_http_proxy_carries_everything(server, client_of, transports):
    proxy = HttpProxy()
    try:
        client = client_of(proxy=proxy.url)
        client.connect(server.url, transports)
        assert client.echo('through the proxy') == ['through the proxy']
        # A request to a server without TLS is the proxy's to make; a WebSocket needs a tunnel.
        method = 'CONNECT' if transports == ['websocket'] else 'GET'
        assert proxy.seen() == f'{method} 127.0.0.1:{server.port}'
        client.call('disconnect')
    finally:
        proxy.close()
