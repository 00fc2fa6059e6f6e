"""How a server ends: what its clients hear, and what is left of it."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import engineio_rs as engineio
import pytest
from engineio_rs import base_socket
from faces import PATIENCE, wait_until


def start_shutdown(face, *grace):
    """Begins to shut a server down. Returns the future of that once no sessions are opened any more."""
    future = ThreadPoolExecutor(1).submit(face.call, 'shutdown', *grace)
    wait_until(lambda: face.server._draining)
    return future


def test_every_client_hears_of_it(face):
    polling, idle = face.open(), face.open()
    waiting = face.start_poll(polling)
    websocket, request = face.start_websocket()
    assert websocket.client_gets().startswith('0')
    face.call('send', idle, 'queued')
    ended = start_shutdown(face)
    assert waiting.result(PATIENCE).text == '1'
    assert websocket.client_gets() == '1'
    assert websocket.client_gets() is None
    assert not ended.done()
    assert face.poll(idle).text == '4queued\x1e1'
    ended.result(PATIENCE)
    request.result(PATIENCE)
    assert [face.event() for _ in range(3)] == [('disconnect', 'server disconnect')] * 3
    assert not face.server.sockets and not face.server._parting


def test_what_a_websocket_had_on_its_way_is_delivered(face, monkeypatch):
    # The client is the one that closes, however long that takes.
    monkeypatch.setattr(base_socket, 'LEAVE', PATIENCE)
    websocket, request = face.start_websocket()
    assert websocket.client_gets().startswith('0')
    ended = start_shutdown(face, PATIENCE)
    assert websocket.client_gets() == '1'
    websocket.client_sends('4late')
    assert face.event() == ('message', 'late')
    assert not ended.done()
    websocket.closed()
    assert face.event() == ('disconnect', 'server disconnect')
    ended.result(PATIENCE)
    request.result(PATIENCE)


def test_posts_are_accepted_until_the_last_poll_was_fetched(face):
    sid = face.open()
    face.call('send', sid, 'last')
    ended = start_shutdown(face, PATIENCE)
    assert face.post(sid, '4late').code == 200
    assert face.event() == ('message', 'late')
    assert not ended.done()
    assert face.poll(sid).text == '4last\x1e1'
    assert face.event() == ('disconnect', 'server disconnect')
    ended.result(PATIENCE)
    assert face.post(sid, '4too late').code == 400
    assert not face.server.sockets and not face.server._parting


def test_when_the_grace_is_over_the_application_hears_of_every_end(face, monkeypatch):
    monkeypatch.setattr(base_socket, 'LEAVE', PATIENCE)
    face.open()
    websocket, request = face.start_websocket()
    face.call('shutdown', 0.01)
    assert [face.event() for _ in range(2)] == [('disconnect', 'server disconnect')] * 2
    assert websocket.client_gets().startswith('0')
    assert [websocket.client_gets() for _ in range(2)] == ['1', None]
    request.result(PATIENCE)


def test_what_clients_hear_has_left_when_it_returns(face):
    waiting = face.start_poll(face.open())
    face.writable.clear()
    ended = start_shutdown(face, PATIENCE)
    with pytest.raises(TimeoutError):
        ended.result(0.2)
    face.writable.set()
    ended.result(PATIENCE)
    assert waiting.result(PATIENCE).text == '1'


def test_it_does_not_wait_for_the_request_that_calls_it(face_of):
    face = face_of(async_handlers=False)

    def end(sid, data):
        return face.server.shutdown(10 * PATIENCE)

    async def end_async(sid, data):
        await end(sid, data)

    face.server.on('message', end_async if face.server.is_asyncio_based() else end)
    websocket, request = face.start_websocket()
    websocket.client_sends('4end')
    request.result(PATIENCE)
    assert face.event() == ('disconnect', 'server disconnect')


def test_an_answer_that_nobody_closes_is_forgotten():
    server = engineio.Server(async_mode='threading')
    server.shutdown(0)
    answer = server.handle_request({'REQUEST_METHOD': 'GET', 'QUERY_STRING': ''}, lambda *_: None)
    assert len(server._requests) == 1
    del answer
    assert not server._requests


def test_a_client_that_does_not_come_back_is_not_waited_for(face):
    sid = face.open()
    face.call('shutdown', 0.01)
    assert face.event() == ('disconnect', 'server disconnect')
    assert sid not in face.server.sockets


def test_who_calls_it_again_gives_nobody_more_time(face):
    sid = face.open()
    face.call('send', sid, 'never fetched')
    face.call('shutdown', 0.01)
    ThreadPoolExecutor(1).submit(face.call, 'shutdown', 10 * PATIENCE).result(PATIENCE)


def test_no_session_is_opened_meanwhile_or_afterwards(face):
    face.open()
    ended = start_shutdown(face, 0.5)
    for _ in range(2):
        reply = face.request('GET', 'EIO=4')
        assert (reply.code, reply.values('Retry-After')) == (503, ['5'])
        ended.result(PATIENCE)
    assert [face.events.get_nowait()[0] for _ in range(face.events.qsize())] == ['connect', 'disconnect']


@pytest.mark.parametrize('monitor_clients', [True, False])
def test_no_thread_or_task_is_left(face_of, monitor_clients):
    face = face_of(monitor_clients=monitor_clients, ping_interval=0.01, ping_timeout=30)
    before = set(threading.enumerate())
    sid = face.open()
    assert face.poll(sid).text == '2'
    websocket, request = face.start_websocket()
    assert websocket.client_gets().startswith('0')
    face.call('shutdown', 0)
    request.result(PATIENCE)
    for _ in range(3):
        # What is told to sessions that have ended starts nothing.
        face.poll(sid)
    pool = [thread for thread in threading.enumerate() if thread.name.startswith('ThreadPoolExecutor')]
    wait_until(lambda: set(threading.enumerate()) <= before | set(pool) | set(request_threads()))
    assert face.server._timer_task is None and face.server.service_task_handle is None


def request_threads():
    """Threads of the test that answer requests, or that its event loop lends to them."""
    return [thread for thread in threading.enumerate() if thread.name.startswith(('ThreadPool', 'asyncio_'))]


def test_disconnect_closes_a_websocket_that_probes(face):
    for probes in ('opened', 'answered'):
        sid = face.open()
        websocket, request = face.start_websocket(sid)
        if probes == 'answered':
            websocket.client_sends('2probe')
            assert websocket.client_gets() == '3probe'
        else:
            wait_until(lambda: face.server.sockets[sid]._probing)
        face.call('disconnect', sid)
        assert face.poll(sid).text == '1'
        assert websocket.client_gets() is None
        request.result(PATIENCE)


def test_a_session_that_has_said_everything_is_forgotten(face):
    sid = face.open()
    face.call('disconnect', sid)
    assert sid in face.server._parting
    assert face.poll(sid).text == '1'
    assert sid not in face.server._parting
    assert json.loads(face.poll(sid).text) == f'Invalid session {sid}'
