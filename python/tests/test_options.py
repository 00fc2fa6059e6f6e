"""Options: what is no value of theirs, when they are looked at, and which loggers there may be."""

import json
import logging
import types

import pytest
from engineio_rs import AsyncServer, Server, packet

SECONDS = 'a number of seconds, zero or more'
BYTES = 'a number of bytes'
BAD = {
    'ping_interval': (['25', None, -1, float('nan'), float('inf'), 1e30, True, (1,), (1, 2, 3), [1, 2]], SECONDS),
    'ping_timeout': (['20', None, -1, float('nan'), float('inf'), 1e30, True, (1, 2)], SECONDS),
    'max_http_buffer_size': (['1000', None, -1, 0, float('nan'), float('inf'), 10**30, False], f'{BYTES}, one or more'),
    'compression_threshold': (['1024', None, -1, float('nan')], f'{BYTES}, zero or more'),
    'cookie': ([True, 1, ['io'], {'name': 1}, {'name': 'io', 'path': ['/']}], "the name of the cookie, or a dictionary"),
    'cors_allowed_origins': ([True, 1, [1], ['http://a.example', None]], 'an origin such as .*, a list of origins'),
    'logger': ([None, 1, 'engineio', object()], 'True, False or a logger'),
    'max_inbound_bytes': ([0, -1, '8', 1.5, True], 'None or a whole number of bytes, one or more'),
    'max_async_handlers': ([0, -1, None, '8', 1.5], 'a whole number, one or more'),
    'transports': ([1, [], (), 'x', ['x'], [1], ['Polling']], r"No valid transports provided: .* \['polling', 'websocket'\]"),
    'async_mode': ([1, '', 'x', []], 'Invalid async_mode specified: .* is not one of '),
}
BAD_CASES = [(name, value, words) for name, (values, words) in BAD.items() for value in values]


