"""Bugs of python-engineio 4.15 that must not come back; each is listed in docs/differences-from-python-engineio.md."""

import asyncio
import gzip
import json
import threading
import time

import engineio_rs as engineio
import pytest
from engineio_rs import exceptions, packet
from faces import PATIENCE, AsyncFace, wait_until


def open_data(reply):
    return json.loads(reply.text.split('\x1e')[0][1:])


@pytest.mark.parametrize('interval, told', [(0.3, 300), (2.5, 2500), ((0.5, 0.6), 1100), (25, 25000)])
def test_the_ping_interval_is_told_in_milliseconds(face_of, interval, told):
    reply = face_of(ping_interval=interval).request('GET', 'EIO=4')
    assert open_data(reply)['pingInterval'] == told


def test_no_upgrade_is_offered_to_a_transport_that_is_off(face_of):
    assert open_data(face_of(transports=['polling']).request('GET', 'EIO=4'))['upgrades'] == []


@pytest.mark.parametrize('body', ['0{}', '5', '6', '9', 'x', 'b!', '4a\x1e', ''])
def test_a_bad_post_is_answered_at_once(face, body):
    sid = face.open()
    assert face.post(sid, body).code == 400
    events = [face.event()]
    if body.startswith('4a'):
        assert events == [('message', 'a')]
        events = [face.event()]
    assert events == [('disconnect', 'transport error')]
    assert sid not in face.server.sockets


def test_a_post_that_is_too_large_is_answered_at_once(face_of):
    face = face_of(max_http_buffer_size=10, async_handlers=False)
    sid = face.open()
    waiting = face.start_poll(sid)
    assert face.post(sid, '4' + 'x' * 10).code == 413
    assert waiting.result(PATIENCE).text == '1'
    assert face.event() == ('disconnect', 'transport error')


def test_disconnect_of_a_polling_client_returns_and_the_next_poll_gets_the_rest(face):
    sid = face.open()
    face.call('send', sid, 'last')
    face.call('disconnect', sid)
    assert face.event() == ('disconnect', 'server disconnect')
    assert sid not in face.server.sockets
    assert face.poll(sid).text == '4last\x1e1'
    assert face.poll(sid).text == f'"Invalid session {sid}"'


def test_a_waiting_poll_gets_the_end(face):
    sid = face.open()
    waiting = face.start_poll(sid)
    face.call('disconnect', sid)
    assert waiting.result(PATIENCE).text == '1'


def test_a_close_packet_answers_the_waiting_poll(face):
    sid = face.open()
    waiting = face.start_poll(sid)
    assert face.post(sid, '1').code == 200
    assert waiting.result(PATIENCE).text == '6'
    assert face.event() == ('disconnect', 'client disconnect')


def test_of_two_polls_the_second_is_refused(face):
    sid = face.open()
    waiting = face.start_poll(sid)
    assert face.poll(sid).code == 400
    assert waiting.result(PATIENCE).text == '1'
    assert face.event() == ('disconnect', 'transport error')


def test_many_packets_in_a_post_all_arrive(face):
    sid = face.open()
    assert face.post(sid, '\x1e'.join(f'4n{n}' for n in range(200))).code == 200
    assert [face.event() for _ in range(200)] == [('message', f'n{n}') for n in range(200)]


def test_a_poll_has_no_more_packets_than_clients_of_the_original_take(face):
    sid = face.open()
    for n in range(40):
        face.call('send', sid, f'n{n}')
    assert [len(face.poll(sid).text.split('\x1e')) for _ in range(3)] == [16, 16, 8]


def test_the_limit_of_packets_counts_once_it_was_set(face, monkeypatch):
    monkeypatch.setattr(engineio.payload.Payload, 'max_decode_packets', 3)
    sid = face.open()
    assert face.post(sid, '4a\x1e4b\x1e4c').code == 200
    assert face.post(sid, '4a\x1e4b\x1e4c\x1e4d').code == 400


def test_a_chunked_post_arrives(face):
    sid = face.open()
    assert face.post(sid, '4chunks', HTTP_TRANSFER_ENCODING='chunked').code == 200
    assert face.event() == ('message', 'chunks')


