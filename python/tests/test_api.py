"""Every option and every method of the servers, for threads and for asyncio."""

import asyncio
import gzip
import inspect
import json
import logging
import queue

import pytest
from engineio_rs import AsyncServer, Server, packet
from faces import PATIENCE, AsyncFace, wait_until


def open_data(reply):
    return json.loads(reply.text.split('\x1e')[0][1:])


def of_open(name):
    """What the open packet says with an option."""
    return lambda face: open_data(face.request('GET', 'EIO=4'))[name]


def compressed(face, length=100):
    sid = face.open()
    face.call('send', sid, 'x' * length)
    return face.request('GET', f'EIO=4&sid={sid}', HTTP_ACCEPT_ENCODING='gzip').values('Content-Encoding')


def code_of_origin(face):
    return face.request('GET', 'EIO=4', HTTP_ORIGIN='http://other.example').code


def code_of_forwarded(face):
    """The status of a page that a proxy on this machine vouches for."""
    forwarded = {'REMOTE_ADDR': '127.0.0.1', 'HTTP_X_FORWARDED_HOST': 'other.example'}
    return face.request('GET', 'EIO=4', HTTP_ORIGIN='http://other.example', **forwarded).code


def largest(face):
    sid = face.open()
    return [face.post(sid, '4' + 'x' * length).code for length in (99, 100)]


def handlers_overlap(face):
    """Whether a message is handled while the handler of the one before waits."""
    released, seen = queue.Queue(), queue.Queue()
    if isinstance(face, AsyncFace):
        async def handler(sid, data):
            seen.put(data)
            if data == 'first':
                await asyncio.to_thread(released.get, timeout=PATIENCE)
                seen.put('end')
    else:
        def handler(sid, data):
            seen.put(data)
            if data == 'first':
                released.get(timeout=PATIENCE)
                seen.put('end')

    face.server.on('message', handler)
    posted = face.start('POST', f'EIO=4&sid={face.open()}', b'4first\x1e4second')
    both = [seen.get(timeout=PATIENCE)]
    try:
        both.append(seen.get(timeout=0.2))
    except queue.Empty:
        pass
    released.put(None)
    posted.result(PATIENCE)
    while seen.get(timeout=PATIENCE) != 'end':
        pass
    return sorted(both) == ['first', 'second']


def is_watched(face):
    face.open()
    return face.server.service_task_handle is not None


class Loud:
    """A JSON module of the application's."""

    dumps = staticmethod(lambda data, **_: json.dumps(data).upper())
    loads = staticmethod(lambda text, **_: {'loaded': text})


def encoded(face):
    sid = face.open()
    face.call('send', sid, {'a': 'b'})
    return face.poll(sid).text


def jsonp_status(face):
    return face.request('GET', 'EIO=4&j=0', HTTP_SEC_FETCH_SITE='same-origin').code


