"""`WsCodec`: frames in both roles, without sockets."""

import pytest

from engineio_rs._core import WsCodec


def cut(data, size):
    return [data[start:start + size] for start in range(0, len(data), size)]


def feed(codec, data, size):
    return [message for piece in cut(data, size) for message in codec.receive(piece)]


def frame(opcode, data=b'', *, fin=True, mask=b'\0\0\0\0'):
    """A short frame, spelled out: masked with zeros unless told otherwise."""
    return bytes([(0x80 if fin else 0) | opcode, (0x80 if mask else 0) | len(data)]) + mask + data


MESSAGES = ['', '4hello', '4äöü€😀', b'', b'\x00\xff', 'x' * 200, b'y' * 70_000, 'z' * 70_000]


@pytest.mark.parametrize('size', [1, 7, 100_000])
@pytest.mark.parametrize('sender, receiver', [('client', 'server'), ('server', 'client')])
def test_messages_survive(sender, receiver, size):
    sender, receiver = WsCodec(sender), WsCodec(receiver)
    data = b''.join(sender.frame(message) for message in MESSAGES)
    assert feed(receiver, data, size) == MESSAGES
    assert receiver.take_output() == b''
    assert not receiver.ended


def test_messages_written_at_once_stand_one_behind_the_other():
    server, client = WsCodec(), WsCodec('client')
    assert server.frames(MESSAGES) == b''.join(server.frame(message) for message in MESSAGES)
    assert server.receive(client.frames(MESSAGES)) == MESSAGES
    assert server.frames([]) == b''
    with pytest.raises(TypeError):
        server.frames(['4a', 1])


def test_fragments_are_joined_and_pings_answered():
    codec = WsCodec()
    data = frame(1, '4h€'.encode()[:3], fin=False) + frame(9, b'you') + frame(0, '4h€'.encode()[3:])
    assert codec.receive(data) == ['4h€']
    assert codec.take_output() == b'\x8a\x03you'
    assert codec.take_output() == b''


def test_only_the_last_ping_of_a_read_is_answered():
    codec = WsCodec()
    codec.receive(frame(9, b'a') * 1000 + frame(9, b'b'))
    assert codec.take_output() == b'\x8a\x01b'


def test_the_limit_is_live():
    client, server = WsCodec('client'), WsCodec(max_message_size=5)
    assert server.receive(client.frame('12345')) == ['12345']
    server.max_message_size = 10
    assert server.max_message_size == 10
    assert server.receive(client.frame('1234567890')) == ['1234567890']
    assert server.receive(client.frame('ok') + client.frame('12345678901')) == ['ok']
    assert server.error == (1009, 'message too large')
    assert server.take_output()[:4] == b'\x88\x13\x03\xf1'


@pytest.mark.parametrize('data, code', [
    (frame(1, b'\xff'), 1007),
    (frame(1, b'x', mask=b''), 1002),
    (frame(3), 1002),
    (frame(0, b'x'), 1002),
    (frame(9, b'', fin=False), 1002),
    (frame(8, b'\x03'), 1002),
    (bytes([0xc1, 0x80]), 1002),
])
def test_broken_frames(data, code):
    codec = WsCodec()
    assert codec.receive(frame(1, b'good') + data + frame(1, b'late')) == ['good']
    assert codec.ended and codec.close_sent
    assert codec.error[0] == code and codec.close_code is None
    assert codec.take_output()[2:4] == code.to_bytes(2, 'big')
    assert codec.receive(frame(1, b'later')) == []


def test_the_peer_closes():
    codec = WsCodec()
    assert codec.receive(frame(1, b'last') + frame(8, b'\x0f\xa0bye')) == ['last']
    assert (codec.ended, codec.close_code, codec.close_reason, codec.error) == (True, 4000, 'bye', None)
    assert codec.take_output() == b'\x88\x02\x0f\xa0'
    assert codec.close() == b''


def test_the_peer_closes_without_a_code():
    codec = WsCodec()
    codec.receive(frame(8))
    assert codec.close_code == 1005
    assert codec.take_output() == b'\x88\x02\x03\xe8'


def test_we_close():
    codec = WsCodec()
    assert codec.close(1001, 'bye') == b'\x88\x05\x03\xe9bye'
    assert codec.close_sent and not codec.ended
    assert codec.close() == b''
    assert codec.receive(frame(9, b'x') + frame(1, b'late') + frame(8, b'\x03\xe9')) == ['late']
    assert codec.ended and codec.take_output() == b''


def test_long_reasons_are_cut_at_a_character():
    assert len(WsCodec().close(1000, 'ä' * 100)) == 2 + 2 + 122


def test_clients_mask():
    client = WsCodec('client')
    frames = {client.frame('x' * 16) for _ in range(20)}
    assert len(frames) == 20
    assert all(frame[1] & 0x80 for frame in frames)


def test_accept_key():
    assert WsCodec.accept_key('dGhlIHNhbXBsZSBub25jZQ==') == 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='


def test_the_first_subprotocol_is_chosen():
    assert WsCodec.choose_protocol() is None
    assert WsCodec.choose_protocol(' a b, chat , x') == 'chat'
    assert WsCodec.choose_protocol('a\r\nb') is None


HANDSHAKE = {
    'HTTP_CONNECTION': 'keep-alive, Upgrade',
    'HTTP_UPGRADE': 'websocket',
    'HTTP_SEC_WEBSOCKET_VERSION': '13',
    'HTTP_SEC_WEBSOCKET_KEY': 'dGhlIHNhbXBsZSBub25jZQ==',
}


def test_handshakes_are_checked():
    assert WsCodec.refusal(HANDSHAKE) is None
    for key, value in [*((key, None) for key in HANDSHAKE), ('HTTP_SEC_WEBSOCKET_VERSION', '8')]:
        refusal = WsCodec.refusal({**HANDSHAKE, key: value})
        assert refusal.reply()['status'] == '400 BAD REQUEST', key


def test_handshake_response():
    response = WsCodec.handshake_response('dGhlIHNhbXBsZSBub25jZQ==', 'chat, superchat')
    head, _, rest = response.partition(b'\r\n')
    assert head == b'HTTP/1.1 101 Switching Protocols'
    assert b'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n' in rest
    assert rest.endswith(b'\r\nSec-WebSocket-Protocol: chat\r\n\r\n')
    assert b'Protocol: ' not in WsCodec.handshake_response('key')


def test_wrong_arguments():
    with pytest.raises(ValueError, match="'server' or 'client'"):
        WsCodec('peer')
    with pytest.raises(ValueError, match='1005 must not be sent'):
        WsCodec().close(1005)
    with pytest.raises(TypeError):
        WsCodec().frame(5)
    with pytest.raises(UnicodeEncodeError):
        WsCodec().frame('\ud800')