def test_nothing_is_handled_after_a_close_packet(face):
    sid = face.open()
    face.post(sid, '4a\x1e1\x1e4b')
    assert [face.event(), face.event()] == [('message', 'a'), ('disconnect', 'client disconnect')]
    assert face.events.empty()


def test_a_post_to_a_session_that_is_over_is_refused(face):
    sid = face.open()
    face.call('disconnect', sid)
    assert face.post(sid, '4a').code == 400


def test_a_packet_is_encoded_for_each_transport(face):
    pkt = packet.Packet(packet.MESSAGE, b'\1')
    assert (pkt.encode(), pkt.encode(b64=True), pkt.encode()) == (b'\1', 'bAQ==', b'\1')
    pkt = packet.Packet(packet.MESSAGE, b'\1')
    assert (pkt.encode(b64=True), pkt.encode()) == ('bAQ==', b'\1')


@pytest.mark.parametrize('frame', ['', 'abc', '7', 'bAQI', '4' + 'é' * 60])
def test_a_frame_that_is_no_packet_closes_the_websocket(face_of, frame):
    face = face_of(max_http_buffer_size=100, async_handlers=False)
    websocket, ended = face.start_websocket()
    assert websocket.client_gets().startswith('0')
    websocket.client_sends(frame)
    assert websocket.client_gets() is None
    assert websocket.code == (1009 if len(frame) > 10 else 1008)
    ended.result(PATIENCE)
    assert face.event() == ('disconnect', 'transport error')


def test_a_websocket_lost_before_its_probe_leaves_polling_as_it_was(face):
    sid = face.open()
    websocket, ended = face.start_websocket(sid)
    websocket.client_sends(None)
    ended.result(PATIENCE)
    assert not face.server.sockets[sid].upgrading
    waiting = face.start_poll(sid)
    face.call('send', sid, 'still here')
    assert waiting.result(PATIENCE).text == '4still here'


def test_no_noop_reaches_the_websocket(face):
    sid = face.open()
    websocket, _ = face.start_websocket(sid)
    websocket.client_sends('2probe')
    assert websocket.client_gets() == '3probe'
    websocket.client_sends('5')
    wait_until(lambda: face.server.sockets[sid].upgraded)
    face.call('send', sid, 'first')
    assert websocket.client_gets() == '4first'
    websocket.client_sends('5', '4x')
    assert face.event() == ('message', 'x')
    assert websocket.outgoing.empty()


def test_a_poll_during_the_upgrade_gets_what_is_queued(face):
    sid = face.open()
    websocket, _ = face.start_websocket(sid)
    waiting = face.start_poll(sid)
    websocket.client_sends('2probe')
    assert websocket.client_gets() == '3probe'
    assert waiting.result(PATIENCE).text == '6'
    face.call('send', sid, 'queued')
    assert face.poll(sid).text == '4queued'
    # Nothing else would end the wait for its next frame before the session's own deadline.
    websocket.closed()


def test_a_second_websocket_is_closed(face):
    sid = face.open()
    first, _ = face.start_websocket(sid)
    first.client_sends('2probe')
    assert first.client_gets() == '3probe'
    second, ended = face.start_websocket(sid)
    ended.result(PATIENCE)
    assert second.code == 1000
    first.client_sends('5')
    wait_until(lambda: face.server.sockets[sid].upgraded)
    third, ended = face.start_websocket(sid)
    ended.result(PATIENCE)
    assert third.code == 1000
    assert face.server.transport(sid) == 'websocket'


def test_both_servers_say_the_same_of_a_foreign_origin(face):
    reply = face.request('GET', 'EIO=4', HTTP_ORIGIN='http://evil.example')
    assert (reply.code, reply.text) == (400, '"Not an accepted origin."')


def test_disconnect_without_clients(face):
    face.call('disconnect')


@pytest.mark.parametrize('value, attribute', [(False, ''), (None, ''), (3600, '; Max-Age=3600')])
def test_cookie_attributes_of_any_kind(face_of, value, attribute):
    reply = face_of(cookie={'name': 'io', 'Max-Age': value}).request('GET', 'EIO=4')
    (cookie,) = reply.values('Set-Cookie')
    assert cookie == f'io={open_data(reply)["sid"]}{attribute}'