OPTIONS = {
    'ping_interval': [(1.5, of_open('pingInterval'), 1500), ((1, 0.25), of_open('pingInterval'), 1250)],
    'ping_timeout': [(0.25, of_open('pingTimeout'), 250)],
    'max_http_buffer_size': [(100, of_open('maxPayload'), 100), (100, largest, [200, 413])],
    'allow_upgrades': [(True, of_open('upgrades'), ['websocket']), (False, of_open('upgrades'), [])],
    'http_compression': [(True, lambda face: compressed(face, 2000), ['gzip']),
                         (False, lambda face: compressed(face, 2000), [])],
    'compression_threshold': [(50, compressed, ['gzip']), (500, compressed, [])],
    'cookie': [(None, lambda face: face.request('GET', 'EIO=4').values('Set-Cookie'), [])],
    'cors_allowed_origins': [
        (None, code_of_origin, 400),
        ('*', code_of_origin, 200),
        ([], code_of_origin, 200),
        ('http://other.example', code_of_origin, 200),
        (['http://a.example'], code_of_origin, 400),
        (lambda origin: origin == 'http://other.example', code_of_origin, 200),
        (lambda origin, environ: environ['HTTP_HOST'] != 'localhost', code_of_origin, 400),
    ],
    'cors_credentials': [
        (True, lambda face: face.request('GET', 'EIO=4').values('Access-Control-Allow-Credentials'), ['true']),
        (False, lambda face: face.request('GET', 'EIO=4').values('Access-Control-Allow-Credentials'), []),
    ],
    'trusted_proxies': [(None, code_of_forwarded, 200), ([], code_of_forwarded, 400)],
    'logger': [(logging.getLogger('of the application'), lambda face: face.server.logger.name, 'of the application')],
    'json': [(Loud, encoded, '4{"A": "B"}')],
    'async_handlers': [(True, handlers_overlap, True), (False, handlers_overlap, False)],
    'max_async_handlers': [(1, handlers_overlap, False), (2, handlers_overlap, True)],
    'max_inbound_bytes': [(1, handlers_overlap, False), (1000, handlers_overlap, True), (None, handlers_overlap, True)],
    'jsonp': [(True, jsonp_status, 200), (False, jsonp_status, 400)],
    'monitor_clients': [(True, is_watched, True), (False, is_watched, False)],
    'transports': [('polling', of_open('upgrades'), []), (['polling', 'websocket'], of_open('upgrades'), ['websocket'])],
    'decode_json': [(True, lambda face: (face.post(face.open(), '4[1]'), face.event())[1], ('message', [1])),
                    (False, lambda face: (face.post(face.open(), '4[1]'), face.event())[1], ('message', '[1]'))],
}
CASES = [(name, *case) for name, cases in OPTIONS.items() for case in cases]


@pytest.mark.parametrize('name, value, seen, expected', CASES, ids=[f'{name}-{n}' for n, (name, *_) in enumerate(CASES)])
def test_an_option(face_of, monkeypatch, name, value, seen, expected):
    monkeypatch.setattr(packet.Packet, 'json', packet.Packet.json)
    assert seen(face_of(**{name: value})) == expected


def test_every_option_has_a_case():
    for server in (Server, AsyncServer):
        options = set(inspect.signature(server).parameters) - {'async_mode', 'kwargs'}
        assert options == set(OPTIONS)


@pytest.mark.parametrize('server', [Server, AsyncServer])
@pytest.mark.parametrize('options, words', [
    ({'async_mode': 'nothing'}, 'Invalid async_mode specified'),
    ({'transports': ['carrier pigeon']}, 'No valid transports provided'),
])
def test_options_that_are_not_to_be_had(server, options, words):
    with pytest.raises(ValueError, match=words):
        server(**options)


def test_an_option_that_does_not_exist_is_told_with_the_nearest():
    with pytest.warns(UserWarning, match="'ping_intervall'.*did you mean 'ping_interval'"):
        Server(ping_intervall=1)


def test_send_and_send_packet(face):
    sid = face.open()
    for data in ('text', b'\x01', {'a': [1]}):
        face.call('send', sid, data)
    face.call('send_packet', sid, packet.Packet(packet.NOOP))
    assert face.poll(sid).text.split('\x1e') == ['4text', 'bAQ==', '4{"a":[1]}', '6']
    face.call('send', 'nobody', 'lost')
    face.call('send_packet', 'nobody', packet.Packet(packet.NOOP))


def result_of(face, value):
    """What a method returns, which is a coroutine where the servers are asynchronous."""
    return value if not inspect.isawaitable(value) else asyncio.run_coroutine_threadsafe(_await(value), face.loop).result(PATIENCE)


async def _await(value):
    return await value


def test_sessions_of_the_application(face):
    sid = face.open()
    server = face.server
    result_of(face, server.get_session(sid))['a'] = 1
    assert result_of(face, server.get_session(sid)) == {'a': 1}
    result_of(face, server.save_session(sid, {'b': 2}))
    if isinstance(face, AsyncFace):
        async def change():
            async with server.session(sid) as session:
                session['c'] = 3

        result_of(face, change())
    else:
        with server.session(sid) as session:
            session['c'] = 3
    assert result_of(face, server.get_session(sid)) == {'b': 2, 'c': 3}
    with pytest.raises(KeyError):
        result_of(face, server.get_session('nobody'))
    with pytest.raises(KeyError):
        result_of(face, server.save_session('nobody', {}))


