"""python-engineio's clients: messages over every transport, in both directions.

The client drops its connection when a poll response holds more than 16 packets, unless its user raises
`Payload.max_decode_packets`. The server sends as many as fit, as the protocol allows, so a test that polls with
the client's own limit never has more than 16 messages on their way to it.
"""

import pytest
from engineio.payload import Payload

POLL_LIMIT = Payload.max_decode_packets


@pytest.fixture
def no_poll_limit(monkeypatch):
    """The client's limit on the packets of one poll response, raised as its users do."""
    monkeypatch.setattr(Payload, 'max_decode_packets', 1_000_000)


def assert_echoes(peer, messages):
    peer.send(*messages)
    assert [peer.receive() for _ in messages] == messages
    assert peer.drained()


def test_transport(connected, transports):
    _, peer = connected()
    assert peer.transport == transports[-1]


def test_text(connected):
    _, peer = connected()
    assert_echoes(peer, ['hello', '', 'a\r\nb\\n\n', 'häé€\U0001f980', 'b', '4'])


def test_binary_and_text_in_one_order(connected):
    _, peer = connected()
    assert_echoes(peer, [b'\x01\x02\x03', 'text', b'', bytes(range(256)), 'more', b'\xff' * 3000])


def test_json(connected):
    _, peer = connected()
    assert_echoes(peer, [{'a': [1, None, 'é']}, [1, 2, 3]])


def test_as_many_messages_as_the_client_takes_from_one_poll(connected):
    _, peer = connected()
    for start in range(0, 10 * POLL_LIMIT, POLL_LIMIT):
        assert_echoes(peer, [f'message {index}' for index in range(start, start + POLL_LIMIT)])


def test_burst_as_large_as_the_client_takes_from_one_poll(connected):
    _, peer = connected(mode='commands')
    peer.send(f'burst {POLL_LIMIT}')
    assert [peer.receive() for _ in range(POLL_LIMIT)] == [f'burst {index}' for index in range(POLL_LIMIT)]


def test_burst_of_thousands(connected, no_poll_limit):
    _, peer = connected(mode='commands')
    peer.send('burst 5000')
    assert [peer.receive() for _ in range(5000)] == [f'burst {index}' for index in range(5000)]


def test_hundreds_of_packets_in_one_post(serve, new_peer, transports):
    server = serve(mode='chat')
    listener = new_peer()
    listener.connect(server.origin, transports=['websocket'])
    speaker = new_peer()
    speaker.connect(server.origin, transports=transports)
    messages = [f'message {index}' for index in range(500)]
    speaker.send(*messages)
    assert [listener.receive() for _ in messages] == messages


def test_large(connected):
    _, peer = connected()
    assert_echoes(peer, ['x' * 999_999])
    # One by one: the client puts all that is queued into one POST, whatever `maxPayload` says.
    for fill in b'\x00\x07':
        assert_echoes(peer, [bytes([fill]) * 700_000])


def test_larger_than_max_payload_from_the_server(connected):
    _, peer = connected(mode='commands')
    peer.send('send 3000000')
    assert len(peer.receive()) == 3_000_000


def test_larger_than_max_payload_from_the_client(connected):
    server, peer = connected()
    sid = peer.sid
    peer.send('x' * 1_000_000)
    # On polling two answers race: the 413 of the POST and the close packet of the waiting poll.
    assert peer.reason() in ('transport error', 'server disconnect')
    server.wait_until_unknown(sid)


def test_many_clients(serve, new_peer, transports):
    server = serve(mode='broadcast')
    peers = [new_peer() for _ in range(10)]
    for peer in peers:
        peer.connect(server.origin, transports=transports)
    peers[0].send('to everybody', b'\x00\x01')
    for peer in peers:
        assert [peer.receive(), peer.receive()] == ['to everybody', b'\x00\x01']