def test_a_disconnect_handler_that_fails_runs_once(face):
    calls = []

    def handler(sid, reason):
        calls.append(reason)
        raise TypeError('of its own')

    face.server.on('disconnect', handler)
    face.call('disconnect', face.open())
    assert calls == ['server disconnect']


def test_jsonp_carries_any_text(face_of):
    face, own = face_of(jsonp=True), {'HTTP_SEC_FETCH_SITE': 'same-origin'}
    reply = face.request('GET', 'EIO=4&j=7', **own)
    sid = json.loads(json.loads(reply.text[len('___eio[7](') : -2])[1:])['sid']
    text = 'a"b\\c\n\u2028</script>'
    face.call('send', sid, text)
    reply = face.request('GET', f'EIO=4&sid={sid}&j=0', **own)
    assert json.loads(reply.text[len('___eio[0](') : -2]) == '4' + text
    # Browsers run nothing else that is not to be sniffed.
    assert reply.values('Content-Type') == ['text/javascript; charset=UTF-8']
    assert reply.values('X-Content-Type-Options') == ['nosniff']
    assert face.request('POST', f'EIO=4&sid={sid}&j=0', b'd=4a%2Bb%5Cnc', **own).code == 200
    assert face.event() == ('message', 'a+b\nc')


@pytest.mark.parametrize(
    'accepted, chosen',
    [('gzip;q=0, deflate', ['deflate']), ('gzip;q=0.1, deflate;q=0.9', ['deflate']), ('*', ['gzip']), ('br', [])],
)
def test_compression_follows_the_weights(face_of, accepted, chosen):
    face = face_of(compression_threshold=0)
    reply = face.request('GET', 'EIO=4', HTTP_ACCEPT_ENCODING=accepted)
    assert reply.values('Content-Encoding') == chosen
    assert reply.values('Vary') == ['Origin, Accept-Encoding']
    if chosen == ['gzip']:
        assert gzip.decompress(reply.body).startswith(b'0{')


def test_clients_cost_no_threads(face):
    others = set(threading.enumerate())
    face.open()
    wait_until(lambda: face.server._timer_event is not None)
    before = threading.active_count()
    for _ in range(20):
        face.open()
    # The pool of the test may grow; a thread for each client would be seen.
    assert threading.active_count() - before < 20 or isinstance(face.server, engineio.Server)
    # Threads of handlers wait a while for the next message.
    names = {thread.name for thread in set(threading.enumerate()) - others} - {'engineio-handler'}
    assert not any(name.startswith('engineio') for name in names)


def test_the_wall_clock_does_not_matter(face_of, monkeypatch):
    face = face_of(ping_interval=0.01, ping_timeout=30)
    sid = face.open()
    assert face.poll(sid).text == '2'
    monkeypatch.setattr(time, 'time', lambda: 0.0)
    face.call('send', sid, 'still here')
    assert face.poll(sid).text == '4still here'


def test_the_queue_is_bounded(face):
    sid = face.open()
    data = 'x' * 1_000_000
    for _ in range(6):
        if sid in face.server.sockets:
            face.call('send', sid, data)
    assert face.event() == ('disconnect', 'transport error')


def test_deeply_nested_json_stays_text(face):
    sid = face.open()
    text = '[' * 100_000
    assert face.post(sid, '4' + text).code == 200
    assert face.event() == ('message', text)


@pytest.mark.parametrize('text', ['1', ' 1', '-1', '1.5', '²', '-0'])
def test_numbers_stay_text(face, text):
    face.post(face.open(), '4' + text)
    assert face.event() == ('message', text)


@pytest.mark.parametrize('text, data', [('{"a":1}', {'a': 1}), ('[1]', [1]), ('null', None), ('true', True), ('"x"', 'x')])
def test_json_is_decoded(face, text, data):
    face.post(face.open(), '4' + text)
    assert face.event() == ('message', data)


def test_text_stays_text_where_it_is_asked_for(face_of):
    face = face_of(decode_json=False, async_handlers=False)
    face.post(face.open(), '4{"a":1}')
    assert face.event() == ('message', '{"a":1}')


def test_a_ping_of_a_client_is_ignored(face):
    sid = face.open()
    assert face.post(sid, '2\x1e4a').code == 200
    assert face.event() == ('message', 'a')