def test_transport_and_disconnect(face):
    polling, (websocket, _) = face.open(), face.start_websocket()
    sid = json.loads(websocket.client_gets()[1:])['sid']
    assert (face.server.transport(polling), face.server.transport(sid)) == ('polling', 'websocket')
    with pytest.raises(KeyError):
        face.server.transport('nobody')
    face.call('disconnect', sid)
    assert face.event() == ('disconnect', 'server disconnect')
    assert set(face.server.sockets) == {polling}
    face.call('disconnect', 'nobody')
    face.call('disconnect')
    assert face.event() == ('disconnect', 'server disconnect')
    assert not face.server.sockets


def test_handlers_in_both_forms(face):
    calls = []

    @face.server.on('connect')
    def connect(sid, environ):
        calls.append(environ['REQUEST_METHOD'])

    assert face.server.on('message', lambda sid, data: calls.append(data)) is None
    assert connect.__name__ == 'connect'
    face.post(face.open(), '4hello')
    wait_until(lambda: calls == ['GET', 'hello'])
    with pytest.raises(ValueError, match='Invalid event'):
        face.server.on('weather')


@pytest.mark.parametrize('verdict, code, body', [
    (None, 200, None), (True, 200, None), (False, 401, 'Unauthorized'), ('no', 401, 'no'), ({'why': 1}, 401, {'why': 1}),
])
def test_verdicts_of_the_connect_handler(face, verdict, code, body):
    face.server.on('connect', lambda sid, environ: verdict)
    reply = face.request('GET', 'EIO=4')
    assert reply.code == code
    assert body is None or json.loads(reply.text) == body


def test_background_tasks_queues_and_events(face):
    server, done = face.server, queue.Queue()
    if isinstance(face, AsyncFace):
        async def work(number, more):
            await server.sleep(0)
            done.put(number + more)

        async def run():
            await server.start_background_task(work, 1, more=2)
            made, event = server.create_queue(), server.create_event()
            event.set()
            await event.wait()
            await made.put('x')
            assert await made.get() == 'x'
            with pytest.raises(server.get_queue_empty_exception()):
                made.get_nowait()

        result_of(face, run())
    else:
        def work(number, more):
            server.sleep(0)
            done.put(number + more)

        server.start_background_task(work, 1, more=2).join()
        made, event = server.create_queue(), server.create_event()
        event.set()
        assert event.wait(PATIENCE)
        made.put('x')
        assert made.get(timeout=PATIENCE) == 'x'
        with pytest.raises(server.get_queue_empty_exception()):
            made.get(block=False)
    assert done.get(timeout=PATIENCE) == 3


def test_ids(face):
    ids = {face.server.generate_id() for _ in range(1000)}
    assert len(ids) == 1000 and {len(sid) for sid in ids} == {20}
    face.server.generate_id = lambda: 'of-my-own'
    assert face.open() == 'of-my-own'


def test_constants():
    for server in (Server, AsyncServer):
        reasons = {name: value for name, value in vars(server.reason).items() if name.isupper()}
        assert reasons == {
            'SERVER_DISCONNECT': 'server disconnect',
            'CLIENT_DISCONNECT': 'client disconnect',
            'PING_TIMEOUT': 'ping timeout',
            'TRANSPORT_CLOSE': 'transport close',
            'TRANSPORT_ERROR': 'transport error',
        }
        assert server.compression_methods == ['gzip', 'deflate']
        assert server.event_names == ['connect', 'disconnect', 'message']
        assert server.valid_transports == ['polling', 'websocket']