@pytest.mark.parametrize('server', [Server, AsyncServer])
@pytest.mark.parametrize('name, value, words', BAD_CASES, ids=[f'{name}-{value!r}'[:60] for name, value, _ in BAD_CASES])
def test_a_value_of_no_use_is_told_when_the_server_is_made(server, name, value, words):
    with pytest.raises(ValueError, match=words) as caught:
        server(**{name: value})
    assert name.rstrip('s') in str(caught.value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize('server', [Server, AsyncServer])
def test_a_grace_period_of_no_use_is_told(server):
    with pytest.raises(ValueError, match=f'ping_interval_grace_period is -2; expected {SECONDS}'):
        server(ping_interval=(1, -2))


#: Values that are for the making of a server only.
BAD_LATER = [
    ('ping_interval', (1, 2)), ('ping_interval_grace_period', None), ('transports', None), ('transports', 'polling'),
    ('transports', ['x', 'polling']),
]
LATER_CASES = BAD_LATER + [(name, value) for name, value, _ in BAD_CASES if name not in ('async_mode', 'logger')]


@pytest.mark.parametrize('name, value', LATER_CASES, ids=[f'{name}-{value!r}'[:60] for name, value in LATER_CASES])
def test_a_value_of_no_use_is_told_when_it_is_set(face, name, value):
    before = getattr(face.server, name)
    with pytest.raises(ValueError, match=f'{name} is .*; expected '):
        setattr(face.server, name, value)
    assert getattr(face.server, name) is before
    face.open()


GOOD = {
    'ping_interval': [0.5, 25, (25, 0), (0.5, 1.5)],
    'max_http_buffer_size': [1, 1e8],
    'compression_threshold': [0, 1.5],
    'cookie': [None, False, '', {}, 'io', {'name': 'io', 'Max-Age': 3600, 'Secure': True, 'path': lambda: '/'}],
    'cors_allowed_origins': [None, [], (), '*', {'http://a.example'}, ('http://a.example', '*'), lambda origin: True],
    'json': [None, json, types.SimpleNamespace(dumps=json.dumps, loads=json.loads)],
    'transports': [None, 'websocket', ('polling',), {'polling'}, ['webtransport', 'polling']],
}
GOOD_CASES = [(name, value) for name, values in GOOD.items() for value in values]


@pytest.mark.parametrize('name, value', GOOD_CASES, ids=[f'{name}-{value!r}'[:60] for name, value in GOOD_CASES])
def test_a_server_with_any_other_value_serves(face_of, monkeypatch, name, value):
    monkeypatch.setattr(packet.Packet, 'json', packet.Packet.json)
    face = face_of(**{name: value})
    if name == 'transports' and value == 'websocket':
        websocket, _ = face.start_websocket()
        assert websocket.client_gets().startswith('0')
    else:
        face.open()


def test_an_async_mode_that_cannot_be_imported_says_why():
    with pytest.raises(ValueError, match="Invalid async_mode specified: 'eventlet' is not to be had: No module named 'eventlet'"):
        Server(async_mode='eventlet')


def test_a_server_for_threads_has_no_mode_of_asyncio():
    for server, mode in ((Server, 'asgi'), (AsyncServer, 'threading')):
        with pytest.raises(ValueError, match=f"Invalid async_mode specified: '{mode}' is not one of"):
            server(async_mode=mode)


def opened(face):
    """A handshake by a page that accepts compression: the open packet and the header fields."""
    reply = face.request('GET', 'EIO=4&transport=polling', HTTP_ORIGIN='http://localhost', HTTP_ACCEPT_ENCODING='deflate')
    fields = dict(reply.headers)
    is_plain = reply.code == 200 and 'Content-Encoding' not in fields
    return reply.code, json.loads(reply.text[1:]) if is_plain else {}, fields


#: The attribute, what it is set to, and what is seen of it in the next handshake.
LIVE = {
    'ping_interval': (1.5, lambda code, data, fields: data['pingInterval'], 1500),
    'ping_interval_grace_period': (2, lambda code, data, fields: data['pingInterval'], 27000),
    'ping_timeout': (3, lambda code, data, fields: data['pingTimeout'], 3000),
    'max_http_buffer_size': (500, lambda code, data, fields: data['maxPayload'], 500),
    'allow_upgrades': (False, lambda code, data, fields: data['upgrades'], []),
    'compression_threshold': (5, lambda code, data, fields: fields.get('Content-Encoding'), 'deflate'),
    'cookie': ('io', lambda code, data, fields: fields['Set-Cookie'], lambda data: f'io={data["sid"]}; path=/; SameSite=Lax'),
    'cors_allowed_origins': ('http://other.example', lambda code, data, fields: code, 400),
    'cors_credentials': (False, lambda code, data, fields: 'Access-Control-Allow-Credentials' in fields, False),
    'transports': (['websocket'], lambda code, data, fields: code, 400),
}


@pytest.mark.parametrize('name', LIVE)
def test_options_are_read_live(face, name):
    value, seen, expected = LIVE[name]
    before = opened(face)
    setattr(face.server, name, value)
    code, data, fields = opened(face)
    assert seen(code, data, fields) == (expected(data) if callable(expected) else expected)
    assert name == 'cookie' or seen(*before) != seen(code, data, fields)


def test_http_compression_is_read_live(face_of):
    face = face_of(compression_threshold=0)
    assert opened(face)[2]['Content-Encoding'] == 'deflate'
    face.server.http_compression = False
    assert 'Content-Encoding' not in opened(face)[2]


def test_limits_are_read_live_by_sessions_that_are_open(face):
    sid = face.open()
    assert face.post(sid, '4' + 'x' * 20).code == 200
    face.server.max_http_buffer_size = 10
    assert face.post(sid, '4' + 'x' * 20).code == 413


def test_the_ping_timeout_is_read_live_by_sessions_that_are_open(face_of):
    face = face_of(ping_interval=0.01, ping_timeout=60, async_handlers=False)
    sid = face.open()
    assert face.poll(sid).text == '2'
    face.server.ping_timeout = 0.01
    face.post(sid, '3')
    assert face.poll(sid).text == '2'
    assert face.event() == ('disconnect', 'ping timeout')


@pytest.mark.parametrize('server', [Server, AsyncServer])
def test_the_default_logger(server, monkeypatch):
    logger = logging.Logger('engineio.server', logging.NOTSET)
    monkeypatch.setattr('engineio_rs.base_server.default_logger', logger)
    server()
    assert (logger.level, len(logger.handlers)) == (logging.ERROR, 1)
    # What was set stays.
    assert server(logger=True).logger is logger
    assert (logger.level, len(logger.handlers)) == (logging.ERROR, 1)
    logger.setLevel(logging.NOTSET)
    server(logger=True)
    assert logger.level == logging.INFO


def test_a_logger_need_not_be_of_logging(face_of):
    lines = []

    class Logger:
        """As much as python-engineio needs of a logger."""

        def info(self, message, *args):
            lines.append(message % args)

        warning = error = exception = info

    face = face_of(logger=Logger(), async_handlers=False)
    sid = face.open()
    face.call('send', sid, 'hello')
    face.post(sid, '4hello')
    assert f'{sid[:6]}…: Sending packet MESSAGE data hello' in lines
    assert f'{sid[:6]}…: Received packet MESSAGE data hello' in lines