def test_a_client_that_does_not_answer_is_disconnected_in_time(face_of):
    face = face_of(ping_interval=0.05, ping_timeout=0.05)
    sid = face.open()
    assert face.poll(sid).text == '2'
    assert face.event() == ('disconnect', 'ping timeout')
    assert sid not in face.server.sockets


def test_text_that_polling_cannot_carry_is_refused(face):
    sid = face.open()
    with pytest.raises(ValueError, match='U\\+001E'):
        face.call('send', sid, 'a\x1eb')


def test_a_rejection_that_is_no_json(face):
    face.server.on('connect', lambda sid, environ: object())
    reply = face.request('GET', 'EIO=4')
    assert (reply.code, reply.text) == (401, '"Unauthorized"')
    assert not face.server.sockets


def test_sending_to_a_closed_socket(face):
    sid = face.open()
    socket = face.server.sockets[sid]
    face.call('disconnect', sid)
    with pytest.raises(exceptions.SocketIsClosedError):
        result = socket.send(packet.Packet(packet.MESSAGE, 'late'))
        if result is not None:
            result.send(None)


def test_a_poll_whose_client_leaves_ends_the_session():
    """Only ASGI servers tell."""
    face = AsyncFace()
    left = asyncio.Event()

    async def receive():
        await left.wait()
        return {'type': 'http.disconnect'}

    sid = face.open()
    query = f'EIO=4&transport=polling&sid={sid}'
    face.start('GET', query, **{'asgi.receive': receive})
    wait_until(lambda: face.server.sockets[sid]._waiters)
    face.loop.call_soon_threadsafe(left.set)
    assert face.event() == ('disconnect', 'transport error')
    assert sid not in face.server.sockets
    face.close()


def test_what_a_disconnect_handler_sends_is_dropped(face):
    if isinstance(face, AsyncFace):
        async def disconnect(sid, reason):
            await face.server.send(sid, 'too late')
    else:
        def disconnect(sid, reason):
            face.server.send(sid, 'too late')

    face.server.on('disconnect', disconnect)
    sid = face.open()
    face.call('send', sid, 'in time')
    face.call('disconnect', sid)
    assert face.poll(sid).text == '4in time\x1e1'


def test_a_handshake_that_fails_after_connect_ends_the_session(face):
    reply = {'status': '400 BAD REQUEST', 'headers': [], 'response': b'no key'}

    def websocket(handler, server):
        if isinstance(face, AsyncFace):
            async def refuse(environ):
                return dict(reply)
        else:
            def refuse(environ, start_response):
                return dict(reply)
        return refuse

    face.server._async = {**face.server._async, 'websocket': websocket}
    upgrade = {'HTTP_UPGRADE': 'websocket', 'HTTP_CONNECTION': 'Upgrade'}
    assert face.request('GET', 'EIO=4&transport=websocket', **upgrade).code == 400
    assert face.event() == ('disconnect', 'transport close')
    assert not face.server.sockets


@pytest.mark.parametrize('sid', ['', 'a b', 'a/b', 'é', 'x' * 65])
def test_an_id_of_one_s_own_must_be_one(face, sid):
    face.server.generate_id = lambda: sid
    with pytest.raises(ValueError, match='session id'):
        face.request('GET', 'EIO=4')


def test_attaching_where_there_is_nothing_to_attach_to():
    with pytest.raises(ValueError, match="async mode 'asgi'; use ASGIApp"):
        engineio.AsyncServer(async_mode='asgi').attach(None)


@pytest.mark.parametrize('event', ['connect', 'message', 'disconnect'])
def test_a_handler_that_waits_for_something_cancelled_has_failed(event):
    async def handler(*_):
        never = asyncio.get_running_loop().create_future()
        never.cancel()
        await never

    face = AsyncFace(async_handlers=False)
    sid = None if event == 'connect' else face.open()
    face.server.on(event, handler)
    if event == 'connect':
        assert face.request('GET', 'EIO=4').code == 401
    else:
        assert face.post(sid, '4a').code == 200
        assert face.post(sid, '1').code == 200
    assert not face.server.sockets
    face.close()


def test_a_replaced_decoder_of_payloads_is_not_asked(face, monkeypatch):
    monkeypatch.setattr(engineio.payload.Payload, 'decode', None)
    assert face.post(face.open(), '4a').code == 200
    assert face.event() == ('message', 'a')