def test_a_compressed_poll_holds_what_was_sent(face_of):
    face = face_of(compression_threshold=0)
    sid = face.open()
    face.call('send', sid, 'hello')
    reply = face.request('GET', f'EIO=4&sid={sid}', HTTP_ACCEPT_ENCODING='gzip')
    assert gzip.decompress(reply.body) == b'4hello'


def test_one_call_sends_to_all_and_encodes_once(face, monkeypatch):
    encoded = []
    monkeypatch.setattr(packet.Packet, 'json', Loud)
    monkeypatch.setattr(Loud, 'dumps', staticmethod(lambda data, **_: encoded.append(data) or json.dumps(data)))
    polling, waiting = face.open(), face.open()
    poll = face.start_poll(waiting)
    websocket, _ = face.start_websocket()
    websocket.client_gets()
    encoded.clear()
    assert face.call('broadcast', {'a': 1}) == []
    assert face.poll(polling).text == poll.result(PATIENCE).text == websocket.client_gets() == '4{"a": 1}'
    assert encoded == [{'a': 1}]
    assert face.call('broadcast', b'\x01') == []
    assert (face.poll(polling).text, websocket.client_gets()) == ('bAQ==', b'\x01')


def test_who_does_not_get_a_message_is_told(face):
    polling, gone = face.open(), face.open()
    websocket, _ = face.start_websocket()
    sid = json.loads(websocket.client_gets()[1:])['sid']
    face.call('disconnect', gone)
    assert face.call('send_many', [sid, gone, 'nobody'], 'some') == [gone, 'nobody']
    assert websocket.client_gets() == '4some'
    assert face.call('broadcast', 'a\x1eb') == [polling]
    assert websocket.client_gets() == '4a\x1eb'
    with pytest.raises(UnicodeEncodeError):
        face.call('broadcast', '\ud800')
    face.call('send', polling, 'rest')
    assert face.poll(polling).text == '4rest'


def test_a_client_that_a_broadcast_finds_too_slow_is_disconnected(face):
    slow = face.open()
    data = 'x' * 1_000_000
    # The limit is 4 MiB; a message is taken as long as less than that is queued.
    assert [face.call('broadcast', data) for _ in range(6)] == [[]] * 5 + [[slow]]
    assert face.event() == ('disconnect', 'transport error')
    assert slow not in face.server.sockets


@pytest.mark.parametrize('data, encoded', [
    ('text', '4text'), ('', '4'), (b'\x01', 'bAQ=='), (bytearray(b'\x01'), 'bAQ=='), (b'', 'b'),
    ({'a': 'é'}, '4{"a":"\\u00e9"}'), ([1, 'a'], '4[1,"a"]'), ({}, '4{}'),
    (None, '4'), (True, '4True'), (1, '41'), (1.5, '41.5'), ((1, 2), '4(1, 2)'),
])
def test_what_is_sent_for_data_of_any_kind(face, data, encoded):
    sid = face.open()
    face.call('send', sid, data)
    assert face.poll(sid).text == encoded


@pytest.mark.parametrize('kind', [packet.PONG, packet.UPGRADE, 7])
def test_packets_that_are_not_the_application_s_to_send(face, kind):
    sid = face.open()
    with pytest.raises(ValueError, match='type'):
        face.call('send_packet', sid, packet.Packet(kind))
    face.call('send', sid, 'still open')
    assert face.poll(sid).text == '4still open'


def test_a_close_packet_ends_the_session(face):
    sid = face.open()
    face.call('send_packet', sid, packet.Packet(packet.CLOSE))
    assert face.poll(sid).text == '1'
    assert face.event() == ('disconnect', 'server disconnect')


def test_a_session_that_has_ended_has_no_dictionary(face):
    ended, over = face.open(), face.open()
    face.call('disconnect', ended)
    face.server.sockets[over].closed = True
    for sid, words in (('nobody', 'Session not found'), (ended, 'Session not found'), (over, 'Session is disconnected')):
        with pytest.raises(KeyError, match=words):
            result_of(face, face.server.get_session(sid))
    assert over not in face.server.sockets


def test_the_dictionary_is_saved_although_the_block_fails(face):
    sid, server = face.open(), face.server
    before = result_of(face, server.get_session(sid))
    assert before == {} and result_of(face, server.get_session(sid)) is before

    async def change():
        async with server.session(sid) as session:
            session['a'] = 1
            raise RuntimeError('of the block')

    with pytest.raises(RuntimeError, match='of the block'):
        if isinstance(face, AsyncFace):
            result_of(face, change())
        else:
            with server.session(sid) as session:
                session['a'] = 1
                raise RuntimeError('of the block')
    assert result_of(face, server.get_session(sid)) == {'a': 1}


def test_a_disconnect_handler_still_has_the_session(face):
    sid, server, seen = face.open(), face.server, []
    result_of(face, server.save_session(sid, {'user': 1}))

    def see(session, reason):
        seen.append((session, server.transport(sid), sid in server.sockets, reason))

    if isinstance(face, AsyncFace):
        async def disconnect(sid, reason):
            see(await server.get_session(sid), reason)
    else:
        def disconnect(sid, reason):
            see(server.get_session(sid), reason)

    server.on('disconnect', disconnect)
    face.post(sid, '1')
    assert seen == [({'user': 1}, 'polling', True, 'client disconnect')]
    assert sid not in server.sockets


def test_disconnect_handlers_take_what_they_can(face):
    seen = []
    for handler, expected in (
        (lambda sid: seen.append('sid'), 'sid'),
        (lambda sid, reason: seen.append(reason), 'client disconnect'),
        (lambda sid, reason='none': seen.append(reason), 'client disconnect'),
        (lambda *args: seen.append(len(args)), 2),
    ):
        face.server.on('disconnect', handler)
        face.post(face.open(), '1')
        assert seen.pop() == expected


def test_the_reasons_of_the_end(face_of):
    face = face_of(async_handlers=False, ping_interval=0.6, ping_timeout=0.1)
    for way, reason in {
        'disconnect': 'SERVER_DISCONNECT', 'close packet': 'CLIENT_DISCONNECT', 'no pong': 'PING_TIMEOUT',
        'connection lost': 'TRANSPORT_CLOSE', 'no packet': 'TRANSPORT_ERROR',
    }.items():
        websocket, _ = face.start_websocket()
        sid = json.loads(websocket.client_gets()[1:])['sid']
        if way == 'disconnect':
            face.call('disconnect', sid)
        elif way == 'connection lost':
            websocket.client_sends(None)
        elif way != 'no pong':
            websocket.client_sends('1' if way == 'close packet' else 'x')
        assert face.event() == ('disconnect', getattr(face.server.reason, reason)), way


def test_a_reason_of_the_application_s_own(face):
    sid = face.open()
    result_of(face, face.server.sockets[sid].close(wait=False, reason='too old'))
    assert face.event() == ('disconnect', 'too old')


@pytest.mark.parametrize('verdict, body', [
    (0, 'Unauthorized'), ('', 'Unauthorized'), ([], 'Unauthorized'), (1, 1), (1.5, 1.5), (['a', 1], ['a', 1]), ('é', 'é'),
])
def test_what_a_rejected_client_is_told(face, verdict, body):
    face.server.on('connect', lambda sid, environ: verdict)
    reply = face.request('GET', 'EIO=4')
    assert (reply.code, reply.values('Content-Type'), json.loads(reply.text)) == (401, ['application/json'], body)
    assert face.events.empty() and not face.server.sockets


def test_what_the_connect_handler_sends_is_in_the_reply(face):
    if isinstance(face, AsyncFace):
        async def connect(sid, environ):
            await face.server.send(sid, 'early')
            await face.server.send(sid, b'\x01')
    else:
        def connect(sid, environ):
            face.server.send(sid, 'early')
            face.server.send(sid, b'\x01')

    face.server.on('connect', connect)
    assert face.request('GET', 'EIO=4').text.split('\x1e')[1:] == ['4early', 'bAQ==']
